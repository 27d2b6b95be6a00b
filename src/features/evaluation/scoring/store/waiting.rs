//! The statement behind the to-do list of evaluations.

use uuid::Uuid;

use crate::{
    db::Tx,
    kernel::{AccountId, Day, DivisionCode, Result},
};

/// The most items shown on a first page.
const MOST: i64 = 8;

/// Something that waits, by its kind.
#[derive(Debug)]
pub struct Waiting {
    pub kind: String,
    pub id: Uuid,
    pub name: String,
    pub until: Option<Day>,
}

/// Waiting items of these kinds, the oldest first: for the leaders of rounds of exactly this
/// place, for the account's own seats, for stations within reach.
pub async fn waiting(tx: &mut Tx, kinds: &[String], account: AccountId, reach: &DivisionCode) -> Result<Vec<Waiting>> {
    let today = tx.today();
    let rows = sqlx::query_as!(
        Waiting,
        r#"
        select kind as "kind!", id as "id!: Uuid", name as "name!", until as "until: Day" from (
            select case when position = 'self_scoring' and e.submitted_at is not null then 'returned'
                       when position = 'self_scoring' then 'self' when position in ('submitted', 'on_site') then 'panel'
                       when position = 'scored' then 'moderate' else 'appeal' end as kind,
                   e.id, s.name, case position when 'self_scoring' then e.self_until else r.appeal_until end as until,
                   e.self_until as since
            from evaluations e
            join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
            join stations s on s.network_id = e.network_id and s.id = e.station_id
            where position in ('self_scoring', 'submitted', 'scored')
               or position = 'on_site' and r.scorers > (
                   select count(*) from panel_seats p where p.network_id = e.network_id and p.evaluation_id = e.id)
               or position in ('public_notice', 'appeals') and r.appeal_until >= $3
            union all
            select 'score', e.id, s.name, coalesce(e.visit_on, r.onsite_until), coalesce(e.visit_on, r.onsite_until)
            from panel_seats p
            join evaluations e on e.network_id = p.network_id and e.id = p.evaluation_id
            join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
            join stations s on s.network_id = e.network_id and s.id = e.station_id
            where p.account_id = $4 and p.submitted_at is null and position = 'on_site'
            union all
            select 'decide', e.id, s.name, null, (a.asked_at at time zone 'Asia/Shanghai')::date
            from appeals a
            join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
            join stations s on s.network_id = e.network_id and s.id = e.station_id
            where a.state = 'asked'
            union all
            select 'recusal', r.station_id, s.name, null, (r.asked_at at time zone 'Asia/Shanghai')::date
            from recusals r join stations s on s.network_id = r.network_id and s.id = r.station_id
            where r.state = 'asked' and exists (
                select from evaluations e join evaluation_rounds round on round.network_id = e.network_id and round.id = e.round_id
                where e.network_id = r.network_id and e.station_id = r.station_id and round.division = $5)
            union all
            select asks.kind, o.id, s.name || '：' || o.line, o.due_on, o.due_on
            from rectification_orders o join stations s on s.network_id = o.network_id and s.id = o.station_id
            join evaluations e on e.network_id = o.network_id and e.id = o.evaluation_id
            join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
            cross join lateral (values ('recheck'), ('late'), ('mend')) as asks (kind)
            where o.position in ('ordered', 'planned', 'reported') and case asks.kind
                when 'recheck' then o.position = 'reported' and r.division = $5
                when 'late' then o.position <> 'reported' and o.due_on < $3 and r.division = $5
                else o.position <> 'reported' end
            union all
            select 'below', (array_agg(o.id))[1], '下级站点 ' || count(*) || ' 项', null, min(o.due_on)
            from rectification_orders o
            join evaluations e on e.network_id = o.network_id and e.id = o.evaluation_id
            join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
            where o.position in ('ordered', 'planned') and o.due_on < $3 and r.division > $5
            having count(*) > 0
            union all
            select 'survey', v.round_id, r.name, v.closes_on, v.closes_on
            from surveys v join evaluation_rounds r on r.network_id = v.network_id and r.id = v.round_id
            where v.closed_at is null and v.closes_on < $3 and r.division = $5
            union all
            select 'order', e.round_id, g.station_name, null, (g.finalized_at at time zone 'Asia/Shanghai')::date
            from station_grades g join evaluations e on e.network_id = g.network_id and e.id = g.evaluation_id
            join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
            where g.is_failed and g.orders = 0 and r.division = $5
              and not exists (select from station_grades l where l.network_id = g.network_id and l.station_id = g.station_id
                  and l.year > g.year)
        ) as waiting
        where kind = any($1)
          -- What a round of another place asks is for those who run it there.
          and (kind not in ('panel', 'moderate', 'decide') or exists (
              select from evaluations e join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
              where e.id = waiting.id and r.division = $5))
        order by since, name limit $2
        "#,
        kinds,
        MOST,
        today.0,
        account.0,
        reach.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
