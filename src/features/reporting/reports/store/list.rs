//! Statements behind lists of reports: queues, registers, missing reports, the reading list.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    db::Tx,
    features::{
        places::stations::StationLevel,
        reporting::reports::model::{Desk, Position, State},
    },
    kernel::{Day, DivisionCode, Listed, Month, Paging, Result, StationId, plain_digits},
    words,
};

words! {
    Tab {
        Review = "review", "待审";
        Returned = "returned", "已退回";
        Passed = "passed", "已审定";
        Missing = "missing", "未报";
        All = "all", "全部";
    }
}

/// Filter of the register of reports, as submitted.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub tab: String,
    /// `2026-10`, or `all`.
    pub month: String,
    pub q: String,
    pub division: String,
    pub level: String,
    pub station: String,
}

/// The filter as statements take it.
#[derive(Clone, Debug)]
pub struct Wanted {
    tab: Tab,
    from_month: chrono::NaiveDate,
    to_month: chrono::NaiveDate,
    terms: Vec<String>,
    from: String,
    to: String,
    level: String,
    station: Option<Uuid>,
    desk: String,
    account: Option<Uuid>,
    today: chrono::NaiveDate,
    /// True if reports are visible before they are approved.
    drafts: bool,
}

impl Filter {
    /// The month filtered by, if any; unreadable text means `last`.
    pub fn month(&self, last: Month) -> Option<Month> {
        match self.month.as_str() {
            "all" => None,
            text => Some(text.parse().unwrap_or(last)),
        }
    }

    pub fn tab(&self) -> Tab {
        Tab::ALL.iter().copied().find(|tab| tab.as_str() == self.tab).unwrap_or(Tab::All)
    }

    /// `desk`: where the visitor reviews; `drafts`: they may see reports not yet approved.
    pub fn wanted(&self, tx: &Tx, desk: Option<Desk>, drafts: bool) -> Wanted {
        let today = tx.today();
        let month = self.month(today.month().plus(-1));
        let division = match self.division.as_str() {
            "" => Some(DivisionCode::country()),
            code => DivisionCode::parse(code).ok(),
        };
        let (from, to) = division.map_or(("~".to_owned(), "~".to_owned()), |d| (d.as_str().to_owned(), d.end()));
        Wanted {
            tab: self.tab(),
            from_month: month.map_or(chrono::NaiveDate::default(), |month| month.first().0),
            to_month: month.map_or(today.0, |month| month.first().0),
            terms: plain_digits(&self.q).to_lowercase().split_whitespace().map(ToOwned::to_owned).collect(),
            from,
            to,
            level: self.level.clone(),
            station: if self.station.is_empty() { None } else { Some(self.station.parse().unwrap_or_default()) },
            desk: desk.map_or(String::new(), |desk| desk.as_str().to_owned()),
            account: tx.scope().account.map(|id| id.0),
            today: today.0,
            drafts,
        }
    }
}

/// A report in a list.
#[derive(Debug)]
pub struct Row {
    pub station: StationId,
    pub name: String,
    pub code: String,
    pub level: StationLevel,
    pub division_name: String,
    pub month: Month,
    pub position: String,
    pub state: State,
    pub filled: i16,
    pub asked: i16,
    pub odd: i16,
    pub edition: i32,
    pub submitted_at: Option<DateTime<Utc>>,
    pub submitter: String,
    pub on_time: Option<bool>,
    pub due_on: Option<Day>,
    pub head: Option<String>,
    pub phone: String,
    pub version: i32,
    /// True if it was returned at least once.
    pub was_returned: bool,
}

impl Row {
    pub fn path(&self) -> String {
        format!("/reports/{}/{}", self.station, self.month)
    }

    /// `已退回 → 县级审定`: its state and the desk it goes back to.
    pub fn standing(&self) -> String {
        match Position::parse(&self.position).and_then(|position| position.resumes_at()) {
            Some(desk) => format!("{}，改好后回到{}", self.state.label(), desk.label()),
            None if self.state == State::Draft && self.asked == 0 => "还没有开始".to_owned(),
            None => self.state.label().to_owned(),
        }
    }
}

