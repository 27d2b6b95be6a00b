//! A project before it is signed: its facts, stations, funds, documents and team.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::rows;
use crate::{
    features::purchasing::funds::{Finding, Purpose, Source},
    kernel::{Day, DivisionCode, Problems, RuleId, StationId, line, money, number, plain_digits, yuan},
    words,
};

words! {
    /// The category of service, as procurement notices name it.
    Category {
        SocialWork = "social_work", "社会工作服务";
        SocialService = "social_service", "其他社会服务";
        Assistance = "assistance", "社会救济服务";
        Other = "other", "其他";
    }
}

words! {
    /// The procurement method (政府采购法 art. 26; 政府采购竞争性磋商采购方式管理暂行办法).
    Method {
        Open = "open", "公开招标";
        Consultation = "consultation", "竞争性磋商";
        Negotiation = "negotiation", "竞争性谈判";
        Inquiry = "inquiry", "询价";
        Single = "single", "单一来源";
        Direct = "direct", "限额以下直接委托";
        Other = "other", "其他方式";
    }
}

words! {
    /// The kinds of document.
    DocumentKind {
        Survey = "survey", "需求调研";
        Design = "design", "方案设计";
        Review = "review", "方案论证";
        Notice = "notice", "采购公告";
        Award = "award", "成交（中标）通知";
        Contract = "contract", "合同";
        Supplement = "supplement", "补充协议";
        Midterm = "midterm", "中期报告";
        Final = "final", "末期报告";
        Acceptance = "acceptance", "验收材料";
        Audit = "audit", "财务审计";
        Other = "other", "其他";
    }
}

impl DocumentKind {
    /// Documents required before procurement.
    pub const BEFORE: [Self; 3] = [Self::Survey, Self::Design, Self::Review];

    /// The stage the document belongs to.
    pub fn stage(self) -> &'static str {
        match self {
            Self::Survey | Self::Design | Self::Review => "立项",
            Self::Notice | Self::Award => "采购",
            Self::Contract | Self::Supplement => "签约",
            Self::Midterm => "中期",
            Self::Final | Self::Acceptance | Self::Audit => "末期",
            Self::Other => "其他",
        }
    }
}

words! {
    /// The roles in a project's team.
    TeamRole {
        Lead = "lead", "项目负责人";
        Worker = "worker", "项目社工";
        Supervisor = "supervisor", "督导";
        Finance = "finance", "财务";
        Assistant = "assistant", "辅助人员";
    }
}

/// A source of a project's funds. Amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    pub seq: i16,
    pub kind: Source,
    pub amount: i64,
    pub year: i16,
    pub document: String,
    pub paid: i64,
}

/// A team member, from a first to a last day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub seq: i16,
    pub name: String,
    pub role: TeamRole,
    pub is_full_time: bool,
    pub certificate: String,
    pub since: Day,
    pub until: Option<Day>,
    pub why: String,
}

/// The reason given for not keeping a soft rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub rule_id: RuleId,
    pub reason: String,
    pub given_by: String,
}

/// A planned project.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    pub number: String,
    pub name: String,
    pub year: i16,
    pub division: DivisionCode,
    pub township: Option<DivisionCode>,
    pub category: Category,
    pub method: Method,
    pub plan_number: String,
    pub lot: String,
    pub authority: String,
    pub content: String,
    pub budget: i64,
    pub is_fixed_price: bool,
    pub for_small_enterprises: bool,
    pub lottery_purpose: Option<Purpose>,
    pub stations: Vec<StationId>,
    pub sources: Vec<SourceRow>,
}

/// Totals of the sources by kind.
pub fn amounts(sources: &[SourceRow]) -> BTreeMap<Source, i64> {
    sources.iter().fold(BTreeMap::new(), |mut sums, row| {
        *sums.entry(row.kind).or_insert(0) += row.amount;
        sums
    })
}

/// Amounts taken from the assistance fund: year, fen.
pub fn from_assistance(sources: &[SourceRow]) -> Vec<(i16, i64)> {
    sources.iter().filter(|row| row.kind == Source::Assistance).map(|row| (row.year, row.amount)).collect()
}

