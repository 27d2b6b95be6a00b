//! A rubric as a table: the format of the workbook and of the templates shipped with the
//! product.

use std::sync::LazyLock;

use super::model::{Grade, Kind, Line, LineForm, Method, Rubric, Source};
use crate::web::{Cell, Column};

/// The columns, each with the form field it fills.
pub const COLUMNS: [(&str, &str); 11] = [
    ("编号", "code"),
    ("上级编号", "parent"),
    ("类型", "kind"),
    ("内容", "text"),
    ("分值", "points"),
    ("评分方式", "method"),
    ("评分设置", "setting"),
    ("计零情形", "zero_on"),
    ("评分说明", "note"),
    ("需要的材料", "evidence"),
    ("数据来源", "source"),
];

pub fn heads() -> Vec<&'static str> {
    COLUMNS.iter().map(|(head, _)| *head).collect()
}

pub fn columns() -> Vec<Column> {
    COLUMNS
        .iter()
        .map(|(head, field)| match *field {
            "code" => Column::new(head, 10).note("字母、数字、点和短横，不能重复，例如 A1.2。"),
            "parent" => Column::new(head, 10).note("一级指标不填。"),
            "kind" => Column::new(head, 12).choices(Kind::ALL.iter().map(|word| word.label()).collect()),
            "text" => Column::new(head, 44),
            "points" => Column::new(head, 8).note("最多三位小数。一票否决、等级限制、不予评定的不填。"),
            "method" => Column::new(head, 14)
                .note("有下级指标的不填。")
                .choices(Method::ALL.iter().map(|word| word.label()).collect()),
            "setting" => Column::new(head, 44).note("各档用分号隔开，写法见评分细则编辑页。"),
            "zero_on" => Column::new(head, 24).note("出现就得 0 分的情形，用分号隔开。"),
            "source" => Column::new(head, 24).choices(Source::ALL.iter().map(|word| word.label()).collect()),
            _ => Column::new(head, 30),
        })
        .collect()
}

/// Converts a row into a form.
pub fn form(cells: &[String]) -> LineForm {
    let of = |name: &str| {
        let at = COLUMNS.iter().position(|(_, field)| *field == name);
        at.and_then(|at| cells.get(at)).cloned().unwrap_or_default()
    };
    LineForm {
        code: of("code"),
        parent: of("parent"),
        kind: of("kind"),
        text: of("text"),
        points: of("points"),
        method: of("method"),
        setting: of("setting"),
        zero_on: of("zero_on"),
        note: of("note"),
        evidence: of("evidence"),
        source: of("source"),
        version: 0,
    }
}

/// Converts a line into the cells of its row.
pub fn texts(line: &Line) -> [String; 11] {
    let form = LineForm::of(line, 0);
    [
        form.code,
        form.parent,
        line.kind.label().to_owned(),
        form.text,
        form.points,
        line.method.map(|method| method.label().to_owned()).unwrap_or_default(),
        form.setting,
        form.zero_on,
        form.note,
        form.evidence,
        line.source.map(|source| source.label().to_owned()).unwrap_or_default(),
    ]
}

pub fn cells(texts: &[String]) -> impl Iterator<Item = Cell<'_>> {
    texts.iter().zip(COLUMNS).map(|(text, (_, field))| match field {
        _ if text.is_empty() => Cell::Empty,
        "points" => Cell::Amount(text),
        _ => Cell::Text(text),
    })
}

/// Parses the rows of a table; each error comes with its row number.
pub fn read(rows: &[(usize, Vec<String>)]) -> Result<Vec<Line>, Vec<(usize, String)>> {
    let (mut lines, mut problems) = (vec![], vec![]);
    for (row, cells) in rows {
        match form(cells).read() {
            Ok(line) if lines.iter().any(|known: &Line| known.code == line.code) => {
                problems.push((*row, format!("编号「{}」重复。", line.code)));
            }
            Ok(line) => lines.push(line),
            Err(found) => problems.extend(found.all().iter().map(|problem| {
                let head = COLUMNS.iter().find(|(_, field)| *field == problem.field).map_or("", |(head, _)| head);
                (*row, format!("{head}：{}", problem.why))
            })),
        }
    }
    if problems.is_empty() { Ok(Rubric::ordered(lines)) } else { Err(problems) }
}

