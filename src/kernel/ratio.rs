//! Shares of a whole, without floating point.

/// `part ÷ whole` in basis points (1/100 %), rounded half up; `None` of nothing.
pub fn ratio_bp(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (part * 20_000 + whole) / (whole * 2))
}

/// A share as people read it: `91.7%`, `100%`, `—` where there is no whole.
pub fn percent(part: i64, whole: i64) -> String {
    let Some(bp) = ratio_bp(part, whole) else {
        return "—".to_owned();
    };
    let tenths = (bp + 5) / 10;
    if tenths % 10 == 0 { format!("{}%", tenths / 10) } else { format!("{}.{}%", tenths / 10, tenths % 10) }
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
    }
}
