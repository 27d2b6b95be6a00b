//! The tree of a rubric: lines in up to three levels, and the check that they add up. Pure.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::scale::{Answer, Asks, Method, Scale};
use crate::{
    kernel::{DivisionCode, Points, RubricId, line},
    words,
};

words! {
    /// The state of a version of a rubric.
    State {
        Draft = "draft", "草稿";
        Published = "published", "已发布";
        Retired = "retired", "已停用";
    }
}

impl State {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Draft => "warn",
            Self::Published => "ok",
            Self::Retired => "",
        }
    }
}

words! {
    /// The effect of a line on the result.
    Kind {
        Scored = "scored", "评分";
        Bonus = "bonus", "加分";
        Deduction = "deduction", "扣分";
        Veto = "veto", "一票否决";
        Cap = "cap", "等级限制";
        Ineligible = "ineligible", "不予评定";
    }
}

impl Kind {
    /// True for lines that count towards the full points.
    pub fn is_scored(self) -> bool {
        self == Self::Scored
    }
}

impl Kind {
    /// True if lines of this kind have points; the others are yes or no.
    pub fn has_points(self) -> bool {
        matches!(self, Self::Scored | Self::Bonus | Self::Deduction)
    }

    /// True if the station scores itself; deductions are found by others.
    pub fn is_self_scored(self) -> bool {
        matches!(self, Self::Scored | Self::Bonus)
    }

    pub fn explained(self) -> &'static str {
        match self {
            Self::Scored => "得分计入总分。有下级指标时，下级分值加起来要等于本项分值。",
            Self::Bonus => "在总分之外加分。有下级指标时，加分合计最多加到本项分值。",
            Self::Deduction => "从总分里扣。有下级指标时，扣分合计最多扣到本项分值。",
            Self::Veto => "发生一次，总分计零或直接评为最低等级。",
            Self::Cap => "出现这种情形，等级最高只能评到写明的一档。",
            Self::Ineligible => "出现这种情形，本年度不评定等级。",
        }
    }
}

words! {
    /// A system figure that answers a line automatically.
    Source {
        CertifiedWorkers = "certified_workers", "持证社工人数";
        CertifiedShare = "certified_share", "持证社工占在岗人数";
        HeadInPost = "head_in_post", "站长在岗";
        RegistrationRate = "registration_rate", "证书登记有效率";
        ReportsOnTime = "reports_on_time", "月报按时率";
        ReportsLate = "reports_late", "逾期月报次数";
        ReportsReturned = "reports_returned", "被退回的月报次数";
        CaseVolume = "case_volume", "全年个案数（审定月报）";
        GroupVolume = "group_volume", "全年小组数（审定月报）";
        ActivityVolume = "activity_volume", "全年社区活动数（审定月报）";
        Volunteers = "volunteers", "全年新增志愿者（审定月报）";
        Projects = "projects", "全年在实施的购买服务项目数";
        OpenRectifications = "open_rectifications", "往年没有销号的整改项数";
        ClientSatisfaction = "client_satisfaction", "服务对象满意度（调查）";
        PurchaserSatisfaction = "purchaser_satisfaction", "购买方满意度（调查）";
        ExecutorSatisfaction = "executor_satisfaction", "执行方满意度（调查）";
        Satisfaction = "satisfaction", "综合满意度（调查，按权重）";
    }
}

impl Source {
    /// True if the answer comes from a satisfaction survey, known only after its closing; other
    /// figures are known at any time.
    pub fn is_surveyed(self) -> bool {
        use Source::{ClientSatisfaction, ExecutorSatisfaction, PurchaserSatisfaction, Satisfaction};
        matches!(self, ClientSatisfaction | PurchaserSatisfaction | ExecutorSatisfaction | Satisfaction)
    }

    /// The kind of answer this figure gives.
    pub fn gives(self) -> Asks {
        match self {
            Self::HeadInPost => Asks::Choice,
            Self::CertifiedShare | Self::RegistrationRate | Self::ReportsOnTime => Asks::Ratio,
            surveyed if surveyed.is_surveyed() => Asks::Ratio,
            _ => Asks::Amount,
        }
    }
}

/// A grade and its lower bound in points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    pub label: String,
    pub from: Points,
}

