//! Monthly reports through the pages: filed, reviewed, counted, corrected.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use calamine::Reader;
use station_network::{
    access::{Role, Scope},
    app::clock,
    db::{Mode, Silence},
    features::reporting::{reports, rollups},
    kernel::StationId,
};

use crate::{
    stations::build,
    support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, VILLAGE, World, form},
};

pub const FEBRUARY: &str = "2026-02";

/// A world with a county, its general station, a township's station, the station's room, and the
/// people who work on their reports.
pub struct Cast {
    pub world: World,
    pub general: StationId,
    pub station: StationId,
    pub room: StationId,
    pub head: Browser,
    pub room_head: Browser,
    pub township: Browser,
    pub county: Browser,
}

impl Cast {
    pub async fn new() -> Self {
        let world = World::new().await;
        let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
        let general = build(&county, COUNTY, "仁和区社工总站", &[]).await;
        let station = build(&county, TOWNSHIP, "仁和镇社工站", &[]).await;
        let room = build(&county, VILLAGE, "一号社工室", &[("parent", &station.to_string())]).await;
        let township = world.sign_in(Role::TownshipOfficer, TOWNSHIP).await;
        // A session expands a head's reach to the station and its rooms.
        let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
        let room_head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[room]).await;
        let cast = Self { world, general, station, room, head, room_head, township, county };
        cast.freeze().await;
        cast
    }

    /// Sets the clock and keeps everybody signed in.
    pub async fn turn_to(&self, at: &str) {
        self.world.turn_clock_to(at);
        let now: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
        sqlx::query("update sessions set began_at = $1, seen_at = $1")
            .bind(now)
            .execute(&self.world.root)
            .await
            .unwrap();
    }

    pub async fn freeze(&self) {
        let mut tx = self.world.tx(Mode::Write).await;
        reports::open_months(&mut tx).await.unwrap();
        tx.commit_silently(Silence::JobMoved).await.unwrap();
    }

    pub async fn settle(&self) {
        clock::add_up(&self.world.db, self.world.network).await.unwrap();
    }

    /// Asserts that the rollups equal the sums of the reports.
    pub async fn verify(&self) {
        let scope = Scope::of_system(self.world.network, "测试");
        let mut tx = self.world.db.begin(&scope, Mode::Export).await.unwrap();
        let compared = rollups::verify(&mut tx).await.unwrap();
        assert_eq!(compared.differences, [], "{compared:?}");
        assert_eq!(compared.waiting, 0);
    }

    pub async fn position(&self, station: StationId) -> String {
        sqlx::query_scalar(
            "select position from reports where network_id = $1 and station_id = $2 and month = '2026-02-01'",
        )
        .bind(self.world.network)
        .bind(station)
        .fetch_one(&self.world.root)
        .await
        .unwrap()
    }
}

pub fn path(station: StationId, month: &str) -> String {
    format!("/reports/{station}/{month}")
}

/// The editable cells of a form, with their values.
pub fn cells(page: &Seen) -> BTreeMap<String, String> {
    let mut cells = BTreeMap::new();
    for part in page.html.split("<input id=\"").skip(1) {
        let name = part.split('"').next().unwrap();
        if name.starts_with('v') {
            let value = part.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
            cells.insert(name.to_owned(), value.to_owned());
        }
    }
    cells
}

/// Submits a form with `values`, and zero in every other blank cell.
pub async fn fill(author: &Browser, path: &str, values: &[(&str, &str)]) -> Seen {
    let page = author.get(&format!("{path}/edit")).await.ok();
    let mut typed = cells(&page);
    for value in typed.values_mut().filter(|value| value.is_empty()) {
        "0".clone_into(value);
    }
    for (name, value) in values {
        typed.insert((*name).to_owned(), (*value).to_owned());
    }
    let fields: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    author.post(&format!("{path}/edit"), &form(&fields)).await
}

/// A station's work: visits and households.
pub const WORK: [(&str, &str); 2] = [("v1", "12"), ("v42", "7")];

pub async fn submit(author: &Browser, path: &str) -> Seen {
    let check = author.get(&format!("{path}/check")).await.ok();
    let (key, version) = (check.field("key"), check.field("version"));
    author.post(&format!("{path}/submission"), &form(&[("key", &key), ("version", &version)])).await
}

pub async fn file(author: &Browser, path: &str, values: &[(&str, &str)]) {
    fill(author, path, values).await.done();
    assert_eq!(submit(author, path).await.done(), format!("{path}/receipt"));
}

