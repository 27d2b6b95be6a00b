//! Statements behind one report: loading it with everything its page needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    db::Tx,
    features::{
        ground::calendar,
        places::stations::StationLevel,
        reporting::{
            indicators::{Form, Section, Sheet, slot_of},
            reports::model::{Content, Desk, Position, Route, State, Timing},
        },
    },
    kernel::{AccountId, Day, DivisionCode, Error, FileId, Month, Result, StationId},
};

/// A section of the form that the head assigned to a worker.
#[derive(Clone, Debug, Deserialize)]
pub struct Hand {
    pub section: Section,
    pub account: AccountId,
    pub name: String,
}

/// A file attached to a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Attached {
    pub id: FileId,
    pub name: String,
    pub by: String,
}

/// A station's report for a month, whether or not it was begun.
#[derive(Clone, Debug)]
pub struct Report {
    pub station: StationId,
    pub station_name: String,
    pub station_code: String,
    pub agency_name: Option<String>,
    pub parent: Option<StationId>,
    pub level: StationLevel,
    pub division: DivisionCode,
    pub division_then: DivisionCode,
    pub division_name: String,
    pub head: Option<String>,
    pub month: Month,
    /// True if the report has a row.
    pub is_begun: bool,
    pub route: Route,
    pub position: Position,
    pub last_seq: Option<i32>,
    pub content: Content,
    pub odd: i16,
    pub submitted_at: Option<DateTime<Utc>>,
    pub submitted_seq: Option<i32>,
    pub submitted_by: Option<AccountId>,
    pub submitter: String,
    pub on_time: Option<bool>,
    pub receipt: String,
    pub edition: i32,
    pub approved: Option<Content>,
    pub approved_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub saved_at: Option<DateTime<Utc>>,
    pub saved_by: String,
    pub timing: Timing,
    pub extension_reason: Option<String>,
    /// Values the staff register gives for the station at the end of the month.
    pub known: BTreeMap<i16, i64>,
    pub hands: Vec<Hand>,
    pub files: Vec<Attached>,
    /// Medians of the county's stations of this level, followed by their number.
    pub medians: Vec<Option<i64>>,
    pub compared: i32,
    /// Heads of the station itself, by grant.
    pub heads: Vec<AccountId>,
    /// True if the station's desk has a reviewer; the next field is the township's.
    pub station_is_manned: bool,
    pub township_is_manned: bool,
}

impl Report {
    pub fn state(&self) -> State {
        self.position.state()
    }

    pub fn path(&self) -> String {
        format!("/reports/{}/{}", self.station, self.month)
    }

    /// `仁和镇社会工作站 2026年10月月报`.
    pub fn label(&self) -> String {
        format!("{} {}月报", self.station_name, self.month.label())
    }

    /// Time of the latest submission, unless it is the first: nobody can save after it.
    pub fn resubmitted_at(&self) -> Option<DateTime<Utc>> {
        self.saved_at.filter(|_| self.submitted_seq.is_some_and(|seq| seq > 1) && !self.state().is_open())
    }

    /// Days left or, once submitted, whether it was on time.
    pub fn time_words(&self, today: &Day) -> String {
        match self.on_time {
            Some(true) => "首次提交按时".to_owned(),
            Some(false) => "首次提交已逾期".to_owned(),
            None => self.timing.words(today),
        }
    }

    pub fn form(&self, sheet: &Sheet) -> Form {
        sheet.form(self.level)
    }

    pub fn has_file(&self, file: FileId) -> bool {
        self.files.iter().any(|attached| attached.id == file)
    }

    /// Sections a worker may write in: those assigned to them, or all if none is assigned to
    /// anybody.
    pub fn sections_of(&self, account: AccountId) -> BTreeSet<Section> {
        if self.hands.is_empty() {
            return Section::ALL.iter().copied().collect();
        }
        self.hands.iter().filter(|hand| hand.account == account).map(|hand| hand.section).collect()
    }

    /// The lowest desk of the unbroken run of vacant desks just below `desk`; `desk` itself if
    /// none.
    pub fn stands_in_from(&self, desk: Desk) -> Desk {
        use Desk::{County, Station, Township};
        match desk {
            County if self.township_is_manned => County,
            County | Township if self.station_is_manned => Township,
            _ => Station,
        }
    }
}

fn content(vals: Vec<Option<i64>>, na: Vec<i16>, parts: Vec<Option<i64>>) -> Content {
    Content { vals, na: na.into_iter().collect(), parts, ..Content::default() }
}

