//! The demo's evaluations: two finished years, with an upheld appeal, a veto and a recusal, and
//! this year's round in the middle of the visits, so that every account has something to do.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    code, person,
    projects::{noon, on, small},
};
use crate::{
    access::Role,
    db::{Entry, Tx},
    features::{
        evaluation::{
            evaluations::{self, Evaluation, Plan, Round, State, Step},
            panels::{self, Background, Candidate, Certified, NewProfile, Origin, RecusalReason},
            publications,
            rubrics::{self, Answer, Asks, Kind, Line, Method, Rubric, TEMPLATES},
            scoring::{self, NewScore},
            surveys::{self, Channel, Party, Ratings, SurveyPlan},
        },
        places::{
            standing::{self, NewOrder, OrderStep},
            stations::StationLevel,
        },
    },
    kernel::{AccountId, AgencyId, Day, Error, Points, Result, RoundId, RubricId, half_up},
};

/// The county whose officer has an account, and the township whose station head and room head have
/// accounts.
const COUNTY: &str = "510411";
const STATION: &str = "510411100";

/// The criterion a station appeals against.
const APPEALED: &str = "A1.7";

/// The demo's evaluators: user name, name, background, certificate, finance expert, works for the
/// first agency.
const PEOPLE: [(&str, &str, Background, Certified, bool, bool); 6] = [
    ("evaluator", "谢文博", Background::Scholar, Certified::Intermediate, false, false),
    ("evaluator2", "崔静怡", Background::Finance, Certified::None, true, false),
    ("evaluator3", "邱明远", Background::Practitioner, Certified::Senior, false, false),
    ("evaluator4", "龙海燕", Background::Scholar, Certified::Assistant, false, false),
    ("evaluator5", "范国强", Background::Finance, Certified::None, true, false),
    ("evaluator6", "文思雨", Background::Practitioner, Certified::Intermediate, false, true),
];

/// Fills in rubrics, evaluators and three years of rounds.
pub async fn fill(tx: &mut Tx, hash: &str, agencies: &[AgencyId]) -> Result<()> {
    let today = tx.today();
    let people = evaluators(tx, hash, agencies[0]).await?;
    tx.turn_to(Some(noon(on(today.year() - 2, 9, 10))));
    let rubric = publish(tx, 0, COUNTY).await?;
    publish(tx, 1, "5104").await?;
    for back in [2, 1] {
        finished(tx, &rubric, &people, today.year() - back, back == 2).await?;
    }
    tx.turn_to(None);
    running(tx, &rubric, &people, today).await?;
    tx.turn_to(None);
    Ok(())
}

async fn evaluators(tx: &mut Tx, hash: &str, agency: AgencyId) -> Result<Vec<Candidate>> {
    for (user_name, name, ..) in PEOPLE.iter().skip(1) {
        person(tx, hash, user_name, name, Role::Evaluator, COUNTY, None, vec![]).await?;
    }
    let found = panels::profiles(tx).await?;
    let mut people = vec![];
    for (_, name, background, certified, is_finance, of_agency) in PEOPLE {
        let profile = found.iter().find(|profile| profile.name == name).ok_or(Error::NotFound)?;
        let new = NewProfile {
            employer: String::new(),
            agency: of_agency.then_some(agency),
            background,
            is_finance,
            certified,
            place: None,
        };
        panels::put_profile(tx, profile.account, 0, &new).await?;
        tx.record(Entry::new("登记评估专家资料", "account", profile.account, name).after(&new)).await?;
        people.push(Candidate { account: profile.account, is_finance });
    }
    Ok(people)
}

async fn publish(tx: &mut Tx, template: usize, place: &str) -> Result<Rubric> {
    let (template, id) = (&TEMPLATES[template], RubricId::new());
    let (lines, grades) = template.read();
    let head = rubrics::Head {
        name: template.name.to_owned(),
        bonus_over: template.bonus_over,
        grades,
        note: template.note.to_owned(),
    };
    rubrics::insert(tx, id, None, (&code(place)?, &head), &lines).await?;
    rubrics::touch(tx, id, 1, rubrics::State::Draft, rubrics::State::Published).await?;
    tx.record(Entry::new("发布评分细则", "rubric", id, template.name)).await?;
    rubrics::find(tx, id).await
}

