//! Names, passwords, codes and waits. Pure except for random numbers.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

use crate::{
    access::Role,
    kernel::{Error, Problems, Result, hex, line, phone, plain_digits},
};

/// Lifetime of a one-time code, in days.
pub const CODE_DAYS: i64 = 7;

/// Maximum length of a session in hours, however active.
pub const SESSION_HOURS: i64 = 12;

/// Stands in for the hash of a name that does not exist, so that refusing it takes as long:
/// Argon2id with the parameters of every real hash.
pub const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUh$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A one-time code, as printed on a slip.
#[derive(Clone, Debug)]
pub struct Code(pub String);

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::bug)?;
    Ok(bytes)
}

/// Twelve letters and digits that are hard to confuse on paper, in groups of four: about 57 bits,
/// valid for seven days, with growing waits between attempts.
pub fn new_code() -> Result<Code> {
    const PLAIN: &[u8] = b"abcdefghjkmnpqrstuvwxy3456789";
    let mut code = String::new();
    while code.len() < 14 {
        for byte in random::<16>()? {
            // Bytes from the incomplete last range are skipped, so that no letter is likelier than
            // another.
            if usize::from(byte) < 256 / PLAIN.len() * PLAIN.len() && code.len() < 14 {
                code.push(char::from(PLAIN[usize::from(byte) % PLAIN.len()]));
                if code.len() == 4 || code.len() == 9 {
                    code.push('-');
                }
            }
        }
    }
    Ok(Code(code))
}

/// A code in the form that is hashed, however it was copied from the slip.
pub fn plain_code(typed: &str) -> String {
    plain_digits(typed).to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The hash of a code, as stored with the account.
pub fn hash_code(code: &Code) -> Result<String> {
    hash_password(&plain_code(&code.0))
}

/// A fresh session token, and the hash that is stored of it.
pub fn new_token() -> Result<(String, Vec<u8>)> {
    let token = hex(&random::<32>()?);
    let hash = token_hash(&token);
    Ok((token, hash))
}

pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Argon2id with the crate's parameters (19 MiB, 2 passes). Slow on purpose: never call it in a
/// transaction or on an async thread.
pub fn hash_password(password: &str) -> Result<String> {
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(Error::bug)?.to_string())
}

pub fn password_matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Password rules (our own, for 等保): ten characters of three kinds, or sixteen of any, and not
/// easily guessed; `about` is what is known of the account's owner.
pub fn check_password(password: &str, about: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    let kinds = [
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric()),
    ];
    let kinds = kinds.into_iter().filter(|kind| *kind).count();
    if length < 10 || (length < 16 && kinds < 3) {
        return Err(
            "密码至少 10 个字符，包含大写字母、小写字母、数字、符号中的三种；或者至少 16 个字符，种类不限。".to_owned()
        );
    }
    if length > 128 {
        return Err("密码请不要超过 128 个字符。".to_owned());
    }
    let mut known = vec!["shegongzhan", "minzheng", "minzhengju", "shegong"];
    known.extend(about.iter().filter(|word| !word.is_empty()));
    if zxcvbn::zxcvbn(password, &known).score() < zxcvbn::Score::Three {
        return Err("这个密码容易被猜到（常见词、键盘顺序、重复，或和您、单位的名称有关），请换一个。".to_owned());
    }
    Ok(())
}

/// Seconds to wait after the first attempt under a name, the second, and so on: none after the
/// first two, then doubling up to a quarter of an hour.
pub const WAITS: [i32; 13] = [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900];

/// Seconds left to wait at `now`, after `tries` attempts of which the last was at `last`.
pub fn still_to_wait(tries: i32, last: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let nth = usize::try_from(tries).unwrap_or(0).clamp(1, WAITS.len());
    let until = last + Duration::seconds(WAITS[nth - 1].into());
    ((until - now).num_milliseconds() + 999).max(0) / 1000
}

/// True while the session is alive.
pub fn alive(role: Role, began: DateTime<Utc>, seen: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let idle = Duration::minutes(if role.administers() { 15 } else { 30 });
    now - seen < idle && now - began < Duration::hours(SESSION_HOURS)
}

/// A user name as typed at sign-in: `name` or `name@network`.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    pub name: String,
    pub network: Option<String>,
}

impl Caller {
    pub fn read(typed: &str) -> Self {
        let plain = plain_digits(typed.trim()).to_lowercase();
        match plain.split_once('@') {
            Some((name, network)) => Self { name: name.to_owned(), network: Some(network.to_owned()) },
            None => Self { name: plain, network: None },
        }
    }
}

