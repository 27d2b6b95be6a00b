//! The demo's reports: 24 months of every station, made up with seasonal variation and validated by
//! the usual rules. Last month is half finished, this month has begun.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::Made;
use crate::{
    db::Tx,
    features::{
        identity::accounts,
        places::stations::{self, State as StationState, Station, StationLevel},
        reporting::{
            indicators::{self, Breakdown, Sheet, slot_of},
            reports::{self, Content, Field, PastStep, Recorded, Severity, Step, check},
        },
    },
    kernel::{AccountId, Day, Error, Month, Result},
};

const MONTHS: i32 = 24;

/// The township whose station head, room head, township officer and county officer have accounts.
const HOME: &str = "510411100";

/// Work by calendar month, in percent of the usual: quiet at Spring Festival, children in summer,
/// elders in October.
const SEASONS: [i64; 12] = [80, 55, 110, 105, 100, 105, 125, 120, 100, 130, 105, 90];

/// A pseudo-random number, the same every time the demo is built.
fn dice(station: usize, month: i32, what: i64, sides: i64) -> i64 {
    let mut x = u64::try_from(station).unwrap_or(0) * 7919 + u64::try_from(month + 100).unwrap_or(0) * 104_729;
    x = (x + u64::try_from(what).unwrap_or(0) * 1_299_709).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    x ^= x >> 29;
    i64::try_from(x.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40).unwrap_or(0) % sides.max(1)
}

/// Stocks carried over from month to month.
#[derive(Clone, Copy, Debug)]
struct Stocks {
    cases: i64,
    files: i64,
    volunteers: i64,
}

/// A station's figures for one month.
fn month_of(
    station: usize,
    level: StationLevel,
    month: Month,
    at: i32,
    stocks: &mut Stocks,
) -> Vec<(&'static str, i64)> {
    let season = SEASONS[usize::try_from(month.number() - 1).unwrap_or(0)];
    let size = match level {
        StationLevel::General => 60,
        StationLevel::Township => 100,
        StationLevel::Village => 35,
    };
    let of = |usual: i64, what: i64| {
        let usual = usual * size * season / 10_000;
        (usual * (85 + dice(station, at, what, 31)) / 100).max(i64::from(usual > 0))
    };
    let visits = of(260, 1);
    let new_files = of(9, 2);
    stocks.files += new_files - dice(station, at, 3, 4).min(stocks.files);
    let (start, new) = (stocks.cases, 1 + dice(station, at, 4, 3));
    let closed = if start > 6 { 2 + dice(station, at, 5, 2) } else { dice(station, at, 5, 2) };
    stocks.cases = start + new - closed;
    let volunteers = 1 + dice(station, at, 6, 4);
    stocks.volunteers += volunteers;
    let (sessions, group_sessions, activities) = (stocks.cases * 2 + new, of(10, 7), of(6, 8));
    let (publicity, surveys, links) = (of(4, 9), of(30, 10), of(7, 11));
    let trainings = dice(station, at, 12, 3);
    let complaints = dice(station, at, 13, 2);
    vec![
        ("visit_households", visits),
        ("visit_households_distinct", visits * 7 / 10 + 1),
        ("files_new", new_files),
        ("files_stock", stocks.files.max(new_files)),
        ("exam_candidates", if month.number() == 4 { 1 + dice(station, at, 14, 2) } else { 0 }),
        ("newly_certified", if month.number() == 10 { dice(station, at, 15, 2) } else { 0 }),
        ("case_open_start", start),
        ("case_new", new),
        ("case_closed", closed),
        ("case_referred", closed.min(dice(station, at, 16, 2))),
        ("case_open_end", stocks.cases),
        ("case_sessions", sessions),
        ("case_person_times", sessions + dice(station, at, 17, 6)),
        ("group_new", 1),
        ("group_sessions", group_sessions),
        ("group_person_times", group_sessions * 9),
        ("activity_count", activities),
        ("activity_person_times", activities * 32),
        ("hotline_calls", of(60, 18)),
        ("hotline_minutes", of(420, 19)),
        ("consultations", of(80, 20)),
        ("crisis_interventions", i64::from(dice(station, at, 21, 9) == 0)),
        ("needs_identified", of(8, 22)),
        ("policy_publicity_events", publicity),
        ("policy_publicity_people", publicity * 45),
        ("policy_publicity_copies", publicity * 120),
        ("assistance_help", of(20, 23)),
        ("affairs_person_times", of(90, 24)),
        ("affairs_dibao_new", dice(station, at, 25, 4)),
        ("affairs_dibao_adjusted", dice(station, at, 26, 12)),
        ("affairs_marginal_new", dice(station, at, 27, 3)),
        ("affairs_marginal_adjusted", dice(station, at, 28, 4)),
        ("affairs_tekun_changed", dice(station, at, 29, 3)),
        ("affairs_temporary_relief", dice(station, at, 30, 5)),
        ("affairs_disability_certificates", dice(station, at, 31, 9)),
        ("affairs_disability_allowances", dice(station, at, 32, 6)),
        ("affairs_rehabilitation_filings", dice(station, at, 33, 3)),
        ("resource_links", links),
        ("resource_value_yuan", links * 35_000 + dice(station, at, 34, 400) * 100),
        ("resource_beneficiaries", links * 11),
        ("volunteers_new", volunteers),
        ("volunteers_stock", stocks.volunteers),
        ("volunteer_person_times", of(70, 35)),
        ("volunteer_hours", of(140, 36) * 10 + 5),
        ("community_orgs_functional", i64::from(month.number() % 4 == 3)),
        ("community_orgs_hobby", i64::from(month.number() % 4 == 1)),
        ("community_orgs_merged_area", 0),
        ("social_orgs_registered", 0),
        ("trainings_held", trainings),
        ("training_person_times", trainings * 24),
        ("training_hours", trainings * 30),
        ("supervision_sessions", 2),
        ("supervision_hours", 40),
        ("publicity_articles", dice(station, at, 37, 4)),
        ("expenditure_yuan", (18_000 + of(9_000, 38)) * 100),
        ("complaints_received", complaints),
        ("complaints_closed", complaints),
        ("satisfaction_surveys", surveys),
        ("satisfaction_satisfied", surveys - dice(station, at, 39, 3).min(surveys)),
    ]
}

