//! The demo's staff: names from lists, with careers that show what the register can do. Nobody is
//! real: the ID numbers begin with a place that does not exist, the telephone numbers with an
//! exchange that does not.

use super::Made;
use crate::{
    db::{Entry, Tx},
    features::{
        people::{
            certificates::{self, Level, NewCertificate, RegistrationKind, RegistrationState},
            education::{self, EntryForm},
            persons::{
                self, Base, Education, Employer, NewPost, Person, PoliticalStatus, PostKind, PostRank, PostRole,
                RecruitRoute, Sex, Span,
            },
        },
        places::stations::{self, Station, StationLevel},
    },
    kernel::{CertificateId, Day, EducationId, Error, IdNumber, PostId, Result},
};

const SURNAMES: [&str; 36] = [
    "赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨", "朱", "秦", "尤",
    "许", "何", "吕", "施", "张", "孔", "曹", "严", "华", "金", "魏", "陶", "姜", "戚", "谢", "邹", "喻",
];
const GIVEN: [&str; 25] = [
    "思源", "雨桥", "明川", "晓禾", "建岚", "若溪", "志恒", "秋白", "文静", "一鸣", "海棠", "子衿", "云舒", "安澜",
    "素心", "春和", "景行", "望舒", "知夏", "南星", "清越", "怀瑾", "如松", "念慈", "乐山",
];

/// The township station of the demo's head: two workers count, and one of their contracts ends.
const TIGHT: &str = "510411100";

/// Accounts linked to staff: user name, name, level, place in the station, township.
const ACCOUNTS: [(&str, &str, StationLevel, usize, &str); 3] = [
    ("head", "杨素芬", StationLevel::Township, 0, TIGHT),
    ("worker", "陈雨桐", StationLevel::Township, 1, TIGHT),
    ("village", "毛建国", StationLevel::Village, 0, TIGHT),
];

/// Fills every station; returns the number of persons.
pub async fn fill(tx: &mut Tx, made: &Made) -> Result<usize> {
    let mut hired = 0;
    let mut accounts = ACCOUNTS.to_vec();
    let mut stations = vec![];
    for (.., id) in made {
        stations.push(stations::find(tx, *id).await?);
    }
    for station in &stations {
        let size = match station.level {
            StationLevel::General => 4,
            StationLevel::Township => 5,
            StationLevel::Village => 2,
        };
        for place in 0..size {
            let account = accounts.iter().position(|(_, _, level, at, within)| {
                (*level, *at) == (station.level, place) && station.division.as_str().starts_with(within)
            });
            let account = account.map(|found| accounts.remove(found)).map(|(user, name, ..)| (user, name));
            hire(tx, station, place, hired, account).await?;
            hired += 1;
        }
    }
    // Some left, and one is a supervisor at a second station.
    for (at, station) in stations.iter().enumerate().filter(|(_, station)| station.level != StationLevel::Village) {
        leaver(tx, station, hired).await?;
        hired += 1;
        if let (StationLevel::General, Some(other)) = (station.level, stations.get(at + 2)) {
            second_post(tx, station, other).await?;
        }
    }
    transfer(tx, &stations).await?;
    Ok(hired)
}

fn name(at: usize) -> String {
    match at {
        0 => "罗念青".to_owned(),
        at => format!("{}{}", SURNAMES[at * 7 % SURNAMES.len()], GIVEN[(at * 11 + at / SURNAMES.len()) % GIVEN.len()]),
    }
}

fn person(tx: &Tx, station: &Station, at: usize, named: &str) -> Person {
    let sex = if at.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let born_on = tx.today().plus_months(-12 * 24).plus_days(-i64::try_from(at * 97 % 8000).unwrap_or_default());
    let sequence = at * 2 % 1000 / 2 * 2 + usize::from(sex == Sex::Male);
    let digits = format!("999999{}{sequence:03}", born_on.to_string().replace('-', ""));
    let id_number = format!("{digits}{}", char::from(IdNumber::check(digits.as_bytes())));
    let base = Base::at(station.division.clone(), station.id);
    Person {
        id: base.id,
        division: base.division,
        station: base.station,
        name: named.to_owned(),
        sex,
        born_on,
        id_number,
        phone: format!("0812-0{:06}", 100_000 + at * 7919 % 800_000),
        education: [Education::Bachelor, Education::College, Education::Bachelor, Education::Master][at % 4],
        political_status: [PoliticalStatus::None, PoliticalStatus::Party, PoliticalStatus::League][at % 3],
        employer: match station.agency_id {
            Some(agency) => Employer::Agency(agency),
            None => Employer::Authority("县级民政部门（示例）".to_owned()),
        },
        photo: None,
        version: 1,
    }
}

