//! The application's one error type, sorted by what the visitor can do next.

use std::borrow::Cow;

use super::Problems;

/// The application's error, sorted by what the visitor can do next. `web::errors` renders it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("请先登录。")]
    SignedOut,
    /// The visitor's role does not allow this.
    #[error("您现在的岗位不办理这项工作。")]
    Forbidden,
    /// Does not exist or is out of reach; the two must look the same.
    #[error("没有这个页面，或者它不在您的管辖范围内。")]
    NotFound,
    /// Valid input that the current state does not allow: 409.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// Invalid input: 422, each problem shown at its field.
    #[error("{0}")]
    Problems(Problems),
    /// The request body exceeds the route's limit.
    #[error("发送的内容太大，没有收下。请缩小文件后再上传。")]
    TooLarge,
    /// Too many tries; holds the seconds to wait.
    #[error("尝试次数较多，请 {0} 秒后再试。")]
    TooMany(i64),
    /// The database is unreachable at the moment.
    #[error("数据库暂时连不上，刚才的内容没有保存。请过一分钟再试。")]
    Unavailable,
    /// The connection failed during the commit: the work may or may not be saved, and the visitor
    /// has to check.
    #[error("数据库没有及时回答，不知道刚才的内容有没有保存。请先打开相应的页面看一看，没有保存的再做一次。")]
    Unsure,
    /// All slots for this kind of work are in use.
    #[error("这会儿办理的人太多，刚才的内容没有保存。请过一分钟再试。")]
    Busy,
    /// A bug or a failing environment. Logged in full, shown without detail.
    #[error("服务器出了问题，刚才的操作没有完成。")]
    Internal(#[source] anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn refused(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(why.into())
    }

    /// A single problem at its field.
    pub fn at(field: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Problems(Problems::one(field, why.into()))
    }

    /// A state that only a bug or corrupt data can cause.
    pub fn bug(what: impl std::fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{what}"))
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}