fn content(sheet: &Sheet, level: StationLevel, values: &[(&'static str, i64)], known: &BTreeMap<i16, i64>) -> Content {
    let form = sheet.form(level);
    let mut content = Content::default();
    for (code, value) in values {
        if let Some(slot) = slot_of(code) {
            content.set_value(slot, Some(*value));
        }
    }
    content.settle(&form, known);
    // Consultations by domain: most for assistance and elders, the rest for children.
    if let Some((slot, whole)) = slot_of("consultations").and_then(|slot| Some((slot, content.value(slot)?))) {
        let parts = [whole / 2, whole / 3];
        let rest = whole - parts[0] - parts[1];
        for (at, part) in [parts[0], parts[1], rest].into_iter().enumerate() {
            content.put(Field::Part(slot, Breakdown::Domain, at), &part.to_string(), sheet);
        }
    }
    content.put(
        Field::Text("highlights"),
        "本月围绕困难老人和儿童开展入户走访，组织了小组和社区活动，居民参与较多。",
        sheet,
    );
    content.put(Field::Text("problems"), "部分村组路途较远，入户时间长，人手偏紧。", sheet);
    content.put(Field::Text("next"), "继续跟进在案个案，开展政策宣传和志愿者培训。", sheet);
    content
}

/// The accounts that submit and approve.
struct People {
    head: AccountId,
    village: AccountId,
    township: AccountId,
    county: AccountId,
}

async fn account(tx: &mut Tx, name: &str) -> Result<AccountId> {
    let found = accounts::people_named(tx, name, 20).await?;
    found.into_iter().find(|person| person.user_name == name).map(|person| person.id).ok_or(Error::NotFound)
}

/// The progress of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Missing,
    Begun,
    /// At this desk, counted from 0 along its route.
    At(usize),
    Returned,
    Approved,
    /// Returned once on the way because of two cells, then approved.
    ApprovedAfterReturn,
}

/// Fills in the history. `made` holds the demo's stations in order.
pub async fn fill(tx: &mut Tx, made: &Made) -> Result<()> {
    let people = People {
        head: account(tx, "head").await?,
        village: account(tx, "village").await?,
        township: account(tx, "township").await?,
        county: account(tx, "county").await?,
    };
    let mut stations = vec![];
    for (.., id) in made {
        stations.push(stations::find(tx, *id).await?);
    }
    let this = tx.today().month();
    close_one(tx, &stations, this.plus(-7)).await?;
    for ago in (1..=MONTHS).rev() {
        reports::freeze(tx, this.plus(-ago)).await?;
    }
    let sheet = indicators::sheet(tx, this).await?;
    let mut recorded = vec![];
    let mut drafts = vec![];
    for (at, station) in stations.iter().enumerate() {
        let mut stocks = Stocks {
            cases: 4 + i64::try_from(at % 4).unwrap_or(0),
            files: 60 + i64::try_from(at * 13 % 90).unwrap_or(0),
            volunteers: 40 + i64::try_from(at * 7 % 60).unwrap_or(0),
        };
        let known =
            reports::known(tx, station.id, this.plus(if is_closed_one(&stations, station) { -8 } else { -1 })).await?;
        let mut history: Vec<Option<Vec<Option<i64>>>> = vec![];
        for ago in (0..=MONTHS).rev() {
            let month = this.plus(-ago);
            if is_closed_one(&stations, station) && ago < 7 {
                break;
            }
            let values = month_of(at, station.level, month, MONTHS - ago, &mut stocks);
            let content = content(&sheet, station.level, &values, &known);
            if ago == 0 {
                drafts.push((station.clone(), month, content));
                continue;
            }
            let fate = fate(at, ago, station);
            if let Some(report) = record(tx, &sheet, station, month, fate, at, content, &history, &people)? {
                history.insert(0, Some(report.content.vals.clone()));
                recorded.push(report);
            } else {
                history.insert(0, None);
            }
        }
    }
    reports::record_many(tx, &recorded).await?;
    for (station, month, content) in drafts {
        begin(tx, &sheet, &station, month, content).await?;
    }
    Ok(())
}

/// True for the room that is closed in mid-year.
fn is_closed_one(stations: &[Station], station: &Station) -> bool {
    let last = stations.iter().rfind(|other| other.level == StationLevel::Village);
    last.is_some_and(|last| last.id == station.id)
}

async fn close_one(tx: &mut Tx, stations: &[Station], month: Month) -> Result<()> {
    let Some(station) = stations.iter().find(|station| is_closed_one(stations, station)) else { return Ok(()) };
    let on = month.first().plus_days(14);
    stations::set_state(tx, station, StationState::Closed, on, "场地收回，服务并入乡镇站（示例）").await?;
    let entry = crate::db::Entry::new("变更站点状态", "station", station.id, &station.name);
    tx.record(entry.after(serde_json::json!({ "state": "closed", "since": on }))).await
}

fn fate(at: usize, ago: i32, station: &Station) -> Fate {
    let home = station.division.as_str().starts_with(HOME);
    if ago > 1 {
        return match (at * 5 + usize::try_from(ago).unwrap_or(0) * 3) % 17 {
            0 => Fate::ApprovedAfterReturn,
            1 if ago > 2 && at.is_multiple_of(9) && !home => Fate::Missing,
            _ => Fate::Approved,
        };
    }
    match (home, station.level, at % 10) {
        (true, StationLevel::Township, _) => Fate::Returned,
        // The room whose head has an account waits at the station, another at the township.
        (true, StationLevel::Village, n) => {
            if n % 2 == 0 {
                Fate::At(0)
            } else {
                Fate::At(1)
            }
        }
        (_, StationLevel::General, n) => {
            if n < 5 {
                Fate::At(0)
            } else {
                Fate::Approved
            }
        }
        (_, _, 0..=3) => Fate::Approved,
        (_, _, 4) => Fate::ApprovedAfterReturn,
        (_, _, 5 | 6) => Fate::At(usize::from(station.level == StationLevel::Village) + 1),
        (_, _, 7) => Fate::Begun,
        _ => Fate::Missing,
    }
}

fn at_noon(day: Day, hours: i64) -> DateTime<Utc> {
    day.0.and_hms_opt(1, 0, 0).unwrap_or_default().and_utc() + Duration::hours(hours)
}

#[expect(clippy::too_many_arguments, reason = "a made-up report is all of these and nothing else")]
fn record(
    tx: &Tx,
    sheet: &Sheet,
    station: &Station,
    month: Month,
    fate: Fate,
    at: usize,
    mut content: Content,
    history: &[Option<Vec<Option<i64>>>],
    people: &People,
) -> Result<Option<Recorded>> {
    if matches!(fate, Fate::Missing | Fate::Begun) {
        return Ok(None);
    }
    let form = sheet.form(station.level);
    let past = reports::Past(history.to_vec());
    let mut odd = 0;
    for finding in check(sheet, &form, &content, &past, true) {
        if finding.severity == Severity::Hard {
            return Err(Error::bug(format!("the demo breaks a rule: {} {month}: {}", station.name, finding.why)));
        }
        if let Some(slot) = finding.field.slot() {
            content.put(Field::Note(slot), "当月集中开展服务月活动，人次比平时多（示例）", sheet);
            odd += 1;
        }
    }
    let due = month.plus(1).first().plus_days(6);
    let is_late = at.is_multiple_of(11) && month.number().is_multiple_of(4);
    let sent = at_noon(if is_late { due.plus_days(3) } else { due.plus_days(-4) }, i64::try_from(at % 9).unwrap_or(0));
    let sent = sent.min(tx.now() - Duration::days(2));
    let steps = steps(station, fate, sent, people);
    let (filled, asked) = content.progress(&form);
    let count = |n: usize| i16::try_from(n).unwrap_or(i16::MAX);
    Ok(Some(Recorded {
        station: station.id,
        station_code: station.code.clone(),
        month,
        division: station.division.clone(),
        level: station.level,
        filled: count(filled),
        asked: count(asked),
        odd: count(odd),
        on_time: !is_late,
        submitter: steps.first().map_or(String::new(), |step| step.actor.clone()),
        content,
        steps,
    }))
}

/// The steps of a report from its submission on.
fn steps(station: &Station, fate: Fate, sent: DateTime<Utc>, people: &People) -> Vec<PastStep> {
    let home = station.division.as_str().starts_with(HOME);
    let in_county = station.division.as_str().starts_with(&HOME[..6]);
    let author = match (home, station.level) {
        (true, StationLevel::Township) => (Some(people.head), "杨素芬"),
        (true, StationLevel::Village) => (Some(people.village), "毛建国"),
        _ => (None, "站长（示例）"),
    };
    let desks: &[&'static str] = match station.level {
        StationLevel::Village => &["station", "township", "county"],
        StationLevel::Township => &["township", "county"],
        StationLevel::General => &["county"],
    };
    let sits = |desk: &str| match desk {
        "station" if home => (Some(people.head), "杨素芬"),
        "township" if home => (Some(people.township), "罗敏"),
        "county" if in_county => (Some(people.county), "何志远"),
        "station" => (None, "上级站站长（示例）"),
        "township" => (None, "乡镇工作人员（示例）"),
        _ => (None, "县级工作人员（示例）"),
    };
    let mut steps: Vec<PastStep> = vec![];
    let mut now = sent;
    let mut add = |act: Step, from: &str, to: &str, by: (Option<AccountId>, &str), desk: Option<&'static str>| {
        let returned = act == Step::Return;
        steps.push(PastStep {
            act,
            from: from.to_owned(),
            to: to.to_owned(),
            account: by.0,
            actor: by.1.to_owned(),
            author: (act != Step::Submit).then_some(author.0).flatten(),
            desk,
            reason: if returned { "unlike" } else { "" },
            words: if returned {
                "走访户次和活动人次与活动记录对不上，请核对签到表后修改。".to_owned()
            } else {
                String::new()
            },
            cells: if returned { vec!["v1".to_owned(), "v4".to_owned()] } else { vec![] },
            at: now,
        });
        now += Duration::hours(7);
    };
    add(Step::Submit, "draft", desks[0], author, None);
    let pass_until = match fate {
        Fate::At(desk) => desk.min(desks.len() - 1),
        Fate::Returned | Fate::ApprovedAfterReturn => desks.len() - 1,
        _ => desks.len(),
    };
    for at in 0..pass_until {
        let next = desks.get(at + 1).copied().unwrap_or("approved");
        add(Step::Pass, desks[at], next, sits(desks[at]), Some(desks[at]));
    }
    if matches!(fate, Fate::Returned | Fate::ApprovedAfterReturn) {
        add(Step::Return, "county", "returned>county", sits("county"), Some("county"));
    }
    if fate == Fate::ApprovedAfterReturn {
        add(Step::Submit, "returned>county", "county", author, None);
        add(Step::Pass, "county", "approved", sits("county"), Some("county"));
    }
    steps
}

/// Enters this month's report as far as it has got.
async fn begin(tx: &mut Tx, sheet: &Sheet, station: &Station, month: Month, mut content: Content) -> Result<()> {
    let home = station.division.as_str().starts_with(HOME);
    if !home || station.level == StationLevel::Village && !station.code.ends_with("01") {
        return Ok(());
    }
    let form = sheet.form(station.level);
    let slots: Vec<i16> = form.indicators().filter(|indicator| !indicator.is_derived()).map(|i| i.slot).collect();
    for slot in slots.iter().skip(slots.len() * 3 / 5) {
        content.set_value(*slot, None);
    }
    content.parts.clear();
    content.texts.clear();
    reports::begin(tx, station.id, month, &content, &form).await
}
