//! Test oracle: computes the same results in a second way, from the inputs as exported JSON,
//! with exact fractions and none of the product's code, for random rubrics of every method.
//! Each value the product rounds is rounded here once, by the textbook rule.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

use super::{Column, calculate};
use crate::{
    features::evaluation::{
        evaluations::{Band, Combination},
        rubrics::{Answer, Kind, Line, Method, Rubric, State},
    },
    kernel::{DivisionCode, Points, RubricId},
};

/// A fraction of points: numerator, denominator.
type Fraction = (i128, i128);

fn add(one: Fraction, two: Fraction) -> Fraction {
    (one.0 * two.1 + two.0 * one.1, one.1 * two.1)
}

/// Rounds to a multiple of `step` thousandths, halves away from zero.
fn school((over, under): Fraction, step: i128) -> i64 {
    let (size, sign) = (over.abs(), if over < 0 { -1 } else { 1 });
    let (whole, rest) = (size / (under * step), size % (under * step));
    i64::try_from(sign * (whole + i128::from(rest * 2 >= under * step)) * step).unwrap()
}

/// Splits `名称=分值` pairs, in thousandths.
fn pairs(setting: &str) -> Vec<(String, i128)> {
    let thousandths = |text: &str| {
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        sign * format!("{whole}{part:0<3}").parse::<i128>().unwrap()
    };
    setting
        .split('；')
        .filter_map(|part| part.split_once('='))
        .map(|(name, worth)| (name.to_owned(), thousandths(worth)))
        .collect()
}

fn figure(text: &str) -> i128 {
    let text: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{part:0<3}").parse().unwrap()
}

/// The value of one panel member's answer, in thousandths.
fn worth(line: &Value, answer: &Value) -> i64 {
    let full = i128::from(line["points"].as_i64().unwrap());
    let setting = line["setting"].as_str().unwrap();
    let of = if line["method"] == "factor" { vec![] } else { pairs(setting) };
    let choice = answer["choice"].as_u64().map_or(0, |at| usize::try_from(at).unwrap());
    let ticks = answer["ticks"].as_array().cloned().unwrap_or_default();
    let amount = i128::from(answer["amount"].as_i64().unwrap_or(0));
    let whole = answer["of"].as_i64().map(i128::from);
    let ratio = match whole {
        None => (amount, 100_000),
        Some(0) => (1, 1),
        Some(whole) => (amount, whole),
    };
    let percent = |text: &str| figure(text) * 10; // thousandths of a percent are of 100 000
    let first_met = |bounds: &[(String, i128)], met: &dyn Fn(&str) -> bool| {
        bounds.iter().find(|(bound, _)| met(bound)).map_or(0, |(_, worth)| *worth)
    };
    if answer["zero"].as_array().is_some_and(|zero| !zero.is_empty()) {
        return 0;
    }
    let exact: Fraction = match line["method"].as_str() {
        Some("composite") => (ticks.iter().map(|at| of[usize::try_from(at.as_u64().unwrap()).unwrap()].1).sum(), 1),
        Some("degree" | "matrix") => (of[choice].1, 1),
        Some("boolean") => (if choice == 0 { full } else { 0 }, 1),
        Some("condition_count") => {
            let met = i128::try_from(ticks.len()).unwrap();
            (first_met(&of, &|bound| met * 1000 >= figure(bound)), 1)
        }
        Some("ratio_band") => (first_met(&of, &|bound| ratio.0 * 1_000_000 >= percent(bound) * ratio.1), 1),
        Some("threshold") => (first_met(&of, &|bound| amount >= figure(bound)), 1),
        Some("linear") => {
            let (from, to) = setting.split_once('-').unwrap();
            let (from, to) = (percent(from), percent(to));
            let above = (ratio.0 * 1_000_000 - from * ratio.1).clamp(0, (to - from) * ratio.1);
            (full * above, (to - from) * ratio.1)
        }
        Some("per_unit_add") => {
            let (base, each) = (figure(&of[0].0), figure(&of[1].0));
            let more = (amount - base).div_euclid(each);
            (if amount < base { 0 } else { (of[0].1 + of[1].1 * more).min(full) }, 1)
        }
        Some("per_unit_deduct") => {
            let taken = (of[0].1 * (amount / figure(&of[0].0))).min(full);
            (if line["kind"] == "deduction" { taken } else { full - taken }, 1)
        }
        Some("factor") => (full * amount, 1000),
        _ => (i128::try_from(choice).unwrap() * 1000, 1),
    };
    school(exact, 1)
}

