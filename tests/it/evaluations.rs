//! Evaluations: rubrics, rounds, panels, scoring, results, appeals.

use std::io::Cursor;

use axum::http::{Method, StatusCode};
use calamine::Reader;
use rust_xlsxwriter::Workbook;
use station_network::{access::Role, app, kernel::StationId};
use uuid::Uuid;

use crate::support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, World, counted, form};

pub const HEADS: [&str; 11] = [
    "编号",
    "上级编号",
    "类型",
    "内容",
    "分值",
    "评分方式",
    "评分设置",
    "计零情形",
    "评分说明",
    "需要的材料",
    "数据来源",
];

/// A rubric of ten points, with a bonus, a deduction and a veto.
pub(crate) const LINES: [[&str; 11]; 8] = [
    ["A", "", "评分", "服务", "10", "", "", "", "", "", ""],
    ["A1", "A", "评分", "制度", "4", "程度分", "好=4；一般=2；差=0", "", "看制度", "制度文本", ""],
    ["A2", "A", "评分", "场地", "2", "组合分", "办公=1；活动=1", "", "", "照片", ""],
    ["A3", "A", "评分", "满意度", "4", "比率线性", "60%-100%", "拒绝调查", "", "", ""],
    ["P1", "", "加分", "表彰", "2", "有或无", "", "", "", "", ""],
    ["D1", "", "扣分", "迟报", "3", "按次数扣分", "每1=0.5", "", "", "", ""],
    ["V1", "", "一票否决", "挪用资金", "", "", "总分计零", "", "", "", ""],
    ["N1", "", "不予评定", "正在立案", "", "", "", "", "", "", ""],
];

