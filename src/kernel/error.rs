use std::borrow::Cow;

use super::Problems;

/// The one error of the application, by what the person can do next. How it
/// looks is `web::errors`' business.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("请先登录。")]
    SignedOut,
    /// The person's role does not allow this.
    #[error("您现在的岗位不办理这项工作。")]
    Forbidden,
    /// Not there, or out of reach: the two must look the same.
    #[error("没有这个页面，或者它不在您的管辖范围内。")]
    NotFound,
    /// Well-formed, but the present state of things does not allow it: 409.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// What was typed can't be taken: 422, each problem shown at its field.
    #[error("{0}")]
    Problems(Problems),
    /// What was sent is larger than this page takes.
    #[error("发送的内容太大，没有收下。请缩小文件后再上传。")]
    TooLarge,
    /// Tried too often; the number of seconds to wait.
    #[error("尝试次数较多，请 {0} 秒后再试。")]
    TooMany(i64),
    /// The database can't be reached just now.
    #[error("数据库暂时连不上，刚才的内容没有保存。请过一分钟再试。")]
    Unavailable,
    /// The database broke off while the work was being committed: it may or may not be
    /// saved, and only a look can tell.
    #[error("数据库没有及时回答，不知道刚才的内容有没有保存。请先打开相应的页面看一看，没有保存的再做一次。")]
    Unsure,
    /// All slots for work of this kind are taken.
    #[error("这会儿办理的人太多，刚才的内容没有保存。请过一分钟再试。")]
    Busy,
    /// A bug, or the world broke. Logged in full, shown without detail.
    #[error("服务器出了问题，刚才的操作没有完成。")]
    Internal(#[source] anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn refused(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(why.into())
    }

    /// One problem, at its field.
    pub fn at(field: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Problems(Problems::one(field, why.into()))
    }

    /// What cannot be, unless we or the data are wrong.
    pub fn bug(what: impl std::fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{what}"))
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}
