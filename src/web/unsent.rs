//! Keeps a form that was submitted after its sender's session ended.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{Chrome, Html, filters};

/// A form's target path and its raw content. It is stored only on the page that its sender is
/// looking at.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Unsent {
    pub unsent_path: String,
    pub unsent: String,
}

impl Unsent {
    /// Keeps a form unless it is empty or contains a password.
    pub fn keep(path: String, typed: &[u8]) -> Option<Self> {
        let unsent = String::from_utf8(typed.to_vec()).ok()?;
        let kept = Self { unsent_path: path, unsent };
        let fields = kept.fields();
        let secret = |name: &str| ["password", "current", "new", "again"].contains(&name);
        (fields.iter().any(|(_, value)| !value.is_empty()) && !fields.iter().any(|(name, _)| secret(name)))
            .then_some(kept)
    }

    /// The content field by field; empty if the target is not one of our pages.
    pub fn fields(&self) -> Vec<(String, String)> {
        if !self.unsent_path.starts_with('/') || self.unsent_path.starts_with("//") || self.unsent_path.contains('\\') {
            return vec![];
        }
        serde_html_form::from_str(&self.unsent).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut {
    chrome: Chrome,
    unsent: Unsent,
}

/// The sign-in page with the form kept on it: 401.
pub fn signed_out(unsent: Unsent) -> Response {
    (StatusCode::UNAUTHORIZED, Html(SignedOut { chrome: Chrome::default(), unsent })).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_kept_unless_it_is_empty_or_holds_a_password() {
        let keep = |typed: &str| Unsent::keep("/persons".to_owned(), typed.as_bytes());
        let kept = keep("name=%E5%BC%A0&domains=a&domains=b").unwrap().fields();
        assert_eq!(kept.len(), 3, "a key may repeat");
        assert_eq!(kept[0], ("name".to_owned(), "张".to_owned()));
        assert!(keep("").is_none() && keep("name=").is_none());
        assert!(keep("reason=x&current=secret").is_none());
    }

    #[test]
    fn a_kept_form_goes_to_a_page_of_ours_or_nowhere() {
        for path in ["https://evil.example/", "//evil.example", "/\\evil.example", ""] {
            let unsent = Unsent { unsent_path: path.to_owned(), unsent: "a=b".to_owned() };
            assert!(unsent.fields().is_empty(), "{path}");
        }
    }
}
