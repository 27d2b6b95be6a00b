//! Statements behind persons and their linked accounts.

use crate::{
    db::{AtField, Tx},
    features::people::persons::model::{Education, Employer, Person, PoliticalStatus, Sex},
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, FileId, PersonId, Result, StationId},
};

const ID_NUMBER: &str = "persons.id_number";
const PHONE: &str = "persons.phone";

const CONSTRAINTS: [(&str, &str, &str); 1] = [(
    "persons_id_number_once",
    "id_number",
    "这个身份证号已经登记过，请到人员名册里查找；如果名册里没有，这个人在您的管辖范围之外，请由上级主管部门办理调动。",
)];

/// A row as stored.
struct Row {
    id: PersonId,
    division: DivisionCode,
    station: Option<StationId>,
    name: String,
    sex: Sex,
    born_on: Day,
    id_number: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    education: Education,
    political_status: PoliticalStatus,
    agency: Option<AgencyId>,
    employer: String,
    photo: Option<FileId>,
    version: i32,
}

impl Row {
    fn opened(self, tx: &Tx) -> Result<Person> {
        Ok(Person {
            id_number: tx.open(ID_NUMBER, self.id, self.id_number.as_deref())?,
            phone: tx.open(PHONE, self.id, self.phone.as_deref())?,
            id: self.id,
            division: self.division,
            station: self.station,
            name: self.name,
            sex: self.sex,
            born_on: self.born_on,
            education: self.education,
            political_status: self.political_status,
            employer: self.agency.map_or(Employer::Authority(self.employer), Employer::Agency),
            photo: self.photo,
            version: self.version,
        })
    }
}

/// Persons by id or by fingerprints of their ID numbers.
async fn wanted(tx: &mut Tx, id: Option<PersonId>, prints: &[Vec<u8>]) -> Result<Vec<Person>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id: PersonId", division as "division: DivisionCode", station_id as "station: StationId", name,
               sex as "sex: Sex", born_on as "born_on: Day", id_number, phone, education as "education: Education",
               political_status as "political_status: PoliticalStatus", agency_id as "agency: AgencyId", employer,
               photo_id as "photo: FileId", version
        from persons where id = $1 or id_number_print = any($2)
        "#,
        id.map(|id| id.0),
        prints,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| row.opened(tx)).collect()
}

pub async fn find(tx: &mut Tx, id: PersonId) -> Result<Person> {
    wanted(tx, Some(id), &[]).await?.pop().ok_or(Error::NotFound)
}

/// Persons within reach with one of these ID numbers.
pub async fn find_by_print(tx: &mut Tx, numbers: &[String]) -> Result<Vec<Person>> {
    let prints: Vec<Vec<u8>> = numbers.iter().map(|number| tx.fingerprint(ID_NUMBER, number)).collect::<Result<_>>()?;
    wanted(tx, None, &prints).await
}

/// True if the current key decrypts this network's data, or if nothing is encrypted yet.
pub async fn opens(tx: &mut Tx) -> Result<bool> {
    let sealed = sqlx::query!(
        r#"select id as "id: PersonId", id_number from persons where id_number is not null order by id limit 1"#,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(sealed.is_none_or(|row| tx.open(ID_NUMBER, row.id, row.id_number.as_deref()).is_ok()))
}

/// A person's numbers and employer as columns.
type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<AgencyId>, String);

pub(super) fn sealed(tx: &Tx, person: &Person) -> Result<Sealed> {
    let print = if person.id_number.is_empty() { None } else { Some(tx.fingerprint(ID_NUMBER, &person.id_number)?) };
    let (agency, employer) = match &person.employer {
        Employer::Agency(id) => (Some(*id), String::new()),
        Employer::Authority(name) => (None, name.clone()),
    };
    let id_number = tx.seal(ID_NUMBER, person.id, &person.id_number)?;
    Ok((id_number, print, tx.seal(PHONE, person.id, &person.phone)?, agency, employer))
}

pub async fn insert(tx: &mut Tx, new: &Person) -> Result<()> {
    let now = tx.now();
    let (id_number, print, phone, agency, employer) = sealed(tx, new)?;
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into persons (id, division, station_id, name, search, sex, born_on, id_number, id_number_print, phone,
            education, political_status, agency_id, employer, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ",
        new.id.0,
        new.division.as_str(),
        new.station.map(|id| id.0),
        new.name,
        new.search(),
        new.sex.as_str(),
        new.born_on.0,
        id_number,
        print,
        phone,
        new.education.as_str(),
        new.political_status.as_str(),
        agency.map(|id| id.0),
        employer,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    Ok(())
}

const STALE: &str =
    "您打开这个页面以后，有人改过这个人的信息，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// Updates a person; refuses if somebody else saved first. A new name is copied to their cards.
pub async fn update(tx: &mut Tx, new: &Person) -> Result<()> {
    let (id_number, print, phone, agency, employer) = sealed(tx, new)?;
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update persons set name = $3, search = $4, sex = $5, born_on = $6, id_number = $7, id_number_print = $8,
            phone = $9, education = $10, political_status = $11, agency_id = $12, employer = $13, version = version + 1
        where id = $1 and version = $2
        ",
        new.id.0,
        new.version,
        new.name,
        new.search(),
        new.sex.as_str(),
        new.born_on.0,
        id_number,
        print,
        phone,
        new.education.as_str(),
        new.political_status.as_str(),
        agency.map(|id| id.0),
        employer,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved != 1 {
        return Err(Error::at("version", STALE));
    }
    sqlx::query!("update posts set person_name = $2 where person_id = $1 and person_name <> $2", new.id.0, new.name)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_photo(tx: &mut Tx, id: PersonId, photo: FileId) -> Result<()> {
    sqlx::query!("update persons set photo_id = $2, version = version + 1 where id = $1", id.0, photo.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Links the account of a user name to a person. Returns the account.
pub async fn link_account(tx: &mut Tx, id: PersonId, user_name: &str) -> Result<AccountId> {
    let mut point = tx.savepoint().await?;
    let linked = sqlx::query_scalar!(
        r#"
        update accounts set person_id = $1, version = version + 1
        where user_name = lower($2) and left_at is null and (person_id is null or person_id = $1)
          and display_name = (select name from persons where id = $1)
          and exists (
              select from grants
              where grants.network_id = accounts.network_id and grants.account_id = accounts.id and ended_at is null
                and role in ('station_head', 'social_worker'))
        returning id as "id: AccountId"
        "#,
        id.0,
        user_name,
    )
    .fetch_optional(&mut *point)
    .await
    .at_field(&[("accounts_one_for_person", "user_name", "这个人已经关联了另一个账号。")])?;
    point.commit().await?;
    linked.ok_or_else(|| Error::at("user_name", "不能关联这个账号：用户名要对、账号的姓名要和这个人相同、岗位要是站长或社工，而且没有关联别人。请向系统管理员核对。"))
}

/// Unlinks any account from this person.
pub async fn unlink_account(tx: &mut Tx, id: PersonId) -> Result<()> {
    sqlx::query!("update accounts set person_id = null, version = version + 1 where person_id = $1", id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// User name of the account linked to a person.
pub async fn of_account(tx: &mut Tx, id: PersonId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!("select user_name from accounts where person_id = $1 and left_at is null", id.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(name)
}
