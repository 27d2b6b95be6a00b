//! Checks of a report's figures; the rules are our own. Hard findings block submission; soft ones
//! ask for a note at the cell. Form, import and every other way in are checked here and nowhere
//! else.

use super::content::{Content, Field, Reading, TEXTS, read, value_in};
use crate::features::reporting::indicators::{Breakdown, Form, Indicator, Sheet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Hard,
    Soft,
}

/// A finding about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub field: Field,
    pub severity: Severity,
    pub why: String,
    /// A soft finding that has its note.
    pub is_noted: bool,
}

impl Finding {
    /// True if it blocks submission.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Hard || !self.is_noted
    }
}

/// A relation between indicators.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The first is not more than the second.
    AtMost(&'static str, &'static str),
    /// The first is the second plus the third minus the fourth.
    Balance(&'static str, &'static str, &'static str, &'static str),
    /// If the first is not zero, neither is the second.
    Needs(&'static str, &'static str),
}

use Rule::{AtMost, Balance, Needs};
use Severity::{Hard, Soft};

const RULES: [(Severity, Rule); 31] = [
    (Hard, AtMost("visit_households_distinct", "visit_households")),
    (Hard, AtMost("staff_fulltime", "staff_total")),
    (Hard, AtMost("staff_certified", "staff_total")),
    (Hard, AtMost("satisfaction_satisfied", "satisfaction_surveys")),
    (Hard, AtMost("volunteers_new", "volunteers_stock")),
    (Hard, AtMost("files_new", "files_stock")),
    (Hard, AtMost("case_sessions", "case_person_times")),
    (Hard, AtMost("group_sessions", "group_person_times")),
    (Hard, AtMost("activity_count", "activity_person_times")),
    (Hard, AtMost("trainings_held", "training_person_times")),
    (Hard, AtMost("case_referred", "case_closed")),
    (Hard, Balance("case_open_end", "case_open_start", "case_new", "case_closed")),
    (Hard, Needs("visit_households", "visit_households_distinct")),
    (Hard, Needs("case_person_times", "case_sessions")),
    (Hard, Needs("group_person_times", "group_sessions")),
    (Hard, Needs("activity_person_times", "activity_count")),
    (Hard, Needs("policy_publicity_people", "policy_publicity_events")),
    (Hard, Needs("hotline_minutes", "hotline_calls")),
    (Hard, Needs("resource_value_yuan", "resource_links")),
    (Hard, Needs("resource_beneficiaries", "resource_links")),
    (Hard, Needs("volunteer_hours", "volunteer_person_times")),
    (Hard, Needs("training_person_times", "trainings_held")),
    (Hard, Needs("training_hours", "trainings_held")),
    (Hard, Needs("supervision_hours", "supervision_sessions")),
    (Hard, Needs("satisfaction_satisfied", "satisfaction_surveys")),
    (Soft, Needs("group_new", "group_sessions")),
    (Soft, Needs("supervision_sessions", "supervision_hours")),
    (Soft, Needs("volunteer_person_times", "volunteer_hours")),
    (Soft, Needs("trainings_held", "training_hours")),
    (Soft, Needs("case_new", "case_sessions")),
    (Soft, AtMost("community_orgs_merged_area", "community_orgs_functional")),
];

/// Values of the six months before, newest first; `None` where there was no report.
#[derive(Clone, Debug, Default)]
pub struct Past(pub Vec<Option<Vec<Option<i64>>>>);

impl Past {
    pub fn last(&self, slot: i16) -> Option<i64> {
        value_in(self.0.first()?.as_deref()?, slot)
    }

    /// Median of the months that have a value, if at least three have; the lower of two middle
    /// values.
    pub fn median(&self, slot: i16) -> Option<i64> {
        let mut known: Vec<i64> = self.0.iter().take(6).flatten().filter_map(|vals| value_in(vals, slot)).collect();
        known.sort_unstable();
        (known.len() >= 3).then(|| known[(known.len() - 1) / 2])
    }
}

/// An amount above this multiple of the median needs an explanation.
const TIMES: i64 = 3;
/// Medians below this are too small to compare with.
const LEAST: i64 = 10;

