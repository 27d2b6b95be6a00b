//! Purchased-service projects, from plan to closing.

use std::io::{Cursor, Read};

use axum::http::StatusCode;
use station_network::{
    access::{Reach, Role, Scope},
    db::{Mode, Silence},
    features::purchasing::deliverables,
    kernel::{DivisionCode, ProjectId, StationId},
};

use crate::support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, World, counted, form};

/// A county with a station, an agency and the people around a project.
pub struct Deal {
    pub world: World,
    pub county: Browser,
    pub city: Browser,
    pub agency: Browser,
    pub agency_id: String,
    pub station: StationId,
}

impl Deal {
    pub async fn new() -> Self {
        let world = World::new().await;
        let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
        let city = world.sign_in(Role::BureauOfficer, CITY).await;
        let agency = world.sign_in(Role::AgencyManager, CITY).await;
        let agency_id = world.agency("承接机构").await.to_string();
        let station = crate::stations::build(&county, TOWNSHIP, "仁和镇社工站", &[]).await;
        Self { world, county, city, agency, agency_id, station }
    }

    /// A planned project of 100 000 yuan from the county's budget.
    pub async fn plan(&self, number: &str) -> String {
        let seen = self.try_plan(number, &[("source_kind", "fiscal"), ("source_amount", "100,000")]).await;
        seen.done().split('?').next().unwrap().to_owned()
    }

    pub async fn try_plan(&self, number: &str, more: &[(&str, &str)]) -> Seen {
        let key = self.county.get("/projects/new").await.ok().field("key");
        let station = self.station.to_string();
        let mut fields = vec![
            ("key", key.as_str()),
            ("number", number),
            ("name", "仁和镇社工站服务项目"),
            ("year", "2026"),
            ("category", "social_work"),
            ("method", "open"),
            ("budget", "10万"),
            ("stations", &station),
        ];
        fields.extend(more);
        self.county.post("/projects", &form(&fields)).await
    }

