//! The demo's projects: three years of purchases in five counties, made up, with unit prices close
//! to those in procurement papers of Yuelu and Changsha County. Each project is played day by day
//! up to today, so that finished and pending work looks real.

use chrono::{DateTime, NaiveTime, Utc};

use super::{COUNTIES, Made, code};
use crate::{
    db::{Entry, Tx},
    features::{
        identity::accounts,
        places::{
            agencies::{self, Agency, Inspection, Standing},
            stations::StationLevel,
        },
        purchasing::{
            appraisals::{self, AppraisalRead, Kind, NewAppraisal},
            deliverables, filings,
            funds::{self, Purpose, Rule, RuleKind, Source},
            payments::{self, PayMove, Payout, Settled, With, spread},
            projects::{
                self, Bid, Category, Deliverable, Draft, Instalment, Item, Line, LineCategory, Member, Method, Move,
                Project, SourceRow, Stage, TeamRole, Terms, Trigger,
            },
            spending::{self, Decision, Spent, Wish},
        },
        reporting::indicators::slot_of,
    },
    kernel::{AgencyId, Day, Error, Month, ProjectId, Result, RuleId, least_of, portion},
};

/// The story of a made-up project.
struct Plot {
    county: usize,
    /// Years before this one.
    back: i32,
    name: &'static str,
    agency: usize,
    /// Number of workers, for twelve months.
    workers: i32,
    sources: &'static [(Source, i64)],
    purpose: Option<Purpose>,
    /// Resources linked by the agency, in percent of the purchase.
    linked: i64,
    /// Days by which everything happens later than usual.
    late: i64,
    /// Scores at mid-term and at the end, in hundredths.
    scores: [i32; 2],
    twist: Twist,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Twist {
    None,
    /// Suspended after some months.
    Suspended,
    /// The last payment is withheld.
    Withheld,
    /// Part of the second payment is deducted.
    Deducted,
    /// Not on the filed plan: entered later.
    Added,
}

const LOTTERY: &[(Source, i64)] = &[(Source::Lottery, 60), (Source::Fiscal, 40)];
const FISCAL: &[(Source, i64)] = &[(Source::Fiscal, 100)];
const PILOT: &[(Source, i64)] = &[(Source::ProvincialPilot, 50), (Source::Fiscal, 50)];
const POOLED: &[(Source, i64)] = &[(Source::Lottery, 40), (Source::Departments, 30), (Source::Fiscal, 30)];
const RELIEF: &[(Source, i64)] = &[(Source::Assistance, 30), (Source::Fiscal, 70)];

const fn plot(
    (county, back, agency): (usize, i32, usize),
    name: &'static str,
    workers: i32,
    sources: &'static [(Source, i64)],
    scores: [i32; 2],
) -> Plot {
    let purpose = match sources[0].0 {
        Source::Lottery => Some(Purpose::Elderly),
        _ => None,
    };
    Plot { county, back, name, agency, workers, sources, purpose, linked: 10, late: 0, scores, twist: Twist::None }
}

const PLOTS: [Plot; 16] = [
    plot((0, 2, 0), "东区为老社会工作服务项目", 5, LOTTERY, [8650, 9120]),
    plot((1, 2, 1), "西区困难家庭社会工作服务项目", 3, RELIEF, [8230, 8410]),
    plot((2, 2, 0), "仁和区乡镇社工站运营服务项目", 6, PILOT, [8800, 9050]),
    plot((3, 2, 2), "米易县社工站服务项目", 5, PILOT, [7850, 8320]),
    plot((4, 2, 1), "盐边县社工站服务项目", 3, FISCAL, [7420, 7800]),
    plot((0, 1, 0), "东区社区治理社会工作服务项目", 5, POOLED, [8530, 8900]),
    Plot {
        twist: Twist::Withheld, ..plot((1, 1, 1), "西区困境儿童关爱服务项目", 3, LOTTERY, [6850, 5620])
    },
    plot((2, 1, 0), "仁和区乡镇社工站运营服务项目（第二年）", 6, LOTTERY, [9010, 9230]),
    Plot {
        twist: Twist::Deducted, ..plot((3, 1, 2), "米易县社工站服务项目（第二年）", 5, FISCAL, [6230, 7650])
    },
    Plot { late: 45, ..plot((4, 1, 1), "盐边县山区巡回社会工作服务项目", 3, RELIEF, [7600, 8050]) },
    plot((0, 0, 0), "东区为老社会工作服务项目（新一年）", 6, LOTTERY, [8700, 9000]),
    Plot { twist: Twist::Suspended, ..plot((1, 0, 1), "西区社会救助服务项目", 3, RELIEF, [8000, 8000]) },
    plot((2, 0, 0), "仁和区乡镇社工站运营服务项目（第三年）", 6, LOTTERY, [9000, 9000]),
    Plot { linked: 5, ..plot((3, 0, 2), "米易县社工站服务项目（第三年）", 5, PILOT, [8000, 8000]) },
    Plot { late: 125, ..plot((4, 0, 1), "盐边县社工站服务项目（新一年）", 4, FISCAL, [8000, 8000]) },
    Plot {
        twist: Twist::Added, ..plot((2, 0, 0), "仁和区易地搬迁社区融入服务项目", 2, FISCAL, [8000, 8000])
    },
];

/// Noon in China on the given day, as the time of an event.
pub fn noon(day: Day) -> DateTime<Utc> {
    day.0.and_time(NaiveTime::MIN).and_utc() + chrono::Duration::hours(4)
}

pub fn on(year: i32, month: u32, day: u32) -> Day {
    chrono::NaiveDate::from_ymd_opt(year, month, day).map_or(Day::end_of(year), Day)
}

pub fn small(n: i32) -> i16 {
    i16::try_from(n).unwrap_or(0)
}

/// Fills in funds, projects and everything that happened to them.
pub async fn fill(tx: &mut Tx, made: &Made, agencies: &[AgencyId]) -> Result<()> {
    let today = tx.today();
    funds_of_the_demo(tx, today.year()).await?;
    standings(tx, agencies, today.year()).await?;
    let mut ids = vec![];
    for plot in &PLOTS {
        ids.push(plan(tx, made, plot, today.year() - plot.back).await?);
    }
    for back in (0..=2).rev() {
        file_plans(tx, &ids, back, today).await?;
    }
    for (plot, id) in PLOTS.iter().zip(&ids) {
        live(tx, plot, *id, agencies, today).await?;
        tx.turn_to(None);
    }
    ask_early(tx, &ids).await?;
    deliverables::take_all(tx).await
}

/// In the county that has an account, an agency requests its second instalment before the mid-term
/// evaluation.
async fn ask_early(tx: &mut Tx, ids: &[ProjectId]) -> Result<()> {
    for (plot, id) in PLOTS.iter().zip(ids).filter(|(plot, _)| plot.county == 2 && plot.back == 0) {
        let project = projects::take(tx, *id).await?;
        let pays = payments::pays(tx, *id).await?;
        if let (Some(pay), Twist::None, true) = (pays.get(1), plot.twist, project.state().is_running())
            && pay.state == payments::PayState::Planned
        {
            let with = With {
                words: "先开发票，请中期评估后付款（示例）", invoice: "05027391", ..With::default()
            };
            payments::act(tx, &project, pay, PayMove::Request, &with).await?;
        }
    }
    Ok(())
}

/// The city's rules, and the counties' spending on people in need.
async fn funds_of_the_demo(tx: &mut Tx, year: i32) -> Result<()> {
    let rule = |kind, is_hard, share_bp, purposes: &[Purpose], basis: &str| -> Result<Rule> {
        Ok(Rule {
            id: RuleId::new(),
            kind,
            division: code("5104")?,
            division_name: "攀枝花市".to_owned(),
            since: on(2021, 5, 10),
            until: None,
            is_hard,
            share_bp,
            purposes: purposes.to_vec(),
            basis: basis.to_owned(),
            version: 1,
        })
    };
    let allowed = [Purpose::Elderly, Purpose::Disabled, Purpose::Orphans, Purpose::Needy, Purpose::Welfare];
    let rules = [
        rule(RuleKind::AssistanceCap, true, Some(300), &[], "市社工站建设实施方案（2021 年 5 月 10 日）")?,
        rule(RuleKind::LotteryPurpose, true, None, &allowed, "彩票公益金管理办法")?,
        rule(RuleKind::StaffGrowth, false, Some(500), &[], "参照佛山市禅城区做法（示例）")?,
        rule(RuleKind::CoLink, false, Some(1000), &[], "参照重庆市合川区做法（示例）")?,
        rule(RuleKind::PersonnelCap, true, Some(8000), &[], "市级要求（示例）")?,
    ];
    for rule in &rules {
        funds::add_rule(tx, rule).await?;
        tx.record(Entry::new("新增资金规则", "fund_rule", rule.id, rule.kind.label()).after(rule)).await?;
    }
    for (at, county) in (0..).zip(&COUNTIES) {
        for back in 1..=3 {
            let spent = (3_200 + at * 610 - i64::from(back) * 140) * 1_000_000;
            funds::set_spending(tx, &code(county.code)?, small(year - back), spent, "年度决算（示例）").await?;
        }
    }
    tx.record(Entry::new("登记困难群众救助支出", "assistance", "", "演示数据")).await
}

/// Annual inspections of the agencies, and one agency that is barred.
async fn standings(tx: &mut Tx, agencies: &[AgencyId], year: i32) -> Result<()> {
    for id in agencies {
        for back in 1..=3 {
            agencies::inspect(tx, *id, year - back, Inspection::Qualified).await?;
        }
    }
    let barred = Agency::named("格萨拉社会工作服务中心（示例）");
    agencies::insert(tx, &barred).await?;
    agencies::set_standing(tx, barred.id, Standing::Barred, "连续两年不参加年检（示例）").await?;
    tx.record(Entry::new("新建承接机构", "agency", barred.id, &barred.name)).await
}

/// The priced items of a plot, in fen.
fn items(plot: &Plot) -> Vec<Item> {
    let item = |seq, name: &str, spec: &str, unit: &str, unit_price: i64, quantity: i32| Item {
        seq,
        name: name.to_owned(),
        spec: spec.to_owned(),
        unit: unit.to_owned(),
        unit_price,
        quantity,
        subtotal: unit_price * i64::from(quantity),
        remark: String::new(),
    };
    vec![
        item(1, "驻站社工", "专职，持证不少于三分之一", "人·月", 465_000, plot.workers * 12),
        item(2, "个案服务", "每个不少于 5 次", "个", 30_000, plot.workers * 8),
        item(3, "小组服务", "每个不少于 4 节", "个", 100_000, plot.workers * 5),
        item(4, "社区活动", "每场不少于 50 人", "场", 260_000, plot.workers * 4),
        item(5, "督导和培训", "每季度不少于 1 次", "年", 1_900_000 + i64::from(plot.workers) * 230_000, 1),
    ]
}

fn sum(plot: &Plot) -> i64 {
    items(plot).iter().map(|item| item.subtotal).sum()
}

/// The budget: slightly above the later contract, in whole thousands of yuan.
fn budget(plot: &Plot) -> i64 {
    (sum(plot) + 1_200_000) / 100_000 * 100_000
}

/// Enters a project, usually in January of its year.
async fn plan(tx: &mut Tx, made: &Made, plot: &Plot, year: i32) -> Result<ProjectId> {
    let county = &COUNTIES[plot.county];
    let entered = if plot.twist == Twist::Added { on(year, 8, 12) } else { on(year, 1, 18) };
    tx.turn_to(Some(noon(entered)));
    let budget = budget(plot);
    let mut sources: Vec<SourceRow> = vec![];
    let mut rest = budget;
    for (at, (kind, percent)) in (1..).zip(plot.sources) {
        let amount = if at == plot.sources.len() { rest } else { budget / 100 * percent };
        rest -= amount;
        let document = format!("〔{year}〕{} 号（示例）", at * 7 + plot.county);
        sources.push(SourceRow {
            seq: small(i32::try_from(at).unwrap_or(0)),
            kind: *kind,
            amount,
            year: small(year),
            document,
            paid: 0,
        });
    }
    let linked = portion(budget, i32::try_from(plot.linked * 100).unwrap_or(0));
    sources.push(SourceRow {
        seq: small(i32::try_from(sources.len()).unwrap_or(0) + 1),
        kind: Source::Linked,
        amount: linked,
        year: small(year),
        document: String::new(),
        paid: 0,
    });
    let of_county =
        made.iter().filter(|(lies, level, _)| lies.starts_with(county.code) && *level == StationLevel::Township);
    let draft = Draft {
        number: format!("{}-{year}-{:02}", county.code, if plot.twist == Twist::Added { 2 } else { 1 }),
        name: plot.name.to_owned(),
        year: small(year),
        division: code(county.code)?,
        township: Some(code(county.townships[0])?),
        category: Category::SocialWork,
        method: if plot.workers > 4 { Method::Consultation } else { Method::Negotiation },
        plan_number: format!("{}PZH{year}{:03}", &county.code[..6], plot.county * 3 + 11),
        lot: String::new(),
        authority: format!("{}民政局", county.name),
        content: "为辖区老年人、困境儿童、困难家庭等开展个案、小组和社区服务，链接资源，培育志愿队伍".to_owned(),
        budget,
        is_fixed_price: false,
        for_small_enterprises: plot.workers < 4,
        lottery_purpose: plot.purpose,
        stations: of_county.map(|(.., id)| *id).collect(),
        sources,
    };
    let id = ProjectId::new();
    projects::insert(tx, id, &draft).await?;
    tx.record(Entry::new("新建项目", "project", id, &draft.name).after(&draft)).await?;
    let project = projects::find(tx, id).await?;
    let plan = projects::plan(tx, id).await?;
    let facts = plan.facts(project.lottery_purpose);
    let findings = projects::findings(tx, id, &project.division, entered, &plan.sources, facts).await?;
    if let Some(refused) = findings.iter().find(|finding| finding.refuses()) {
        return Err(Error::bug(format!("{}: {}", plot.name, refused.words)));
    }
    let reasons: Vec<_> = findings
        .iter()
        .filter(|finding| finding.wants_reason())
        .map(|finding| (finding.rule.id, "机构成立不久，第一年先按 5% 链接，明年补足".to_owned()))
        .collect();
    projects::keep_waivers(tx, id, &project.division, &reasons).await?;
    tx.turn_to(None);
    Ok(id)
}

/// Files the counties' plans of a year and acknowledges them.
async fn file_plans(tx: &mut Tx, ids: &[ProjectId], back: i32, today: Day) -> Result<()> {
    let year = today.year() - back;
    for (at, county) in COUNTIES.iter().enumerate() {
        let filed_on = on(year, 3, 4 + u32::try_from(at).unwrap_or(0) * 5);
        if filed_on > today {
            continue;
        }
        tx.turn_to(Some(noon(filed_on)));
        let place = code(county.code)?;
        let mut content = filings::plannable(tx, &place, small(year)).await?;
        let added = PLOTS.iter().zip(ids).filter(|(plot, _)| plot.twist == Twist::Added).map(|(_, id)| *id);
        let added: Vec<ProjectId> = added.collect();
        content.retain(|filed| !added.contains(&filed.id));
        let document = format!("{}{year} 年购买社会工作服务计划", county.name);
        let filing = filings::file_plan(tx, &place, small(year), (&document, ""), &content).await?;
        tx.turn_to(Some(noon(filed_on.plus_days(9))));
        let filing = filings::find(tx, filing).await?;
        filings::decide(tx, &filing, None).await?;
        tx.turn_to(None);
    }
    Ok(())
}

/// Plays a project from procurement to closing, as far as the days have passed.
async fn live(tx: &mut Tx, plot: &Plot, id: ProjectId, agencies: &[AgencyId], today: Day) -> Result<()> {
    let year = today.year() - plot.back;
    let day = |month, date| on(year, month, date).plus_days(plot.late);
    if plot.twist == Twist::Added || day(4, 15) > today {
        return Ok(());
    }
    tx.turn_to(Some(noon(day(4, 15))));
    let mut project = projects::find(tx, id).await?;
    projects::step(tx, &mut project, Move::Procure, "调研、方案和论证材料齐备，纸质存档（示例）").await?;
    if day(5, 20) > today {
        return Ok(());
    }
    tx.turn_to(Some(noon(day(5, 20))));
    award(tx, plot, &project, agencies, (day(4, 22), day(5, 20))).await?;
    if day(6, 10) > today {
        return Ok(());
    }
    tx.turn_to(Some(noon(day(6, 10))));
    let starts_on = day(7, 1);
    sign(tx, plot, id, day(6, 10), starts_on).await?;
    let mut project = projects::find(tx, id).await?;
    projects::step(tx, &mut project, Move::Contract, "").await?;
    tx.turn_to(Some(noon(day(6, 24))));
    if day(6, 24) <= today && plot.late < 100 {
        let filing = filings::file_agreement(tx, &project, &project.terms.contract_number, "").await?;
        let filing = filings::find(tx, filing).await?;
        filings::decide(tx, &filing, None).await?;
    }
    if starts_on > today {
        return Ok(());
    }
    work(tx, plot, id, starts_on, today).await
}

async fn award(
    tx: &mut Tx,
    plot: &Plot,
    project: &Project,
    agencies: &[AgencyId],
    (notice_on, awarded_on): (Day, Day),
) -> Result<()> {
    let agency = agencies[plot.agency];
    let name = agencies::name(tx, agency).await?;
    let price = sum(plot);
    let bid = |seq, bidder: &str, price, score, won| Bid {
        seq,
        bidder: bidder.to_owned(),
        price,
        score_centi: Some(score),
        won,
        note: String::new(),
    };
    let bids = [
        bid(1, &name, price, 9150, true),
        bid(2, "江岸社会工作服务社（示例）", price + 870_000, 8720, false),
        bid(3, "阳光花城社会服务中心（示例）", price + 410_000, 8430, false),
    ];
    let days = (Some(notice_on), Some(awarded_on), Some(plot.workers * 1_900));
    projects::set_award(tx, project, &bids, Some((agency, &name)), days).await?;
    tx.record(Entry::new("登记项目采购结果", "project", project.id, &project.name)).await
}

/// Signs the contract with budget, deliverables and team.
async fn sign(tx: &mut Tx, plot: &Plot, id: ProjectId, signed_on: Day, starts_on: Day) -> Result<()> {
    let total = sum(plot);
    let project = projects::find(tx, id).await?;
    let share = |bp| portion(total, bp);
    let pay = |seq, name: &str, amount, bp, trigger| Instalment {
        seq,
        name: name.to_owned(),
        amount,
        share_bp: Some(bp),
        trigger,
        due_on: None,
    };
    let terms = Terms {
        contract_number: format!("{}-{}-社工", project.number, &project.division.as_str()[..6]),
        party_a: project.authority.clone(),
        party_a_address: String::new(),
        party_b: project.agency_name.clone().unwrap_or_default(),
        party_b_address: String::new(),
        signed_on: Some(signed_on),
        starts_on: Some(starts_on),
        ends_on: Some(starts_on.plus_months(12).before()),
        place: project.division_name.clone(),
        payment_terms: "签约后付 50%，中期评估合格后付 40%，末期评估合格后付 10%。".to_owned(),
        acceptance_terms: "按服务指标和评估结果验收，末期评估 60 分以上为合格。".to_owned(),
        liability_terms: String::new(),
        dispute_terms: String::new(),
        items: items(plot),
        instalments: vec![
            pay(1, "首期款", share(5000), 5000, Trigger::Signing),
            pay(2, "中期款", share(4000), 4000, Trigger::Midterm),
            pay(3, "尾款", total - share(5000) - share(4000), 1000, Trigger::Final),
        ],
    };
    projects::set_terms(tx, &project, &terms).await?;
    let project = projects::find(tx, id).await?;
    let growth = least_of(total, 500);
    let personnel = portion(total, 6200);
    let (publicity, management) = (portion(total, 300), portion(total, 500));
    let line = |seq, category, amount| Line {
        seq,
        category,
        name: LineCategory::label(category).to_owned(),
        amount,
        adjusted: 0,
        spent: 0,
    };
    let lines = [
        line(1, LineCategory::Personnel, personnel),
        line(2, LineCategory::Service, total - personnel - growth - publicity - management),
        line(3, LineCategory::Growth, growth),
        line(4, LineCategory::Publicity, publicity),
        line(5, LineCategory::Management, management),
    ];
    projects::set_lines(tx, &project, &lines).await?;
    let project = projects::find(tx, id).await?;
    let wanted = |seq, name: &str, unit: &str, planned: i32, slot: Option<&str>, sessions, people, stage| Deliverable {
        seq,
        name: name.to_owned(),
        unit: unit.to_owned(),
        planned: i64::from(planned),
        slot: slot.and_then(slot_of),
        rule: String::new(),
        least_sessions: sessions,
        least_people: people,
        stage,
    };
    let deliverables = [
        wanted(1, "走访", "户次", plot.workers * 2_600, Some("visit_households"), None, None, Stage::Final),
        wanted(2, "个案", "个", plot.workers * 8, None, Some(5), None, Stage::Final),
        wanted(3, "小组", "个", plot.workers * 5, None, Some(4), Some(6), Stage::Final),
        wanted(4, "大型活动", "场", plot.workers * 4, None, None, Some(50), Stage::Final),
        wanted(5, "需求调研报告", "份", 1, None, None, None, Stage::Midterm),
    ];
    projects::set_deliverables(tx, &project, &deliverables).await?;
    for (at, name) in (0..plot.workers).zip(["沈知夏", "何南星", "吕清越", "施如松", "孔念慈", "曹景行"])
    {
        let member = Member {
            seq: 0,
            name: name.to_owned(),
            role: if at == 0 { TeamRole::Lead } else { TeamRole::Worker },
            is_full_time: true,
            certificate: if at % 2 == 0 { "助理社会工作师".to_owned() } else { String::new() },
            since: starts_on,
            until: None,
            why: String::new(),
        };
        projects::join(tx, &project, &member).await?;
    }
    let evaluators: Vec<_> = accounts::evaluators(tx, &project.division).await?.into_iter().map(|(id, _)| id).collect();
    projects::assign(tx, &project, &evaluators).await?;
    tx.record(Entry::new("填写项目合同", "project", id, &project.name).after(&terms)).await
}

/// The year of work: monthly spending and deliverables, evaluations, payments.
async fn work(tx: &mut Tx, plot: &Plot, id: ProjectId, starts_on: Day, today: Day) -> Result<()> {
    tx.turn_to(Some(noon(starts_on)));
    let mut project = projects::find(tx, id).await?;
    projects::step(tx, &mut project, Move::Start, "").await?;
    let first = starts_on.month();
    for month in 0..12 {
        let end = first.plus(month).last().plus_days(-2);
        if end > today {
            return Ok(());
        }
        if month == 0 {
            pay(tx, id, 0, starts_on.plus_days(14), 0, "").await?;
        }
        tx.turn_to(Some(noon(end)));
        spend(tx, plot, id, month, end).await?;
        deliver(tx, plot, id, month, first.plus(month)).await?;
        match (month, plot.twist) {
            (3, Twist::Suspended) => {
                let mut project = projects::find(tx, id).await?;
                let why = "承接机构更换项目负责人，交接期间暂停服务（示例）";
                return projects::step(tx, &mut project, Move::Suspend, why).await;
            }
            (4, _) if plot.county == 2 => adjust(tx, id).await?,
            (5, _) => {
                let passed = evaluate(tx, plot, id, Kind::Midterm, end).await?;
                let (deduction, why) = match plot.twist {
                    Twist::Deducted => (500_000, "中期时小组服务少 5 个，按合同扣减（示例）"),
                    _ => (0, ""),
                };
                if passed && end.plus_days(20) <= today {
                    pay(tx, id, 1, end.plus_days(20), deduction, why).await?;
                }
            }
            _ => {}
        }
    }
    finish(tx, plot, id, starts_on.plus_months(12).before(), today).await
}

/// The end: final evaluation, last payment, acceptance, closing.
async fn finish(tx: &mut Tx, plot: &Plot, id: ProjectId, ends_on: Day, today: Day) -> Result<()> {
    if ends_on > today {
        return Ok(());
    }
    tx.turn_to(Some(noon(ends_on)));
    deliverables::take_all(tx).await?;
    let passed = evaluate(tx, plot, id, Kind::Final, ends_on).await?;
    if plot.twist == Twist::Withheld {
        tx.turn_to(Some(noon(ends_on.plus_days(30))));
        let project = projects::take(tx, id).await?;
        let pays = payments::pays(tx, id).await?;
        let why = "末期评估不合格，按合同不予支付尾款（示例）";
        return payments::settle(tx, &project, &pays[2], &Payout::Withheld { why }).await;
    }
    if !passed || ends_on.plus_days(40) > today {
        return Ok(());
    }
    tx.turn_to(Some(noon(ends_on.plus_days(10))));
    let mut project = projects::find(tx, id).await?;
    projects::step(tx, &mut project, Move::Accept, "指标和材料核对无误").await?;
    pay(tx, id, 2, ends_on.plus_days(20), 0, "").await?;
    tx.turn_to(Some(noon(ends_on.plus_days(40))));
    let mut project = projects::find(tx, id).await?;
    projects::step(tx, &mut project, Move::Close, "").await
}

/// Requests, approves and pays an instalment.
async fn pay(tx: &mut Tx, id: ProjectId, at: usize, day: Day, deduction: i64, why: &str) -> Result<()> {
    tx.turn_to(Some(noon(day.plus_days(-8))));
    let project = projects::take(tx, id).await?;
    let of = |pays: Vec<payments::Pay>| pays.into_iter().nth(at).ok_or(Error::NotFound);
    let pay = of(payments::pays(tx, id).await?)?;
    let invoice = format!("{:08}", 5_021_700 + at * 913 + project.number.len() * 37);
    let with = With { invoice: &invoice, ..With::default() };
    payments::act(tx, &project, &pay, PayMove::Request, &with).await?;
    tx.turn_to(Some(noon(day.plus_days(-3))));
    let pay = of(payments::pays(tx, id).await?)?;
    let (evaluations, _) = appraisals::all(tx, id).await?;
    let appraisal = payments::gate(pay.trigger, pay.due_on, &evaluations, day).map_err(Error::bug)?;
    payments::act(tx, &project, &pay, PayMove::Approve, &With { appraisal, ..With::default() }).await?;
    tx.turn_to(Some(noon(day)));
    let pay = of(payments::pays(tx, id).await?)?;
    let sources = projects::plan(tx, id).await?.sources;
    let settled = Settled {
        paid_on: day,
        voucher: format!("付-{}-{}", day.0.format("%Y%m"), at + 1),
        deduction,
        why: why.to_owned(),
        parts: spread(&sources, pay.amount - deduction),
    };
    payments::settle(tx, &project, &pay, &Payout::Paid(&settled)).await
}

/// A month's spending: wages, activities, and in some months the rest.
async fn spend(tx: &mut Tx, plot: &Plot, id: ProjectId, month: i32, day: Day) -> Result<()> {
    let project = projects::take(tx, id).await?;
    let lines = projects::plan(tx, id).await?.lines;
    let parts = [(0, "社工工资和社保", 12), (1, "服务活动支出", 12), (2, "督导和培训", 4), (3, "宣传折页", 2)];
    for (at, what, times) in parts {
        let every = 12 / times;
        if (month + 1) % every != 0 {
            continue;
        }
        let line = &lines[at];
        // Activities stay somewhat below their budget.
        let usual = line.available() / i64::from(times) / 100 * 100;
        let amount = if at == 1 { usual * (82 + i64::from((month * 7 + plot.workers) % 13)) / 100 } else { usual };
        let spent = Spent {
            line_seq: line.seq,
            spent_on: day,
            voucher: format!("记-{}-{}", day.0.format("%m"), at + 1),
            what: what.to_owned(),
            payee: String::new(),
            amount,
        };
        // Spend only what the agency has already been paid.
        if project.spent + amount < project.paid {
            spending::enter(tx, &project, &spent, None).await?;
        }
    }
    Ok(())
}

/// A month's deliverables, some of them too short to count.
async fn deliver(tx: &mut Tx, plot: &Plot, id: ProjectId, month: i32, of: Month) -> Result<()> {
    let project = projects::find(tx, id).await?;
    let pace = if plot.scores[1] < 6000 || plot.twist == Twist::Deducted { 70 } else { 100 };
    let upto = |planned: i32, month: i32| i64::from(planned * (month + 1) * pace / 1200);
    let done = |planned: i32| upto(planned, month) - upto(planned, month - 1);
    let rows: Vec<(i16, i64, i64, String)> = [(2, plot.workers * 8), (3, plot.workers * 5), (4, plot.workers * 4)]
        .into_iter()
        .map(|(seq, planned)| {
            let short = i64::from(month % 5 == 2 && seq == 3);
            (
                seq,
                done(planned) + short,
                done(planned),
                if short > 0 { "1 个只开了 3 节".into() } else { String::new() },
            )
        })
        .chain((month == 2).then(|| (5, 1, 1, String::new())))
        .collect();
    deliverables::note(tx, &project, of, &rows).await?;
    tx.record(Entry::new("登记项目完成情况", "project", id, &project.name)).await
}

/// Requests and approves an adjustment.
async fn adjust(tx: &mut Tx, id: ProjectId) -> Result<()> {
    let project = projects::take(tx, id).await?;
    let wish =
        Wish { from: 4, to: 2, amount: 300_000, reason: "宣传改为线上，节约的用于社区活动".to_owned() };
    let wish = spending::ask(tx, &project, &wish).await?;
    spending::decide(tx, &project, &wish, &Decision { approves: true, words: "同意", document: "" }).await
}

/// Enters an evaluation with its rectifications and, if it was passed, completes them. True if it
/// was passed.
async fn evaluate(tx: &mut Tx, plot: &Plot, id: ProjectId, kind: Kind, day: Day) -> Result<bool> {
    let mut project = projects::find(tx, id).await?;
    let wanted = if kind == Kind::Midterm { Move::Midterm } else { Move::Final };
    projects::step(tx, &mut project, wanted, "").await?;
    let score_centi = plot.scores[usize::from(kind == Kind::Final)];
    let mend = match score_centi {
        ..=6999 => vec!["补齐小组记录和签到", "核对服务人次和月报的出入"],
        7000..=8499 => vec!["个案记录要在服务后 24 小时内完成"],
        _ => vec![],
    };
    let read = AppraisalRead {
        kind,
        held_on: day,
        score_centi,
        findings: "服务按计划开展，档案基本完整；走访和个案做得扎实，志愿者培育偏弱（示例）".to_owned(),
        mend: mend.iter().map(|text| ((*text).to_owned(), day.plus_days(30))).collect(),
    };
    appraisals::add(tx, &project, &NewAppraisal { read: &read, file: None }).await?;
    tx.record(Entry::new("登记项目评估", "project", id, &project.name).after(&read)).await?;
    let passed = score_centi >= 6000;
    if passed {
        let (_, rows) = appraisals::all(tx, id).await?;
        for row in rows.iter().filter(|row| row.state == appraisals::RectificationState::Open) {
            appraisals::submit_proof(tx, id, row.seq, "已逐份补齐，站长复核（示例）", None).await?;
            appraisals::check(tx, id, row.seq, (appraisals::RectificationState::Passed, "已核对"), None).await?;
        }
    }
    if kind == Kind::Midterm && passed {
        projects::step(tx, &mut project, Move::GoOn, "").await?;
    }
    Ok(passed)
}
