//! Statements behind rubrics, their versions and their lines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::model::{Grade, Line, Rubric, State};
use crate::{
    db::{AtField, Tx},
    kernel::{DivisionCode, Error, Listed, Paging, Points, Result, RubricId},
};

/// Filter of the list of rubrics; blank means all.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub state: String,
}

/// A version of a rubric in the list.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: RubricId,
    pub number: i16,
    pub name: String,
    pub division_name: String,
    pub state: State,
    /// Sum of its scored lines.
    pub full: Points,
    pub leaves: i64,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
}

/// The versions the visitor may see: published or retired ones, and drafts of their own place.
pub async fn page(tx: &mut Tx, filter: &Filter, paging: Paging) -> Result<Listed<Row>> {
    let reach = tx.scope().reach.division.clone();
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from rubrics
        where ($1 = '' or strpos(name, $1) > 0) and ($2 = '' or state = $2)
          and (state <> 'draft' or division >= $3 and division < $4)
        "#,
        filter.q.trim(),
        filter.state,
        reach.as_str(),
        reach.end(),
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id: RubricId", number, rubrics.name, divisions.name as division_name, state as "state: State",
               (select coalesce(sum(points), 0)::bigint from rubric_lines l where l.network_id = rubrics.network_id
                  and l.rubric_id = rubrics.id and l.parent is null and l.kind = 'scored') as "full!: Points",
               (select count(*) from rubric_lines l where l.network_id = rubrics.network_id
                  and l.rubric_id = rubrics.id and (l.method is not null or l.points = 0)) as "leaves!",
               changed_by, changed_at
        from rubrics join divisions on divisions.network_id = rubrics.network_id and divisions.code = division
        where ($1 = '' or strpos(rubrics.name, $1) > 0) and ($2 = '' or state = $2)
          and (state <> 'draft' or division >= $3 and division < $4)
        order by rubrics.name, series_id, number desc limit $5 offset $6
        "#,
        filter.q.trim(),
        filter.state,
        reach.as_str(),
        reach.end(),
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Listed { rows, total, paging })
}

/// The published versions a place may score by: its own and those of places above it.
pub async fn published(tx: &mut Tx, place: &DivisionCode) -> Result<Vec<(RubricId, String)>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: RubricId", name, number from rubrics
        where state = 'published' and starts_with($1, division) order by length(division) desc, name, number desc limit 200
        "#,
        place.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, format!("{} 第 {} 版", row.name, row.number))).collect())
}

/// A version with its lines. A draft of another place is [`Error::NotFound`].
pub async fn find(tx: &mut Tx, id: RubricId) -> Result<Rubric> {
    let reach = tx.scope().reach.division.clone();
    let row = sqlx::query!(
        r#"
        select series_id as "series: RubricId", number, division as "division: DivisionCode",
               divisions.name as division_name, rubrics.name, state as "state: State", bonus_over,
               grades as "grades: Json<Vec<Grade>>", note, version, changed_by, changed_at,
               (select coalesce(jsonb_agg(to_jsonb(l) order by seq), '[]') from rubric_lines l
                where l.network_id = rubrics.network_id and l.rubric_id = rubrics.id) as "lines!: Json<Vec<Line>>"
        from rubrics join divisions on divisions.network_id = rubrics.network_id and divisions.code = division
        where id = $1 and (state <> 'draft' or division >= $2 and division < $3)
        "#,
        id.0,
        reach.as_str(),
        reach.end(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Rubric {
        id,
        series: row.series,
        number: row.number,
        division: row.division,
        division_name: row.division_name,
        name: row.name,
        state: row.state,
        bonus_over: row.bonus_over,
        grades: row.grades.0,
        note: row.note,
        lines: Rubric::ordered(row.lines.0),
        version: row.version,
        changed_by: row.changed_by,
        changed_at: row.changed_at,
    })
}

/// The other visible versions of a rubric, newest first: id, number, state.
pub async fn versions(tx: &mut Tx, rubric: &Rubric) -> Result<Vec<(RubricId, i16, State)>> {
    let reach = tx.scope().reach.division.clone();
    let rows = sqlx::query!(
        r#"
        select id as "id: RubricId", number, state as "state: State" from rubrics
        where series_id = $1 and id <> $2 and (state <> 'draft' or division >= $3 and division < $4)
        order by number desc limit 100
        "#,
        rubric.series.0,
        rubric.id.0,
        reach.as_str(),
        reach.end(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number, row.state)).collect())
}

