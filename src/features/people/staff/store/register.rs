//! Statements behind the register: persons filtered, sorted and counted.

use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    features::people::persons::{PostRank, PostRole, Sex},
    kernel::{Day, DivisionCode, Listed, Paging, PersonId, Result, StationId, plain_digits},
    words,
};

words! {
    /// Filter by certificate standing.
    Certified {
        Valid = "valid", "登记有效";
        Window = "window", "可办继续登记";
        Lapsed = "lapsed", "登记失效";
        Unregistered = "unregistered", "有证书未登记";
        Without = "none", "没有证书";
    }
}

words! {
    /// Filter by having a post today.
    Working {
        Working = "working", "在岗";
        Left = "left", "离岗";
    }
}

/// Filter of the register, as submitted. Blank means all, except for `working`: blank means persons
/// in post, `all` means everybody.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub division: String,
    pub station: String,
    pub agency: String,
    pub role: String,
    pub level: String,
    pub certified: String,
    pub working: String,
    /// With education that waits for confirmation.
    pub waiting: String,
    pub sort: String,
}

impl Filter {
    pub fn narrows(&self) -> bool {
        [
            &self.q,
            &self.waiting,
            &self.division,
            &self.station,
            &self.agency,
            &self.role,
            &self.level,
            &self.certified,
            &self.working,
        ]
        .iter()
        .any(|field| !field.is_empty())
    }
}

/// A person in the register. Numbers are still encrypted.
#[derive(Debug)]
pub struct Row {
    pub id: PersonId,
    pub name: String,
    pub sex: Sex,
    pub born_on: Day,
    pub phone: Option<Vec<u8>>,
    pub id_number: Option<Vec<u8>>,
    pub employer: String,
    pub station: Option<StationId>,
    pub station_name: Option<String>,
    pub station_code: Option<String>,
    pub division_name: String,
    pub role: Option<PostRole>,
    pub is_full_time: Option<bool>,
    pub rank: Option<PostRank>,
    pub since: Option<Day>,
}

struct Wanted {
    terms: Vec<String>,
    from: String,
    to: String,
    station: Option<uuid::Uuid>,
    agency: Option<uuid::Uuid>,
    working: String,
    certified: String,
    window: Day,
}

impl Filter {
    /// Unreadable values match nothing rather than everything.
    fn wanted(&self, today: Day) -> Wanted {
        let division = match self.division.as_str() {
            "" => Some(DivisionCode::country()),
            code => DivisionCode::parse(code).ok(),
        };
        let (from, to) = division.map_or(("~".to_owned(), "~".to_owned()), |d| (d.as_str().to_owned(), d.end()));
        let id = |text: &str| if text.is_empty() { None } else { Some(text.parse().unwrap_or_default()) };
        let known = |known: bool, text: &str| if text.is_empty() || known { text.to_owned() } else { "?".to_owned() };
        Wanted {
            terms: plain_digits(&self.q).to_lowercase().split_whitespace().map(ToOwned::to_owned).collect(),
            from,
            to,
            station: id(&self.station),
            agency: id(&self.agency),
            working: match self.working.as_str() {
                "all" => "all",
                typed => Working::parse(typed).unwrap_or(Working::Working).as_str(),
            }
            .to_owned(),
            certified: known(Certified::parse(&self.certified).is_some(), &self.certified),
            // Validity that ends before this day is in its window: the last three months.
            window: today.plus_months(3),
        }
    }
}

