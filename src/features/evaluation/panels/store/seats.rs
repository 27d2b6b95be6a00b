//! Statements behind evaluator profiles, conflicts and seats on panels.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    features::evaluation::{
        evaluations::{Evaluation, Round},
        panels::model::{Background, Certified, RecusalReason},
    },
    kernel::{AccountId, AgencyId, DivisionCode, Error, EvaluationId, Result, RoundId, StationId},
};

/// An evaluator's profile.
#[derive(Clone, Debug)]
pub struct Profile {
    pub account: AccountId,
    pub name: String,
    pub employer: String,
    pub agency: Option<AgencyId>,
    pub agency_name: Option<String>,
    pub background: Background,
    pub is_finance: bool,
    pub certified: Certified,
    pub place: Option<DivisionCode>,
    pub place_name: Option<String>,
    /// 0 until a profile is entered.
    pub version: i32,
}

/// Accounts that may evaluate today, by name, at most 500.
pub async fn profiles(tx: &mut Tx) -> Result<Vec<Profile>> {
    let today = tx.today();
    let rows = sqlx::query_as!(
        Profile,
        r#"
        select a.id as "account: AccountId", display_name as name, coalesce(employer, '') as "employer!",
               p.agency_id as "agency: AgencyId", agencies.name as "agency_name?",
               coalesce(background, 'other') as "background!: Background", coalesce(is_finance, false) as "is_finance!",
               coalesce(certified, 'none') as "certified!: Certified", place as "place?: DivisionCode",
               divisions.name as "place_name?", coalesce(p.version, 0) as "version!"
        from accounts a
        left join evaluator_profiles p on p.network_id = a.network_id and p.account_id = a.id
        left join agencies on agencies.network_id = p.network_id and agencies.id = p.agency_id
        left join divisions on divisions.network_id = p.network_id and divisions.code = place
        where left_at is null and exists (
            select from grants g where g.network_id = a.network_id and g.account_id = a.id and g.role = 'evaluator'
              and g.ended_at is null and g.since <= $1 and (g.until is null or g.until >= $1))
        order by display_name, a.id limit 500
        "#,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The editable part of an evaluator's profile.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NewProfile {
    pub employer: String,
    pub agency: Option<AgencyId>,
    pub background: Background,
    pub is_finance: bool,
    pub certified: Certified,
    pub place: Option<DivisionCode>,
}

/// Adds or changes a profile; `version` is the one shown on the form, 0 for a new profile.
pub async fn put_profile(tx: &mut Tx, account: AccountId, version: i32, new: &NewProfile) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        insert into evaluator_profiles as p (account_id, employer, agency_id, background, is_finance, certified, place,
            changed_by, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (network_id, account_id) do update set employer = $2, agency_id = $3, background = $4,
            is_finance = $5, certified = $6, place = $7, changed_by = $8, changed_at = $9, version = p.version + 1
        where p.version = $10
        ",
        account.0,
        new.employer,
        new.agency.map(|id| id.0),
        new.background.as_str(),
        new.is_finance,
        new.certified.as_str(),
        new.place.as_ref().map(DivisionCode::as_str),
        by,
        now,
        version,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done == 1 {
        Ok(())
    } else {
        Err(Error::refused("刚才有人改过这位专家的资料，没有保存。请刷新后再改。"))
    }
}

/// The reason why an evaluator must not score a station of a round.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub evaluation: EvaluationId,
    pub account: AccountId,
    pub reason: RecusalReason,
    pub words: String,
}

