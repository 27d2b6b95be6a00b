//! Statements behind evaluations, rectifications and draws for spot checks.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::model::{Appraisal, AppraisalRead, Grade, Kind, Rectification, RectificationState};
use crate::{
    db::Tx,
    features::purchasing::projects::Project,
    kernel::{Day, DivisionCode, DrawId, FileId, ProjectId, Result},
};

/// A new evaluation, with the paper that proves it.
#[derive(Debug)]
pub struct NewAppraisal<'a> {
    pub read: &'a AppraisalRead,
    pub file: Option<FileId>,
}

/// The evaluations of an open project and their rectifications, newest first.
pub async fn all(tx: &mut Tx, project: ProjectId) -> Result<(Vec<Appraisal>, Vec<Rectification>)> {
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(to_jsonb(t) order by seq desc), '[]') from appraisals t
                where project_id = $1) as "appraisals!: Json<Vec<Appraisal>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq desc), '[]') from rectifications t
                where project_id = $1) as "rectifications!: Json<Vec<Rectification>>"
        "#,
        project.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.appraisals.0, row.rectifications.0))
}

/// The latest evaluation of a kind.
pub fn latest(appraisals: &[Appraisal], kind: Kind) -> Option<&Appraisal> {
    appraisals.iter().find(|appraisal| appraisal.kind == kind)
}