/// The condition for matching reports, shared by counts and rows. A report is in the visitor's
/// review queue if it is at their desk or at a vacant one below, and if they did not submit it.
macro_rules! wanted_reports {
    ($into:ty, $wanted:expr, [$head:literal $(, $tail:literal)*] $(, $more:expr)*) => {
        sqlx::query_as!(
            $into,
            $head
                + r"
            from (
                select r.*, stations.name, stations.code, stations.search, stations.phone as station_phone,
                       stations.parent_id,
                       r.submitted_by is distinct from $9 and (
                           r.state = $8 or r.state = 'asked' and $8 = 'county'
                           or r.state = 'township' and $8 = 'county' and not desks.township
                           or r.state = 'station' and not desks.station
                               and ($8 = 'township' or $8 = 'county' and not desks.township)) as is_mine
                from reports r
                join stations on stations.network_id = r.network_id and stations.id = r.station_id
                cross join lateral (
                    select exists (
                               select from grants
                               where grants.role = 'township_officer' and grants.ended_at is null and grants.since <= $10
                                 and (grants.until is null or grants.until >= $10)
                                 and grants.division = left(r.division, 9)) as township,
                           exists (
                               select from grant_stations
                               join grants on grants.network_id = grant_stations.network_id
                                   and grants.id = grant_stations.grant_id
                               where grant_stations.station_id = stations.parent_id and grants.role = 'station_head'
                                 and grants.ended_at is null and grants.since <= $10
                                 and (grants.until is null or grants.until >= $10)) as station
                ) as desks
                where r.month between $1 and $2 and r.division >= $4 and r.division < $5
                  and (cardinality($3::text[]) = 0
                      or (select bool_and(strpos(stations.search, term) > 0) from unnest($3::text[]) as term))
                  and ($6 = '' or r.level = $6) and ($7::uuid is null or r.station_id = $7)
                  and ($11 or r.edition > 0 or r.expected and r.submitted_at is null)
            ) as r
            "
                $(+ $tail)*,
            $wanted.from_month,
            $wanted.to_month,
            &$wanted.terms,
            $wanted.from,
            $wanted.to,
            $wanted.level,
            $wanted.station,
            $wanted.desk,
            $wanted.account,
            $wanted.today,
            $wanted.drafts
            $(, $more)*
        )
    };
}

/// Number of reports in each tab.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub review: i64,
    pub returned: i64,
    pub passed: i64,
    pub missing: i64,
    pub all: i64,
}

impl Counts {
    pub fn of(&self, tab: &Tab) -> i64 {
        match tab {
            Tab::Review => self.review,
            Tab::Returned => self.returned,
            Tab::Passed => self.passed,
            Tab::Missing => self.missing,
            Tab::All => self.all,
        }
    }
}