/// All conflicts between these evaluations and these accounts. Employment counts for two
/// years. An evaluator's declaration counts at once, a station's request after approval.
pub async fn conflicts(tx: &mut Tx, of: &[EvaluationId], accounts: &[AccountId]) -> Result<Vec<Conflict>> {
    let since = tx.today().plus_months(-24);
    let ids: Vec<_> = of.iter().map(|id| id.0).collect();
    let accounts: Vec<_> = accounts.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Conflict,
        r#"
        with asked as (
            select e.network_id, e.id, s.id as station_id, s.division, s.agency_id, case when s.level = 'village' then s.parent_id end as parent_id, a.id as account_id, a.person_id,
                   p.agency_id as employer_id, p.place
            from evaluations e
            join stations s on s.network_id = e.network_id and s.id = e.station_id
            join accounts a on a.network_id = e.network_id and a.id = any($2)
            left join evaluator_profiles p on p.network_id = a.network_id and p.account_id = a.id
            where e.id = any($1)
        )
        select id as "evaluation!: EvaluationId", account_id as "account!: AccountId", reason as "reason!: RecusalReason",
               words as "words!"
        from (
            select id, account_id, 'employed' as reason, '在该站或其社工室任职，或离职不满两年' as words
            from asked where exists (
                select from posts join stations t on t.network_id = posts.network_id and t.id = posts.station_id
                where posts.network_id = asked.network_id and posts.person_id = asked.person_id
                  and (t.id = asked.station_id or t.parent_id = asked.station_id or t.id = asked.parent_id)
                  and (posts.until is null or posts.until >= $3))
            union all
            select id, account_id, 'interest', '任职的机构运营该站'
            from asked where agency_id is not null and (employer_id = agency_id or exists (
                select from persons where persons.network_id = asked.network_id and persons.id = asked.person_id
                  and persons.agency_id = asked.agency_id))
            union all
            select asked.id, asked.account_id, case when role in ('station_head', 'social_worker') then 'employed' else 'supervisor' end,
                   case role when 'station_head' then '有该站站长的岗位' when 'social_worker' then '有该站社工的岗位'
                       when 'agency_manager' then '是运营该站的机构负责人' else '是该站所在乡镇（街道）的工作人员' end
            from asked join grants g on g.network_id = asked.network_id and g.account_id = asked.account_id
            where (g.until is null or g.until >= $3) and (g.ended_at is null or g.ended_at >= $3)
              and (role = 'township_officer' and starts_with(asked.division, g.division)
                or role = 'agency_manager' and g.agency_id = asked.agency_id
                or role in ('station_head', 'social_worker') and exists (
                    select from grant_stations l where l.network_id = g.network_id and l.grant_id = g.id
                      and (l.station_id = asked.station_id or l.station_id = asked.parent_id)))
            union all
            select id, account_id, 'partner', '任职的机构在该站承接项目'
            from asked where employer_id is not null and exists (
                select from projects p where p.network_id = asked.network_id and p.agency_id = asked.employer_id
                  and asked.station_id = any (p.station_ids) and p.state not in ('planned', 'filed', 'procuring'))
            union all
            select id, account_id, 'other', '在该站所在地居住或任职'
            from asked where place is not null and length(place) >= 9 and starts_with(division, place)
            union all
            select asked.id, asked.account_id, r.reason, case r.origin when 'declared' then '本人申报：' when 'requested' then '站点申请：'
                       else '组织方登记：' end || r.words
            from asked join recusals r on r.network_id = asked.network_id and r.account_id = asked.account_id
                and r.station_id = asked.station_id
            where r.state = 'approved' or r.state = 'asked' and r.origin = 'declared'
        ) as found
        "#,
        &ids,
        &accounts,
        since.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A seat on a station's panel.
#[derive(Clone, Debug)]
pub struct Seat {
    pub evaluation: EvaluationId,
    pub account: AccountId,
    pub name: String,
    pub is_finance: bool,
    pub submitted_at: Option<DateTime<Utc>>,
    pub comment: String,
}

/// True if a station's panel is as large as its round requires, finance included.
pub fn is_whole(round: &Round, seats: &[Seat], id: EvaluationId) -> bool {
    let here: Vec<_> = seats.iter().filter(|seat| seat.evaluation == id).collect();
    let has_finance = here.iter().any(|seat| seat.is_finance);
    here.len() >= usize::try_from(round.scorers).unwrap_or(1) && (!round.needs_finance || has_finance)
}

/// The seats of a round within reach.
pub async fn seats(tx: &mut Tx, round: RoundId) -> Result<Vec<Seat>> {
    let rows = sqlx::query_as!(
        Seat,
        r#"
        select evaluation_id as "evaluation: EvaluationId", s.account_id as "account: AccountId", display_name as name,
               coalesce(p.is_finance, false) as "is_finance!", submitted_at, comment
        from panel_seats s
        join accounts a on a.network_id = s.network_id and a.id = s.account_id
        left join evaluator_profiles p on p.network_id = s.network_id and p.account_id = s.account_id
        where round_id = $1 order by evaluation_id, display_name, s.account_id
        "#,
        round.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Checks for conflicts once more, then seats an evaluator; refuses a pair in conflict and
/// names the reason.
pub async fn clear_and_seat(tx: &mut Tx, of: &Evaluation, account: AccountId) -> Result<()> {
    let found = conflicts(tx, &[of.id], &[account]).await?;
    if let Some(conflict) = found.first() {
        return Err(Error::at("account", format!("这位专家要回避：{}。", conflict.words)));
    }
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into clearances (evaluation_id, account_id, station_id, division, is_clear, checked_at)
        values ($1, $2, $3, $4, true, $5)
        on conflict (network_id, evaluation_id, account_id) do update set is_clear = true, why = '', checked_at = $5
        ",
        of.id.0,
        account.0,
        of.station.0,
        of.division.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "
        insert into panel_seats (evaluation_id, account_id, round_id, station_id, division, seated_by, seated_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
        ",
        of.id.0,
        account.0,
        of.round.0,
        of.station.0,
        of.division.as_str(),
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a seat and the scores given on it. Returns the number of scores, or `None` if
/// there was no such seat.
pub async fn unseat(tx: &mut Tx, id: EvaluationId, account: AccountId) -> Result<Option<u64>> {
    let scores =
        sqlx::query!("delete from evaluation_scores where evaluation_id = $1 and account_id = $2", id.0, account.0)
            .execute(tx.conn())
            .await?
            .rows_affected();
    let gone = sqlx::query!("delete from panel_seats where evaluation_id = $1 and account_id = $2", id.0, account.0)
        .execute(tx.conn())
        .await?
        .rows_affected();
    Ok((gone == 1).then_some(scores))
}

/// Gives everyone seated in a round a grant for it, limited to the stations of their seats,
/// until the round's last day; ends the grants of people without a seat.
pub async fn grant_seats(tx: &mut Tx, round: &Round) -> Result<()> {
    let (now, by, today) = (tx.now(), tx.scope().actor.clone(), tx.today());
    let root = round.division.clone();
    sqlx::query!(
        "
        with seated as (
            select distinct account_id from panel_seats where round_id = $1
        ), ended as (
            update grants set ended_at = $2
            where round_id = $1 and ended_at is null and account_id not in (select account_id from seated)
        )
        insert into grants (id, account_id, role, division, since, until, granted_by, granted_at, round_id)
        select gen_random_uuid(), account_id, 'evaluator', $3, $4, $5, $6, $2, $1 from seated
        where not exists (
            select from grants g where g.round_id = $1 and g.account_id = seated.account_id and g.ended_at is null)
        ",
        round.id.0,
        now,
        root.as_str(),
        today.0,
        round.ends_on.0.max(today.0),
        by,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "
        delete from grant_stations l using grants g
        where g.network_id = l.network_id and g.id = l.grant_id and g.round_id = $1
          and not exists (
              select from panel_seats s where s.round_id = $1 and s.account_id = g.account_id and s.station_id = l.station_id)
        ",
        round.id.0,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "
        insert into grant_stations (grant_id, station_id)
        select g.id, s.station_id from grants g join panel_seats s on s.network_id = g.network_id
            and s.round_id = g.round_id and s.account_id = g.account_id
        where g.round_id = $1 and g.ended_at is null
        on conflict do nothing
        ",
        round.id.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks a member's sheet as submitted; returns true once the whole panel has submitted.
pub async fn submitted(tx: &mut Tx, id: EvaluationId, account: AccountId, comment: &str) -> Result<bool> {
    let now = tx.now();
    sqlx::query!(
        "
        update panel_seats set submitted_at = $3, comment = $4
        where evaluation_id = $1 and account_id = $2 and submitted_at is null
        ",
        id.0,
        account.0,
        now,
        comment,
    )
    .execute(tx.conn())
    .await?;
    let open = sqlx::query_scalar!(
        r#"select count(*) as "open!" from panel_seats where evaluation_id = $1 and submitted_at is null"#,
        id.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(open == 0)
}

/// Reopens the sheets of a panel.
pub async fn hand_back(tx: &mut Tx, id: EvaluationId) -> Result<()> {
    sqlx::query!("update panel_seats set submitted_at = null where evaluation_id = $1", id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Stations with a planned or running evaluation, by name, to pick from when declaring a
/// recusal. At most 500.
pub async fn stations_ahead(tx: &mut Tx) -> Result<Vec<(StationId, DivisionCode, String)>> {
    let rows = sqlx::query!(
        r#"
        select distinct s.id as "id: StationId", s.division as "division: DivisionCode", s.name
        from evaluations e join stations s on s.network_id = e.network_id and s.id = e.station_id
        where position in ('scheduled', 'self_scoring', 'submitted', 'on_site')
        order by s.name limit 500
        "#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.division, row.name)).collect())
}

/// An evaluator's seats on running panels of a station.
pub async fn seats_at(tx: &mut Tx, station: StationId, account: AccountId) -> Result<Vec<(EvaluationId, RoundId)>> {
    let rows = sqlx::query!(
        r#"
        select evaluation_id as "evaluation: EvaluationId", s.round_id as "round: RoundId"
        from panel_seats s join evaluations e on e.network_id = s.network_id and e.id = evaluation_id
        where s.station_id = $1 and account_id = $2
          and position in ('scheduled', 'self_scoring', 'submitted', 'on_site', 'scored', 'moderated')
        "#,
        station.0,
        account.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.evaluation, row.round)).collect())
}

/// Removes an evaluator and their scores from a station's panel and revokes their clearance,
/// with the reason.
pub async fn strike(tx: &mut Tx, id: EvaluationId, account: AccountId, why: &str) -> Result<()> {
    let now = tx.now();
    unseat(tx, id, account).await?;
    sqlx::query!(
        "update clearances set is_clear = false, why = $3, checked_at = $4 where evaluation_id = $1 and account_id = $2",
        id.0,
        account.0,
        why,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
