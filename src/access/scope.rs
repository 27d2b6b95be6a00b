//! The reach of a grant and the scope in which a piece of work runs.

use super::Role;
use crate::kernel::{AccountId, AgencyId, DivisionCode, NetworkId, StationId};

/// The reach of a grant: a division and everything inside it, optionally limited to a list of
/// stations. Agency staff also reach their own agency's people, and no other agency's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub division: DivisionCode,
    pub stations: Option<Vec<StationId>>,
    pub agency: Option<AgencyId>,
}

impl Reach {
    pub fn whole(division: DivisionCode) -> Self {
        Self { division, stations: None, agency: None }
    }

    /// The stations as the row level security policies read them: `all` or `{…}`.
    pub fn stations_setting(&self) -> String {
        match &self.stations {
            None => "all".to_owned(),
            Some(list) => {
                let ids: Vec<String> = list.iter().map(ToString::to_string).collect();
                format!("{{{}}}", ids.join(","))
            }
        }
    }
}

/// The origin of a piece of work, for the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: String,
    pub address: String,
}

/// The account, network, reach and origin behind a piece of work. Built from a session, a command
/// or the clock; no query runs without one.
#[derive(Clone, Debug)]
pub struct Scope {
    pub network: NetworkId,
    pub reach: Reach,
    /// `None` for the system's own work.
    pub role: Option<Role>,
    pub account: Option<AccountId>,
    /// Name of the actor in words, for the audit trail.
    pub actor: String,
    pub origin: Origin,
}

impl Scope {
    /// Scope for the system's own work in one network: a command, the clock, sign-in.
    pub fn of_system(network: NetworkId, actor: &str) -> Self {
        Self {
            network,
            reach: Reach::whole(DivisionCode::country()),
            role: None,
            account: None,
            actor: actor.to_owned(),
            origin: Origin::default(),
        }
    }

    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stations_is_not_all_stations() {
        let mut reach = Reach::whole(DivisionCode::country());
        assert_eq!(reach.stations_setting(), "all");
        reach.stations = Some(vec![]);
        assert_eq!(reach.stations_setting(), "{}");
    }
}
