//! A division, and the rules that pick real places from the statistics bureau's tables.

use std::collections::HashMap;

use crate::kernel::{Day, DivisionCode, Level};

/// A division of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    pub code: DivisionCode,
    pub parent: Option<DivisionCode>,
    pub level: Level,
    pub name: String,
    pub since: Day,
    pub until: Option<Day>,
    pub successor: Option<DivisionCode>,
}

/// Sorts rows of the published tables into the tree under a root. Some rows are not places: 市辖区 and
/// 省直辖县级行政区划 in the position of a city, and a city repeated as its own county (441900 within 4419)
/// where it has none. Divisions inside such a row belong to the next place above it. Rows must come
/// with shorter codes first.
#[derive(Debug)]
pub struct Sorter {
    root: DivisionCode,
    /// Short codes; those of real places with their names.
    upper: HashMap<String, Option<String>>,
}

/// Names of rows that only group others.
const NO_PLACES: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

/// True if a row below the county only repeats the division around it: its own digits are zeros
/// (350527000, the county 350527 as its own township).
pub fn repeats(code: &str) -> bool {
    code.len() > 6 && code.ends_with("000")
}

impl Sorter {
    pub fn new(root: DivisionCode) -> Self {
        Self { root, upper: HashMap::new() }
    }

    /// The level and parent of a row, if it is a place within the root.
    pub fn place(&mut self, code: &DivisionCode, name: &str) -> Option<(Level, Option<DivisionCode>)> {
        if !self.root.contains(code) {
            return None;
        }
        let text = code.as_str();
        let level = match text.len() {
            0 => Level::Country,
            2 => Level::Province,
            4 => Level::City,
            6 => Level::County,
            9 => Level::Township,
            _ => Level::Village,
        };
        let city_again = text.len() == 6
            && text.ends_with("00")
            && self.upper.get(&text[..4]).is_some_and(|above| above.as_deref() == Some(name));
        let groups = matches!(level, Level::City | Level::County) && NO_PLACES.contains(&name);
        let place = !groups && !city_again;
        if text.len() <= 6 {
            self.upper.insert(text.to_owned(), place.then(|| name.to_owned()));
        }
        place.then(|| (level, self.parent(code)))
    }

    /// The nearest place around a division, within the root.
    fn parent(&self, code: &DivisionCode) -> Option<DivisionCode> {
        if *code == self.root {
            return None;
        }
        let text = code.as_str();
        if text.len() == 12 {
            return DivisionCode::parse(&text[..9]).ok();
        }
        let around = [6, 4, 2].into_iter().filter(|length| *length < text.len()).find_map(|length| {
            let above = &text[..length];
            matches!(self.upper.get(above), Some(Some(_))).then(|| above.to_owned())
        });
        match around {
            Some(above) => DivisionCode::parse(&above).ok(),
            None => Some(DivisionCode::country()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(root: &str, rows: &[(&str, &str)]) -> Vec<(String, Level, String)> {
        let mut sorter = Sorter::new(DivisionCode::parse(root).unwrap());
        rows.iter()
            .filter_map(|(code, name)| {
                let code = DivisionCode::parse(code).unwrap();
                let (level, parent) = sorter.place(&code, name)?;
                Some((code.to_string(), level, parent.map_or("-".to_owned(), |parent| parent.to_string())))
            })
            .collect()
    }

    fn row(code: &str, level: Level, parent: &str) -> (String, Level, String) {
        (code.to_owned(), level, parent.to_owned())
    }

    #[test]
    fn an_ordinary_city_nests() {
        let rows = [
            ("51", "四川省"),
            ("5104", "攀枝花市"),
            ("510411", "仁和区"),
            ("510411100", "仁和镇"),
            ("510411100001", "某社区居委会"),
        ];
        assert_eq!(
            sorted("5104", &rows),
            [
                row("5104", Level::City, "-"),
                row("510411", Level::County, "5104"),
                row("510411100", Level::Township, "510411"),
                row("510411100001", Level::Village, "510411100"),
            ]
        );
    }

    #[test]
    fn a_city_without_counties_holds_its_townships_itself() {
        let rows = [("44", "广东省"), ("4419", "东莞市"), ("441900", "东莞市"), ("441900003", "东城街道")];
        assert_eq!(
            sorted("44", &rows)[1..],
            [row("4419", Level::City, "44"), row("441900003", Level::Township, "4419")]
        );
    }

    #[test]
    fn counties_directly_under_a_province_hang_there() {
        let rows = [("46", "海南省"), ("4690", "省直辖县级行政区划"), ("469001", "五指山市"), ("469001100", "通什镇")];
        assert_eq!(
            sorted("46", &rows),
            [
                row("46", Level::Province, "-"),
                row("469001", Level::County, "46"),
                row("469001100", Level::Township, "469001"),
            ]
        );
    }

    #[test]
    fn a_county_repeated_as_its_own_township_is_no_place() {
        assert!(repeats("350527000") && repeats("350527000000"));
        assert!(!repeats("110000") && !repeats("441900003") && !repeats("510411100001"));
    }

    #[test]
    fn the_districts_of_a_municipality_hang_under_it() {
        let rows = [("11", "北京市"), ("1101", "市辖区"), ("110101", "东城区")];
        assert_eq!(sorted("11", &rows)[1], row("110101", Level::County, "11"));
    }
}
