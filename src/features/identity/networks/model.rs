//! A network's founding data and settings. Pure.

use serde::Serialize;

use crate::kernel::{DivisionCode, Problems, line, plain_digits};

/// The code of the platform's own network, whose accounts are operators.
pub const PLATFORM: &str = "platform";

/// A network to be founded.
#[derive(Clone, Debug)]
pub struct NewNetwork {
    pub code: String,
    pub name: String,
    pub root: DivisionCode,
    pub authority: String,
    pub contact: String,
}

impl NewNetwork {
    pub fn read(code: &str, name: &str, root: &str, authority: &str, contact: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let code = problems.check("code", read_code(code));
        let name = problems.check("name", line(name, 2, 60));
        let root = problems.check("root", read_root(root));
        let authority = problems.check("authority", line(authority, 2, 60));
        let contact = problems.check("contact", line(contact, 2, 100));
        let (Some(code), Some(name), Some(root), Some(authority), Some(contact)) =
            (code, name, root, authority, contact)
        else {
            return Err(problems);
        };
        Ok(Self { code, name, root, authority, contact })
    }
}

fn read_code(typed: &str) -> Result<String, &'static str> {
    let code = plain_digits(typed.trim()).to_lowercase();
    let plain = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let begins = code.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if plain && begins && (2..=32).contains(&code.len()) {
        Ok(code)
    } else {
        Err("网络代号用 2 到 32 个小写字母、数字或 -，以字母开头，例如 panzhihua。")
    }
}

/// Reads the root of a network: the country, a province, a city or a county.
fn read_root(typed: &str) -> Result<DivisionCode, &'static str> {
    let typed = plain_digits(typed.trim());
    if typed == "全国" {
        return Ok(DivisionCode::country());
    }
    match DivisionCode::parse(&typed) {
        Ok(code) if code.as_str().len() <= 6 => Ok(code),
        _ => Err("请填写省、市或县的区划代码（2、4 或 6 位），全国请填「全国」。"),
    }
}

/// A network's names, contact and file quota.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    pub authority: String,
    pub general_label: String,
    pub township_label: String,
    pub village_label: String,
    pub logo_text: String,
    pub contact: String,
    /// Space for uploaded files, in MiB.
    pub file_quota_mb: i32,
    #[serde(skip)]
    pub version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_may_stand_for_the_country_or_less() {
        let root = |text| read_root(text).map(|code| code.as_str().to_owned());
        assert_eq!(root("全国").as_deref(), Ok(""));
        assert_eq!(root("５１０４").as_deref(), Ok("5104"));
        assert_eq!(root("510400000000").as_deref(), Ok("5104"));
        assert!(root("510411100").is_err());
        assert!(root("攀枝花").is_err());
    }
}
