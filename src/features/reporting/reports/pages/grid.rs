//! A report as a table, with the same lines for filling in, reviewing and reading.

use std::collections::BTreeSet;

use super::super::stance::Stance;
use crate::{
    features::reporting::{
        indicators::{Breakdown, Form, Indicator, Section, Sheet},
        reports::{
            model::{Content, Field, Finding, Severity},
            store::{Around, Report},
        },
    },
    kernel::ratio_bp,
};

/// A line of the table: one indicator of the form.
#[derive(Clone, Debug)]
pub struct Line {
    pub slot: i16,
    pub name: String,
    pub unit: String,
    pub definition: String,
    /// Text shown in the cell; the next field holds the stored text.
    pub text: String,
    pub stands: String,
    /// Why the cell is read-only: known, computed, or in another worker's section.
    pub fixed: Option<&'static str>,
    pub rooms: String,
    pub together: String,
    pub last: String,
    pub last_year: String,
    pub median: String,
    /// Change from last month; the next field marks a large one.
    pub change: String,
    pub is_far: bool,
    pub hard: Option<String>,
    pub soft: Option<String>,
    pub note: String,
    pub note_stands: String,
    /// Text that somebody else saved meanwhile.
    pub theirs: Option<String>,
    /// Previously submitted value, if it differs.
    pub was: Option<String>,
    /// Marked by the reviewer who returned the report.
    pub is_meant: bool,
}

impl Line {
    pub fn field(&self) -> String {
        Field::Value(self.slot).name()
    }

    pub fn note_field(&self) -> String {
        Field::Note(self.slot).name()
    }
}

#[derive(Clone, Debug)]
pub struct Block {
    pub section: Section,
    pub lines: Vec<Line>,
    /// The worker the section is assigned to, if any.
    pub hand: Option<String>,
}

/// A cell of a breakdown.
#[derive(Clone, Debug)]
pub struct PartCell {
    pub field: String,
    pub label: String,
    pub text: String,
    pub stands: String,
    pub why: Option<String>,
    pub is_fixed: bool,
}

/// A breakdown as a table: words down, indicators across.
#[derive(Clone, Debug)]
pub struct Parts {
    pub title: String,
    pub heads: Vec<String>,
    pub rows: Vec<(&'static str, Vec<Option<PartCell>>)>,
    pub is_filled: bool,
    pub is_wrong: bool,
}

/// Input of the table.
#[derive(Debug)]
pub struct Given<'a> {
    pub sheet: &'a Sheet,
    pub form: &'a Form,
    pub report: &'a Report,
    pub content: &'a Content,
    pub around: &'a Around,
    pub findings: &'a [Finding],
    pub stance: &'a Stance,
    /// Stored content, if the page shows text that is typed but not saved.
    pub stored: Option<&'a Content>,
    /// Previously submitted content.
    pub before: Option<&'a Content>,
    pub meant: &'a BTreeSet<Field>,
}

