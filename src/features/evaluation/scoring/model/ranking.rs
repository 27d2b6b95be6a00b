//! Grades within quotas, and ranks among peers. Pure.

use std::collections::HashMap;

use crate::{
    features::evaluation::evaluations::Band,
    kernel::{EvaluationId, Points, most_of},
};

/// The input for grading by quota and ranking one station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: EvaluationId,
    pub peers: String,
    pub total: Option<Points>,
    /// Index of the grade among the bands; `None` if not graded.
    pub band: Option<usize>,
    /// Set if a quota lowered the grade below what the points allow.
    pub lowered: bool,
}

/// Applies the quotas, best grade first. At most the band's share of the graded stations,
/// rounded down, keeps the grade: those with the most points. Stations with equal points
/// keep it together or lose it together.
pub fn lower_by_quota(bands: &[Band], standings: &mut [Standing]) {
    let graded = standings.iter().filter(|one| one.band.is_some()).count();
    for (at, band) in bands.iter().enumerate() {
        let Some(quota) = band.quota_bp else { continue };
        let most = usize::try_from(most_of(i64::try_from(graded).unwrap_or(0), quota)).unwrap_or(0);
        let mut totals: Vec<Points> =
            standings.iter().filter(|one| one.band == Some(at)).filter_map(|one| one.total).collect();
        totals.sort_unstable_by(|one, two| two.cmp(one));
        if totals.len() <= most {
            continue;
        }
        // The best total outside the quota; every station with this total or less loses the grade.
        let out = totals[most];
        for one in standings.iter_mut().filter(|one| one.band == Some(at) && one.total <= Some(out)) {
            one.band = Some((at + 1).min(bands.len() - 1));
            one.lowered = true;
        }
    }
}

/// The rank of each graded station among its peers: one plus the number of peers with a
/// better grade, or the same grade and more points. So a station whose grade fell by a veto
/// ranks below every better grade, whatever its points.
pub fn ranks(standings: &[Standing]) -> HashMap<EvaluationId, i32> {
    let rank = |one: &Standing| {
        let better = |other: &&Standing| match (other.band, one.band) {
            (Some(theirs), Some(ours)) => theirs < ours || theirs == ours && other.total > one.total,
            (theirs, _) => theirs.is_some(),
        };
        let before = standings.iter().filter(|other| other.peers == one.peers).filter(better).count();
        i32::try_from(before + 1).unwrap_or(i32::MAX)
    };
    standings.iter().filter(|one| one.total.is_some()).map(|one| (one.id, rank(one))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bands() -> Vec<Band> {
        [("优秀", 90, Some(1500)), ("良好", 80, Some(5000)), ("合格", 60, None), ("不合格", 0, None)]
            .map(|(label, from, quota_bp)| Band { label: label.to_owned(), from: Points(from * 1000), quota_bp })
            .to_vec()
    }

    fn standing(total: i64) -> Standing {
        let band = bands().iter().position(|band| Points(total) >= band.from);
        Standing { id: EvaluationId::new(), peers: "站".to_owned(), total: Some(Points(total)), band, lowered: false }
    }

    #[test]
    fn ties_that_do_not_fit_stay_out_together() {
        // 15 % of 20 is 3: first place and a tie of two fit, but of a tie of three none do.
        for (equal, kept) in [(2, 3), (3, 1)] {
            let mut all: Vec<_> = [97_000].into_iter().chain(vec![95_000; equal]).map(standing).collect();
            all.extend((all.len()..20).map(|_| standing(70_000)));
            lower_by_quota(&bands(), &mut all);
            assert_eq!(all.iter().filter(|one| one.band == Some(0)).count(), kept);
        }
    }

    #[test]
    fn a_veto_ranks_behind_who_was_not_vetoed() {
        let mut all: Vec<_> = [95_000, 92_000, 70_000].into_iter().map(standing).collect();
        all[0].band = Some(3);
        let ranks = ranks(&all);
        assert_eq!(all.iter().map(|one| ranks[&one.id]).collect::<Vec<_>>(), [3, 1, 2]);
    }

    proptest! {
        #[test]
        fn no_quota_is_exceeded_and_more_points_never_get_less(totals in prop::collection::vec(0..=110_000_i64, 1..40)) {
            let mut all: Vec<_> = totals.iter().map(|total| standing(*total)).collect();
            lower_by_quota(&bands(), &mut all);
            for (at, band) in bands().iter().enumerate() {
                let have = all.iter().filter(|one| one.band == Some(at)).count();
                if let Some(quota) = band.quota_bp {
                    prop_assert!(have * 10_000 <= all.len() * usize::try_from(quota).unwrap());
                }
            }
            for one in &all {
                for two in &all {
                    prop_assert!(one.total <= two.total || one.band <= two.band);
                    prop_assert!(one.total != two.total || one.band == two.band);
                }
            }
        }
    }
}
