//! A station's fields, its form and the transitions of its state. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        AgencyId, Day, DivisionCode, Error, Level, Problems, Result, StationId, line, number, phone, plain_digits,
        sounds,
    },
    words,
};

words! {
    /// A station's level in the network; its name is a setting.
    StationLevel {
        General = "general", "总站";
        Township = "township", "站";
        Village = "village", "室";
    }
}

impl StationLevel {
    /// The level of a station in a division. A city without counties has its own general station.
    pub fn within(level: Level) -> Option<Self> {
        match level {
            Level::City | Level::County => Some(Self::General),
            Level::Township => Some(Self::Township),
            Level::Village => Some(Self::Village),
            Level::Country | Level::Province => None,
        }
    }

    /// The level of its parent.
    pub fn above(self) -> Option<Self> {
        match self {
            Self::General => None,
            Self::Township => Some(Self::General),
            Self::Village => Some(Self::Township),
        }
    }
}

words! {
    State {
        Planned = "planned", "计划";
        Preparing = "preparing", "筹建";
        Operating = "operating", "运行";
        Suspended = "suspended", "暂停";
        Closed = "closed", "撤销";
    }
}

impl State {
    /// The only place that defines which state may follow which.
    pub fn may_become(self, next: Self) -> bool {
        use State::{Closed, Operating, Planned, Preparing, Suspended};
        matches!(
            (self, next),
            (Planned, Preparing | Operating | Closed)
                | (Preparing | Suspended, Operating | Closed)
                | (Operating, Suspended | Closed)
        )
    }

    pub fn after(self, next: Self) -> Result<Self> {
        if self.may_become(next) {
            Ok(next)
        } else {
            Err(Error::refused(format!("站点现在是「{}」，不能改为「{}」。", self.label(), next.label())))
        }
    }

    pub fn next(self) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|next| self.may_become(*next)).collect()
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Planned | Self::Preparing => "info",
            Self::Operating => "ok",
            Self::Suspended => "warn",
            Self::Closed => "plain",
        }
    }
}

words! {
    OperationMode {
        SelfRun = "self_run", "自主运营";
        Purchased = "purchased", "购买服务运营";
    }
}

words! {
    /// The route by which a station was built: the five batches (五个一批; the Panzhihua plan of 10 May
    /// 2021, §1.3).
    BuildRoute {
        Unstated = "unstated", "未注明";
        ProvincialAward = "provincial_award", "省级资金奖补";
        GovernancePilot = "governance_pilot", "城乡社区治理试点";
        CivilInstitution = "civil_institution", "依托民政服务机构";
        CountyBuilt = "county_built", "县区整合资源自建";
        ExistingVenue = "existing_venue", "利用现有场所";
    }
}

words! {
    Recognition {
        None = "none", "无";
        Demonstration = "demonstration", "示范站";
        Benchmark = "benchmark", "标杆站";
        Star3 = "star3", "三星";
        Star4 = "star4", "四星";
        Star5 = "star5", "五星";
    }
}

/// Names of the rungs of the readiness ladder.
pub const RUNGS: [&str; 4] = ["未达标", "五有", "达到导引", "专业化"];

pub fn rung_name(rung: i16) -> &'static str {
    usize::try_from(rung).ok().and_then(|rung| RUNGS.get(rung).copied()).unwrap_or("")
}

/// A position on the map in millionths of a degree: longitude, latitude (GCJ-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    pub longitude_e6: i32,
    pub latitude_e6: i32,
}

impl Position {
    /// Reads `101.7184, 26.5823` without floating point; blank means no position.
    pub fn read(typed: &str) -> Result<Option<Self>, &'static str> {
        const HOW: &str = "请按「经度, 纬度」填写，例如 101.718400, 26.582300。";
        let plain = plain_digits(typed.trim()).replace(['，', '、'], ",");
        if plain.is_empty() {
            return Ok(None);
        }
        let mut parts = plain.split([',', ' ']).filter(|part| !part.is_empty());
        let (Some(longitude), Some(latitude), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(HOW);
        };
        let (Some(longitude_e6), Some(latitude_e6)) = (millionths(longitude), millionths(latitude)) else {
            return Err(HOW);
        };
        if !(73_000_000..=136_000_000).contains(&longitude_e6) || !(3_000_000..=54_000_000).contains(&latitude_e6) {
            return Err("这个位置不在中国境内，请核对经度和纬度有没有写反。");
        }
        Ok(Some(Self { longitude_e6, latitude_e6 }))
    }
}

fn millionths(text: &str) -> Option<i32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 12 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    Some(whole.parse::<i32>().ok()? * 1_000_000 + part.parse::<i32>().ok()?)
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (longitude, latitude) = (self.longitude_e6, self.latitude_e6);
        write!(
            f,
            "{}.{:06}, {}.{:06}",
            longitude / 1_000_000,
            longitude % 1_000_000,
            latitude / 1_000_000,
            latitude % 1_000_000
        )
    }
}

