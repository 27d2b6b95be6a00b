//! Statements behind education entries and required hours. Their tables are open to the whole
//! network: pages pass in persons they have already found within reach.

use super::model::{Category, Entry, NewEntry, Requirement, Standing};
use crate::{
    db::{AtField, Tx},
    features::people::certificates::Level,
    kernel::{Day, EducationId, Error, FileId, PersonId, Result},
};

/// A person's entries, newest first.
pub async fn entries(tx: &mut Tx, person: PersonId) -> Result<Vec<Entry>> {
    wanted(tx, &[person], None).await.map(|rows| rows.into_iter().map(|(_, entry)| entry).collect())
}

/// An entry and the person it belongs to.
pub async fn find(tx: &mut Tx, id: EducationId) -> Result<(PersonId, Entry)> {
    wanted(tx, &[], Some(id)).await?.into_iter().next().ok_or(Error::NotFound)
}

/// Entries of many persons, each with its person.
pub async fn entries_of(tx: &mut Tx, persons: &[PersonId]) -> Result<Vec<(PersonId, Entry)>> {
    wanted(tx, persons, None).await
}

async fn wanted(tx: &mut Tx, persons: &[PersonId], id: Option<EducationId>) -> Result<Vec<(PersonId, Entry)>> {
    let persons: Vec<_> = persons.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select id as "id: EducationId", person_id as "person: PersonId", held_on as "held_on: Day", tenths, title,
               provider, category as "category: Category", file_id as "file: FileId",
               case when confirmed_at is not null then 'confirmed' when refused_why <> '' then 'refused'
                   else 'waiting' end as "standing!: Standing",
               refused_why, entered_by
        from education_entries where person_id = any($1) or id = $2
        order by held_on desc, id desc
        "#,
        &persons,
        id.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let entry = Entry {
                id: row.id,
                held_on: row.held_on,
                tenths: row.tenths,
                title: row.title,
                provider: row.provider,
                category: row.category,
                file: row.file,
                standing: row.standing,
                refused_why: row.refused_why,
                entered_by: row.entered_by,
            };
            (row.person, entry)
        })
        .collect())
}

/// Inserts an entry; `confirmed`: it was entered by somebody with the right to confirm.
pub async fn insert(
    tx: &mut Tx,
    id: EducationId,
    person: PersonId,
    new: &NewEntry,
    file: Option<FileId>,
    confirmed: bool,
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into education_entries (id, person_id, held_on, tenths, title, provider, category, file_id,
            confirmed_at, confirmed_by, entered_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ",
        id.0,
        person.0,
        new.held_on.0,
        new.tenths,
        new.title,
        new.provider,
        new.category.as_str(),
        file.map(|file| file.0),
        confirmed.then_some(now),
        if confirmed { by.clone() } else { String::new() },
        by,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&[(
        "education_entries_degree_once",
        "category",
        "社会工作学历（学位）只计一次 90 学时，已经登记过了。",
    )])?;
    point.commit().await?;
    Ok(())
}

/// Inserts confirmed entries of many persons, already validated; all or none.
pub async fn insert_all(tx: &mut Tx, new: &[(EducationId, PersonId, &NewEntry)]) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let text = |of: fn(&NewEntry) -> String| new.iter().map(|(.., entry)| of(entry)).collect::<Vec<String>>();
    let ids: Vec<_> = new.iter().map(|(id, ..)| id.0).collect();
    let persons: Vec<_> = new.iter().map(|(_, person, _)| person.0).collect();
    let days: Vec<_> = new.iter().map(|(.., entry)| entry.held_on.0).collect();
    let tenths: Vec<_> = new.iter().map(|(.., entry)| entry.tenths).collect();
    sqlx::query!(
        "
        insert into education_entries (id, person_id, held_on, tenths, title, provider, category, confirmed_at,
            confirmed_by, entered_by, created_at)
        select *, $8, $9, $9, $8
        from unnest($1::uuid[], $2::uuid[], $3::date[], $4::integer[], $5::text[], $6::text[], $7::text[])
        ",
        &ids,
        &persons,
        &days,
        &tenths,
        &text(|entry| entry.title.clone()),
        &text(|entry| entry.provider.clone()),
        &text(|entry| entry.category.as_str().to_owned()),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// True if the same entry exists and was not refused.
pub async fn has_same(tx: &mut Tx, person: PersonId, new: &NewEntry) -> Result<bool> {
    let same = sqlx::query_scalar!(
        r#"
        select exists (
            select from education_entries
            where person_id = $1 and held_on = $2 and tenths = $3 and title = $4 and provider = $5 and refused_why = ''
        ) as "same!"
        "#,
        person.0,
        new.held_on.0,
        new.tenths,
        new.title,
        new.provider,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(same)
}

/// Confirms a waiting entry, or refuses it with a reason.
pub async fn judge(tx: &mut Tx, id: EducationId, refused_why: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let judged = sqlx::query!(
        "
        update education_entries set confirmed_at = case when $2 = '' then $3::timestamptz end,
            confirmed_by = $4, refused_why = $2
        where id = $1 and confirmed_at is null and refused_why = ''
        ",
        id.0,
        refused_why,
        now,
        by,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if judged == 1 {
        Ok(())
    } else {
        Err(Error::refused("这条记录已经确认或退回过了，请刷新后再看。"))
    }
}

pub async fn remove(tx: &mut Tx, id: EducationId) -> Result<()> {
    sqlx::query!("delete from education_entries where id = $1", id.0).execute(tx.conn()).await?;
    Ok(())
}

/// Hours the network requires, newest rule first.
pub async fn requirements(tx: &mut Tx) -> Result<Vec<Requirement>> {
    let rules = sqlx::query_as!(
        Requirement,
        r#"
        select level as "level: Level", since as "since: Day", tenths from education_requirements
        order by since desc, level
        "#,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rules)
}

/// Sets a rule; replaces one of the same day and level.
pub async fn set_requirement(tx: &mut Tx, rule: &Requirement) -> Result<()> {
    sqlx::query!(
        "
        insert into education_requirements (level, since, tenths) values ($1, $2, $3)
        on conflict (network_id, level, since) do update set tenths = excluded.tenths
        ",
        rule.level.as_str(),
        rule.since.0,
        rule.tenths,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
