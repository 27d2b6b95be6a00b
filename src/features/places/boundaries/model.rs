//! Assigns new codes to the divisions that move in a merger. Pure.

use std::collections::BTreeSet;

use crate::{
    features::places::divisions::Division,
    kernel::{Day, DivisionCode},
};

/// A division that ends and its successor; `begins` if the successor is new.
#[derive(Debug, PartialEq, Eq)]
pub struct Succession {
    pub old: Division,
    pub new: Division,
    pub begins: bool,
}

/// The new codes of a division and everything inside it: the same last digits under the successor
/// or, where those are taken, the next free ones. `moved` holds the division and everything inside
/// it, by code; `taken` holds the codes already in use under the successor. `None` if no
/// three-digit code is left.
pub fn successions(
    moved: &[Division],
    into: &Division,
    into_begins: bool,
    on: Day,
    taken: &[DivisionCode],
) -> Option<Vec<Succession>> {
    let mut taken: BTreeSet<String> = taken.iter().map(ToString::to_string).collect();
    let mut done: Vec<Succession> = vec![];
    for old in moved {
        let Some(first) = done.first() else {
            done.push(Succession { old: old.clone(), new: into.clone(), begins: into_begins });
            continue;
        };
        // Parents come before their children, so the parent's successor is known.
        let parent = done.iter().rev().find(|step| Some(&step.old.code) == old.parent.as_ref()).unwrap_or(first);
        let old_code = old.code.as_str();
        let tail = &old_code[parent.old.code.as_str().len()..];
        let code = free(parent.new.code.as_str(), tail, &taken)?;
        taken.insert(code.clone());
        let new = Division {
            code: DivisionCode::parse(&code).ok()?,
            parent: Some(parent.new.code.clone()),
            level: old.level,
            name: old.name.clone(),
            since: on,
            until: None,
            successor: None,
        };
        done.push(Succession { old: old.clone(), new, begins: true });
    }
    Some(done)
}

/// The first free code under `parent`, starting at `tail` and of the same length. It stays within
/// its hundred, which encodes the kind of place.
fn free(parent: &str, tail: &str, taken: &BTreeSet<String>) -> Option<String> {
    let wanted: u32 = tail.parse().ok()?;
    let hundred = wanted / 100 * 100;
    (wanted..hundred + 100)
        .chain(hundred.max(1)..wanted)
        .map(|number| format!("{parent}{number:0width$}", width = tail.len()))
        .find(|code| !taken.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Level;

    fn division(code: &str, parent: &str, level: Level) -> Division {
        Division {
            code: DivisionCode::parse(code).unwrap(),
            parent: DivisionCode::parse(parent).ok(),
            level,
            name: format!("地{code}"),
            since: "1949-10-01".parse().unwrap(),
            until: None,
            successor: None,
        }
    }

    fn codes(successions: &[Succession]) -> Vec<(&str, &str)> {
        successions.iter().map(|step| (step.old.code.as_str(), step.new.code.as_str())).collect()
    }

    #[test]
    fn what_is_inside_keeps_its_last_digits_or_takes_the_next_free() {
        let moved = [
            division("510411102", "510411", Level::Township),
            division("510411102001", "510411102", Level::Village),
            division("510411102201", "510411102", Level::Village),
        ];
        let into = division("510411100", "510411", Level::Township);
        let taken = [DivisionCode::parse("510411100001").unwrap(), DivisionCode::parse("510411100002").unwrap()];

        let steps = successions(&moved, &into, false, "2025-01-01".parse().unwrap(), &taken).unwrap();

        let expected = [("510411102", "510411100"), ("510411102001", "510411100003"), ("510411102201", "510411100201")];
        assert_eq!(codes(&steps), expected);
        assert!(!steps[0].begins && steps[1].begins);
    }

    #[test]
    fn a_recoded_county_takes_everything_along() {
        let moved = [
            division("510411", "5104", Level::County),
            division("510411100", "510411", Level::Township),
            division("510411100001", "510411100", Level::Village),
        ];
        let into = division("510413", "5104", Level::County);

        let steps = successions(&moved, &into, true, "2025-01-01".parse().unwrap(), &[]).unwrap();

        let expected = [("510411", "510413"), ("510411100", "510413100"), ("510411100001", "510413100001")];
        assert_eq!(codes(&steps), expected);
    }

    #[test]
    fn a_full_hundred_is_told() {
        let taken: BTreeSet<String> = (0..100).map(|n| format!("510411100{n:03}")).collect();
        assert_eq!(free("510411100", "001", &taken), None);
    }
}
