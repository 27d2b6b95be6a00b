//! Parsing and normalising of typed text: lines, numbers, amounts, phone numbers.

use std::{borrow::Borrow, fmt::Write};

/// Converts full-width digits, letters and punctuation to ASCII.
pub fn plain_digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            c => c,
        })
        .collect()
}

/// Normalises one line of text: trims it, collapses blanks, drops control and bidirectional
/// formatting characters. Requires between `min` and `max` characters.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, String> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let plain: String = text.chars().map(|c| if c == '\u{3000}' { ' ' } else { c }).filter(|c| !hidden(*c)).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let words = words.join(" ");
    match words.chars().count() {
        0 if min > 0 => Err("请填写这一项。".to_owned()),
        n if n < min => Err(format!("请至少填写 {min} 个字。")),
        n if n > max => Err(format!("请不要超过 {max} 个字，现在是 {n} 个字。")),
        _ => Ok(words),
    }
}

/// Parses an unsigned whole number as people type it: `１,234`, `12 个`.
pub fn number(text: &str) -> Result<i32, &'static str> {
    let plain = plain_digits(text.trim());
    let plain = plain.trim_end_matches(['个', '人', '次', '户', '场']).trim();
    let digits: String = plain.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("请填写整数，例如 12。");
    }
    digits.parse().map_err(|_| "这个数太大，请核对。")
}

/// Parses an unsigned number with at most one decimal, in tenths: `12.5` is 125.
pub fn tenths(text: &str) -> Result<i32, &'static str> {
    const WRONG: &str = "请填写数字，最多一位小数，例如 12 或 12.5。";
    let plain = plain_digits(text.trim());
    let plain = plain.trim_end_matches(['小', '时', '学', '课']).trim();
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() != 1 {
        return Err(WRONG);
    }
    let read = |text: &str| text.parse::<i32>().map_err(|_| WRONG);
    Ok(read(whole)? * 10 + read(part)?)
}

/// Formats tenths: 125 is `12.5`, 120 is `12`.
pub fn tenths_text(tenths: impl Borrow<i32>) -> String {
    let tenths = *tenths.borrow();
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// Units that may follow an amount.
const UNITS: [&str; 20] = [
    "人次", "户次", "小时", "学时", "分钟", "万元", "人", "户", "次", "个", "节", "场", "份", "篇", "件", "起", "元",
    "支", "名", "%",
];

/// Parses an unsigned amount as people type it (`１,234`, `12人`, `3.5 小时`) into units of the
/// last of `scale` decimals: with a scale of 1, `3.5` is 35. Refuses any unit other than `unit`.
pub fn amount(text: &str, scale: u32, unit: &str) -> Result<i64, String> {
    let plain = plain_digits(text.trim());
    let mut rest = plain.trim();
    if let Some(typed) = UNITS.iter().find(|unit| rest.ends_with(**unit)) {
        if *typed != "个" && !unit.contains(typed) {
            return Err(format!("这一项的单位是「{unit}」，请换算后只填数字。"));
        }
        rest = rest.trim_end_matches(typed).trim_end();
    }
    let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // Either thousands separators in groups of three, or none.
    let groups: Vec<&str> = whole.split([',', '，', ' ', '\u{a0}']).collect();
    let are_groups = groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let whole = if are_groups { groups.concat() } else { String::new() };
    if rest.starts_with('-') && all_digits(&rest[1..]) && rest.len() > 1 {
        return Err("这一项不能是负数，请核对。".to_owned());
    }
    if whole.is_empty() || !all_digits(&whole) || !all_digits(part) {
        let how = if scale == 0 { "请填整数，例如 12。" } else { "请填数字，例如 12 或 12.5。" };
        return Err(format!("「{}」不是数。{how}没有就填 0，不适用填 /。", text.trim()));
    }
    let part = part.trim_end_matches('0');
    let width = scale as usize;
    if part.len() > width {
        return Err(if scale == 0 {
            "请填整数，不要小数。".to_owned()
        } else {
            format!("最多填 {scale} 位小数。")
        });
    }
    if whole.len() > 12 {
        return Err("这个数太大，请核对。".to_owned());
    }
    format!("{whole}{part:0<width$}").parse().map_err(|_| "这个数太大，请核对。".to_owned())
}

/// Formats an amount with thousands separators: with a scale of 1, 35 is `3.5` and 30 is `3`.
pub fn amount_text(amount: impl Borrow<i64>, scale: u32) -> String {
    let amount = *amount.borrow();
    let unit = 10_i64.pow(scale);
    let (whole, part) = (amount / unit, (amount % unit).unsigned_abs());
    if part == 0 {
        return grouped(whole);
    }
    let part = format!("{part:0width$}", width = scale as usize);
    format!("{}.{}", grouped(whole), part.trim_end_matches('0'))
}

/// Validates a telephone number: digits with `+ - ( )`, blanks and 转; may be empty.
pub fn phone(text: &str) -> Result<String, &'static str> {
    let plain = plain_digits(text.trim());
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    let known = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '转'));
    if plain.is_empty() || (known && (5..=20).contains(&digits)) {
        Ok(plain)
    } else {
        Err("请填写电话号码，例如 0812-3350000 或 13800000000。")
    }
}

