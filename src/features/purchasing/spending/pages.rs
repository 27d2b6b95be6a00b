//! The page of a project's spending: lines, entries, adjustments and the export.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    model::{AdjustForm, Adjustment, AdjustmentGrade, AdjustmentState, SpendForm, share_moved},
    store::{self, Decision, Expenditure},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        ground::files,
        purchasing::projects::{self, Line, PARTS, Project},
    },
    kernel::{Day, Error, Listed, Paging, Problems, ProjectId, Result, line, plain_yuan, yuan},
    web::{
        App, Cell, Chrome, Column, Form, FormWithFile, Html, Invalid, Path, Query, Sheet, Turn, Visit, checked,
        filters, form_key, key_of, see_other_done,
    },
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    on: String,
}

/// A budget line as of a day. Amounts in fen.
struct Stand {
    line: Line,
    adjusted: i64,
    spent: i64,
}

impl Stand {
    fn balance(&self) -> i64 {
        self.line.amount + self.adjusted - self.spent
    }
}

#[derive(Default)]
struct Typed {
    spend: SpendForm,
    adjust: AdjustForm,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "purchasing/spending/show.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    lines: Vec<Stand>,
    /// The day the lines are shown for, and the reason a typed day was not understood.
    day: Day,
    unread: Option<&'static str>,
    rows: Listed<Expenditure>,
    adjustments: Vec<Adjustment>,
    turn: Turn,
    typed: Typed,
}

impl Show {
    fn may_enter(&self) -> bool {
        self.chrome.may(Act::RunProjects) && self.project.state().takes_money()
    }

    fn may_decide(&self, wish: &Adjustment) -> bool {
        self.chrome.may(Act::WriteProjects) && wish.state == AdjustmentState::Asked
    }

    /// True if the visitor requested the adjustment; they may only withdraw it.
    fn is_own(&self, wish: &Adjustment) -> bool {
        let account = self.chrome.visitor.as_ref().map(|visitor| visitor.account);
        wish.asker.is_some() && wish.asker == account
    }

    fn choices(&self) -> Vec<(String, String)> {
        let known = self.lines.iter().map(|stand| {
            let line = &stand.line;
            (line.seq.to_string(), format!("{}（剩 {} 元）", line.name, yuan(line.balance())))
        });
        [(String::new(), "请选择".to_owned())].into_iter().chain(known).collect()
    }

    fn name(&self, seq: &i16) -> &str {
        self.lines.iter().find(|stand| stand.line.seq == *seq).map_or("", |stand| &stand.line.name)
    }

    /// Totals of the table: amount, adjusted, spent, balance.
    fn sums(&self) -> [i64; 4] {
        let sum = |of: fn(&Stand) -> i64| self.lines.iter().map(of).sum();
        [sum(|stand| stand.line.amount), sum(|stand| stand.adjusted), sum(|stand| stand.spent), sum(Stand::balance)]
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Project,
        (filter, paging): (Filter, Paging),
        typed: Typed,
    ) -> Result<Self> {
        let today = tx.today();
        let (day, unread) = match filter.on.trim() {
            "" => (today, None),
            text => text.parse::<Day>().map_or_else(|why| (today, Some(why)), |day| (day, None)),
        };
        let plan = projects::plan(tx, project.id).await?;
        let ledger = store::ledger(tx, project.id, day).await?;
        let lines = plan.lines.into_iter().zip(ledger.then);
        let lines = lines.map(|(line, then)| Stand { line, adjusted: then.adjusted, spent: then.spent }).collect();
        let paging = paging.within(ledger.entries);
        let rows = store::rows(tx, project.id, paging.size(), paging.offset()).await?;
        let rows = Listed { rows, total: ledger.entries, paging };
        let turn = Turn::of(&format!("{}/spending", project.path()), &filter, &rows);
        Ok(Self {
            chrome: visit.chrome(),
            project,
            lines,
            day,
            unread,
            rows,
            adjustments: ledger.adjustments,
            turn,
            typed,
        })
    }
}

fn blank() -> Typed {
    Typed {
        spend: SpendForm { key: form_key(), ..SpendForm::default() },
        adjust: AdjustForm { key: form_key(), ..AdjustForm::default() },
        problems: Problems::default(),
    }
}

