//! The content of a report: amounts by slot, their parts, narrative and notes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    features::reporting::indicators::{Breakdown, Form, Indicator, Sheet, ratio_of},
    kernel::{amount, amount_text, plain_digits},
};

/// The narrative: key, label, hint, maximum length in characters.
pub const TEXTS: [(&str, &str, &str, usize); 4] = [
    ("highlights", "亮点", "本月做得好、值得推广的，写清时间、地点、人数。", 500),
    ("problems", "问题", "遇到的困难和原因。", 500),
    ("next", "下月计划", "下个月准备做的主要工作。", 500),
    ("help", "需协调事项", "希望上级或其他部门帮助解决的。", 500),
];

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Value(i16),
    Part(i16, Breakdown, usize),
    /// The explanation of an unusual amount.
    Note(i16),
    Text(&'static str),
}

impl Field {
    /// Parses a field's name in the form: `v12`, `p12-domain-3`, `n12`, `highlights`.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((key, ..)) = TEXTS.iter().find(|(key, ..)| *key == name) {
            return Some(Self::Text(key));
        }
        if let Some(slot) = name.strip_prefix('v') {
            return slot.parse().ok().map(Self::Value);
        }
        if let Some(slot) = name.strip_prefix('n') {
            return slot.parse().ok().map(Self::Note);
        }
        let mut words = name.strip_prefix('p')?.split('-');
        let slot = words.next()?.parse().ok()?;
        let along = words.next()?;
        let breakdown = Breakdown::ALL.iter().copied().find(|breakdown| breakdown.as_str() == along)?;
        let at = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self::Part(slot, breakdown, at))
    }

    pub fn name(self) -> String {
        match self {
            Self::Value(slot) => format!("v{slot}"),
            Self::Part(slot, breakdown, at) => format!("p{slot}-{}-{at}", breakdown.as_str()),
            Self::Note(slot) => format!("n{slot}"),
            Self::Text(key) => key.to_owned(),
        }
    }

    /// The indicator the field belongs to.
    pub fn slot(self) -> Option<i16> {
        match self {
            Self::Value(slot) | Self::Part(slot, ..) | Self::Note(slot) => Some(slot),
            Self::Text(_) => None,
        }
    }
}

/// Parsed text of a cell: blank, zero and 不适用 are three different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Blank,
    NotApplicable,
    Amount(i64),
    Unread(String),
}

pub fn read(typed: &str, scale: u32, unit: &str) -> Reading {
    let plain = plain_digits(typed.trim());
    match plain.as_str() {
        "" => Reading::Blank,
        "/" | "不适用" | "—" | "–" | "-" | "--" | "——" | "N/A" | "n/a" => Reading::NotApplicable,
        _ => match amount(typed, scale, unit) {
            Ok(amount) => Reading::Amount(amount),
            Err(why) => Reading::Unread(why),
        },
    }
}

/// The content of a report, without amounts of indicators that are not on its form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Content {
    /// By slot, from slot 1 on. `None` if blank, not applicable or unreadable.
    pub vals: Vec<Option<i64>>,
    pub na: BTreeSet<i16>,
    pub parts: Vec<Option<i64>>,
    /// Text of cells that can't be read as an amount, kept until it is fixed.
    pub unread: BTreeMap<String, String>,
    pub texts: BTreeMap<String, String>,
    /// By slot, as text.
    pub notes: BTreeMap<String, String>,
}

fn set(places: &mut Vec<Option<i64>>, at: usize, value: Option<i64>) {
    if at >= places.len() {
        if value.is_none() {
            return;
        }
        places.resize(at + 1, None);
    }
    places[at] = value;
    while places.last().is_some_and(Option::is_none) {
        places.pop();
    }
}

/// Index of a slot in an array of values.
pub fn place(slot: i16) -> usize {
    usize::try_from(slot - 1).unwrap_or(0)
}

/// Value of a slot in an array.
pub fn value_in(vals: &[Option<i64>], slot: i16) -> Option<i64> {
    vals.get(place(slot)).copied().flatten()
}

impl Content {
    pub fn value(&self, slot: i16) -> Option<i64> {
        value_in(&self.vals, slot)
    }

    pub fn set_value(&mut self, slot: i16, value: Option<i64>) {
        set(&mut self.vals, place(slot), value);
        self.na.remove(&slot);
        self.unread.remove(&Field::Value(slot).name());
    }

    pub fn set_not_applicable(&mut self, slot: i16) {
        self.set_value(slot, None);
        self.na.insert(slot);
    }

    pub fn part(&self, indicator: &Indicator, breakdown: Breakdown, at: usize) -> Option<i64> {
        self.parts.get(indicator.part(breakdown, at)).copied().flatten()
    }

    /// True if a cell is filled in, 不适用 included.
    pub fn says(&self, slot: i16) -> bool {
        self.value(slot).is_some() || self.na.contains(&slot)
    }