/// A query over matching persons; see `stations::store::register`.
macro_rules! wanted_persons {
    ($macro:ident ! ($($into:ty)?), $filter:expr, $wanted:expr, $today:expr, [$head:literal $(, $tail:literal)*] $(, $more:expr)*) => {
        sqlx::$macro!(
            $($into,)?
            $head
                + r"
            persons
            where (persons.division >= $1 and persons.division < $2 or exists (
                  select from posts
                  where posts.network_id = persons.network_id and posts.person_id = persons.id
                    and posts.division >= $1 and posts.division < $2
                    and posts.since <= $7 and (posts.until is null or posts.until >= $7)))
              and (cardinality($3::text[]) = 0
                  or (select bool_and(strpos(search, term) > 0) from unnest($3::text[]) as term))
              and ($4::uuid is null or persons.station_id = $4 or exists (
                  select from posts
                  where posts.network_id = persons.network_id and posts.person_id = persons.id
                    and posts.station_id = $4 and posts.since <= $7 and (posts.until is null or posts.until >= $7)))
              and ($5::uuid is null or persons.agency_id = $5)
              -- Not `exists`: it would ask for each person, where this reads the posts once.
              and ($6 = 'all' or ($6 = 'working') = (persons.id in (
                  select posts.person_id from posts
                  where posts.since <= $7 and (posts.until is null or posts.until >= $7))))
              and ($8 = '' or exists (
                  select from posts
                  where posts.network_id = persons.network_id and posts.person_id = persons.id and posts.role = $8
                    and posts.since <= $7 and (posts.until is null or posts.until >= $7)))
              and ($9 = '' or exists (
                  select from certificates
                  where certificates.network_id = persons.network_id and certificates.person_id = persons.id
                    and certificates.level = $9))
              and (not $12 or exists (
                  select from education_entries
                  where education_entries.network_id = persons.network_id
                    and education_entries.person_id = persons.id and confirmed_at is null and refused_why = ''))
              and ($10 = '' or (
                  select case
                      when count(*) = 0 then 'none'
                      when max(valid_to) is null then 'unregistered'
                      when max(valid_to) < $7 then 'lapsed'
                      when max(valid_to) < $11 then 'valid window'
                      else 'valid' end
                  from certificates
                  left join registrations on registrations.network_id = certificates.network_id
                      and registrations.certificate_id = certificates.id
                  where certificates.network_id = persons.network_id and certificates.person_id = persons.id
              ) like '%' || $10 || '%')
            "
                $(+ $tail)*,
            $wanted.from,
            $wanted.to,
            &$wanted.terms,
            $wanted.station,
            $wanted.agency,
            $wanted.working,
            $today.0,
            $filter.role,
            $filter.level,
            $wanted.certified,
            $wanted.window.0,
            !$filter.waiting.is_empty()
            $(, $more)*
        )
    };
}

macro_rules! ordered_rows {
    ($order:literal, $filter:expr, $wanted:expr, $today:expr, $limit:expr, $offset:expr) => {
        wanted_persons!(
            query_as!(Row),
            $filter,
            $wanted,
            $today,
            [
                r#"
            select persons.id as "id: PersonId", persons.name, persons.sex as "sex: Sex",
                   persons.born_on as "born_on: Day", persons.phone, persons.id_number,
                   coalesce(agencies.name, persons.employer) as "employer!", persons.station_id as "station: StationId",
                   stations.name as "station_name?", stations.code as "station_code?", divisions.name as "division_name!",
                   main.role as "role?: PostRole", main.is_full_time as "is_full_time?", main.rank as "rank?: PostRank",
                   main.since as "since?: Day"
            from (select * from "#,
                $order,
                r"
                limit $13 offset $14
            ) as persons
            join divisions on divisions.network_id = persons.network_id and divisions.code = persons.division
            left join stations on stations.network_id = persons.network_id and stations.id = persons.station_id
            left join agencies on agencies.network_id = persons.network_id and agencies.id = persons.agency_id
            left join lateral (
                select role, is_full_time, rank, since from posts
                where posts.network_id = persons.network_id and posts.person_id = persons.id and is_main
                  and since <= $7 and (until is null or until >= $7) limit 1
            ) as main on true
            ",
                $order
            ],
            $limit,
            $offset
        )
    };
}

/// Rows of the register, sorted.
pub async fn rows(tx: &mut Tx, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<Row>> {
    let today = tx.today();
    let wanted = filter.wanted(today);
    let conn = tx.conn();
    let rows = match filter.sort.as_str() {
        "name" => {
            ordered_rows!("order by persons.name collate zh, persons.id", filter, wanted, today, limit, offset)
                .fetch_all(conn)
                .await?
        }
        _ => {
            ordered_rows!("order by persons.division, persons.id", filter, wanted, today, limit, offset)
                .fetch_all(conn)
                .await?
        }
    };
    Ok(rows)
}

/// A page of the register.
pub async fn page(tx: &mut Tx, filter: &Filter, paging: Paging) -> Result<Listed<Row>> {
    let today = tx.today();
    let wanted = filter.wanted(today);
    let total = wanted_persons!(query_scalar!(), filter, wanted, today, [r#"select count(*) as "count!" from "#, ""])
        .fetch_one(tx.conn())
        .await?;
    let paging = paging.within(total);
    let rows = rows(tx, filter, paging.size(), paging.offset()).await?;
    Ok(Listed { rows, total, paging })
}