pub async fn pass(reviewer: &Browser, path: &str) -> Seen {
    let page = reviewer.get(path).await.ok();
    reviewer.post(&format!("{path}/review"), &form(&[("version", &page.field("version")), ("decision", "pass")])).await
}

pub async fn send_back(reviewer: &Browser, path: &str, more: &[(&str, &str)]) -> Seen {
    let version = reviewer.get(path).await.ok().field("version");
    let mut fields = vec![("version", version.as_str()), ("decision", "return")];
    fields.extend([("reason", "wrong"), ("words", "请核对走访户次"), ("cell", "v1")]);
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more);
    reviewer.post(&format!("{path}/review"), &form(&fields)).await
}

#[tokio::test]
async fn a_report_is_filed_reviewed_and_counted() {
    let cast = Cast::new().await;
    let (path, room) = (path(cast.station, FEBRUARY), path(cast.room, FEBRUARY));
    cast.head.get("/").await.ok().says("还剩 1 天");

    file(&cast.room_head, &room, &[("v1", "5"), ("v42", "5")]).await;
    pass(&cast.head, &room).await.done();
    file(&cast.head, &path, &WORK).await;
    let receipt = cast.head.get(&format!("{path}/receipt")).await.ok();
    receipt.says("YB202602-510411100-01-1");
    receipt.says("按时");
    receipt.says("乡镇（街道）工作人员");

    cast.township.get("/reports").await.ok().says("待乡镇审核");
    pass(&cast.township, &room).await.done();
    pass(&cast.township, &path).await.done();
    assert_eq!(cast.position(cast.station).await, "county");
    cast.settle().await;
    let summary = format!("/summary/{COUNTY}?month={FEBRUARY}&section=visits");
    cast.county.get(&summary).await.ok().says("已报 2 / 应报 3");
    pass(&cast.county, &room).await.done();
    pass(&cast.county, &path).await.done();
    cast.settle().await;

    let page = cast.county.get(&summary).await.ok();
    page.says("合计（全部）");
    page.says("<td class=\"number\">17</td>");
    cast.county.get(&format!("/summary/{COUNTY}/indicators/visit_households")).await.ok().says("今年累计");
    cast.verify().await;

    let leader = cast.world.sign_in(Role::Leader, CITY).await;
    let fresh = leader.get("/reports/new").await.ok();
    fresh.says("仁和镇社工站");
    leader.post("/reports/new", &form(&[("to", &fresh.field("to"))])).await.done();
    leader.get("/reports/new").await.ok().says("都读过了");
    leader.get(&path).await.ok().says("显示的是审定的数字");
}

#[tokio::test]
async fn blanks_and_contradictions_are_told_and_nothing_typed_is_lost() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    let saved = fill(&cast.head, &path, &[("v1", "３"), ("v42", "4"), ("v24", "两个"), ("v26", "")]).await.done();

    // What can't be counted is told on top, not only at its cell.
    let page = cast.head.get(&saved).await.ok();
    page.says("已保存，但有格子填得不对");
    page.says("value=\"3\"");
    page.says("value=\"两个\"");
    page.says("「走访户数」4 大于「入户走访户次」3");
    let check = cast.head.get(&format!("{path}/check")).await.ok();
    check.says("还不能提交，有 3 处需要处理");
    check.says("还有 1 项没有填");
    let refused = submit(&cast.head, &path).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("还不能提交");
    assert_eq!(cast.position(cast.station).await, "draft");
}

#[tokio::test]
async fn what_is_unusual_takes_a_note() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    fill(&cast.head, &path, &[]).await.done();
    let check = cast.head.get(&format!("{path}/check")).await.ok();
    check.says("整张表都是 0");
    let (key, version) = (check.field("key"), check.field("version"));
    let empty = form(&[("key", &key), ("version", &version), ("n14", "")]);
    let refused = cast.head.post(&format!("{path}/submission"), &empty).await;
    refused.says("请写明原因");
    let note = check.html.split("name=\"n").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("key", key.as_str()), ("version", &version), (&format!("n{note}"), "春节期间停止服务")];
    cast.head.post(&format!("{path}/submission"), &form(&fields)).await.done();
    cast.township.get(&path).await.ok().says("春节期间停止服务");
    cast.township.get("/reports/batch").await.ok().says("没有可以一起通过的月报");
}

