//! Checks the layering: a module uses only those before it in `lib.rs`, an area only the areas
//! before it in `features/mod.rs`, a feature only the features before it in its area, and a
//! feature's `model` neither SQL nor HTTP.

use std::{fs, path::Path};

#[test]
fn floors_use_only_what_is_below_them() {
    check("src", "lib.rs", "");
}

#[test]
fn areas_use_only_lower_areas() {
    check("src/features", "mod.rs", "features::");
}

#[test]
fn features_use_only_earlier_features_of_their_area() {
    for area in floors_of("src/features/mod.rs") {
        check(&format!("src/features/{area}"), "mod.rs", &format!("features::{area}::"));
    }
}

#[test]
fn models_know_neither_sql_nor_http() {
    for (file, text) in sources(Path::new("src/features")) {
        if file.ends_with("/model.rs") || file.contains("/model/") {
            let code = without_comments(&text);
            for stranger in ["sqlx::query", "axum::", "askama", "db::Tx", "super::store", "super::pages"] {
                assert!(!code.contains(stranger), "{file} uses {stranger}");
            }
            let of_web = paths_from_root(&text).into_iter().find(|path| path.starts_with("web"));
            assert_eq!(of_web, None, "{file} knows of pages");
        }
    }
}

/// SQL is never built at run time, except for names that can't be parameters, where databases and
/// partitions are created.
#[test]
fn sql_is_never_put_together() {
    let makers = ["src/app/cluster.rs", "src/app/migrate.rs"];
    for (file, text) in sources(Path::new("src")) {
        assert!(makers.contains(&file.as_str()) || !text.contains("AssertSqlSafe"), "{file}");
    }
}

/// Checks that no module declared in `dir/list` names a later one; the list is lowest first.
fn check(dir: &str, list: &str, prefix: &str) {
    let floors = floors_of(&format!("{dir}/{list}"));
    assert!(floors.len() > 2, "{dir} has its floors");
    for (height, floor) in floors.iter().enumerate() {
        let folder = format!("{dir}/{floor}");
        let files = if Path::new(&folder).is_dir() {
            sources(Path::new(&folder))
        } else {
            let file = format!("{folder}.rs");
            vec![(file.clone(), fs::read_to_string(file).unwrap())]
        };
        for (file, text) in files {
            for path in paths_from_root(&text) {
                let named = path.strip_prefix(prefix).and_then(|path| path.split("::").next());
                let above = floors[height + 1..].iter().find(|later| Some(later.as_str()) == named);
                assert_eq!(above, None, "{file} reaches up: crate::{path}");
            }
        }
    }
}

fn floors_of(list: &str) -> Vec<String> {
    let list = fs::read_to_string(list).unwrap();
    list.lines().filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join(" ")
}

/// All paths from the crate's root, with `use` braces expanded and aliases dropped:
/// `crate::{a::b as z, c}` gives `a::b` and `c`.
fn paths_from_root(text: &str) -> Vec<String> {
    without_comments(text).split("crate::").skip(1).flat_map(|rest| tree(rest).0).collect()
}

/// The paths of a use tree at the start of `text`, and the rest of the text.
fn tree(text: &str) -> (Vec<String>, &str) {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let text = text.trim_start();
    let end = text.find(|c| !word(c)).unwrap_or(text.len());
    let (head, mut rest) = (&text[..end], text[end..].trim_start());
    if let Some(alias) = rest.strip_prefix("as ") {
        rest = alias.trim_start_matches(word).trim_start();
    }
    if !rest.starts_with('{') {
        return (vec![head.to_owned()], rest);
    }
    let mut paths = vec![];
    while !rest.starts_with('}') {
        let (tails, after) = tree(&rest[1..]);
        paths.extend(tails.into_iter().map(|tail| format!("{head}{tail}")));
        rest = after;
    }
    (paths, &rest[1..])
}

#[test]
fn use_trees_are_taken_apart() {
    let code = "use crate::{a::{b as z, c::d}, e}; // crate::not_this\nlet x = crate::f::g();";
    assert_eq!(paths_from_root(code), ["a::b", "a::c::d", "e", "f::g"]);
}
