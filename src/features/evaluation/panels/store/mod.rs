//! Statements behind evaluators, recusals, clearances and seats.

mod recusals;
mod seats;

pub use recusals::{Recusal, RecusalFilter, decide, recusals, recuse};
pub use seats::{
    Conflict, NewProfile, Profile, Seat, clear_and_seat, conflicts, grant_seats, hand_back, is_whole, profiles,
    put_profile, seats, seats_at, stations_ahead, strike, submitted, unseat,
};
