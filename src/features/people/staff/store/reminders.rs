//! Statements behind reminders: the open ones, and the daily job that creates and closes them.

use uuid::Uuid;

use crate::{
    db::Tx,
    features::people::{certificates::Level, education},
    kernel::{Day, Listed, Paging, PersonId, ReminderId, Result},
    words,
};

/// Name of the daily job that creates reminders.
pub const REMIND: &str = "staff.remind";

words! {
    Kind {
        Lapse90 = "lapse_90", "登记 90 天内到期";
        Lapse30 = "lapse_30", "登记 30 天内到期";
        Lapse7 = "lapse_7", "登记 7 天内到期";
        Window = "window", "可以办继续登记了";
        Education = "education", "继续教育进度不够";
        Unregistered = "unregistered", "首次登记快到期限";
    }
}

impl Kind {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Lapse7 | Self::Lapse30 => "bad",
            Self::Window => "info",
            _ => "warn",
        }
    }
}

/// An open reminder.
#[derive(Debug)]
pub struct Reminder {
    pub id: ReminderId,
    pub person: PersonId,
    pub name: String,
    pub station_name: Option<String>,
    pub kind: Kind,
    pub due_on: Day,
    pub total: i64,
}

/// Open reminders within reach, only the most urgent for each occasion of a person, earliest due
/// first.
pub async fn reminders(tx: &mut Tx, paging: Paging) -> Result<Listed<Reminder>> {
    let rows = wanted(tx, paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

/// All open reminders, up to the limit of one workbook.
pub async fn all_reminders(tx: &mut Tx) -> Result<Vec<Reminder>> {
    wanted(tx, 100_000, 0).await
}

async fn wanted(tx: &mut Tx, limit: i64, offset: i64) -> Result<Vec<Reminder>> {
    let rows = sqlx::query_as!(
        Reminder,
        r#"
        select urgent.id as "id!: ReminderId", urgent.person_id as "person!: PersonId", persons.name as "name!",
               stations.name as "station_name?", kind as "kind!: Kind", due_on as "due_on!: Day",
               count(*) over () as "total!"
        from (
            select distinct on (person_id, due_on) * from reminders where settled_at is null
            order by person_id, due_on,
                     array_position(array['lapse_7', 'lapse_30', 'lapse_90', 'window', 'unregistered', 'education'], kind)
        ) as urgent
        join persons on persons.network_id = urgent.network_id and persons.id = urgent.person_id
        left join stations on stations.network_id = urgent.network_id and stations.id = urgent.station_id
        order by due_on, urgent.id limit $1 offset $2
        "#,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Number of decisions waiting within reach: education to confirm, and transfers that this reach
/// can carry out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    pub education: i64,
    pub transfers: i64,
}

pub async fn waiting(tx: &mut Tx) -> Result<Waiting> {
    let waiting = sqlx::query_as!(
        Waiting,
        r#"
        select (select count(*) from education_entries
                join persons on persons.network_id = education_entries.network_id and persons.id = person_id
                where confirmed_at is null and refused_why = '') as "education!",
               (select count(*) from transfers
                where state = 'asked' and (select reach_is_whole())
                  and to_division >= (select reach_from()) and to_division < (select reach_to())) as "transfers!"
        "#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(waiting)
}

/// Creates the day's reminders, each once however many servers run this, and closes those that no
/// longer matter. A person without a current post gets none.
pub async fn remind(tx: &mut Tx) -> Result<()> {
    settle(tx).await?;
    remind_of_registrations(tx).await?;
    remind_of_education(tx).await
}

async fn settle(tx: &mut Tx) -> Result<()> {
    let (today, now) = (tx.today(), tx.now());
    sqlx::query!(
        "
        update reminders set settled_at = $2
        where settled_at is null and not exists (
            select from posts
            where posts.network_id = reminders.network_id and posts.person_id = reminders.person_id
              and since <= $1 and (until is null or until >= $1))
        ",
        today.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The kind depends on the days left: 90, 30, 7; the renewal window opens three months before the
/// end.
async fn remind_of_registrations(tx: &mut Tx) -> Result<()> {
    let (today, now) = (tx.today(), tx.now());
    let due = sqlx::query!(
        r#"
        with working as (
            select distinct posts.network_id, posts.person_id from posts
            where since <= $1 and (until is null or until >= $1)
        ), ends as (
            select working.network_id, working.person_id, max(valid_to) as last
            from working
            join registrations on registrations.network_id = working.network_id
                and registrations.person_id = working.person_id
            where valid_to is not null
            group by working.network_id, working.person_id
        )
        select person_id as "person!", last as "due_on!", last - $1::date as "left!", 'lapse' as "what!"
        from ends where last between $1 and $1::date + 92
        union all
        select working.person_id, (issued.issued_on + interval '12 months')::date, 0, 'unregistered'
        from working
        join certificates as issued on issued.network_id = working.network_id and issued.person_id = working.person_id
        where issued.issued_on + interval '9 months' <= $1::date
          and not exists (
              select from registrations
              where registrations.network_id = working.network_id and registrations.person_id = working.person_id
                and valid_to is not null)
        "#,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut persons, mut kinds, mut days) = (vec![], vec![], vec![]);
    for row in &due {
        let mut add = |kind: Kind| {
            persons.push(row.person);
            kinds.push(kind.as_str().to_owned());
            days.push(row.due_on);
        };
        if row.what == "unregistered" {
            add(Kind::Unregistered);
            continue;
        }
        if today >= crate::features::people::certificates::window_from(Day(row.due_on)) {
            add(Kind::Window);
        }
        match row.left {
            ..=7 => add(Kind::Lapse7),
            8..=30 => add(Kind::Lapse30),
            31..=90 => add(Kind::Lapse90),
            _ => {}
        }
    }
    insert(tx, &persons, &kinds, &days, now).await
}

/// Reminds of persons who will fall short in the current period at the present pace.
async fn remind_of_education(tx: &mut Tx) -> Result<()> {
    let (today, now) = (tx.today(), tx.now());
    let rules = education::requirements(tx).await?;
    let running = sqlx::query!(
        r#"
        select distinct on (registrations.person_id) registrations.person_id as "person!", level as "level: Level",
               valid_from as "from!: Day", valid_to as "to!: Day",
               (select coalesce(sum(tenths), 0)::integer from education_entries
                where education_entries.network_id = registrations.network_id
                  and education_entries.person_id = registrations.person_id and confirmed_at is not null
                  and held_on between valid_from and valid_to) as "done!"
        from registrations
        join certificates on certificates.network_id = registrations.network_id
            and certificates.id = registrations.certificate_id
        where valid_from <= $1 and valid_to >= $1
          -- Who is renewed already had enough.
          and not exists (
            select from registrations as next
            where next.network_id = registrations.network_id and next.certificate_id = registrations.certificate_id
              and next.valid_from > registrations.valid_to)
          and exists (
            select from posts
            where posts.network_id = registrations.network_id and posts.person_id = registrations.person_id
              and since <= $1 and (until is null or until >= $1))
        order by registrations.person_id,
                 array_position(array['senior', 'intermediate', 'assistant', 'associate'], level), valid_to desc
        "#,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut behind = (vec![], vec![], vec![]);
    for row in running {
        let needed = education::required(row.level, row.from, &rules);
        if education::behind((row.from, row.to), needed, row.done, today) {
            behind.0.push(row.person);
            behind.1.push(Kind::Education.as_str().to_owned());
            behind.2.push(row.to.0);
        }
    }
    sqlx::query!(
        "
        update reminders set settled_at = $2
        where kind = 'education' and settled_at is null and not person_id = any($1)
        ",
        &behind.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    insert(tx, &behind.0, &behind.1, &behind.2, now).await
}

async fn insert(
    tx: &mut Tx,
    persons: &[Uuid],
    kinds: &[String],
    days: &[chrono::NaiveDate],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = persons.iter().map(|_| ReminderId::new().0).collect();
    sqlx::query!(
        "
        insert into reminders (id, person_id, station_id, division, kind, due_on, made_at)
        select made.id, made.person_id, persons.station_id, persons.division, made.kind, made.due_on, $5
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[]) as made (id, person_id, kind, due_on)
        join persons on persons.id = made.person_id
        on conflict (network_id, person_id, kind, due_on) do nothing
        ",
        &ids,
        persons,
        kinds,
        days,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
