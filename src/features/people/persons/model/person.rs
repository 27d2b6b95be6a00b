//! A person on the staff register and the form that enters or changes one. Pure.
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        AgencyId, Day, DivisionCode, FileId, IdNumber, PersonId, Problems, StationId, line, masked_id_number,
        masked_phone, phone, sounds,
    },
    words,
};

words! {
    /// GB/T 2261.1.
    Sex {
        Male = "male", "男";
        Female = "female", "女";
    }
}

words! {
    /// The highest education (学历), in the broad steps of GB/T 4658.
    Education {
        Unstated = "unstated", "未填";
        Secondary = "secondary", "高中（中专）及以下";
        College = "college", "大专";
        Bachelor = "bachelor", "本科";
        Master = "master", "硕士";
        Doctor = "doctor", "博士";
    }
}

words! {
    /// 政治面貌, in the broad steps of GB/T 4762.
    PoliticalStatus {
        Unstated = "unstated", "未填";
        Party = "party", "中共党员";
        Probationary = "probationary", "中共预备党员";
        League = "league", "共青团员";
        Democratic = "democratic", "民主党派";
        None = "none", "群众";
    }
}

/// Minimum age in years to be employed, certified or trained (劳动法, art. 15).
const GROWN: i32 = 16;

/// A person's employer: an agency on the register, or an authority by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Employer {
    Agency(AgencyId),
    Authority(String),
}

/// A person on the staff register. Numbers are in the clear here and masked on pages.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    #[serde(skip)]
    pub id: PersonId,
    #[serde(skip)]
    pub division: DivisionCode,
    #[serde(skip)]
    pub station: Option<StationId>,
    pub name: String,
    pub sex: Sex,
    pub born_on: Day,
    #[serde(serialize_with = "as_masked_id_number")]
    pub id_number: String,
    #[serde(serialize_with = "as_masked_phone")]
    pub phone: String,
    pub education: Education,
    pub political_status: PoliticalStatus,
    pub employer: Employer,
    #[serde(skip)]
    pub photo: Option<FileId>,
    #[serde(skip)]
    pub version: i32,
}

/// Keeps the audit trail free of whole numbers, too.
fn as_masked_id_number<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked_id_number(text))
}

fn as_masked_phone<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked_phone(text))
}

impl Person {
    pub fn masked_id_number(&self) -> String {
        masked_id_number(&self.id_number)
    }

    pub fn masked_phone(&self) -> String {
        masked_phone(&self.phone)
    }

    /// Text for searching: the name and its possible pronunciations.
    pub fn search(&self) -> String {
        let mut search = self.name.to_lowercase();
        for sound in sounds(&self.name) {
            search.push(' ');
            search.push_str(&sound);
        }
        search
    }

    /// Refuses a day before the person's sixteenth birthday.
    pub fn grown_on(&self, field: &'static str, day: Day) -> Result<(), Problems> {
        if day >= self.born_on.plus_months(12 * GROWN) {
            Ok(())
        } else {
            let why = format!("{}出生，那一天还不满 {GROWN} 岁，请核对日期。", self.born_on);
            Err(Problems::one(field, why))
        }
    }

    /// Age in years on a day.
    pub fn age_on(&self, day: Day) -> i32 {
        let birthday = self.born_on.plus_months(12 * (day.year() - self.born_on.year()));
        day.year() - self.born_on.year() - i32::from(birthday > day)
    }
}

/// Submitted fields of a person. A blank number keeps the stored one; 无 deletes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersonForm {
    pub key: String,
    pub version: i32,
    pub name: String,
    pub sex: String,
    pub born_on: String,
    pub id_number: String,
    pub phone: String,
    pub education: String,
    pub political_status: String,
    pub agency: String,
    pub employer: String,
}

/// The new number: the typed one, the stored one, or none.
fn number_after(typed: &str, before: &str) -> String {
    match typed.trim() {
        "" => before.to_owned(),
        "无" => String::new(),
        typed => typed.to_owned(),
    }
}

impl PersonForm {
    pub fn of(person: &Person) -> Self {
        let (agency, employer) = match &person.employer {
            Employer::Agency(id) => (id.to_string(), String::new()),
            Employer::Authority(name) => (String::new(), name.clone()),
        };
        Self {
            key: String::new(),
            version: person.version,
            name: person.name.clone(),
            sex: person.sex.as_str().to_owned(),
            born_on: person.born_on.to_string(),
            id_number: String::new(),
            phone: String::new(),
            education: person.education.as_str().to_owned(),
            political_status: person.political_status.as_str().to_owned(),
            agency,
            employer,
        }
    }

