//! Statements that insert or update many persons, already validated.

use super::person::sealed;
use crate::{
    db::{AtField, Tx},
    features::{
        people::persons::model::{NewPost, Person},
        places::stations::Station,
    },
    kernel::{Error, PostId, Result},
};

const WHYS: [(&str, &str, &str); 1] = [(
    "persons_id_number_once",
    "id_number",
    "有人的身份证号刚才被登记过，或者登记在您的管辖范围之外。没有导入任何人员，请重新上传核对。",
)];

/// Inserts persons with their main posts, all or none.
pub async fn insert_all(tx: &mut Tx, new: &[(&Person, &Station, &NewPost)]) -> Result<()> {
    let now = tx.now();
    let sealed: Vec<_> = new.iter().map(|(person, ..)| sealed(tx, person)).collect::<Result<_>>()?;
    let text = |of: fn(&Person) -> String| new.iter().map(|(person, ..)| of(person)).collect::<Vec<String>>();
    let ids: Vec<_> = new.iter().map(|(person, ..)| person.id.0).collect();
    let stations: Vec<_> = new.iter().map(|(_, station, _)| station.id.0).collect();
    let divisions: Vec<_> = new.iter().map(|(_, station, _)| station.division.to_string()).collect();
    let names = text(|person| person.name.clone());
    let born: Vec<_> = new.iter().map(|(person, ..)| person.born_on.0).collect();
    let id_numbers: Vec<Option<Vec<u8>>> = sealed.iter().map(|row| row.0.clone()).collect();
    let prints: Vec<Option<Vec<u8>>> = sealed.iter().map(|row| row.1.clone()).collect();
    let phones: Vec<Option<Vec<u8>>> = sealed.iter().map(|row| row.2.clone()).collect();
    let agencies: Vec<Option<uuid::Uuid>> = sealed.iter().map(|row| row.3.map(|id| id.0)).collect();
    let employers: Vec<String> = sealed.iter().map(|row| row.4.clone()).collect();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into persons (id, division, station_id, name, search, sex, born_on, id_number, id_number_print, phone,
            education, political_status, agency_id, employer, created_at)
        select *, $15 from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::date[],
            $8::bytea[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::uuid[], $14::text[])
        ",
        &ids,
        &divisions,
        &stations,
        &names,
        &text(Person::search),
        &text(|person| person.sex.as_str().to_owned()),
        &born,
        &id_numbers as &[Option<Vec<u8>>],
        &prints as &[Option<Vec<u8>>],
        &phones as &[Option<Vec<u8>>],
        &text(|person| person.education.as_str().to_owned()),
        &text(|person| person.political_status.as_str().to_owned()),
        &agencies as &[Option<uuid::Uuid>],
        &employers,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&WHYS)?;
    point.commit().await?;
    insert_posts(tx, new).await
}

async fn insert_posts(tx: &mut Tx, new: &[(&Person, &Station, &NewPost)]) -> Result<()> {
    let now = tx.now();
    let text =
        |of: fn(&NewPost) -> &'static str| new.iter().map(|(.., post)| of(post).to_owned()).collect::<Vec<String>>();
    let ids: Vec<_> = new.iter().map(|_| PostId::new().0).collect();
    let persons: Vec<_> = new.iter().map(|(person, ..)| person.id.0).collect();
    let names: Vec<_> = new.iter().map(|(person, ..)| person.name.clone()).collect();
    let stations: Vec<_> = new.iter().map(|(_, station, _)| station.id.0).collect();
    let divisions: Vec<_> = new.iter().map(|(_, station, _)| station.division.to_string()).collect();
    let full: Vec<bool> = new.iter().map(|(.., post)| post.is_full_time).collect();
    let since: Vec<_> = new.iter().map(|(.., post)| post.span.since.0).collect();
    let contracts: Vec<Option<chrono::NaiveDate>> =
        new.iter().map(|(.., post)| post.contract_until.map(|day| day.0)).collect();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into posts (id, person_id, station_id, division, person_name, role, is_full_time, is_main, kind, route,
            rank, since, contract_until, created_at)
        select id, person_id, station_id, division, person_name, role, is_full_time, true, kind, route, rank, since,
            contract_until, $13
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
            $9::text[], $10::text[], $11::date[], $12::date[])
            as new (id, person_id, station_id, division, person_name, role, is_full_time, kind, route, rank, since,
                contract_until)
        ",
        &ids,
        &persons,
        &stations,
        &divisions,
        &names,
        &text(|post| post.role.as_str()),
        &full,
        &text(|post| post.kind.as_str()),
        &text(|post| post.route.as_str()),
        &text(|post| post.rank.as_str()),
        &since,
        &contracts as &[Option<chrono::NaiveDate>],
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&[(
        "posts_one_head_at_a_time",
        "role",
        "同一个站点有两个站长。没有导入任何人员，请改好后重新上传。",
    )])?;
    point.commit().await?;
    Ok(())
}

/// Updates many persons; if somebody changed one of them meanwhile, none is updated.
pub async fn update_all(tx: &mut Tx, changed: &[&Person]) -> Result<()> {
    for person in changed {
        super::update(tx, person).await.map_err(|error| match error {
            Error::Problems(why) => Error::refused(why.to_string()),
            other => other,
        })?;
    }
    Ok(())
}
