//! The conditions for each step of a project. Pure.

use crate::{
    features::purchasing::{
        appraisals::{Appraisal, Kind, Rectification, RectificationState, latest},
        payments::Pay,
        projects::{Move, Project, Trigger},
    },
    kernel::{Day, yuan},
};

/// Everything the conditions of a step depend on.
#[derive(Debug)]
pub struct Readiness<'a> {
    pub project: &'a Project,
    pub pays: &'a [Pay],
    pub appraisals: &'a [Appraisal],
    pub rectifications: &'a [Rectification],
    /// What the contract still lacks, and the page where to enter it.
    pub not_ready: &'a [(String, &'static str)],
    /// Reasons against a contract with this agency: the evaluations of its stations bar a renewal.
    pub held: &'a [String],
    /// Budget adjustments awaiting a decision.
    pub adjustments_waiting: i64,
    pub today: Day,
}

/// The obstacles to a step: each with its reason, the remedy and the page for it. Empty if the step
/// may be taken.
pub fn what_stops(wanted: Move, known: &Readiness<'_>) -> Vec<(String, &'static str)> {
    let mut stops = vec![];
    let mut stop = |why: String, part: &'static str| stops.push((why, part));
    let passed = |kind| latest(known.appraisals, kind).is_some_and(|appraisal| appraisal.passed);
    match wanted {
        Move::File
        | Move::Unfile
        | Move::Procure
        | Move::Fail
        | Move::Midterm
        | Move::Suspend
        | Move::Resume
        | Move::Terminate => {}
        Move::Contract => {
            for (why, part) in known.not_ready {
                stop(why.clone(), part);
            }
            for why in known.held {
                stop(format!("{why}；整改全部销号以前不能和原来的机构续签。"), "award");
            }
        }
        Move::Start => {
            if let Some(starts_on) = known.project.terms.starts_on.filter(|day| *day > known.today) {
                stop(format!("服务期限从 {starts_on} 开始，到那天再开始执行。"), "");
            }
        }
        Move::GoOn => {
            if !passed(Kind::Midterm) {
                stop("中期评估合格以后才能继续执行，请先登记评估结果。".to_owned(), "appraisals");
            }
        }
        Move::Final => {
            let waits = known.pays.iter().any(|pay| pay.trigger == Trigger::Midterm);
            if waits && !passed(Kind::Midterm) {
                stop("付款计划里有等中期评估的款项，请先做中期评估并合格。".to_owned(), "appraisals");
            }
        }
        Move::Accept => {
            if !passed(Kind::Final) {
                stop("末期评估合格以后才能验收，请先登记评估结果。".to_owned(), "appraisals");
            }
            let open = known.rectifications.iter().filter(|row| row.state != RectificationState::Passed).count();
            if open > 0 {
                stop(format!("还有 {open} 条整改没有复查通过。"), "appraisals");
            }
            if known.adjustments_waiting > 0 {
                stop(format!("还有 {} 项预算调整没有办理。", known.adjustments_waiting), "spending");
            }
        }
        Move::Close => {
            let unsettled: Vec<&Pay> = known.pays.iter().filter(|pay| !pay.state.is_settled()).collect();
            if !unsettled.is_empty() {
                let names: Vec<&str> = unsettled.iter().map(|pay| pay.name.as_str()).collect();
                stop(format!("还有款项没有办结：{}。付清或登记不予支付以后才能结项。", names.join("、")), "payments");
            }
            if known.project.spent > known.project.paid {
                stop(
                    format!(
                        "登记的支出 {} 元多于已付的 {} 元，请核对支出。",
                        yuan(known.project.spent),
                        yuan(known.project.paid)
                    ),
                    "spending",
                );
            }
        }
    }
    stops
}