#[tokio::test]
async fn pressed_many_times_at_once_it_is_one_report_and_one_receipt() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    fill(&cast.head, &path, &WORK).await.done();
    let check = cast.head.get(&format!("{path}/check")).await.ok();
    let other_tab = cast.head.get(&format!("{path}/check")).await.ok();
    let press = |tab: &Seen| form(&[("key", &tab.field("key")), ("version", &tab.field("version"))]);
    let (one, two) = (press(&check), press(&other_tab));
    let there = format!("{path}/submission");
    let presses = (0..16).map(|at| cast.head.post(&there, if at % 3 == 0 { &two } else { &one }));
    let mut answers = vec![];
    for chunk in side_by_side(presses).await {
        answers.push(chunk);
    }
    for answer in answers {
        assert_eq!(answer.done(), format!("{path}/receipt"));
    }
    let steps: i64 = sqlx::query_scalar("select count(*) from report_steps").fetch_one(&cast.world.root).await.unwrap();
    assert_eq!(steps, 1);
}

/// Runs the requests concurrently, as far as one pool allows.
pub async fn side_by_side<F: Future<Output = Seen>>(presses: impl Iterator<Item = F>) -> Vec<Seen> {
    let mut running: Vec<_> = presses.map(Box::pin).collect();
    let mut done: Vec<Option<Seen>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (at, future) in running.iter_mut().enumerate() {
            if done[at].is_none()
                && let std::task::Poll::Ready(seen) = future.as_mut().poll(context)
            {
                done[at] = Some(seen);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_stale_save_shows_both_and_writes_over_nothing() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    // The page was blank when this author opened it. Somebody else saves in the meantime.
    fill(&cast.head, &path, &[("v1", "12"), ("v26", "3")]).await.done();

    let fields =
        [("was-v1", ""), ("v1", "15"), ("was-v26", ""), ("v26", ""), ("was-highlights", ""), ("highlights", "我写的")];
    let seen = cast.head.post(&format!("{path}/edit"), &form(&fields)).await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    seen.says("还没有保存");
    seen.says("别人存的：<strong>12</strong>");
    seen.says("name=\"was-v1\" value=\"12\"");
    seen.says("我写的");
    let shown = cells(&seen);
    assert_eq!(
        (shown["v1"].as_str(), shown["v26"].as_str()),
        ("15", "3"),
        "mine where I wrote, theirs where I did not"
    );
    let now = cells(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert_eq!(now["v1"], "12", "nothing was written over");

    let again = [("was-v1", "12"), ("v1", "15"), ("was-v26", "3"), ("v26", "3")];
    cast.head.post(&format!("{path}/edit"), &form(&again)).await.done();
    let now = cells(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert_eq!((now["v1"].as_str(), now["v26"].as_str()), ("15", "3"));
}

/// All fields of a page's form that a browser would submit.
fn fields_of(page: &Seen) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        tag.split(&format!(" {name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let inputs = page.html.split("<input").skip(1).filter_map(|part| {
        let tag = part.split('>').next().unwrap();
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    let areas = page.html.split("<textarea").skip(1).map(|part| {
        let (tag, rest) = part.split_once('>').unwrap();
        (attribute(tag, "name").unwrap(), rest.split("</textarea>").next().unwrap().to_owned())
    });
    inputs.chain(areas).collect()
}

#[tokio::test]
async fn saved_again_from_the_page_of_a_conflict_everything_typed_is_kept() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    fill(&cast.head, &path, &WORK).await.done();
    let page = cast.head.get(&format!("{path}/edit")).await.ok();
    let part = page.html.split("name=\"p").nth(1).unwrap().split('"').next().unwrap();
    let part = format!("p{part}");
    let mut mine = fields_of(&page);
    for (name, text) in [("v1", "15"), ("v26", "9"), (part.as_str(), "4"), ("highlights", "我写的")] {
        mine.iter_mut().find(|(field, _)| field == name).unwrap().1 = text.to_owned();
    }
    fill(&cast.head, &path, &[("v1", "13")]).await.done();

    let send = |fields: &[(String, String)]| {
        form(&fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    };
    let conflict = cast.head.post(&format!("{path}/edit"), &send(&mine)).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    cast.head.post(&format!("{path}/edit"), &send(&fields_of(&conflict))).await.done();
    let now = fields_of(&cast.head.get(&format!("{path}/edit")).await.ok());
    for (name, text) in [("v1", "15"), ("v26", "9"), (part.as_str(), "4"), ("highlights", "我写的"), ("v42", "7")] {
        assert_eq!(now.iter().find(|(field, _)| field == name).unwrap().1, text, "{name}");
    }
}

#[tokio::test]
async fn what_was_saved_since_the_check_is_looked_at_before_it_is_submitted() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    fill(&cast.head, &path, &WORK).await.done();
    let check = cast.head.get(&format!("{path}/check")).await.ok();
    fill(&cast.head, &path, &[("v1", "13")]).await.done();
    let stale = form(&[("key", &check.field("key")), ("version", &check.field("version"))]);
    let refused = cast.head.post(&format!("{path}/submission"), &stale).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("您核对的时候");
    assert_eq!(cast.position(cast.station).await, "draft");
    submit(&cast.head, &path).await.done();
}

#[tokio::test]
async fn two_people_save_different_cells_and_neither_loses_any() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    let worker = cast.world.sign_in_for(Role::SocialWorker, TOWNSHIP, &[cast.station]).await;
    let cells_path = format!("{path}/cells");
    cast.head.post(&cells_path, &form(&[("v1", "12"), ("was-v1", "")])).await.ok().says("\"filled\":");
    worker.post(&cells_path, &form(&[("v26", "3"), ("was-v26", "")])).await.ok();
    let theirs =
        worker.post(&cells_path, &form(&[("v1", "20"), ("was-v1", ""), ("v5", "9"), ("was-v5", "")])).await.ok();
    theirs.says("\"theirs\":{\"v1\":\"12\"}");
    // The same value with its unit, from a form unaware of its own autosave: no conflict.
    let late = form(&[("v26", "3场"), ("was-v26", "")]);
    worker.post(&format!("{path}/edit"), &late).await.done();
    let cells = cells(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert_eq!((cells["v1"].as_str(), cells["v26"].as_str(), cells["v5"].as_str()), ("12", "3", "9"));
    assert_eq!(worker.post(&format!("{path}/submission"), "key=x").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_head_hands_out_blocks_and_keeps_the_say() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    let account = cast.world.account("陈社工", None).await;
    let grant = cast.world.grant(account, Role::SocialWorker, TOWNSHIP, &[cast.station]).await;
    let worker = cast.world.session(account, grant).await;
    cast.head.get(&format!("{path}/edit")).await.ok().says("陈社工");
    cast.head.post(&format!("{path}/hands"), &form(&[("visits", &account.to_string())])).await.done();

    let page = worker.get(&format!("{path}/edit")).await.ok();
    assert!(cells(&page).contains_key("v1") && !cells(&page).contains_key("v26"), "only what was handed out");
    let answer = worker.post(&format!("{path}/cells"), &form(&[("v1", "4"), ("v26", "9")])).await.ok();
    answer.says("\"refused\":[\"v26\"]");
    let cells = cells(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert_eq!((cells["v1"].as_str(), cells["v26"].as_str()), ("4", ""));
}

#[tokio::test]
async fn a_return_says_why_and_resumes_where_it_came_from() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    pass(&cast.township, &path).await.done();
    let refused = send_back(&cast.county, &path, &[("reason", ""), ("words", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("请选择退回的原因");
    send_back(&cast.county, &path, &[]).await.done();
    assert_eq!(cast.position(cast.station).await, "returned>county");

    cast.head.get("/").await.ok().says("请核对走访户次");
    cast.head.get("/notices").await.ok().says("被退回");
    let page = cast.head.get(&format!("{path}/edit")).await.ok();
    page.says("要看的格子：入户走访户次");
    page.says("改好提交后，直接回到县级审定");
    file(&cast.head, &path, &[("v1", "13")]).await;
    assert_eq!(cast.position(cast.station).await, "county");
    cast.county.get(&path).await.ok().says("改，原 12");

    // Returned to the township, which returns it to its author.
    send_back(&cast.county, &path, &[("target", "township")]).await.done();
    assert_eq!(cast.position(cast.station).await, "township>county");
    send_back(&cast.township, &path, &[]).await.done();
    assert_eq!(cast.position(cast.station).await, "returned>township>county");
    file(&cast.head, &path, &[("v1", "14")]).await;
    pass(&cast.township, &path).await.done();
    pass(&cast.county, &path).await.done();
    assert_eq!(cast.position(cast.station).await, "approved");
    cast.settle().await;
    cast.verify().await;
}

#[tokio::test]
async fn it_is_withdrawn_until_somebody_has_reviewed() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    cast.head.post(&format!("{path}/withdrawal"), "").await.done();
    assert_eq!(cast.position(cast.station).await, "draft");
    cast.settle().await;
    cast.county.get(&format!("/summary/{COUNTY}?month={FEBRUARY}")).await.ok().says("已报 0 / 应报 3");
    file(&cast.head, &path, &WORK).await;
    pass(&cast.township, &path).await.done();
    let late = cast.head.post(&format!("{path}/withdrawal"), "").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    late.says("已经有人审核过");
}

#[tokio::test]
async fn nobody_reviews_their_own_and_the_next_desk_stands_in_for_an_empty_one() {
    let cast = Cast::new().await;
    // One account is both head of the station and officer of its township.
    let account = cast.world.account("双岗", None).await;
    let as_head = cast.world.grant(account, Role::StationHead, TOWNSHIP, &[cast.station]).await;
    let as_officer = cast.world.grant(account, Role::TownshipOfficer, TOWNSHIP, &[]).await;
    let (head, officer) = (cast.world.session(account, as_head).await, cast.world.session(account, as_officer).await);
    let path = path(cast.station, FEBRUARY);
    file(&head, &path, &WORK).await;
    let own = officer.post(&format!("{path}/review"), &form(&[("version", "4"), ("decision", "pass")])).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.html);
    own.says("您自己提交的");
    let county = cast.county.post(&format!("{path}/review"), &form(&[("version", "4"), ("decision", "pass")])).await;
    assert_eq!(county.status, StatusCode::CONFLICT, "somebody sits at the township's desk");

    sqlx::query("update grants set ended_at = now() where role = 'township_officer'")
        .execute(&cast.world.root)
        .await
        .unwrap();
    cast.county.get(&path).await.ok().says("由您代审");
    pass(&cast.county, &path).await.done();
    assert_eq!(cast.position(cast.station).await, "approved");
    let steps: Vec<(String, bool)> = sqlx::query_as("select act, in_place from report_steps order by seq")
        .fetch_all(&cast.world.root)
        .await
        .unwrap();
    let steps: Vec<_> = steps.iter().map(|(act, in_place)| (act.as_str(), *in_place)).collect();
    assert_eq!(steps, [("submit", false), ("pass", true), ("pass", false)]);
}

#[tokio::test]
async fn the_database_refuses_what_the_chain_does_not_know() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    let author: uuid::Uuid = sqlx::query_scalar("select submitted_by from reports where submitted_by is not null")
        .fetch_one(&cast.world.root)
        .await
        .unwrap();
    let step = |act: &'static str, to: &'static str, from: &'static str, by: uuid::Uuid| {
        sqlx::query(
            "insert into report_steps (network_id, station_id, month, seq, division, route, act, from_position, to_position,
                 seq_before, account_id, actor, author_id, at)
             values ($1, $2, '2026-02-01', 2, $3, 'station', $4, $5, $6, 1, $7, '测试', $8, now())",
        )
        .bind(cast.world.network)
        .bind(cast.station)
        .bind(TOWNSHIP)
        .bind(act)
        .bind(from)
        .bind(to)
        .bind(by)
        .bind(author)
        .execute(&cast.world.root)
    };
    let other = cast.world.account("别人", None).await;
    for (act, from, to, by, constraint) in [
        ("pass", "township", "approved", other, "report_steps_allowed"),
        ("pass", "county", "approved", other, "report_steps_before"),
        ("pass", "township", "county", author, "report_steps_nobody_reviews_their_own"),
    ] {
        let refused = step(act, to, from, by).await.unwrap_err();
        let refused = refused.as_database_error().unwrap();
        assert_eq!(refused.constraint(), Some(constraint), "{act} {from} {to}");
    }
    let jumped = sqlx::query("update reports set position = 'approved' where station_id = $1").bind(cast.station);
    assert!(jumped.execute(&cast.world.root).await.is_err(), "no position without its step");
}

#[tokio::test]
async fn what_is_approved_is_locked_on_every_way_in() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    pass(&cast.township, &path).await.done();
    pass(&cast.county, &path).await.done();
    let row =
        "select row(vals, na, parts, texts, notes, position, approved_vals)::text from reports where station_id = $1";
    let before: String = sqlx::query_scalar(row).bind(cast.station).fetch_one(&cast.world.root).await.unwrap();
    let version = "9";
    for (who, tail, body) in [
        (&cast.head, "edit", form(&[("v1", "99")])),
        (&cast.head, "cells", form(&[("v1", "99")])),
        (&cast.head, "paste", form(&[("text", "入户走访户次\t99")])),
        (&cast.head, "withdrawal", String::new()),
        (
            &cast.township,
            "review",
            form(&[("version", version), ("decision", "return"), ("reason", "wrong"), ("words", "改")]),
        ),
        (&cast.county, "review", form(&[("version", version), ("decision", "pass")])),
        (&cast.head, "correction/abandonment", String::new()),
        (&cast.county, "correction/decision", form(&[("decision", "consent")])),
    ] {
        let seen = who.post(&format!("{path}/{tail}"), &body).await;
        assert_eq!(seen.status, StatusCode::CONFLICT, "{tail}: {}", seen.html);
    }
    let key = uuid::Uuid::new_v4().to_string();
    let again = cast.head.post(&format!("{path}/submission"), &form(&[("key", &key)])).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.says("已经审定");
    assert_eq!(cast.head.upload(&format!("{path}/workbook"), b"x").await.status, StatusCode::CONFLICT);
    let after: String = sqlx::query_scalar(row).bind(cast.station).fetch_one(&cast.world.root).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_correction_is_asked_for_consented_to_and_kept_beside_the_first() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    pass(&cast.township, &path).await.done();
    pass(&cast.county, &path).await.done();
    cast.settle().await;
    cast.head.post(&format!("{path}/correction"), "words=").await.says("请写明原因");
    cast.head.post(&format!("{path}/correction"), &form(&[("words", "漏了三户")])).await.done();
    cast.county.get("/reports").await.ok().says("申请更正");
    let township = cast.township.post(&format!("{path}/correction/decision"), "decision=consent").await;
    assert_eq!(township.status, StatusCode::FORBIDDEN);
    cast.county.post(&format!("{path}/correction/decision"), "decision=consent").await.done();
    cast.head.get("/notices").await.ok().says("已同意");
    file(&cast.head, &path, &[("v1", "15"), ("v42", "10")]).await;
    cast.settle().await;
    let summary = format!("/summary/{COUNTY}?month={FEBRUARY}&section=visits");
    cast.county.get(&summary).await.ok().says("<td class=\"number\">12</td>");
    pass(&cast.township, &path).await.done();
    pass(&cast.county, &path).await.done();
    cast.settle().await;
    cast.county.get(&summary).await.ok().says("<td class=\"number\">15</td>");
    let page = cast.county.get(&path).await.ok();
    page.says("已更正 1 次");
    page.says("改，原 12");
    let rounds: i64 =
        sqlx::query_scalar("select count(*) from report_rounds").fetch_one(&cast.world.root).await.unwrap();
    assert_eq!(rounds, 2);

    cast.head.post(&format!("{path}/correction"), &form(&[("words", "再改")])).await.done();
    cast.county.post(&format!("{path}/correction/decision"), "decision=consent").await.done();
    fill(&cast.head, &path, &[("v1", "1")]).await.done();
    cast.head.post(&format!("{path}/correction/abandonment"), "").await.done();
    assert_eq!(cast.position(cast.station).await, "approved");
    cast.head.get(&path).await.ok().says(">15");
    cast.settle().await;
    cast.verify().await;
}

#[tokio::test]
async fn clean_ones_are_passed_together_and_each_is_told() {
    let cast = Cast::new().await;
    let (path, room) = (path(cast.station, FEBRUARY), path(cast.room, FEBRUARY));
    file(&cast.head, &path, &WORK).await;
    file(&cast.room_head, &room, &WORK).await;
    pass(&cast.head, &room).await.done();
    let page = cast.township.get("/reports/batch").await.ok();
    page.says("下面 2 份没有发现问题");
    let ticked: Vec<String> = page
        .html
        .split("name=\"report\" value=\"")
        .skip(1)
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect();
    // One of them is returned in the meantime.
    send_back(&cast.township, &room, &[]).await.done();
    let key = page.field("key");
    let mut fields = vec![("key", key.as_str())];
    fields.extend(ticked.iter().map(|report| ("report", report.as_str())));
    let done = cast.township.post("/reports/batch", &form(&fields)).await.ok();
    done.says("通过了 1 份，没有通过 1 份");
    assert_eq!(cast.position(cast.station).await, "county");
    assert_eq!(cast.position(cast.room).await, "returned>township");
}

#[tokio::test]
async fn who_reads_what() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    let leader = cast.world.sign_in(Role::Leader, CITY).await;
    let stranger = cast.world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    let twin = cast.world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await;
    file(&cast.head, &path, &[("v1", "4654"), ("v42", "4654")]).await;
    for other in [&stranger, &twin] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
        assert!(!other.get("/reports?tab=all&month=all").await.ok().html.contains("仁和镇社工站"));
    }
    let closed = leader.get(&path).await.ok();
    closed.says("还没有审定");
    assert!(!closed.html.contains("4,654"), "what is not approved");
    assert!(!leader.get(&format!("/reports/matrix?month={FEBRUARY}&section=visits")).await.ok().html.contains("4,654"));
    cast.township.get(&format!("/reports/matrix?month={FEBRUARY}&section=visits")).await.ok().says("4,654");
    assert_eq!(cast.room_head.get(&path).await.status, StatusCode::NOT_FOUND, "a room does not see its station's");
    let future = cast.head.get(&format!("/reports/{}/2026-09", cast.station)).await;
    assert_eq!(future.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_table_is_looked_at_before_it_is_put_in() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    let pasted = "指标\t本月\n入户走访户次\t１２\n走访户数（户）\t9 户\n社区活动\t几场\n不认识的\t3";
    let page = cast.head.post(&format!("{path}/paste"), &form(&[("text", pasted)])).await.ok();
    page.says("将填入 2 格，1 格有问题");
    page.says("不认识的 3");
    let fields = [("v1", "１２"), ("was-v1", ""), ("v42", "9 户"), ("was-v42", "")];
    cast.head.post(&format!("{path}/edit"), &form(&fields)).await.done();
    let cells = cells(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert_eq!((cells["v1"].as_str(), cells["v42"].as_str()), ("12", "9"));

    let book = cast.head.post(&format!("{path}/template"), "").await.ok();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book.bytes)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(rows[0], ["指标", "单位", "本月", "上月", "口径"]);
    assert!(rows.iter().any(|row| row[0] == "入户走访户次" && row[2] == "12"));
    let back = crate::accounts::workbook(&["指标", "本月"], &[vec!["来访咨询", "31"], vec!["入户走访户次", "12"]]);
    let page = cast.head.upload(&format!("{path}/workbook"), &back).await.ok();
    page.says("将填入 1 格");
    page.says("来访咨询");
}

#[tokio::test]
async fn a_station_gets_longer_and_is_then_in_time() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    cast.turn_to("2026-03-09T04:00:00Z").await;
    cast.head.get("/").await.ok().says("已逾期 3 天");
    cast.county
        .post(&format!("{path}/extension"), &form(&[("extend_to", "2026-03-01"), ("why", "")]))
        .await
        .says("延期请填");
    cast.county.post(&format!("{path}/extension"), &form(&[("extend_to", "2026-03-10"), ("why", "洪水")])).await.done();
    cast.head.get("/").await.ok().says("还剩 1 天");
    file(&cast.head, &path, &WORK).await;
    cast.head.get(&format!("{path}/receipt")).await.ok().says("按时");
    let room = self::path(cast.room, FEBRUARY);
    file(&cast.room_head, &room, &WORK).await;
    cast.room_head.get(&format!("{room}/receipt")).await.ok().says("逾期 3 天");
}

