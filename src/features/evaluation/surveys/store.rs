//! Statements behind surveys: their slips, answers and results.

use sqlx::types::Json;
use uuid::Uuid;

use super::model::{Channel, FEWEST, MOST_SLIPS, Party, Questions, Ratings, Survey, SurveyPlan, Tally};
use crate::{
    db::{Tx, code_hash},
    features::evaluation::evaluations::Evaluation,
    kernel::{Day, DivisionCode, Error, EvaluationId, Listed, Paging, Result, RoundId, StationId},
};

/// The survey of a round, if it has one.
pub async fn find(tx: &mut Tx, round: RoundId) -> Result<Option<Survey>> {
    let row = sqlx::query!(
        r#"
        select opens_on as "opens_on: Day", closes_on as "closes_on: Day", questions as "questions: Json<Questions>",
               closed_at, version
        from surveys where round_id = $1
        "#,
        round.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Survey {
        opens_on: row.opens_on,
        closes_on: row.closes_on,
        questions: row.questions.0,
        closed_at: row.closed_at,
        version: row.version,
    }))
}

/// Adds a survey to a round. Returns false if the round has one already.
pub async fn add(tx: &mut Tx, round: RoundId, plan: &SurveyPlan) -> Result<bool> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        insert into surveys (round_id, opens_on, closes_on, questions, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing
        ",
        round.0,
        plan.opens_on.0,
        plan.closes_on.0,
        Json(&plan.questions) as _,
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Changes an open survey if `version` still matches; the questions change only before the
/// first answer. Returns true if it was changed.
pub async fn change(tx: &mut Tx, round: RoundId, version: i32, plan: &SurveyPlan) -> Result<bool> {
    let done = sqlx::query!(
        "
        update surveys set opens_on = $3, closes_on = $4, questions = $5, version = version + 1
        where round_id = $1 and version = $2 and closed_at is null
          and (questions = $5 or not exists (
              select from survey_answers a where a.network_id = surveys.network_id and a.round_id = $1))
        ",
        round.0,
        version,
        plan.opens_on.0,
        plan.closes_on.0,
        Json(&plan.questions) as _,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// The slips and answers of one party of a station.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub struct Standing {
    pub slips: i64,
    pub used: i64,
    pub tally: Tally,
}

/// A station of the round, with the standing of each party in the order of [`Party::ALL`].
/// While the survey is open, answers are counted only if the round's scores are open.
#[derive(Debug)]
pub struct Surveyed {
    pub id: EvaluationId,
    pub station_name: String,
    pub division_name: String,
    pub parties: Json<Vec<Standing>>,
}

impl Surveyed {
    pub fn tallies(&self) -> Vec<Tally> {
        self.parties.iter().map(|standing| standing.tally).collect()
    }
}

/// The stations still in a round, one page of them.
pub async fn page(tx: &mut Tx, round: RoundId, paging: Paging) -> Result<Listed<Surveyed>> {
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from evaluations where round_id = $1 and position <> 'excluded'"#,
        round.0,
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = surveyed(tx, round, None, (paging.size(), paging.offset())).await?;
    Ok(Listed { rows, total, paging })
}

/// A slice of the rows behind `page`, for one evaluation or all.
pub async fn surveyed(
    tx: &mut Tx,
    round: RoundId,
    one: Option<EvaluationId>,
    (limit, offset): (i64, i64),
) -> Result<Vec<Surveyed>> {
    let parties: Vec<String> = Party::ALL.iter().map(|party| party.as_str().to_owned()).collect();
    let rows = sqlx::query_as!(
        Surveyed,
        r#"
        select e.id as "id: EvaluationId", s.name as station_name, d.name as division_name,
               counted.parties as "parties!: Json<Vec<Standing>>"
        from evaluations e
        join stations s on s.network_id = e.network_id and s.id = e.station_id
        join divisions d on d.network_id = e.network_id and d.code = e.division
        cross join lateral (
            select jsonb_agg(jsonb_build_object('slips', slips.slips, 'used', slips.used, 'tally', jsonb_build_object(
                       'party', asked.party, 'answers', coalesce(r.answers, answers.answers), 'sum', r.sum,
                       'ratings', r.ratings)) order by asked.at) as parties
            from unnest($3::text[]) with ordinality as asked (party, at)
            cross join lateral (
                select count(*) as slips, count(*) filter (where is_used) as used from survey_slips x
                where x.network_id = e.network_id and x.evaluation_id = e.id and x.party = asked.party
            ) as slips
            cross join lateral (
                select count(*) as answers from survey_answers x
                where x.network_id = e.network_id and x.evaluation_id = e.id and x.party = asked.party
            ) as answers
            left join survey_results r
                on r.network_id = e.network_id and r.evaluation_id = e.id and r.party = asked.party
        ) as counted
        where e.round_id = $1 and ($2::uuid is null or e.id = $2) and position <> 'excluded'
        order by e.division, s.name limit $4 offset $5
        "#,
        round.0,
        one.map(|id| id.0),
        &parties,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Free-text remarks, in an order that reveals nothing, from parties whose answers are not
/// hidden. At most 300.
pub async fn remarks(tx: &mut Tx, of: EvaluationId) -> Result<Vec<(Party, String)>> {
    let rows = sqlx::query!(
        r#"
        select party as "party: Party", words from survey_answers a
        where evaluation_id = $1 and words <> '' and exists (
            select from survey_results r where r.network_id = a.network_id and r.evaluation_id = $1 and r.party = a.party
              and r.sum is not null)
        order by party, id limit 300
        "#,
        of.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.party, row.words)).collect())
}

fn token_of(tx: &Tx, of: EvaluationId, party: Party, serial: i16) -> Result<String> {
    let place = format!("{of}/{}/{serial}", party.as_str());
    tx.code("survey_slips.hash", &place)
}

/// Creates slips until each of these stations has `to` for a party. Returns the number
/// created, without those another request created at the same moment.
pub async fn top_up(
    tx: &mut Tx,
    of: &[(EvaluationId, StationId, DivisionCode)],
    round: RoundId,
    party: Party,
    to: i16,
) -> Result<u64> {
    let ids: Vec<Uuid> = of.iter().map(|(id, ..)| id.0).collect();
    let have = sqlx::query!(
        r#"
        select evaluation_id as "id: EvaluationId", max(serial) as "most!" from survey_slips
        where evaluation_id = any($1) and party = $2 group by 1
        "#,
        &ids,
        party.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut evaluations, mut stations, mut divisions, mut serials, mut hashes) =
        (vec![], vec![], vec![], vec![], vec![]);
    for (id, station, division) in of {
        let most = have.iter().find(|row| row.id == *id).map_or(0, |row| row.most);
        for serial in most + 1..=to.min(MOST_SLIPS) {
            evaluations.push(id.0);
            stations.push(station.0);
            divisions.push(division.to_string());
            serials.push(serial);
            hashes.push(code_hash(&token_of(tx, *id, party, serial)?));
        }
    }
    let made = sqlx::query!(
        "
        insert into survey_slips (evaluation_id, party, serial, round_id, station_id, division, hash)
        select evaluation_id, $1, serial, $2, station_id, division, hash
        from unnest($3::uuid[], $4::uuid[], $5::text[], $6::smallint[], $7::bytea[])
            as t (evaluation_id, station_id, division, serial, hash)
        on conflict do nothing
        ",
        party.as_str(),
        round.0,
        &evaluations,
        &stations,
        &divisions,
        &serials,
        &hashes,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(made)
}

/// The unused slips of a party, one page of them, each with its serial and token.
pub async fn unused(tx: &mut Tx, of: EvaluationId, party: Party, paging: Paging) -> Result<Listed<(i16, String)>> {
    let serials = sqlx::query_scalar!(
        "select serial from survey_slips where evaluation_id = $1 and party = $2 and not is_used order by serial",
        of.0,
        party.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = i64::try_from(serials.len()).unwrap_or(0);
    let paging = paging.within(total);
    let (skip, take) = (usize::try_from(paging.offset()).unwrap_or(0), usize::try_from(paging.size()).unwrap_or(20));
    let shown = serials.into_iter().skip(skip).take(take);
    let rows = shown.map(|serial| Ok((serial, token_of(tx, of, party, serial)?))).collect::<Result<_>>()?;
    Ok(Listed { rows, total, paging })
}

/// A slip as found by its token.
#[derive(Clone, Debug)]
pub struct Slip {
    pub evaluation: EvaluationId,
    pub station: StationId,
    pub station_name: String,
    pub division: DivisionCode,
    pub round: RoundId,
    pub round_name: String,
    pub party: Party,
    pub serial: i16,
    pub is_used: bool,
}

/// Finds the slip of a token; an unknown one is [`Error::NotFound`]. For the rest of this
/// transaction, answers about its station may be written.
pub async fn slip(tx: &mut Tx, token: &str) -> Result<Slip> {
    let hash = code_hash(token);
    tx.hold_slip(&hash).await?;
    let slip = sqlx::query_as!(
        Slip,
        r#"
        select evaluation_id as "evaluation: EvaluationId", x.station_id as "station: StationId", s.name as station_name,
               x.division as "division: DivisionCode", x.round_id as "round: RoundId", r.name as round_name,
               party as "party: Party", serial, is_used
        from survey_slips x
        join stations s on s.network_id = x.network_id and s.id = x.station_id
        join evaluation_rounds r on r.network_id = x.network_id and r.id = x.round_id
        where hash = $1
        "#,
        &hash,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(slip)
}

/// Saves the one answer of a slip. Returns false if the slip was used already, perhaps at
/// this moment.
pub async fn answer_slip(tx: &mut Tx, slip: &Slip, ratings: &Ratings, words: &str) -> Result<bool> {
    let used = sqlx::query!(
        "
        update survey_slips set is_used = true
        where evaluation_id = $1 and party = $2 and serial = $3 and not is_used
        ",
        slip.evaluation.0,
        slip.party.as_str(),
        slip.serial,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if used == 1 {
        let of = (slip.evaluation, slip.round, slip.station, &slip.division);
        insert(tx, of, (slip.party, Channel::Slip, ""), &[(ratings.clone(), words.to_owned())]).await?;
    }
    Ok(used == 1)
}

/// Saves answers typed from paper, telephone or interviews, with the name of the interviewer
/// or typist.
pub async fn put_answers(
    tx: &mut Tx,
    of: &Evaluation,
    (party, channel, by): (Party, Channel, &str),
    answers: &[(Ratings, String)],
) -> Result<()> {
    if channel == Channel::Slip {
        return Err(Error::bug("an answer by slip that is typed"));
    }
    insert(tx, (of.id, of.round, of.station, &of.division), (party, channel, by), answers).await
}

async fn insert(
    tx: &mut Tx,
    (id, round, station, division): (EvaluationId, RoundId, StationId, &DivisionCode),
    (party, channel, by): (Party, Channel, &str),
    answers: &[(Ratings, String)],
) -> Result<()> {
    // Random ids (v4), so that an id doesn't reveal the time of an answer.
    let rows: Vec<_> = answers
        .iter()
        .map(|(ratings, words)| serde_json::json!({ "id": Uuid::new_v4(), "ratings": ratings, "words": without_numbers(words) }))
        .collect();
    sqlx::query!(
        "
        insert into survey_answers (id, evaluation_id, party, round_id, station_id, division, channel, ratings, words, entered_by)
        select id, $1, $2, $3, $4, $5, $6, array(select value::smallint from jsonb_array_elements_text(ratings) with ordinality as r (value, at) order by at), words, $7
        from jsonb_to_recordset($8) as t (id uuid, ratings jsonb, words text)
        ",
        id.0,
        party.as_str(),
        round.0,
        station.0,
        division.as_str(),
        channel.as_str(),
        by,
        Json(rows) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Closes a survey if `version` still matches and saves its results; the round's scores must
/// be open. Returns false if somebody closed or changed it first.
pub async fn close(tx: &mut Tx, round: RoundId, version: i32) -> Result<bool> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let done = sqlx::query!(
        "
        update surveys set closed_at = $3, closed_by = $4, version = version + 1
        where round_id = $1 and version = $2 and closed_at is null
        ",
        round.0,
        version,
        now,
        by,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "
        insert into survey_results (evaluation_id, party, round_id, station_id, division, answers, sum, ratings)
        select evaluation_id, party, round_id, station_id, division, count(*),
               case when count(*) >= $2 and sum(rated.ratings) > 0 then sum(rated.sum) end,
               case when count(*) >= $2 and sum(rated.ratings) > 0 then sum(rated.ratings) end
        from survey_answers a
        cross join lateral (select count(rating) as ratings, coalesce(sum(rating), 0) as sum from unnest(a.ratings) as r (rating)) as rated
        where round_id = $1 group by evaluation_id, party, round_id, station_id, division
        ",
        round.0,
        FEWEST,
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The satisfaction of one party over all stations of a round.
#[derive(Clone, Debug)]
pub struct Said {
    pub party: &'static str,
    /// Number of answers about stations whose answers are not hidden.
    pub answers: i64,
    /// Satisfaction in percent; `None` if all are hidden.
    pub percent: Option<String>,
    /// Number of stations whose answers are hidden.
    pub hidden: i64,
}

/// The satisfaction of a round by party; empty until the survey is closed.
pub async fn satisfaction(tx: &mut Tx, round: RoundId) -> Result<Vec<Said>> {
    let rows = sqlx::query!(
        r#"
        select party as "party!: Party", coalesce(sum(answers) filter (where sum is not null), 0)::bigint as "answers!",
               sum(sum)::bigint as sum, sum(ratings)::bigint as ratings,
               count(*) filter (where sum is null) as "hidden!"
        from survey_results where round_id = $1 group by party
        "#,
        round.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut said: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let tally = Tally { party: row.party, answers: row.answers, sum: row.sum, ratings: row.ratings };
            (
                row.party,
                Said { party: row.party.short(), answers: row.answers, percent: tally.percent(), hidden: row.hidden },
            )
        })
        .collect();
    said.sort_by_key(|(party, _)| *party);
    Ok(said.into_iter().map(|(_, said)| said).collect())
}

/// True if anybody has answered; the round's scores must be open.
pub async fn has_answers(tx: &mut Tx, round: RoundId) -> Result<bool> {
    let has =
        sqlx::query_scalar!(r#"select exists (select from survey_answers where round_id = $1) as "has!""#, round.0)
            .fetch_one(tx.conn())
            .await?;
    Ok(has)
}

/// Removes numbers that could be a telephone or identity card number.
fn without_numbers(words: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for one in words.chars().chain(['\0']) {
        if one.is_ascii_digit() || !run.is_empty() && matches!(one, '-' | ' ') {
            run.push(one);
            continue;
        }
        if run.chars().filter(char::is_ascii_digit).count() >= 7 {
            out.push_str("（号码已隐去）");
        } else {
            out.push_str(&run);
        }
        run.clear();
        if one != '\0' {
            out.push(one);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_name_somebody_are_left_out() {
        assert_eq!(without_numbers("找我 138-1234 5678，2026 年来"), "找我 （号码已隐去），2026 年来");
        assert_eq!(without_numbers("来过 3 次，共 120 元"), "来过 3 次，共 120 元");
        assert_eq!(without_numbers("13812345678"), "（号码已隐去）");
    }
}