/// A number with thousands separators: `1,234`.
pub fn grouped(number: impl Borrow<i64>) -> String {
    let number = *number.borrow();
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Percent-encodes text for a URL; letters, digits and `-_.` are kept.
pub fn url_part(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_the_way_they_are_typed() {
        for (typed, meant) in [("12", 12), ("１２", 12), ("1,234", 1234), (" 12 个", 12), ("0", 0)] {
            assert_eq!(number(typed), Ok(meant), "{typed}");
        }
        for typed in ["", "-3", "1.5", "十二", "99999999999"] {
            assert!(number(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn tenths_are_read_and_written_without_loss() {
        for (typed, meant) in [("12", 120), ("12.5", 125), ("１２．５", 125), ("0.5 小时", 5), ("8学时", 80)] {
            assert_eq!(tenths(typed), Ok(meant), "{typed}");
        }
        for typed in ["", ".", "1.25", "-1", "1e3", "一", "1.", ".5"] {
            assert!(tenths(typed).is_err(), "{typed}");
        }
        for amount in [0, 5, 120, 125, 9999] {
            assert_eq!(tenths(&tenths_text(amount)), Ok(amount));
        }
    }

    #[test]
    fn amounts_are_read_the_way_they_are_typed() {
        for (typed, scale, meant) in [
            ("12", 0, 12),
            ("１，２３４", 0, 1234),
            ("1,234 人次", 0, 1234),
            ("12人", 0, 12),
            ("0", 0, 0),
            ("12.0", 0, 12),
            ("12.", 0, 12),
            ("3.5", 1, 35),
            ("3", 1, 30),
            ("1234.5", 2, 123_450),
            ("999999999999", 2, 99_999_999_999_900),
        ] {
            assert_eq!(amount(typed, scale, "人次"), Ok(meant), "{typed}");
        }
        for (typed, scale) in [
            ("", 0),
            ("-1", 0),
            ("1.5", 0),
            ("1.25", 1),
            ("1万元", 2),
            ("十", 0),
            ("人", 0),
            ("1e3", 0),
            ("12 3", 0),
            ("1,2,3", 0),
            ("3 小时", 0),
        ] {
            assert!(amount(typed, scale, "人次").is_err(), "{typed}");
        }
        for (shown, scale) in [("1,234", 0), ("3.5", 1), ("3", 1), ("1,234.05", 2)] {
            assert_eq!(amount_text(amount(shown, scale, "").unwrap(), scale), shown);
        }
    }

    #[test]
    fn numbers_are_shown_in_groups() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(665_276), "665,276");
        assert_eq!(grouped(-1234), "-1,234");
    }

    #[test]
    fn a_line_has_no_hidden_characters() {
        assert_eq!(line(" 仁和\u{202e}\u{3000} 镇\n", 1, 10).unwrap(), "仁和 镇");
        assert!(line("  ", 1, 10).is_err());
        assert!(line("一二三四", 1, 3).is_err());
        assert_eq!(line("𬱖·㛃", 1, 3).unwrap(), "𬱖·㛃");
    }

    #[test]
    fn telephone_numbers_are_kept_as_written() {
        assert_eq!(phone("０８１２-3350000").unwrap(), "0812-3350000");
        assert_eq!(phone("").unwrap(), "");
        assert!(phone("call me").is_err());
        assert!(phone("123").is_err());
    }
}
