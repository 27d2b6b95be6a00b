//! The cost of an upload is bounded, whatever sizes the file claims.

use std::io::Cursor;

use calamine::Reader;
use rust_xlsxwriter::{Workbook, Worksheet};
use station_network::access::Role;

use crate::{
    reports::{Cast, path},
    support::{Browser, COUNTY, Sent, Server, upload_body},
};

/// Maximum memory growth for ten simultaneous hostile files, in MiB.
const GROWTH: u64 = 64;

/// A sheet with these headings, a blank line below, and whatever `draw` adds.
fn workbook(heads: &[String], draw: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (at, head) in (0..).zip(heads) {
        sheet.write_string(0, at, head).unwrap();
    }
    draw(sheet);
    workbook.save_to_buffer().unwrap()
}

/// The headings of a page's import template.
async fn heads(browser: &Browser, template: &str) -> Vec<String> {
    let bytes = browser.get(template).await.ok().bytes;
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let sheet = workbook.worksheet_range_at(0).unwrap().unwrap();
    sheet.rows().next().unwrap().iter().map(ToString::to_string).collect()
}

/// Files of a few kilobytes that claim more than a machine holds.
fn hostile(heads: &[String]) -> Vec<Vec<u8>> {
    let text = |row, column, text: &'static str| {
        workbook(heads, |sheet| {
            sheet.write_string(row, column, text).unwrap();
        })
    };
    vec![
        text(1_048_575, 16_383, "x"),
        text(59_999, 999, "x"),
        text(1_048_575, 20, " "),
        text(1_048_575, 0, "x"),
        workbook(heads, |sheet| {
            for row in 1..40_000 {
                sheet.write_string(row, 200, format!("{row} 行以外的字")).unwrap();
            }
        }),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_workbook_takes_the_server_down() {
    let cast = Cast::new().await;
    let admin = cast.world.sign_in(Role::SystemAdmin, "5104").await;
    let report = format!("{}/workbook", path(cast.station, "2026-02"));
    let mut uploads = vec![(report, &cast.head, vec!["指标".to_owned(), "本月".to_owned()])];
    for register in ["stations", "agencies", "persons", "education", "projects"] {
        let path = format!("/{register}/import");
        uploads.push((path.clone(), &cast.county, heads(&cast.county, &format!("{path}/template")).await));
    }
    uploads.push(("/accounts/import".to_owned(), &admin, heads(&admin, "/accounts/import/template").await));

    let server = Server::start(&cast.world).await;
    let mut presses = vec![];
    for (path, browser, heads) in &uploads {
        for (nth, file) in hostile(heads).into_iter().enumerate() {
            presses.push((path.as_str(), browser.session.clone().unwrap(), nth, upload_body(&[], "t.xlsx", &file)));
        }
    }
    // Warm up with each file in turn, so that first-read allocations do not count as growth.
    for (path, session, nth, (kind, body)) in &presses {
        let answer = server.send(Sent { path, session, kind, body }).await.expect(path);
        assert_eq!(answer.status, 422, "{path} {nth}: {}", answer.html);
        let told = if *nth == 3 { "第 1048576 行还有内容" } else { "没有" };
        assert!(answer.html.contains(told), "{path} {nth}: {}", answer.html);
    }
    let before = server.peak();
    for ten in presses.chunks(10) {
        let sent = ten.iter().map(|(path, session, _, (kind, body))| server.send(Sent { path, session, kind, body }));
        let answers = futures_util::future::join_all(sent).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_some_and(|answer| answer.status == 422)));
    }
    assert!(server.peak() <= before + GROWTH, "{before} MiB grew to {} MiB", server.peak());
    assert!(server.peak() < 400, "{} MiB", server.peak());
    let session = cast.county.session.clone().unwrap();
    let page = Sent { path: "/stations", session: &session, kind: "text/plain", body: b"" };
    assert_eq!(server.send(page).await.unwrap().status, 200, "{COUNTY} goes on working");
}