/// A rubric template shipped with the product.
#[derive(Debug)]
pub struct Template {
    pub key: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub note: &'static str,
    pub bonus_over: bool,
    pub grades: &'static str,
    csv: &'static str,
}

pub static TEMPLATES: [Template; 2] = [
    Template {
        key: "county",
        name: "社工站年度评估评分细则",
        about: "100 分，另加分最多 10 分。指标来自省级建设指引附件，分值由本平台拟定，请按本地要求修改。",
        note: "指标来自建设指引，分值由平台拟定，供修改。",
        bonus_over: true,
        grades: "优秀=90；良好=80；合格=60；不合格=0",
        csv: include_str!("county.csv"),
    },
    Template {
        key: "star",
        name: "星级社工站评审细则",
        about: "130 分，另加分最多 20 分，110 分以上五星级、100 分以上四星级。指标和分值由本平台拟定，请按本地要求修改。",
        note: "框架和星级线参照星级站评审做法，指标和分值由平台拟定，供修改。",
        bonus_over: true,
        grades: "五星级=110；四星级=100；不定星级=0",
        csv: include_str!("star.csv"),
    },
];

impl Template {
    /// The lines and grades of the template.
    pub fn read(&self) -> (Vec<Line>, Vec<Grade>) {
        static READ: LazyLock<Vec<Vec<Line>>> = LazyLock::new(|| TEMPLATES.iter().map(|of| lines_of(of.csv)).collect());
        let at = TEMPLATES.iter().position(|of| of.key == self.key).unwrap_or(0);
        (READ[at].clone(), Grade::read_all(self.grades).unwrap_or_default())
    }
}

/// Parses a shipped file; a test makes sure that it parses.
fn lines_of(csv: &str) -> Vec<Line> {
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(csv.as_bytes());
    let rows: Vec<(usize, Vec<String>)> = reader
        .records()
        .flatten()
        .enumerate()
        .map(|(at, record)| (at + 2, record.iter().map(ToOwned::to_owned).collect()))
        .collect();
    read(&rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        features::evaluation::rubrics::model::State,
        kernel::{DivisionCode, Points, RubricId},
    };

    fn rubric(template: &Template) -> Rubric {
        let (lines, grades) = template.read();
        let id = RubricId::new();
        Rubric {
            id,
            series: id,
            number: 1,
            division: DivisionCode::country(),
            division_name: String::new(),
            name: template.name.to_owned(),
            state: State::Draft,
            bonus_over: template.bonus_over,
            grades,
            note: String::new(),
            lines,
            version: 1,
            changed_by: String::new(),
            changed_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_templates_add_up_and_may_be_published() {
        for (template, full, bonus, leaves) in [(&TEMPLATES[0], 100, 10, 40), (&TEMPLATES[1], 130, 20, 20)] {
            for (at, record) in csv::Reader::from_reader(template.csv.as_bytes()).records().enumerate() {
                let cells: Vec<String> = record.unwrap().iter().map(ToOwned::to_owned).collect();
                assert_eq!(cells.len(), COLUMNS.len(), "{} row {}", template.key, at + 2);
                let read = form(&cells).read();
                assert!(read.is_ok(), "{} row {}: {:?}", template.key, at + 2, read.map_err(|p| p.all().to_vec()));
            }
            let rubric = rubric(template);
            assert_eq!(rubric.problems(), vec![], "{}", template.key);
            assert_eq!([rubric.full(), rubric.bonus()], [Points(full * 1000), Points(bonus * 1000)]);
            assert!(rubric.leaves().count() > leaves);
        }
    }

    #[test]
    fn a_line_comes_back_from_its_row() {
        for template in &TEMPLATES {
            for line in template.read().0 {
                assert_eq!(form(&texts(&line)).read().unwrap(), line);
            }
        }
    }

    #[test]
    fn sums_that_do_not_add_up_say_by_how_much() {
        let mut rubric = rubric(&TEMPLATES[0]);
        let line = rubric.lines.iter_mut().find(|line| line.code == "A1").unwrap();
        line.points = Points(16_000);
        let problems = rubric.problems();
        assert!(problems.iter().any(|(code, why)| code == "A1" && why.contains("少 1 分")), "{problems:?}");
    }
}