    /// Files the year's plan and has the city acknowledge it.
    pub async fn file(&self) {
        self.county.post("/filings", "year=2026&document=2026-plan").await.done();
        let page = self.city.get("/filings?year=2026").await.ok();
        let id = page.html.split("href=\"/filings/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.city.post(&format!("/filings/{id}/decision"), "decision=acknowledge").await.done();
    }

    pub async fn step(&self, path: &str, wanted: &str) -> Seen {
        self.county.post(&format!("{path}/moves"), &form(&[("wanted", wanted), ("words", "材料另有纸质")])).await
    }

    pub async fn version(&self, path: &str) -> String {
        self.county.get(&format!("{path}/award")).await.ok().field("version")
    }

    /// Enters what a contract requires: award, contract, budget and deliverables. Two instalments
    /// of half the sum each, the second after the mid-term evaluation.
    pub async fn write_contract(&self, path: &str) {
        let version = self.version(path).await;
        let award = [("version", version.as_str()), ("agency", &self.agency_id), ("awarded_on", "2026-01-20")];
        self.county.post(&format!("{path}/award"), &form(&award)).await.done();
        let version = self.version(path).await;
        let contract = [
            ("version", version.as_str()),
            ("contract_number", "HT-1"),
            ("party_a", "仁和区民政局"),
            ("party_b", "承接机构"),
            ("signed_on", "2026-02-01"),
            ("starts_on", "2026-03-01"),
            ("ends_on", "2027-02-28"),
            ("item_name", "服务"),
            ("item_spec", ""),
            ("item_unit", "项"),
            ("item_price", "100,000"),
            ("item_quantity", "1"),
            ("item_remark", ""),
            ("pay_name", "首期"),
            ("pay_amount", "50%"),
            ("pay_trigger", "signing"),
            ("pay_due", ""),
            ("pay_name", "二期"),
            ("pay_amount", "50%"),
            ("pay_trigger", "midterm"),
            ("pay_due", ""),
        ];
        self.county.post(&format!("{path}/contract"), &form(&contract)).await.done();
        let version = self.version(path).await;
        let budget = [
            ("version", version.as_str()),
            ("category", "personnel"),
            ("name", ""),
            ("amount", "60000"),
            ("category", "service"),
            ("name", ""),
            ("amount", "40000"),
        ];
        self.county.post(&format!("{path}/budget"), &form(&budget)).await.done();
        let version = self.version(path).await;
        let deliverables = [
            ("version", version.as_str()),
            ("name", "小组"),
            ("unit", "个"),
            ("planned", "12"),
            ("slot", ""),
            ("sessions", "4"),
            ("people", ""),
            ("rule", ""),
            ("stage", "final"),
            ("name", "走访"),
            ("unit", "户次"),
            ("planned", "600"),
            ("slot", "1"),
            ("sessions", ""),
            ("people", ""),
            ("rule", ""),
            ("stage", "final"),
        ];
        self.county.post(&format!("{path}/deliverables/edit"), &form(&deliverables)).await.done();
    }

    /// A running project.
    pub async fn running(&self, number: &str) -> String {
        let path = self.plan(number).await;
        self.file().await;
        self.step(&path, "procure").await.done();
        self.write_contract(&path).await;
        self.step(&path, "contract").await.done();
        self.step(&path, "start").await.done();
        path
    }

    async fn request(&self, path: &str, seq: usize) -> Seen {
        let fields = [("invoice", "05021700")];
        self.agency.upload_with(&format!("{path}/payments/{seq}/request"), &fields, "", b"").await
    }

    async fn pay(&self, path: &str, seq: usize, more: &[(&str, &str)]) -> Seen {
        let page = self.county.get(&format!("{path}/payments/{seq}")).await;
        if page.status != StatusCode::OK {
            return page;
        }
        let taken = page.html.split("name=\"taken\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let key = page.field("key");
        let mut fields = vec![("key", key.as_str()), ("paid_on", "2026-03-05"), ("voucher", "付-1"), ("source", "1")];
        if !more.iter().any(|(name, _)| *name == "taken") {
            fields.push(("taken", &taken));
        }
        fields.extend(more);
        self.county.post(&format!("{path}/payments/{seq}"), &form(&fields)).await
    }

    async fn appraise(&self, path: &str, kind: &str, score: &str, mend: &str) -> Seen {
        let page = self.county.get(&format!("{path}/appraisals")).await.ok();
        if !page.html.contains("登记评估") {
            return page;
        }
        let key = page.field("key");
        let fields = [
            ("key", key.as_str()),
            ("kind", kind),
            ("held_on", "2026-03-05"),
            ("score", score),
            ("findings", "服务按计划开展"),
            ("mend", mend),
            ("due_on", "2026-04-05"),
        ];
        self.county.upload_with(&format!("{path}/appraisals"), &fields, "", b"").await
    }

    async fn spend(&self, path: &str, line: &str, amount: &str) -> Seen {
        let page = self.agency.get(&format!("{path}/spending")).await.ok();
        if !page.html.contains("登记支出") {
            return page;
        }
        let key = page.field("key");
        let fields = [
            ("key", key.as_str()),
            ("line", line),
            ("spent_on", "2026-03-04"),
            ("voucher", "记-1"),
            ("what", "小组材料"),
            ("amount", amount),
        ];
        self.agency.upload_with(&format!("{path}/spending"), &fields, "", b"").await
    }

    /// Runs a statement as the cluster's superuser; returns the database's refusal.
    async fn refused(&self, statement: &'static str) -> String {
        let error = sqlx::query(statement).execute(&self.world.root).await.unwrap_err();
        error.as_database_error().unwrap().constraint().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_project_goes_from_plan_to_closing_and_each_step_asks_for_what_it_needs() {
    let deal = Deal::new().await;
    let path = deal.plan("510411-2026-01").await;
    let page = deal.county.get(&path).await.ok();
    page.says("去报送 2026 年计划");
    assert_eq!(deal.step(&path, "procure").await.status, StatusCode::CONFLICT, "not before it is filed");
    deal.file().await;

    let bare = deal.county.post(&format!("{path}/moves"), "wanted=procure").await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    bare.says("还没有上传需求调研、方案设计、方案论证");
    deal.step(&path, "procure").await.done();
    let early = deal.step(&path, "contract").await;
    early.says("还不能签约：还没有选定承接机构");
    early.says("还不能签约：还没有服务指标");
    deal.write_contract(&path).await;
    deal.county.get(&format!("{path}/contract")).await.ok().says("人民币壹拾万元整");
    deal.step(&path, "contract").await.done();
    let closed = deal.county.get(&format!("{path}/edit")).await;
    assert_eq!(closed.status, StatusCode::CONFLICT, "what was signed is not written over");
    closed.says("合同内容不能再改");
    deal.county.post(&format!("{path}/filing"), "").await.done();
    deal.step(&path, "start").await.done();

    deal.request(&path, 1).await.done();
    deal.county.post(&format!("{path}/payments/1/approval"), "").await.done();
    deal.pay(&path, 1, &[]).await.done();
    deal.request(&path, 2).await.done();
    let gated = deal.county.post(&format!("{path}/payments/2/approval"), "").await;
    assert_eq!(gated.status, StatusCode::UNPROCESSABLE_ENTITY);
    gated.says("这一期要等中期评估合格才能批准，现在还没有评估结果。请先完成中期评估");

    let early = deal.appraise(&path, "midterm", "80", "").await;
    early.says("推进到「中期评估」");
    deal.step(&path, "suspend").await.done();
    deal.county.post(&format!("{path}/payments/2/approval"), "").await.says("暂停的项目请先恢复");
    let spent = deal.agency.upload_with(&format!("{path}/spending"), &[("line", "1")], "", b"").await;
    spent.says("暂停的项目请先恢复");
    deal.step(&path, "resume").await.done();
    deal.step(&path, "midterm").await.done();
    deal.appraise(&path, "midterm", "55", "补齐小组记录").await.done();
    deal.county.post(&format!("{path}/payments/2/approval"), "").await.says("请整改并重新评估合格后再批准");
    deal.appraise(&path, "midterm", "81.5", "").await.done();
    deal.county.post(&format!("{path}/payments/2/approval"), "").await.done();
    let short = deal.pay(&path, 2, &[("deduction", "1000"), ("taken", "50,000.00")]).await;
    short.says("有扣减的要写明原因");
    let more = [("deduction", "1000"), ("why", "小组少 2 个"), ("taken", "49,000.00")];
    deal.pay(&path, 2, &more).await.done();

    deal.step(&path, "final").await.done();
    deal.appraise(&path, "final", "90", "").await.done();
    deal.step(&path, "accept").await.says("还有 1 条整改没有复查通过");
    let proof = [("proof", "已逐份补齐")];
    deal.agency.upload_with(&format!("{path}/rectifications/1/proof"), &proof, "", b"").await.done();
    deal.county
        .post(&format!("{path}/rectifications/1/check"), "decision=again&words=%E8%BF%98%E5%B7%AE&due_on=2026-05-01")
        .await
        .done();
    deal.agency.upload_with(&format!("{path}/rectifications/1/proof"), &proof, "", b"").await.done();
    deal.county.post(&format!("{path}/rectifications/1/check"), "decision=pass").await.done();
    deal.step(&path, "accept").await.done();
    deal.step(&path, "close").await.done();
    let page = deal.county.get(&path).await.ok();
    page.says("已结项");
    page.says("99,000.00");
    deal.county.get(&format!("{path}/appraisals")).await.ok().says("第 1 次：已逐份补齐");
    let late = form(&[("name", "沈知夏"), ("role", "worker"), ("is_full_time", "full"), ("since", "2026-03-05")]);
    deal.agency.post(&format!("{path}/team"), &late).await.says("项目已经是「已结项」");
    deal.county.get(&format!("{path}/contract/print")).await.ok().says("合计（大写：人民币壹拾万元整）");
    for export in ["export", "deliverables/export", "spending/export"] {
        deal.agency.post(&format!("{path}/{export}"), "").await.ok();
    }
}

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

#[tokio::test]
async fn who_reaches_a_project() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let world = &deal.world;
    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[deal.station]).await;
    let evaluator = world.account("评估专家", None).await;
    let grant = world.grant(evaluator, Role::Evaluator, CITY, &[deal.station]).await;
    let expert = world.session(evaluator, grant).await;
    let parts = ["", "/payments", "/spending", "/deliverables", "/appraisals", "/papers", "/team"];
    let reaching = [
        deal.city.clone(),
        deal.agency.clone(),
        head.clone(),
        world.sign_in(Role::TownshipOfficer, TOWNSHIP).await,
        world.sign_in(Role::Leader, CITY).await,
    ];
    for who in &reaching {
        who.get("/projects").await.ok().says("仁和镇社工站服务项目");
        for part in parts {
            let page = who.get(&format!("{path}{part}")).await.ok();
            assert!(part.is_empty() || page.html.contains("仁和镇社工站服务项目"));
        }
        who.get(&path).await.ok().says("100,000.00");
    }
    let other_station: StationId = crate::stations::build(&deal.county, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let twin = world.twin().await;
    let other_agency = {
        let account = world.account("别家", None).await;
        let grant = world.grant(account, Role::AgencyManager, CITY, &[]).await;
        let other = world.agency("别家机构").await;
        sqlx::query("update grants set agency_id = $2 where id = $1")
            .bind(grant)
            .bind(other)
            .execute(&world.root)
            .await
            .unwrap();
        world.session(account, grant).await
    };
    let strangers = [
        world.sign_in_for(Role::Evaluator, CITY, &[other_station]).await,
        other_agency,
        world.sign_in(Role::CountyOfficer, "510402").await,
        world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await,
        world.sign_in_for(Role::StationHead, NEXT_TOWNSHIP, &[other_station]).await,
        twin.sign_in(Role::CountyOfficer, COUNTY).await,
    ];
    for who in &strangers {
        assert!(!who.get("/projects").await.ok().html.contains("仁和镇社工站服务项目"));
        for part in parts {
            assert_eq!(who.get(&format!("{path}{part}")).await.status, StatusCode::NOT_FOUND, "{part}");
        }
    }
    // The station's scorer may read its project, and may enter findings once assigned.
    assert!(!expert.get(&format!("{path}/appraisals")).await.ok().html.contains("登记评估</h2>"));
    let refused = expert.upload_with(&format!("{path}/appraisals"), &[("kind", "spot")], "", b"").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    deal.county.post(&format!("{path}/evaluators"), &format!("evaluator={evaluator}")).await.done();
    expert.get(&path).await.ok();
    let key = expert.get(&format!("{path}/appraisals")).await.ok().field("key");
    let fields = [
        ("key", key.as_str()),
        ("kind", "spot"),
        ("held_on", "2026-03-05"),
        ("score", "88"),
        ("findings", "抽查五份档案，齐全"),
    ];
    expert.upload_with(&format!("{path}/appraisals"), &fields, "", b"").await.done();
    for (who, part) in
        [(&head, "moves"), (&deal.agency, "moves"), (&deal.city, "moves"), (&expert, "payments/1/approval")]
    {
        assert_eq!(who.post(&format!("{path}/{part}"), "wanted=suspend").await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn hard_rules_refuse_and_soft_ones_take_a_reason() {
    let deal = Deal::new().await;
    let rule = |kind: &'static str, share: &'static str, hard: &'static str| {
        form(&[
            ("kind", kind),
            ("division", CITY),
            ("share", share),
            ("is_hard", hard),
            ("since", "2025-01-01"),
            ("basis", "示例文件"),
        ])
    };
    deal.city.post("/funds/rules", &rule("assistance_cap", "3%", "hard")).await.done();
    deal.city.post("/funds/rules", &rule("co_link", "10%", "soft")).await.done();
    deal.city.post("/funds/rules", &rule("co_link", "10%", "soft")).await.says("已经有同一种规则");
    deal.city.post("/funds/rules", &rule("staff_growth", "五", "soft")).await.says("请填写百分比");

    let relief = [("source_kind", "assistance"), ("source_amount", "100,000")];
    let unknown = deal.try_plan("A-1", &relief).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    unknown.says("还没有登记 2025 年困难群众救助支出");
    let spent = |amount| form(&[("division", COUNTY), ("year", "2025"), ("amount", amount)]);
    deal.county.post("/funds/assistance", &spent("3,333,333.33")).await.done();
    let over = deal.try_plan("A-1", &relief).await;
    over.says("即 99,999.99 元，超过了。本项目最多还能用 99,999.99 元");
    over.says("value=\"A-1\"");
    deal.county.post("/funds/assistance", &spent("3,333,333.34")).await.done();
    let soft = deal.try_plan("A-1", &relief).await;
    assert_eq!(soft.status, StatusCode::UNPROCESSABLE_ENTITY, "now only a reason is missing");
    soft.says("请写明原因");
    let id = soft.html.split("name=\"rule\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut fields = relief.to_vec();
    fields.extend([("rule", id.as_str()), ("reason", "机构刚成立，明年补足")]);
    let path = deal.try_plan("A-1", &fields).await.done();
    deal.county.get(&path).await.ok().says("机构刚成立，明年补足");
    deal.city.get("/money").await.ok().says("机构刚成立，明年补足");
    // The county's rules may be stricter than the city's, not looser.
    let looser = form(&[
        ("kind", "assistance_cap"),
        ("division", COUNTY),
        ("share", "50%"),
        ("is_hard", "soft"),
        ("since", "2025-01-01"),
        ("basis", "县里文件"),
    ]);
    deal.county.post("/funds/rules", &looser).await.done();
    // A county has one fund per year, so nothing is left for a second project.
    let second = deal
        .try_plan(
            "A-2",
            &[("source_kind", "assistance"), ("source_amount", "100,000"), ("rule", &id), ("reason", "机构刚成立")],
        )
        .await;
    second.says("本项目最多还能用 0.00 元");
}

#[tokio::test]
async fn a_barred_agency_is_awarded_nothing() {
    let deal = Deal::new().await;
    let path = deal.plan("510411-2026-01").await;
    deal.file().await;
    deal.step(&path, "procure").await.done();
    deal.write_contract(&path).await;
    let barred = form(&[("standing", "barred"), ("reason", "年检不合格")]);
    deal.county.post(&format!("/agencies/{}/standing", deal.agency_id), &barred).await.done();
    deal.step(&path, "contract").await.says("这家机构现在是「禁止承接」（年检不合格），不能承接新的项目");
    let version = deal.version(&path).await;
    let over = [("agency", ""), ("bidder", "某社工中心"), ("price", "12万"), ("score", "五")];
    let over = [&[("version", version.as_str())][..], &over].concat();
    deal.county.post(&format!("{path}/award"), &form(&over)).await.says("请填 0 到 100 的分数");
    let award = form(&[("version", &version), ("agency", &deal.agency_id)]);
    deal.county.post(&format!("{path}/award"), &award).await.says("不能承接新的项目");
    let looked = form(&[("version", &version), ("agency", &deal.agency_id), ("go", "look")]);
    deal.county.post(&format!("{path}/award"), &looked).await.ok().says("2025 年年检：没有登记");
}

#[tokio::test]
async fn what_is_filed_late_missing_or_returned_is_told() {
    let deal = Deal::new().await;
    deal.plan("510411-2026-01").await;
    deal.city.get("/filings?year=2025").await.ok().says("逾期未报");
    deal.county.post("/filings", "year=2026&document=2026-plan").await.done();
    deal.county.post("/filings", "year=2026&document=2026-plan").await.says("正在等上级确认");
    let page = deal.city.get("/filings?year=2026").await.ok();
    let id = page.html.split("href=\"/filings/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let there = format!("/filings/{id}/decision");
    assert_eq!(deal.county.post(&there, "decision=acknowledge").await.status, StatusCode::FORBIDDEN);
    deal.city.post(&there, "decision=return").await.says("请填写这一项");
    deal.city.post(&there, &form(&[("decision", "return"), ("reason", "缺资金文件")])).await.done();
    deal.county.get(&format!("/filings/{id}")).await.ok().says("缺资金文件");
    deal.file().await;
    deal.county.get(&format!("/filings/{id}")).await.ok().says("以前报送的");
    assert_eq!(deal.city.post(&there, "decision=acknowledge").await.status, StatusCode::CONFLICT);
    let path = deal.county.get("/projects").await.ok();
    let path = path.html.split("href=\"/projects/0").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = deal.county.get(&format!("/projects/0{path}/edit")).await.ok();
    let version = page.field("version");
    let more = [
        ("version", version.as_str()),
        ("number", "510411-2026-01"),
        ("name", "仁和镇社工站服务项目"),
        ("year", "2026"),
        ("category", "social_work"),
        ("method", "open"),
        ("budget", "11万"),
        ("source_kind", "fiscal"),
        ("source_amount", "11万"),
    ];
    deal.county
        .post(&format!("/projects/0{path}"), &form(&more))
        .await
        .says("已按 100,000.00 元报送备案，预算不能再改");
    let state: String = sqlx::query_scalar("select state from projects").fetch_one(&deal.world.root).await.unwrap();
    assert_eq!(state, "filed");
    deal.city.post("/filings/export", "year=2026").await.ok();
}

#[tokio::test]
async fn adjustments_are_graded_and_nobody_approves_their_own() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let ask = async |who: &Browser, moved: &str| {
        let page = who.get(&format!("{path}/spending")).await.ok();
        let key = page.html.rsplit("name=\"key\" value=\"").next().unwrap().split('"').next().unwrap().to_owned();
        let fields =
            [("key", key.as_str()), ("from", "1"), ("to_line", "2"), ("moved", moved), ("reason", "活动增加了")];
        who.post(&format!("{path}/adjustments"), &form(&fields)).await
    };
    let decide = async |seq: u8, more: &[(&str, &str)]| {
        let mut fields = vec![("decision", "approve")];
        fields.extend(more);
        deal.county.post(&format!("{path}/adjustments/{seq}/decision"), &form(&fields)).await
    };
    ask(&deal.agency, "60,000.01").await.says("只剩 60,000.00 元可以调出");
    ask(&deal.agency, "5000").await.done();
    ask(&deal.agency, "4000").await.done();
    ask(&deal.agency, "2000").await.done();
    ask(&deal.county, "10").await.done();
    decide(1, &[]).await.done();
    decide(2, &[]).await.says("累计调整超过合同金额的 5%，请写明意见");
    decide(2, &[("words", "同意")]).await.done();
    decide(3, &[("words", "同意")]).await.says("要先签补充协议");
    decide(3, &[("document", "补-1")]).await.done();
    decide(4, &[("document", "补-1")]).await.says("不能批准自己提出的调整");
    let back = form(&[("decision", "refuse"), ("words", "填错了")]);
    deal.county.post(&format!("{path}/adjustments/4/decision"), &back).await.done();
    let page = deal.county.get(&format!("{path}/spending")).await.ok();
    page.says("51,000.00");
    page.says("49,000.00");
    deal.county.get(&format!("{path}/spending?on=2026-03-04")).await.ok().says("截至 2026-03-04");
}

#[tokio::test]
async fn what_was_approved_in_reports_counts_towards_the_contract() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    sqlx::query(
        "insert into reports (network_id, station_id, month, division, division_then, level, route, position, vals, saved_at, saved_by)
         select network_id, id, '2026-03-01', division, division, level, 'station', 'draft', '{42}', now(), '' from stations where id = $1",
    )
    .bind(deal.station)
    .execute(&deal.world.root)
    .await
    .unwrap();
    let take = async || {
        let mut tx = deal.world.tx(Mode::Write).await;
        deliverables::take_all(&mut tx).await.unwrap();
        tx.commit_silently(Silence::JobMoved).await.unwrap();
        deal.agency.get(&format!("{path}/deliverables")).await.ok()
    };
    assert!(!take().await.html.contains("42 / 42"), "not before it is approved");
    for statement in [
        "alter table reports drop constraint reports_submitted_whole, drop constraint reports_approved_whole",
        "update reports set approved_vals = vals, edition = 1",
    ] {
        sqlx::query(statement).execute(&deal.world.root).await.unwrap();
    }
    take().await.says("42 / 42");
    let month = [
        ("month", "2026-03"),
        ("seq", "1"),
        ("done", "3"),
        ("counted", "2"),
        ("words", "1 个只开了 3 节"),
        ("seq", "2"),
        ("done", ""),
        ("counted", ""),
        ("words", ""),
    ];
    deal.agency.post(&format!("{path}/deliverables"), &form(&month)).await.done();
    take().await.says("2 / 3");
    let own = [("month", "2026-03"), ("seq", "2"), ("done", "50"), ("counted", ""), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&own)).await.done();
    take().await.says("50 / 50");
    let cleared = [("month", "2026-03"), ("seq", "2"), ("done", ""), ("counted", ""), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&cleared)).await.done();
    take().await.says("42 / 42");
    let wrong = [("month", "2026-03"), ("seq", "1"), ("done", "3"), ("counted", "4"), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&wrong)).await.says("不能多于发生的 3");
}

#[tokio::test]
async fn a_draw_is_on_record_and_projects_are_imported() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let draw = async |seed: &str, share: &str| {
        let key = deal.city.get("/projects/draws").await.ok().field("key");
        deal.city
            .post("/projects/draws", &form(&[("key", &key), ("year", "2026"), ("seed", seed), ("share", share)]))
            .await
    };
    draw("0305", "29%").await.says("不能低于 30%");
    draw("0305", "30%").await.done();
    let page = deal.county.get("/projects/draws").await;
    assert!(!page.html.contains("0305"), "what the city drew is the city's");
    deal.city.get("/projects/draws").await.ok().says("种子「0305」");
    deal.city.get("/projects/draws").await.ok().says(&path);

    let template = deal.county.get("/projects/import/template").await.ok();
    assert!(template.bytes.len() > 1000);
    let heads = [
        "项目编号",
        "项目名称",
        "年度",
        "购买方",
        "落地乡镇代码",
        "服务类别",
        "采购方式",
        "计划编号",
        "包号",
        "主管部门",
        "服务内容",
        "预算（元）",
        "资金来源",
        "福彩用途",
        "覆盖站点编号",
    ];
    let row = |number: &'static str, sources: &'static str| {
        vec![
            number,
            "导入的项目",
            "2026",
            "",
            TOWNSHIP,
            "社会工作服务",
            "公开招标",
            "",
            "",
            "",
            "",
            "5万",
            sources,
            "",
            "",
        ]
    };
    let rows = [
        row("N-1", "本级财政预算 30000；其他部门资金 20000"),
        row("N-2", "彩票 50000"),
        row("510411-2026-01", "本级财政预算 50000"),
    ];
    let book = crate::accounts::workbook(&heads, &rows);
    let check = deal.county.upload("/projects/import", &book).await.done();
    let seen = deal.county.get(&check).await.ok();
    seen.says("新建 1 行");
    seen.says("请选择资金来源");
    seen.says("已经有这个编号的项目，这一行不导入");
    deal.county.post(&check, "").await.done();
    deal.county.get("/projects?q=N-1").await.ok().says("导入的项目");
    deal.county.post("/projects/export", "year=2026").await.ok();
}

#[tokio::test]
async fn the_notice_of_lottery_money_has_its_four_headings() {
    let deal = Deal::new().await;
    let lottery = [("source_kind", "lottery"), ("source_amount", "100,000"), ("lottery_purpose", "elderly")];
    let path = deal.try_plan("L-1", &lottery).await.done().split('?').next().unwrap().to_owned();
    deal.file().await;
    deal.step(&path, "procure").await.done();
    deal.write_contract(&path).await;
    deal.step(&path, "contract").await.done();
    let page = deal.city.get("/money/notice?year=2026").await.ok();
    for words in ["一、规模", "二、内容", "三、执行情况", "四、效果", "用于扶老", "壹拾万元整"]
    {
        page.says(words);
    }
    let document = deal.city.post("/money/notice", "year=2026").await.ok();
    let mut archive = zip::ZipArchive::new(Cursor::new(document.bytes)).unwrap();
    let mut text = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("四、效果") && text.contains("仁和镇社工站服务项目"));
    deal.city.get("/money").await.ok().says("福利彩票公益金");
    deal.city.post("/money/export", "").await.ok();
    let agency = format!("/agencies/{}/projects", deal.agency_id);
    deal.agency.get(&agency).await.ok().says("仁和镇社工站服务项目");
    deal.agency.post(&format!("{agency}/export"), "").await.ok();
    let other = deal.world.agency("别家机构").await;
    assert_eq!(deal.agency.get(&format!("/agencies/{other}/projects")).await.status, StatusCode::NOT_FOUND);
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

#[tokio::test]
async fn pages_of_projects_take_few_statements() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    deal.request(&path, 1).await.done();
    deal.spend(&path, "1", "10").await.done();
    let parts = ["", "/payments", "/spending", "/deliverables", "/appraisals", "/papers", "/team", "/contract/print"];
    for part in parts {
        let count = counted(&deal.county.get(&format!("{path}{part}")).await.ok());
        assert!((1..=8).contains(&count), "{part}: {count} statements");
    }
    let agency = format!("/agencies/{}/projects", deal.agency_id);
    for page in [
        "/projects",
        "/projects/new",
        "/money",
        "/money/notice",
        "/filings",
        "/projects/draws",
        "/funds/rules",
        &agency,
    ] {
        let count = counted(&deal.county.get(page).await.ok());
        assert!((1..=8).contains(&count), "{page}: {count} statements");
    }
}