    /// Text of a field.
    pub fn text(&self, field: Field, sheet: &Sheet) -> String {
        let unread = || self.unread.get(&field.name()).cloned().unwrap_or_default();
        match field {
            Field::Value(slot) if self.na.contains(&slot) => "/".to_owned(),
            Field::Value(slot) => {
                let shown = sheet.find(slot).zip(self.value(slot));
                shown.map_or_else(unread, |(indicator, value)| amount_text(value, indicator.scale))
            }
            Field::Part(slot, breakdown, at) => {
                let shown = sheet.find(slot).and_then(|i| Some((i, self.part(i, breakdown, at)?)));
                shown.map_or_else(unread, |(indicator, value)| amount_text(value, indicator.scale))
            }
            Field::Note(slot) => self.notes.get(&slot.to_string()).cloned().unwrap_or_default(),
            Field::Text(key) => self.texts.get(key).cloned().unwrap_or_default(),
        }
    }

    /// Stores what was typed into a field. Nothing is lost: text that can't be read is kept as
    /// typed.
    pub fn put(&mut self, field: Field, typed: &str, sheet: &Sheet) {
        let words = |typed: &str, most: usize| {
            let plain: String = typed.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
            plain.trim().chars().take(most).collect::<String>()
        };
        let keep = |map: &mut BTreeMap<String, String>, key: String, text: String| {
            if text.is_empty() { map.remove(&key) } else { map.insert(key, text) }
        };
        match field {
            Field::Text(key) => {
                keep(&mut self.texts, key.to_owned(), words(typed, 4000));
            }
            Field::Note(slot) => {
                keep(&mut self.notes, slot.to_string(), words(typed, 200));
            }
            Field::Value(slot) => {
                let Some(indicator) = sheet.find(slot) else { return };
                match read(typed, indicator.scale, &indicator.unit) {
                    Reading::Blank => self.set_value(slot, None),
                    Reading::NotApplicable => self.set_not_applicable(slot),
                    Reading::Amount(value) => self.set_value(slot, Some(value)),
                    Reading::Unread(_) => {
                        self.set_value(slot, None);
                        self.unread.insert(field.name(), words(typed, 60));
                    }
                }
            }
            Field::Part(slot, breakdown, at) => {
                let Some(indicator) = sheet.find(slot) else { return };
                if at >= indicator.parts(breakdown).len() {
                    return;
                }
                self.unread.remove(&field.name());
                let value = match read(typed, indicator.scale, &indicator.unit) {
                    Reading::Amount(value) => Some(value),
                    Reading::Unread(_) => {
                        self.unread.insert(field.name(), words(typed, 60));
                        None
                    }
                    _ => None,
                };
                set(&mut self.parts, indicator.part(breakdown, at), value);
            }
        }
    }

