//! Statements behind a station's team and its forecast.

use crate::{
    db::Tx,
    features::places::stations::StationLevel,
    kernel::{Day, DivisionCode, PersonId, Result, StationId},
};

/// A current or future post with one period of its holder's validity: a row for each period, or a
/// single row without one if nothing is valid.
#[derive(Debug)]
pub struct Counted {
    pub station: StationId,
    pub station_name: String,
    pub level: StationLevel,
    pub division_name: String,
    pub person: Option<PersonId>,
    pub name: Option<String>,
    pub since: Option<Day>,
    pub until: Option<Day>,
    pub contract_until: Option<Day>,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
}

/// Posts of every running station within a place, each with the validity of certificates from
/// assistant upwards. At most 200,000 rows.
pub async fn counted(
    tx: &mut Tx,
    within: &DivisionCode,
    one: Option<StationId>,
    with_rooms: bool,
) -> Result<Vec<Counted>> {
    let today = tx.today();
    let rows = sqlx::query_as!(
        Counted,
        r#"
        select stations.id as "station: StationId", stations.name as station_name, stations.level as "level: StationLevel",
               divisions.name as division_name, posts.person_id as "person?: PersonId", posts.person_name as "name?",
               posts.since as "since?: Day", posts.until as "until?: Day",
               posts.contract_until as "contract_until?: Day", valid.valid_from as "valid_from?: Day",
               valid.valid_to as "valid_to?: Day"
        from stations
        join divisions on divisions.network_id = stations.network_id and divisions.code = stations.division
        left join posts on posts.network_id = stations.network_id and posts.station_id = stations.id
            and (posts.until is null or posts.until >= $3)
        left join lateral (
            select valid_from, valid_to from registrations
            join certificates on certificates.network_id = registrations.network_id
                and certificates.id = registrations.certificate_id
            where registrations.network_id = posts.network_id and registrations.person_id = posts.person_id
              and valid_to >= $3 and certificates.level <> 'associate'
        ) as valid on true
        where stations.division >= $1 and stations.division < $2 and stations.state = 'operating'
          and ($4::uuid is null or stations.id = $4) and ($5 or stations.level <> 'village')
        order by stations.division, stations.id, posts.id limit 200000
        "#,
        within.as_str(),
        within.end(),
        today.0,
        one.map(|id| id.0),
        with_rooms,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Those of these persons that are within reach.
pub async fn visible(tx: &mut Tx, persons: &[PersonId]) -> Result<Vec<PersonId>> {
    let ids: Vec<_> = persons.iter().map(|id| id.0).collect();
    let ids = sqlx::query_scalar!(r#"select id as "id: PersonId" from persons where id = any($1)"#, &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(ids)
}
