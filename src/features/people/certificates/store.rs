//! Statements behind certificates and registrations. Their tables are open to the whole network:
//! pages pass in persons they have already found within reach.

use super::model::{Level, NewCertificate, Registration, RegistrationKind, RegistrationState, valid_to};
use crate::{
    db::{AtField, Tx},
    kernel::{CertificateId, Day, Error, FileId, PersonId, RegistrationId, Result},
};

const NUMBER: &str = "certificates.number";

const CONSTRAINTS: [(&str, &str, &str); 2] = [
    ("certificates_level_once", "level", "这个人已经登记了这一级别的证书，请修改原来的那一本。"),
    ("certificates_number_once", "number", "这个证书编号已经登记在别人名下，请核对。"),
];

#[derive(Clone, Debug)]
pub struct Certificate {
    pub id: CertificateId,
    pub person: PersonId,
    pub level: Level,
    pub number: String,
    pub issued_on: Day,
    pub scan: Option<FileId>,
    pub version: i32,
    /// Newest first.
    pub registrations: Vec<Registration>,
}

impl Certificate {
    pub fn standing(&self, today: Day) -> super::Standing {
        super::standing(self.issued_on, &self.registrations, today)
    }
}

async fn wanted(tx: &mut Tx, persons: &[PersonId], one: Option<CertificateId>) -> Result<Vec<Certificate>> {
    let ids: Vec<_> = persons.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select certificates.id as "id: CertificateId", certificates.person_id as "person: PersonId",
               level as "level: Level", number, issued_on as "issued_on: Day", scan_id as "scan: FileId",
               certificates.version, registrations.id as "registration?: RegistrationId",
               kind as "kind?: RegistrationKind", state as "state?: RegistrationState", seq as "seq?",
               valid_from as "valid_from?: Day", valid_to as "valid_to?: Day",
               registrations.version as "registration_version?"
        from certificates
        left join registrations on registrations.network_id = certificates.network_id
            and registrations.certificate_id = certificates.id
        where certificates.person_id = any($1) or certificates.id = $2
        order by array_position(array['senior', 'intermediate', 'assistant', 'associate'], level), certificates.id,
                 valid_from desc nulls first, registrations.created_at desc
        "#,
        &ids,
        one.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut certificates: Vec<Certificate> = vec![];
    for row in rows {
        if certificates.last().is_none_or(|last| last.id != row.id) {
            certificates.push(Certificate {
                number: tx.open(NUMBER, row.id, row.number.as_deref())?,
                id: row.id,
                person: row.person,
                level: row.level,
                issued_on: row.issued_on,
                scan: row.scan,
                version: row.version,
                registrations: vec![],
            });
        }
        if let (Some(last), Some(id), Some(kind), Some(state), Some(seq), Some(version)) =
            (certificates.last_mut(), row.registration, row.kind, row.state, row.seq, row.registration_version)
        {
            let valid = row.valid_from.zip(row.valid_to);
            last.registrations.push(Registration { id, kind, state, seq, valid, version });
        }
    }
    Ok(certificates)
}

/// A person's certificates, highest level first.
pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Certificate>> {
    wanted(tx, &[person], None).await
}

/// Certificates of many persons, highest level first for each.
pub async fn find_all(tx: &mut Tx, persons: &[PersonId]) -> Result<Vec<Certificate>> {
    wanted(tx, persons, None).await
}

pub async fn find(tx: &mut Tx, id: CertificateId) -> Result<Certificate> {
    wanted(tx, &[], Some(id)).await?.into_iter().next().ok_or(Error::NotFound)
}

