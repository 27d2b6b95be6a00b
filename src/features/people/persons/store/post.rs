//! Statements behind posts and the stations persons belong to.

use crate::{
    db::{AtField, Tx},
    features::{
        people::persons::model::{NewPost, Person, Post, PostKind, PostRank, PostRole, RecruitRoute, Span},
        places::stations::Station,
    },
    kernel::{Day, DivisionCode, Error, PersonId, PostId, Result, StationId},
};

/// Name of the daily job that moves persons to the station of their current main post.
pub const PLACES: &str = "persons.places";

const CONSTRAINTS: [(&str, &str, &str); 5] = [
    (
        "posts_one_full_time_at_a_time",
        "since",
        "这段时间和这个人的另一段专职任职重叠。请先办那一段的离岗，或改成兼职；如果名册里看不到，那一段在您的管辖范围之外。",
    ),
    (
        "posts_one_main_at_a_time",
        "since",
        "这段时间和这个人的另一段主要任职重叠。请先办那一段的离岗，或者这一段不作为主要任职。",
    ),
    ("posts_one_head_at_a_time", "role", "这个站点在这段时间已经有站长，请先办原站长的离岗或变更岗位。"),
    ("posts_one_at_a_station_at_a_time", "since", "这个人在这个站点的这段时间已经有任职，请修改原来的那一段。"),
    ("posts_head_is_full_time", "is_full_time", "站长要由专职人员担任。"),
];

struct Row {
    id: PostId,
    person: PersonId,
    person_name: String,
    station: StationId,
    station_name: String,
    division: DivisionCode,
    role: PostRole,
    is_full_time: bool,
    is_main: bool,
    kind: PostKind,
    route: RecruitRoute,
    rank: PostRank,
    since: Day,
    until: Option<Day>,
    contract_until: Option<Day>,
    end_reason: String,
    version: i32,
}

impl From<Row> for Post {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            person: row.person,
            person_name: row.person_name,
            station: row.station,
            station_name: row.station_name,
            division: row.division,
            facts: NewPost {
                role: row.role,
                is_full_time: row.is_full_time,
                is_main: row.is_main,
                kind: row.kind,
                route: row.route,
                rank: row.rank,
                span: Span { since: row.since, until: row.until },
                contract_until: row.contract_until,
            },
            end_reason: row.end_reason,
            version: row.version,
        }
    }
}

/// Posts by persons, by id or by station, whichever is given; current ones first.
async fn wanted(
    tx: &mut Tx,
    persons: Option<&[PersonId]>,
    id: Option<PostId>,
    station: Option<StationId>,
) -> Result<Vec<Post>> {
    let persons: Option<Vec<uuid::Uuid>> = persons.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query_as!(
        Row,
        r#"
        select posts.id as "id: PostId", person_id as "person: PersonId", person_name,
               posts.station_id as "station: StationId", coalesce(stations.name, '') as "station_name!",
               posts.division as "division: DivisionCode", role as "role: PostRole", is_full_time, is_main,
               kind as "kind: PostKind", route as "route: RecruitRoute", rank as "rank: PostRank",
               since as "since: Day", until as "until: Day", contract_until as "contract_until: Day", end_reason,
               posts.version
        from posts
        left join stations on stations.network_id = posts.network_id and stations.id = posts.station_id
        where ($1::uuid[] is null or person_id = any($1)) and ($2::uuid is null or posts.id = $2)
          and ($3::uuid is null or posts.station_id = $3)
        order by until desc nulls first, since desc, posts.id
        "#,
        persons.as_deref() as Option<&[uuid::Uuid]>,
        id.map(|id| id.0),
        station.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Post::from).collect())
}

/// Main posts of these persons on a day, at stations within reach.
pub async fn main_posts(tx: &mut Tx, persons: &[PersonId], day: Day) -> Result<Vec<Post>> {
    let mut posts = wanted(tx, Some(persons), None, None).await?;
    posts.retain(|post| post.facts.is_main && post.facts.span.covers(day));
    Ok(posts)
}

