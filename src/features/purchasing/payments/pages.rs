//! The page of a project's instalments, and the form that records a payment.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    model::{PayMove, PayState, SettleForm, gate, spread},
    store::{self, History, Pay, PayStep, Payout, With},
};
use crate::{
    access::Act,
    db::Tx,
    features::{
        ground::files,
        places::standing,
        purchasing::{
            appraisals,
            funds::Source,
            projects::{self, PARTS, Plan, Project},
        },
    },
    kernel::{Day, Error, Problems, ProjectId, Result, line},
    web::{
        App, Chrome, Form, FormWithFile, Html, Invalid, Path, Visit, checked, filters, form_key, key_of, see_other_done,
    },
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestForm {
    invoice: String,
    words: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WordsForm {
    words: String,
}

/// An instalment as the page shows it.
struct PayCard {
    pay: Pay,
    steps: Vec<PayStep>,
    /// How much each source contributed to this payment: name, fen.
    parts: Vec<(String, i64)>,
    /// The reason it cannot be approved yet.
    shut: Option<String>,
    /// The visitor's unsaved input, shown again after an error.
    typed: Typed,
}

impl PayCard {
    /// The invoice as just typed, or the saved one.
    fn invoice(&self) -> &str {
        if self.typed.invoice.is_empty() { &self.pay.invoice } else { &self.typed.invoice }
    }
}

/// The visitor's unsaved input about an instalment.
#[derive(Clone, Debug, Default)]
struct Typed {
    invoice: String,
    words: String,
}

/// Unsaved input and the instalment it belongs to.
struct About {
    seq: i16,
    typed: Typed,
}

impl About {
    fn words(seq: i16, words: String) -> Self {
        Self { seq, typed: Typed { words, ..Typed::default() } }
    }
}

#[derive(Template)]
#[template(path = "purchasing/payments/show.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    cards: Vec<PayCard>,
    problems: Problems,
}

impl Show {
    fn may_request(&self, pay: &Pay) -> bool {
        self.chrome.may(Act::RunProjects) && self.project.state().takes_money() && pay.state == PayState::Planned
    }

    fn may_decide(&self) -> bool {
        self.chrome.may(Act::WriteProjects) && self.project.state().takes_money()
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Project,
        about: Option<About>,
        problems: Problems,
    ) -> Result<Self> {
        let plan = projects::plan(tx, project.id).await?;
        let History { pays, steps, parts } = store::history(tx, project.id).await?;
        let (evaluations, _) = appraisals::all(tx, project.id).await?;
        let today = tx.today();
        let held = held(tx, &project).await?;
        let source_named = |source: i16| {
            let row = plan.sources.iter().find(|row| row.seq == source)?;
            Some(format!("{}（{}）", row.kind.label(), row.year))
        };
        let card = |pay: Pay| {
            let seq = pay.seq;
            let why = || held.clone().or_else(|| gate(pay.trigger, pay.due_on, &evaluations, today).err());
            PayCard {
                steps: steps.iter().filter(|step| step.seq == seq).cloned().collect(),
                parts: parts
                    .iter()
                    .filter(|(of, ..)| *of == seq)
                    .filter_map(|(_, source, amount)| Some((source_named(*source)?, *amount)))
                    .collect(),
                shut: if pay.state.is_settled() || !project.state().takes_money() { None } else { why() },
                typed: about
                    .as_ref()
                    .filter(|about| about.seq == seq)
                    .map(|about| about.typed.clone())
                    .unwrap_or_default(),
                pay,
            }
        };
        let cards = pays.into_iter().map(card).collect();
        Ok(Self { chrome: visit.chrome(), project, cards, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, None, Problems::default()).await?).into_response())
}

/// The reason no instalment of the project may be approved: the evaluation of its stations blocks
/// payments.
async fn held(tx: &mut Tx, project: &Project) -> Result<Option<String>> {
    let holds = standing::holds(tx, project.id, &project.stations, None).await?;
    let why: Vec<String> = holds.into_iter().filter(|held| held.payment).map(|held| held.why).collect();
    Ok((!why.is_empty()).then(|| format!("{}；整改全部销号以前不能批准付款。", why.join("；"))))
}

/// Locks the project and finds one of its instalments; refuses if its money may not move.
async fn taken(tx: &mut Tx, id: ProjectId, seq: i16) -> Result<(Project, Pay)> {
    let project = projects::take(tx, id).await?;
    let pay = store::pays(tx, id).await?.into_iter().find(|pay| pay.seq == seq).ok_or(Error::NotFound)?;
    if !project.state().takes_money() {
        return Err(Error::refused(format!(
            "项目现在是「{}」，不能办理付款。签约以后、结项以前才能付款；暂停的项目请先恢复。",
            project.state().label()
        )));
    }
    Ok((project, pay))
}

fn there(project: &Project) -> String {
    format!("{}/payments", project.path())
}

pub async fn request(
    AppState(app): AppState<App>,
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    FormWithFile(form, upload): FormWithFile<RequestForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = checked(files::read(&app, upload).await)?.map_err(|found| problems.absorb(found)).ok().flatten();
    let mut tx = visit.begin().await?;
    let (project, pay) = taken(&mut tx, id, seq).await?;
    let invoice = problems.check("invoice", line(&form.invoice, 1, 40));
    let words = problems.check("words", line(&form.words, 0, 200));
    let (Some(invoice), Some(words), true) = (invoice, words, problems.is_empty()) else {
        let about = Some(About { seq, typed: Typed { invoice: form.invoice, words: form.words } });
        return Ok(Invalid(Show::page(&visit, &mut tx, project, about, problems).await?).into_response());
    };
    pay.state.after(PayMove::Request)?;
    let file = match &file {
        Some(file) => Some(files::keep(&mut tx, file).await?),
        None => None,
    };
    let with = With { words: &words, invoice: &invoice, file, appraisal: None };
    store::act(&mut tx, &project, &pay, PayMove::Request, &with).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "requested"))
}

