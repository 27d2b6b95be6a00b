//! Bulk creation of accounts from a table: a dry run that shows every row, then slips to print.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        hashing::off_thread,
        model::{self, Code, NewAccount},
        store,
    },
    admin::{Slip, Slips},
};
use crate::{
    db::Silence,
    features::ground::imports,
    kernel::{AccountId, Error, ImportId, Problems, Result},
    web::{App, Chrome, Column, Html, Invalid, Path, Sheet, Upload, Visit, checked, filters, open_workbook, see_other},
};

const KIND: &str = "accounts";
/// Accounts that a table may contain at most: hashing each takes some hundredths of a second.
const MOST: usize = 200;
const HEADS: [&str; 3] = ["用户名", "姓名", "电话"];

fn columns() -> [Column; 3] {
    [
        Column::new(HEADS[0], 18).note("登录用：2 到 32 个小写字母、数字或 . _ -，例如 wangfang。不能和已有账号重复。"),
        Column::new(HEADS[1], 14).note("真实姓名，1 到 40 个字。"),
        Column::new(HEADS[2], 18).note("可以不填。例如 0812-3350000 或 13800000000。"),
    ]
}

#[derive(Template)]
#[template(path = "identity/accounts/import.html")]
struct New {
    chrome: Chrome,
    problems: Problems,
    most: usize,
}

pub async fn new(visit: Visit) -> Html<impl Template> {
    Html(New { chrome: visit.chrome(), problems: Problems::default(), most: MOST })
}

pub async fn template() -> Result<Response> {
    Sheet::new("账号", &columns(), true)?.finish("账号导入模板.xlsx").await
}

/// A row of the table, as judged.
#[derive(Debug, Deserialize, Serialize)]
struct Judged {
    row: usize,
    user_name: String,
    display_name: String,
    phone: String,
    /// Field and reason; empty if the row is new and valid.
    problems: Vec<(String, String)>,
}

impl Judged {
    /// Each cell with its problem, if any.
    fn cells(&self) -> [(&str, Option<&str>); 3] {
        let why = |field| self.problems.iter().find(|(at, _)| at == field).map(|(_, why)| why.as_str());
        [(&self.user_name, why("user_name")), (&self.display_name, why("display_name")), (&self.phone, why("phone"))]
    }
}

pub async fn read(visit: Visit, upload: Upload) -> Result<Response> {
    let file_name = upload.file_name.clone();
    let rows = match checked(open_workbook(upload, HEADS.to_vec()).await)? {
        Ok(rows) if rows.is_empty() => Err(Problems::one("file", "表格里没有内容，请从第二行起每行填一个账号。")),
        Ok(rows) if rows.len() > MOST => {
            Err(Problems::one("file", format!("一次最多导入 {MOST} 个账号，请分成几个文件。")))
        }
        other => other,
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(problems) => return Ok(Invalid(New { chrome: visit.chrome(), problems, most: MOST }).into_response()),
    };
    let mut tx = visit.begin().await?;
    let names: Vec<String> = rows.iter().map(|(_, cells)| cells[0].to_lowercase()).collect();
    let taken = store::taken(&mut tx, &names).await?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let judged: Vec<Judged> = rows.into_iter().map(|(row, cells)| judge(row, &cells, &taken, &mut seen)).collect();
    let id = imports::keep(&mut tx, KIND, &file_name, &judged).await?;
    tx.commit_silently(Silence::ImportRead).await?;
    Ok(see_other(&format!("/accounts/import/{id}")))
}

fn judge(row: usize, cells: &[String], taken: &[String], seen: &mut HashMap<String, usize>) -> Judged {
    let mut problems: Vec<(String, String)> = vec![];
    let (mut user_name, mut display_name, mut phone) = (cells[0].clone(), cells[1].clone(), cells[2].clone());
    match model::read_account(&user_name, &display_name, &phone) {
        Ok(NewAccount { user_name: u, display_name: d, phone: p }) => (user_name, display_name, phone) = (u, d, p),
        Err(found) => {
            problems.extend(found.all().iter().map(|problem| (problem.field.to_owned(), problem.why.clone())));
        }
    }
    if taken.contains(&user_name) {
        problems.push(("user_name".into(), "这个用户名已经有人用了。".into()));
    }
    if let Some(before) = seen.insert(user_name.clone(), row) {
        problems.push(("user_name".into(), format!("和第 {before} 行的用户名重复。")));
    }
    Judged { row, user_name, display_name, phone, problems }
}

#[derive(Template)]
#[template(path = "identity/accounts/import_check.html")]
struct Check {
    chrome: Chrome,
    id: ImportId,
    file_name: String,
    good: usize,
    rows: Vec<Judged>,
}

pub async fn show(visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (file_name, mut rows) = imports::find::<Vec<Judged>>(&mut tx, KIND, id).await?;
    let good = rows.iter().filter(|row| row.problems.is_empty()).count();
    rows.sort_by_key(|row| (row.problems.is_empty(), row.row));
    Ok(Html(Check { chrome: visit.chrome(), id, file_name, good, rows }).into_response())
}

/// Creates the accounts of the valid rows and shows their slips, once.
pub async fn confirm(State(app): State<App>, visit: Visit, Path(id): Path<ImportId>) -> Result<Response> {
    let rows = {
        let mut tx = visit.begin().await?;
        imports::find::<Vec<Judged>>(&mut tx, KIND, id).await?.1
    };
    let mut made: Vec<(AccountId, NewAccount, Code, String)> = vec![];
    for row in rows.into_iter().filter(|row| row.problems.is_empty()) {
        let code = model::new_code()?;
        let secret = code.clone();
        let hash = off_thread(&app, move || model::hash_code(&secret)).await?;
        let new = NewAccount { user_name: row.user_name, display_name: row.display_name, phone: row.phone };
        made.push((AccountId::new(), new, code, hash));
    }
    if made.is_empty() {
        return Err(Error::refused("这份表格里没有可以导入的行，请改好后重新上传。"));
    }
    let mut tx = visit.begin().await?;
    imports::take(&mut tx, id).await?;
    let mut records = vec![];
    for (account, new, _, hash) in &made {
        match store::insert(&mut tx, new, hash, *account).await {
            Err(Error::Problems(_)) => {
                let why = format!("用户名「{}」刚刚被别人用了，没有导入任何账号。请重新上传核对。", new.user_name);
                return Err(Error::refused(why));
            }
            other => other?,
        }
        let after = serde_json::json!({ "user_name": new.user_name, "phone": new.phone });
        records.push((account.to_string(), new.display_name.clone(), after));
    }
    tx.record_all("批量新建账号", "account", &records).await?;
    let today = tx.today();
    tx.commit().await?;
    let slips = made
        .into_iter()
        .map(|(_, new, code, _)| Slip { display_name: new.display_name, user_name: new.user_name, code })
        .collect();
    Ok(Slips::page(&app, &visit, slips, today))
}