pub fn workbook(lines: &[[&str; 11]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip([HEADS].iter().chain(lines)) {
        for (at, cell) in (0..).zip(cells) {
            sheet.write_string(row, at, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

pub fn cells(seen: &Seen) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(seen.bytes.clone())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

pub fn path_of(location: &str) -> String {
    location.split('?').next().unwrap().to_owned()
}

/// A draft with these lines.
pub async fn draft(officer: &Browser, lines: &[[&str; 11]]) -> String {
    let key = officer.get("/rubrics/new").await.ok().field("key");
    let fields = [
        ("key", key.as_str()),
        ("template", "blank"),
        ("division", COUNTY),
        ("name", "十分细则"),
        ("grades", "优秀=9；合格=6；不合格=0"),
        ("bonus_over", "yes"),
    ];
    let path = path_of(&officer.post("/rubrics", &form(&fields)).await.done());
    let version = officer.get(&format!("{path}/import")).await.ok().field("version");
    let fields = [("version", version.as_str())];
    officer.upload_with(&format!("{path}/import"), &fields, "细则.xlsx", &workbook(lines)).await.done();
    path
}

pub async fn publish(officer: &Browser, path: &str) -> Seen {
    let version = officer.get(&format!("{path}/edit")).await.ok().field("version");
    officer.post(&format!("{path}/publication"), &form(&[("version", &version)])).await
}

/// A county with a station, an open round, and three evaluators.
pub(crate) struct Contest {
    pub world: World,
    pub county: Browser,
    pub head: Browser,
    pub station: StationId,
    pub round: String,
    pub evaluation: String,
    pub accounts: Vec<Uuid>,
}

impl Contest {
    pub async fn new() -> Self {
        Self::over(&LINES).await
    }

    /// A contest over a rubric with these lines.
    pub async fn over(lines: &[[&str; 11]]) -> Self {
        let world = World::new().await;
        let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
        let station = crate::stations::build(&county, TOWNSHIP, "仁和镇社工站", &[]).await;
        let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
        let rubric = draft(&county, lines).await;
        publish(&county, &rubric).await.done();
        let key = county.get("/evaluations/rounds/new").await.ok().field("key");
        let fields = [
            ("key", key.as_str()),
            ("division", COUNTY),
            ("year", "2026"),
            ("name", "2026 年评估"),
            ("rubric", rubric.trim_start_matches("/rubrics/")),
            ("levels", "township"),
            ("self_until", "2026-03-20"),
            ("onsite_from", "2026-03-21"),
            ("onsite_until", "2026-03-31"),
            ("ends_on", "2026-04-30"),
            ("notice_days", "7"),
            ("appeal_days", "5"),
            ("scorers", "3"),
            ("needs_finance", "yes"),
            ("combination", "mean"),
            ("spread", "40%"),
            ("weight", "60"),
            ("weight", "25"),
            ("weight", "15"),
        ];
        let round = path_of(&county.post("/evaluations/rounds", &form(&fields)).await.done());
        let page = county.get(&round).await.ok();
        let id = page.html.split("class=\"name\"><a href=\"/evaluations/").nth(1).unwrap().split('"').next().unwrap();
        let evaluation = format!("/evaluations/{id}");
        county.post(&format!("{round}/opening"), "").await.done();
        let mut accounts = vec![];
        for name in ["专家甲", "专家乙", "专家丙"] {
            let account = world.account(name, None).await;
            world.grant(account, Role::Evaluator, CITY, &[]).await;
            let finance = if name == "专家甲" { "&is_finance=yes" } else { "" };
            county
                .post(&format!("/evaluators/{account}"), &format!("background=scholar&certified=none{finance}"))
                .await
                .done();
            accounts.push(account);
        }
        Self { world, county, head, station, round, evaluation, accounts }
    }

    pub async fn self_score(&self) {
        let path = &self.evaluation;
        self.head
            .post(
                &format!("{path}/self/A"),
                &form(&[("c.A1", "0"), ("t.A2", "0"), ("t.A2", "1"), ("n.A3", "95%"), ("w.A1", "制度已上墙")]),
            )
            .await
            .done();
        self.head.post(&format!("{path}/self/P1"), &form(&[("c.P1", "1")])).await.done();
        self.head
            .post(&format!("{path}/submission"), &form(&[("summary", "全年工作按计划完成，成效明显。")]))
            .await
            .done();
    }

    pub async fn start(&self) {
        for account in &self.accounts {
            self.county.post(&format!("{}/panel", self.evaluation), &format!("account={account}")).await.done();
        }
        self.county.post(&format!("{}/panel/start", self.evaluation), "").await.done();
    }

    /// Signs in an evaluator with the grant that came with the seat.
    pub async fn expert(&self, account: Uuid) -> Browser {
        let grant: Uuid = sqlx::query_scalar(
            "select id from grants where account_id = $1 and round_id is not null and ended_at is null",
        )
        .bind(account)
        .fetch_one(&self.world.root)
        .await
        .unwrap();
        self.world.session(account, grant).await
    }

    pub async fn score(&self, expert: &Browser, code: &str, fields: &[(&str, &str)]) -> Seen {
        let path = format!("{}/sheet/{code}", self.evaluation);
        let page = expert.get(&path).await.ok();
        let (key, version) = (page.field("key"), page.field("version"));
        let mut all = vec![("key", key.as_str()), ("version", &version)];
        all.extend(fields);
        expert.post(&path, &form(&all)).await
    }

    /// Fills in a whole sheet: A1 as given, 88 % at A3, one late report, full points otherwise.
    pub async fn sheet(&self, expert: &Browser, a1: &str, reason: &str) {
        self.score(expert, "A1", &[("c.A1", a1), ("w.A1", reason)]).await.done();
        self.score(expert, "A2", &[("t.A2", "0"), ("t.A2", "1")]).await.done();
        self.score(expert, "A3", &[("n.A3", "88"), ("w.A3", "问卷统计")]).await.done();
        self.score(expert, "P1", &[("c.P1", "1")]).await.done();
        self.score(expert, "D1", &[("n.D1", "1"), ("w.D1", "一月迟报")]).await.done();
        self.score(expert, "V1", &[("c.V1", "0")]).await.done();
        self.score(expert, "N1", &[("c.N1", "0")]).await.done();
    }

    /// All three evaluators score and submit; A1 gets 4, 2 and 2.
    pub async fn score_all(&self) {
        for (at, account) in self.accounts.iter().enumerate() {
            let expert = self.expert(*account).await;
            self.sheet(&expert, if at == 0 { "0" } else { "1" }, "独门理由七七七").await;
            expert.post(&format!("{}/sheet/submission", self.evaluation), "comment=").await.done();
        }
    }

    /// Sets the clock and keeps everybody signed in.
    pub async fn turn_to(&self, at: &str) {
        self.world.turn_clock_to(at);
        let at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
        sqlx::query("update sessions set began_at = $1, seen_at = $1")
            .bind(at)
            .execute(&self.world.root)
            .await
            .unwrap();
    }

    /// The constraint that refuses a statement, even for a superuser.
    pub async fn refused(&self, statement: String) -> String {
        let error = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.world.root).await.unwrap_err();
        error.as_database_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_station_is_scored_released_and_heard() {
    let contest = Contest::new().await;
    let (county, head, path, round) = (&contest.county, &contest.head, &contest.evaluation, &contest.round);
    // An unreadable answer keeps the typed text; no partial submission.
    let seen = head.post(&format!("{path}/self/A"), &form(&[("n.A3", "很高"), ("w.A1", "写了很多字的说明")])).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("很高");
    seen.says("写了很多字的说明");
    let seen = head.post(&format!("{path}/submission"), &form(&[("summary", "全年工作按计划完成，成效明显。")])).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("还有 4 项没有自评");
    contest.self_score().await;
    assert_eq!(head.post(&format!("{path}/self/A"), "c.A1=1").await.status, StatusCode::CONFLICT);
    // The panel must be complete before scoring starts.
    assert_eq!(county.post(&format!("{path}/panel/start"), "").await.status, StatusCode::CONFLICT);
    contest.start().await;
    let expert = contest.expert(contest.accounts[0]).await;
    // A deduction requires a reason; the form keeps the typed text.
    let seen = contest.score(&expert, "A1", &[("c.A1", "1")]).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("请写明扣分原因");
    contest.score(&expert, "A1", &[("c.A1", "1"), ("w.A1", "独门理由七七七")]).await.done();
    expert.get(&format!("{path}/sheet/A1")).await.ok().says("独门理由七七七");
    let other = contest.expert(contest.accounts[1]).await;
    for part in ["/sheet", "/sheet/A1", "/sheet/print", ""] {
        assert!(!other.get(&format!("{path}{part}")).await.ok().html.contains("独门理由七七七"), "{part}");
    }
    // A repeated submission gives one score; a conflict with another device is reported.
    let page = expert.get(&format!("{path}/sheet/A2")).await.ok();
    let (key, fresh) = (page.field("key"), expert.get(&format!("{path}/sheet/A2")).await.ok().field("key"));
    let sent = form(&[("key", &key), ("version", "0"), ("t.A2", "0"), ("t.A2", "1")]);
    expert.post(&format!("{path}/sheet/A2"), &sent).await.done();
    expert.post(&format!("{path}/sheet/A2"), &sent).await.done();
    let sent = form(&[("key", &fresh), ("version", "0"), ("t.A2", "0"), ("w.A2", "没有活动区")]);
    let seen = expert.post(&format!("{path}/sheet/A2"), &sent).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("您在别的设备上已经评过这一项");
    seen.says("没有活动区");
    assert_eq!(
        expert.post(&format!("{path}/sheet/submission"), "comment=").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    contest.score_all().await;
    assert_eq!(expert.post(&format!("{path}/sheet/A1"), "c.A1=0").await.status, StatusCode::CONFLICT);
    other.get(&format!("{path}/sheet")).await.ok().says("大家的分");
    // 4, 2 and 2 differ by 50 %, more than the limit of 40 %.
    let page = county.get(&format!("{path}/moderation")).await.ok();
    page.says("有 1 项专家的分差超过");
    assert_eq!(county.post(&format!("{path}/moderation"), "").await.status, StatusCode::CONFLICT);
    assert_eq!(
        county.post(&format!("{path}/moderation/A1"), &form(&[("points", "9"), ("words", "合议意见")])).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    county
        .post(&format!("{path}/moderation/A1"), &form(&[("points", "3"), ("words", "现场复看，部分上墙")]))
        .await
        .done();
    county.post(&format!("{path}/moderation"), "").await.done();
    // 3 + 2 + 4 × 28/40 = 7.8, no bonus, half a point off: 7.3.
    county.get(&format!("{round}/results")).await.ok().says("7.3");

    embargo(&contest, "7.3", StatusCode::NOT_FOUND).await;
    county.post(&format!("{round}/release"), "").await.done();
    head.get(&format!("{path}/result")).await.ok().says("7.3");
    head.get(&format!("{path}/result")).await.ok().says("独门理由七七七");
    assert!(!head.get(&format!("{path}/result")).await.ok().html.contains("专家甲"));
    head.get(&format!("{round}/results")).await.ok().says("仁和镇社工站");

    let ask = [("code", "A1"), ("words", "三项制度当天都在墙上，有照片为证。")];
    head.upload_with(&format!("{path}/appeals"), &ask, "", b"").await.done();
    assert_eq!(
        head.upload_with(&format!("{path}/appeals"), &ask, "", b"").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let scorer = contest.accounts[0];
    let by_scorer = format!(
        "update appeals set state = 'upheld', after = 4000, answer = '改', decided_by = 'x', decided_at = asked_at, decider = '{scorer}'"
    );
    assert_eq!(contest.refused(by_scorer).await, "appeals_by_another");
    assert_eq!(county.post(&format!("{round}/moves"), "step=finalize").await.status, StatusCode::CONFLICT);
    assert_eq!(county.post(&format!("{round}/moves"), "step=hear").await.status, StatusCode::CONFLICT);
    county
        .post(
            &format!("{path}/appeals/A1/decision"),
            &form(&[("decision", "uphold"), ("points", "4"), ("answer", "照片属实，改为满分")]),
        )
        .await
        .done();
    contest.turn_to("2026-03-13T04:00:00Z").await;
    county.post(&format!("{round}/moves"), "step=hear").await.done();
    assert_eq!(county.post(&format!("{round}/moves"), "step=finalize").await.status, StatusCode::CONFLICT);
    contest.turn_to("2026-03-18T04:00:00Z").await;
    county.post(&format!("{round}/moves"), "step=finalize").await.done();
    county.post(&format!("{round}/moves"), "step=archive").await.done();
    let page = head.get(&format!("{path}/result")).await.ok();
    page.says("8.3");
    page.says("复核前：7.3 分");
    assert_eq!(
        head.upload_with(
            &format!("{path}/appeals"),
            &[("code", "A2"), ("words", "现在才想起来要申请的复核。")],
            "",
            b""
        )
        .await
        .status,
        StatusCode::CONFLICT
    );
}

/// Before the release, nobody but the round's leaders finds its total on any page.
async fn embargo(contest: &Contest, secret: &str, result: StatusCode) {
    let world = &contest.world;
    let people = [
        (Role::StationHead, contest.head.clone()),
        (Role::TownshipOfficer, world.sign_in(Role::TownshipOfficer, TOWNSHIP).await),
        (Role::Leader, world.sign_in(Role::Leader, CITY).await),
        (Role::AgencyManager, world.sign_in(Role::AgencyManager, CITY).await),
        (Role::SocialWorker, world.sign_in_for(Role::SocialWorker, TOWNSHIP, &[contest.station]).await),
        (Role::CountyOfficer, world.sign_in(Role::CountyOfficer, "510402").await),
        (Role::Evaluator, contest.expert(contest.accounts[1]).await),
    ];
    let id = contest.evaluation.trim_start_matches("/evaluations/");
    let round = contest.round.trim_start_matches("/evaluations/rounds/");
    for (role, person) in people {
        for route in app::routes().table().iter().filter(|route| route.who.admits(Some(role))) {
            if ["/sign-out", "/account/password"].contains(&route.path)
                || route.method == Method::POST && !route.path.ends_with("/export")
            {
                continue;
            }
            let of = match route.path {
                path if path.starts_with("/evaluations/rounds/") => round.to_owned(),
                path if path.starts_with("/stations/") || path.starts_with("/reports/") => contest.station.to_string(),
                _ => id.to_owned(),
            };
            let path = route
                .path
                .replace("{id}", &of)
                .replace("{code}", "A1")
                .replace("{seq}", "1")
                .replace("{month}", "2026-02")
                .replace("{year}", "2026");
            let seen = person.send(route.method.clone(), &path, "").await;
            // Evaluators may see their own sheet.
            let own = role == Role::Evaluator && path.contains("/sheet");
            assert!(own || !seen.html.contains(secret) && !seen.html.contains("独门理由七七七"), "{role:?} {path}");
        }
        assert_eq!(
            person.get(&format!("{}/result", contest.evaluation)).await.status,
            if role == Role::SocialWorker { StatusCode::FORBIDDEN } else { result },
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn who_reaches_an_evaluation() {
    let contest = Contest::new().await;
    contest.self_score().await;
    let world = &contest.world;
    let other: StationId = crate::stations::build(&contest.county, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    for who in [
        world.sign_in(Role::CountyOfficer, "510402").await,
        world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await,
        world.sign_in_for(Role::StationHead, NEXT_TOWNSHIP, &[other]).await,
        world.sign_in_for(Role::Evaluator, CITY, &[other]).await,
        world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await,
    ] {
        for part in ["", "/print", "/result", "/appeals"] {
            assert_eq!(who.get(&format!("{}{part}", contest.evaluation)).await.status, StatusCode::NOT_FOUND, "{part}");
        }
    }
    for who in [
        world.sign_in(Role::BureauOfficer, CITY).await,
        world.sign_in(Role::TownshipOfficer, TOWNSHIP).await,
        world.sign_in(Role::Leader, CITY).await,
    ] {
        who.get(&contest.evaluation).await.ok().says("制度已上墙");
    }
    // After the submission, evidence is read-only.
    let evidence = format!("{}/evidence/A1", contest.evaluation);
    assert_eq!(contest.head.get(&evidence).await.status, StatusCode::SEE_OTHER, "submitted, it is read only");
    assert_eq!(contest.head.post(&evidence, "pick=x").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn pages_of_evaluations_take_few_statements() {
    let contest = Contest::new().await;
    contest.self_score().await;
    contest.start().await;
    let expert = contest.expert(contest.accounts[0]).await;
    let (path, round) = (&contest.evaluation, &contest.round);
    let pages = [
        (
            &contest.county,
            vec![
                "/rubrics".to_owned(),
                "/evaluations".to_owned(),
                round.clone(),
                format!("{round}/panels"),
                format!("{round}/results"),
                format!("{path}/panel"),
                "/evaluators".to_owned(),
                "/recusals".to_owned(),
            ],
        ),
        (&contest.head, vec![path.clone(), format!("{path}/print"), format!("{path}/recusals")]),
        (
            &expert,
            vec!["/scoring".to_owned(), format!("{path}/sheet"), format!("{path}/sheet/A1"), "/recusals".to_owned()],
        ),
    ];
    for (who, paths) in pages {
        for page in paths {
            let count = counted(&who.get(&page).await.ok());
            // A sheet also loads the seat, the expert's scores and the self-evaluation.
            let most = if page.contains("/sheet") { 10 } else { 8 };
            assert!((1..=most).contains(&count), "{page}: {count} statements");
        }
    }
}
