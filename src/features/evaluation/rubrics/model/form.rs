//! The form of one rubric line, shared by the web page and the workbook. Pure.

use serde::Deserialize;

use super::{
    scale::{Method, Scale},
    tree::{Kind, Line, Source},
};
use crate::kernel::{Points, Problems, line};
/// Codes that would clash with fixed words in URLs.
const RESERVED: [&str; 4] = ["new", "print", "return", "submission"];

/// The raw fields of a line, from a form or a workbook row.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineForm {
    pub code: String,
    pub parent: String,
    pub kind: String,
    pub text: String,
    pub points: String,
    pub method: String,
    pub setting: String,
    pub zero_on: String,
    pub note: String,
    pub evidence: String,
    pub source: String,
    pub version: i32,
}

impl LineForm {
    pub fn of(line: &Line, version: i32) -> Self {
        Self {
            code: line.code.clone(),
            parent: line.parent.clone().unwrap_or_default(),
            kind: line.kind.as_str().to_owned(),
            text: line.text.clone(),
            points: if line.kind.has_points() { line.points.to_string() } else { String::new() },
            method: line.method.map(Method::as_str).unwrap_or_default().to_owned(),
            setting: line.setting.clone(),
            zero_on: line.zero_on.join("；"),
            note: line.note.clone(),
            evidence: line.evidence.clone(),
            source: line.source.map(Source::as_str).unwrap_or_default().to_owned(),
            version,
        }
    }

    /// Validates one line by itself; [`Rubric::problems`] checks the lines together.
    pub fn read(&self) -> Result<Line, Problems> {
        let mut problems = Problems::default();
        let code = problems.check("code", line(&self.code, 1, 12)).unwrap_or_default();
        if !code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) {
            problems.note("code", "编号只用字母、数字、点和短横，例如 A1.2。");
        }
        if RESERVED.contains(&code.to_ascii_lowercase().as_str()) {
            problems.note("code", "这个编号系统要用，请换一个，例如 A1。");
        }
        let parent = problems.check("parent", line(&self.parent, 0, 12)).unwrap_or_default();
        if !parent.is_empty() && parent == code {
            problems.note("parent", "上级指标不能是它自己。");
        }
        let kind = Kind::parse(self.kind.trim());
        if kind.is_none() {
            problems.note("kind", "请选择这一项的类型。");
        }
        let text = problems.check("text", line(&self.text, 2, 200));
        let points = match (self.points.trim(), kind) {
            ("", Some(kind)) if !kind.has_points() => Some(Points::ZERO),
            ("", _) => {
                problems.note("points", "请填写分值。");
                None
            }
            (typed, _) => problems.check("points", Points::parse(typed)),
        };
        if points.is_some_and(|points| points < Points::ZERO)
            || points == Some(Points::ZERO) && kind.is_some_and(Kind::has_points)
        {
            problems.note("points", "分值要大于 0，扣分项也写正数。");
        }
        let method = Method::parse(self.method.trim());
        if method.is_none() && !self.method.trim().is_empty() {
            problems.note("method", "没有这种评分方式，请从列表中选择。");
        }
        let mut setting = self.setting.trim().to_owned();
        match method {
            Some(method) => {
                if let Some(scale) = problems.check("setting", Scale::read(method, &setting)) {
                    if let Some(points) = points {
                        problems.check("setting", scale.fits(points));
                    }
                    setting = scale.text();
                }
            }
            None if kind.is_some_and(Kind::has_points) && !setting.is_empty() => {
                problems.note("method", "填了评分设置，请选择评分方式。");
            }
            None => setting = problems.check("setting", line(&setting, 0, 60)).unwrap_or_default(),
        }
        let mut zero_on = vec![];
        for part in self.zero_on.split(['；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            zero_on.extend(problems.check("zero_on", line(part, 2, 60)));
        }
        if zero_on.len() > 10 || (!zero_on.is_empty() && (method.is_none() || kind == Some(Kind::Deduction))) {
            problems.note("zero_on", "计零情形最多 10 条，只用在有评分方式的评分、加分项上。");
        }
        let source = Source::parse(self.source.trim());
        if source.is_none() && !self.source.trim().is_empty() {
            problems.note("source", "没有这个数据来源，请从列表中选择。");
        }
        let note = problems.check("note", line(&self.note, 0, 500));
        let evidence = problems.check("evidence", line(&self.evidence, 0, 200));
        let (Some(kind), Some(text), Some(points), Some(note), Some(evidence), true) =
            (kind, text, points, note, evidence, problems.is_empty())
        else {
            return Err(problems);
        };
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        Ok(Line { code, parent, kind, text, points, method, setting, zero_on, note, evidence, source })
    }
}
