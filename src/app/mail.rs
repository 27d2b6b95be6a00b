//! E-mail, the second channel for notices: the worker sends it if an SMTP server is configured, to
//! everybody who has given an address.

use anyhow::Context;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};

use crate::{
    access::Scope,
    db::{Db, Mode, Silence},
    features::ground::notices::{self, Mail},
    kernel::{NetworkId, Result},
};

/// The most e-mails sent per network and round.
const AT_ONCE: usize = 100;

/// A connection to the mail server.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The public address of the pages, for links.
    site: String,
}

impl Mailer {
    /// `url` is `smtps://user:password@host` or `smtp://host:25`, as lettre reads it. `site` is
    /// `https://host` and may be empty.
    pub fn new(url: &str, from: &str, site: &str) -> anyhow::Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .context("STATION_SMTP is not an SMTP URL, such as smtps://user:password@host")?;
        let from = from.parse().context("STATION_MAIL_FROM is not an address")?;
        let transport = transport.timeout(Some(std::time::Duration::from_secs(20))).build();
        Ok(Self { transport, from, site: site.trim_end_matches('/').to_owned() })
    }

    async fn send(&self, mail: &Mail) -> anyhow::Result<()> {
        let link = if self.site.is_empty() { String::new() } else { format!("\n\n{}{}", self.site, mail.path) };
        let body = format!("{}\n\n请登录社工站网络管理平台办理。{link}\n\n（系统邮件，请勿回复）", mail.title);
        let message = Message::builder()
            // A notice keeps its message id, so that mail programs show it once even if it is sent
            // twice after a crash.
            .message_id(Some(format!("<{}@station-network>", mail.id)))
            .from(self.from.clone())
            .to(mail.address.parse()?)
            .subject(&mail.title)
            .body(body)?;
        self.transport.send(message).await?;
        Ok(())
    }
}

/// Sends pending e-mails, each under a lock on its row, so that no two servers send the same one.
/// If the mail server refuses one, the rest waits for the next round.
pub async fn send_notices(db: &Db, network: NetworkId, mailer: &Mailer) -> Result<()> {
    for _ in 0..AT_ONCE {
        let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
        let Some(mail) = notices::next_mail(&mut tx).await? else { return Ok(()) };
        match mailer.send(&mail).await {
            Ok(()) => {
                notices::mailed(&mut tx, mail.id).await?;
                tx.commit_silently(Silence::JobMoved).await?;
            }
            Err(error) => {
                tracing::warn!(%network, error = format!("{error:#}"), "an e-mail was not taken; it is tried again");
                metrics::counter!("mail_failures_total").increment(1);
                return Ok(());
            }
        }
    }
    Ok(())
}