/// The editable fields of a station. Only a new name or parent begins a new period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    pub code: String,
    pub name: String,
    pub parent: Option<StationId>,
    pub operation_mode: OperationMode,
    pub agency: Option<AgencyId>,
    pub build_route: BuildRoute,
    pub is_provincial_pilot: bool,
    pub is_governance_pilot: bool,
    pub is_merged_area: bool,
    pub recognition: Recognition,
    pub address: String,
    pub position: Option<Position>,
    pub phone: String,
    pub venue: String,
    pub area_m2: Option<i32>,
}

impl Facts {
    /// The text that search looks in: the code, the name, and the name's sound.
    pub fn search(&self) -> String {
        let mut search = format!("{} {}", self.code.to_lowercase(), self.name.to_lowercase());
        for sound in sounds(&self.name) {
            search.push(' ');
            search.push_str(&sound);
        }
        search
    }
}

/// A station to be added to the register.
#[derive(Clone, Debug, Serialize)]
pub struct NewStation {
    #[serde(flatten)]
    pub facts: Facts,
    pub level: StationLevel,
    pub division: DivisionCode,
    pub state: State,
    pub opened_on: Option<Day>,
}

/// The earliest year in which a station can have opened.
const EARLIEST: i32 = 2000;

/// A station as typed: the same fields from the form and from a table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StationForm {
    pub key: String,
    pub version: i32,
    pub code: String,
    pub name: String,
    pub division: String,
    pub parent: String,
    pub state: String,
    pub opened_on: String,
    pub operation_mode: String,
    pub agency: String,
    pub build_route: String,
    pub is_provincial_pilot: String,
    pub is_governance_pilot: String,
    pub is_merged_area: String,
    pub recognition: String,
    pub address: String,
    pub position: String,
    pub phone: String,
    pub venue: String,
    pub area_m2: String,
    /// The day from which a new name or parent is valid.
    pub since: String,
}

impl StationForm {
    /// True for a ticked box, or 是 in a table.
    fn ticked(typed: &str) -> Result<bool, &'static str> {
        match typed.trim() {
            "" | "否" => Ok(false),
            "on" | "是" => Ok(true),
            _ => Err("请填「是」或「否」。"),
        }
    }

    pub fn facts(&self, problems: &mut Problems) -> Option<Facts> {
        let name = problems.check("name", line(&self.name, 2, 60));
        let code = problems.check("code", read_code(&self.code));
        let parent = problems.check("parent", optional(&self.parent, "请选择上级站点。"));
        let mode = problems
            .check("operation_mode", one_of(OperationMode::parse, &self.operation_mode, OperationMode::SelfRun));
        let agency = problems.check("agency", optional(&self.agency, "请选择承接机构。"));
        let route = problems.check("build_route", one_of(BuildRoute::parse, &self.build_route, BuildRoute::Unstated));
        let provincial = problems.check("is_provincial_pilot", Self::ticked(&self.is_provincial_pilot));
        let governance = problems.check("is_governance_pilot", Self::ticked(&self.is_governance_pilot));
        let merged = problems.check("is_merged_area", Self::ticked(&self.is_merged_area));
        let recognition =
            problems.check("recognition", one_of(Recognition::parse, &self.recognition, Recognition::None));
        let address = problems.check("address", line(&self.address, 0, 120));
        let position = problems.check("position", Position::read(&self.position));
        let phone = problems.check("phone", phone(&self.phone));
        let venue = problems.check("venue", line(&self.venue, 0, 60));
        let area_m2 = problems.check("area_m2", read_area(&self.area_m2));
        if mode == Some(OperationMode::Purchased) && agency == Some(None) {
            problems.note("agency", "购买服务运营的站点请选择承接机构。名册里没有的，请先登记机构。");
        }
        Some(Facts {
            code: code?,
            name: name?,
            parent: parent?,
            operation_mode: mode?,
            agency: agency?,
            build_route: route?,
            is_provincial_pilot: provincial?,
            is_governance_pilot: governance?,
            is_merged_area: merged?,
            recognition: recognition?,
            address: address?,
            position: position?,
            phone: phone?,
            venue: venue?,
            area_m2: area_m2?,
        })
    }

    /// Reads a new station in a division of the given level.
    pub fn station(&self, division: &DivisionCode, level: Level, today: Day) -> Result<NewStation, Problems> {
        let mut problems = Problems::default();
        let facts = self.facts(&mut problems);
        let level =
            problems.check("division", StationLevel::within(level).ok_or("站点要建在县、乡镇（街道）或村（社区）。"));
        let state = problems.check("state", one_of(State::parse, &self.state, State::Operating));
        let opened_on = match self.opened_on.trim() {
            "" => Some(None),
            typed => problems.check("opened_on", typed.parse::<Day>()).map(Some),
        };
        if state == Some(State::Closed) {
            problems.note("state", "新登记的站点不能是「撤销」状态。");
        }
        let running = matches!(state, Some(State::Operating | State::Suspended));
        match opened_on {
            Some(None) if running => problems.note("opened_on", "运行过的站点请填写开站日期。"),
            Some(Some(day)) if day > today => {
                problems.note("opened_on", "开站日期不能晚于今天。还没开站的请选「计划」或「筹建」。");
            }
            Some(Some(day)) if day.year() < EARLIEST => {
                problems.note("opened_on", format!("开站日期不能早于 {EARLIEST} 年，请核对。"));
            }
            Some(Some(_)) if !running => problems.note("opened_on", "还没开站的站点请不要填开站日期。"),
            _ => {}
        }
        match (facts, level, state, opened_on) {
            (Some(facts), Some(level), Some(state), Some(opened_on)) if problems.is_empty() => {
                Ok(NewStation { facts, level, division: division.clone(), state, opened_on })
            }
            _ => Err(problems),
        }
    }
}

