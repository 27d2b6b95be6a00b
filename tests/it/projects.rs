//! Purchased-service projects, from plan to closing.

use axum::http::StatusCode;
use station_network::{
    access::{Reach, Role, Scope},
    db::Mode,
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

    pub async fn request(&self, path: &str, seq: usize) -> Seen {
        let fields = [("invoice", "05021700")];
        self.agency.upload_with(&format!("{path}/payments/{seq}/request"), &fields, "", b"").await
    }

    pub async fn pay(&self, path: &str, seq: usize, more: &[(&str, &str)]) -> Seen {
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

    pub async fn appraise(&self, path: &str, kind: &str, score: &str, mend: &str) -> Seen {
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

    pub async fn spend(&self, path: &str, line: &str, amount: &str) -> Seen {
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
    pub async fn refused(&self, statement: &'static str) -> String {
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