/// Saves an evaluation and its rectifications. Returns the evaluation's number.
pub async fn add(tx: &mut Tx, project: &Project, new: &NewAppraisal<'_>) -> Result<i16> {
    let (now, by, read) = (tx.now(), tx.scope().actor.clone(), new.read);
    let grade = Grade::of(read.score_centi);
    let seq = sqlx::query_scalar!(
        "
        insert into appraisals (project_id, division, seq, kind, held_on, score_centi, grade, passed, findings, file_id,
            entered_by, entered_at)
        select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11
        from appraisals where project_id = $1
        returning seq
        ",
        project.id.0,
        project.division.as_str(),
        read.kind.as_str(),
        read.held_on.0,
        read.score_centi,
        grade.as_str(),
        grade != Grade::Fail,
        read.findings,
        new.file.map(|id| id.0),
        by,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    let (findings, dues): (Vec<_>, Vec<_>) = read.mend.iter().map(|(text, due)| (text.clone(), due.0)).unzip();
    sqlx::query!(
        "
        insert into rectifications (project_id, division, seq, appraisal_seq, finding, due_on)
        select $1, $2, at + (select coalesce(max(seq), 0) from rectifications where project_id = $1), $3, finding, due_on
        from unnest($4::text[], $5::date[]) with ordinality as t (finding, due_on, at)
        ",
        project.id.0,
        project.division.as_str(),
        seq,
        &findings,
        &dues,
    )
    .execute(tx.conn())
    .await?;
    Ok(seq)
}

/// Submits the proof that a rectification is done. False if it is not open.
pub async fn submit_proof(
    tx: &mut Tx,
    project: ProjectId,
    seq: i16,
    proof: &str,
    file: Option<FileId>,
) -> Result<bool> {
    let (today, by) = (tx.today(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        update rectifications set state = 'submitted', proof = $3, file_id = $4, submitted_by = $5, submitted_on = $6,
            rounds = rounds + 1
        where project_id = $1 and seq = $2 and state = 'open'
        ",
        project.0,
        seq,
        proof,
        file.map(|id| id.0),
        by,
        today.0,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Records the re-check: passed, or reopened with a new deadline. False if nothing was submitted.
pub async fn check(
    tx: &mut Tx,
    project: ProjectId,
    seq: i16,
    (state, words): (RectificationState, &str),
    due_on: Option<Day>,
) -> Result<bool> {
    let (today, by) = (tx.today(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        update rectifications set state = $3, words = $4, checked_by = $5, checked_on = $6, due_on = coalesce($7, due_on),
            history = case $3 when 'open' then history || jsonb_build_object('proof', proof, 'file_id', file_id,
                'submitted_by', submitted_by, 'submitted_on', submitted_on, 'words', $4::text) else history end
        where project_id = $1 and seq = $2 and state = 'submitted'
        ",
        project.0,
        seq,
        state.as_str(),
        words,
        by,
        today.0,
        due_on.map(|day| day.0),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// An evaluation of one of several projects within reach, for an agency's file, with its number of
/// unfinished rectifications.
#[derive(Debug)]
pub struct OfProject {
    pub project: ProjectId,
    pub kind: Kind,
    pub held_on: Day,
    pub score_centi: i32,
    pub grade: Grade,
    pub findings: String,
    pub open: i64,
}

impl OfProject {
    pub fn score(&self) -> String {
        crate::kernel::amount_text(i64::from(self.score_centi), 2)
    }
}

pub async fn of_projects(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<OfProject>> {
    let ids: Vec<_> = projects.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        OfProject,
        r#"
        select a.project_id as "project: ProjectId", kind as "kind: Kind", held_on as "held_on: Day", score_centi,
               grade as "grade: Grade", findings,
               (select count(*) from rectifications r where r.network_id = a.network_id and r.project_id = a.project_id
                  and r.appraisal_seq = a.seq and r.state <> 'passed') as "open!"
        from appraisals a where a.project_id = any($1) order by held_on desc, seq desc limit 500
        "#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Projects of a place that may be drawn: they run a year or more, and run in this year.
pub async fn candidates(tx: &mut Tx, place: &DivisionCode, year: i32) -> Result<Vec<(ProjectId, String, String)>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ProjectId", number, name from projects
        where division >= $1 and division < $2
          and state in ('active', 'midterm', 'final', 'accepted')
          and ends_on >= (starts_on + interval '1 year' - interval '1 day')::date
          and starts_on <= make_date($3, 12, 31) and ends_on >= make_date($3, 1, 1)
        order by number
        "#,
        place.as_str(),
        place.end(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number, row.name)).collect())
}

/// A draw on record.
#[derive(Debug)]
pub struct Draw {
    pub year: i16,
    pub division_name: String,
    pub seed: String,
    pub share_bp: i32,
    pub candidates: i64,
    pub drawn_by: String,
    pub drawn_at: DateTime<Utc>,
    /// Project, number, name, and whether it has had a spot check since the draw.
    pub picked: Json<Vec<(ProjectId, String, String, bool)>>,
}

pub async fn draws(tx: &mut Tx) -> Result<Vec<Draw>> {
    let draws = sqlx::query_as!(
        Draw,
        r#"
        select year, divisions.name as division_name, seed, share_bp, cardinality(candidates)::bigint as "candidates!",
               drawn_by, drawn_at,
               (select coalesce(jsonb_agg(jsonb_build_array(p.id, p.number, p.name, exists (
                    select from appraisals a where a.network_id = p.network_id and a.project_id = p.id
                      and a.kind = 'spot' and a.entered_at >= drawn_at)) order by p.number), '[]')
                from projects p where p.network_id = d.network_id and p.id = any (d.picked)
               ) as "picked!: Json<Vec<(ProjectId, String, String, bool)>>"
        from project_draws d join divisions on divisions.network_id = d.network_id and divisions.code = division
        order by drawn_at desc limit 100
        "#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(draws)
}

/// Saves a draw with its seed, candidates and result.
pub async fn keep_draw(
    tx: &mut Tx,
    place: &DivisionCode,
    (year, seed, share_bp): (i16, &str, i32),
    candidates: &[ProjectId],
    picked: &[ProjectId],
) -> Result<DrawId> {
    let (id, now, by) = (DrawId::new(), tx.now(), tx.scope().actor.clone());
    let plain = |ids: &[ProjectId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    sqlx::query!(
        "
        insert into project_draws (id, division, year, seed, share_bp, candidates, picked, drawn_by, drawn_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ",
        id.0,
        place.as_str(),
        year,
        seed,
        share_bp,
        &plain(candidates),
        &plain(picked),
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}