pub async fn invoice(visit: Visit, Path((id, seq)): Path<(ProjectId, i16)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    projects::find(&mut tx, id).await?;
    let pay = store::pays(&mut tx, id).await?.into_iter().find(|pay| pay.seq == seq).ok_or(Error::NotFound)?;
    files::serve(&mut tx, pay.file_id.ok_or(Error::NotFound)?).await
}

pub async fn send_back(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<WordsForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (project, pay) = taken(&mut tx, id, seq).await?;
    let mut problems = Problems::default();
    let Some(words) = problems.check("words", line(&form.words, 2, 200)) else {
        let about = Some(About::words(seq, form.words));
        return Ok(Invalid(Show::page(&visit, &mut tx, project, about, problems).await?).into_response());
    };
    store::act(&mut tx, &project, &pay, PayMove::Return, &With { words: &words, ..With::default() }).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "returned_request"))
}

pub async fn approve(visit: Visit, Path((id, seq)): Path<(ProjectId, i16)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (project, pay) = taken(&mut tx, id, seq).await?;
    pay.state.after(PayMove::Approve)?;
    let (evaluations, _) = appraisals::all(&mut tx, id).await?;
    let today = tx.today();
    let gated = match held(&mut tx, &project).await? {
        Some(why) => Err(why),
        None => gate(pay.trigger, pay.due_on, &evaluations, today),
    };
    let appraisal = match gated {
        Ok(appraisal) => appraisal,
        Err(why) => {
            let problems = Problems::one("approval", format!("「{}」没有批准：{why}", pay.name));
            return Ok(Invalid(Show::page(&visit, &mut tx, project, None, problems).await?).into_response());
        }
    };
    store::act(&mut tx, &project, &pay, PayMove::Approve, &With { appraisal, ..With::default() }).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "approved"))
}

#[derive(Template)]
#[template(path = "purchasing/payments/settle.html")]
struct Settle {
    chrome: Chrome,
    project: Project,
    plan: Plan,
    pay: Pay,
    form: SettleForm,
    problems: Problems,
}

/// The form that records the payment of an instalment.
pub async fn settling(visit: Visit, Path((id, seq)): Path<(ProjectId, i16)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    let pay = store::pays(&mut tx, id).await?.into_iter().find(|pay| pay.seq == seq).ok_or(Error::NotFound)?;
    pay.state.after(PayMove::Pay)?;
    let plan = projects::plan(&mut tx, id).await?;
    let form = SettleForm::of(form_key(), tx.today(), &spread(&plan.sources, pay.amount));
    Ok(Html(Settle { chrome: visit.chrome(), project, plan, pay, form, problems: Problems::default() }).into_response())
}

pub async fn pay(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<SettleForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::take(&mut tx, id).await?;
    if let Some(before) = tx.once(key_of(&form.key)?, &there(&project)).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let (project, pay) = taken(&mut tx, id, seq).await?;
    pay.state.after(PayMove::Pay)?;
    let plan = projects::plan(&mut tx, id).await?;
    let today: Day = tx.today();
    let settled = match form.read(pay.amount, &plan.sources, project.terms.signed_on, today) {
        Ok(settled) => settled,
        Err(problems) => {
            let page = Settle { chrome: visit.chrome(), project, plan, pay, form, problems };
            return Ok(Invalid(page).into_response());
        }
    };
    store::settle(&mut tx, &project, &pay, &Payout::Paid(&settled)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "paid"))
}

pub async fn withhold(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<WordsForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (project, pay) = taken(&mut tx, id, seq).await?;
    let mut problems = Problems::default();
    let Some(words) = problems.check("words", line(&form.words, 4, 200)) else {
        let about = Some(About::words(seq, form.words));
        return Ok(Invalid(Show::page(&visit, &mut tx, project, about, problems).await?).into_response());
    };
    store::settle(&mut tx, &project, &pay, &Payout::Withheld { why: &words }).await?;
    tx.commit().await?;
    Ok(see_other_done(&there(&project), "withheld"))
}
