//! The roles that each route admits, written out in `policy.txt`. Read it to know the policy;
//! change it only on purpose.

use std::fmt::Write;

use axum::http::{Method, StatusCode};
use station_network::{access::Role, app, web::Who};

use crate::support::{CITY, World};

#[test]
fn the_policy_is_as_written_down() {
    let written = include_str!("policy.txt");
    let mut table = String::new();
    for route in app::routes().table() {
        let admitted: Vec<_> =
            Role::ALL.into_iter().filter(|role| route.who.admits(Some(*role))).map(Role::as_str).collect();
        let who = match route.who {
            Who::Anyone => "anyone".to_owned(),
            Who::Newcomer | Who::SignedIn => "signed_in".to_owned(),
            Who::May(_) => admitted.join(" "),
        };
        writeln!(table, "{:4} {:40} {who}", route.method.as_str(), route.path).unwrap();
    }
    if std::env::var_os("WRITE_POLICY").is_some() {
        std::fs::write("tests/it/policy.txt", &table).unwrap();
        return;
    }
    assert_eq!(table, written, "\n{table}");
}

/// A route's path with every parameter replaced by a plausible value.
fn walkable(path: &str) -> String {
    path.replace("{id}", "01890000-0000-7000-8000-000000000000")
        .replace("{event}", "01890000-0000-7000-8000-000000000000")
        .replace("{code}", "510411")
        .replace("{year}", "2021")
        .replace("{month}", "2026-02")
        .replace("{seq}", "1")
        .replace("{file}", "01890000-0000-7000-8000-000000000000")
        .replace("{level}", "township")
        .replace("{indicator}", "case_new")
        .replace("{hash}", "x")
        .replace("{name}", "x")
        .replace("{party}", "clients")
}

#[tokio::test]
async fn no_closed_route_opens_to_a_stranger_or_the_wrong_role() {
    let world = World::new().await;
    let stranger = world.stranger();
    let mut people = vec![];
    for role in Role::ALL {
        people.push((role, world.sign_in(role, CITY).await));
    }
    let before = world.audit_rows().await;
    for route in app::routes().table().iter().filter(|route| route.who != Who::Anyone) {
        let path = walkable(route.path);
        let seen = stranger.send(route.method.clone(), &path, "").await;
        assert!(seen.location.starts_with("/sign-in"), "{} {path}", route.method);

        for (role, person) in people.iter().filter(|(role, _)| !route.who.admits(Some(*role))) {
            let seen = person.send(route.method.clone(), &path, "").await;
            assert_eq!(seen.status, StatusCode::FORBIDDEN, "{role:?} {} {path}", route.method);
        }
    }
    assert_eq!(world.audit_rows().await, before, "a refused request wrote something");
}

#[tokio::test]
async fn every_open_route_answers_its_roles_with_a_page_not_a_failure() {
    let world = World::new().await;
    for role in Role::ALL {
        let person = world.sign_in(role, CITY).await;
        for route in app::routes().table() {
            if !route.who.admits(Some(role)) || route.path == "/sign-out" {
                continue;
            }
            let seen = person.send(route.method.clone(), &walkable(route.path), "").await;
            assert!(
                seen.status.as_u16() < 500,
                "{role:?} {} {}: {} {}",
                route.method,
                route.path,
                seen.status,
                seen.html
            );
        }
    }
}

#[tokio::test]
async fn a_post_from_another_site_is_refused() {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    let world = World::new().await;
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/sign-in")
            .header("host", "stations.example")
            .header(header, value)
            .body(Body::empty())
            .unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{header}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::new().await;
    let person = world.sign_in(Role::Leader, CITY).await;
    for path in ["/", "/sign-in", "/nowhere", "/stations/x", "/accounts", "/healthz"] {
        let seen = person.get(path).await;
        let csp = seen.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(seen.headers.get("x-content-type-options").unwrap(), "nosniff", "{path}");
    }
}
