//! Statements behind a station's judged checks and the rung that follows from them.

use crate::{
    db::Tx,
    features::places::stations::{self, Station},
    kernel::{Day, Result, StationId},
};

use super::model::rung;

/// A check as last judged.
#[derive(Clone, Debug)]
pub struct Judged {
    pub code: String,
    pub passed: bool,
    pub note: String,
    pub checked_by: String,
    pub checked_on: Day,
}

pub async fn of_station(tx: &mut Tx, id: StationId) -> Result<Vec<Judged>> {
    let judged = sqlx::query_as!(
        Judged,
        r#"select code, passed, note, checked_by, checked_on as "checked_on: Day" from station_checks where station_id = $1"#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(judged)
}

/// Saves judgements (code, passed, note) and the rung that follows from all of the station's.
/// Returns the rung.
pub async fn judge(tx: &mut Tx, station: &Station, by: &str, judgements: &[(String, bool, String)]) -> Result<i16> {
    let today = tx.today();
    let codes: Vec<String> = judgements.iter().map(|(code, ..)| code.clone()).collect();
    let passed: Vec<bool> = judgements.iter().map(|(_, passed, _)| *passed).collect();
    let notes: Vec<String> = judgements.iter().map(|(.., note)| note.clone()).collect();
    sqlx::query!(
        "
        insert into station_checks (station_id, code, division, passed, note, checked_by, checked_on)
        select $1, row.code, $2, row.passed, row.note, $3, $4
        from unnest($5::text[], $6::boolean[], $7::text[]) as row (code, passed, note)
        on conflict (network_id, station_id, code) do update
        set passed = excluded.passed, note = excluded.note, checked_by = excluded.checked_by, checked_on = excluded.checked_on
        ",
        station.id.0,
        station.division.as_str(),
        by,
        today.0,
        &codes,
        &passed,
        &notes,
    )
    .execute(tx.conn())
    .await?;
    let all = of_station(tx, station.id).await?;
    let reached = rung(|code| all.iter().any(|judged| judged.passed && judged.code == code));
    stations::set_readiness(tx, station, reached).await?;
    Ok(reached)
}