/// All findings in the order of the form. `whole`: also reports blank cells.
pub fn check(sheet: &Sheet, form: &Form, content: &Content, past: &Past, whole: bool) -> Vec<Finding> {
    let mut found = vec![];
    for indicator in form.indicators().filter(|indicator| !indicator.is_derived()) {
        check_cell(indicator, content, past, whole, &mut found);
    }
    for (severity, rule) in RULES {
        if let Some(finding) = check_rule(form, content, severity, rule) {
            found.push(finding);
        }
    }
    for (key, label, _, most) in TEXTS {
        let count = content.texts.get(key).map_or(0, |text| text.chars().count());
        if count > most {
            found.push(hard(Field::Text(key), format!("「{label}」请不要超过 {most} 个字，现在是 {count} 个字。")));
        }
    }
    if whole && found.iter().all(|finding| finding.severity == Soft) && is_all_zero(form, content) {
        let first =
            form.indicators().find(|indicator| !indicator.is_derived() && content.value(indicator.slot) == Some(0));
        if let Some(indicator) = first {
            let why = "整张表都是 0。确实没有开展工作的，请说明原因。".to_owned();
            found.push(soft(indicator.slot, content, why));
        }
    }
    let order: Vec<i16> = form.indicators().map(|indicator| indicator.slot).collect();
    let rank = |finding: &Finding| {
        let slot = finding.field.slot();
        slot.and_then(|slot| order.iter().position(|other| *other == slot)).unwrap_or(usize::MAX)
    };
    found.sort_by_key(rank);
    debug_assert!(sheet.indicators.len() >= order.len(), "a form is of its dictionary");
    found
}

/// True if all the author typed is zeros.
fn is_all_zero(form: &Form, content: &Content) -> bool {
    let typed = form.indicators().filter(|i| !i.is_derived() && !i.code.starts_with("staff_"));
    let mut values = typed.filter_map(|i| content.value(i.slot)).peekable();
    values.peek().is_some() && values.all(|value| value == 0)
}

fn hard(field: Field, why: String) -> Finding {
    Finding { field, severity: Hard, why, is_noted: false }
}

fn soft(slot: i16, content: &Content, why: String) -> Finding {
    let is_noted = content.notes.get(&slot.to_string()).is_some_and(|note| !note.trim().is_empty());
    Finding { field: Field::Value(slot), severity: Soft, why, is_noted }
}

fn check_cell(indicator: &Indicator, content: &Content, past: &Past, whole: bool, found: &mut Vec<Finding>) {
    let (slot, name) = (indicator.slot, &indicator.name);
    let field = Field::Value(slot);
    let unread = |field: Field| {
        content.unread.get(&field.name()).map(|typed| match read(typed, indicator.scale, &indicator.unit) {
            Reading::Unread(why) => why,
            _ => "请重新填写。".to_owned(),
        })
    };
    if let Some(why) = unread(field) {
        found.push(hard(field, format!("「{name}」：{why}")));
    } else if whole && !content.says(slot) {
        found.push(hard(field, format!("「{name}」还没有填。没有发生填 0，不适用填 /。")));
    }
    if let Some(value) = content.value(slot) {
        if value > indicator.most {
            let why = format!(
                "「{name}」填了 {}，超过上限 {}，请核对。",
                indicator.text(&value),
                indicator.text(&indicator.most)
            );
            found.push(hard(field, why));
        } else if let Some(median) = past.median(slot).filter(|median| *median >= LEAST * 10_i64.pow(indicator.scale)) {
            let usual = indicator.text(&median);
            if value > median * TIMES {
                let why = format!("「{name}」是近 6 个月中位数（{usual}）的 {TIMES} 倍以上，请核对；属实请说明原因。");
                found.push(soft(slot, content, why));
            } else if value == 0 {
                let why = format!("「{name}」本月为 0，近 6 个月中位数是 {usual}，请核对；属实请说明原因。");
                found.push(soft(slot, content, why));
            }
        }
    }
    for breakdown in Breakdown::ALL {
        check_parts(indicator, *breakdown, content, &unread, found);
    }
}