fn usual(station: &Station, role: PostRole, since: Day) -> NewPost {
    NewPost {
        role,
        is_full_time: true,
        is_main: true,
        kind: if role == PostRole::Assistant { PostKind::Affairs } else { PostKind::Service },
        route: if station.agency_id.is_some() { RecruitRoute::Purchased } else { RecruitRoute::Unified },
        rank: PostRank::None,
        span: Span { since, until: None },
        contract_until: None,
    }
}

async fn enter(tx: &mut Tx, station: &Station, person: &Person, post: &NewPost) -> Result<()> {
    persons::insert(tx, person).await?;
    persons::insert_post(tx, PostId::new(), person, station, post).await?;
    tx.record(Entry::new("登记人员", "person", person.id, &person.name).after(person)).await
}

async fn hire(tx: &mut Tx, station: &Station, place: usize, at: usize, account: Option<(&str, &str)>) -> Result<()> {
    let tight = station.division.as_str() == TIGHT && station.level == StationLevel::Township;
    let today = tx.today();
    let opened = station.opened_on.unwrap_or(today);
    let role = match place {
        0 => PostRole::Head,
        1 | 2 => PostRole::SocialWorker,
        3 => PostRole::Assistant,
        _ => PostRole::VolunteerCoordinator,
    };
    let late = i64::try_from(at * 53 % 1200).unwrap_or_default();
    let mut post = usual(station, role, opened.plus_days(late));
    post.rank = match place {
        0 if at.is_multiple_of(4) => PostRank::Middle,
        1 if at.is_multiple_of(3) => PostRank::Junior,
        _ => PostRank::None,
    };
    if tight && place == 1 {
        // The next day the station is one worker short.
        post.contract_until = Some(today.plus_days(39));
    }
    let named = account.map_or_else(|| name(at), |(_, name)| name.to_owned());
    let person = person(tx, station, at, &named);
    enter(tx, station, &person, &post).await?;
    if let Some((user_name, _)) = account {
        persons::link_account(tx, person.id, user_name).await?;
    }
    certify(tx, &person, station, place, at, tight).await
}

/// Days since the current registration began.
fn began(at: usize) -> i64 {
    match at % 23 {
        // Lapsed.
        4 => 1150,
        // These end in 5, 25 and 80 days.
        9 => 1090,
        15 => 1070,
        20 => 1015,
        _ => i64::try_from(20 + at * 67 % 930).unwrap_or_default(),
    }
}

async fn certify(tx: &mut Tx, person: &Person, station: &Station, place: usize, at: usize, tight: bool) -> Result<()> {
    let level = match (place, at % 6) {
        _ if tight && place > 1 => return Ok(()),
        (2, 1) => Level::Senior,
        (0, 0 | 3) | (2, 2 | 4) => Level::Intermediate,
        (0..=2, _) => Level::Assistant,
        (3, 0) => Level::Associate,
        _ => return Ok(()),
    };
    let today = tx.today();
    let ago = if tight { 400 } else { began(at) };
    let mut from = today.plus_days(-ago);
    // Every fifth was registered before, for the preceding three years.
    let earlier = (at.is_multiple_of(5)).then(|| from.plus_months(-36));
    let issued_on = earlier.unwrap_or(from).plus_days(-150);
    certificate(tx, person, level, issued_on, &[earlier, Some(from)], at).await?;
    if at % 29 == 7 && level == Level::Assistant {
        // Passed the intermediate examination two months ago; not registered yet.
        certificate(tx, person, Level::Intermediate, today.plus_days(-60), &[], at + 5000).await?;
    }
    // From too few hours to enough.
    let lessons = 1 + at % 4;
    for lesson in 0..lessons {
        from = from.plus_days(90);
        if from < today {
            learn(tx, person, from, lesson, station, at).await?;
        }
    }
    Ok(())
}

