//! Rubrics: in and out as workbooks, and only whole ones published.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::evaluations::{LINES, cells, draft, path_of, publish, workbook};
use crate::support::{COUNTY, TOWNSHIP, World, form};

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
        ("/lines/B1.2/rise", ""),
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