/// Opens a round of the county on a day, over its stations and rooms.
async fn begin(tx: &mut Tx, rubric: &Rubric, year: i32, (opened, visits, ends): (Day, Day, Day)) -> Result<Round> {
    tx.turn_to(Some(noon(opened)));
    let plan = Plan {
        year: small(year),
        name: format!("{year} 年度社工站评估"),
        self_until: opened.plus_days(20),
        onsite_from: visits,
        onsite_until: visits.plus_days(28),
        notice_days: 7,
        appeal_days: 5,
        ends_on: ends,
        scorers: 3,
        needs_finance: true,
        combination: evaluations::Combination::Mean,
        spread_bp: 5000,
        weights: [60, 25, 15],
        holds: (true, true),
        bands: bands(rubric),
    };
    let id = RoundId::new();
    evaluations::add(tx, id, &code(COUNTY)?, rubric.id, &plan).await?;
    let round = evaluations::find_round(tx, id).await?;
    evaluations::invite(tx, &round, &[StationLevel::Township, StationLevel::Village]).await?;
    tx.record(Entry::new("新建评估轮次", "evaluation_round", id, &plan.name).after(&plan)).await?;
    evaluations::begin_self_scores(tx, &round).await?;
    evaluations::find_round(tx, id).await
}

/// The rubric's grades; at most a fifth of the stations are excellent.
fn bands(rubric: &Rubric) -> Vec<evaluations::Band> {
    let quota = |at: usize| (at == 0).then_some(2000);
    let grades = rubric.grades.iter().enumerate();
    grades
        .map(|(at, grade)| evaluations::Band { label: grade.label.clone(), from: grade.from, quota_bp: quota(at) })
        .collect()
}

/// A pseudo-random number from 0 to 99, the same in every run.
fn lot(parts: &[&str]) -> i64 {
    let mut hash: u64 = 1_469_598_103_934_665_603;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
    }
    i64::try_from(hash >> 33).unwrap_or(0) % 100
}

/// An answer worth about `share` percent of a criterion.
fn answer(line: &Line, share: i64) -> Answer {
    let options = line.options();
    let thousandths = |amount: i64| Some(amount * 1000);
    match (line.asks(), line.method) {
        _ if !line.kind.has_points() => Answer { choice: Some(0), ..Answer::default() },
        (Asks::Choice, Some(Method::Boolean)) => Answer { choice: Some(usize::from(share < 40)), ..Answer::default() },
        (Asks::Choice, _) => {
            let last = i64::try_from(options.len().max(1) - 1).unwrap_or(0);
            let at = half_up(i128::from(last * (100 - share)), 100);
            Answer { choice: usize::try_from(at).ok(), ..Answer::default() }
        }
        (Asks::Ticks, _) => {
            let all = i64::try_from(options.len()).unwrap_or(0);
            let met = usize::try_from(half_up(i128::from(all * share), 100)).unwrap_or(0);
            Answer { ticks: Some((0..met).collect::<BTreeSet<_>>()), ..Answer::default() }
        }
        (Asks::Amount, Some(Method::PerUnitDeduct)) if line.kind == Kind::Deduction => {
            Answer { amount: thousandths(i64::from(share < 45)), ..Answer::default() }
        }
        (Asks::Amount, Some(Method::Factor)) => Answer { amount: Some(share * 10), ..Answer::default() },
        (Asks::Amount, _) => Answer { amount: thousandths(share / 30), ..Answer::default() },
        (Asks::Ratio, _) => Answer { amount: thousandths(share), of: thousandths(100), ..Answer::default() },
    }
}

/// The quality of a station: the share its scores centre on.
fn quality(one: &Evaluation) -> i64 {
    76 + lot(&[one.station_name.as_str()]) / 4
}

/// Fills in a station's self-score, a little better than the panel's.
async fn score_itself(tx: &mut Tx, rubric: &Rubric, one: &Evaluation, most: usize) -> Result<()> {
    let open = rubric.leaves().filter(|line| line.kind.has_points() && line.source.is_none()).take(most);
    let mut answers = vec![];
    for line in open {
        let is_extra = line.kind == Kind::Bonus;
        let share =
            if is_extra { lot(&[&one.station_name, &line.code]) / 3 } else { quality(one) + lot(&[&line.code]) / 6 };
        let answer = answer(line, share.min(100));
        let points = line.value(&answer).ok();
        let words =
            if lot(&[&one.station_name, &line.code, "说明"]) < 20 { "详见台账和照片（示例）" } else { "" };
        let own = evaluations::OwnAnswer {
            code: line.code.clone(),
            answer,
            points,
            words: words.to_owned(),
            figure: String::new(),
        };
        answers.push((one, own));
    }
    evaluations::put_answers(tx, rubric.id, &answers).await?;
    tx.record(Entry::new("填写自评", "evaluation", one.id, &one.station_name).after(json!({ "lines": answers.len() })))
        .await
}