/// The certificate a registration belongs to.
pub async fn of_registration(tx: &mut Tx, id: RegistrationId) -> Result<Certificate> {
    let certificate =
        sqlx::query_scalar!(r#"select certificate_id as "id: CertificateId" from registrations where id = $1"#, id.0)
            .fetch_one(tx.conn())
            .await?;
    find(tx, certificate).await
}

pub async fn insert(tx: &mut Tx, id: CertificateId, person: PersonId, new: &NewCertificate) -> Result<()> {
    let now = tx.now();
    let (number, print) = (tx.seal(NUMBER, id, &new.number)?, tx.fingerprint(NUMBER, &new.number)?);
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into certificates (id, person_id, level, number, number_print, issued_on, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        ",
        id.0,
        person.0,
        new.level.as_str(),
        number,
        print,
        new.issued_on.0,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    Ok(())
}

const STALE: &str =
    "您打开这个页面以后，有人改过这本证书，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

pub async fn update(tx: &mut Tx, id: CertificateId, version: i32, new: &NewCertificate) -> Result<()> {
    let (number, print) = (tx.seal(NUMBER, id, &new.number)?, tx.fingerprint(NUMBER, &new.number)?);
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update certificates set level = $3, number = $4, number_print = $5, issued_on = $6, version = version + 1
        where id = $1 and version = $2
        ",
        id.0,
        version,
        new.level.as_str(),
        number,
        print,
        new.issued_on.0,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved == 1 { Ok(()) } else { Err(Error::at("version", STALE)) }
}

pub async fn set_scan(tx: &mut Tx, id: CertificateId, scan: FileId) -> Result<()> {
    sqlx::query!("update certificates set scan_id = $2, version = version + 1 where id = $1", id.0, scan.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn remove(tx: &mut Tx, id: CertificateId) -> Result<()> {
    sqlx::query!("delete from certificates where id = $1", id.0).execute(tx.conn()).await?;
    Ok(())
}

const OVERLAP: [(&str, &str, &str); 1] =
    [("registrations_do_not_overlap", "valid_from", "和这本证书已有的登记有效期重叠，请核对日期。")];

/// Inserts a registration in its current state, with its first step.
pub async fn register(
    tx: &mut Tx,
    certificate: CertificateId,
    person: PersonId,
    kind: RegistrationKind,
    state: RegistrationState,
    from: Option<Day>,
) -> Result<RegistrationId> {
    let (id, now) = (RegistrationId::new(), tx.now());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into registrations (id, certificate_id, person_id, kind, state, seq, valid_from, valid_to, created_at)
        values ($1, $2, $3, $4, $5, 1, $6, $7, $8)
        ",
        id.0,
        certificate.0,
        person.0,
        kind.as_str(),
        state.as_str(),
        from.map(|day| day.0),
        from.map(|day| valid_to(day).0),
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&OVERLAP)?;
    point.commit().await?;
    note_step(tx, id, 1, state, None).await?;
    settle_reminders(tx, person).await?;
    Ok(id)
}

async fn note_step(
    tx: &mut Tx,
    id: RegistrationId,
    seq: i32,
    state: RegistrationState,
    before: Option<RegistrationState>,
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into registration_steps (registration_id, seq, state, seq_before, state_before, at, by)
        values ($1, $2, $3, $4, $5, $6, $7)
        ",
        id.0,
        seq,
        state.as_str(),
        before.map(|_| seq - 1),
        before.map(RegistrationState::as_str),
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Moves a registration to its next state.
pub async fn step(
    tx: &mut Tx,
    person: PersonId,
    registration: &Registration,
    next: RegistrationState,
    from: Option<Day>,
) -> Result<()> {
    let from = from.or(registration.valid.map(|(from, _)| from));
    let mut point = tx.savepoint().await?;
    let stepped = sqlx::query!(
        "
        update registrations set state = $3, seq = seq + 1, valid_from = $4, valid_to = $5, version = version + 1
        where id = $1 and seq = $2
        ",
        registration.id.0,
        registration.seq,
        next.as_str(),
        from.map(|day| day.0),
        from.map(|day| valid_to(day).0),
    )
    .execute(&mut *point)
    .await
    .at_field(&OVERLAP)?
    .rows_affected();
    point.commit().await?;
    if stepped != 1 {
        return Err(Error::refused("刚才有人更新过这次登记，您的操作没有执行。请刷新后再看。"));
    }
    note_step(tx, registration.id, registration.seq + 1, next, Some(registration.state)).await?;
    settle_reminders(tx, person).await
}

pub async fn remove_registration(tx: &mut Tx, id: RegistrationId) -> Result<()> {
    sqlx::query!("delete from registration_steps where registration_id = $1", id.0).execute(tx.conn()).await?;
    sqlx::query!("delete from registrations where id = $1", id.0).execute(tx.conn()).await?;
    Ok(())
}

/// Closes reminders that no longer matter: validity that now has a successor, or a certificate that
/// is now registered.
async fn settle_reminders(tx: &mut Tx, person: PersonId) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "
        update reminders set settled_at = $2
        where person_id = $1 and settled_at is null and (
            kind in ('lapse_90', 'lapse_30', 'lapse_7', 'window') and exists (
                select from registrations
                where registrations.network_id = reminders.network_id and registrations.person_id = reminders.person_id
                  and registrations.valid_to > reminders.due_on)
            or kind = 'unregistered' and exists (
                select from registrations
                where registrations.network_id = reminders.network_id and registrations.person_id = reminders.person_id
                  and registrations.valid_to is not null))
        ",
        person.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A step of a registration.
#[derive(Debug)]
pub struct Step {
    pub registration: RegistrationId,
    pub state: RegistrationState,
    pub at: chrono::DateTime<chrono::Utc>,
    pub by: String,
}

pub async fn steps(tx: &mut Tx, certificate: CertificateId) -> Result<Vec<Step>> {
    let steps = sqlx::query_as!(
        Step,
        r#"
        select registration_id as "registration: RegistrationId", registration_steps.state as "state: RegistrationState",
               at, by
        from registration_steps
        join registrations on registrations.network_id = registration_steps.network_id
            and registrations.id = registration_id
        where certificate_id = $1 order by registration_id, registration_steps.seq
        "#,
        certificate.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(steps)
}

/// Inserts certificates of persons inserted just before, with the current validity where known; all
/// or none.
pub async fn insert_all(tx: &mut Tx, new: &[(PersonId, &NewCertificate, Option<Day>)]) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let ids: Vec<CertificateId> = new.iter().map(|_| CertificateId::new()).collect();
    let mut numbers: Vec<Option<Vec<u8>>> = vec![];
    let mut prints = vec![];
    for (id, (_, certificate, _)) in ids.iter().zip(new) {
        numbers.push(tx.seal(NUMBER, id, &certificate.number)?);
        prints.push(tx.fingerprint(NUMBER, &certificate.number)?);
    }
    let plain: Vec<_> = ids.iter().map(|id| id.0).collect();
    let persons: Vec<_> = new.iter().map(|(person, ..)| person.0).collect();
    let levels: Vec<String> = new.iter().map(|(_, certificate, _)| certificate.level.as_str().to_owned()).collect();
    let issued: Vec<_> = new.iter().map(|(_, certificate, _)| certificate.issued_on.0).collect();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into certificates (id, person_id, level, number, number_print, issued_on, created_at)
        select *, $7 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::date[])
        ",
        &plain,
        &persons,
        &levels,
        &numbers as &[Option<Vec<u8>>],
        &prints,
        &issued,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    let registered: Vec<_> =
        plain.iter().zip(new).filter_map(|(id, (person, _, from))| Some((*id, person.0, (*from)?))).collect();
    let registrations: Vec<_> = registered.iter().map(|_| RegistrationId::new().0).collect();
    let of: Vec<_> = registered.iter().map(|(id, ..)| *id).collect();
    let whose: Vec<_> = registered.iter().map(|(_, person, _)| *person).collect();
    let from: Vec<_> = registered.iter().map(|(.., from)| from.0).collect();
    let to: Vec<_> = registered.iter().map(|(.., from)| valid_to(*from).0).collect();
    sqlx::query!(
        "
        with registered as (
            insert into registrations (id, certificate_id, person_id, kind, state, seq, valid_from, valid_to, created_at)
            select id, certificate_id, person_id, 'first', 'completed', 1, valid_from, valid_to, $6
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::date[])
                as new (id, certificate_id, person_id, valid_from, valid_to)
            returning network_id, id
        )
        insert into registration_steps (registration_id, seq, state, at, by)
        select id, 1, 'completed', $6, $7 from registered
        ",
        &registrations,
        &of,
        &whose,
        &from,
        &to,
        now,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
