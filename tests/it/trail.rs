//! The audit trail: rows for every write, and a chain that shows tampering.

use station_network::{
    access::{Role, Scope},
    app::clock,
    db::{Entry, Mode, Silence},
    features::ground::trail::{self, Verdict},
};

use crate::{
    stations::build,
    support::{CITY, COUNTY, TOWNSHIP, World, form},
};

async fn verdict(world: &World) -> Verdict {
    trail::verify(&mut world.tx(Mode::Read).await).await.unwrap()
}

/// Seals until `left` rows remain without a link. A row is final once every older transaction of
/// the cluster has ended, including those of tests running in parallel.
async fn seal_but(world: &World, left: i64) {
    for _ in 0..200 {
        clock::seal(&world.db, world.network).await.unwrap();
        if matches!(verdict(world).await, Verdict::Whole { unsealed, .. } if unsealed == left) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{:?}", verdict(world).await);
}

#[tokio::test]
async fn a_write_without_its_audit_row_is_refused() {
    let world = World::new().await;
    let tx = world.tx(Mode::Write).await;
    assert!(tx.commit().await.is_err());
}

#[test]
fn few_writes_are_silent() {
    assert_eq!(Silence::ALL.len(), 9, "each is told in db::audit; think twice before another");
}

#[tokio::test]
async fn every_write_leaves_its_row_and_the_audit_administrator_reads_it() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let version = officer.get(&format!("/stations/{id}/edit")).await.ok().field("version");
    let fields = form(&[
        ("version", &version),
        ("code", "R-1"),
        ("name", "仁和镇社工站"),
        ("since", "2026-03-01"),
        ("phone", "0812-3350000"),
    ]);
    officer.post(&format!("/stations/{id}"), &fields).await.done();
    let auditor = world.sign_in(Role::AuditAdmin, CITY).await;

    let list = auditor.get("/trail?q=修改站点").await.ok();
    list.says("用户（县级工作人员）");
    let event = list.html.split("/trail/").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let detail = auditor.get(&format!("/trail/{event}")).await.ok();
    detail.says("0812-3350000");
    detail.says("电话");

    let twin = world.twin().await.sign_in(Role::AuditAdmin, CITY).await;
    assert_eq!(twin.get(&format!("/trail/{event}")).await.status.as_u16(), 404);
    assert!(!twin.get("/trail").await.html.contains("修改站点"));
    auditor.post("/trail/export", "").await.ok();
}

#[tokio::test]
async fn the_chain_is_whole_until_somebody_tampers() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    for name in ["一站", "二站", "三站"] {
        build(&officer, TOWNSHIP, name, &[]).await;
    }
    seal_but(&world, 0).await;
    build(&officer, TOWNSHIP, "四站", &[]).await;

    let Verdict::Whole { sealed, unsealed, .. } = verdict(&world).await else { panic!("broken") };
    assert_eq!((sealed, unsealed), (world.audit_rows().await - 1, 1));

    let victim: uuid::Uuid = sqlx::query_scalar("select id from audit where network_id = $1 and object_label = '二站'")
        .bind(world.network)
        .fetch_one(&world.root)
        .await
        .unwrap();
    sqlx::query("update audit set actor = '别人' where id = $1").bind(victim).execute(&world.root).await.unwrap();
    assert!(matches!(verdict(&world).await, Verdict::Broken { audit_id, .. } if audit_id == victim));
    sqlx::query("update audit set actor = '用户（县级工作人员）' where id = $1")
        .bind(victim)
        .execute(&world.root)
        .await
        .unwrap();
    assert!(matches!(verdict(&world).await, Verdict::Whole { .. }));
    sqlx::query("delete from audit where id = $1").bind(victim).execute(&world.root).await.unwrap();
    assert!(
        matches!(verdict(&world).await, Verdict::Broken { audit_id, why: "its row is gone", .. } if audit_id == victim)
    );
}

#[tokio::test]
async fn a_row_of_a_transaction_still_running_waits_for_the_next_link() {
    let world = World::new().await;
    seal_but(&world, 0).await;
    let mut slow = world.tx(Mode::Write).await;
    slow.record(Entry::new("慢慢来", "test", "1", "慢")).await.unwrap();
    let mut quick = world.db.begin(&Scope::of_system(world.network, "测试"), Mode::Write).await.unwrap();
    quick.record(Entry::new("快", "test", "2", "快")).await.unwrap();
    quick.commit().await.unwrap();

    clock::seal(&world.db, world.network).await.unwrap();
    assert!(
        matches!(verdict(&world).await, Verdict::Whole { unsealed: 1, .. }),
        "the quick row is not final while the slow one runs"
    );
    slow.commit().await.unwrap();
    seal_but(&world, 0).await;
}
