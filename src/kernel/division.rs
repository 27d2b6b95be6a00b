//! Administrative divisions (行政区划): their statistical codes and their levels.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// An administrative division, identified by its statistical code (National Bureau of
/// Statistics, 统计用区划代码): 2 digits for a province, 4 for a city, 6 for a county, 9 for a
/// township, 12 for a village, none for the country. A code starts with the code of its parent,
/// so everything inside a division is one range of codes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct DivisionCode(String);

impl DivisionCode {
    /// The country in a URL path, since its code is empty.
    const COUNTRY: &'static str = "china";

    pub fn country() -> Self {
        Self(String::new())
    }

    /// Parses a code; 12 digits padded with zeros give the shorter code.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text == Self::COUNTRY {
            return Ok(Self::country());
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.len() {
            2 | 4 | 6 | 9 if digits => Ok(Self(text.to_owned())),
            12 if digits => Ok(Self(Self::unpadded(text).to_owned())),
            _ => Err("区划代码是 2、4、6、9 或 12 位数字。"),
        }
    }

    fn unpadded(code: &str) -> &str {
        for (length, zeros) in [(2, "0000000000"), (4, "00000000"), (6, "000000"), (9, "000")] {
            if code.len() == 12 && code.ends_with(zeros) {
                return &code[..length];
            }
        }
        code
    }

    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Exclusive end of the range of codes inside this division; `~` sorts after every digit.
    pub fn end(&self) -> String {
        format!("{}~", self.0)
    }

    /// The code as a URL segment.
    pub fn path(&self) -> &str {
        if self.0.is_empty() { Self::COUNTRY } else { &self.0 }
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DivisionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The level of a division. The length of its code is not enough to tell: some cities have no
/// counties, and some counties are directly under a province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Level {
    Country,
    Province,
    City,
    County,
    Township,
    Village,
}

impl Level {
    pub const ALL: [Self; 6] = [Self::Country, Self::Province, Self::City, Self::County, Self::Township, Self::Village];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Country => "全国",
            Self::Province => "省（区、市）",
            Self::City => "市（州）",
            Self::County => "县（市、区）",
            Self::Township => "乡镇（街道）",
            Self::Village => "村（社区）",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> DivisionCode {
        DivisionCode::parse(text).unwrap()
    }

    #[test]
    fn a_county_contains_its_townships_and_villages() {
        assert!(code("510411").contains(&code("510411100")));
        assert!(code("510411").contains(&code("510411100001")));
        assert!(!code("510411100").contains(&code("510411101")));
        assert!(code("china").contains(&code("51")));
    }

    #[test]
    fn twelve_padded_digits_are_the_short_code() {
        assert_eq!(code("510411000000").as_str(), "510411");
        assert_eq!(code("510411100000").as_str(), "510411100");
        assert_eq!(code("510411100201").as_str(), "510411100201");
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in ["", "5", "510", "51041a", "5104111"] {
            assert!(DivisionCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_range_of_a_division_holds_what_lies_inside_and_nothing_else() {
        let county = code("510411");
        let inside = |other: &str| other >= county.as_str() && other < county.end().as_str();
        assert!(inside("510411") && inside("510411999") && inside("510411100201"));
        assert!(!inside("510410999") && !inside("510412") && !inside("5104"));
    }
}
