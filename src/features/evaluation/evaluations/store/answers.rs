//! Statements behind a station's self-scores and their evidence.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;

use super::Evaluation;
use crate::{
    db::Tx,
    features::evaluation::rubrics::Answer,
    kernel::{EvaluationId, FileId, Points, Result, RubricId},
};

/// A station's answer at a line.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnAnswer {
    pub code: String,
    pub answer: Answer,
    pub points: Option<Points>,
    pub words: String,
    /// The system's own figure, as text.
    pub figure: String,
}

pub async fn own_answers(tx: &mut Tx, id: EvaluationId) -> Result<Vec<OwnAnswer>> {
    let rows = sqlx::query_scalar!(
        r#"
        select coalesce(jsonb_agg(to_jsonb(s) order by code), '[]') as "rows!: Json<Vec<OwnAnswer>>"
        from self_scores s where evaluation_id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(rows.0)
}

/// Upserts answers at several lines of several evaluations. A system figure without words
/// keeps the words already there.
pub async fn put_answers(tx: &mut Tx, rubric: RubricId, answers: &[(&Evaluation, OwnAnswer)]) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let rows: Vec<_> = answers
        .iter()
        .map(|(evaluation, own)| {
            serde_json::json!({
                "evaluation_id": evaluation.id, "station_id": evaluation.station, "division": evaluation.division,
                "code": own.code, "answer": own.answer, "points": own.points, "words": own.words,
                "figure": own.figure,
            })
        })
        .collect();
    sqlx::query!(
        "
        insert into self_scores as s (evaluation_id, code, station_id, division, rubric_id, answer, points, words, figure,
            changed_by, changed_at)
        select evaluation_id, code, station_id, division, $1, answer, points, words, figure, $3, $4
        from jsonb_to_recordset($2) as t (evaluation_id uuid, code text, station_id uuid, division text, answer jsonb,
            points bigint, words text, figure text)
        on conflict (network_id, evaluation_id, code) do update set answer = excluded.answer, points = excluded.points,
            words = case when excluded.figure <> '' and excluded.words = '' then s.words else excluded.words end,
            figure = excluded.figure, changed_by = excluded.changed_by, changed_at = excluded.changed_at
        ",
        rubric.0,
        Json(rows) as _,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Saves the station's written report on itself.
pub async fn put_summary(tx: &mut Tx, id: EvaluationId, summary: &str) -> Result<()> {
    sqlx::query!("update evaluations set summary = $2, version = version + 1 where id = $1", id.0, summary)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A station's answers at all lines and their evidence, in one statement.
pub async fn own(tx: &mut Tx, id: EvaluationId) -> Result<(Vec<OwnAnswer>, Vec<Evidence>)> {
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(to_jsonb(s) order by code), '[]') from self_scores s
                where evaluation_id = $1) as "answers!: Json<Vec<OwnAnswer>>",
               (select coalesce(jsonb_agg(to_jsonb(e) order by code, seq), '[]') from evaluation_evidence e
                where evaluation_id = $1) as "evidence!: Json<Vec<Evidence>>"
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.answers.0, row.evidence.0))
}

/// One piece of evidence for a line.
#[derive(Clone, Debug, Deserialize)]
pub struct Evidence {
    pub code: String,
    pub seq: i16,
    pub label: String,
    pub file_id: Option<FileId>,
    pub path: String,
    pub added_by: String,
    pub added_at: DateTime<Utc>,
}

impl Evidence {
    /// The address of the page or file.
    pub fn href(&self, evaluation: &Evaluation) -> String {
        match self.file_id {
            Some(file) => format!("{}/files/{file}", evaluation.path()),
            None => self.path.clone(),
        }
    }
}

