//! Calendar days, months and instants, all in China Standard Time.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sqlx::{
    Postgres,
    postgres::{PgTypeInfo, PgValueRef},
};

/// China Standard Time, UTC+8, without daylight saving since 1991. No instant stored here is
/// older than that.
const BEIJING: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours are less than a day"),
};

/// Converts an instant to Beijing time.
pub fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&BEIJING)
}

/// `2026-03-05 14:03`, Beijing time.
pub fn moment(at: &DateTime<Utc>) -> String {
    beijing(*at).format("%Y-%m-%d %H:%M").to_string()
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Day(pub NaiveDate);

impl Day {
    /// The calendar day in China at an instant.
    pub fn of(at: DateTime<Utc>) -> Self {
        Self(beijing(at).date_naive())
    }

    /// `2021年12月31日`.
    pub fn in_words(self) -> String {
        self.0.format("%Y年%-m月%-d日").to_string()
    }

    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The last day of a year.
    pub fn end_of(year: i32) -> Self {
        Self(NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX))
    }

    /// The next day.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }

    /// The day `days` days later.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let by = Days::new(days.unsigned_abs());
        let there = if days < 0 { self.0.checked_sub_days(by) } else { self.0.checked_add_days(by) };
        Self(there.unwrap_or(self.0))
    }

    /// The same day `months` months later, or the last day of that month if it is shorter.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let by = Months::new(months.unsigned_abs());
        let there = if months < 0 { self.0.checked_sub_months(by) } else { self.0.checked_add_months(by) };
        Self(there.unwrap_or(self.0))
    }

    /// Days from this day to another; negative if the other is earlier.
    pub fn days_to(self, other: Self) -> i64 {
        (other.0 - self.0).num_days()
    }

    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }

    /// The previous day.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.pred_opt().unwrap_or(self.0))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Day {
    type Err = &'static str;

    /// Parses `2021-5-10`, `2021/5/10`, `2021.5.10` and `2021年5月10日`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = super::plain_digits(text.trim().trim_end_matches('日'));
        let mut parts = plain.split(['-', '/', '.', '年', '月']);
        let mut next = || parts.next().and_then(|part| part.trim().parse::<u32>().ok());
        match (next(), next(), next()) {
            (Some(year @ 1900..=2200), Some(month), Some(day)) => i32::try_from(year)
                .ok()
                .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
                .map(Self)
                .ok_or("没有这一天，请核对日期。"),
            _ => Err("请按「2021-05-10」的样子填写日期。"),
        }
    }
}

/// A calendar month, `2026-03`; stored in the database as its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    pub fn year(self) -> i32 {
        self.year
    }

    /// 1 to 12.
    pub fn number(self) -> u32 {
        self.month
    }

    /// `2026年3月`.
    pub fn label(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }

    pub fn first(self) -> Day {
        Day(NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default())
    }

    pub fn last(self) -> Day {
        self.first().plus_months(1).before()
    }

    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        self.first().plus_months(months).month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = &'static str;

    /// Parses `2026-03`, `2026-3` and `2026年3月`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = super::plain_digits(text.trim().trim_end_matches('月'));
        let mut parts = plain.split(['-', '/', '.', '年']);
        let mut next = || parts.next().and_then(|part| part.trim().parse::<u32>().ok());
        match (next(), next()) {
            (Some(year @ 1900..=2200), Some(month @ 1..=12)) => {
                Ok(Self { year: i32::try_from(year).unwrap_or_default(), month })
            }
            _ => Err("请按「2026-03」的样子填写月份。"),
        }
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl sqlx::Type<Postgres> for Month {
    fn type_info() -> PgTypeInfo {
        <NaiveDate as sqlx::Type<Postgres>>::type_info()
    }
}

impl<'r> sqlx::Decode<'r, Postgres> for Month {
    fn decode(value: PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Day(<NaiveDate as sqlx::Decode<Postgres>>::decode(value)?).month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_turn_at_midnight_in_beijing() {
        let last = "2026-02-28T15:59:59Z".parse().unwrap();
        let first = "2026-02-28T16:00:00Z".parse().unwrap();
        assert_eq!(Day::of(last).to_string(), "2026-02-28");
        assert_eq!(Day::of(first).to_string(), "2026-03-01");
    }

    #[test]
    fn a_day_is_read_the_ways_people_write_it() {
        for text in ["2021-05-10", "2021/5/10", "2021.5.10", "2021年5月10日", " ２０２１-5-10 "] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), "2021-05-10", "{text}");
        }
        for text in ["", "10.5.2021", "2021-02-30", "昨天"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