pub async fn counts(tx: &mut Tx, wanted: &Wanted) -> Result<Counts> {
    let counts = wanted_reports!(
        Counts,
        wanted,
        [r#"
            select count(*) filter (where is_mine) as "review!",
                   count(*) filter (where state in ('returned', 'amending')) as "returned!",
                   count(*) filter (where edition > 0) as "passed!",
                   count(*) filter (where expected and submitted_at is null) as "missing!", count(*) as "all!"
            "#]
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(counts)
}

/// Rows of a tab: in the queue the longest waiting first, elsewhere the newest month first, then by
/// place.
pub async fn rows(tx: &mut Tx, wanted: &Wanted, limit: i64, offset: i64) -> Result<Vec<Row>> {
    let rows = wanted_reports!(
        Row,
        wanted,
        [
            r#"
            select r.station_id as "station: StationId", r.name, r.code, r.level as "level: StationLevel",
                   divisions.name as "division_name!", r.month as "month: Month", r.position, r.state as "state!: State",
                   r.filled, r.asked, r.odd, r.edition, r.submitted_at, r.submitter, r.on_time,
                   coalesce(longer.extended_to, months.due_on) as "due_on?: Day",
                   coalesce(heads.name, (
                       select person_name from posts
                       where posts.station_id = r.station_id and posts.role = 'head' and since <= $10
                         and (until is null or until >= $10) limit 1)) as head,
                   coalesce(nullif(heads.phone, ''), r.station_phone) as "phone!", r.version,
                   exists (
                       select from report_steps
                       where report_steps.network_id = r.network_id and report_steps.station_id = r.station_id
                         and report_steps.month = r.month and report_steps.act = 'return') as "was_returned!"
            "#,
            r"
            left join divisions on divisions.network_id = r.network_id and divisions.code = r.division
            left join report_months months on months.network_id = r.network_id and months.month = r.month
            left join report_extensions longer on longer.network_id = r.network_id and longer.station_id = r.station_id
                and longer.month = r.month
            left join lateral (
                select accounts.display_name as name, accounts.phone
                from grant_stations
                join grants on grants.network_id = grant_stations.network_id and grants.id = grant_stations.grant_id
                join accounts on accounts.network_id = grants.network_id and accounts.id = grants.account_id
                where grant_stations.station_id in (r.station_id, r.parent_id) and grants.role = 'station_head'
                  and grants.ended_at is null and grants.since <= $10
                  and (grants.until is null or grants.until >= $10) and accounts.left_at is null
                order by grant_stations.station_id = r.station_id desc, grants.acting_for is not null, grants.id limit 1
            ) as heads on true
            where case $14
                when 'review' then r.is_mine
                when 'returned' then r.state in ('returned', 'amending')
                when 'passed' then r.edition > 0
                when 'missing' then r.expected and r.submitted_at is null
                else true end
            order by case when $14 = 'review' then r.month end, r.month desc, r.division, r.code limit $12 offset $13
            "
        ],
        limit,
        offset,
        wanted.tab.as_str()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One page of a tab, and the count of each tab.
pub async fn page(tx: &mut Tx, wanted: &Wanted, paging: Paging) -> Result<(Listed<Row>, Counts)> {
    let counts = counts(tx, wanted).await?;
    let total = counts.of(&wanted.tab);
    let paging = paging.within(total);
    let rows = rows(tx, wanted, paging.size(), paging.offset()).await?;
    Ok((Listed { rows, total, paging }, counts))
}

/// The reports before and after one in the visitor's queue.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    pub before: Option<(StationId, Month, String)>,
    pub after: Option<(StationId, Month, String)>,
}

pub async fn neighbours(tx: &mut Tx, desk: Desk, station: StationId, month: Month) -> Result<Neighbours> {
    let filter = Filter { tab: Tab::Review.as_str().to_owned(), month: "all".to_owned(), ..Filter::default() };
    let wanted = filter.wanted(tx, Some(desk), true);
    let queue = wanted_reports!(
        Queued,
        wanted,
        [
            r#"select r.station_id as "station: StationId", r.month as "month: Month", r.name"#,
            "where r.is_mine order by r.month, r.division, r.code limit 500"
        ]
    )
    .fetch_all(tx.conn())
    .await?;
    let here = queue.iter().position(|row| row.station == station && row.month == month);
    let name = |row: &Queued| (row.station, row.month, row.name.clone());
    Ok(match here {
        Some(at) => {
            Neighbours { before: at.checked_sub(1).map(|at| name(&queue[at])), after: queue.get(at + 1).map(name) }
        }
        None => Neighbours { before: None, after: queue.first().map(name) },
    })
}

/// A report's position in the queue.
#[derive(Debug)]
struct Queued {
    station: StationId,
    month: Month,
    name: String,
}

/// Reports that can be passed in a batch: at the visitor's desk, nothing unusual, never returned,
/// no corrections. At most [`BATCH`].
pub async fn batch(tx: &mut Tx, desk: Desk) -> Result<Vec<Row>> {
    let filter = Filter { tab: Tab::Review.as_str().to_owned(), month: "all".to_owned(), ..Filter::default() };
    let wanted = filter.wanted(tx, Some(desk), true);
    let mut clean = rows(tx, &wanted, 500, 0).await?;
    clean.retain(|row| row.position == desk.as_str() && row.odd == 0 && row.edition == 0 && !row.was_returned);
    clean.truncate(BATCH);
    Ok(clean)
}

/// Maximum number of reports passed in a batch.
pub const BATCH: usize = 50;

/// A month for which one of the visitor's stations has to fill in a report.
#[derive(Debug)]
pub struct Own {
    pub station: StationId,
    pub name: String,
    pub level: StationLevel,
    pub month: Month,
    pub position: Option<String>,
    pub filled: i16,
    pub asked: i16,
    pub due_on: Option<Day>,
    pub is_received: bool,
    pub why: Option<String>,
}

impl Own {
    pub fn path(&self) -> String {
        format!("/reports/{}/{}", self.station, self.month)
    }

    pub fn state(&self) -> State {
        self.position.as_deref().and_then(Position::parse).map_or(State::Draft, |position| position.state())
    }
}

/// Reports the visitor's stations have to fill in: this month, last month, and older ones still
/// open. Rooms with a head of their own are left to that head.
pub async fn own(tx: &mut Tx) -> Result<Vec<Own>> {
    let today = tx.today();
    let (this, last) = (today.month().first(), today.month().plus(-1).first());
    let account = tx.scope().account.map(|id| id.0);
    let rows = sqlx::query_as!(
        Own,
        r#"
        select stations.id as "station: StationId", stations.name, stations.level as "level: StationLevel",
               months.month as "month!: Month", r.position as "position?", coalesce(r.filled, 0::smallint) as "filled!",
               coalesce(r.asked, 0::smallint) as "asked!", coalesce(longer.extended_to, frozen.due_on) as "due_on?: Day",
               r.submitted_at is not null as "is_received!",
               (select report_steps.words from report_steps
                where report_steps.station_id = r.station_id and report_steps.month = r.month
                  and report_steps.act = 'return' and r.state = 'returned'
                order by report_steps.seq desc limit 1) as why
        from stations
        cross join lateral (
            select $1::date as month union select $2::date
            union select month from reports
            where reports.station_id = stations.id and reports.state in ('draft', 'returned', 'amending')
        ) as months
        left join reports r on r.network_id = stations.network_id and r.station_id = stations.id
            and r.month = months.month
        left join report_months frozen on frozen.network_id = stations.network_id and frozen.month = months.month
        left join report_extensions longer on longer.network_id = stations.network_id
            and longer.station_id = stations.id and longer.month = months.month
        where exists (
            select from station_periods
            where station_periods.network_id = stations.network_id and station_periods.station_id = stations.id
              and station_periods.state = 'operating' and since <= (months.month + interval '1 month - 1 day')::date
              and (until is null or until >= months.month))
          and (stations.level <> 'village' or exists (
              select from grant_stations
              join grants on grants.network_id = grant_stations.network_id and grants.id = grant_stations.grant_id
              where grant_stations.station_id = stations.id and grants.account_id = $3)
            or not exists (
              select from grant_stations
              join grants on grants.network_id = grant_stations.network_id and grants.id = grant_stations.grant_id
              where grant_stations.station_id = stations.id and grants.role = 'station_head'
                and grants.ended_at is null and (grants.until is null or grants.until >= $4)))
        order by months.month, stations.level, stations.code limit 60
        "#,
        this.0,
        last.0,
        account,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A row of the matrix: a station's values for a month.
#[derive(Debug)]
pub struct MatrixRow {
    pub station: StationId,
    pub name: String,
    pub level: StationLevel,
    pub state: State,
    pub vals: Vec<Option<i64>>,
    pub na: Vec<i16>,
    pub total: i64,
}

/// Stations × values of a month: approved ones or, for visitors who see drafts, submitted ones.
pub async fn matrix(
    tx: &mut Tx,
    within: &DivisionCode,
    month: Month,
    drafts: bool,
    limit: i64,
    offset: i64,
) -> Result<Vec<MatrixRow>> {
    let rows = sqlx::query_as!(
        MatrixRow,
        r#"
        select r.station_id as "station: StationId", stations.name, r.level as "level: StationLevel",
               r.state as "state!: State",
               case when $4 and r.submitted_at is not null and r.approved_vals is null then r.vals
                   else coalesce(r.approved_vals, '{}') end as "vals!: Vec<Option<i64>>",
               case when $4 and r.submitted_at is not null and r.approved_na is null then r.na
                   else coalesce(r.approved_na, '{}') end as "na!", count(*) over () as "total!"
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        where r.month = $1 and r.division >= $2 and r.division < $3 and r.expected
        order by r.division, stations.code limit $5 offset $6
        "#,
        month.first().0,
        within.as_str(),
        within.end(),
        drafts,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Reports approved since the visitor last marked them as read, newest first, and their number.
pub async fn fresh(tx: &mut Tx, paging: Paging) -> Result<Listed<Fresh>> {
    let account = tx.scope().account.map(|id| id.0);
    let at_first = tx.now() - FRESH;
    let rows = sqlx::query_as!(
        Fresh,
        r#"
        select r.station_id as "station: StationId", stations.name, r.level as "level: StationLevel",
               r.month as "month: Month", r.approved_at as "approved_at!", r.edition, r.on_time as "on_time!",
               count(*) over () as "total!"
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        where r.approved_at is not null
          and r.approved_at > coalesce((select read_to from report_readers where account_id = $1), $4)
        order by r.approved_at desc, r.station_id limit $2 offset $3
        "#,
        account,
        paging.size(),
        paging.offset(),
        at_first,
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

/// How far back the reading list goes for a visitor who has never marked it as read.
const FRESH: Duration = Duration::days(31);

/// An approved report in the reading list.
#[derive(Debug)]
pub struct Fresh {
    pub station: StationId,
    pub name: String,
    pub level: StationLevel,
    pub month: Month,
    pub approved_at: DateTime<Utc>,
    pub edition: i32,
    pub on_time: bool,
    pub total: i64,
}

/// Marks everything approved up to `to` as read.
pub async fn mark_read(tx: &mut Tx, to: DateTime<Utc>) -> Result<()> {
    let Some(account) = tx.scope().account else { return Ok(()) };
    sqlx::query!(
        "
        insert into report_readers (account_id, read_to) values ($1, $2)
        on conflict (network_id, account_id) do update set read_to = greatest(report_readers.read_to, excluded.read_to)
        ",
        account.0,
        to,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
