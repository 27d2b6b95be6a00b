//! Values and rules that every feature shares. No I/O, no HTTP, no SQL.

mod credit_code;
mod day;
mod division;
mod error;
mod id_number;
mod ids;
mod money;
mod paging;
mod points;
mod problems;
mod ratio;
mod sound;
mod text;
mod words;

pub use credit_code::credit_code;
pub use day::{Day, Month, beijing, moment};
pub use division::{DivisionCode, Level};
pub use error::{Error, Result};
pub use id_number::{IdNumber, masked_id_number, masked_name, masked_phone};
pub use ids::{
    AccountId, AgencyId, CertificateId, DrawId, EducationId, EvaluationId, FileId, FilingId, GrantId, ImportId, JobId,
    NetworkId, NoticeId, OrderId, PersonId, PostId, ProjectId, RegistrationId, ReminderId, RoundId, RubricId, RuleId,
    SessionId, StationId, TransferId,
};
pub use money::{MOST_MONEY, capitals, money, plain_yuan, yuan};
pub use paging::{Listed, PAGE_SIZES, Paging};
pub use points::{Points, half_up};
pub use problems::{Problem, Problems};
pub use ratio::{exact_percent, least_of, most_of, percent, portion, ratio_bp};
pub use sound::{initials, sounds};
pub use text::{amount, amount_text, grouped, hex, line, number, phone, plain_digits, tenths, tenths_text, url_part};