fn there(project: &Project) -> String {
    format!("{}/spending", project.path())
}

pub async fn show(
    visit: Visit,
    Path(id): Path<ProjectId>,
    Query(filter): Query<Filter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, (filter, paging), blank()).await?).into_response())
}

/// Locks the project; refuses if its money may not be spent.
async fn taken(tx: &mut Tx, id: ProjectId) -> Result<Project> {
    let project = projects::take(tx, id).await?;
    if project.state().takes_money() {
        return Ok(project);
    }
    Err(Error::refused(format!(
        "项目现在是「{}」，不能登记支出或调整预算。签约以后、结项以前才能登记；暂停的项目请先恢复。",
        project.state().label()
    )))
}

pub async fn enter(
    AppState(app): AppState<App>,
    visit: Visit,
    Path(id): Path<ProjectId>,
    FormWithFile(form, upload): FormWithFile<SpendForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = checked(files::read(&app, upload).await)?.map_err(|found| problems.absorb(found)).ok().flatten();
    let mut tx = visit.begin().await?;
    let project = taken(&mut tx, id).await?;
    if let Some(before) = tx.once(key_of(&form.key)?, &there(&project)).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let lines = projects::plan(&mut tx, id).await?.lines;
    let today = tx.today();
    let spent = form.read(&lines, project.terms.signed_on, today).map_err(|found| problems.absorb(found)).ok();
    if let Some(spent) = &spent
        && store::is_entered(&mut tx, id, spent).await?
    {
        let why = "这个凭证号在同一科目已经登记过同样的金额。确实是另一笔的，请在凭证号后面加 -2 区分。";
        problems.note("voucher", why);
    }
    let (Some(spent), true) = (spent, problems.is_empty()) else {
        let typed = Typed { spend: form, problems, ..blank() };
        let page = Show::page(&visit, &mut tx, project, Default::default(), typed).await?;
        return Ok(Invalid(page).into_response());
    };
    let file = match &file {
        Some(file) => Some(files::keep(&mut tx, file).await?),
        None => None,
    };
    store::enter(&mut tx, &project, &spent, file).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "saved"))
}

/// Rows held in memory at a time during an export.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let heads = [
        ("序号", 8),
        ("日期", 12),
        ("科目", 18),
        ("凭证号", 14),
        ("用途", 30),
        ("收款方", 24),
        ("金额（元）", 16),
        ("登记人", 14),
        ("冲销日期", 12),
        ("冲销原因", 24),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let project = projects::find(&mut tx, id).await?;
    let mut sheet = Sheet::new("支出", &columns, false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, id, CHUNK, written).await?;
        for row in &rows {
            let (spent_on, amount) = (row.spent_on.to_string(), plain_yuan(row.amount));
            let reversed_on = row.reversed_on.map(|day| day.to_string()).unwrap_or_default();
            sheet.row([
                Cell::Number(row.seq.into()),
                Cell::Text(&spent_on),
                Cell::Text(&row.line_name),
                Cell::Text(&row.voucher),
                Cell::Text(&row.what),
                Cell::Text(&row.payee),
                Cell::Amount(&amount),
                Cell::Text(&row.entered_by),
                Cell::Text(&reversed_on),
                Cell::Text(&row.reversed_why),
            ])?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written });
    tx.record(Entry::new("导出项目支出", "project", id, &project.name).after(after)).await?;
    tx.commit().await?;
    sheet.finish(&format!("支出_{}.xlsx", project.number)).await
}

pub async fn voucher(visit: Visit, Path((id, seq)): Path<(ProjectId, i32)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    projects::find(&mut tx, id).await?;
    let file = store::voucher(&mut tx, id, seq).await?;
    files::serve(&mut tx, file).await
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WhyForm {
    why: String,
}

pub async fn reverse(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i32)>,
    Form(form): Form<WhyForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = taken(&mut tx, id).await?;
    match line(&form.why, 2, 100) {
        Ok(why) => store::reverse(&mut tx, &project, seq, &why).await?,
        Err(why) => {
            let typed =
                Typed { problems: Problems::one("why", format!("冲销第 {seq} 笔支出：{why}")), ..blank() };
            let page = Show::page(&visit, &mut tx, project, Default::default(), typed).await?;
            return Ok(Invalid(page).into_response());
        }
    }
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "reversed"))
}

