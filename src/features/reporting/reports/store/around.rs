//! Context of a report: its station's earlier months, and its rooms' reports.

use std::collections::BTreeMap;

use super::Report;
use crate::{
    db::Tx,
    features::reporting::{
        indicators::slot_of,
        reports::model::{Past, State, value_in},
    },
    kernel::{Month, Result, StationId},
};

/// A room's report for the same month.
#[derive(Clone, Debug)]
pub struct RoomReport {
    pub station: StationId,
    pub name: String,
    pub state: State,
    pub vals: Vec<Option<i64>>,
}

/// Context of a report: the station's earlier months, and its rooms' reports.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Submitted values of earlier months, by months ago: 1 to 24.
    pub before: BTreeMap<i32, Vec<Option<i64>>>,
    pub rooms: Vec<RoomReport>,
}

impl Around {
    pub fn past(&self) -> Past {
        Past((1..=6).map(|ago| self.before.get(&ago).cloned()).collect())
    }

    pub fn last_month(&self, slot: i16) -> Option<i64> {
        value_in(self.before.get(&1)?, slot)
    }

    pub fn last_year(&self, slot: i16) -> Option<i64> {
        value_in(self.before.get(&12)?, slot)
    }

    /// Total of what the rooms have submitted.
    pub fn of_rooms(&self, slot: i16) -> Option<i64> {
        let submitted = self.rooms.iter().filter(|room| !matches!(room.state, State::Draft));
        let values: Vec<i64> = submitted.filter_map(|room| value_in(&room.vals, slot)).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// Values carried over from last month: the number of open cases.
    pub fn carried(&self) -> BTreeMap<i16, i64> {
        let pair = slot_of("case_open_start").zip(slot_of("case_open_end"));
        pair.and_then(|(start, end)| Some((start, self.last_month(end)?))).into_iter().collect()
    }
}

pub async fn around(tx: &mut Tx, report: &Report) -> Result<Around> {
    let month = report.month;
    let rows = sqlx::query!(
        r#"
        select r.station_id as "station!: StationId", stations.name as "name!", r.month as "month!: Month",
               r.state as "state!: State", coalesce(r.approved_vals, r.vals) as "vals!: Vec<Option<i64>>"
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        where r.station_id = $1 and r.month >= $3 and r.month < $2 and r.submitted_at is not null
        union all
        select r.station_id, stations.name, r.month, r.state, coalesce(r.approved_vals, r.vals)
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        where stations.parent_id = $1 and stations.level = 'village' and r.month = $2
        order by 2
        "#,
        report.station.0,
        month.first().0,
        month.plus(-24).first().0,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut around = Around::default();
    for row in rows {
        if row.station == report.station {
            let ago = (month.year() - row.month.year()) * 12 + i32::try_from(month.number()).unwrap_or(0)
                - i32::try_from(row.month.number()).unwrap_or(0);
            around.before.insert(ago, row.vals);
        } else {
            let room = RoomReport { station: row.station, name: row.name, state: row.state, vals: row.vals };
            around.rooms.push(room);
        }
    }
    Ok(around)
}
