//! Lists that keep their filter, order and page in the URL.

use serde::Serialize;

use crate::kernel::{Listed, PAGE_SIZES, url_part};

/// The query string of a filter, without empty fields.
pub fn query_string<T: Serialize>(filter: &T) -> String {
    // `()`, used by lists without a filter, does not serialise to an object.
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(filter) else {
        return String::new();
    };
    let mut out = String::new();
    for (key, value) in fields {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if text.is_empty() {
            continue;
        }
        out.push_str(if out.is_empty() { "" } else { "&" });
        out.push_str(&key);
        out.push('=');
        out.push_str(&url_part(&text));
    }
    out
}

/// The hidden form fields of a filter, without empty ones.
pub fn hidden_fields<T: Serialize>(filter: &T) -> Vec<(String, String)> {
    match serde_json::to_value(filter) {
        Ok(serde_json::Value::Object(fields)) => fields
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        _ => vec![],
    }
}

/// The links below a list: same filter, another page or another page size.
#[derive(Debug)]
pub struct Turn {
    pub page: i64,
    pub pages: i64,
    pub size: i64,
    pub total: i64,
    /// Page number and its URL; 0 marks a gap.
    pub links: Vec<(i64, String)>,
    pub sizes: Vec<(i64, String)>,
}

impl Turn {
    pub fn of<T>(path: &str, filter: &impl Serialize, listed: &Listed<T>) -> Self {
        let query = query_string(filter);
        let sign = if query.is_empty() { "" } else { "&" };
        let size = listed.paging.size();
        let links = listed.links().into_iter();
        Self {
            page: listed.page(),
            pages: listed.pages(),
            size,
            total: listed.total,
            links: links.map(|page| (page, format!("{path}?{query}{sign}size={size}&page={page}"))).collect(),
            sizes: PAGE_SIZES.map(|size| (size, format!("{path}?{query}{sign}size={size}"))).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_becomes_a_query_string() {
        #[derive(Serialize)]
        struct Filter {
            q: String,
            level: String,
            year: Option<i32>,
        }
        let filter = Filter { q: "仁和&镇".into(), level: String::new(), year: Some(2021) };
        assert_eq!(query_string(&filter), "q=%E4%BB%81%E5%92%8C%26%E9%95%87&year=2021");
    }
}