/// The project form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProjectForm {
    pub key: String,
    pub version: i32,
    /// `row` adds a row without saving.
    pub go: String,
    pub number: String,
    pub name: String,
    pub year: String,
    pub division: String,
    pub township: String,
    pub category: String,
    pub method: String,
    pub plan_number: String,
    pub lot: String,
    pub authority: String,
    pub content: String,
    pub budget: String,
    pub is_fixed_price: String,
    pub for_small_enterprises: String,
    pub lottery_purpose: String,
    pub stations: Vec<StationId>,
    pub source_kind: Vec<String>,
    pub source_amount: Vec<String>,
    pub source_year: Vec<String>,
    pub source_document: Vec<String>,
    pub rule: Vec<String>,
    pub reason: Vec<String>,
}

impl ProjectForm {
    pub fn of(draft: &Draft, version: i32) -> Self {
        let place = |code: Option<&DivisionCode>| code.map(ToString::to_string).unwrap_or_default();
        let yes = |ticked: bool| if ticked { "yes" } else { "" }.to_owned();
        Self {
            version,
            number: draft.number.clone(),
            name: draft.name.clone(),
            year: draft.year.to_string(),
            division: draft.division.to_string(),
            township: place(draft.township.as_ref()),
            category: draft.category.as_str().to_owned(),
            method: draft.method.as_str().to_owned(),
            plan_number: draft.plan_number.clone(),
            lot: draft.lot.clone(),
            authority: draft.authority.clone(),
            content: draft.content.clone(),
            budget: yuan(draft.budget),
            is_fixed_price: yes(draft.is_fixed_price),
            for_small_enterprises: yes(draft.for_small_enterprises),
            lottery_purpose: draft.lottery_purpose.map(|purpose| purpose.as_str().to_owned()).unwrap_or_default(),
            stations: draft.stations.clone(),
            source_kind: draft.sources.iter().map(|row| row.kind.as_str().to_owned()).collect(),
            source_amount: draft.sources.iter().map(|row| yuan(row.amount)).collect(),
            source_year: draft.sources.iter().map(|row| row.year.to_string()).collect(),
            source_document: draft.sources.iter().map(|row| row.document.clone()).collect(),
            ..Self::default()
        }
    }

    /// The rows of the sources table as the page shows them: at least three, at least one of them
    /// blank.
    pub fn source_rows(&self) -> Vec<[&str; 4]> {
        let rows = rows([&self.source_kind, &self.source_amount, &self.source_year, &self.source_document]);
        let mut shown: Vec<[&str; 4]> = rows.into_iter().map(|(_, cells)| cells).collect();
        let wanted = (shown.len() + 1).max(3) + if self.go == "row" { 3 } else { 0 };
        shown.resize(wanted, [""; 4]);
        shown
    }

    pub fn covers(&self, station: &StationId) -> bool {
        self.stations.contains(station)
    }

    /// The reason given for a rule.
    pub fn reason_for(&self, rule: RuleId) -> &str {
        reason_for(&self.rule, &self.reason, rule)
    }

    /// `division` and `township` are the places the typed codes or names stand for.
    pub fn read(&self, division: DivisionCode, township: Option<DivisionCode>) -> Result<Draft, Problems> {
        let mut problems = Problems::default();
        let mut text = |field, typed: &str, min, max| problems.check(field, line(typed, min, max)).unwrap_or_default();
        let name = text("name", &self.name, 2, 80);
        let plan_number = text("plan_number", &self.plan_number, 0, 60);
        let lot = text("lot", &self.lot, 0, 60);
        let authority = text("authority", &self.authority, 0, 60);
        let content = text("content", &self.content, 0, 1000);
        let number_typed = problems.check("number", project_number(&self.number)).unwrap_or_default();
        let year = problems.check("year", year(&self.year)).unwrap_or_default();
        let category = problems.check("category", Category::parse(&self.category).ok_or("请选择服务类别。"));
        let method = problems.check("method", Method::parse(&self.method).ok_or("请选择采购方式。"));
        let budget = problems.check("budget", money(&self.budget)).unwrap_or_default();
        let lottery_purpose = Purpose::parse(&self.lottery_purpose);
        let sources = self.sources(year, &mut problems);
        if let Some(township) = &township
            && !division.contains(township)
        {
            problems.note("township", "落地乡镇（街道）要在购买方的县里面。");
        }
        let purchased: i64 = sources.iter().filter(|row| row.kind != Source::Linked).map(|row| row.amount).sum();
        if problems.is_empty() && purchased != budget {
            problems.note(
                "sources",
                format!(
                    "资金来源合计 {} 元，和预算 {} 元不一致，请核对（承接机构链接资源不计入预算）。",
                    yuan(purchased),
                    yuan(budget)
                ),
            );
        }
        let (Some(category), Some(method)) = (category, method) else { return Err(problems) };
        problems.or(Draft {
            number: number_typed,
            name,
            year,
            division,
            township,
            category,
            method,
            plan_number,
            lot,
            authority,
            content,
            budget,
            is_fixed_price: !self.is_fixed_price.is_empty(),
            for_small_enterprises: !self.for_small_enterprises.is_empty(),
            lottery_purpose,
            stations: self.stations.clone(),
            sources,
        })
    }