impl Grade {
    /// Parses `优秀=90；良好=80；…`, best first; the last must start at 0.
    pub fn read_all(text: &str) -> Result<Vec<Self>, String> {
        let mut grades = vec![];
        for part in text.split(['；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            let (label, from) = part
                .split_once(['=', '＝'])
                .ok_or_else(|| format!("「{part}」要写成「等级=最低分」，例如「优秀=90」。"))?;
            grades.push(Self { label: line(label, 1, 20)?, from: Points::parse(from)? });
        }
        let labels: HashSet<_> = grades.iter().map(|grade| &grade.label).collect();
        if grades.len() < 2 || grades.len() > 8 || labels.len() != grades.len() {
            return Err("请写 2 到 8 个等级，名称不能重复。".to_owned());
        }
        if grades.windows(2).any(|pair| pair[0].from <= pair[1].from) {
            return Err("等级请从高到低写，最低分一档比一档低。".to_owned());
        }
        if grades.last().is_some_and(|grade| grade.from != Points::ZERO) {
            return Err("最后一个等级请从 0 分起，例如「不合格=0」，这样每个分数都有等级。".to_owned());
        }
        Ok(grades)
    }

    pub fn text_of(grades: &[Self]) -> String {
        grades.iter().map(|grade| format!("{}={}", grade.label, grade.from)).collect::<Vec<_>>().join("；")
    }
}

/// The setting of a veto that makes the total zero; the other setting gives the lowest grade.
pub const TOTAL_ZERO: &str = "总分计零";
pub const LOWEST_GRADE: &str = "最低等级";

/// A line of a rubric: a heading, a criterion, or a yes-or-no condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub code: String,
    pub parent: Option<String>,
    pub kind: Kind,
    pub text: String,
    /// Maximum points; 0 for a yes-or-no line.
    pub points: Points,
    /// `None` for a heading or a line without points.
    pub method: Option<Method>,
    /// The setting of the method, the effect of a veto, or the best grade a cap allows.
    pub setting: String,
    /// Conditions that make the score zero, whatever else is met.
    pub zero_on: Vec<String>,
    pub note: String,
    pub evidence: String,
    pub source: Option<Source>,
}

impl Line {
    pub fn scale(&self) -> Option<Scale> {
        self.method.and_then(|method| Scale::read(method, &self.setting).ok())
    }

    /// True if the line can be scored: neither a heading nor unfinished.
    pub fn is_leaf(&self) -> bool {
        self.method.is_some() || !self.kind.has_points()
    }

    /// True if the station has to answer it: it has points and no survey answers it.
    pub fn is_asked_of_station(&self) -> bool {
        self.kind.is_self_scored() && !self.is_surveyed()
    }

    /// True if a satisfaction survey answers it.
    pub fn is_surveyed(&self) -> bool {
        self.source.is_some_and(Source::is_surveyed)
    }

    pub fn asks(&self) -> Asks {
        self.method.map_or(Asks::Choice, Method::asks)
    }

    /// The options to choose or tick.
    pub fn options(&self) -> Vec<(String, Option<Points>)> {
        match self.scale() {
            Some(scale) => scale.options(),
            None => vec![("没有发生".to_owned(), None), ("发生了".to_owned(), None)],
        }
    }

    /// The value of an answer: points given, or points taken off at a deduction; 1 if a
    /// yes-or-no line applies. The error says what is missing.
    pub fn value(&self, answer: &Answer) -> Result<Points, String> {
        if answer.zero.iter().any(|at| *at >= self.zero_on.len()) {
            return Err("选中的内容和评分细则对不上，请刷新后再选。".to_owned());
        }
        if !answer.zero.is_empty() {
            return Ok(Points::ZERO);
        }
        if !self.kind.has_points() {
            return match answer.choice {
                Some(0) => Ok(Points::ZERO),
                Some(1) => Ok(Points(1000)),
                _ => Err("请选择有没有发生。".to_owned()),
            };
        }
        let scale = self.scale().ok_or("这一项没有评分方式。")?;
        let points = scale.points(self.points, answer)?;
        Ok(match (self.kind, &scale) {
            (Kind::Deduction, Scale::PerUnitDeduct { .. }) => self.points - points,
            _ => points,
        })
    }

