//! Rules for every page: few statements, no inline styles or scripts, old browsers supported.

use station_network::access::Role;

use crate::{
    stations::build,
    support::{CITY, COUNTY, TOWNSHIP, World, counted},
};

/// Maximum SQL statements per page; more suggests a query in a loop, or the same one twice.
const STATEMENTS: usize = 8;

#[tokio::test]
async fn a_page_takes_few_statements_session_included() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    world.settle().await;
    let pages: [(Role, &[&str]); 5] = [
        (
            Role::BureauOfficer,
            &[
                "/",
                "/places/510411",
                "/places/510411100",
                "/places/510411100001",
                "/stations",
                "/tasks",
                "/agencies",
                "/divisions/5104",
                "/account",
            ],
        ),
        (Role::CountyOfficer, &["/stations/new", "/stations/new?at=510411100&here=1", "/stations/import"]),
        (Role::SystemAdmin, &["/accounts", "/settings"]),
        (Role::SecurityAdmin, &["/grants", "/grants/new"]),
        (Role::AuditAdmin, &["/trail"]),
    ];
    for (role, paths) in pages {
        let person = world.sign_in(role, if role == Role::CountyOfficer { COUNTY } else { CITY }).await;
        for path in paths {
            let count = counted(&person.get(path).await.ok());
            // The home page also loads the to-do list.
            let most = if *path == "/" { STATEMENTS + 1 } else { STATEMENTS };
            assert!((1..=most).contains(&count), "{path}: {count} statements");
        }
    }
    let stations = ["", "/edit", "/state", "/move", "/merge", "/readiness"].map(|tail| format!("/stations/{id}{tail}"));
    for path in stations {
        let count = counted(&officer.get(&path).await.ok());
        assert!((1..=STATEMENTS).contains(&count), "{path}: {count} statements");
    }
}

#[tokio::test]
async fn the_first_visit_is_light() {
    let world = World::new().await;
    let stranger = world.stranger();
    let page = stranger.get("/sign-in").await.ok();
    let mut weight = page.bytes.len();
    for (_, rest) in page.html.match_indices("/static/").map(|(at, _)| page.html.split_at(at)) {
        let path = rest.split(['"', '#']).next().unwrap();
        weight += stranger.get(path).await.ok().bytes.len();
    }
    assert!(weight < 120 * 1024, "{weight} bytes, not even compressed");
}

#[tokio::test]
async fn templates_hold_no_inline_style_or_script() {
    for entry in walk("templates") {
        let text = std::fs::read_to_string(&entry).unwrap();
        for forbidden in
            [" style=", " onclick=", " onchange=", " onsubmit=", "<script>", "<style", "javascript:", "|safe"]
        {
            assert!(!text.contains(forbidden), "{} has {forbidden}", entry.display());
        }
    }
}

/// Template lines are of readable width and name no path of the crate.
#[test]
fn templates_are_laid_out() {
    for entry in walk("templates") {
        let text = std::fs::read_to_string(&entry).unwrap();
        for (at, line) in (1..).zip(text.lines()) {
            let width = line.chars().count();
            assert!(width <= 160, "{}:{at} is {width} characters wide", entry.display());
            assert!(!line.contains("crate::"), "{}:{at} names a path of the crate", entry.display());
            assert!(!line.contains("{% when None %}{% endmatch"), "{}:{at}: `if let` says it", entry.display());
        }
    }
}

/// The code uses nothing that Chromium 90 lacks.
#[test]
fn styles_and_scripts_suit_old_browsers() {
    let css = std::fs::read_to_string("static/app.css").unwrap();
    for newer in [":has(", "@layer", "@container", "color-mix(", "dvh", " inset-inline", "@scope", "text-wrap", ":is("]
    {
        assert!(!css.contains(newer), "app.css uses {newer}");
    }
    let js = std::fs::read_to_string("static/app.js").unwrap();
    for newer in [".at(", "structuredClone", "Object.hasOwn", "replaceChildren", "findLast", "?."] {
        assert!(!js.contains(newer), "app.js uses {newer}");
    }
}

#[tokio::test]
async fn words_on_pages_are_plain() {
    for entry in walk("templates") {
        let text = std::fs::read_to_string(&entry).unwrap();
        for bad in ["非法", "异常", "参数", "NULL", "undefined", "操作失败", "！", "抱歉"] {
            assert!(!text.contains(bad), "{} says {bad}", entry.display());
        }
    }
}

fn walk(folder: &str) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(path.to_str().unwrap()) } else { vec![path] }
        })
        .collect()
}
