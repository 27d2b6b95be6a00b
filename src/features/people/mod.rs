//! Who works at stations: persons and their posts, certificates with their registration,
//! continuing education, and teams now and in time to come.
//!
//! A person lies where the main post is; at a second post's station there is a card, and no
//! way to the person. The staff of a past month is counted from dated posts, validity and
//! periods, so that transfers, departures and renewals change no past. ID and telephone
//! numbers are sealed; pages and exports show masks.

pub mod persons;

pub mod certificates;

pub mod education;

pub mod staff;

pub mod record;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default()
        .merge(persons::routes())
        .merge(certificates::routes())
        .merge(education::routes())
        .merge(staff::routes())
        .merge(record::routes())
}