    /// A value of this line as text.
    pub fn words_of(&self, value: &Points) -> String {
        match self.kind {
            Kind::Scored | Kind::Bonus => value.to_string(),
            Kind::Deduction if *value == Points::ZERO => "不扣".to_owned(),
            Kind::Deduction => format!("扣 {value}"),
            _ if *value == Points::ZERO => "没有".to_owned(),
            _ => "发生".to_owned(),
        }
    }

    /// An answer as text.
    pub fn words(&self, answer: &Answer) -> String {
        let options = self.options();
        let name = |at: &usize| options.get(*at).map_or("", |(name, _)| name.as_str());
        let number = |amount: i64| crate::kernel::amount_text(amount, 3);
        let mut words = match self.asks() {
            Asks::Choice => answer.choice.as_ref().map(name).unwrap_or_default().to_owned(),
            Asks::Ticks => match &answer.ticks {
                Some(ticks) if ticks.is_empty() => "都不符合".to_owned(),
                Some(ticks) => ticks.iter().map(name).collect::<Vec<_>>().join("、"),
                None => String::new(),
            },
            Asks::Amount => answer.amount.map(number).unwrap_or_default(),
            Asks::Ratio => match (answer.amount, answer.of) {
                (Some(amount), Some(of)) => format!("{} / {}", number(amount), number(of)),
                (Some(amount), None) => format!("{}%", number(amount)),
                _ => String::new(),
            },
        };
        for at in &answer.zero {
            if let Some(condition) = self.zero_on.get(*at) {
                words.push_str(if words.is_empty() { "" } else { "；" });
                words.push_str("计零：");
                words.push_str(condition);
            }
        }
        words
    }
}

/// A version of a rubric, with its lines in tree order.
#[derive(Clone, Debug)]
pub struct Rubric {
    pub id: RubricId,
    pub series: RubricId,
    pub number: i16,
    pub division: DivisionCode,
    pub division_name: String,
    pub name: String,
    pub state: State,
    /// Set if bonuses may lift the total above the sum of the scored lines.
    pub bonus_over: bool,
    pub grades: Vec<Grade>,
    pub note: String,
    pub lines: Vec<Line>,
    pub version: i32,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
}

impl Rubric {
    pub fn path(&self) -> String {
        format!("/rubrics/{}", self.id)
    }

    pub fn title(&self) -> String {
        format!("{} 第 {} 版", self.name, self.number)
    }

