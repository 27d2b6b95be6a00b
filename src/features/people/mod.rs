//! People who work at stations: persons and their posts, certificates and their registration,
//! continuing education, and station teams now and in the future.
//!
//! A person belongs to the station of their main post; the station of a second post sees only a
//! card that does not lead to the person. Staff of a past month is counted from dated posts,
//! validity and periods, so transfers, departures and renewals do not change the past. ID and
//! telephone numbers are encrypted; pages and exports show masks.

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