    /// Validates the form on top of `before`: the stored person, or the defaults of a new one. ID
    /// number, birth date and sex must agree; if the latter two are blank, they come from the
    /// number.
    pub fn read(&self, before: &Base, today: Day) -> Result<Person, Problems> {
        let mut problems = Problems::default();
        let name = problems.check("name", line(&self.name, 2, 40)).unwrap_or_default();
        let typed = number_after(&self.id_number, &before.id_number);
        let id_number = if typed.is_empty() { None } else { problems.check("id_number", IdNumber::parse(&typed)) };
        let told = id_number.as_ref();
        let sex = match (Sex::parse(self.sex.trim()), told) {
            (Some(sex), _) => Some(sex),
            (None, Some(told)) => Some(if told.is_male { Sex::Male } else { Sex::Female }),
            // An invalid number is one problem already; once fixed, it gives the sex.
            (None, None) if !typed.is_empty() => None,
            (None, None) => problems.check("sex", Err::<Sex, _>("请选择性别。")),
        };
        let born_on = match (self.born_on.trim(), told) {
            ("", Some(told)) => Some(told.born_on),
            ("", None) if !typed.is_empty() => None,
            (typed, _) => problems.check("born_on", typed.parse::<Day>()),
        };
        if let (Some(told), Some(sex), Some(born_on)) = (told, sex, born_on) {
            if told.born_on != born_on {
                problems.note("born_on", "出生日期和身份证号里的不一样，请核对其中一个。");
            }
            if told.is_male != (sex == Sex::Male) {
                problems.note("sex", "性别和身份证号里的不一样，请核对其中一个。");
            }
        }
        if born_on.is_some_and(|day| day > today.plus_months(-12 * GROWN) || day < today.plus_months(-12 * 90)) {
            problems.note("born_on", "出生日期要在 16 到 90 年前之间，请核对。");
        }
        let phone = problems.check("phone", phone(&number_after(&self.phone, &before.phone))).unwrap_or_default();
        let education = match self.education.trim() {
            "" => Some(Education::Unstated),
            typed => problems.check("education", Education::parse(typed).ok_or("请从列出的学历里选择。")),
        };
        let political_status = match self.political_status.trim() {
            "" => Some(PoliticalStatus::Unstated),
            typed => {
                problems.check("political_status", PoliticalStatus::parse(typed).ok_or("请从列出的政治面貌里选择。"))
            }
        };
        if !self.agency.trim().is_empty() && !self.employer.trim().is_empty() {
            problems.note("employer", "承接机构和聘用单位只填一个：由承接机构聘用的，这里不填。");
        }
        let employer = match self.agency.trim() {
            "" => {
                let name = problems.check("employer", line(&self.employer, 0, 60)).unwrap_or_default();
                if name.is_empty() {
                    problems.note("employer", "请选择承接机构，或填写聘用单位的名称。");
                }
                Employer::Authority(name)
            }
            id => match problems.check("agency", id.parse().map_err(|_| "请从列出的机构里选择。")) {
                Some(id) => Employer::Agency(id),
                None => Employer::Authority(String::new()),
            },
        };
        let (Some(sex), Some(born_on), Some(education), Some(political_status), true) =
            (sex, born_on, education, political_status, problems.is_empty())
        else {
            return Err(problems);
        };
        Ok(Person {
            id: before.id,
            division: before.division.clone(),
            station: before.station,
            name,
            sex,
            born_on,
            id_number: id_number.map(|number| number.text).unwrap_or_default(),
            phone,
            education,
            political_status,
            employer,
            photo: before.photo,
            version: self.version,
        })
    }
}

/// Values of a person that the form does not contain.
#[derive(Clone, Debug)]
pub struct Base {
    pub id: PersonId,
    pub division: DivisionCode,
    pub station: Option<StationId>,
    pub id_number: String,
    pub phone: String,
    pub photo: Option<FileId>,
}

impl Base {
    /// Defaults of a new person at a station.
    pub fn at(division: DivisionCode, station: StationId) -> Self {
        Self {
            id: PersonId::new(),
            division,
            station: Some(station),
            id_number: String::new(),
            phone: String::new(),
            photo: None,
        }
    }

    pub fn of(person: &Person) -> Self {
        Self {
            id: person.id,
            division: person.division.clone(),
            station: person.station,
            id_number: person.id_number.clone(),
            phone: person.phone.clone(),
            photo: person.photo,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Day {
        "2026-03-05".parse().unwrap()
    }

    fn base() -> Base {
        Base::at(DivisionCode::parse("510411100").unwrap(), StationId::new())
    }

    fn form(id_number: &str, sex: &str, born_on: &str) -> PersonForm {
        PersonForm {
            name: "林晚晴".into(),
            id_number: id_number.into(),
            sex: sex.into(),
            born_on: born_on.into(),
            employer: "仁和区民政局".into(),
            ..PersonForm::default()
        }
    }

    fn wrong(form: &PersonForm) -> Vec<&'static str> {
        form.read(&base(), today()).unwrap_err().all().iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn number_birth_date_and_sex_must_agree() {
        assert_eq!(wrong(&form("11010519491231002X", "male", "1949-12-31")), ["sex"]);
        assert_eq!(wrong(&form("11010519491231002X", "female", "1949-12-30")), ["born_on"]);
        assert_eq!(wrong(&form("110105194912310021", "female", "1949-12-31")), ["id_number"]);
        let person = form("11010519491231002x", "", "").read(&base(), today()).unwrap();
        assert_eq!((person.sex, person.born_on.to_string().as_str()), (Sex::Female, "1949-12-31"), "the number tells");
    }

    #[test]
    fn a_number_left_blank_stays_and_is_checked_again() {
        let person = form("11010519491231002X", "", "").read(&base(), today()).unwrap();
        let stays = form("", "female", "1949-12-31").read(&Base::of(&person), today()).unwrap();
        assert_eq!(stays.id_number, person.id_number);
        assert!(form("", "male", "1949-12-31").read(&Base::of(&person), today()).is_err(), "the number says otherwise");
        let gone = form("无", "male", "1949-12-31").read(&Base::of(&person), today()).unwrap();
        assert_eq!(gone.id_number, "");
    }

    #[test]
    fn the_trail_keeps_no_number() {
        let person = form("11010519491231002X", "", "").read(&base(), today()).unwrap();
        assert!(!serde_json::to_string(&person).unwrap().contains("19491231002"));
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let person = form("", "male", "2000-03-06").read(&base(), today()).unwrap();
        assert_eq!(person.age_on(today()), 25);
        assert_eq!(person.age_on(today().after()), 26);
    }
}