/// A station's total and grade in the round.
fn oracle(round: &Value) -> (Option<i64>, String) {
    let lines = round["lines"].as_array().unwrap();
    let of = |code: &Value| lines.iter().filter(|line| line["parent"] == *code).collect::<Vec<_>>();
    let value = |line: &Value| -> i64 {
        let column = &round["columns"][line["code"].as_str().unwrap()];
        for later in ["appeal", "committee"] {
            if let Some(points) = column[later].as_i64() {
                return school((points.into(), 1), 10);
            }
        }
        let mut scores: Vec<i64> =
            column["answers"].as_array().unwrap().iter().map(|answer| worth(line, answer)).collect();
        if ["veto", "cap", "ineligible"].contains(&line["kind"].as_str().unwrap()) {
            return i64::from(scores.iter().all(|score| *score > 0)) * 1000;
        }
        scores.sort_unstable();
        let cut = match round["combination"].as_str().unwrap() {
            "trimmed" => scores.len() / 5,
            "drop_extremes" if scores.len() > 2 => 1,
            _ => 0,
        };
        let kept = &scores[cut..scores.len() - cut];
        let sum = kept.iter().fold((0, 1), |sum, score| add(sum, (i128::from(*score), 1)));
        school((sum.0, sum.1 * i128::try_from(kept.len()).unwrap()), 10)
    };
    let group = |line: &Value| -> i64 {
        let children = of(&line["code"]);
        if children.is_empty() {
            return value(line);
        }
        let sum: i64 = children.iter().map(|child| value(child)).sum();
        if line["kind"] == "scored" { sum } else { sum.min(line["points"].as_i64().unwrap()) }
    };
    let sum_of =
        |kind: &str| -> i64 { of(&Value::Null).into_iter().filter(|line| line["kind"] == kind).map(group).sum() };
    let full: i64 = of(&Value::Null)
        .iter()
        .filter(|line| line["kind"] == "scored")
        .map(|line| line["points"].as_i64().unwrap())
        .sum();
    let base = sum_of("scored");
    let mut total = base + sum_of("bonus");
    if round["bonus_over"] == false && total > full.max(base) {
        total = full.max(base);
    }
    total = (total - sum_of("deduction")).max(0);
    let happened = |kind: &str, setting: Option<&str>| {
        lines
            .iter()
            .any(|line| line["kind"] == kind && setting.is_none_or(|of| line["setting"] == of) && value(line) > 0)
    };
    if happened("veto", Some("总分计零")) {
        total = 0;
    }
    let bands = round["bands"].as_array().unwrap();
    let mut band = bands.iter().position(|band| total >= band["from"].as_i64().unwrap()).unwrap();
    if happened("veto", Some("最低等级")) {
        band = bands.len() - 1;
    }
    if happened("cap", None) {
        band = band.max(1);
    }
    if happened("ineligible", None) {
        return (None, "不予评定".to_owned());
    }
    (Some(total), bands[band]["label"].as_str().unwrap().to_owned())
}

/// Every method with a setting for a line of four points.
const METHODS: [(Method, &str); 11] = [
    (Method::Composite, "一=1.125；二=0.875；三=2"),
    (Method::Degree, "好=4；一般=2.5；差=0"),
    (Method::RatioBand, "100%=4；80.5%=2；60%=1"),
    (Method::Linear, "60%-95%"),
    (Method::ConditionCount, "甲；乙；丙；3项=4；2项=1.5；1项=1"),
    (Method::Threshold, "10=4；5.5=2；1=0.5"),
    (Method::PerUnitAdd, "起点3=1；每2=0.75"),
    (Method::PerUnitDeduct, "每1=0.375"),
    (Method::Matrix, "按时/完整=4；按时/不完整=1；逾期/不完整=-2"),
    (Method::Factor, "高=1-0.8；中=0.8-0.6；低=0.6-0"),
    (Method::Boolean, ""),
];

fn line(code: &str, parent: Option<&str>, kind: Kind, points: i64, method: Option<usize>) -> Line {
    let setting = method.map_or("", |at| METHODS[at].1);
    Line {
        code: code.to_owned(),
        parent: parent.map(ToOwned::to_owned),
        kind,
        text: "指标".to_owned(),
        points: Points(points),
        method: method.map(|at| METHODS[at].0),
        setting: setting.to_owned(),
        zero_on: if kind == Kind::Scored && method.is_some() { vec!["计零".to_owned()] } else { vec![] },
        note: String::new(),
        evidence: String::new(),
        source: None,
    }
}

