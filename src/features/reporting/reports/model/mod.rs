//! A monthly report: its path, its content, its rules and its deadline. Pure.

mod chain;
mod content;
mod period;
mod rules;

pub use chain::{Desk, Move, Position, Reviewer, Route, State, Step, permit};
pub use content::{Content, Field, Reading, TEXTS, read, value_in};
pub use period::{Timing, late_by};
pub use rules::{Finding, Past, Severity, check};

use crate::words;

words! {
    /// Why a report is returned.
    ReturnReason {
        Missing = "missing", "漏填";
        Wrong = "wrong", "数字有误";
        Unlike = "unlike", "与上月或记录不符";
        Scope = "scope", "口径理解有误";
        Parts = "parts", "分列与合计不符";
        Unproved = "unproved", "缺少说明或佐证";
        Words = "words", "文字部分不完整";
        Other = "other", "其他";
    }
}
