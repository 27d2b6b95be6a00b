use super::Role;
use crate::kernel::{AccountId, AgencyId, DivisionCode, NetworkId, StationId};

/// How far somebody reaches: a division with all inside it, and, where it is
/// narrower, only these stations. Who works for an agency reaches that agency's own
/// people besides, and no other's.
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

    /// As the row level security policies read it: `all` or `{…}`.
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

/// Where a piece of work came from, for the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: String,
    pub address: String,
}

/// On whose behalf, in which network, how far and from where some work is done.
/// Made from a session, a command or the clock; no query runs without one.
#[derive(Clone, Debug)]
pub struct Scope {
    pub network: NetworkId,
    pub reach: Reach,
    /// `None`: nobody's request, but the system's own work.
    pub role: Option<Role>,
    pub account: Option<AccountId>,
    /// Who it was, in words, for the audit trail.
    pub actor: String,
    pub origin: Origin,
}

impl Scope {
    /// Work of the system itself in one network: a command, the clock, sign-in.
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