/// A station and its report for a month, as far as it exists.
struct Found {
    station_name: String,
    station_code: String,
    agency_name: Option<String>,
    parent: Option<StationId>,
    division: DivisionCode,
    division_name: String,
    level: Option<StationLevel>,
    ran_in: Option<DivisionCode>,
    is_begun: bool,
    r_level: Option<StationLevel>,
    division_then: Option<DivisionCode>,
    route: Option<Route>,
    position: Option<String>,
    last_seq: Option<i32>,
    vals: Option<Vec<Option<i64>>>,
    na: Option<Vec<i16>>,
    parts: Option<Vec<Option<i64>>>,
    unread: Option<Json<BTreeMap<String, String>>>,
    texts: Option<Json<BTreeMap<String, String>>>,
    notes: Option<Json<BTreeMap<String, String>>>,
    odd: Option<i16>,
    submitted_at: Option<DateTime<Utc>>,
    submitted_seq: Option<i32>,
    submitted_by: Option<AccountId>,
    submitter: Option<String>,
    on_time: Option<bool>,
    receipt: Option<String>,
    edition: Option<i32>,
    approved_at: Option<DateTime<Utc>>,
    approved_vals: Option<Vec<Option<i64>>>,
    approved_na: Option<Vec<i16>>,
    approved_parts: Option<Vec<Option<i64>>>,
    approved_texts: Option<Json<BTreeMap<String, String>>>,
    version: Option<i32>,
    saved_at: Option<DateTime<Utc>>,
    saved_by: Option<String>,
    due_on: Option<Day>,
    extended_to: Option<Day>,
    longer_why: Option<String>,
    head: Option<String>,
    staff_total: i64,
    staff_full_time: i64,
    staff_certified: i64,
    hands: Json<Vec<Hand>>,
    files: Json<Vec<Attached>>,
    medians: Option<Vec<Option<i64>>>,
    compared: Option<i32>,
    heads: Vec<AccountId>,
    station_is_manned: bool,
    township_is_manned: bool,
}

/// A station's report for a month, within reach. Fails if the station did not run in that month.
pub async fn find(tx: &mut Tx, station: StationId, month: Month) -> Result<Report> {
    let mut found = look_up(tx, station, month).await?;
    if found.due_on.is_none() {
        found.due_on = Some(calendar::due_on(tx, month).await?);
    }
    found.report(station, month)
}

