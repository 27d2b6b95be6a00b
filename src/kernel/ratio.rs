//! Ratios and percentages in basis points, without floating point.

/// `part ÷ whole` in basis points (1/100 %), rounded half up; `None` if `whole` is not positive.
pub fn ratio_bp(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (part * 20_000 + whole) / (whole * 2))
}

/// A share for display: `91.7%`, `100%`, or `—` if the whole is zero.
pub fn percent(part: i64, whole: i64) -> String {
    let Some(bp) = ratio_bp(part, whole) else {
        return "—".to_owned();
    };
    let tenths = (bp + 5) / 10;
    if tenths % 10 == 0 { format!("{}%", tenths / 10) } else { format!("{}.{}%", tenths / 10, tenths % 10) }
}

/// A share to the exact basis point, as agreed in a contract: `33.34%`.
pub fn exact_percent(share_bp: i32) -> String {
    format!("{}%", super::amount_text(i64::from(share_bp), 2))
}

/// A share of an amount, `share_bp` in basis points, rounded half up.
pub fn portion(whole: i64, share_bp: i32) -> i64 {
    let fine = i128::from(whole) * i128::from(share_bp);
    i64::try_from((fine * 2 + 10_000) / 20_000).unwrap_or(i64::MAX)
}

/// `share_bp` of `whole`, rounded up.
pub fn least_of(whole: i64, share_bp: i32) -> i64 {
    let fine = i128::from(whole) * i128::from(share_bp);
    i64::try_from((fine + 9_999).div_euclid(10_000)).unwrap_or(i64::MAX)
}

/// `share_bp` of `whole`, rounded down.
pub fn most_of(whole: i64, share_bp: i32) -> i64 {
    i64::try_from((i128::from(whole) * i128::from(share_bp)).div_euclid(10_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up() {
        assert_eq!(percent(11, 12), "91.7%");
        assert_eq!(percent(48, 48), "100%");
        assert_eq!(percent(1, 8), "12.5%");
        assert_eq!(percent(0, 5), "0%");
        assert_eq!(percent(3, 0), "—");
        assert_eq!(ratio_bp(1, 3), Some(3333));
        assert_eq!(ratio_bp(2, 3), Some(6667));
        assert_eq!([portion(100, 3333), portion(1, 5000), portion(99_999_999_999, 10_000)], [33, 1, 99_999_999_999]);
    }

    #[test]
    fn bounds_are_met_to_the_last_unit() {
        assert_eq!([least_of(10_000, 300), least_of(33, 300), least_of(0, 300)], [300, 1, 0]);
        assert_eq!([most_of(10_000, 300), most_of(33, 300), most_of(34, 300)], [300, 0, 1]);
    }
}
