//! Panels: conflicts are not seated, recusals end a seat.

use axum::http::StatusCode;
use station_network::access::Role;
use uuid::Uuid;

use crate::evaluations::Contest;
use crate::support::{CITY, TOWNSHIP, form};

#[tokio::test]
async fn who_is_in_conflict_is_not_seated_and_who_is_recused_does_not_score() {
    let contest = Contest::new().await;
    let (county, path) = (&contest.county, &contest.evaluation);
    contest.self_score().await;
    let [one, two, three] = contest.accounts[..] else { panic!("three") };
    let local = format!("background=scholar&certified=none&version=1&place={TOWNSHIP}");
    county.post(&format!("/evaluators/{two}"), &local).await.done();
    let seen = county.post(&format!("{path}/panel"), &format!("account={two}")).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("要回避");
    // Now `three` is an officer of the station's township.
    contest.world.grant(three, Role::TownshipOfficer, TOWNSHIP, &[]).await;
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={three}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    county.get(&format!("{path}/panel")).await.ok().says("是该站所在乡镇（街道）的工作人员");
    // A draw excludes both and says that a seat is missing.
    let seen = county
        .post(
            &format!("{}/panels/draw", contest.round),
            &form(&[
                ("seed", "公布的数字"),
                ("picked", &one.to_string()),
                ("picked", &two.to_string()),
                ("picked", &three.to_string()),
            ]),
        )
        .await;
    assert!(seen.done().ends_with("done=drawn_short"));
    let seated: Vec<Uuid> =
        sqlx::query_scalar("select account_id from panel_seats").fetch_all(&contest.world.root).await.unwrap();
    assert_eq!(seated, [one]);

    let id = path.trim_start_matches("/evaluations/");
    let seat = |account: Uuid| {
        format!(
        "insert into panel_seats (network_id, evaluation_id, account_id, round_id, station_id, division, seated_by, seated_at)
         select network_id, id, '{account}', round_id, station_id, division, 'x', now() from evaluations where id = '{id}'"
    )
    };
    assert_eq!(contest.refused(seat(two)).await, "panel_seats_clearance");
    let score = format!(
        "insert into evaluation_scores (network_id, evaluation_id, account_id, code, round_id, station_id, division, rubric_id, answer, points, key, changed_at)
         select s.network_id, evaluation_id, '{two}', 'A1', round_id, s.station_id, division, (select rubric_id from evaluation_rounds limit 1), '{{}}', 0, gen_random_uuid(), seated_at from panel_seats s"
    );
    assert_eq!(contest.refused(score).await, "evaluation_scores_seat");
    // The station requests a recusal and the county approves it: the seat goes, and its grant.
    let expert = contest.expert(one).await;
    contest
        .head
        .post(
            &format!("{path}/recusals"),
            &form(&[("account", &one.to_string()), ("reason", "kinship"), ("words", "是站长的表兄")]),
        )
        .await
        .done();
    county
        .post(
            &format!("/recusals/{}/decision", contest.station),
            &form(&[("account", &one.to_string()), ("seq", "1"), ("decision", "approved"), ("words", "属实")]),
        )
        .await
        .done();
    assert_eq!(contest.refused(seat(one)).await, "panel_seats_clearance");
    assert_eq!(expert.get(path).await.status, StatusCode::SEE_OTHER, "the grant has ended");
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={one}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // A declared conflict bars an evaluator even before a decision.
    let four = contest.world.account("专家丁", None).await;
    let grant = contest.world.grant(four, Role::Evaluator, CITY, &[]).await;
    let expert = contest.world.session(four, grant).await;
    expert
        .post(
            "/recusals",
            &form(&[("station", &contest.station.to_string()), ("reason", "interest"), ("words", "投资过该机构")]),
        )
        .await
        .done();
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={four}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