/// All evidence files of an evaluation.
pub async fn files_of(tx: &mut Tx, id: EvaluationId) -> Result<Vec<FileId>> {
    let files = sqlx::query_scalar!(
        r#"
        select file_id as "file!: FileId" from evaluation_evidence where evaluation_id = $1 and file_id is not null
        union all
        select file_id from appeals where evaluation_id = $1 and file_id is not null
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(files)
}

/// Adds evidence to a line; does nothing if the line has it already.
pub async fn add_evidence(
    tx: &mut Tx,
    evaluation: &Evaluation,
    code: &str,
    (label, file, path): (&str, Option<FileId>, &str),
) -> Result<bool> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let added = sqlx::query!(
        "
        insert into evaluation_evidence (evaluation_id, code, seq, station_id, division, label, file_id, path, added_by, added_at)
        select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9
        from evaluation_evidence where evaluation_id = $1 and code = $2
        having coalesce(bool_and(path <> $7 or $7 = ''), true) and coalesce(bool_and(file_id is distinct from $6 or $6::uuid is null), true)
        ",
        evaluation.id.0,
        code,
        evaluation.station.0,
        evaluation.division.as_str(),
        label,
        file.map(|id| id.0),
        path,
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(added == 1)
}

/// Removes evidence from a line; returns its label.
pub async fn remove_evidence(tx: &mut Tx, id: EvaluationId, code: &str, seq: i16) -> Result<Option<String>> {
    let gone = sqlx::query_scalar!(
        "delete from evaluation_evidence where evaluation_id = $1 and code = $2 and seq = $3 returning label",
        id.0,
        code,
        seq,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(gone)
}

/// A record already in the system that may be picked as evidence: its label, and its file or
/// page.
#[derive(Clone, Debug)]
pub struct Offered {
    pub label: String,
    pub file: Option<FileId>,
    pub path: String,
    pub kind: String,
}

impl Offered {
    /// The value that identifies it in a form.
    pub fn key(&self) -> String {
        match self.file {
            Some(file) => format!("f:{file}"),
            None => format!("p:{}", self.path),
        }
    }
}

/// Records a station may pick from: the year's reports with their attachments, photographs
/// and documents of the projects that cover it, and evidence at other lines. At most 300.
pub async fn offered(tx: &mut Tx, evaluation: &Evaluation, year: i16) -> Result<Vec<Offered>> {
    tx.open_own_projects().await?;
    let rows = sqlx::query_as!(
        Offered,
        r#"
        select label as "label!", file as "file: FileId", path as "path!", kind as "kind!" from (
            select 1 as rank, '月报' as kind, month::text as sort, to_char(month, 'YYYY"年"FMMM"月"') || ' 月报' as label,
                   null::uuid as file, '/reports/' || station_id || '/' || to_char(month, 'YYYY-MM') as path
            from reports
            where station_id = $1 and month >= make_date($2, 1, 1) and month <= make_date($2, 12, 31) and submitted_at is not null
            union all
            select 2, '月报附件', month::text, to_char(month, 'YYYY"年"FMMM"月"') || '：' || name, file_id, ''
            from report_files
            where station_id = $1 and month >= make_date($2, 1, 1) and month <= make_date($2, 12, 31)
            union all
            select 3, '项目', number, '项目：' || name, null, '/projects/' || id from projects
            where $1 = any (station_ids) and starts_on <= make_date($2, 12, 31) and ends_on >= make_date($2, 1, 1)
            union all
            select 4, '项目材料', p.number, p.name || '：' || d.name, d.file_id, ''
            from project_documents d join projects p on p.network_id = d.network_id and p.id = d.project_id
            where $1 = any (p.station_ids) and p.starts_on <= make_date($2, 12, 31) and p.ends_on >= make_date($2, 1, 1)
            union all
            select 5, '本次评估已上传', min(added_at)::text, min(label), file_id, ''
            from evaluation_evidence where evaluation_id = $3 and file_id is not null group by file_id
        ) as lying order by rank, sort, label limit 300
        "#,
        evaluation.station.0,
        i32::from(year),
        evaluation.id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