async fn submit(tx: &mut Tx, one: &mut Evaluation) -> Result<()> {
    let summary = format!(
        "{}全年按计划开展个案、小组和社区活动，月报按时报送，服务对象反映较好。不足是志愿者队伍还不稳定，档案整理不够及时，下一步逐项改进。（示例）",
        one.station_name
    );
    evaluations::put_summary(tx, one.id, &summary).await?;
    evaluations::step(tx, one, Step::Submit, "").await?;
    tx.record(Entry::new("提交自评", "evaluation", one.id, &one.station_name)).await
}

/// Surveys all three parties about every station and closes the survey. Some stations have too few
/// staff answers to count.
async fn survey(tx: &mut Tx, round: &Round, of: &[Evaluation], (opens, closes): (Day, Day)) -> Result<()> {
    let plan = SurveyPlan::usual(opens, closes);
    surveys::add(tx, round.id, &plan).await?;
    let after = json!({ "opens_on": opens, "closes_on": closes });
    tx.record(Entry::new("开始满意度调查", "evaluation_round", round.id, &round.name).after(after)).await?;
    let slips: Vec<_> = of.iter().map(|one| (one.id, one.station, one.division.clone())).collect();
    surveys::top_up(tx, &slips, round.id, Party::Clients, 30).await?;
    for one in of {
        let lot_of = |party: Party| lot(&[&one.station_name, party.as_str(), &round.year.to_string()]);
        for (party, count) in [
            (Party::Clients, 12 + lot_of(Party::Clients) / 6),
            (Party::Purchasers, 5 + lot_of(Party::Purchasers) / 40),
            (Party::Executors, 3 + lot_of(Party::Executors) / 25),
        ] {
            let asked = plan.questions.get(&party).map_or(0, Vec::len);
            let answers: Vec<_> =
                (0..count).map(|nth| (rated(one, party, nth, asked), remark(one, party, nth))).collect();
            surveys::put_answers(tx, one, (party, Channel::Paper, "调查员（示例）"), &answers).await?;
        }
    }
    tx.record(Entry::new("录入满意度问卷", "evaluation_round", round.id, &round.name)).await?;
    surveys::close_survey(tx, round, 1).await?;
    Ok(())
}

/// One questionnaire: mostly satisfied, the more so the better the station.
fn rated(one: &Evaluation, party: Party, nth: i64, asked: usize) -> Ratings {
    let rating = |at: usize| {
        let drawn = lot(&[&one.station_name, party.as_str(), &nth.to_string(), &at.to_string()]) + quality(one) - 80;
        match drawn {
            ..2 => None,
            2..10 => Some(3),
            10..45 => Some(4),
            _ => Some(5),
        }
    };
    let mut ratings: Vec<_> = (0..asked).map(rating).collect();
    if ratings.iter().all(Option::is_none) {
        ratings[0] = Some(4);
    }
    Ratings(ratings)
}

fn remark(one: &Evaluation, party: Party, nth: i64) -> String {
    const SAID: [&str; 4] = [
        "希望多到村里来（示例）",
        "社工态度很好，就是人太少（示例）",
        "活动时间最好放在晚上（示例）",
        "帮我跑了低保的手续，谢谢（示例）",
    ];
    let drawn = lot(&[&one.station_name, party.as_str(), "说", &nth.to_string()]);
    if party == Party::Clients && drawn < 12 {
        SAID[usize::try_from(drawn % 4).unwrap_or(0)].to_owned()
    } else {
        String::new()
    }
}