async fn look_up(tx: &mut Tx, station: StationId, month: Month) -> Result<Found> {
    let today = tx.today();
    let seen_on = month.last().min(today);
    let found = sqlx::query_as!(
        Found,
        r#"
        select stations.name as station_name, stations.code as station_code, agencies.name as "agency_name?",
               stations.parent_id as "parent: StationId", stations.division as "division: DivisionCode", divisions.name as division_name,
               ran.level as "level?: StationLevel", ran.division_then as "ran_in?: DivisionCode",
               r.month is not null as "is_begun!", r.level as "r_level?: StationLevel",
               r.division_then as "division_then?: DivisionCode", r.route as "route?: Route",
               r.position as "position?", r.last_seq as "last_seq?", r.vals as "vals?: Vec<Option<i64>>",
               r.na as "na?: Vec<i16>", r.parts as "parts?: Vec<Option<i64>>",
               r.unread as "unread?: Json<BTreeMap<String, String>>", r.texts as "texts?: Json<BTreeMap<String, String>>",
               r.notes as "notes?: Json<BTreeMap<String, String>>", r.odd as "odd?",
               r.submitted_at as "submitted_at?", r.submitted_seq as "submitted_seq?",
               r.submitted_by as "submitted_by?: AccountId", r.submitter as "submitter?", r.on_time as "on_time?",
               r.receipt as "receipt?", r.edition as "edition?", r.approved_at as "approved_at?",
               r.approved_vals as "approved_vals?: Vec<Option<i64>>", r.approved_na as "approved_na?: Vec<i16>",
               r.approved_parts as "approved_parts?: Vec<Option<i64>>",
               r.approved_texts as "approved_texts?: Json<BTreeMap<String, String>>", r.version as "version?",
               r.saved_at as "saved_at?", r.saved_by as "saved_by?",
               months.due_on as "due_on?: Day", longer.extended_to as "extended_to?: Day", longer.reason as "longer_why?",
               (select person_name from posts
                where posts.station_id = stations.id and posts.role = 'head' and posts.since <= $3
                  and (posts.until is null or posts.until >= $3) limit 1) as head,
               staff.total as "staff_total!", staff.full_time as "staff_full_time!", staff.certified as "staff_certified!",
               coalesce((
                   select json_agg(json_build_object('section', section, 'account', account_id, 'name', display_name)
                       order by section)
                   from report_hands
                   join accounts on accounts.network_id = report_hands.network_id and accounts.id = account_id
                   where report_hands.station_id = stations.id), '[]') as "hands!: Json<Vec<Hand>>",
               coalesce((
                   select json_agg(json_build_object('id', file_id, 'name', name, 'by', added_by) order by added_at)
                   from report_files where report_files.station_id = stations.id and report_files.month = $2), '[]')
                   as "files!: Json<Vec<Attached>>",
               medians.vals as "medians?: Vec<Option<i64>>", medians.stations as "compared?",
               array(
                   select grants.account_id from grants
                   join grant_stations on grant_stations.network_id = grants.network_id
                       and grant_stations.grant_id = grants.id
                   where grants.role = 'station_head' and grants.ended_at is null and grants.since <= $4
                     and (grants.until is null or grants.until >= $4)
                     and grant_stations.station_id = stations.id) as "heads!: Vec<AccountId>",
               exists (
                   select from grants
                   join grant_stations on grant_stations.network_id = grants.network_id
                       and grant_stations.grant_id = grants.id
                   where grants.role = 'station_head' and grants.ended_at is null and grants.since <= $4
                     and (grants.until is null or grants.until >= $4)
                     and grant_stations.station_id = stations.parent_id) as "station_is_manned!",
               exists (
                   select from grants
                   where grants.role = 'township_officer' and grants.ended_at is null and grants.since <= $4
                     and (grants.until is null or grants.until >= $4)
                     and grants.division = left(stations.division, 9)) as "township_is_manned!"
        from stations
        join divisions on divisions.network_id = stations.network_id and divisions.code = stations.division
        left join agencies on agencies.network_id = stations.network_id and agencies.id = stations.agency_id
        left join reports r on r.network_id = stations.network_id and r.station_id = stations.id and r.month = $2
        left join report_months months on months.network_id = stations.network_id and months.month = $2
        left join report_extensions longer on longer.network_id = stations.network_id
            and longer.station_id = stations.id and longer.month = $2
        left join lateral (
            select level, division_then from station_periods periods
            where periods.network_id = stations.network_id and periods.station_id = stations.id
              and state = 'operating' and since <= $5 and (until is null or until >= $2)
            order by since desc limit 1
        ) as ran on true
        left join report_medians medians on medians.network_id = stations.network_id and medians.month = $2
            and medians.division = left(coalesce(r.division_then, ran.division_then), 6)
            and medians.level = coalesce(r.level, ran.level)
        cross join lateral (
            select count(distinct posts.person_id) as total,
                   count(distinct posts.person_id) filter (where is_full_time) as full_time,
                   count(distinct posts.person_id) filter (where exists (
                       select from certificates
                       where certificates.network_id = posts.network_id and certificates.person_id = posts.person_id
                         and issued_on <= $3)) as certified
            from posts
            where posts.station_id = stations.id and since <= $3 and (until is null or until >= $3)
        ) as staff
        where stations.id = $1
        "#,
        station.0,
        month.first().0,
        seen_on.0,
        today.0,
        month.last().0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

impl Found {
    fn report(self, station: StationId, month: Month) -> Result<Report> {
        let row = self;
        let level = row.r_level.or(row.level).ok_or(Error::NotFound)?;
        let division_then = row.division_then.or(row.ran_in).ok_or(Error::NotFound)?;
        let due_on = row.due_on.ok_or(Error::NotFound)?;
        let mut content =
            content(row.vals.unwrap_or_default(), row.na.unwrap_or_default(), row.parts.unwrap_or_default());
        content.unread = row.unread.map(|map| map.0).unwrap_or_default();
        content.texts = row.texts.map(|map| map.0).unwrap_or_default();
        content.notes = row.notes.map(|map| map.0).unwrap_or_default();
        let approved = match (row.approved_vals, row.approved_na, row.approved_parts, row.approved_texts) {
            (Some(vals), Some(na), Some(parts), Some(texts)) => {
                Some(Content { texts: texts.0, ..self::content(vals, na, parts) })
            }
            _ => None,
        };
        let position = row.position.as_deref().unwrap_or("draft");
        let position = Position::parse(position).ok_or_else(|| Error::bug(format!("position {position}")))?;
        let staff = [
            ("staff_total", row.staff_total),
            ("staff_fulltime", row.staff_full_time),
            ("staff_certified", row.staff_certified),
        ];
        Ok(Report {
            station,
            station_name: row.station_name,
            station_code: row.station_code,
            agency_name: row.agency_name,
            parent: row.parent,
            level,
            division: row.division,
            division_then,
            division_name: row.division_name,
            head: row.head,
            month,
            is_begun: row.is_begun,
            route: row.route.unwrap_or(Route::of(level, false)),
            position,
            last_seq: row.last_seq,
            content,
            odd: row.odd.unwrap_or(0),
            submitted_at: row.submitted_at,
            submitted_seq: row.submitted_seq,
            submitted_by: row.submitted_by,
            submitter: row.submitter.unwrap_or_default(),
            on_time: row.on_time,
            receipt: row.receipt.unwrap_or_default(),
            edition: row.edition.unwrap_or(0),
            approved,
            approved_at: row.approved_at,
            version: row.version.unwrap_or(0),
            saved_at: row.saved_at,
            saved_by: row.saved_by.unwrap_or_default(),
            timing: Timing { month, due_on, extended_to: row.extended_to },
            extension_reason: row.longer_why,
            known: staff.into_iter().filter_map(|(code, count)| Some((slot_of(code)?, count))).collect(),
            hands: row.hands.0,
            files: row.files.0,
            medians: row.medians.unwrap_or_default(),
            compared: row.compared.unwrap_or(0),
            heads: row.heads,
            station_is_manned: row.station_is_manned,
            township_is_manned: row.township_is_manned,
        })
    }
}
