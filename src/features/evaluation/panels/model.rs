//! Recusal reasons, and the balanced, repeatable draw of panels. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use crate::{
    kernel::{AccountId, EvaluationId},
    words,
};

words! {
    /// The professional background of an evaluator.
    Background {
        Scholar = "scholar", "高校教师";
        Practitioner = "practitioner", "一线社工";
        Official = "official", "主管部门人员";
        Finance = "finance", "财务人员";
        Other = "other", "其他";
    }
}

words! {
    /// An evaluator's social work certificate.
    Certified {
        None = "none", "没有";
        Assistant = "assistant", "助理社会工作师";
        Intermediate = "intermediate", "社会工作师";
        Senior = "senior", "高级社会工作师";
    }
}

words! {
    /// The reason why an evaluator must not score a station.
    RecusalReason {
        Interest = "interest", "利害关系";
        Employed = "employed", "任职或离职不满两年";
        Kinship = "kinship", "亲属关系";
        Supervisor = "supervisor", "主管或督导该站";
        Partner = "partner", "项目合作";
        Other = "other", "其他";
    }
}

words! {
    /// The party that raised a recusal.
    Origin {
        Declared = "declared", "本人申报";
        Requested = "requested", "站点申请";
        Entered = "entered", "组织方登记";
    }
}

words! {
    RecusalState {
        Asked = "asked", "待决定";
        Approved = "approved", "已回避";
        Rejected = "rejected", "不回避";
    }
}

impl RecusalState {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Asked => "warn",
            Self::Approved => "ok",
            Self::Rejected => "plain",
        }
    }
}

/// An evaluator available for the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub account: AccountId,
    pub is_finance: bool,
}

/// The outcome of a draw: new seats, and stations whose panel is still incomplete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    pub seats: Vec<(EvaluationId, AccountId)>,
    pub short: Vec<EvaluationId>,
}

/// The rank of an item in the draw, as a hash of the seed.
fn lot(seed: &str, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.as_bytes());
    for part in parts {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Seats `per` people for each station. People with the fewest seats come first; ties are
/// ordered by the SHA-256 of seed, station and account. If required, a finance evaluator is
/// seated first. Stations with the fewest eligible people draw first. `kept` holds the seats
/// already taken. A pair in `conflict` is never seated.
pub fn draw(
    seed: &str,
    stations: &[EvaluationId],
    candidates: &[Candidate],
    (per, needs_finance): (usize, bool),
    conflict: &BTreeSet<(EvaluationId, AccountId)>,
    kept: &BTreeMap<EvaluationId, Vec<AccountId>>,
) -> Drawn {
    let mut load: HashMap<AccountId, usize> = HashMap::new();
    for account in kept.values().flatten() {
        *load.entry(*account).or_default() += 1;
    }
    let eligible = |station: EvaluationId| {
        candidates.iter().filter(move |candidate| !conflict.contains(&(station, candidate.account)))
    };
    let mut order: Vec<EvaluationId> = stations.to_vec();
    order.sort_by_key(|station| (eligible(*station).count(), lot(seed, &[&station.to_string()])));
    let mut drawn = Drawn::default();
    for station in order {
        let mut panel = kept.get(&station).cloned().unwrap_or_default();
        let is_finance = |account: &AccountId| candidates.iter().any(|of| of.account == *account && of.is_finance);
        while panel.len() < per {
            let wants_finance = needs_finance && !panel.iter().any(is_finance);
            let rank = |candidate: &&Candidate| {
                let seats = load.get(&candidate.account).copied().unwrap_or(0);
                (seats, lot(seed, &[&station.to_string(), &candidate.account.to_string()]))
            };
            let free = eligible(station).filter(|candidate| !panel.contains(&candidate.account));
            let next = free.filter(|candidate| !wants_finance || candidate.is_finance).min_by_key(rank);
            let Some(next) = next else { break };
            panel.push(next.account);
            *load.entry(next.account).or_default() += 1;
            drawn.seats.push((station, next.account));
        }
        if panel.len() < per || needs_finance && !panel.iter().any(is_finance) {
            drawn.short.push(station);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::Config};

    use std::collections::HashSet;

    use super::*;

    fn people(count: usize) -> Vec<Candidate> {
        (0..count).map(|at| Candidate { account: AccountId::new(), is_finance: at % 4 == 0 }).collect()
    }

    fn stations(count: usize) -> Vec<EvaluationId> {
        (0..count).map(|_| EvaluationId::new()).collect()
    }

    #[test]
    fn a_draw_can_be_made_again_and_is_balanced() {
        let (people, stations) = (people(12), stations(40));
        let none = BTreeSet::new();
        let one = draw("种子", &stations, &people, (3, true), &none, &BTreeMap::new());
        assert_eq!(one, draw("种子", &stations, &people, (3, true), &none, &BTreeMap::new()));
        assert_ne!(one, draw("另一个", &stations, &people, (3, true), &none, &BTreeMap::new()));
        let mut load: HashMap<AccountId, usize> = HashMap::new();
        for (_, account) in &one.seats {
            *load.entry(*account).or_default() += 1;
        }
        // 120 seats for 12 people, with one of three finance evaluators at each of 40 stations.
        assert_eq!((one.seats.len(), one.short.len()), (120, 0));
        let others: Vec<_> = people.iter().filter(|of| !of.is_finance).map(|of| load[&of.account]).collect();
        assert!(others.iter().max().unwrap() - others.iter().min().unwrap() <= 1, "{others:?}");
    }

    proptest! {
        #![proptest_config(Config::with_cases(if std::env::var_os("LONG_TESTS").is_some() { 10_000 } else { 1_000 }))]

        /// For any set of conflicts: no pair in conflict is seated, nobody twice, never too
        /// many, and every incomplete panel is reported.
        #[test]
        fn no_pair_in_conflict_is_ever_seated(
            seed in "[a-z0-9]{4}", people_count in 1..14_usize, station_count in 1..12_usize, per in 1..6_usize,
            needs_finance: bool, bits in prop::collection::vec(any::<u8>(), 168),
        ) {
            let (people, stations) = (people(people_count), stations(station_count));
            let mut conflict = BTreeSet::new();
            for (at, station) in stations.iter().enumerate() {
                for (of, person) in people.iter().enumerate() {
                    if bits[(at * 14 + of) % bits.len()] < 90 {
                        conflict.insert((*station, person.account));
                    }
                }
            }
            let drawn = draw(&seed, &stations, &people, (per, needs_finance), &conflict, &BTreeMap::new());
            let unique: HashSet<_> = drawn.seats.iter().collect();
            prop_assert_eq!(unique.len(), drawn.seats.len());
            prop_assert!(drawn.seats.iter().all(|pair| !conflict.contains(pair)));
            for station in &stations {
                let panel: Vec<_> = drawn.seats.iter().filter(|(of, _)| of == station).collect();
                let has_finance = panel.iter().any(|(_, account)| people.iter().any(|of| of.account == *account && of.is_finance));
                prop_assert!(panel.len() <= per);
                let is_whole = panel.len() == per && (!needs_finance || has_finance);
                prop_assert_eq!(!is_whole, drawn.short.contains(station));
            }
        }
    }
}
