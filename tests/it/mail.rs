//! Notices by e-mail, sent to a fake mail server.

use std::sync::{Arc, Mutex};

use station_network::{
    access::Role,
    app::mail::{Mailer, send_notices},
    db::Mode,
    features::ground::notices,
    kernel::AccountId,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::support::{CITY, World, form};

/// A minimal SMTP server that keeps the mail it receives; returns its port and that mail.
async fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(vec![]));
    let kept = taken.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 here\r\n").await.unwrap();
                let mut letter: Option<String> = None;
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match (&mut letter, line.as_str()) {
                        (Some(text), ".") => {
                            kept.lock().unwrap().push(std::mem::take(text));
                            letter = None;
                            "250 taken"
                        }
                        (Some(text), line) => {
                            text.push_str(line);
                            text.push('\n');
                            continue;
                        }
                        (None, "DATA") => {
                            letter = Some(String::new());
                            "354 go on"
                        }
                        (None, "QUIT") => "221 bye",
                        (None, _) => "250 yes",
                    };
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, taken)
}

#[tokio::test]
async fn a_notice_goes_out_once_to_who_gave_an_address() {
    let world = World::new().await;
    let account = world.account("杨站长", None).await;
    let grant = world.grant(account, Role::Leader, CITY, &[]).await;
    let person = world.session(account, grant).await;
    person.post("/account/email", "email=nonsense").await.says("请填写邮箱地址");
    person.post("/account/email", &form(&[("email", "yang@example.cn")])).await.done();
    let silent = world.account("没有邮箱", None).await;
    let mut tx = world.tx(Mode::Write).await;
    for id in [account, silent] {
        notices::tell(&mut tx, AccountId(id), "a", "月报还没有提交", "/reports").await.unwrap();
        notices::tell(&mut tx, AccountId(id), "a", "月报还没有提交", "/reports").await.unwrap();
    }
    tx.commit_silently(station_network::db::Silence::JobMoved).await.unwrap();
    let (port, taken) = mail_server().await;
    let mailer =
        Mailer::new(&format!("smtp://127.0.0.1:{port}"), "平台 <notice@example.cn>", "https://example.cn").unwrap();

    let send = || send_notices(&world.db, world.network, &mailer);
    let (one, two) = tokio::join!(send(), send());
    one.and(two).unwrap();
    send().await.unwrap();

    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert!(taken[0].contains("To: yang@example.cn") && taken[0].contains("@station-network>"));
}

#[tokio::test]
async fn a_mail_server_that_is_away_holds_nothing_up() {
    let world = World::new().await;
    let account = world.account("杨站长", None).await;
    sqlx::query("update accounts set email = 'yang@example.cn' where id = $1")
        .bind(account)
        .execute(&world.root)
        .await
        .unwrap();
    let mut tx = world.tx(Mode::Write).await;
    notices::tell(&mut tx, AccountId(account), "a", "月报还没有提交", "/reports").await.unwrap();
    tx.commit_silently(station_network::db::Silence::JobMoved).await.unwrap();
    let mailer = Mailer::new("smtp://127.0.0.1:1", "notice@example.cn", "").unwrap();
    send_notices(&world.db, world.network, &mailer).await.unwrap();
    let (port, taken) = mail_server().await;
    let mailer = Mailer::new(&format!("smtp://127.0.0.1:{port}"), "notice@example.cn", "").unwrap();
    send_notices(&world.db, world.network, &mailer).await.unwrap();
    assert_eq!(taken.lock().unwrap().len(), 1);
    assert!(Mailer::new("nowhere", "notice@example.cn", "").is_err());
}