    fn sources(&self, of_year: i16, problems: &mut Problems) -> Vec<SourceRow> {
        let mut sources = vec![];
        for (n, [kind, amount, typed_year, document]) in
            rows([&self.source_kind, &self.source_amount, &self.source_year, &self.source_document])
        {
            let mut row = |what: &str, why: String| problems.note("sources", format!("第 {n} 行{what}：{why}"));
            let kind = Source::parse(kind).ok_or_else(|| row("来源", "请选择资金来源。".into())).ok();
            let amount = money(amount).map_err(|why| row("金额", why)).ok();
            let in_year = match typed_year {
                "" => Some(of_year),
                typed => year(typed).map_err(|why| row("年度", why.into())).ok(),
            };
            let document = line(document, 0, 60).map_err(|why| row("文号", why)).ok();
            let (Some(kind), Some(amount), Some(year), Some(document)) = (kind, amount, in_year, document) else {
                continue;
            };
            let seq = i16::try_from(sources.len() + 1).unwrap_or(i16::MAX);
            sources.push(SourceRow { seq, kind, amount, year, document, paid: 0 });
        }
        if sources.is_empty() && problems.on("sources").is_none() {
            problems.note("sources", "请至少填一个资金来源。");
        }
        sources
    }
}

/// The reason given for a rule, in a form that asks for reasons.
pub fn reason_for<'a>(rules: &[String], reasons: &'a [String], rule: RuleId) -> &'a str {
    let rule = rule.to_string();
    rules.iter().position(|typed| *typed == rule).and_then(|at| reasons.get(at)).map_or("", |text| text.trim())
}

/// The reasons given for rules the page no longer asks about.
pub fn kept_reasons<'a>(rules: &'a [String], reasons: &'a [String], asked: &[Finding]) -> Vec<(&'a str, &'a str)> {
    let is_asked = |rule: &str| asked.iter().any(|finding| finding.rule.id.to_string() == rule);
    let given = rules.iter().zip(reasons).map(|(rule, reason)| (rule.as_str(), reason.as_str()));
    given.filter(|(rule, reason)| !reason.trim().is_empty() && !is_asked(rule)).collect()
}

/// Applies the rules to a form: a hard rule becomes a problem at `field`, a soft rule that is not
/// kept requires a reason. Returns the reasons given.
pub fn weigh(
    findings: &[Finding],
    field: &'static str,
    reason_of: impl Fn(RuleId) -> String,
    problems: &mut Problems,
) -> Vec<(RuleId, String)> {
    let mut reasons = vec![];
    for finding in findings.iter().filter(|finding| !finding.is_kept) {
        if finding.refuses() {
            problems.note(field, format!("不符合「{}」：{}", finding.rule.kind.label(), finding.words));
            continue;
        }
        match line(&reason_of(finding.rule.id), 4, 200) {
            Ok(reason) => reasons.push((finding.rule.id, reason)),
            Err(_) => problems.note(
                "reasons",
                format!(
                    "不符合「{}」：{}确需如此的，请写明原因（4 个字以上）。",
                    finding.rule.kind.label(),
                    finding.words
                ),
            ),
        }
    }
    reasons
}

