//! An agency, its standing, grade and inspections, and the rules on its eligibility. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{AgencyId, Day, Problems, credit_code, line, phone},
    words,
};

words! {
    /// An agency's standing: only an active one may take on work.
    Standing {
        Active = "active", "正常";
        Suspended = "suspended", "暂停承接";
        Barred = "barred", "禁止承接";
    }
}

impl Standing {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Active => "ok",
            Self::Suspended => "warn",
            Self::Barred => "bad",
        }
    }
}

words! {
    /// The grade of a social organisation (社会组织等级评估, 民政部令第39号).
    Grade {
        Ungraded = "none", "未评";
        A1 = "1a", "1A";
        A2 = "2a", "2A";
        A3 = "3a", "3A";
        A4 = "4a", "4A";
        A5 = "5a", "5A";
    }
}

words! {
    /// The result of an annual inspection.
    Inspection {
        Qualified = "qualified", "合格";
        Basic = "basic", "基本合格";
        Unqualified = "unqualified", "不合格";
        Missed = "missed", "未参加";
    }
}

words! {
    /// Service domains (服务领域; the Panzhihua plan of 10 May 2021, annex 2, part 3).
    Domain {
        SocialAssistance = "social_assistance", "社会救助";
        ElderlyService = "elderly_service", "养老服务";
        ChildWelfare = "child_welfare", "儿童福利";
        SocialAffairs = "social_affairs", "社会事务";
        CommunityGovernance = "community_governance", "社区治理";
        RuralRevitalisation = "rural_revitalisation", "乡村振兴";
        Charity = "charity", "慈善服务";
        TalentDevelopment = "talent_development", "人才培育";
        CrossDepartment = "cross_department", "部门统筹服务";
    }
}

/// An agency's eligibility for a project, as in Quanzhou's lottery-funded projects: in good
/// standing, the last two annual inspections passed.
#[derive(Clone, Debug)]
pub struct Eligibility {
    pub standing: Standing,
    pub reason: String,
    /// By year, newest first.
    pub inspections: Vec<(i32, Inspection)>,
    pub today: Day,
}

impl Eligibility {
    /// The reason why the agency may take on no project at all, if there is one.
    pub fn refused(&self) -> Option<String> {
        (self.standing != Standing::Active)
            .then(|| format!("这家机构现在是「{}」（{}），不能承接新的项目。", self.standing.label(), self.reason))
    }

    /// The conditions, each true if met.
    pub fn conditions(&self) -> Vec<(String, bool)> {
        let last = self.today.year() - 1;
        let years = [last - 1, last].map(|year| {
            let result = self.inspections.iter().find(|(of, _)| *of == year).map(|(_, result)| *result);
            let is_met = matches!(result, Some(Inspection::Qualified | Inspection::Basic));
            (format!("{year} 年年检：{}", result.map_or("没有登记", Inspection::label)), is_met)
        });
        let standing = (format!("状态：{}", self.standing.label()), self.standing == Standing::Active);
        [vec![standing], years.to_vec()].concat()
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Agency {
    #[serde(skip)]
    pub id: AgencyId,
    pub name: String,
    pub credit_code: String,
    pub legal_person: String,
    pub grade: Grade,
    pub founded_on: Option<Day>,
    pub registered_with: String,
    pub domains: Vec<Domain>,
    pub contact: String,
    pub phone: String,
    #[serde(skip)]
    pub standing: Standing,
    #[serde(skip)]
    pub standing_reason: String,
    #[serde(skip)]
    pub version: i32,
    /// Stations within reach that it operates.
    #[serde(skip)]
    pub stations: i64,
}

impl Agency {
    /// A new agency of which only the name is known.
    pub fn named(name: &str) -> Self {
        Self {
            id: AgencyId::new(),
            name: name.to_owned(),
            credit_code: String::new(),
            legal_person: String::new(),
            grade: Grade::Ungraded,
            founded_on: None,
            registered_with: String::new(),
            domains: vec![],
            contact: String::new(),
            phone: String::new(),
            standing: Standing::Active,
            standing_reason: String::new(),
            version: 1,
            stations: 0,
        }
    }

    pub fn domain_names(&self) -> String {
        let names: Vec<&str> = self.domains.iter().map(|domain| domain.label()).collect();
        names.join("、")
    }
}

/// An agency's form, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AgencyForm {
    pub key: String,
    pub version: i32,
    pub name: String,
    pub credit_code: String,
    pub legal_person: String,
    pub grade: String,
    pub founded_on: String,
    pub registered_with: String,
    pub domains: Vec<String>,
    pub contact: String,
    pub phone: String,
}

impl AgencyForm {
    pub fn of(agency: &Agency) -> Self {
        Self {
            key: String::new(),
            version: agency.version,
            name: agency.name.clone(),
            credit_code: agency.credit_code.clone(),
            legal_person: agency.legal_person.clone(),
            grade: agency.grade.as_str().to_owned(),
            founded_on: agency.founded_on.map(|day| day.to_string()).unwrap_or_default(),
            registered_with: agency.registered_with.clone(),
            domains: agency.domains.iter().map(|domain| domain.as_str().to_owned()).collect(),
            contact: agency.contact.clone(),
            phone: agency.phone.clone(),
        }
    }

