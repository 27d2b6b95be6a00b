//! Rubric points in whole thousandths, and their rounding. No floating point.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};

use serde::{Deserialize, Serialize};

use super::plain_digits;

/// `numerator ÷ denominator`, rounded to a whole number, halves away from zero. All scores round
/// this way. A denominator of zero or less counts as 1.
pub fn half_up(numerator: i128, denominator: i128) -> i64 {
    let denominator = denominator.max(1);
    let twice = numerator.abs() * 2 + denominator;
    let size = i64::try_from(twice / (denominator * 2)).unwrap_or(i64::MAX);
    if numerator < 0 { -size } else { size }
}

/// Points, in thousandths: 0.375 is `Points(375)`. May be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Points(pub i64);

impl Points {
    pub const ZERO: Self = Self(0);
    /// Largest value for one rubric line: 10 000 points.
    pub const MOST: Self = Self(10_000_000);

    /// Parses points as people type them: `12`, `0.375`, `2.5分`, `-2`. At most three decimals.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let plain = plain_digits(typed.trim());
        let plain = plain.trim_end_matches('分').trim();
        let wrong = || format!("「{}」不是分值，请填数字，最多三位小数，例如 2 或 0.5。", typed.trim());
        let (sign, digits) = match plain.strip_prefix(['-', '−']) {
            Some(digits) => (-1, digits),
            None => (1, plain.strip_prefix('+').unwrap_or(plain)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) || part.len() > 3 {
            return Err(wrong());
        }
        let thousandths: i64 = format!("{whole}{part:0<3}").parse().map_err(|_| wrong())?;
        if thousandths > Self::MOST.0 {
            return Err("这个分值太大，请核对。".to_owned());
        }
        Ok(Self(sign * thousandths))
    }

    /// `part ÷ whole` of these points, rounded half up to thousandths.
    #[must_use]
    pub fn share(self, part: i64, whole: i64) -> Self {
        Self(half_up(i128::from(self.0) * i128::from(part), i128::from(whole)))
    }

    /// Rounds half up to hundredths, as published results do.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self(half_up(self.0.into(), 10) * 10)
    }

    /// The mean, rounded half up to hundredths; zero for an empty slice.
    pub fn mean(of: &[Self]) -> Self {
        let sum: i128 = of.iter().map(|points| i128::from(points.0)).sum();
        let count = i128::try_from(of.len()).unwrap_or(1).max(1);
        Self(half_up(sum, count * 10) * 10)
    }

    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl fmt::Display for Points {
    /// Without trailing zeros: `2.5`, `0.375`, `-2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:03}");
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Points {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Points {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(of: I) -> Self {
        of.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_are_read_the_way_they_are_typed() {
        for (typed, thousandths) in [("2", 2000), ("0.375", 375), ("１．５分", 1500), ("-2", -2000), ("+4", 4000)] {
            assert_eq!(Points::parse(typed), Ok(Points(thousandths)), "{typed}");
        }
        for typed in ["", "1.2345", "二", "1e3", "--1", "10001", ".5", "1."] {
            assert!(Points::parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_nought() {
        assert_eq!([half_up(5, 10), half_up(4, 10), half_up(-5, 10), half_up(-4, 10)], [1, 0, -1, 0]);
        assert_eq!(Points::mean(&[Points(1000), Points(1010)]), Points(1010));
        assert_eq!(Points::mean(&[Points(1000), Points(1000), Points(1001)]), Points(1000));
        assert_eq!(Points(-1125).rounded(), Points(-1130));
        assert_eq!(Points::mean(&[]), Points::ZERO);
    }

    proptest! {
        #[test]
        fn points_come_back_as_they_were_shown(thousandths in -10_000_000..=10_000_000_i64) {
            prop_assert_eq!(Points::parse(&Points(thousandths).to_string()), Ok(Points(thousandths)));
        }
    }
}