/// Parses a project number: letters, digits, hyphens and brackets.
fn project_number(typed: &str) -> Result<String, &'static str> {
    let plain: String = typed.trim().chars().filter(|c| !c.is_whitespace()).collect();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "〔〕()（）_-".contains(c);
    if (2..=40).contains(&plain.chars().count()) && plain.chars().all(allowed) {
        Ok(plain)
    } else {
        Err("请填 2 到 40 个数字、字母、- 或括号，例如 510411-2021-03。")
    }
}

/// Parses the year of a project or of funds.
pub fn year(typed: &str) -> Result<i16, &'static str> {
    let year = number(plain_digits(typed.trim()).trim_end_matches('年')).map_err(|_| "请填年份，例如 2021。")?;
    match i16::try_from(year) {
        Ok(year @ 2000..=2100) => Ok(year),
        _ => Err("请填 2000 到 2100 之间的年份。"),
    }
}

/// The form of a team member as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MemberForm {
    pub name: String,
    pub role: String,
    pub is_full_time: String,
    pub certificate: String,
    pub since: String,
}

impl MemberForm {
    /// Validates against the current team and the contract's first and last day.
    pub fn read(&self, team: &[Member], (signed_on, ends_on): (Option<Day>, Option<Day>)) -> Result<Member, Problems> {
        let mut problems = Problems::default();
        let name = problems.check("name", line(&self.name, 1, 40)).unwrap_or_default();
        if team.iter().any(|member| member.name == name && member.until.is_none()) {
            problems.note("name", format!("{name}已经在团队里。分工变了的，先办理离开再增加。"));
        }
        let certificate = problems.check("certificate", line(&self.certificate, 0, 40)).unwrap_or_default();
        let role = problems.check("role", TeamRole::parse(&self.role).ok_or("请选择分工。"));
        let since = problems.check("since", self.since.parse::<Day>());
        if since.zip(signed_on).is_some_and(|(day, signed_on)| day < signed_on)
            || since.zip(ends_on).is_some_and(|(day, ends_on)| day > ends_on)
        {
            problems.note("since", "日期要在合同签订以后、服务期满以前。");
        }
        let is_full_time = match self.is_full_time.as_str() {
            "full" => true,
            "part" => false,
            _ => {
                problems.note("is_full_time", "请选择专职或兼职。");
                false
            }
        };
        let (Some(role), Some(since)) = (role, since) else { return Err(problems) };
        problems.or(Member { seq: 0, name, role, is_full_time, certificate, since, until: None, why: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> ProjectForm {
        let column = |texts: [&str; 3]| texts.map(ToOwned::to_owned).to_vec();
        ProjectForm {
            number: "510411-2021-03".into(),
            name: "仁和镇社工站服务项目".into(),
            year: "2021年".into(),
            category: "social_work".into(),
            method: "open".into(),
            budget: "50万".into(),
            source_kind: column(["lottery", "", "linked"]),
            source_amount: column(["500,000", "", "6万"]),
            source_year: column(["", "", "2022"]),
            source_document: column(["攀民〔2021〕3号", "", ""]),
            ..ProjectForm::default()
        }
    }

    fn county() -> DivisionCode {
        DivisionCode::parse("510411").unwrap()
    }

    #[test]
    fn a_project_comes_back_from_its_form_as_it_was() {
        let draft = typed().read(county(), DivisionCode::parse("510411100").ok()).unwrap();
        assert_eq!((draft.budget, draft.sources.len()), (50_000_000, 2));
        assert_eq!((draft.sources[0].year, draft.sources[1].year), (2021, 2022), "the project's year unless it says");
        let again = ProjectForm::of(&draft, 1).read(county(), draft.township.clone()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&draft).unwrap());
    }

    #[test]
    fn sources_make_up_the_budget() {
        let problems = ProjectForm { budget: "50.01万".into(), ..typed() }.read(county(), None).unwrap_err();
        assert!(problems.on("sources").unwrap().contains("合计 500,000.00 元，和预算 500,100.00 元不一致"));
        let bad = ProjectForm { source_amount: vec!["五十万".into()], ..typed() };
        assert!(bad.read(county(), None).unwrap_err().on("sources").unwrap().starts_with("第 1 行金额"));
        let elsewhere = typed().read(county(), DivisionCode::parse("510402001").ok()).unwrap_err();
        assert!(elsewhere.on("township").is_some());
    }
}