/// The name and the grading of a version.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    pub name: String,
    pub bonus_over: bool,
    pub grades: Vec<Grade>,
    pub note: String,
}

/// Inserts a draft with its lines: the first version of a rubric, or the next of `series`.
pub async fn insert(
    tx: &mut Tx,
    id: RubricId,
    series: Option<RubricId>,
    (division, head): (&DivisionCode, &Head),
    lines: &[Line],
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    {
        let mut point = tx.savepoint().await?;
        sqlx::query!(
            "
            insert into rubrics (id, series_id, number, division, name, bonus_over, grades, note, changed_by, changed_at)
            select $1::uuid, coalesce($2::uuid, $1::uuid), coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9
            from rubrics where series_id = $2
            ",
            id.0,
            series.map(|id| id.0),
            division.as_str(),
            head.name,
            head.bonus_over,
            Json(&head.grades) as _,
            head.note,
            by,
            now,
        )
        .execute(&mut *point)
        .await
        .at_field(&[("rubrics_one_draft", "name", "这份细则已经有一个草稿版本，请先发布或删除它。")])?;
        point.commit().await?;
    }
    put_lines(tx, id, lines).await
}

async fn put_lines(tx: &mut Tx, id: RubricId, lines: &[Line]) -> Result<()> {
    sqlx::query!(
        "
        insert into rubric_lines (rubric_id, code, seq, parent, kind, text, points, method, setting, zero_on, note, evidence, source)
        select $1, code, at, parent, kind, text, points, method, setting, zero_on, note, evidence, source
        from jsonb_to_recordset($2) as t (at smallint, code text, parent text, kind text, text text, points bigint,
            method text, setting text, zero_on text[], note text, evidence text, source text)
        ",
        id.0,
        Json(numbered(lines)) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn numbered(lines: &[Line]) -> Vec<serde_json::Value> {
    let of = |(at, line): (usize, &Line)| {
        let mut value = serde_json::to_value(line).unwrap_or_default();
        value["at"] = (at + 1).into();
        value
    };
    lines.iter().enumerate().map(of).collect()
}

const MOVED: &str = "这份细则刚才被改过，或者已经发布，没有保存。请刷新后再改。";

/// Changes a draft's head. `version` is the one shown on the form.
pub async fn update(tx: &mut Tx, id: RubricId, version: i32, head: &Head) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        update rubrics set name = $3, bonus_over = $4, grades = $5, note = $6, changed_by = $7, changed_at = $8,
            version = version + 1
        where id = $1 and version = $2 and state = 'draft'
        ",
        id.0,
        version,
        head.name,
        head.bonus_over,
        Json(&head.grades) as _,
        head.note,
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done == 1 { Ok(()) } else { Err(Error::refused(MOVED)) }
}

/// Replaces all lines of a draft.
pub async fn replace_lines(tx: &mut Tx, id: RubricId, version: i32, lines: &[Line]) -> Result<()> {
    touch(tx, id, version, State::Draft, State::Draft).await?;
    sqlx::query!("delete from rubric_lines where rubric_id = $1", id.0).execute(tx.conn()).await?;
    put_lines(tx, id, lines).await
}

/// Moves a version from one state to the next; refuses if somebody changed it first.
pub async fn touch(tx: &mut Tx, id: RubricId, version: i32, from: State, to: State) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        update rubrics set state = $4, changed_by = $5, changed_at = $6, version = version + 1
        where id = $1 and version = $2 and state = $3
        ",
        id.0,
        version,
        from.as_str(),
        to.as_str(),
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done == 1 { Ok(()) } else { Err(Error::refused(MOVED)) }
}

/// Deletes a draft.
pub async fn remove(tx: &mut Tx, id: RubricId, version: i32) -> Result<()> {
    touch(tx, id, version, State::Draft, State::Draft).await?;
    sqlx::query!("delete from rubric_lines where rubric_id = $1", id.0).execute(tx.conn()).await?;
    sqlx::query!("delete from rubrics where id = $1 and state = 'draft'", id.0).execute(tx.conn()).await?;
    Ok(())
}
