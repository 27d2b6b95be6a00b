//! The page of a project's team, with all its changes, and of its evaluators.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    PARTS,
    model::{Member, MemberForm, TeamRole},
    store::{self, Project},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::identity::accounts,
    kernel::{AccountId, Day, Error, Problems, ProjectId, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeaveForm {
    until: String,
    why: String,
}

#[derive(Template)]
#[template(path = "purchasing/projects/team.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    team: Vec<Member>,
    form: MemberForm,
    leave: LeaveForm,
    evaluators: Vec<(AccountId, String)>,
    problems: Problems,
}

impl Show {
    fn is_open(&self) -> bool {
        use super::super::model::State::{Closed, Terminated};
        self.chrome.may(Act::RunProjects) && !matches!(self.project.state(), Closed | Terminated)
    }

    fn roles(&self) -> Vec<(&'static str, &'static str)> {
        [("", "请选择")].into_iter().chain(TeamRole::choices()).collect()
    }

    fn is_assigned(&self, account: &AccountId) -> bool {
        self.project.evaluators.contains(account)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Project,
        (form, leave): (MemberForm, LeaveForm),
        problems: Problems,
    ) -> Result<Self> {
        let team = store::plan(tx, project.id).await?.team;
        let evaluators = if visit.visitor.role.may(Act::WriteProjects) {
            accounts::evaluators(tx, &project.division).await?
        } else {
            vec![]
        };
        Ok(Self { chrome: visit.chrome(), project, team, form, leave, evaluators, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, Default::default(), Problems::default()).await?).into_response())
}

pub async fn join(visit: Visit, Path(id): Path<ProjectId>, Form(form): Form<MemberForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::take(&mut tx, id).await?;
    project.require_open()?;
    let team = store::plan(&mut tx, id).await?.team;
    match form.read(&team, (project.terms.signed_on, project.terms.ends_on)) {
        Ok(member) => {
            store::join(&mut tx, &project, &member).await?;
            tx.record(Entry::new("项目团队增加人员", "project", id, &project.name).after(&member)).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("{}/team", project.path()), "saved"))
        }
        Err(problems) => {
            let typed = (form, LeaveForm::default());
            Ok(Invalid(Show::page(&visit, &mut tx, project, typed, problems).await?).into_response())
        }
    }
}

pub async fn leave(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<LeaveForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_open()?;
    let team = store::plan(&mut tx, id).await?.team;
    let member = team.into_iter().find(|member| member.seq == seq).ok_or(Error::NotFound)?;
    if member.until.is_some() {
        return Err(Error::refused(format!("{}已经办理离开，请刷新后再看。", member.name)));
    }
    let mut problems = Problems::default();
    let until = problems.check("until", form.until.parse::<Day>());
    let why = problems.check("why", line(&form.why, 2, 100));
    if until.is_some_and(|until| until < member.since) {
        problems.note("until", format!("最后一天不能早于进入团队的 {}。", member.since));
    }
    let (Some(until), Some(why), true) = (until, why, problems.is_empty()) else {
        let typed = (MemberForm::default(), form);
        return Ok(Invalid(Show::page(&visit, &mut tx, project, typed, problems).await?).into_response());
    };
    store::leave(&mut tx, &project, seq, until, &why).await?;
    let entry = Entry::new("项目团队人员离开", "project", id, &project.name).before(&member);
    tx.record(entry.after(json!({ "name": member.name, "until": until, "why": why }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/team", project.path()), "saved"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EvaluatorsForm {
    evaluator: Vec<AccountId>,
}

/// Assigns evaluators, who can then see the project and enter their results.
pub async fn assign(visit: Visit, Path(id): Path<ProjectId>, Form(form): Form<EvaluatorsForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    let known = accounts::evaluators(&mut tx, &project.division).await?;
    let chosen: Vec<&(AccountId, String)> = known.iter().filter(|(id, _)| form.evaluator.contains(id)).collect();
    if chosen.len() != form.evaluator.len() {
        return Err(Error::refused("有评估专家已经没有授权，请刷新后重新勾选。"));
    }
    store::assign(&mut tx, &project, &form.evaluator).await?;
    let names: Vec<&str> = chosen.iter().map(|(_, name)| name.as_str()).collect();
    let entry = Entry::new("指定项目评估专家", "project", id, &project.name);
    tx.record(entry.before(json!({ "evaluators": project.evaluators })).after(json!({ "evaluators": names }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/team", project.path()), "saved"))
}
