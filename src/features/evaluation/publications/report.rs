//! Text and tables of the evaluation report, built from recorded data. Pure.

use std::collections::BTreeMap;

use super::store::Facts;
use crate::{
    features::evaluation::{
        evaluations::Round,
        rubrics::{Kind, Rubric},
        scoring::{ResultRow, top_lines},
        surveys::Said,
    },
    kernel::{Day, Points, exact_percent, half_up, percent},
    web::Document,
};

/// The data behind a report.
#[derive(Debug)]
pub struct Told<'a> {
    pub round: &'a Round,
    pub rubric: &'a Rubric,
    /// Best first among peers.
    pub results: &'a [ResultRow],
    pub satisfaction: &'a [Said],
    /// The date of the report.
    pub day: &'a str,
    pub facts: Facts,
}

/// Number of weak lines named in the report.
const WEAKEST: usize = 8;

fn share(part: i128, whole: i128) -> String {
    exact_percent(i32::try_from(half_up(part * 10_000, whole)).unwrap_or(0))
}

/// The total before appeals, if an appeal changed it.
fn appealed(row: &ResultRow) -> String {
    if row.is_final && row.first_total != row.total {
        format!("复核前 {} 分。", points(row.first_total))
    } else {
        String::new()
    }
}

fn points(total: Option<Points>) -> String {
    total.map_or_else(|| "—".to_owned(), |total| total.to_string())
}