async fn certificate(
    tx: &mut Tx,
    person: &Person,
    level: Level,
    issued_on: Day,
    periods: &[Option<Day>],
    at: usize,
) -> Result<()> {
    let id = CertificateId::new();
    let new = NewCertificate { level, number: format!("示例{}{at:05}", issued_on.year()), issued_on };
    certificates::insert(tx, id, person.id, &new).await?;
    for (term, from) in periods.iter().flatten().enumerate() {
        let kind = if term == 0 { RegistrationKind::First } else { RegistrationKind::Renewal };
        certificates::register(tx, id, person.id, kind, RegistrationState::Issued, Some(*from)).await?;
    }
    Ok(())
}

async fn learn(tx: &mut Tx, person: &Person, on: Day, lesson: usize, station: &Station, at: usize) -> Result<()> {
    let titles = ["个案工作实务培训", "社会救助政策与社会工作介入", "社区工作方法", "儿童福利服务实务"];
    let form = EntryForm {
        held_on: on.to_string(),
        hours: ["24", "16.5", "32", "20"][(lesson + at) % 4].to_owned(),
        title: titles[(lesson + at) % titles.len()].to_owned(),
        provider: "市社会工作协会（示例）".to_owned(),
        category: "training".to_owned(),
        ..EntryForm::default()
    };
    let entry = form.read(tx.today()).map_err(|_| Error::bug(format!("a lesson of {}", station.name)))?;
    education::insert(tx, EducationId::new(), person.id, &entry, None, true).await
}

/// A former worker who has left.
async fn leaver(tx: &mut Tx, station: &Station, at: usize) -> Result<()> {
    let opened = station.opened_on.unwrap_or(tx.today());
    let person = person(tx, station, at, &name(at));
    let mut post = usual(station, PostRole::SocialWorker, opened);
    post.span.until = Some(opened.plus_days(300 + i64::try_from(at % 7 * 60).unwrap_or_default()));
    enter(tx, station, &person, &post).await?;
    let issued = opened.plus_days(-400);
    certificate(tx, &person, Level::Assistant, issued, &[Some(issued.plus_days(90))], at).await
}

/// A social worker of a general station supervises a township station part-time.
async fn second_post(tx: &mut Tx, from: &Station, to: &Station) -> Result<()> {
    let posts = persons::all_of_station(tx, from.id).await?;
    let Some(post) =
        posts.iter().find(|post| post.facts.role == PostRole::SocialWorker && post.facts.span.until.is_none())
    else {
        return Ok(());
    };
    let person = persons::find(tx, post.person).await?;
    let mut second = usual(to, PostRole::Supervisor, tx.today().plus_months(-10));
    (second.is_full_time, second.is_main) = (false, false);
    persons::insert_post(tx, PostId::new(), &person, to, &second).await?;
    tx.record(Entry::new("登记任职", "person", person.id, &person.name).after((&to.name, &second))).await
}

/// A transfer from one township station to another, half a year ago.
async fn transfer(tx: &mut Tx, stations: &[Station]) -> Result<()> {
    let towns: Vec<&Station> = stations.iter().filter(|station| station.level == StationLevel::Township).collect();
    let [.., from, to] = towns.as_slice() else { return Ok(()) };
    let posts = persons::all_of_station(tx, from.id).await?;
    let Some(post) = posts.iter().find(|post| post.facts.role == PostRole::VolunteerCoordinator) else { return Ok(()) };
    let person = persons::find(tx, post.person).await?;
    let on = tx.today().plus_months(-6);
    persons::end_post(tx, post, on.before(), "调动").await?;
    let next = NewPost { span: Span { since: on, until: None }, ..post.facts.clone() };
    persons::insert_post(tx, PostId::new(), &person, to, &next).await?;
    tx.record(Entry::new("调动人员", "person", person.id, &person.name).after((&to.name, &next))).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn no_two_of_the_demo_share_a_name() {
        let names: HashSet<String> = (0..170).map(super::name).collect();
        assert!(names.len() > 160, "{}", names.len());
    }
}