/// The path to go to after signing in; anything but a local path becomes `/`.
pub fn safe_next(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if ours { next } else { "/" }
}

/// An account to be created.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub user_name: String,
    pub display_name: String,
    pub phone: String,
}

/// True if the text is empty or looks like an e-mail address.
pub fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
    };
    text.is_empty()
        || text.len() <= 100
            && text.split_once('@').is_some_and(|(name, host)| {
                plain(name) && plain(host) && host.contains('.') && !host.contains("..") && !host.ends_with('.')
            })
}

/// Reads an account as typed, in the form or in a table.
pub fn read_account(user_name: &str, display_name: &str, phone_typed: &str) -> Result<NewAccount, Problems> {
    let mut problems = Problems::default();
    let display_name = problems.check("display_name", line(display_name, 1, 40));
    let user_name = problems.check("user_name", read_user_name(user_name));
    let phone = problems.check("phone", phone(phone_typed));
    let (Some(user_name), Some(display_name), Some(phone)) = (user_name, display_name, phone) else {
        return Err(problems);
    };
    Ok(NewAccount { user_name, display_name, phone })
}

fn read_user_name(typed: &str) -> Result<String, &'static str> {
    let name = plain_digits(typed.trim()).to_lowercase();
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    let begins_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if !plain || !begins_well || !(2..=32).contains(&name.len()) {
        return Err("用户名用 2 到 32 个小写字母、数字或 . _ -，以字母或数字开头，例如 wangfang。");
    }
    if name == "operator" {
        return Err("「operator」是平台运营员专用的用户名，请换一个。");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash_password("lantern over the Jinsha 7").unwrap();
        assert!(password_matches("lantern over the Jinsha 7", &hash));
        assert!(!password_matches("lantern over the Jinsha 8", &hash));
        assert!(!password_matches("anything", NOBODY));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let somebody = hash_password("x").unwrap();
        let parameters = |hash: &str| hash.split('$').take(4).map(ToOwned::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(NOBODY), parameters(&somebody));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn weak_passwords_are_told_why() {
        let about = ["wangfang", "panzhihua"];
        for weak in [
            "short-1A",
            "alllowercase",
            "Wangfang-1988",
            "Passw0rd123",
            "passwordpassword",
            "1234567890123456",
            "qwertyuiopasdfgh",
            "Panzhihua2021",
            "aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(check_password(weak, &about).is_err(), "{weak}");
        }
        for good in ["Jinsha-River-7", "kapok trees in the third month", "木棉花开在三月的攀枝花江边上呢真好看"]
        {
            assert_eq!(check_password(good, &about), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        for typed in ["abcd-efgh-jkmn", "ABCDEFGHJKMN", " abcd efgh－jkmn "] {
            assert_eq!(plain_code(typed), "abcdefghjkmn", "{typed}");
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let last = "2026-01-01T00:00:00Z".parse().unwrap();
        let waits = [1, 2, 3, 4, 5, 8, 12, 99].map(|tries| still_to_wait(tries, last, last));
        assert_eq!(waits, [0, 0, 1, 2, 4, 32, 512, 900]);
        assert_eq!(still_to_wait(5, last, last + Duration::milliseconds(500)), 4);
        assert_eq!(still_to_wait(5, last, last + Duration::seconds(4)), 0);
    }

    #[test]
    fn codes_are_fresh_and_plain() {
        let (one, two) = (new_code().unwrap().0, new_code().unwrap().0);
        assert_ne!(one, two);
        assert_eq!(one.len(), 14);
        assert!(!one.contains(['0', 'o', '1', 'l', 'i', 'z', '2']));
    }

    #[test]
    fn sessions_end_by_themselves() {
        let began: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let minutes = |n| began + Duration::minutes(n);
        assert!(alive(Role::StationHead, began, began, minutes(29)));
        assert!(!alive(Role::StationHead, began, began, minutes(30)));
        assert!(!alive(Role::SystemAdmin, began, began, minutes(15)));
        assert!(!alive(Role::StationHead, began, minutes(719), minutes(720)));
    }

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        assert_eq!(safe_next("/stations?q=1"), "/stations?q=1");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil", "javascript:x", ""] {
            assert_eq!(safe_next(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn a_caller_may_name_the_network() {
        assert_eq!(Caller::read(" Ｃity ").name, "city");
        let caller = Caller::read("city@panzhihua");
        assert_eq!((caller.name.as_str(), caller.network.as_deref()), ("city", Some("panzhihua")));
    }
}
