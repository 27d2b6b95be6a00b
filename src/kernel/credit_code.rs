//! Unified social credit codes (统一社会信用代码): parsing and check digit.

/// Parses a unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, of
/// which the last is a check digit over the others with weights 3^i mod 31. Blank is allowed.
pub fn credit_code(typed: &str) -> Result<String, &'static str> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let code = super::plain_digits(typed.trim()).to_uppercase();
    if code.is_empty() {
        return Ok(code);
    }
    let values: Option<Vec<usize>> = code.bytes().map(|b| ALPHABET.iter().position(|known| *known == b)).collect();
    let Some(values) = values.filter(|values| values.len() == 18) else {
        return Err("统一社会信用代码是 18 位数字和大写字母（不含 I、O、S、V、Z），请核对。");
    };
    let (mut weight, mut sum) = (1, 0);
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    if (31 - sum % 31) % 31 == values[17] {
        Ok(code)
    } else {
        Err("统一社会信用代码的校验位不对，可能有一位抄错了，请核对。")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_checks_the_others() {
        assert_eq!(credit_code("91350100m000100y43").as_deref(), Ok("91350100M000100Y43"));
        assert!(credit_code("91350100M000100Y4Z").is_err());
        assert!(credit_code("91350100M000100Y44").is_err());
        assert!(credit_code("9135").is_err());
        assert_eq!(credit_code(" ").as_deref(), Ok(""));
    }
}