/// Draws the panels of these stations by lot.
async fn seat(tx: &mut Tx, round: &Round, of: &[&Evaluation], people: &[Candidate]) -> Result<()> {
    let ids: Vec<_> = of.iter().map(|one| one.id).collect();
    let accounts: Vec<AccountId> = people.iter().map(|one| one.account).collect();
    let found = panels::conflicts(tx, &ids, &accounts).await?;
    let conflict = found.iter().map(|conflict| (conflict.evaluation, conflict.account)).collect();
    let mut kept = std::collections::BTreeMap::new();
    for seat in panels::seats(tx, round.id).await? {
        kept.entry(seat.evaluation).or_insert_with(Vec::new).push(seat.account);
    }
    let per = usize::try_from(round.scorers).unwrap_or(3);
    let drawn = panels::draw("20261120", &ids, people, (per, round.needs_finance), &conflict, &kept);
    for (id, account) in &drawn.seats {
        if let Some(one) = of.iter().find(|one| one.id == *id) {
            panels::clear_and_seat(tx, one, *account).await?;
        }
    }
    panels::grant_seats(tx, round).await?;
    tx.record(
        Entry::new("抽取评估专家", "evaluation_round", round.id, &round.name).after(json!({ "seed": "20261120" })),
    )
    .await
}

/// A panel member's scores: close to the station's quality, slightly different for each member.
async fn score(
    tx: &mut Tx,
    rubric: &Rubric,
    one: &Evaluation,
    account: AccountId,
    (most, veto): (usize, bool),
) -> Result<()> {
    let own = evaluations::own_answers(tx, one.id).await?;
    let who = account.to_string();
    let mut scores = vec![];
    for line in rubric.leaves().take(most) {
        let figure = own.iter().find(|own| own.code == line.code && !own.figure.is_empty());
        let share = quality(one) + lot(&[&one.station_name, &line.code]) / 8 - 6;
        // About one criterion in twenty is scored very differently by one of the members.
        let odd = lot(&[&one.station_name, &line.code, &who]) < 2;
        let answer = match figure {
            Some(own) => own.answer.clone(),
            None if line.code == APPEALED && one.division.as_str() == STATION => {
                Answer { ticks: Some([0].into()), ..Answer::default() }
            }
            None if veto && line.code == "V2" => Answer { choice: Some(1), ..Answer::default() },
            None if line.kind == Kind::Bonus => answer(line, lot(&[&one.station_name, &line.code]) / 3),
            None => answer(line, if odd { 20 } else { (share + lot(&[&line.code, &who]) / 20).clamp(0, 100) }),
        };
        let points = line.value(&answer).map_err(Error::bug)?;
        let reason = match line.kind {
            _ if figure.is_some() => "",
            Kind::Scored if points == line.points => "",
            Kind::Scored => "现场查看，部分不到位（示例）",
            Kind::Veto if points > Points::ZERO => "抽查的六份个案档案签名系同一人代写，已当场核实（示例）",
            _ if points > Points::ZERO => "有证明材料（示例）",
            _ => "",
        };
        scores.push(NewScore {
            code: line.code.clone(),
            answer,
            points,
            reason: reason.to_owned(),
            version: 0,
            key: uuid::Uuid::new_v4(),
            corrects: vec![],
        });
    }
    scoring::put_scores(tx, rubric.id, one, account, &scores).await?;
    let entry = Entry::new("专家评分", "evaluation", one.id, &one.station_name);
    tx.record(entry.after(json!({ "account": account, "lines": scores.len() }))).await
}

/// All panel members score a station and submit.
async fn score_whole(tx: &mut Tx, rubric: &Rubric, round: &Round, one: &mut Evaluation, veto: bool) -> Result<()> {
    let seats = panels::seats(tx, round.id).await?;
    let id = one.id;
    for seat in seats.iter().filter(|seat| seat.evaluation == id) {
        score(tx, rubric, one, seat.account, (usize::MAX, veto)).await?;
        if panels::submitted(tx, one.id, seat.account, "总体符合要求，档案要再规范（示例）").await? {
            evaluations::step(tx, one, Step::Score, "").await?;
        }
    }
    tx.record(Entry::new("提交专家评分", "evaluation", one.id, &one.station_name)).await
}

/// Settles disputed criteria at the middle of the scores given, and ends the moderation.
async fn moderate(tx: &mut Tx, rubric: &Rubric, round: &Round, one: &mut Evaluation) -> Result<()> {
    for (code, points) in scoring::disputed(tx, rubric, round, one.id).await? {
        scoring::settle(tx, one, &code, points, "现场复看材料，多数专家意见一致，按中间分定（示例）").await?;
    }
    scoring::settle_station(tx, one, round, rubric).await
}

