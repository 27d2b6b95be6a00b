//! Resident ID numbers (居民身份证号): check digit, and masking of personal data.

use super::{Day, plain_digits};

/// A resident ID number (居民身份证号, GB 11643): six digits for the place, eight for the birth
/// date, a sequence of three that is odd for men, and a check digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdNumber {
    pub text: String,
    pub born_on: Day,
    pub is_male: bool,
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

impl IdNumber {
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let text: String = plain_digits(typed).to_uppercase().split_whitespace().collect();
        let bytes = text.as_bytes();
        if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
            return Err("身份证号是 18 位：17 位数字，最后一位是数字或 X。");
        }
        if Self::check(&bytes[..17]) != bytes[17] {
            return Err("身份证号的最后一位校验不对，可能有一位抄错了，请核对。");
        }
        let born_on = format!("{}-{}-{}", &text[6..10], &text[10..12], &text[12..14])
            .parse()
            .map_err(|_| "身份证号里的出生日期（第 7 到 14 位）不存在，请核对。")?;
        let is_male = (bytes[16] - b'0') % 2 == 1;
        Ok(Self { text, born_on, is_male })
    }

    /// The check digit for the first seventeen digits.
    pub fn check(digits: &[u8]) -> u8 {
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        CHECKS[sum as usize % 11]
    }
}

/// Masks an ID number down to the province. Most pages show birth date and sex beside it, so the
/// county or the last digits would let a reader work out the rest.
pub fn masked_id_number(text: &str) -> String {
    match text.get(..2) {
        Some(province) => format!("{province}{}", "*".repeat(16)),
        None => String::new(),
    }
}

/// Masks a telephone number, leaving its beginning and its last two digits.
pub fn masked_phone(text: &str) -> String {
    let digits = text.chars().count();
    let shown = |at: usize| at < 3 || at + 2 >= digits;
    text.chars().enumerate().map(|(at, c)| if digits < 7 || !shown(at) { '*' } else { c }).collect()
}

/// Masks a name for readers who need figures, not people: 张**.
pub fn masked_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_string() + &"*".repeat(letters.count().max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sample_of_the_standard_is_read() {
        let number = IdNumber::parse(" 11010519491231002x ").unwrap();
        assert_eq!((number.born_on.to_string().as_str(), number.is_male), ("1949-12-31", false));
        for wrong in ["", "1101051949123100", "110105194912310021", "110105194902310026", "11010519491231002A"] {
            assert!(IdNumber::parse(wrong).is_err(), "{wrong}");
        }
    }

    fn made(place: u32, day: Day, sequence: u32) -> String {
        let digits = format!("{place:06}{}{sequence:03}", day.to_string().replace('-', ""));
        let check = IdNumber::check(digits.as_bytes());
        format!("{digits}{}", char::from(check))
    }

    fn days() -> impl Strategy<Value = Day> {
        (0i64..30_000).prop_map(|days| "1930-01-01".parse::<Day>().unwrap().plus_days(days))
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(place in 110_000u32..660_000, day in days(), sequence in 0u32..1000, at in 0usize..17, by in 1u8..10) {
            let mut bytes = made(place, day, sequence).into_bytes();
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_ok());
            bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
        }

        #[test]
        fn a_mask_leaves_many_numbers_possible_beside_birth_date_and_sex(place in 110_000u32..660_000, day in days(), sequence in 0u32..1000) {
            let number = made(place, day, sequence);
            let shown = masked_id_number(&number);
            // Even with the right county, every sequence number of that sex remains possible.
            let fits = |other: &str| other.chars().zip(shown.chars()).all(|(digit, mask)| mask == '*' || mask == digit);
            let possible = (0..1000).filter(|other| other % 2 == sequence % 2).filter(|other| fits(&made(place, day, *other)));
            prop_assert_eq!(possible.count(), 500);
        }
    }

    #[test]
    fn masks_show_little() {
        assert_eq!(masked_phone("13812345678"), "138******78");
        assert_eq!(masked_phone("12345"), "*****");
        assert_eq!(masked_name("张三丰"), "张**");
        assert_eq!(masked_name("李"), "李*");
        assert_eq!(masked_id_number(""), "");
    }
}
