//! Line-by-line comparison of two versions of a rubric. Pure.

use super::{
    form::LineForm,
    tree::{Line, Rubric},
};

/// The change of a line between two versions.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    /// Each changed field: name, before, after.
    Changed(Vec<(&'static str, String, String)>),
    Same,
}

/// The lines of both versions, matched by code, in the order of the later one. A deleted line
/// comes after the line it used to follow.
pub fn compare<'a>(before: &'a Rubric, after: &'a Rubric) -> Vec<(&'a Line, Change)> {
    let mut out: Vec<(&Line, Change)> = vec![];
    for line in &after.lines {
        let change = match before.line(&line.code) {
            None => Change::Added,
            Some(old) => match differences(old, line) {
                changed if changed.is_empty() => Change::Same,
                changed => Change::Changed(changed),
            },
        };
        out.push((line, change));
    }
    for (at, line) in before.lines.iter().enumerate() {
        if after.line(&line.code).is_some() {
            continue;
        }
        let previous = at.checked_sub(1).map(|at| before.lines[at].code.as_str());
        let place = out.iter().position(|(there, _)| Some(there.code.as_str()) == previous).map_or(0, |at| at + 1);
        out.insert(place, (line, Change::Removed));
    }
    out
}

fn differences(before: &Line, after: &Line) -> Vec<(&'static str, String, String)> {
    let (one, two) = (LineForm::of(before, 0), LineForm::of(after, 0));
    let label = |line: &Line| line.method.map(|method| method.label().to_owned()).unwrap_or_default();
    let source = |line: &Line| line.source.map(|source| source.label().to_owned()).unwrap_or_default();
    [
        ("上级", one.parent, two.parent),
        ("类型", before.kind.label().to_owned(), after.kind.label().to_owned()),
        ("内容", one.text, two.text),
        ("分值", one.points, two.points),
        ("评分方式", label(before), label(after)),
        ("评分设置", one.setting, two.setting),
        ("计零情形", one.zero_on, two.zero_on),
        ("评分说明", one.note, two.note),
        ("需要的材料", one.evidence, two.evidence),
        ("数据来源", source(before), source(after)),
    ]
    .into_iter()
    .filter(|(_, one, two)| one != two)
    .collect()
}