    pub fn line(&self, code: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.code == code)
    }

    /// The text of a line for places that don't show its parents.
    pub fn full_text(&self, line: &Line) -> String {
        let above = line.parent.as_deref().and_then(|code| self.line(code)).filter(|above| above.parent.is_some());
        above.map_or_else(|| line.text.clone(), |above| format!("{} · {}", above.text, line.text))
    }

    pub fn children<'a>(&'a self, parent: Option<&'a str>) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.parent.as_deref() == parent)
    }

    pub fn has_children(&self, code: &str) -> bool {
        self.children(Some(code)).next().is_some()
    }

    /// 1 for a top-level line; 4 or more if the parents form a cycle.
    pub fn depth(&self, line: &Line) -> usize {
        let (mut depth, mut at) = (1, line);
        while let Some(parent) = at.parent.as_deref().and_then(|code| self.line(code)) {
            depth += 1;
            at = parent;
            if depth > 3 {
                break;
            }
        }
        depth
    }

    /// The lines to be scored, in tree order.
    pub fn leaves(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_leaf() && !self.has_children(&line.code))
    }

    /// The full points: the sum of the top-level scored lines.
    pub fn full(&self) -> Points {
        self.children(None).filter(|line| line.kind == Kind::Scored).map(|line| line.points).sum()
    }

    pub fn bonus(&self) -> Points {
        self.children(None).filter(|line| line.kind == Kind::Bonus).map(|line| line.points).sum()
    }

    /// Sorts lines into tree order: each after its parent, siblings in their old order.
    /// Lines with a missing parent come last.
    pub fn ordered(lines: Vec<Line>) -> Vec<Line> {
        let mut of: HashMap<Option<String>, Vec<Line>> = HashMap::new();
        let codes: Vec<String> = lines.iter().map(|line| line.code.clone()).collect();
        for line in lines {
            of.entry(line.parent.clone()).or_default().push(line);
        }
        let mut out = vec![];
        let mut stack: Vec<Line> = of.remove(&None).unwrap_or_default().into_iter().rev().collect();
        while let Some(line) = stack.pop() {
            stack.extend(of.remove(&Some(line.code.clone())).unwrap_or_default().into_iter().rev());
            out.push(line);
        }
        let mut rest: Vec<Line> = of.into_values().flatten().collect();
        rest.sort_by_key(|line| codes.iter().position(|code| *code == line.code));
        out.extend(rest);
        out
    }

    /// Everything that prevents publication, as pairs of line code and text.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut found = vec![];
        let mut note = |code: &str, why: String| found.push((code.to_owned(), why));
        let mut seen = HashSet::new();
        for line in &self.lines {
            let code = line.code.as_str();
            if !seen.insert(code) {
                note(code, "编号重复。".to_owned());
            }
            if let Some(parent) = &line.parent {
                match self.line(parent) {
                    None => note(code, format!("没有编号为「{parent}」的上级指标。")),
                    Some(parent) if parent.kind != line.kind => {
                        note(code, format!("上级指标是「{}」，这一项也要是。", parent.kind.label()));
                    }
                    Some(_) => {}
                }
            }
            if self.depth(line) > 3 {
                note(code, "最多三级指标。".to_owned());
            }
            let sum: Points = self.children(Some(code)).map(|child| child.points).sum();
            match (self.has_children(code), line.kind) {
                (true, _) if line.method.is_some() || line.source.is_some() => {
                    note(code, "有下级指标的，不填评分方式和数据来源。".to_owned());
                }
                (true, Kind::Scored) if sum != line.points => {
                    let (more, by) =
                        if sum > line.points { ("多", sum - line.points) } else { ("少", line.points - sum) };
                    note(code, format!("下级分值加起来是 {sum} 分，比本项的 {} 分{more} {by} 分。", line.points));
                }
                (false, kind) if kind.has_points() && line.method.is_none() => {
                    note(code, "没有下级指标，也没有评分方式，请补上一样。".to_owned());
                }
                _ => {}
            }
            if let Err(why) = self.check(line) {
                note(code, why);
            }
        }
        if !self.children(None).any(|line| line.kind == Kind::Scored) {
            note("", "还没有评分的指标。".to_owned());
        }
        if self.leaves().count() > 200 {
            note("", "评分的指标最多 200 项。".to_owned());
        }
        if let Some(best) = self.grades.first().filter(|best| best.from > self.full() + self.bonus()) {
            note(
                "",
                format!(
                    "「{}」要 {} 分以上，超过了满分 {} 分和加分 {} 分。",
                    best.label,
                    best.from,
                    self.full(),
                    self.bonus()
                ),
            );
        }
        found
    }

    /// Checks a line by itself.
    fn check(&self, line: &Line) -> Result<(), String> {
        match line.kind {
            Kind::Veto if ![TOTAL_ZERO, LOWEST_GRADE].contains(&line.setting.as_str()) => {
                Err(format!("评分设置请填「{TOTAL_ZERO}」或「{LOWEST_GRADE}」。"))
            }
            Kind::Cap if !self.grades.iter().any(|grade| grade.label == line.setting) => {
                let labels: Vec<_> = self.grades.iter().map(|grade| grade.label.as_str()).collect();
                Err(format!("评分设置请填最高能评的等级：{}。", labels.join("、")))
            }
            kind if kind.has_points() => {
                let Some(method) = line.method else { return Ok(()) };
                let scale = Scale::read(method, &line.setting)?;
                scale.fits(line.points)?;
                let deducts = method == Method::PerUnitDeduct || method == Method::Boolean || method == Method::Degree;
                if kind == Kind::Deduction && !deducts {
                    return Err("扣分项请用「按次数扣分」「有或无」或「程度分」。".to_owned());
                }
                match line.source {
                    Some(source) if source.gives() != line.asks() => Err(format!(
                        "「{}」不能填进「{}」的指标，请换一种评分方式或数据来源。",
                        source.label(),
                        method.label()
                    )),
                    _ => Ok(()),
                }
            }
            _ if line.method.is_some() || line.points != Points::ZERO || line.source.is_some() => {
                Err(format!("「{}」不填分值、评分方式和数据来源。", line.kind.label()))
            }
            _ => Ok(()),
        }
    }
}