    pub fn read(&self, id: AgencyId, today: Day) -> Result<Agency, Problems> {
        let mut problems = Problems::default();
        let mut text = |field, typed: &str, min, max| problems.check(field, line(typed, min, max)).unwrap_or_default();
        let name = text("name", &self.name, 2, 60);
        let legal_person = text("legal_person", &self.legal_person, 0, 40);
        let registered_with = text("registered_with", &self.registered_with, 0, 60);
        let contact = text("contact", &self.contact, 0, 40);
        let code = problems.check("credit_code", credit_code(&self.credit_code)).unwrap_or_default();
        let phone = problems.check("phone", phone(&self.phone)).unwrap_or_default();
        let grade = match self.grade.as_str() {
            "" => Some(Grade::Ungraded),
            typed => problems.check("grade", Grade::parse(typed).ok_or("请从列出的等级里选择。")),
        };
        let founded_on = match self.founded_on.trim() {
            "" => None,
            typed => problems.check("founded_on", typed.parse::<Day>()),
        };
        if founded_on.is_some_and(|day| day > today) {
            problems.note("founded_on", "成立日期不能晚于今天。");
        }
        let domains = self.domains.iter().filter_map(|typed| Domain::parse(typed)).collect();
        problems.or(Agency {
            id,
            name,
            credit_code: code,
            legal_person,
            grade: grade.unwrap_or(Grade::Ungraded),
            founded_on,
            registered_with,
            domains,
            contact,
            phone,
            standing: Standing::Active,
            standing_reason: String::new(),
            version: self.version,
            stations: 0,
        })
    }

    pub fn serves(&self, domain: &Domain) -> bool {
        self.domains.iter().any(|typed| typed == domain.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_comes_back_from_its_form_as_it_was() {
        let form = AgencyForm {
            name: "木棉社会工作服务中心".into(),
            credit_code: "52510400mj0123456x".into(),
            grade: "4A".into(),
            founded_on: "2015年3月1日".into(),
            domains: vec!["elderly_service".into(), "社会救助".into(), "别的".into()],
            ..AgencyForm::default()
        };
        let today = "2026-03-05".parse().unwrap();
        let problems = form.read(AgencyId::new(), today).unwrap_err();
        let fields: Vec<_> = problems.all().iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["credit_code"], "the check digit is wrong");

        let agency = AgencyForm { credit_code: String::new(), ..form }.read(AgencyId::new(), today).unwrap();
        assert_eq!((agency.grade, agency.domains.len()), (Grade::A4, 2));
        let again = AgencyForm::of(&agency).read(agency.id, today).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&agency).unwrap());
    }
}