impl Told<'_> {
    fn organised(&self) -> String {
        let round = self.round;
        let released = round.released_at.map(|at| Day::of(at).in_words()).unwrap_or_default();
        format!(
            "{}本次评估按照《{}》进行，满分 {} 分，加分最多 {} 分。站点自评到{}，专家实地评估从{}到{}；每站 {} 名专家，共 {} 名专家参加，几位专家的分按「{}」合成；单项分差超过 {} 的经合议确定。结果于{released}发布，公示到{}，复核申请到{}。",
            round.division_name,
            self.rubric.title(),
            self.rubric.full(),
            self.rubric.bonus(),
            round.self_until.in_words(),
            round.onsite_from.in_words(),
            round.onsite_until.in_words(),
            round.scorers,
            self.facts.evaluators,
            round.combination.label(),
            round.spread(),
            round.notice_until.map(Day::in_words).unwrap_or_default(),
            round.appeal_until.map(Day::in_words).unwrap_or_default(),
        )
    }

    /// The number of stations at each grade and the mean total, as text.
    fn overall(&self, invited: usize) -> String {
        let count = i64::try_from(self.results.len()).unwrap_or(0);
        let mut grades: Vec<String> = self
            .round
            .bands
            .iter()
            .map(|band| {
                let of = self.results.iter().filter(|row| row.grade == band.label && row.total.is_some()).count();
                let of = i64::try_from(of).unwrap_or(0);
                format!("{} {of} 个（{}）", band.label, percent(of, count))
            })
            .collect();
        let ungraded = self.results.iter().filter(|row| row.total.is_none()).count();
        if ungraded > 0 {
            grades.push(format!("不予评定 {ungraded} 个"));
        }
        let totals: Vec<Points> = self.results.iter().filter_map(|row| row.total).collect();
        let spread = match (totals.iter().max(), totals.iter().min()) {
            (Some(most), Some(least)) => {
                format!("平均 {} 分，最高 {most} 分，最低 {least} 分。", Points::mean(&totals).rounded())
            }
            _ => String::new(),
        };
        let left = match self.facts.excluded {
            0 => String::new(),
            some => format!("，其中 {some} 个中途退出"),
        };
        format!("参加评估的站点 {invited} 个{left}，有结果的 {count} 个。{}。{spread}", grades.join("，"))
    }

    fn ranked(&self) -> Vec<[String; 6]> {
        let row = |row: &ResultRow| {
            [
                row.peers.clone(),
                row.rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string()),
                row.station_name.clone(),
                points(row.total),
                row.grade.clone(),
                format!("{}{}", appealed(row), row.outcome.notes.join("")),
            ]
        };
        self.results.iter().map(row).collect()
    }

    /// Each section of the rubric with its points, the mean of all stations, and its share.
    fn parts(&self) -> Vec<[String; 4]> {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for row in self.results {
            for (line, worth) in top_lines(self.rubric, &row.outcome) {
                *sums.entry(line.code.as_str()).or_default() += i128::from(worth.0);
            }
        }
        let count = i128::try_from(self.results.len().max(1)).unwrap_or(1);
        let parts = self.rubric.children(None).filter(|line| line.kind == Kind::Scored);
        parts
            .map(|line| {
                let sum = sums.get(line.code.as_str()).copied().unwrap_or(0);
                let mean = Points(half_up(sum, count)).rounded();
                let of = i128::from(line.points.0) * count;
                [format!("{} {}", line.code, line.text), line.points.to_string(), mean.to_string(), share(sum, of)]
            })
            .collect()
    }

    /// The lines with the lowest share of their points over all stations.
    fn weakest(&self) -> Vec<String> {
        let count = i128::try_from(self.results.len().max(1)).unwrap_or(1);
        let mut lines: Vec<(i128, i128, String)> = self
            .rubric
            .leaves()
            .filter(|line| line.kind == Kind::Scored)
            .map(|line| {
                let values = self.results.iter().filter_map(|row| row.outcome.line(&line.code));
                let sum = values.map(|of| i128::from(of.value.0)).sum();
                (sum, i128::from(line.points.0) * count, format!("{} {}", line.code, self.rubric.full_text(line)))
            })
            .collect();
        lines.sort_by(|(part, whole, _), (other, of, _)| (part * of).cmp(&(other * whole)));
        let weak = lines.into_iter().filter(|(part, whole, _)| part < whole).take(WEAKEST);
        (1..)
            .zip(weak)
            .map(|(nth, (part, whole, text))| format!("{nth}. {text}：平均得分率 {}。", share(part, whole)))
            .collect()
    }

    fn asked(&self) -> String {
        let said = self.satisfaction.iter().map(|said| {
            let hidden = match said.hidden {
                0 => String::new(),
                some => format!("（另有 {some} 个站点不满 5 份，不计算）"),
            };
            match &said.percent {
                Some(percent) => format!("{}问卷 {} 份，满意度 {percent}{hidden}", said.party, said.answers),
                None => format!("{}各站点都不满 5 份，不公开", said.party),
            }
        });
        format!("{}。", said.collect::<Vec<_>>().join("；"))
    }

    fn used(&self) -> String {
        let Facts { appeals, upheld, orders, closed, plaques, .. } = self.facts;
        format!(
            "截至{}，复核申请 {appeals} 项，采纳 {upheld} 项。已下达整改 {orders} 项，销号 {closed} 项。授牌 {plaques} 个站点。评为最低等级的站点，{}。",
            self.day,
            self.round.holds_text()
        )
    }
}

/// The signed report.
pub fn document(title: &str, told: &Told<'_>, invited: usize, signed: [&str; 2]) -> Document {
    let mut document = Document::new(title)
        .heading("一、评估的组织")
        .text(&told.organised())
        .heading("二、总体结果")
        .text(&told.overall(invited))
        .table(
            [("类别", 1600), ("名次", 700), ("站点", 2700), ("总分", 1000), ("等级", 1000), ("说明", 1845)],
            &told.ranked(),
        )
        .heading("三、各部分得分")
        .table([("部分", 4000), ("分值", 1400), ("平均得分", 1600), ("得分率", 1845)], &told.parts())
        .heading("四、薄弱环节");
    let weakest = told.weakest();
    document = if weakest.is_empty() {
        document.text("各项平均都得满分。")
    } else {
        weakest.iter().fold(document, |document, text| document.text(text))
    };
    document = document.heading("五、满意度");
    document = document.text(&if told.satisfaction.is_empty() {
        "本轮没有做满意度调查。".to_owned()
    } else {
        told.asked()
    });
    document.heading("六、结果运用").text(&told.used()).signed(signed)
}