fn read_code(typed: &str) -> Result<String, &'static str> {
    let code = plain_digits(typed.trim()).to_uppercase();
    if code.is_empty() {
        return Err("请填写编号，例如 510411-01。");
    }
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain && (2..=24).contains(&code.len()) {
        Ok(code)
    } else {
        Err("站点编号用 2 到 24 个数字、字母或 -，例如 510411-01。")
    }
}

fn read_area(typed: &str) -> Result<Option<i32>, &'static str> {
    let plain = typed.trim().trim_end_matches(['㎡', '米']).trim_end_matches("平方");
    if plain.is_empty() {
        return Ok(None);
    }
    match number(plain) {
        Ok(area @ 1..=1_000_000) => Ok(Some(area)),
        _ => Err("请填写整数平方米，例如 300。"),
    }
}

fn optional<T: std::str::FromStr>(typed: &str, why: &'static str) -> Result<Option<T>, &'static str> {
    if typed.is_empty() { Ok(None) } else { typed.parse().map(Some).map_err(|_| why) }
}

fn one_of<T>(parse: impl Fn(&str) -> Option<T>, typed: &str, otherwise: T) -> Result<T, &'static str> {
    match typed.trim() {
        "" => Ok(otherwise),
        typed => parse(typed).ok_or("请从列出的选项里选择。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_goes_only_along_its_path() {
        use State::{Closed, Operating, Planned, Preparing, Suspended};
        let next = |state: State| state.next();
        assert_eq!(next(Planned), [Preparing, Operating, Closed]);
        assert_eq!(next(Preparing), [Operating, Closed]);
        assert_eq!(next(Operating), [Suspended, Closed]);
        assert_eq!(next(Suspended), [Operating, Closed]);
        assert_eq!(next(Closed), []);
        assert_eq!(Closed.after(Operating).unwrap_err().to_string(), "站点现在是「撤销」，不能改为「运行」。");
    }

    #[test]
    fn positions_are_read_without_floating_point() {
        let read = |typed| Position::read(typed).map(|position| position.map(|p| p.to_string()));
        assert_eq!(read("101.7184, 26.5823"), Ok(Some("101.718400, 26.582300".to_owned())));
        assert_eq!(read("１０１.7184，26.5823"), Ok(Some("101.718400, 26.582300".to_owned())));
        assert_eq!(read(" "), Ok(None));
        assert!(read("26.58, 101.71").is_err());
        assert!(read("101.7184").is_err());
    }

    fn typed() -> StationForm {
        StationForm {
            code: "510411-01".into(),
            name: "仁和镇社工站".into(),
            opened_on: "2021-06-01".into(),
            ..StationForm::default()
        }
    }

    fn today() -> Day {
        "2021-12-31".parse().unwrap()
    }

    fn division() -> DivisionCode {
        DivisionCode::parse("510411100").unwrap()
    }

    #[test]
    fn a_station_is_read_from_little() {
        let station = typed().station(&division(), Level::Township, today()).unwrap();
        assert_eq!((station.level, station.state), (StationLevel::Township, State::Operating));
        assert!(station.facts.search().contains("rhzsgz"));
    }

    #[test]
    fn every_problem_is_told_at_its_field() {
        let form = StationForm {
            code: "!".into(),
            name: "站".into(),
            state: "operating".into(),
            opened_on: "2022-01-01".into(),
            operation_mode: "purchased".into(),
            area_m2: "三百".into(),
            ..StationForm::default()
        };
        let problems = form.station(&division(), Level::Township, today()).unwrap_err();
        let fields: Vec<_> = problems.all().iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "code", "area_m2", "agency", "opened_on"]);
        assert!(typed().station(&division(), Level::Province, today()).is_err());
    }

    #[test]
    fn a_planned_station_has_not_opened() {
        let mut form = StationForm { state: "planned".into(), ..typed() };
        assert!(form.station(&division(), Level::Township, today()).is_err());
        form.opened_on.clear();
        assert_eq!(form.station(&division(), Level::Township, today()).unwrap().opened_on, None);
    }
}