/// Runs a whole round that is over.
async fn finished(tx: &mut Tx, rubric: &Rubric, people: &[Candidate], year: i32, is_old: bool) -> Result<()> {
    let days = (on(year, 10, 15), on(year, 11, 8), on(year, 12, 20));
    let round = begin(tx, rubric, year, days).await?;
    tx.lead_round(round.id).await?;
    let mut all = evaluations::subjects(tx, round.id).await?;
    tx.turn_to(Some(noon(on(year, 11, 2))));
    for one in &mut all {
        score_itself(tx, rubric, one, usize::MAX).await?;
        submit(tx, one).await?;
    }
    if year % 2 == 1 {
        // An evaluator declares a relative at a station and is not seated there.
        let (one, account) = (&all[1], people[2].account);
        let of = (one.station, &one.division);
        let seq =
            panels::recuse(tx, of, account, (Origin::Declared, RecusalReason::Kinship, "配偶的妹妹在该站工作（示例）"))
                .await?;
        panels::decide(tx, (one.station, account, seq), true, "情况属实，予以回避").await?;
        tx.record(Entry::new("决定回避", "station", one.station, &one.station_name)).await?;
    }
    survey(tx, &round, &all, (on(year, 10, 15), on(year, 11, 7))).await?;
    seat(tx, &round, &all.iter().collect::<Vec<_>>(), people).await?;
    tx.turn_to(Some(noon(on(year, 11, 28))));
    let last = all.len() - 1;
    for (at, one) in all.iter_mut().enumerate() {
        let visit = on(year, 11, 10).plus_days(i64::try_from(at).unwrap_or(0));
        evaluations::set_visit(tx, one.id, Some(visit), "上午 9:30").await?;
        evaluations::step(tx, one, Step::Visit, "").await?;
        let veto = year % 2 == 0 && at == last;
        score_whole(tx, rubric, &round, one, veto).await?;
        moderate(tx, rubric, &round, one).await?;
    }
    tx.turn_to(Some(noon(on(year, 12, 8))));
    let round = evaluations::find_round(tx, round.id).await?;
    scoring::release_round(tx, &round).await?;
    if year % 2 == 1 {
        appeal(tx, year, &all).await?;
    }
    tx.turn_to(Some(noon(on(year, 12, 16))));
    let round = evaluations::find_round(tx, round.id).await?;
    scoring::hear_round(tx, &round).await?;
    tx.turn_to(Some(noon(on(year, 12, 22))));
    let round = evaluations::find_round(tx, round.id).await?;
    scoring::finalize_round(tx, &round).await?;
    tx.turn_to(Some(noon(on(year, 12, 29))));
    let round = evaluations::find_round(tx, round.id).await?;
    scoring::archive_round(tx, &round).await?;
    conclude(tx, &round, year, is_old).await
}

/// The outcome of a finished round: plaques, letters and rectification orders. The older orders are
/// closed.
async fn conclude(tx: &mut Tx, round: &Round, year: i32, is_old: bool) -> Result<()> {
    tx.turn_to(Some(noon(on(year + 1, 1, 8))));
    let best = round.bands.first().map(|band| band.label.clone());
    publications::award_plaques(tx, round, best.as_slice(), (on(year + 1, 1, 8), None)).await?;
    publications::issue_letters(tx, round, &format!("仁和民评〔{year}〕")).await?;
    let mut weak = publications::low_lines(tx, round, 60).await?;
    weak.truncate(4);
    let orders: Vec<_> = weak
        .iter()
        .flat_map(|weak| weak.lows.iter().take(3).map(move |low| (weak, low)))
        .map(|(weak, low)| NewOrder {
            evaluation: weak.of.id,
            station: weak.of.station,
            division: weak.of.division.clone(),
            code: low.code.clone(),
            line: low.line.clone(),
            finding: format!("{}。现场查看，部分不到位（示例）", low.finding),
            demand: "对照评分细则整改，附前后对比的照片或材料。".to_owned(),
        })
        .collect();
    standing::issue(tx, &orders, on(year + 1, 4, 30)).await?;
    let after = json!({ "orders": orders.len() });
    tx.record(Entry::new("下达整改", "evaluation_round", round.id, &round.name).after(after)).await?;
    for (at, mut order) in standing::of_year(tx, round.year).await?.into_iter().enumerate() {
        let done = is_old || at % 3 != 2;
        for (days, step, words) in [
            (20, OrderStep::Plan, "由站长负责，三月底前补齐材料、更换标牌（示例）"),
            (80, OrderStep::Report, "已经补齐，材料和照片在档案柜（示例）"),
            (90, OrderStep::Close, "现场复看，已经到位，同意销号"),
        ] {
            if step == OrderStep::Plan || done {
                tx.turn_to(Some(noon(on(year + 1, 1, 8).plus_days(days))));
                standing::step(tx, &mut order, step, (words, None, None)).await?;
                let label = format!("{} {}", order.station_name, order.code);
                tx.record(Entry::new("办理整改", "rectification_order", order.id, label)).await?;
            }
        }
    }
    Ok(())
}