#[tokio::test]
async fn reminders_come_once_each_and_climb() {
    let cast = Cast::new().await;
    let told = async |who: &Browser| who.get("/notices").await.ok().html.matches(">新</span>").count();
    let remind = async || {
        let one = async || {
            let mut tx = cast.world.tx(Mode::Write).await;
            reports::remind(&mut tx).await.unwrap();
            tx.commit_silently(Silence::JobMoved).await.unwrap();
        };
        tokio::join!(one(), one());
    };
    let base = [told(&cast.head).await, told(&cast.township).await, told(&cast.county).await];
    let mut seen = vec![];
    for day in ["2026-03-02", "2026-03-03", "2026-03-05", "2026-03-06", "2026-03-07", "2026-03-09", "2026-03-13"] {
        cast.turn_to(&format!("{day}T04:00:00Z")).await;
        remind().await;
        seen.push([
            told(&cast.head).await - base[0],
            told(&cast.township).await - base[1],
            told(&cast.county).await - base[2],
        ]);
    }
    // The head is reminded about both the station and its room.
    let expected = [[0, 0, 0], [2, 0, 0], [4, 0, 0], [6, 0, 0], [8, 1, 0], [10, 2, 1], [12, 3, 2]];
    assert_eq!(seen, expected);
    cast.county.get("/notices/log").await.ok().says("已逾期 7 天");
}