fn check_parts(
    indicator: &Indicator,
    breakdown: Breakdown,
    content: &Content,
    unread: &dyn Fn(Field) -> Option<String>,
    found: &mut Vec<Finding>,
) {
    let (slot, name) = (indicator.slot, &indicator.name);
    let words = indicator.parts(breakdown);
    let total = content.value(slot).unwrap_or(0);
    let (mut sum, mut first) = (0, None);
    for (at, word) in words.iter().enumerate() {
        let field = Field::Part(slot, breakdown, at);
        if let Some(why) = unread(field) {
            found.push(hard(field, format!("「{name}」的「{word}」：{why}")));
        }
        let Some(part) = content.part(indicator, breakdown, at) else { continue };
        first = first.or(Some(field));
        sum += part;
        if !breakdown.adds_up() && part > total {
            let (part, total) = (indicator.text(&part), indicator.text(&total));
            found.push(hard(field, format!("「{name}」的「{word}」{part} 大于合计 {total}，请核对。")));
        }
    }
    if let Some(field) = first.filter(|_| breakdown.adds_up() && sum != total) {
        let (along, sum, total) = (breakdown.label(), indicator.text(&sum), indicator.text(&total));
        found.push(hard(field, format!("「{name}」按{along}分列加起来是 {sum}，合计填的是 {total}，两处要相等。")));
    }
}

