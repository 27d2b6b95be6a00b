//! askama's filters: how values of the field are written on pages. A module with templates
//! has `use crate::web::filters`.

#![expect(clippy::unnecessary_wraps, reason = "askama's filters are fallible")]

use askama::{PrimitiveType, Result, Values, filter_fn};
use chrono::{DateTime, Utc};

use crate::{kernel, web};

/// A moment as it is passed to a filter, behind however many references.
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

/// Beijing time to the minute.
#[filter_fn]
pub fn moment(at: impl Moment, _: &dyn Values) -> Result<String> {
    Ok(kernel::moment(&at.utc()))
}

/// Fen as yuan with two decimals and groups of three.
#[filter_fn]
pub fn yuan(fen: impl PrimitiveType<Value = i64>, _: &dyn Values) -> Result<String> {
    Ok(kernel::yuan(fen.get()))
}

/// Fen in Chinese capitals, as on contracts.
#[filter_fn]
pub fn capitals(fen: impl PrimitiveType<Value = i64>, _: &dyn Values) -> Result<String> {
    Ok(kernel::capitals(fen.get()))
}

/// A whole number in groups of three.
#[filter_fn]
pub fn grouped(number: impl PrimitiveType<Value: Into<i64>>, _: &dyn Values) -> Result<String> {
    Ok(kernel::grouped(number.get().into()))
}

/// Tenths as a number with at most one decimal.
#[filter_fn]
pub fn tenths(tenths: impl PrimitiveType<Value = i32>, _: &dyn Values) -> Result<String> {
    Ok(kernel::tenths_text(tenths.get()))
}

/// The share of a whole, with at most one decimal.
#[filter_fn]
pub fn percent_of<W: PrimitiveType<Value: Into<i64>>>(
    part: impl PrimitiveType<Value: Into<i64>>,
    _: &dyn Values,
    whole: W,
) -> Result<String> {
    Ok(kernel::percent(part.get().into(), whole.get().into()))
}

/// Text as a part of an address.
#[filter_fn]
pub fn url_part(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    Ok(kernel::url_part(text.as_ref()))
}

/// Where a file of `static/` is served from.
#[filter_fn]
pub fn asset(name: &str, _: &dyn Values) -> Result<String> {
    Ok(web::asset(name))
}

/// Whether a choice is the one that was made.
#[filter_fn]
pub fn is_chosen<T: AsRef<str>>(key: impl AsRef<str>, _: &dyn Values, value: T) -> Result<bool> {
    Ok(key.as_ref() == value.as_ref())
}

/// What a field of a form is called, before its problem; empty for one whose problems name
/// it themselves.
#[filter_fn]
pub fn field_label(field: &str, _: &dyn Values) -> Result<String> {
    let label = web::label_of(field);
    Ok(if label.is_empty() { String::new() } else { format!("{label}：") })
}
