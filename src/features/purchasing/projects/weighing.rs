//! Checks a project against the rules of its funds and the conditions for signing.

use super::{
    model::{Line, SourceRow, from_assistance},
    store::{Plan, Project},
};
use crate::{
    db::Tx,
    features::purchasing::funds::{self, Facts, Finding, judge},
    kernel::{Day, DivisionCode, ProjectId, Result, yuan},
};

/// Applies the rules of a place on a day to a project's figures.
pub async fn findings(
    tx: &mut Tx,
    id: ProjectId,
    place: &DivisionCode,
    day: Day,
    sources: &[SourceRow],
    mut facts: Facts,
) -> Result<Vec<Finding>> {
    facts.assistance = funds::assistance(tx, place, &from_assistance(sources), id).await?;
    let rules = funds::rules_for(tx, place, day).await?;
    Ok(judge(&rules, &facts))
}

/// The conditions for signing that are not met, each with the page where to fix it.
pub fn not_ready(project: &Project, plan: &Plan, findings: &[Finding]) -> Vec<(String, &'static str)> {
    let mut missing = vec![];
    let terms = &project.terms;
    let mut miss = |is_missing: bool, what: &str, part: &'static str| {
        if is_missing {
            missing.push((what.to_owned(), part));
        }
    };
    miss(project.agency.is_none(), "还没有选定承接机构", "award");
    miss(project.awarded_on.is_none(), "还没有填成交（中标）日期", "award");
    miss(terms.contract_number.is_empty(), "还没有填合同编号", "contract");
    miss(terms.party_a.is_empty() || terms.party_b.is_empty(), "合同双方没有填全", "contract");
    miss(terms.signed_on.is_none(), "还没有填签订日期", "contract");
    miss(terms.starts_on.is_none() || terms.ends_on.is_none(), "服务期限没有填全", "contract");
    miss(terms.items.is_empty(), "还没有合同明细", "contract");
    miss(terms.instalments.is_empty(), "还没有付款计划", "contract");
    let budgeted: i64 = plan.lines.iter().map(Line::available).sum();
    if budgeted != project.contract_sum {
        let why = format!("预算各项合计 {} 元，和合同金额 {} 元不一致", yuan(budgeted), yuan(project.contract_sum));
        missing.push((why, "budget"));
    }
    if plan.deliverables.is_empty() {
        missing.push(("还没有服务指标".to_owned(), "deliverables/edit"));
    }
    for finding in findings.iter().filter(|finding| !finding.is_kept) {
        let is_explained = !finding.rule.is_hard && plan.waiver(finding.rule.id).is_some();
        if !is_explained {
            missing.push((format!("不符合「{}」：{}", finding.rule.kind.label(), finding.words), "budget"));
        }
    }
    missing
}
