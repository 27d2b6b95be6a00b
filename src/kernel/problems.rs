//! What is wrong with what somebody typed, as an error that a form can show.

use std::fmt::{self, Display};

/// One thing wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub why: String,
}

/// What is wrong with a form, field by field.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// What a page's title begins with when there are any.
    pub fn mark(&self) -> &'static str {
        if self.is_empty() { "" } else { "错误：" }
    }

    /// Keeps the good value, or notes the problem under its field.
    pub fn check<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|why| self.note(field, why.to_string())).ok()
    }

    pub fn note(&mut self, field: &'static str, why: impl Into<String>) {
        self.0.push(Problem { field, why: why.into() });
    }

    /// Takes over what another part of the form found, at fields that have no problem yet.
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

    /// The value, unless something was noted.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    pub fn one(field: &'static str, why: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.note(field, why);
        problems
    }
}

/// For where no form is shown: every reason, one after the other.
impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            f.write_str(&problem.why)?;
        }
        Ok(())
    }
}
