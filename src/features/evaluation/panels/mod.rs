//! Panels (评估专家组): evaluators, conflicts of interest, and the seats for each station.
//!
//! Anyone with a grant as evaluator may be seated. A pair of evaluator and station is in
//! conflict if the evaluator works for the station, its rooms or its agency, or did within
//! the last two years; has a role that supervises or runs it; belongs to an agency that
//! carries out a project there; or lives or serves in its township. A declaration by the
//! evaluator, or an approved request of the station, also counts. The reasons follow the
//! Ministry of Civil Affairs' Order 39 on grading social organisations (民政部令第39号:
//! interest, employment within two years, other relations that may affect fairness; the
//! evaluated party may ask for withdrawal) and our own rule where it is silent.
//!
//! A seat needs a clearance, and only a pair without conflict has one, so even the organiser
//! of a panel cannot seat a pair in conflict. A draw is balanced and uses a recorded seed, so
//! that anyone can repeat it. A seat comes with a grant for the round, limited to the
//! stations of the evaluator's seats, which ends with the round.

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
