//! Payments of projects: bounded by contract, line and source, and paid once.

use axum::http::StatusCode;

use crate::projects::Deal;
use crate::support::{Seen, form};

#[tokio::test]
async fn the_database_refuses_money_beyond_contract_line_and_source() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    deal.request(&path, 1).await.done();
    for (statement, constraint) in [
        ("update projects set paid = contract_sum + 1", "projects_paid_within_contract"),
        ("update projects set paid = contract_sum, withheld = 1", "projects_paid_within_contract"),
        ("update project_sources set paid = amount + 1", "project_sources_paid_within"),
        ("update budget_lines set spent = amount + 1", "budget_lines_within"),
        ("update budget_lines set adjusted = -amount - 1", "budget_lines_within"),
        ("update instalments set state = 'approved' where seq = 2", "instalments_gated"),
        ("update instalments set state = 'paid', paid = amount - 1, settled_on = '2026-03-05' where seq = 1", "instalments_settled_whole"),
        ("update instalments set deduction = 1 where seq = 1", "instalments_deduction_has_reason"),
        ("update contract_items set subtotal = subtotal + 1", "contract_items_subtotal_right"),
        ("update projects set position = 'closed'", "projects_last_step"),
        (
            "insert into project_steps (network_id, project_id, division, seq, act, from_position, to_position, seq_before, actor, at)
             select network_id, id, division, last_seq + 1, 'close', position, 'closed', last_seq, '', created_at from projects",
            "project_steps_allowed",
        ),
    ] {
        assert_eq!(deal.refused(statement).await, constraint, "{statement}");
    }
}

/// A random number generator with the same sequence every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Random submissions by anybody in any order: no fen beyond contract, budget line or source, and
/// the project's totals equal the sums of its records.
#[tokio::test]
async fn no_sequence_of_presses_moves_a_fen_too_many() {
    let presses = if std::env::var_os("LONG").is_some() { 1500 } else { 150 };
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let mut dice = Dice(5);
    let mut done = std::collections::BTreeMap::<&str, usize>::new();
    for _ in 0..presses {
        let (seq, line) = (1 + usize::try_from(dice.roll(2)).unwrap(), (1 + dice.roll(2)).to_string());
        let amount = format!("{}.{:02}", dice.roll(30_000) + 1, dice.roll(100));
        let (what, seen) = match dice.roll(12) {
            0 => ("request", deal.request(&path, seq).await),
            1 => ("approve", deal.county.post(&format!("{path}/payments/{seq}/approval"), "").await),
            2 => {
                let fields = [("deduction", amount.as_str()), ("why", "按合同扣减")];
                ("pay", deal.pay(&path, seq, if dice.roll(3) == 0 { &fields } else { &[] }).await)
            }
            3 => (
                "return",
                deal.county.post(&format!("{path}/payments/{seq}/return"), &form(&[("words", "发票有误")])).await,
            ),
            4..=6 => ("spend", deal.spend(&path, &line, &amount).await),
            7 => {
                let seq = 1 + dice.roll(20);
                (
                    "reverse",
                    deal.agency.post(&format!("{path}/spending/{seq}/reversal"), &form(&[("why", "记错了")])).await,
                )
            }
            8 => {
                let page = deal.agency.get(&format!("{path}/spending")).await;
                if !page.html.contains("申请预算调整") {
                    continue;
                }
                let key =
                    page.html.rsplit("name=\"key\" value=\"").next().unwrap().split('"').next().unwrap().to_owned();
                let to = if line == "1" { "2" } else { "1" };
                let fields = [
                    ("key", key.as_str()),
                    ("from", &line),
                    ("to_line", to),
                    ("moved", &amount),
                    ("reason", "活动增加了"),
                ];
                ("ask", deal.agency.post(&format!("{path}/adjustments"), &form(&fields)).await)
            }
            9 => {
                let seq = 1 + dice.roll(8);
                let decision = if dice.roll(4) == 0 { "refuse" } else { "approve" };
                let fields = [("decision", decision), ("words", "同意"), ("document", "补-1")];
                ("decide", deal.county.post(&format!("{path}/adjustments/{seq}/decision"), &form(&fields)).await)
            }
            10 => {
                let wanted = ["midterm", "go_on", "suspend", "resume"][usize::try_from(dice.roll(4)).unwrap()];
                ("step", deal.step(&path, wanted).await)
            }
            _ => (
                "appraise",
                deal.appraise(&path, "midterm", if dice.roll(3) == 0 { "55" } else { "75" }, "补记录").await,
            ),
        };
        assert!(seen.status.as_u16() < 500, "{what}: {}", seen.html);
        if seen.status == StatusCode::SEE_OTHER {
            *done.entry(what).or_default() += 1;
        }
        let sound: bool = sqlx::query_scalar(
            "
            select p.paid + p.withheld <= p.contract_sum
               and p.paid = (select coalesce(sum(paid), 0) from instalments i where i.project_id = p.id)
               and p.withheld = (select coalesce(sum(deduction), 0) from instalments i where i.project_id = p.id)
               and p.paid = (select coalesce(sum(paid), 0) from project_sources s where s.project_id = p.id)
               and p.paid = (select coalesce(sum(amount), 0) from instalment_sources s where s.project_id = p.id)
               and p.spent = (select coalesce(sum(amount), 0) from expenditures e where e.project_id = p.id and reversed_on is null)
               and p.spent = (select sum(spent) from budget_lines l where l.project_id = p.id)
               and p.contract_sum = (select sum(amount + adjusted) from budget_lines l where l.project_id = p.id)
               and not exists (select from budget_lines l where l.spent > l.amount + l.adjusted)
               and not exists (select from instalments i join appraisals a on a.project_id = i.project_id and a.seq = i.appraisal_seq
                    where i.trigger = 'midterm' and i.state in ('approved', 'paid') and not (a.passed and a.kind = 'midterm'))
            from projects p
            ",
        )
        .fetch_one(&deal.world.root)
        .await
        .unwrap();
        assert!(sound, "after {what}");
    }
    for what in ["request", "approve", "spend", "reverse", "ask", "decide", "step"] {
        assert!(done.get(what).is_some_and(|count| *count > 0), "{what} was never carried out: {done:?}");
    }
}

#[tokio::test]
async fn pressed_many_times_at_once_it_is_paid_once() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    deal.request(&path, 1).await.done();
    deal.county.post(&format!("{path}/payments/1/approval"), "").await.done();
    let there = format!("{path}/payments/1");
    let page = deal.county.get(&there).await.ok();
    let other_tab = deal.county.get(&there).await.ok();
    let body = |page: &Seen| {
        let key = page.field("key");
        form(&[("key", &key), ("paid_on", "2026-03-05"), ("voucher", "付-1"), ("source", "1"), ("taken", "50,000.00")])
    };
    let (one, two) = (body(&page), body(&other_tab));
    let presses = (0..12).map(|at| deal.county.post(&there, if at % 3 == 0 { &two } else { &one }));
    for seen in crate::reports::side_by_side(presses).await {
        assert!(matches!(seen.status, StatusCode::SEE_OTHER | StatusCode::CONFLICT), "{}", seen.html);
    }
    let paid: i64 = sqlx::query_scalar("select paid from projects").fetch_one(&deal.world.root).await.unwrap();
    assert_eq!(paid, 5_000_000);
}