fn check_rule(form: &Form, content: &Content, severity: Severity, rule: Rule) -> Option<Finding> {
    let find = |code: &str| {
        let indicator = form.indicators().find(|indicator| indicator.code == code)?;
        Some((indicator, content.value(indicator.slot)?))
    };
    let (slot, why) = match rule {
        AtMost(less, more) => {
            let ((less, small), (more, large)) = (find(less)?, find(more)?);
            if small <= large {
                return None;
            }
            let why =
                format!("「{}」{} 大于「{}」{}，请核对。", less.name, less.text(&small), more.name, more.text(&large));
            (less.slot, why)
        }
        Balance(end, start, plus, minus) => {
            let ((end, stands), (start, was)) = (find(end)?, find(start)?);
            let ((plus, came), (minus, went)) = (find(plus)?, find(minus)?);
            let due = was + came - went;
            if stands == due {
                return None;
            }
            let why = format!(
                "「{}」应等于「{}」{was} ＋「{}」{came} －「{}」{went} ＝ {due}，现在填的是 {stands}。",
                end.name, start.name, plus.name, minus.name
            );
            (end.slot, why)
        }
        Needs(some, other) => {
            let ((some, amount), (other, needed)) = (find(some)?, find(other)?);
            if amount == 0 || needed > 0 {
                return None;
            }
            let why = format!("填了「{}」{}，「{}」却是 0，请核对。", some.name, some.text(&amount), other.name);
            (other.slot, why)
        }
    };
    Some(match severity {
        Hard => hard(Field::Value(slot), why),
        Soft => soft(slot, content, format!("{why}属实请说明原因。")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::features::{
        places::stations::StationLevel,
        reporting::indicators::{shipped_sheet, slot_of},
    };

    struct Bench {
        sheet: Sheet,
        form: Form,
        content: Content,
        past: Past,
    }

    impl Bench {
        /// A form filled with zeros.
        fn zeros() -> Self {
            let sheet = shipped_sheet("2026-03".parse().unwrap());
            let form = sheet.form(StationLevel::Township);
            let mut content = Content::default();
            for indicator in form.indicators() {
                content.set_value(indicator.slot, Some(0));
            }
            content.settle(&form, &BTreeMap::new());
            Self { sheet, form, content, past: Past::default() }
        }

        fn with(mut self, values: &[(&str, i64)]) -> Self {
            for (code, value) in values {
                self.content.set_value(slot_of(code).unwrap(), Some(*value));
            }
            self
        }

        fn found(&self) -> Vec<Finding> {
            check(&self.sheet, &self.form, &self.content, &self.past, true)
        }

        fn at(&self, code: &str) -> Vec<Severity> {
            let field = Field::Value(slot_of(code).unwrap());
            self.found().into_iter().filter(|finding| finding.field == field).map(|finding| finding.severity).collect()
        }
    }

    #[test]
    fn every_rule_names_indicators_that_are_there() {
        for (_, rule) in RULES {
            let codes = match rule {
                AtMost(a, b) | Needs(a, b) => vec![a, b],
                Balance(a, b, c, d) => vec![a, b, c, d],
            };
            for code in codes {
                assert!(slot_of(code).is_some(), "{code}");
            }
        }
    }

    #[test]
    fn what_is_blank_blocks_and_what_is_not_applicable_does_not() {
        let mut bench = Bench::zeros().with(&[("visit_households", 3), ("visit_households_distinct", 2)]);
        assert!(bench.found().is_empty(), "{:?}", bench.found());
        let slot = slot_of("hotline_calls").unwrap();
        bench.content.set_value(slot, None);
        assert_eq!(bench.at("hotline_calls"), [Hard]);
        let draft = check(&bench.sheet, &bench.form, &bench.content, &bench.past, false);
        assert!(draft.is_empty(), "a draft may have blanks");
        bench.content.set_not_applicable(slot);
        assert!(bench.found().is_empty());
    }

    #[test]
    fn what_hangs_together_is_checked() {
        let bad = [
            (vec![("visit_households", 3), ("visit_households_distinct", 4)], "visit_households_distinct", Hard),
            (
                vec![("case_open_start", 5), ("case_new", 2), ("case_closed", 1), ("case_open_end", 7)],
                "case_open_end",
                Hard,
            ),
            (vec![("group_person_times", 12)], "group_sessions", Hard),
            (vec![("activity_count", 5), ("activity_person_times", 3)], "activity_count", Hard),
            (vec![("staff_total", 2), ("staff_certified", 3)], "staff_certified", Hard),
            (vec![("group_new", 1)], "group_sessions", Soft),
        ];
        for (values, at, severity) in bad {
            assert_eq!(Bench::zeros().with(&values).at(at), [severity], "{values:?}");
        }
        let good = Bench::zeros().with(&[
            ("case_open_start", 5),
            ("case_new", 2),
            ("case_closed", 1),
            ("case_open_end", 6),
            ("case_sessions", 9),
            ("case_person_times", 9),
        ]);
        assert!(good.found().is_empty(), "{:?}", good.found());
    }

    #[test]
    fn parts_make_up_the_whole() {
        let mut bench = Bench::zeros().with(&[("consultations", 10)]);
        let slot = slot_of("consultations").unwrap();
        let sheet = bench.sheet.clone();
        bench.content.put(Field::Part(slot, Breakdown::Domain, 0), "4", &sheet);
        let found = bench.found();
        assert_eq!((found.len(), found[0].field), (1, Field::Part(slot, Breakdown::Domain, 0)));
        bench.content.put(Field::Part(slot, Breakdown::Domain, 5), "6", &sheet);
        assert!(bench.found().is_empty());
        // A client may belong to several categories, but no category exceeds the total.
        bench.content.put(Field::Part(slot, Breakdown::Category, 0), "10", &sheet);
        bench.content.put(Field::Part(slot, Breakdown::Category, 1), "10", &sheet);
        assert!(bench.found().is_empty());
        bench.content.put(Field::Part(slot, Breakdown::Category, 2), "11", &sheet);
        assert_eq!(bench.found().len(), 1);
    }

    #[test]
    fn far_from_the_usual_asks_for_a_note() {
        let slot = slot_of("consultations").unwrap();
        let mut bench = Bench::zeros().with(&[("consultations", 61)]);
        let month = |value| {
            let mut content = Content::default();
            content.set_value(slot, Some(value));
            Some(content.vals)
        };
        bench.past = Past(vec![month(20), None, month(30), month(10)]);
        assert_eq!(bench.past.median(slot), Some(20));
        assert_eq!(bench.at("consultations"), [Soft]);
        assert!(bench.found()[0].blocks());
        bench.content.notes.insert(slot.to_string(), "重阳节活动".to_owned());
        assert!(!bench.found()[0].blocks());
        bench.content.set_value(slot, Some(60));
        assert!(bench.found().iter().all(|finding| finding.field != Field::Value(slot)));
        bench.past = Past(vec![month(20), month(30)]);
        bench.content.set_value(slot, Some(900));
        assert!(bench.at("consultations").is_empty(), "two months say nothing");
    }

    #[test]
    fn nothing_but_zeros_asks_for_a_word() {
        let bench = Bench::zeros();
        let found = bench.found();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Soft);
    }

    #[test]
    fn more_than_can_be_is_refused() {
        let bench = Bench::zeros().with(&[("activity_count", 501), ("activity_person_times", 600)]);
        assert_eq!(bench.at("activity_count"), [Hard]);
    }
}