/// Why a cell fills itself and can't be typed; `None` if it can.
pub fn fixed_why(given: &Given<'_>, indicator: &Indicator) -> Option<&'static str> {
    let slot = indicator.slot;
    if indicator.is_derived() {
        Some("自动计算")
    } else if given.report.known.contains_key(&slot) {
        Some("来自人员名册")
    } else if given.around.carried().contains_key(&slot) {
        Some("来自上月")
    } else if !given.stance.writes(Field::Value(slot), Some(indicator.section)) {
        Some("由别人填")
    } else {
        None
    }
}

/// Change as `+12%`, and whether it is large; empty if there is nothing to compare with.
fn change(now: Option<i64>, before: Option<i64>) -> (String, bool) {
    let (Some(now), Some(before)) = (now, before) else { return (String::new(), false) };
    if now == before {
        return ("持平".to_owned(), false);
    }
    let Some(bp) = ratio_bp((now - before).abs(), before) else { return (String::new(), false) };
    let sign = if now > before { "+" } else { "−" };
    let percent = (bp + 50) / 100;
    (format!("{sign}{percent}%"), percent > 50 && (now - before).abs() >= 5)
}

pub fn blocks(given: &Given<'_>) -> Vec<Block> {
    given
        .form
        .sections
        .iter()
        .map(|(section, indicators)| Block {
            section: *section,
            lines: indicators.iter().map(|indicator| line(given, indicator)).collect(),
            hand: given.report.hands.iter().find(|hand| hand.section == *section).map(|hand| hand.name.clone()),
        })
        .collect()
}

fn line(given: &Given<'_>, indicator: &Indicator) -> Line {
    let (slot, content) = (indicator.slot, given.content);
    let field = Field::Value(slot);
    let shown = |value: Option<i64>| value.map_or_else(String::new, |value| indicator.text(&value));
    let found = |severity: Severity| {
        given.findings.iter().find(|f| f.severity == severity && f.field == field).map(|f| f.why.clone())
    };
    let stored = given.stored.unwrap_or(content);
    let own = content.value(slot);
    let of_rooms = if indicator.is_derived() { None } else { given.around.of_rooms(slot) };
    let last = given.around.last_month(slot);
    let (change, is_far) = change(own, last);
    let text = content.text(field, given.sheet);
    let differs = |other: &Content| {
        let said = other.text(field, given.sheet);
        (said != text).then(|| if said.is_empty() { "（空）".to_owned() } else { said })
    };
    Line {
        slot,
        name: indicator.name.clone(),
        unit: indicator.unit.clone(),
        definition: indicator.definition.clone(),
        fixed: fixed_why(given, indicator),
        rooms: shown(of_rooms),
        together: shown(of_rooms.map(|rooms| rooms + own.unwrap_or(0))),
        last: shown(last),
        last_year: shown(given.around.last_year(slot)),
        median: if given.report.compared >= 3 {
            shown(crate::features::reporting::reports::model::value_in(&given.report.medians, slot))
        } else {
            String::new()
        },
        change,
        is_far,
        hard: found(Severity::Hard),
        soft: found(Severity::Soft),
        note: content.text(Field::Note(slot), given.sheet),
        note_stands: stored.text(Field::Note(slot), given.sheet),
        theirs: given.stored.and_then(differs),
        was: given.before.and_then(differs),
        is_meant: given.meant.contains(&field),
        stands: stored.text(field, given.sheet),
        text,
    }
}

/// Tables of the breakdowns; kinds come first, as they belong to single indicators.
pub fn parts(given: &Given<'_>) -> Vec<Parts> {
    let mut tables = vec![];
    for breakdown in Breakdown::ALL {
        let parted: Vec<&Indicator> = given.form.indicators().filter(|indicator| indicator.has(breakdown)).collect();
        if parted.is_empty() {
            continue;
        }
        if *breakdown == Breakdown::Kind {
            tables.extend(parted.iter().map(|indicator| table(given, *breakdown, &[*indicator])));
        } else {
            tables.push(table(given, *breakdown, &parted));
        }
    }
    tables
}

fn table(given: &Given<'_>, breakdown: Breakdown, parted: &[&Indicator]) -> Parts {
    let words = parted.first().map_or(&[][..], |indicator| indicator.parts(breakdown));
    let cell = |indicator: &Indicator, at: usize, word: &str| {
        let field = Field::Part(indicator.slot, breakdown, at);
        PartCell {
            field: field.name(),
            label: format!("{}，{word}", indicator.name),
            text: given.content.text(field, given.sheet),
            stands: given.stored.unwrap_or(given.content).text(field, given.sheet),
            why: given.findings.iter().find(|f| f.field == field).map(|f| f.why.clone()),
            is_fixed: !given.stance.writes(field, Some(indicator.section)),
        }
    };
    let rows: Vec<(&'static str, Vec<Option<PartCell>>)> = words
        .iter()
        .enumerate()
        .map(|(at, word)| (*word, parted.iter().map(|indicator| Some(cell(indicator, at, word))).collect()))
        .collect();
    let cells = || rows.iter().flat_map(|(_, cells)| cells.iter().flatten());
    Parts {
        title: match parted {
            [one] => format!("{}：按{}分列", one.name, breakdown.label()),
            _ => format!("按{}分列", breakdown.label()),
        },
        heads: parted.iter().map(|indicator| indicator.label()).collect(),
        is_filled: cells().any(|cell| !cell.text.is_empty()),
        is_wrong: cells().any(|cell| cell.why.is_some()),
        rows,
    }
}