    /// Fills in known values, computes ratios and drops what is not on the form.
    pub fn settle(&mut self, form: &Form, known: &BTreeMap<i16, i64>) {
        let asked: BTreeMap<i16, &Indicator> = form.indicators().map(|i| (i.slot, i)).collect();
        for (slot, value) in known.iter().filter(|(slot, _)| asked.contains_key(slot)) {
            self.set_value(*slot, Some(*value));
        }
        for indicator in asked.values() {
            let Some((part, whole)) = ratio_of(&indicator.code) else { continue };
            match (self.value(part), self.value(whole)) {
                (Some(part), Some(whole)) if whole > 0 => {
                    let unit = 100 * 10_i64.pow(indicator.scale);
                    self.set_value(indicator.slot, Some((part * unit * 2 + whole) / (whole * 2)));
                }
                (None, None) => self.set_value(indicator.slot, None),
                _ => self.set_not_applicable(indicator.slot),
            }
        }
        let mut kept = Self { texts: self.texts.clone(), ..Self::default() };
        for (slot, indicator) in &asked {
            set(&mut kept.vals, place(*slot), self.value(*slot));
            if self.na.contains(slot) {
                kept.na.insert(*slot);
            }
            for breakdown in Breakdown::ALL {
                for at in 0..indicator.parts(*breakdown).len() {
                    let here = indicator.part(*breakdown, at);
                    if let Some(value) = self.parts.get(here).copied().flatten() {
                        set(&mut kept.parts, here, Some(value));
                    }
                }
            }
        }
        let on_form =
            |name: &str| Field::parse(name).and_then(Field::slot).is_some_and(|slot| asked.contains_key(&slot));
        kept.unread =
            self.unread.iter().filter(|(name, _)| on_form(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
        kept.notes = self
            .notes
            .iter()
            .filter(|(slot, _)| slot.parse().is_ok_and(|slot: i16| asked.contains_key(&slot)))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        *self = kept;
    }

    /// Cells filled in, and cells in all.
    pub fn progress(&self, form: &Form) -> (usize, usize) {
        let asked: Vec<i16> = form.indicators().filter(|i| !i.is_derived()).map(|i| i.slot).collect();
        (asked.iter().filter(|slot| self.says(**slot)).count(), asked.len())
    }

    /// Fields that differ from another version.
    pub fn changed_from(&self, other: &Self, form: &Form) -> Vec<Field> {
        let mut changed = vec![];
        for indicator in form.indicators() {
            let slot = indicator.slot;
            let same = self.value(slot) == other.value(slot) && self.na.contains(&slot) == other.na.contains(&slot);
            let field = Field::Value(slot);
            if !same || self.unread.get(&field.name()) != other.unread.get(&field.name()) {
                changed.push(field);
            }
            for breakdown in Breakdown::ALL {
                for at in 0..indicator.parts(*breakdown).len() {
                    if self.part(indicator, *breakdown, at) != other.part(indicator, *breakdown, at) {
                        changed.push(Field::Part(slot, *breakdown, at));
                    }
                }
            }
        }
        for (key, ..) in TEXTS {
            if self.texts.get(key) != other.texts.get(key) {
                changed.push(Field::Text(key));
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{
        places::stations::StationLevel,
        reporting::indicators::{self, slot_of},
    };

    fn sheet() -> Sheet {
        indicators::shipped_sheet("2026-03".parse().unwrap())
    }

    #[test]
    fn blank_zero_and_not_applicable_are_three_things() {
        assert_eq!(read("", 0, ""), Reading::Blank);
        assert_eq!(read("０", 0, ""), Reading::Amount(0));
        for typed in ["/", "／", "不适用", "—"] {
            assert_eq!(read(typed, 0, ""), Reading::NotApplicable, "{typed}");
        }
        let (sheet, slot) = (sheet(), slot_of("visit_households").unwrap());
        let mut content = Content::default();
        assert!(!content.says(slot));
        content.put(Field::Value(slot), "0", &sheet);
        assert_eq!((content.value(slot), content.says(slot)), (Some(0), true));
        content.put(Field::Value(slot), "不适用", &sheet);
        assert_eq!((content.value(slot), content.text(Field::Value(slot), &sheet)), (None, "/".to_owned()));
        content.put(Field::Value(slot), "", &sheet);
        assert_eq!(content, Content::default());
    }

    #[test]
    fn what_cannot_be_read_is_kept_as_typed() {
        let (sheet, slot) = (sheet(), slot_of("visit_households").unwrap());
        let mut content = Content::default();
        content.put(Field::Value(slot), "十二户", &sheet);
        assert_eq!(content.text(Field::Value(slot), &sheet), "十二户");
        assert!(!content.says(slot));
        content.put(Field::Value(slot), "12户", &sheet);
        assert_eq!((content.value(slot), content.unread.len()), (Some(12), 0));
    }

    #[test]
    fn fields_are_named_and_read_back() {
        for field in [
            Field::Value(12),
            Field::Note(7),
            Field::Part(3, Breakdown::Category, 23),
            Field::Text("highlights"),
            Field::Text("next"),
            Field::Text("problems"),
        ] {
            assert_eq!(Field::parse(&field.name()), Some(field));
        }
        for name in ["", "v", "vx", "p3", "p3-domain", "p3-domain-1-2", "key", "version"] {
            assert_eq!(Field::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_rate_is_worked_out_and_rounded_half_up() {
        let sheet = sheet();
        let form = sheet.form(StationLevel::Township);
        let mut content = Content::default();
        let slot = |code| slot_of(code).unwrap();
        content.set_value(slot("satisfaction_surveys"), Some(3));
        content.set_value(slot("satisfaction_satisfied"), Some(2));
        content.settle(&form, &BTreeMap::new());
        assert_eq!(content.text(Field::Value(slot("satisfaction_rate")), &sheet), "66.7");
        content.set_value(slot("satisfaction_surveys"), Some(0));
        content.set_value(slot("satisfaction_satisfied"), Some(0));
        content.settle(&form, &BTreeMap::new());
        assert!(content.na.contains(&slot("satisfaction_rate")));
    }

    #[test]
    fn what_is_not_on_the_form_is_left_out() {
        let sheet = sheet();
        let slot = |code| slot_of(code).unwrap();
        let mut content = Content::default();
        content.set_value(slot("expenditure_yuan"), Some(100));
        content.set_value(slot("activity_count"), Some(2));
        content.settle(&sheet.form(StationLevel::Village), &BTreeMap::from([(slot("staff_total"), 3)]));
        assert_eq!(content.value(slot("expenditure_yuan")), None);
        assert_eq!(content.value(slot("staff_total")), None, "known, but not asked of a room");
        assert_eq!(content.value(slot("activity_count")), Some(2));
    }
}