#[tokio::test]
async fn what_waits_stands_on_the_first_page_and_projects_follow_their_stations() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    deal.request(&path, 1).await.done();
    deal.county.get("/").await.ok().says("首期：等批准付款");
    deal.county.post(&format!("{path}/filing"), "").await.done();
    deal.city.get("/").await.ok().says("2026 年项目协议：备案等确认");
    deal.step(&path, "midterm").await.done();
    deal.appraise(&path, "midterm", "75", "补齐小组记录").await.done();
    deal.agency.get("/").await.ok().says("补齐小组记录：要整改");

    let next = deal.world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    assert_eq!(next.get(&path).await.status, StatusCode::NOT_FOUND);
    let station = format!("/stations/{}", deal.station);
    let page = deal.county.get(&format!("{station}/move")).await.ok();
    let fields = [
        ("version", page.field("version")),
        ("to", NEXT_TOWNSHIP.to_owned()),
        ("on", "2026-03-05".to_owned()),
        ("reason", "区划调整".to_owned()),
        ("confirmed", "1".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let moved = deal.county.post(&format!("{station}/move"), &form(&fields)).await;
    moved.done();
    next.get(&path).await.ok();
}

#[tokio::test]
async fn what_hangs_on_a_project_opens_only_with_it() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let id: ProjectId = path.rsplit('/').next().unwrap().parse().unwrap();
    let division = DivisionCode::parse(CITY).unwrap();
    let scope = |agency: &str, division: DivisionCode| Scope {
        role: Some(Role::AgencyManager),
        reach: Reach { agency: Some(agency.parse().unwrap()), ..Reach::whole(division) },
        ..Scope::of_system(deal.world.network, "测试")
    };
    let tables = "select (select count(*) from instalments) + (select count(*) from budget_lines)
        + (select count(*) from project_sources) + (select count(*) from project_steps)";
    let mut tx = deal.world.db.begin(&scope(&deal.agency_id, division.clone()), Mode::Read).await.unwrap();
    let shut: i64 = sqlx::query_scalar(tables).fetch_one(tx.conn()).await.unwrap();
    tx.open_project(id).await.unwrap();
    let open: i64 = sqlx::query_scalar(tables).fetch_one(tx.conn()).await.unwrap();
    assert_eq!((shut, open > 0), (0, true));

    let other = deal.world.agency("别家机构").await.to_string();
    let mut tx = deal.world.db.begin(&scope(&other, division), Mode::Read).await.unwrap();
    assert!(tx.open_project(id).await.is_err());
    let shut: i64 = sqlx::query_scalar(tables).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(shut, 0);
}