pub async fn ask(visit: Visit, Path(id): Path<ProjectId>, Form(form): Form<AdjustForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = taken(&mut tx, id).await?;
    if let Some(before) = tx.once(key_of(&form.key)?, &there(&project)).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let lines = projects::plan(&mut tx, id).await?.lines;
    match form.read(&lines) {
        Ok(wish) => {
            store::ask(&mut tx, &project, &wish).await?;
            tx.commit().await?;
            Ok(see_other_done(&there(&project), "asked"))
        }
        Err(problems) => {
            let typed = Typed { adjust: form, problems, ..blank() };
            let page = Show::page(&visit, &mut tx, project, Default::default(), typed).await?;
            Ok(Invalid(page).into_response())
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    decision: String,
    words: String,
    document: String,
}

/// The reason an adjustment cannot be approved with this form.
async fn not_approvable(
    tx: &mut Tx,
    project: &Project,
    wish: &Adjustment,
    form: &DecisionForm,
) -> Result<Option<String>> {
    let all = store::adjustments(tx, project.id).await?;
    let approved = all.iter().filter(|row| row.state == AdjustmentState::Approved).map(|row| row.amount).sum();
    let grade = AdjustmentGrade::of(share_moved(approved, wish.amount, project.contract_sum));
    if wish.asker.is_some() && wish.asker == tx.scope().account {
        return Ok(Some("不能批准自己提出的调整，请另一位县级工作人员办理。".to_owned()));
    }
    if grade == AdjustmentGrade::Large && form.document.trim().is_empty() {
        return Ok(Some("累计调整超过合同金额的 10%，要先签补充协议，请填协议编号。".to_owned()));
    }
    if grade == AdjustmentGrade::Medium && form.words.trim().is_empty() {
        return Ok(Some("累计调整超过合同金额的 5%，请写明意见。".to_owned()));
    }
    let mut plan = projects::plan(tx, project.id).await?;
    if let Some(from) = plan.lines.iter().find(|line| line.seq == wish.from_line && line.balance() < wish.amount) {
        return Ok(Some(format!("「{}」现在只剩 {} 元，不够调出。", from.name, yuan(from.balance()))));
    }
    plan.lines = store::with(&plan.lines, wish);
    let day = project.ruled_on(tx.today());
    let facts = plan.facts(project.lottery_purpose);
    let findings = projects::findings(tx, project.id, &project.division, day, &plan.sources, facts).await?;
    let broken = findings.iter().find(|finding| finding.refuses() && finding.rule.kind.is_of_budget());
    Ok(broken.map(|finding| format!("调整后不符合「{}」：{}", finding.rule.kind.label(), finding.words)))
}

pub async fn decide(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = taken(&mut tx, id).await?;
    let adjustments = store::adjustments(&mut tx, id).await?;
    let wish = adjustments.into_iter().find(|row| row.seq == seq).ok_or(Error::NotFound)?;
    let approves = match form.decision.as_str() {
        "approve" => true,
        "refuse" => false,
        _ => return Err(Error::refused("请选择同意或不同意。")),
    };
    let mut problems = Problems::default();
    let words = problems.check("words", line(&form.words, if approves { 0 } else { 2 }, 200)).unwrap_or_default();
    let document = problems.check("document", line(&form.document, 0, 60)).unwrap_or_default();
    if approves
        && problems.is_empty()
        && let Some(why) = not_approvable(&mut tx, &project, &wish, &form).await?
    {
        problems.note("adjustment", format!("第 {seq} 项调整没有批准：{why}"));
    }
    if !problems.is_empty() {
        let typed = Typed { problems, ..blank() };
        let page = Show::page(&visit, &mut tx, project, Default::default(), typed).await?;
        return Ok(Invalid(page).into_response());
    }
    let decision = Decision { approves, words: &words, document: &document };
    store::decide(&mut tx, &project, &wish, &decision).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "saved"))
}
