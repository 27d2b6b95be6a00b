//! Statements behind grants: the register, ending, switching and the search for stations.

use chrono::{DateTime, Utc};

use crate::{
    access::Role,
    db::Tx,
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, GrantId, Listed, Paging, Result, SessionId, StationId},
};

/// A grant with the names it refers to.
#[derive(Debug)]
pub struct Grant {
    pub id: GrantId,
    pub account_id: AccountId,
    pub display_name: String,
    pub user_name: String,
    pub role: String,
    pub division: DivisionCode,
    pub division_name: Option<String>,
    pub agency_id: Option<AgencyId>,
    pub agency_name: Option<String>,
    pub stations: Vec<String>,
    pub station_ids: Vec<StationId>,
    pub since: Day,
    pub until: Option<Day>,
    pub ended_at: Option<DateTime<Utc>>,
    pub acting_for: Option<String>,
    pub granted_by: String,
    pub total: i64,
}

impl Grant {
    pub fn role(&self) -> Option<Role> {
        Role::parse(&self.role)
    }

    pub fn role_label(&self) -> &'static str {
        self.role().map_or("", Role::label)
    }

    pub fn holds_on(&self, day: Day) -> bool {
        self.ended_at.is_none() && self.since <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Its reach, in words.
    pub fn reach(&self) -> String {
        let mut words = self.division_name.clone().unwrap_or_else(|| self.division.to_string());
        if let Some(agency) = &self.agency_name {
            words = format!("{words}，{agency}运营的站点");
        }
        if !self.stations.is_empty() {
            words = format!("{words}，{}", self.stations.join("、"));
        }
        words
    }
}

/// Grants of people whose name contains `q`, with one role or any; with `ended`, those that no
/// longer hold as well.
pub async fn page(tx: &mut Tx, q: &str, role: &str, ended: bool, paging: Paging) -> Result<Listed<Grant>> {
    let today = tx.today();
    let rows =
        select(tx, Wanted { q, role, ended, today, id: None, account: None }, paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

pub async fn find(tx: &mut Tx, id: GrantId) -> Result<Grant> {
    let today = tx.today();
    let wanted = Wanted { q: "", role: "", ended: true, today, id: Some(id), account: None };
    select(tx, wanted, 1, 0).await?.pop().ok_or(Error::NotFound)
}

/// All grants of an account.
pub async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Vec<Grant>> {
    let today = tx.today();
    select(tx, Wanted { q: "", role: "", ended: true, today, id: None, account: Some(account) }, 100, 0).await
}

struct Wanted<'a> {
    q: &'a str,
    role: &'a str,
    ended: bool,
    today: Day,
    id: Option<GrantId>,
    account: Option<AccountId>,
}

async fn select(tx: &mut Tx, wanted: Wanted<'_>, limit: i64, offset: i64) -> Result<Vec<Grant>> {
    let grants = sqlx::query_as!(
        Grant,
        r#"
        select grants.id as "id: GrantId", grants.account_id as "account_id: AccountId", accounts.display_name,
               accounts.user_name, grants.role, grants.division as "division: DivisionCode",
               divisions.name as "division_name?", grants.agency_id as "agency_id: AgencyId",
               agencies.name as "agency_name?", listed.names as "stations!", listed.ids as "station_ids!: Vec<StationId>",
               grants.since as "since: Day", grants.until as "until: Day", grants.ended_at, absent.display_name as "acting_for?",
               grants.granted_by, count(*) over () as "total!"
        from grants
        join accounts on accounts.network_id = grants.network_id and accounts.id = grants.account_id
        left join accounts absent on absent.network_id = grants.network_id and absent.id = grants.acting_for
        left join divisions on divisions.network_id = grants.network_id and divisions.code = grants.division
        left join agencies on agencies.network_id = grants.network_id and agencies.id = grants.agency_id
        cross join lateral (
            select coalesce(array_agg(stations.name order by stations.code), '{}') as names,
                   coalesce(array_agg(stations.id order by stations.code), '{}') as ids
            from grant_stations join stations
                on stations.network_id = grant_stations.network_id and stations.id = grant_stations.station_id
            where grant_stations.network_id = grants.network_id and grant_stations.grant_id = grants.id
        ) as listed
        where ($1 = '' or strpos(accounts.display_name, $1) > 0 or strpos(accounts.user_name, lower($1)) > 0)
          and ($2 = '' or grants.role = $2)
          and ($3 or grants.ended_at is null and (grants.until is null or grants.until >= $4))
          and ($5::uuid is null or grants.id = $5)
          and ($6::uuid is null or grants.account_id = $6)
        order by grants.granted_at desc, grants.id desc limit $7 offset $8
        "#,
        wanted.q,
        wanted.role,
        wanted.ended,
        wanted.today.0,
        wanted.id.map(|id| id.0),
        wanted.account.map(|id| id.0),
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(grants)
}

/// Ends a grant at once, and the sessions that use it.
pub async fn end(tx: &mut Tx, id: GrantId) -> Result<()> {
    let now = tx.now();
    let ended = sqlx::query!("update grants set ended_at = $2 where id = $1 and ended_at is null", id.0, now)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if ended != 1 {
        return Err(Error::refused("这项授权已经终止了。"));
    }
    sqlx::query!("update sessions set ended_at = $2 where grant_id = $1 and ended_at is null", id.0, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Switches a session to another of its account's grants.
pub async fn switch(tx: &mut Tx, session: SessionId, account: AccountId, grant: GrantId) -> Result<()> {
    let today = tx.today();
    let switched = sqlx::query!(
        "
        update sessions set grant_id = $3
        where id = $1 and account_id = $2 and exists (
            select from grants where grants.id = $3 and grants.account_id = $2
                and since <= $4 and (until is null or until >= $4) and grants.ended_at is null)
        ",
        session.0,
        account.0,
        grant.0,
        today.0,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if switched == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// A station found by its code or exact name.
#[derive(Clone, Debug)]
pub struct Called {
    pub asked: String,
    pub id: StationId,
    pub code: String,
    pub division: DivisionCode,
}

/// Open stations by code or exact name.
pub async fn stations_called(tx: &mut Tx, names: &[String]) -> Result<Vec<Called>> {
    let called = sqlx::query_as!(
        Called,
        r#"
        select asked.name as "asked!", stations.id as "id!: StationId", stations.code as "code!",
               stations.division as "division!: DivisionCode"
        from unnest($1::text[]) as asked (name)
        join stations on (stations.code = upper(asked.name) or stations.name = asked.name) and stations.state <> 'closed'
        "#,
        names,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(called)
}
