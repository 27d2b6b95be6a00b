//! Statements behind scores, settlements, results and appeals. They see only rows opened by
//! [`Tx::lead_round`](crate::db::Tx::lead_round),
//! [`Tx::open_released_round`](crate::db::Tx::open_released_round) or
//! [`Tx::open_scored`](crate::db::Tx::open_scored).

mod appeals;
mod results;
mod scores;
mod waiting;

pub use appeals::{Appeal, appeal, appeals, decide_appeal, open_appeals};
pub use results::{NewResult, PastGrade, ResultRow, drop_result, keep_results, results, results_of_station, value_of};
pub use scores::{Assigned, Given, NewScore, Settled, assigned, columns, given, put_scores, settle, settled, unsettle};
pub use waiting::waiting;
