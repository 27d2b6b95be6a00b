//! Ranks and medians of places among their siblings. Pure.

use std::collections::BTreeMap;

/// A place's completion in a year, to be compared with its siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    pub year: i32,
    pub basis: String,
    pub parent: String,
    pub division: String,
    /// Built ÷ planned in basis points.
    pub bp: i32,
}

/// A place's standing: its rank (ties share one and the next is skipped), the number of places
/// compared, and their median (the lower of the middle two) in basis points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub rated: Rated,
    pub rank: i32,
    pub siblings: i32,
    pub median_bp: i32,
}

pub fn standings(rated: Vec<Rated>) -> Vec<Standing> {
    let mut families: BTreeMap<(i32, String, String), Vec<Rated>> = BTreeMap::new();
    for place in rated {
        families.entry((place.year, place.basis.clone(), place.parent.clone())).or_default().push(place);
    }
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let mut standings = vec![];
    for mut family in families.into_values() {
        family.sort_by(|a, b| b.bp.cmp(&a.bp).then_with(|| a.division.cmp(&b.division)));
        let siblings = count(family.len());
        let median_bp = family.get(family.len() / 2).map_or(0, |place| place.bp);
        let mut rank = 0;
        let mut above = None;
        for (at, place) in family.into_iter().enumerate() {
            if above != Some(place.bp) {
                rank = count(at + 1);
                above = Some(place.bp);
            }
            standings.push(Standing { rated: place, rank, siblings, median_bp });
        }
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rated(division: &str, bp: i32) -> Rated {
        Rated { year: 2021, basis: "then".into(), parent: "5104".into(), division: division.into(), bp }
    }

    #[test]
    fn equals_share_a_rank_and_the_next_is_left_out() {
        let places = [("a", 5000), ("b", 10_000), ("c", 10_000), ("d", 2500)];
        let standings = standings(places.map(|(division, bp)| rated(division, bp)).to_vec());
        let ranks: Vec<_> = standings.iter().map(|place| (place.rated.division.as_str(), place.rank)).collect();
        assert_eq!(ranks, [("b", 1), ("c", 1), ("a", 3), ("d", 4)]);
        assert!(standings.iter().all(|place| (place.siblings, place.median_bp) == (4, 5000)));
    }

    #[test]
    fn years_and_parents_are_compared_apart() {
        let mut other = rated("a", 1);
        other.year = 2022;
        let standings = standings(vec![rated("a", 9), other]);
        assert!(standings.iter().all(|place| place.rank == 1 && place.siblings == 1));
    }
}
