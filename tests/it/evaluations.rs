//! Evaluations: rubrics, rounds, panels, scoring, results, appeals.

use std::io::Cursor;

use axum::http::{Method, StatusCode};
use calamine::Reader;
use rust_xlsxwriter::Workbook;
use station_network::{
    access::{Reach, Role, Scope},
    app,
    db::Mode,
    kernel::{AccountId, DivisionCode, StationId},
};
use uuid::Uuid;

use crate::support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, World, counted, form};

const HEADS: [&str; 11] = [
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

fn workbook(lines: &[[&str; 11]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip([HEADS].iter().chain(lines)) {
        for (at, cell) in (0..).zip(cells) {
            sheet.write_string(row, at, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn cells(seen: &Seen) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(seen.bytes.clone())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

fn path_of(location: &str) -> String {
    location.split('?').next().unwrap().to_owned()
}

/// A draft with these lines.
async fn draft(officer: &Browser, lines: &[[&str; 11]]) -> String {
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

async fn publish(officer: &Browser, path: &str) -> Seen {
    let version = officer.get(&format!("{path}/edit")).await.ok().field("version");
    officer.post(&format!("{path}/publication"), &form(&[("version", &version)])).await
}

#[tokio::test]
async fn a_rubric_goes_out_as_a_workbook_and_comes_back_the_same() {
    let world = World::new().await;
    let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let key = county.get("/rubrics/new").await.ok().field("key");
    let fields = [
        ("key", key.as_str()),
        ("template", "star"),
        ("division", COUNTY),
        ("name", "星级评审"),
        ("grades", "五星级=110；四星级=100；不定星级=0"),
        ("bonus_over", "yes"),
    ];
    let path = path_of(&county.post("/rubrics", &form(&fields)).await.done());
    publish(&county, &path).await.done();
    let first = county.post(&format!("{path}/export"), "").await.ok();
    let key = county.get(&path).await.ok().field("key");
    let copy = path_of(&county.post(&format!("{path}/copy"), &form(&[("key", &key)])).await.done());
    let version = county.get(&format!("{copy}/import")).await.ok().field("version");
    county.upload_with(&format!("{copy}/import"), &[("version", &version)], "a.xlsx", &first.bytes).await.done();
    publish(&county, &copy).await.done();
    let second = county.post(&format!("{copy}/export"), "").await.ok();
    assert_eq!(cells(&first), cells(&second));
    assert!(cells(&first).len() > 30);
    county.get(&format!("{copy}/compare")).await.ok().says("改动 0 项");

    // Every route refuses to change a published rubric.
    for (way, fields) in [
        ("", "version=1&name=另一个&grades=a=1；b=0&bonus_over=no"),
        ("/lines", "code=X1"),
        ("/lines/B1.1", "code=B1.1"),
        ("/lines/B1.1/removal", ""),
        ("/lines/B1.2/up", ""),
        ("/removal", ""),
        ("/publication", ""),
    ] {
        let seen = county.post(&format!("{path}{way}"), fields).await;
        assert_eq!(seen.status, StatusCode::CONFLICT, "{way}");
    }
    let seen = county.upload_with(&format!("{path}/import"), &[("version", "1")], "a.xlsx", &first.bytes).await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_rubric_that_does_not_add_up_is_told_by_how_much_and_is_not_published() {
    let world = World::new().await;
    let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let mut lines = LINES;
    lines[0][4] = "11";
    let path = draft(&county, &lines).await;
    county.get(&path).await.ok().says("下级分值加起来是 10 分，比本项的 11 分少 1 分");
    let seen = publish(&county, &path).await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    seen.says("少 1 分");
    // A line that does not fit its method is refused at its field and keeps the typed text.
    let version = county.get(&format!("{path}/edit")).await.ok().field("version");
    let typed = [
        ("version", version.as_str()),
        ("code", "A1"),
        ("parent", "A"),
        ("kind", "scored"),
        ("text", "制度健全"),
        ("points", "5"),
        ("method", "degree"),
        ("setting", "好=4；差=0"),
    ];
    let seen = county.post(&format!("{path}/lines/A1"), &form(&typed)).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("差 1 分");
    seen.says("制度健全");
    // A bad row is named with its reason; the draft stays unchanged.
    let mut broken = LINES;
    broken[1][6] = "好";
    broken[2][1] = "Z9";
    let seen =
        county.upload_with(&format!("{path}/import"), &[("version", &version)], "a.xlsx", &workbook(&broken)).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("第 3 行 评分设置");
    county.get(&path).await.ok().says("好=4；一般=2；差=0");
    // Another county does not see the draft, and lower levels cannot write rubrics.
    let other = world.sign_in(Role::CountyOfficer, "510402").await;
    assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    let head = world.sign_in(Role::StationHead, TOWNSHIP).await;
    assert_eq!(head.post(&format!("{path}/publication"), "").await.status, StatusCode::FORBIDDEN);
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
    async fn sheet(&self, expert: &Browser, a1: &str, reason: &str) {
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
async fn who_is_in_conflict_is_not_seated_and_who_is_recused_does_not_score() {
    let contest = Contest::new().await;
    let (county, path) = (&contest.county, &contest.evaluation);
    contest.self_score().await;
    let [one, two, three] = contest.accounts[..] else { panic!("three") };
    let local = format!("background=scholar&certified=none&version=1&place={TOWNSHIP}");
    county.post(&format!("/evaluators/{two}"), &local).await.done();
    let seen = county.post(&format!("{path}/panel"), &format!("account={two}")).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("要回避");
    // Now `three` is an officer of the station's township.
    contest.world.grant(three, Role::TownshipOfficer, TOWNSHIP, &[]).await;
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={three}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    county.get(&format!("{path}/panel")).await.ok().says("是该站所在乡镇（街道）的工作人员");
    // A draw excludes both and says that a seat is missing.
    let seen = county
        .post(
            &format!("{}/panels/draw", contest.round),
            &form(&[
                ("seed", "公布的数字"),
                ("picked", &one.to_string()),
                ("picked", &two.to_string()),
                ("picked", &three.to_string()),
            ]),
        )
        .await;
    assert!(seen.done().ends_with("done=drawn_short"));
    let seated: Vec<Uuid> =
        sqlx::query_scalar("select account_id from panel_seats").fetch_all(&contest.world.root).await.unwrap();
    assert_eq!(seated, [one]);

    let id = path.trim_start_matches("/evaluations/");
    let seat = |account: Uuid| {
        format!(
        "insert into panel_seats (network_id, evaluation_id, account_id, round_id, station_id, division, seated_by, seated_at)
         select network_id, id, '{account}', round_id, station_id, division, 'x', now() from evaluations where id = '{id}'"
    )
    };
    assert_eq!(contest.refused(seat(two)).await, "panel_seats_clearance");
    let score = format!(
        "insert into evaluation_scores (network_id, evaluation_id, account_id, code, round_id, station_id, division, rubric_id, answer, points, key, changed_at)
         select s.network_id, evaluation_id, '{two}', 'A1', round_id, s.station_id, division, (select rubric_id from evaluation_rounds limit 1), '{{}}', 0, gen_random_uuid(), seated_at from panel_seats s"
    );
    assert_eq!(contest.refused(score).await, "evaluation_scores_seat");
    // The station requests a recusal and the county approves it: the seat goes, and its grant.
    let expert = contest.expert(one).await;
    contest
        .head
        .post(
            &format!("{path}/recusals"),
            &form(&[("account", &one.to_string()), ("reason", "kinship"), ("words", "是站长的表兄")]),
        )
        .await
        .done();
    county
        .post(
            &format!("/recusals/{}/decision", contest.station),
            &form(&[("account", &one.to_string()), ("seq", "1"), ("decision", "approved"), ("words", "属实")]),
        )
        .await
        .done();
    assert_eq!(contest.refused(seat(one)).await, "panel_seats_clearance");
    assert_eq!(expert.get(path).await.status, StatusCode::SEE_OTHER, "the grant has ended");
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={one}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // A declared conflict bars an evaluator even before a decision.
    let four = contest.world.account("专家丁", None).await;
    let grant = contest.world.grant(four, Role::Evaluator, CITY, &[]).await;
    let expert = contest.world.session(four, grant).await;
    expert
        .post(
            "/recusals",
            &form(&[("station", &contest.station.to_string()), ("reason", "interest"), ("words", "投资过该机构")]),
        )
        .await
        .done();
    assert_eq!(
        county.post(&format!("{path}/panel"), &format!("account={four}")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
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

/// A score waiting on a device: the line's code, the form's fields, the key of the submission.
fn waiting(code: &str, key: Uuid, version: i32, corrects: &str, fields: &[(&str, &str)]) -> serde_json::Value {
    let own = [("key", key.to_string()), ("version", version.to_string()), ("corrects", corrects.to_owned())];
    let typed = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
    serde_json::json!({ "code": code, "fields": typed.chain(own).collect::<Vec<_>>() })
}

#[tokio::test]
async fn what_waited_on_a_device_arrives_once_and_is_told_one_by_one() {
    let contest = Contest::new().await;
    contest.self_score().await;
    contest.start().await;
    let expert = contest.expert(contest.accounts[0]).await;
    let path = format!("{}/scores", contest.evaluation);
    let send = async |items: Vec<serde_json::Value>| {
        let items = serde_json::Value::Array(items).to_string();
        let seen = expert.post(&path, &form(&[("items", &items), ("at", "A1")])).await.ok();
        let told: serde_json::Value = serde_json::from_slice(&seen.bytes).unwrap();
        let states = told["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["code"].as_str().unwrap().to_owned(), one["state"].as_str().unwrap().to_owned()));
        (states.collect::<std::collections::BTreeMap<_, _>>(), told["next"].as_str().unwrap().to_owned())
    };
    let stands = async || -> Vec<(String, i64, i32)> {
        sqlx::query_as("select code, points, version from evaluation_scores order by code")
            .fetch_all(&contest.world.root)
            .await
            .unwrap()
    };
    let keys: Vec<Uuid> = (0..4).map(|_| Uuid::new_v4()).collect();
    let rows = vec![
        waiting("A1", keys[0], 0, "", &[("c.A1", "0")]),
        waiting("A2", keys[1], 0, "", &[("t.A2", "0")]),
        waiting("A9", keys[2], 0, "", &[("c.A9", "0")]),
    ];
    let (states, next) = send(rows.clone()).await;
    assert_eq!((states["A1"].as_str(), states["A2"].as_str(), states["A9"].as_str()), ("kept", "refused", "refused"));
    assert!(next.ends_with("/sheet/A2"), "{next}");
    // The answer was lost: sending the same again changes nothing.
    send(rows).await;
    assert_eq!(stands().await, [("A1".to_owned(), 4000, 1)]);
    // A score changed before the answer came names the key it corrects, and is no conflict.
    let corrected = waiting("A1", keys[3], 0, &keys[0].to_string(), &[("c.A1", "1"), ("w.A1", "部分上墙")]);
    assert_eq!(send(vec![corrected]).await.0["A1"], "kept");
    assert_eq!(stands().await, [("A1".to_owned(), 2000, 2)]);
    // Another device has saved since.
    let (states, _) = send(vec![waiting("A1", Uuid::new_v4(), 1, "", &[("c.A1", "0")])]).await;
    assert_eq!(states["A1"], "stale");
    assert_eq!(stands().await, [("A1".to_owned(), 2000, 2)]);
    assert_eq!(expert.post(&path, "items=nothing").await.status, StatusCode::CONFLICT);
    // Refused without a seat, and after the submission.
    assert_eq!(contest.head.post(&path, "items=[]").await.status, StatusCode::FORBIDDEN);
    contest.score_all().await;
    let late = serde_json::Value::Array(vec![waiting("A1", Uuid::new_v4(), 3, "", &[("c.A1", "0")])]).to_string();
    assert_eq!(expert.post(&path, &form(&[("items", &late)])).await.status, StatusCode::CONFLICT);
}

/// Scores that an evaluator can read straight from the database: are they open, and how many of
/// others' are visible.
async fn seen_by(contest: &Contest, account: Uuid) -> (bool, i64) {
    let scope = Scope {
        role: Some(Role::Evaluator),
        account: Some(AccountId(account)),
        reach: Reach { stations: Some(vec![contest.station]), ..Reach::whole(DivisionCode::parse(CITY).unwrap()) },
        ..Scope::of_system(contest.world.network, "测试")
    };
    let id = contest.evaluation.trim_start_matches("/evaluations/").parse().unwrap();
    let mut tx = contest.world.db.begin(&scope, Mode::Read).await.unwrap();
    let is_open = tx.open_scored(id).await.unwrap();
    let others = sqlx::query_scalar("select count(*) from evaluation_scores where account_id <> $1").bind(account);
    (is_open, others.fetch_one(tx.conn()).await.unwrap())
}

#[tokio::test]
async fn scores_of_others_are_not_there_until_all_have_submitted() {
    let contest = Contest::new().await;
    contest.self_score().await;
    contest.start().await;
    for account in &contest.accounts[..2] {
        let expert = contest.expert(*account).await;
        contest.sheet(&expert, "0", "独门理由七七七").await;
        expert.post(&format!("{}/sheet/submission", contest.evaluation), "comment=").await.done();
    }
    assert_eq!(seen_by(&contest, contest.accounts[0]).await, (false, 0));
    assert_eq!(seen_by(&contest, contest.accounts[2]).await, (false, 0));
    let last = contest.expert(contest.accounts[2]).await;
    contest.sheet(&last, "0", "独门理由七七七").await;
    last.post(&format!("{}/sheet/submission", contest.evaluation), "comment=").await.done();
    assert_eq!(seen_by(&contest, contest.accounts[0]).await, (true, 14));
    // An evaluator outside the panel sees none, in any state.
    let stranger = contest.world.account("专家丁", None).await;
    assert_eq!(seen_by(&contest, stranger).await, (false, 0));
}