#[tokio::test]
async fn pages_of_reports_take_few_statements() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    fill(&cast.head, &path, &WORK).await.done();
    let edit = crate::support::counted(&cast.head.get(&format!("{path}/edit")).await.ok());
    assert!(edit <= 8, "{edit}");
    submit(&cast.head, &path).await.done();
    cast.settle().await;
    let summary = format!("/summary/{COUNTY}?month={FEBRUARY}");
    for (who, page, most) in [
        (&cast.township, path.as_str(), 8),
        (&cast.township, "/reports", 6),
        (&cast.county, summary.as_str(), 8),
        (&cast.county, "/reports/matrix?month=2026-02", 6),
    ] {
        let count = crate::support::counted(&who.get(page).await.ok());
        assert!(count <= most, "{page}: {count}");
    }
}

/// A small random number generator, so that a failing run can be repeated from its seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Random submissions on random reports in any order: no state outside the chain of review, no
/// skipped desk, and after each submission the rollups equal the sums of the reports. `LONG=1`
/// runs more of them.
#[tokio::test]
async fn no_sequence_of_presses_breaks_the_chain_or_the_sums() {
    let presses = if std::env::var_os("LONG").is_some() { 20_000 } else { 2_000 };
    let cast = Cast::new().await;
    let stations = [cast.general, cast.station, cast.room];
    for station in stations {
        let author = if station == cast.room { &cast.room_head } else { &cast.head };
        if station != cast.general {
            fill(author, &path(station, FEBRUARY), &WORK).await.done();
        }
    }
    let general_head = cast.world.sign_in_for(Role::StationHead, COUNTY, &[cast.general]).await;
    fill(&general_head, &path(cast.general, FEBRUARY), &WORK).await.done();
    let mut dice = Dice(7);
    let mut done = BTreeMap::<&str, usize>::new();
    for press in 0..presses {
        let station = stations[dice.roll(3)];
        let path = path(station, FEBRUARY);
        let author = match station {
            _ if station == cast.room => &cast.room_head,
            _ if station == cast.general => &general_head,
            _ => &cast.head,
        };
        let reviewer = [&cast.head, &cast.township, &cast.county][dice.roll(3)];
        let version: i32 =
            sqlx::query_scalar("select version from reports where station_id = $1 and month = '2026-02-01'")
                .bind(station)
                .fetch_one(&cast.world.root)
                .await
                .unwrap();
        let version = (version - i32::from(dice.roll(20) == 0)).to_string();
        let key = uuid::Uuid::new_v4().to_string();
        let value = (7 + dice.roll(5)).to_string();
        let target = ["author", "station", "township"][dice.roll(3)];
        let (what, seen) = match dice.roll(9) {
            0 | 1 => {
                let body = form(&[("key", &key), ("version", &version)]);
                ("submit", author.post(&format!("{path}/submission"), &body).await)
            }
            2 => ("withdraw", author.post(&format!("{path}/withdrawal"), "").await),
            3 | 4 => (
                "pass",
                reviewer.post(&format!("{path}/review"), &form(&[("version", &version), ("decision", "pass")])).await,
            ),
            5 => {
                let fields = [
                    ("version", version.as_str()),
                    ("decision", "return"),
                    ("reason", "wrong"),
                    ("words", "再看看"),
                    ("target", target),
                ];
                ("return", reviewer.post(&format!("{path}/review"), &form(&fields)).await)
            }
            6 => ("ask", author.post(&format!("{path}/correction"), &form(&[("words", "有误")])).await),
            7 => {
                let decision = if dice.roll(3) == 0 { "refuse" } else { "consent" };
                (
                    "decide",
                    cast.county
                        .post(
                            &format!("{path}/correction/decision"),
                            &form(&[("decision", decision), ("words", "知道了")]),
                        )
                        .await,
                )
            }
            _ => ("save", author.post(&format!("{path}/cells"), &form(&[("v1", &value)])).await),
        };
        assert!(seen.status.as_u16() < 500, "{press} {what}: {}", seen.html);
        if seen.status.is_redirection() || seen.status == StatusCode::OK {
            *done.entry(what).or_default() += 1;
        }
        if press % 10 == 0 {
            cast.settle().await;
            cast.verify().await;
        }
    }
    cast.settle().await;
    cast.verify().await;
    assert!(done.len() == 7 && done.values().all(|count| *count > 10), "all was tried: {done:?}");
    // Between the author's submission and the approval, every desk has passed the report.
    let skipped: i64 = sqlx::query_scalar(
        "
        select count(*) from report_steps approved
        where approved.act = 'pass' and approved.to_position = 'approved' and exists (
            select from unnest(case approved.route when 'room' then array['station', 'township', 'county']
                when 'station' then array['township', 'county'] else array['county'] end) as desk
            where not exists (
                select from report_steps passed
                where passed.station_id = approved.station_id and passed.act = 'pass' and passed.desk = desk
                  and passed.seq <= approved.seq and passed.seq > (
                    select max(seq) from report_steps begun
                    where begun.station_id = approved.station_id and begun.seq < approved.seq and begun.act = 'submit'
                      and begun.from_position in ('draft', 'amending'))))
        ",
    )
    .fetch_one(&cast.world.root)
    .await
    .unwrap();
    assert_eq!(skipped, 0);
}