/// The station whose head has an account wins its appeal about the barrier-free entrance.
async fn appeal(tx: &mut Tx, year: i32, all: &[Evaluation]) -> Result<()> {
    let Some(one) = all.iter().find(|one| one.division.as_str() == STATION) else { return Ok(()) };
    tx.turn_to(Some(noon(on(year, 12, 11))));
    let words = "入口坡道在评估当天正在维修，已附维修前后照片，卫生间扶手也在位（示例）";
    let before = scoring::value_of(tx, one, APPEALED).await?;
    scoring::appeal(tx, one, (APPEALED, before), (words, None)).await?;
    tx.record(Entry::new("申请复核评估结果", "evaluation", one.id, &one.station_name)).await?;
    tx.turn_to(Some(noon(on(year, 12, 14))));
    scoring::decide_appeal(
        tx,
        one.id,
        APPEALED,
        (Some(Points(2000)), "经现场复看，入口坡道和卫生间扶手都符合要求，改为满分"),
    )
    .await?;
    tx.record(Entry::new("处理复核", "evaluation", one.id, &one.station_name)).await
}

/// This year's round, in the middle of the visits.
async fn running(tx: &mut Tx, rubric: &Rubric, people: &[Candidate], today: Day) -> Result<()> {
    let days = (today.plus_days(-30), today.plus_days(-8), today.plus_days(40));
    let round = begin(tx, rubric, today.year(), days).await?;
    tx.lead_round(round.id).await?;
    let mut all = evaluations::subjects(tx, round.id).await?;
    // First the station whose head has an account, then other stations, then rooms.
    all.sort_by_key(|one| (one.division.as_str() != STATION, one.division.as_str().len(), one.division.to_string()));
    let room = all.iter().position(|one| one.division.as_str().len() > 9 && one.division.as_str().starts_with(STATION));
    tx.turn_to(Some(noon(today.plus_days(-12))));
    for (at, one) in all.iter_mut().enumerate() {
        if Some(at) == room {
            // The room whose head has an account got an extension.
            score_itself(tx, rubric, one, 20).await?;
            evaluations::extend(tx, one.id, today.plus_days(3), "负责人住院，恢复后补报（示例）").await?;
            tx.record(Entry::new("延长自评期限", "evaluation", one.id, &one.station_name)).await?;
            continue;
        }
        score_itself(tx, rubric, one, usize::MAX).await?;
        submit(tx, one).await?;
    }
    survey(tx, &round, &all, (today.plus_days(-30), today.plus_days(-10))).await?;
    tx.turn_to(Some(noon(today.plus_days(-9))));
    let on_site: Vec<_> = all.iter().filter(|one| one.state == State::Submitted).take(6).cloned().collect();
    // The evaluator account people try first has finished half of one station and has another one
    // still to do.
    for at in [0, 3] {
        panels::clear_and_seat(tx, &on_site[at], people[0].account).await?;
    }
    seat(tx, &round, &on_site.iter().collect::<Vec<_>>(), people).await?;
    for (at, one) in (0_i64..).zip(on_site) {
        let mut one = one;
        evaluations::set_visit(tx, one.id, Some(today.plus_days(at * 2 - 4)), "上午 9:30").await?;
        evaluations::step(tx, &mut one, Step::Visit, "").await?;
        tx.record(Entry::new("开始实地评估", "evaluation", one.id, &one.station_name)).await?;
        match at {
            0 => {
                // The account's own scoring is half finished; the other members have submitted.
                for seat in panels::seats(tx, round.id).await?.iter().filter(|seat| seat.evaluation == one.id) {
                    let is_ours = seat.account == people[0].account;
                    score(tx, rubric, &one, seat.account, (if is_ours { 24 } else { usize::MAX }, false)).await?;
                    if !is_ours {
                        panels::submitted(tx, one.id, seat.account, "").await?;
                    }
                }
            }
            1 | 2 => score_whole(tx, rubric, &round, &mut one, false).await?,
            _ => {}
        }
        if at == 2 {
            moderate(tx, rubric, &round, &mut one).await?;
        }
    }
    Ok(())
}
