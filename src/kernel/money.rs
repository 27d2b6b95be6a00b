//! Money in whole fen: parsing, formatting and Chinese capitals (大写). No floating point.

use std::borrow::Borrow;

use super::{amount, grouped, plain_digits};

/// Largest single amount, in fen: 999 999 999.99 yuan.
pub const MOST_MONEY: i64 = 99_999_999_999;

/// Parses an amount of yuan as people type it (`1,234.5`, `50万`, `￥3000元`) into fen. At least
/// one fen, at most [`MOST_MONEY`].
pub fn money(typed: &str) -> Result<i64, String> {
    let plain = plain_digits(typed.trim());
    let plain = plain.trim_start_matches(['¥', '￥', '\u{a5}']).trim_end_matches('元').trim();
    if plain.is_empty() {
        return Err("请填写金额，单位是元，例如 12,000 或 12000.50。".to_owned());
    }
    let (digits, scale) = match plain.strip_suffix('万') {
        Some(digits) => (digits.trim(), 6),
        None => (plain, 2),
    };
    let fen = amount(digits, scale, "元").map_err(|_| {
        format!("「{}」不是金额。请填写数字，单位是元，最多两位小数，例如 12,000 或 12000.50。", typed.trim())
    })?;
    match fen {
        0 => Err("金额要大于 0。".to_owned()),
        1..=MOST_MONEY => Ok(fen),
        _ => Err("这个金额太大，请核对。".to_owned()),
    }
}

/// Formats fen as yuan with thousands separators: `12,000.50`.
pub fn yuan(fen: impl Borrow<i64>) -> String {
    let fen = *fen.borrow();
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    let whole = grouped(i64::try_from(fen / 100).unwrap_or(i64::MAX));
    format!("{sign}{whole}.{:02}", fen % 100)
}

/// Formats fen as yuan without separators, for a cell of a workbook: `12000.50`.
pub fn plain_yuan(fen: i64) -> String {
    yuan(fen).replace(',', "")
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 4] = ["", "万", "亿", "万亿"];

/// Formats fen in capitals (大写), as on contracts and cheques: `壹仟零伍元叁角整`. Follows
/// 支付结算办法, annex 1 (正确填写票据和结算凭证的基本规定): 整 after yuan and jiao, none after
/// fen; one 零 for any run of zeros inside. Where only the last digit of a group of four or of the
/// yuan is zero, the rules leave 零 open and we omit it. Up to 9 999 999 999 999.99 yuan.
pub fn capitals(fen: impl Borrow<i64>) -> String {
    let fen = fen.borrow().unsigned_abs();
    let (whole, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut out = whole_capitals(whole);
    if whole > 0 {
        out.push('元');
    }
    let digit = |at: u64| DIGITS[usize::try_from(at).unwrap_or(0) % 10];
    match (jiao, rest) {
        (0, 0) => {
            if whole == 0 {
                out.push_str("零元");
            }
            out.push('整');
        }
        (0, rest) => {
            if whole > 0 {
                out.push('零');
            }
            out.extend([digit(rest), '分']);
        }
        (jiao, 0) => out.extend([digit(jiao), '角', '整']),
        (jiao, rest) => out.extend([digit(jiao), '角', digit(rest), '分']),
    }
    out
}

/// A whole number in capitals, built in groups of four digits; empty for 0.
fn whole_capitals(mut whole: u64) -> String {
    let mut groups = vec![];
    while whole > 0 {
        groups.push(whole % 10_000);
        whole /= 10_000;
    }
    let mut out = String::new();
    let mut gap = false;
    for (at, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            gap = !out.is_empty();
            continue;
        }
        let mut places = [0; 4];
        for (place, digit) in places.iter_mut().enumerate() {
            *digit = usize::try_from(group / 10_u64.pow(u32::try_from(place).unwrap_or(0)) % 10).unwrap_or(0);
        }
        gap |= !out.is_empty() && places[3] == 0;
        for (place, digit) in places.iter().enumerate().rev() {
            if *digit == 0 {
                gap |= !out.is_empty();
                continue;
            }
            if gap {
                out.push('零');
                gap = false;
            }
            out.push(DIGITS[*digit]);
            out.push_str(PLACES[place]);
        }
        gap = false;
        out.push_str(GROUPS[at.min(3)]);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_read_the_way_it_is_typed() {
        for (typed, fen) in [
            ("12000", 1_200_000),
            ("12,000.5", 1_200_050),
            ("￥ 0.01", 1),
            ("５０万元", 50_000_000),
            ("1.234567万", 1_234_567),
            ("999999999.99", MOST_MONEY),
        ] {
            assert_eq!(money(typed), Ok(fen), "{typed}");
        }
        for typed in ["", "0", "-1", "1.234", "十万", "1000000000", "1,2,3", "12%"] {
            assert!(money(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn capitals_are_as_a_bank_writes_them() {
        for (fen, words) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (105, "壹元零伍分"),
            (1_000, "壹拾元整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元叁角贰分"),
            (10_700_053, "壹拾万柒仟元伍角叁分"),
            (100_000_000, "壹佰万元整"),
            (105_000_000, "壹佰零伍万元整"),
            (10_000_000_001, "壹亿元零壹分"),
            (10_000_010_000, "壹亿零壹佰元整"),
            (999_999_999_999, "玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ] {
            assert_eq!(capitals(fen), words, "{fen}");
        }
    }

    /// Parses capitals with an independent algorithm: each unit multiplies what precedes it.
    fn read_capitals(words: &str) -> i64 {
        let (mut total, mut section, mut digit, mut fen) = (0_i64, 0_i64, 0_i64, 0_i64);
        for c in words.chars() {
            match c {
                '零' | '整' => digit = 0,
                '拾' | '佰' | '仟' => {
                    section += digit * [10, 100, 1000][['拾', '佰', '仟'].iter().position(|unit| *unit == c).unwrap()];
                    digit = 0;
                }
                '万' => {
                    total += (section + digit) * 10_000;
                    (section, digit) = (0, 0);
                }
                '亿' => {
                    total = (total + section + digit) * 100_000_000;
                    (section, digit) = (0, 0);
                }
                '元' => {
                    fen += (total + section + digit) * 100;
                    (section, digit) = (0, 0);
                }
                '角' => {
                    fen += digit * 10;
                    digit = 0;
                }
                '分' => {
                    fen += digit;
                    digit = 0;
                }
                numeral => digit = i64::try_from(DIGITS.iter().position(|of| *of == numeral).unwrap()).unwrap(),
            }
        }
        fen
    }

    proptest! {
        #[test]
        fn capitals_say_the_amount_and_nothing_twice(fen in prop_oneof![0..=100_000_i64, 0..=999_999_999_999_i64]) {
            let words = capitals(fen);
            prop_assert_eq!(read_capitals(&words), fen, "{}", words);
            prop_assert!(!words.contains("零零") && !words.contains("零万") && !words.starts_with("零壹"));
            prop_assert_eq!(words.ends_with('整'), fen % 10 == 0);
            prop_assert_eq!(words.matches('元').count(), usize::from(fen >= 100 || fen == 0));
        }

        #[test]
        fn money_comes_back_as_it_was_shown(fen in 1..=MOST_MONEY) {
            prop_assert_eq!(money(&yuan(fen)), Ok(fen));
        }
    }
}
