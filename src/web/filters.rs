//! Filters for askama's templates, which format our values on pages. A module with templates
//! needs `use crate::web::filters`.

#![expect(clippy::inline_always, reason = "askama writes it on every filter")]

use askama::{PrimitiveType, Result, Values, filter_fn};
use chrono::{DateTime, Utc};

use crate::{kernel, web};

/// An instant passed to a filter, behind any number of references.
pub trait Moment {
    fn utc(&self) -> DateTime<Utc>;
}

impl Moment for DateTime<Utc> {
    fn utc(&self) -> DateTime<Utc> {
        *self
    }
}

impl<T: Moment + ?Sized> Moment for &T {
    fn utc(&self) -> DateTime<Utc> {
        (**self).utc()
    }
}

/// Formats an instant in Beijing time, to the minute.
#[filter_fn]
pub fn moment(at: impl Moment, _: &dyn Values) -> Result<String> {
    Ok(kernel::moment(&at.utc()))
}

/// Formats fen as yuan with two decimals and thousands separators.
#[filter_fn]
pub fn yuan(fen: impl PrimitiveType<Value = i64>, _: &dyn Values) -> Result<String> {
    Ok(kernel::yuan(fen.get()))
}

/// Formats fen in Chinese capitals, as on contracts.
#[filter_fn]
pub fn capitals(fen: impl PrimitiveType<Value = i64>, _: &dyn Values) -> Result<String> {
    Ok(kernel::capitals(fen.get()))
}

/// Formats a whole number with thousands separators.
#[filter_fn]
pub fn grouped(number: impl PrimitiveType<Value: Into<i64>>, _: &dyn Values) -> Result<String> {
    Ok(kernel::grouped(number.get().into()))
}

/// Formats tenths as a number with at most one decimal.
#[filter_fn]
pub fn tenths(tenths: impl PrimitiveType<Value = i32>, _: &dyn Values) -> Result<String> {
    Ok(kernel::tenths_text(tenths.get()))
}

/// Formats a part of a whole as a percentage with at most one decimal.
#[filter_fn]
pub fn percent_of<W: PrimitiveType<Value: Into<i64>>>(
    part: impl PrimitiveType<Value: Into<i64>>,
    _: &dyn Values,
    whole: W,
) -> Result<String> {
    Ok(kernel::percent(part.get().into(), whole.get().into()))
}

/// Percent-encodes text for a URL.
#[filter_fn]
pub fn url_part(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    Ok(kernel::url_part(text.as_ref()))
}

/// The URL of a file in `static/`.
#[filter_fn]
pub fn asset(name: &str, _: &dyn Values) -> Result<String> {
    Ok(web::asset(name))
}

/// True for the choice currently selected.
#[filter_fn]
pub fn is_chosen<T: AsRef<str>>(key: impl AsRef<str>, _: &dyn Values, value: T) -> Result<bool> {
    Ok(key.as_ref() == value.as_ref())
}

/// The label of a form field, to put before its problem; empty if its problems name it themselves.
#[filter_fn]
pub fn field_label(field: &str, _: &dyn Values) -> Result<String> {
    let label = web::label_of(field);
    Ok(if label.is_empty() { String::new() } else { format!("{label}：") })
}
