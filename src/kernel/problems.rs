//! Validation problems, collected so that a form can show each at its field.

use std::fmt::{self, Display};

/// One validation problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub why: String,
}

/// The validation problems of a form, field by field.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Prefix of the page title if there are any problems.
    pub fn mark(&self) -> &'static str {
        if self.is_empty() { "" } else { "错误：" }
    }

    /// Returns a valid value, or records the problem at its field.
    pub fn check<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|why| self.note(field, why.to_string())).ok()
    }

    pub fn note(&mut self, field: &'static str, why: impl Into<String>) {
        self.0.push(Problem { field, why: why.into() });
    }

    /// Merges problems from another part of the form, at fields that have none yet.
    pub fn absorb(&mut self, other: Self) {
        for problem in other.0 {
            if self.on(problem.field).is_none() {
                self.0.push(problem);
            }
        }
    }

    pub fn on(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.why.as_str())
    }

    pub fn all(&self) -> &[Problem] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `value` if no problem was recorded.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    pub fn one(field: &'static str, why: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.note(field, why);
        problems
    }
}

/// Every reason in turn, for places that show no form.
impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            f.write_str(&problem.why)?;
        }
        Ok(())
    }
}