/// A rubric with every method among its scored lines, bonuses with a limit, deductions of
/// three methods, and all kinds of yes-or-no lines.
fn rubric(bonus_over: bool) -> Rubric {
    let mut lines = vec![line("A1", None, Kind::Scored, 44_000, None)];
    lines.extend((0..METHODS.len()).map(|at| line(&format!("A1.{at}"), Some("A1"), Kind::Scored, 4000, Some(at))));
    lines.push(line("P1", None, Kind::Bonus, 5000, None));
    lines.extend([1, 10].map(|at| line(&format!("P1.{at}"), Some("P1"), Kind::Bonus, 4000, Some(at))));
    lines.push(line("D1", None, Kind::Deduction, 6000, None));
    lines.extend([1, 7, 10].map(|at| line(&format!("D1.{at}"), Some("D1"), Kind::Deduction, 4000, Some(at))));
    for (code, kind, setting) in [
        ("V1", Kind::Veto, "总分计零"),
        ("V2", Kind::Veto, "最低等级"),
        ("C1", Kind::Cap, "良好"),
        ("N1", Kind::Ineligible, ""),
    ] {
        lines.push(Line { setting: setting.to_owned(), ..line(code, None, kind, 0, None) });
    }
    let id = RubricId::new();
    Rubric {
        id,
        series: id,
        number: 1,
        division: DivisionCode::country(),
        division_name: String::new(),
        name: String::new(),
        state: State::Published,
        bonus_over,
        grades: vec![],
        note: String::new(),
        lines,
        version: 1,
        changed_by: String::new(),
        changed_at: DateTime::UNIX_EPOCH,
    }
}

fn bands() -> Vec<Band> {
    [("优秀", 36), ("良好", 28), ("合格", 20), ("不合格", 0)]
        .map(|(label, from)| Band { label: label.to_owned(), from: Points(from * 1000), quota_bp: None })
        .to_vec()
}

/// Derives an answer at a line from three random numbers.
fn answer(line: &Line, (one, two, zero): (u32, u32, u8)) -> Answer {
    let rare = zero % 23 == 0;
    let zero = if !line.zero_on.is_empty() && rare { BTreeSet::from([0]) } else { BTreeSet::default() };
    let place = |of: usize| usize::try_from(one).unwrap() % of;
    let amount = |most: u32| Some(i64::from(one % (most * 1000)));
    let ticks = (0..3).filter(|at| one >> at & 1 == 1).collect();
    let plain = Answer { zero, ..Answer::default() };
    match line.method {
        Some(Method::Composite | Method::ConditionCount) => Answer { ticks: Some(ticks), ..plain },
        Some(Method::Degree | Method::Matrix) => Answer { choice: Some(place(3)), ..plain },
        Some(Method::Boolean) => Answer { choice: Some(place(2)), ..plain },
        Some(Method::RatioBand | Method::Linear) => {
            let whole = i64::from(two % 200_000);
            Answer { amount: amount(120), of: (two % 3 > 0).then_some(whole), ..plain }
        }
        Some(Method::Factor) => Answer { amount: Some(i64::from(one % 1001)), ..plain },
        Some(_) => Answer { amount: amount(15), ..plain },
        None => Answer { choice: Some(usize::from(rare)), ..plain },
    }
}

proptest! {
    #![proptest_config(Config::with_cases(1_000))]

    #[test]
    fn another_way_comes_to_the_same_results(
        bonus_over: bool, how in 0..3_usize, scorers in 1..8_usize,
        numbers in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u8>()), 8 * 24),
        later in prop::collection::vec((0..12_u8, -2000..4000_i64), 24),
    ) {
        let (rubric, bands, how) = (rubric(bonus_over), bands(), Combination::ALL[how]);
        let (mut columns, mut exported) = (BTreeMap::new(), serde_json::Map::new());
        for (at, line) in rubric.leaves().enumerate() {
            // On yes-or-no lines most panels agree.
            let of = |scorer: usize| if line.kind.has_points() { numbers[scorer * 24 + at] } else { numbers[at] };
            let answers: Vec<Answer> = (0..scorers).map(|scorer| answer(line, of(scorer))).collect();
            let values = answers.iter().map(|answer| line.value(answer).unwrap()).collect();
            let (kind, points) = later[at];
            let points = line.kind.has_points().then_some(Points(points));
            let committee = points.filter(|_| kind < 2);
            let appeal = points.filter(|_| kind == 1);
            exported.insert(line.code.clone(), json!({ "answers": answers, "committee": committee, "appeal": appeal }));
            columns.insert(line.code.clone(), Column { scorers: values, committee, appeal });
        }
        let round = json!({ "lines": rubric.lines, "bonus_over": bonus_over, "combination": how.as_str(), "bands": bands, "columns": exported });
        let outcome = calculate(&rubric, (&bands, how), &columns);
        prop_assert_eq!((outcome.total.map(|total| total.0), outcome.grade.clone()), oracle(&round));
        // Computing again from the same inputs gives the same bytes.
        let again = calculate(&rubric, (&bands, how), &columns);
        prop_assert_eq!(serde_json::to_vec(&outcome).unwrap(), serde_json::to_vec(&again).unwrap());
        prop_assert!(outcome.total.is_none_or(|total| total >= Points::ZERO && total.0 % 10 == 0));
    }
}