/// A person's posts at stations within reach.
pub async fn posts_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Post>> {
    wanted(tx, Some(&[person]), None, None).await
}

/// All posts of a station, past ones included.
pub async fn all_of_station(tx: &mut Tx, station: StationId) -> Result<Vec<Post>> {
    wanted(tx, None, None, Some(station)).await
}

pub async fn find_post(tx: &mut Tx, id: PostId) -> Result<Post> {
    wanted(tx, None, Some(id), None).await?.into_iter().next().ok_or(Error::NotFound)
}

pub async fn insert_post(tx: &mut Tx, id: PostId, person: &Person, at: &Station, new: &NewPost) -> Result<()> {
    let now = tx.now();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into posts (id, person_id, station_id, division, person_name, role, is_full_time, is_main, kind, route,
            rank, since, until, contract_until, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ",
        id.0,
        person.id.0,
        at.id.0,
        at.division.as_str(),
        person.name,
        new.role.as_str(),
        new.is_full_time,
        new.is_main,
        new.kind.as_str(),
        new.route.as_str(),
        new.rank.as_str(),
        new.span.since.0,
        new.span.until.map(|day| day.0),
        new.contract_until.map(|day| day.0),
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    settle_places(tx, Some(person.id)).await
}

const STALE: &str =
    "您打开这个页面以后，有人改过这段任职，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// Corrects a post; refuses if somebody else saved first.
pub async fn change_post(tx: &mut Tx, post: &Post, version: i32, new: &NewPost) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update posts set role = $3, is_full_time = $4, is_main = $5, kind = $6, route = $7, rank = $8, since = $9,
            until = $10, contract_until = $11, version = version + 1
        where id = $1 and version = $2
        ",
        post.id.0,
        version,
        new.role.as_str(),
        new.is_full_time,
        new.is_main,
        new.kind.as_str(),
        new.route.as_str(),
        new.rank.as_str(),
        new.span.since.0,
        new.span.until.map(|day| day.0),
        new.contract_until.map(|day| day.0),
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved != 1 {
        return Err(Error::at("version", STALE));
    }
    settle_places(tx, Some(post.person)).await
}

/// Sets a post's last day.
pub async fn end_post(tx: &mut Tx, post: &Post, last: Day, reason: &str) -> Result<()> {
    let ended = sqlx::query!(
        "update posts set until = $3, end_reason = $4, version = version + 1 where id = $1 and version = $2",
        post.id.0,
        post.version,
        last.0,
        reason,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if ended == 1 {
        Ok(())
    } else {
        Err(Error::refused("刚才有人改过这段任职，您的操作没有执行。请刷新后再看。"))
    }
}

/// Deletes a post that was entered by mistake.
pub async fn remove_post(tx: &mut Tx, id: PostId) -> Result<()> {
    sqlx::query!("delete from posts where id = $1", id.0).execute(tx.conn()).await?;
    Ok(())
}

/// Moves a person, or everybody, to the station of today's main post, along with records kept by
/// place.
pub async fn settle_places(tx: &mut Tx, only: Option<PersonId>) -> Result<()> {
    let today = tx.today();
    sqlx::query!(
        "
        with moved as (
            update persons set division = posts.division, station_id = posts.station_id
            from posts
            where posts.network_id = persons.network_id and posts.person_id = persons.id and is_main
              and since <= $1 and (until is null or until >= $1) and ($2::uuid is null or persons.id = $2)
              and (persons.station_id is distinct from posts.station_id or persons.division <> posts.division)
            returning persons.network_id, persons.id, persons.division, persons.station_id
        ), reminded as (
            update reminders set division = moved.division, station_id = moved.station_id
            from moved where reminders.network_id = moved.network_id and reminders.person_id = moved.id
        )
        update transfers set division = moved.division, station_id = moved.station_id
        from moved where transfers.network_id = moved.network_id and transfers.person_id = moved.id
        ",
        today.0,
        only.map(|id| id.0),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
