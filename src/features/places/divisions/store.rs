//! Statements behind divisions: look-ups, former names, endings and successors.

use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::Division;
use crate::{
    db::Tx,
    kernel::{Day, DivisionCode, Error, Level, Result, initials},
};

pub async fn find(tx: &mut Tx, code: &DivisionCode) -> Result<Division> {
    let division = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions where code = $1
        "#,
        code.as_str(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(division)
}

/// Those of the given divisions that exist.
pub async fn find_all(tx: &mut Tx, codes: &[String]) -> Result<Vec<Division>> {
    let divisions = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions where code = any($1) order by code
        "#,
        codes,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(divisions)
}

/// The division at the root of the network.
pub async fn root(tx: &mut Tx) -> Result<Option<Division>> {
    let division = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions where parent is null order by code limit 1
        "#,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(division)
}

/// A division with those around it, from the root of the network down: their codes are the prefixes
/// of its code.
pub async fn ancestors(tx: &mut Tx, code: &DivisionCode) -> Result<Vec<Division>> {
    find_all(tx, &around(code)).await
}

fn around(code: &DivisionCode) -> Vec<String> {
    let text = code.as_str();
    let lengths = [0, 2, 4, 6, 9, 12].into_iter().filter(|length| *length <= text.len());
    lengths.map(|length| text[..length].to_owned()).collect()
}

/// The direct children of a division, by code; ended ones come last.
pub async fn children(tx: &mut Tx, code: &DivisionCode) -> Result<Vec<Division>> {
    let divisions = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions where parent = $1 order by until is not null, code limit 500
        "#,
        code.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(divisions)
}

/// Divisions within `within` that have not ended and whose name or initials begin with `q`, higher
/// levels first.
pub async fn named(tx: &mut Tx, within: &DivisionCode, q: &str, limit: i64) -> Result<Vec<Division>> {
    let divisions = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions
        where until is null and code >= $1 and code < $2
          and (strpos(name, $3) > 0 or starts_with(initials, lower($3)) or starts_with(code, $3))
        order by length(code), code limit $4
        "#,
        within.as_str(),
        within.end(),
        q,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(divisions)
}

/// A former name of a division, and its last day.
#[derive(Debug, Deserialize)]
pub struct FormerName {
    pub name: String,
    pub until: Day,
}

pub async fn former_names(tx: &mut Tx, code: &DivisionCode) -> Result<Vec<FormerName>> {
    let names = sqlx::query_as!(
        FormerName,
        r#"select name, until as "until: Day" from division_names where code = $1 order by until desc"#,
        code.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(names)
}

/// Renames a division from a day on.
pub async fn rename(tx: &mut Tx, division: &Division, name: &str, from: Day) -> Result<()> {
    let kept = sqlx::query!(
        "insert into division_names (code, until, name) values ($1, $2, $3) on conflict do nothing",
        division.code.as_str(),
        from.before().0,
        division.name,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if kept == 0 {
        return Err(Error::at("since", "这一天已经改过一次名，请核对日期。"));
    }
    sqlx::query!(
        "update divisions set name = $2, initials = $3 where code = $1",
        division.code.as_str(),
        name,
        initials(name),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a division on a day and names its successor.
pub async fn end(tx: &mut Tx, code: &DivisionCode, last: Day, successor: &DivisionCode) -> Result<()> {
    let ended = sqlx::query!(
        "update divisions set until = $2, successor = $3 where code = $1 and until is null",
        code.as_str(),
        last.0,
        successor.as_str(),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if ended == 1 { Ok(()) } else { Err(Error::refused("这个区划已经撤并过了。")) }
}

/// Marks divisions whose figures must be recomputed, along with everything around them.
pub async fn mark(tx: &mut Tx, codes: &[&DivisionCode]) -> Result<()> {
    let ids: Vec<Uuid> = codes.iter().map(|_| Uuid::now_v7()).collect();
    let codes: Vec<String> = codes.iter().map(|code| code.as_str().to_owned()).collect();
    sqlx::query!("insert into figure_marks (id, division) select * from unnest($1::uuid[], $2::text[])", &ids, &codes)
        .execute(tx.conn())
        .await?;
    tx.leaves_work();
    Ok(())
}

/// A division and all those inside it that have not ended, by code.
pub async fn within(tx: &mut Tx, code: &DivisionCode) -> Result<Vec<Division>> {
    let divisions = sqlx::query_as!(
        Division,
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode"
        from divisions where code >= $1 and code < $2 and until is null order by code
        "#,
        code.as_str(),
        code.end(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(divisions)
}

/// Adds a division that exists from a day on.
pub async fn begin(tx: &mut Tx, new: &Division) -> Result<()> {
    sqlx::query!(
        "insert into divisions (code, parent, level, name, initials, since) values ($1, $2, $3, $4, $5, $6)",
        new.code.as_str(),
        new.parent.as_ref().map(DivisionCode::as_str),
        new.level.as_str(),
        new.name,
        initials(&new.name),
        new.since.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The one division within `within` that matches a code or a name, or the reason why it is unclear.
pub async fn called(tx: &mut Tx, within: &DivisionCode, typed: &str) -> Result<Result<Division, String>> {
    let typed = typed.trim();
    let found = match DivisionCode::parse(typed) {
        Ok(code) => {
            find_all(tx, &[code.to_string()]).await?.into_iter().filter(|found| within.contains(&found.code)).collect()
        }
        Err(_) if typed.is_empty() => return Ok(Err("请填写区划的代码或名称。".to_owned())),
        Err(_) => {
            let mut found = named(tx, within, typed, 9).await?;
            let exact: Vec<Division> = found.iter().filter(|division| division.name == typed).cloned().collect();
            if !exact.is_empty() {
                found = exact;
            }
            found
        }
    };
    Ok(match found.as_slice() {
        [division] => Ok(division.clone()),
        [] => Err("这里没有这个区划，请核对代码或名称。".to_owned()),
        several => {
            let names: Vec<String> =
                several.iter().map(|division| format!("{} {}", division.code, division.name)).collect();
            Err(format!("有几个区划对得上，请填代码：{}。", names.join("，")))
        }
    })
}

/// The division that a list is filtered by, given as a code or a name: none if nothing was typed,
/// or the reason why it is unclear.
pub async fn asked(tx: &mut Tx, within: &DivisionCode, typed: &str) -> Result<Result<Option<Division>, String>> {
    if typed.trim().is_empty() {
        return Ok(Ok(None));
    }
    Ok(called(tx, within, typed).await?.map(Some))
}

/// A division with those around it, as in [`ancestors`], and its former names, latest first.
pub async fn ancestors_and_names(tx: &mut Tx, code: &DivisionCode) -> Result<(Vec<Division>, Vec<FormerName>)> {
    let rows = sqlx::query!(
        r#"
        select code as "code: DivisionCode", parent as "parent: DivisionCode", level as "level: Level", name,
               since as "since: Day", until as "until: Day", successor as "successor: DivisionCode",
               (select coalesce(jsonb_agg(to_jsonb(n) order by n.until desc), '[]') from division_names n
                where n.network_id = divisions.network_id and n.code = divisions.code and n.code = $2)
                as "names!: Json<Vec<FormerName>>"
        from divisions where code = any($1) order by code
        "#,
        &around(code),
        code.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut names = vec![];
    let divisions = rows.into_iter().map(|row| {
        names.extend(row.names.0);
        Division {
            code: row.code,
            parent: row.parent,
            level: row.level,
            name: row.name,
            since: row.since,
            until: row.until,
            successor: row.successor,
        }
    });
    let divisions = divisions.collect();
    Ok((divisions, names))
}

/// A division's name on a given day, from its former names.
pub fn name_on(division: &Division, names: &[FormerName], day: Day) -> String {
    let then = names.iter().filter(|former| former.until >= day).min_by_key(|former| former.until);
    then.map_or_else(|| division.name.clone(), |former| former.name.clone())
}
