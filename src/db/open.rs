//! Widens a transaction beyond its reach: to the records of an open project, the scores of a
//! round, or the station of a survey slip.

use uuid::Uuid;

use super::Tx;
use crate::{
    access::Act,
    kernel::{Error, EvaluationId, ProjectId, Result, RoundId, StationId},
};

impl Tx {
    /// Opens a project within reach, and everything that belongs to it, for the rest of this
    /// transaction. A project out of reach is [`Error::NotFound`].
    pub async fn open_project(&mut self, id: ProjectId) -> Result<()> {
        sqlx::query_scalar!(
            "select set_config('app.projects', '{' || id::text || '}', true) from projects where id = $1",
            id.0
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens several projects at once, skipping those out of reach.
    pub async fn open_projects(&mut self, ids: &[ProjectId]) -> Result<()> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        sqlx::query!(
            "
            select set_config('app.projects', '{' || coalesce(string_agg(id::text, ','), '') || '}', true)
            from projects where id = any($1)
            ",
            &ids
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens all unfinished projects within reach. Meant for agency staff, who have only a few.
    pub async fn open_own_projects(&mut self) -> Result<()> {
        sqlx::query!(
            "
            select set_config('app.projects', '{' || coalesce(string_agg(id::text, ','), '') || '}', true)
            from projects where state not in ('closed', 'terminated')
            "
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens the scores and results of a round to its leaders: those with the permission and a
    /// reach over the whole place. For others it is [`Error::NotFound`].
    pub async fn lead_round(&mut self, id: RoundId) -> Result<()> {
        if self.scope().role.is_some_and(|role| !role.may(Act::RunEvaluations)) {
            return Err(Error::NotFound);
        }
        sqlx::query_scalar!(
            "
            select set_config('app.scores', '{' || id::text || '}', true) from evaluation_rounds
            where id = $1 and division >= (select reach_from()) and division < (select reach_to())
              and (select reach_is_whole())
            ",
            id.0
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens the scores of a released round. Before the release it is [`Error::NotFound`].
    pub async fn open_released_round(&mut self, id: RoundId) -> Result<()> {
        sqlx::query_scalar!(
            "
            select set_config('app.scores', '{' || id::text || '}', true) from evaluation_rounds
            where id = $1 and released_at is not null
            ",
            id.0
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens the scores of a station that moves, so that they move with it. The caller must not
    /// show any of them.
    pub async fn open_scores_to_move(&mut self, station: StationId) -> Result<()> {
        sqlx::query!(
            "
            select set_config('app.scores', '{' || coalesce(string_agg(id::text, ','), '') || '}', true)
            from evaluations where station_id = $1
            ",
            station.0
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens a satisfaction survey by the hash of a slip: from here on this transaction may insert
    /// an answer about the slip's station, but reads none. An unknown slip is [`Error::NotFound`].
    pub async fn hold_slip(&mut self, hash: &[u8]) -> Result<()> {
        sqlx::query_scalar!(
            "select set_config('app.survey', evaluation_id::text, true) from survey_slips where hash = $1",
            hash
        )
        .fetch_one(self.conn())
        .await?;
        Ok(())
    }

    /// Opens a station's scores to a member of its panel once all members have submitted; until
    /// then members see only their own. Returns true if the scores are open.
    pub async fn open_scored(&mut self, id: EvaluationId) -> Result<bool> {
        let opened = sqlx::query_scalar!(
            "
            select set_config('app.scores', '{' || id::text || '}', true) from evaluations
            where id = $1 and position not in ('scheduled', 'self_scoring', 'submitted', 'on_site', 'excluded')
              and exists (
                  select from panel_seats s where s.network_id = evaluations.network_id and s.evaluation_id = id
                    and s.account_id = (select reach_evaluator()))
            ",
            id.0
        )
        .fetch_optional(self.conn())
        .await?;
        Ok(opened.is_some())
    }
}
