//! Panels (评估专家组): who evaluates, who must not, and who scores which station.
//!
//! Whoever holds a grant as evaluator may be seated. A pair of evaluator and station is in
//! conflict by employment at the station, its rooms or its agency, now or within two years;
//! by a role of theirs that supervises or runs it; by a project their agency carries out
//! there; by the township they live or serve in; and by what they declared or was decided
//! on request. The reasons follow the logic of the Ministry's order 39 on grading
//! (interest, employment within two years, other relations that may affect fairness; the
//! evaluated may ask for withdrawal) and common sense for what it leaves open.
//!
//! A seat refers to a clearance, which only a pair without conflict has: not even who makes
//! panels can seat a pair in conflict. A draw is balanced and made by a seed on record, so
//! that it can be made again. Seats come with a grant for the round, narrowed to the
//! stations of the seats, that ends with it.

mod model;
mod pages;
mod store;

pub use model::{Background, Candidate, Certified, Origin, RecusalReason, draw};
pub use store::{
    NewProfile, Seat, clear_and_seat, conflicts, decide, grant_seats, hand_back, is_whole, profiles, put_profile,
    recuse, seats, submitted,
};

use crate::{
    access::Act::{ReadRecusals, RunEvaluations, ScoreOwnStation, ScoreStations},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{evaluators, panel, recusals};
    Routes::default()
        .get("/evaluators", May(RunEvaluations), evaluators::index)
        .get("/evaluators/{id}", May(RunEvaluations), evaluators::edit)
        .post("/evaluators/{id}", May(RunEvaluations), evaluators::update)
        .get("/evaluations/rounds/{id}/panels", May(RunEvaluations), panel::of_round)
        .post("/evaluations/rounds/{id}/panels/draw", May(RunEvaluations), panel::draw_all)
        .post("/evaluations/rounds/{id}/panels/start", May(RunEvaluations), panel::start_all)
        .get("/evaluations/{id}/panel", May(RunEvaluations), panel::show)
        .post("/evaluations/{id}/panel", May(RunEvaluations), panel::seat)
        .post("/evaluations/{id}/panel/removal", May(RunEvaluations), panel::unseat)
        .post("/evaluations/{id}/panel/visit", May(RunEvaluations), panel::visit_on)
        .post("/evaluations/{id}/panel/start", May(RunEvaluations), panel::start)
        .post("/evaluations/{id}/panel/close", May(RunEvaluations), panel::close)
        .get("/evaluations/{id}/recusals", May(ScoreOwnStation), recusals::of_station)
        .post("/evaluations/{id}/recusals", May(ScoreOwnStation), recusals::request)
        .get("/recusals", May(ReadRecusals), recusals::index)
        .post("/recusals", May(ScoreStations), recusals::declare)
        .post("/recusals/entry", May(RunEvaluations), recusals::enter)
        .post("/recusals/{id}/decision", May(RunEvaluations), recusals::decide)
}
