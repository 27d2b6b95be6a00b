//! The operator's list of networks and the founding form, and the network's settings.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    model::{NewNetwork, PLATFORM, Settings},
    store::{self, Founded},
};
use crate::{
    access::Role,
    db::{Entry, Tx},
    features::{
        ground::files,
        identity::accounts::{self, Code, NewAccount, NewGrant, hash_code, new_code, off_thread},
    },
    kernel::{AccountId, Problems, Result, line, number},
    web::{App, Chrome, Form, Html, Invalid, Visit, checked, filters, form_key, key_of, print_page, see_other_done},
};

#[derive(Template)]
#[template(path = "identity/networks/index.html")]
struct Index {
    chrome: Chrome,
    networks: Vec<Founded>,
}

pub async fn index(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let networks = store::all(&mut tx, PLATFORM).await?;
    Ok(Html(Index { chrome: visit.chrome(), networks }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NetworkForm {
    key: String,
    code: String,
    name: String,
    root: String,
    authority: String,
    contact: String,
}

#[derive(Template)]
#[template(path = "identity/networks/new.html")]
struct New {
    chrome: Chrome,
    form: NetworkForm,
    problems: Problems,
}

pub async fn new(visit: Visit) -> Html<impl Template> {
    let form = NetworkForm { key: form_key(), ..NetworkForm::default() };
    Html(New { chrome: visit.chrome(), form, problems: Problems::default() })
}

#[derive(Template)]
#[template(path = "identity/networks/founded.html")]
struct FoundedPage {
    chrome: Chrome,
    network: NewNetwork,
    administrators: Vec<(&'static str, &'static str, Code)>,
}

/// The three administrators that every network starts with.
const ADMINISTRATORS: [(&str, Role); 3] =
    [("sysadmin", Role::SystemAdmin), ("security", Role::SecurityAdmin), ("audit", Role::AuditAdmin)];

pub async fn create(State(app): State<App>, visit: Visit, Form(form): Form<NetworkForm>) -> Result<Response> {
    let new = match NewNetwork::read(&form.code, &form.name, &form.root, &form.authority, &form.contact) {
        Ok(new) => new,
        Err(problems) => return Ok(Invalid(New { chrome: visit.chrome(), form, problems }).into_response()),
    };
    let mut administrators = vec![];
    for (name, role) in ADMINISTRATORS {
        let code = new_code()?;
        let secret = code.clone();
        let hash = off_thread(&app, move || hash_code(&secret)).await?;
        administrators.push((name, role, code, hash));
    }
    let mut tx = visit.begin().await?;
    if let Some(before) = tx.once(key_of(&form.key)?, "/networks").await? {
        return Ok(see_other_done(&before, "again"));
    }
    tx.record(Entry::new("建立网络", "network", &new.code, &new.name)).await?;
    if let Err(problems) = checked(store::found(&mut tx, &new).await)? {
        return Ok(Invalid(New { chrome: visit.chrome(), form, problems }).into_response());
    }
    let mut slips = vec![];
    for (name, role, code, hash) in administrators {
        let id = AccountId::new();
        let account =
            NewAccount { user_name: name.to_owned(), display_name: role.label().to_owned(), phone: String::new() };
        accounts::insert(&mut tx, &account, &hash, id).await?;
        let grant = NewGrant {
            account: id,
            role,
            division: new.root.clone(),
            agency: None,
            stations: vec![],
            since: tx.today(),
            until: None,
            acting_for: None,
        };
        accounts::insert_grant(&mut tx, &grant).await?;
        tx.record(Entry::new("新建账号并授权", "account", id, role.label())).await?;
        slips.push((name, role.label(), code));
    }
    tx.commit().await?;
    Ok(print_page(FoundedPage { chrome: visit.chrome(), network: new, administrators: slips }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SettingsForm {
    authority: String,
    general_label: String,
    township_label: String,
    village_label: String,
    logo_text: String,
    contact: String,
    file_quota_mb: String,
    version: i32,
}

impl SettingsForm {
    fn read(&self) -> Result<Settings, Problems> {
        let mut problems = Problems::default();
        let file_quota_mb = problems.check("file_quota_mb", number(&self.file_quota_mb)).unwrap_or_default();
        if !(100..=10_000_000).contains(&file_quota_mb) && problems.is_empty() {
            problems.note("file_quota_mb", "附件空间请填 100 到 10000000 之间的整数（MB）。");
        }
        let mut checked =
            |field, typed: &str, min, max| problems.check(field, line(typed, min, max)).unwrap_or_default();
        let settings = Settings {
            authority: checked("authority", &self.authority, 2, 60),
            general_label: checked("general_label", &self.general_label, 1, 20),
            township_label: checked("township_label", &self.township_label, 1, 20),
            village_label: checked("village_label", &self.village_label, 1, 20),
            logo_text: checked("logo_text", &self.logo_text, 1, 2),
            contact: checked("contact", &self.contact, 2, 100),
            file_quota_mb,
            version: self.version,
        };
        problems.or(settings)
    }
}

#[derive(Template)]
#[template(path = "identity/networks/settings.html")]
struct Edit {
    chrome: Chrome,
    form: SettingsForm,
    /// Space taken by stored files, in MiB.
    kept_mb: i64,
    problems: Problems,
}

impl Edit {
    fn kept(&self) -> String {
        format!("现在已用 {} MB。", self.kept_mb)
    }
}

async fn kept_mb(tx: &mut Tx) -> Result<i64> {
    Ok((files::usage(tx).await?.kept + 1_048_575) / 1_048_576)
}

pub async fn settings(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let now = store::settings(&mut tx).await?;
    let form = SettingsForm {
        authority: now.authority,
        general_label: now.general_label,
        township_label: now.township_label,
        village_label: now.village_label,
        logo_text: now.logo_text,
        contact: now.contact,
        file_quota_mb: now.file_quota_mb.to_string(),
        version: now.version,
    };
    let kept_mb = kept_mb(&mut tx).await?;
    Ok(Html(Edit { chrome: visit.chrome(), form, kept_mb, problems: Problems::default() }).into_response())
}

pub async fn save_settings(visit: Visit, Form(form): Form<SettingsForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let new = match form.read() {
        Ok(new) => new,
        Err(problems) => {
            let kept_mb = kept_mb(&mut tx).await?;
            return Ok(Invalid(Edit { chrome: visit.chrome(), form, kept_mb, problems }).into_response());
        }
    };
    let before = store::settings(&mut tx).await?;
    store::save_settings(&mut tx, &new).await?;
    tx.record(Entry::new("修改网络设置", "settings", "", &new.authority).before(&before).after(&new)).await?;
    tx.commit().await?;
    Ok(see_other_done("/settings", "saved"))
}
