//! The visitor behind a request, and the units of work begun for them.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header::COOKIE, request::Parts},
};

use super::{App, Chrome, Face};
use crate::{
    access::{Act, Reach, Role, Scope},
    db::{Db, Mode, Tx},
    kernel::{AccountId, DivisionCode, Error, PersonId, Result, SessionId},
};

/// The signed-in account behind a request, set by `accounts::sessions`.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub account: AccountId,
    /// The account's person on the staff register.
    pub person: Option<PersonId>,
    pub session: SessionId,
    pub password_is_code: bool,
    /// Number of grants the account holds; with more than one, the visitor can switch.
    pub grants: i64,
    /// Name of the division within their reach, if known.
    pub place: Option<String>,
    /// The person they deputise for (代理).
    pub acting_for: Option<String>,
    pub face: Face,
    pub root: DivisionCode,
}

/// A signed-in visitor's request, with access to the data.
#[derive(Clone, Debug)]
pub struct Visit {
    db: Db,
    mode: Mode,
    path: String,
    told: Option<&'static str>,
    large_type: bool,
    pub visitor: Visitor,
}

impl Visit {
    /// Begins a unit of work within the visitor's scope, read-only for a GET. Call it after the
    /// form has arrived, so that a slow sender holds no connection.
    pub async fn begin(&self) -> Result<Tx> {
        self.db.begin(&self.visitor.scope, self.mode).await
    }

    /// Begins work on the visitor's own account beyond the reach of the current grant, to name
    /// what their other grants reach.
    pub async fn begin_wide(&self) -> Result<Tx> {
        let mut scope = self.visitor.scope.clone();
        scope.reach = Reach::whole(self.visitor.root.clone());
        self.db.begin(&scope, self.mode).await
    }

    /// Begins an export: one snapshot, on the export pool.
    pub async fn begin_export(&self) -> Result<Tx> {
        self.db.begin(&self.visitor.scope, Mode::Export).await
    }

    /// True if the visitor may do `act` for the whole network: has the permission and reaches all
    /// of it.
    pub fn rules(&self, act: Act) -> bool {
        self.visitor.role.may(act) && self.visitor.scope.reach.division == self.visitor.root
    }

    /// The authority for a place: its civil affairs bureau, or the network's own authority for
    /// the whole network.
    pub fn authority_of(&self, place: &DivisionCode, name: &str) -> String {
        if *place == self.visitor.root { self.visitor.face.authority.clone() } else { format!("{name}民政局") }
    }

    pub fn chrome(&self) -> Chrome {
        Chrome {
            visitor: Some(self.visitor.clone()),
            path: self.path.clone(),
            told: self.told,
            large_type: self.large_type,
        }
    }
}

/// Flash message for the `done` key of a redirect after a write.
fn told(query: &str) -> Option<&'static str> {
    let key = query.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    Some(match key {
        "saved" => "已保存。",
        "created" => "已新建。",
        "moved" => "已迁移，原区划和新区划的数字正在重新计算。",
        "merged" => "已合并。",
        "state" => "状态已变更。",
        "imported_before" => "这份表格刚才已经导入，没有重复导入。",
        "imported" => "已导入。",
        "password" => "密码已修改，其他设备上的登录已退出。",
        "ended" => "已退出那台设备上的登录。",
        "switched" => "已切换岗位。",
        "locked" => "账号已锁定，正在使用的登录已全部退出。",
        "unlocked" => "账号已解锁。",
        "wait_lifted" => "已解除等待，可以马上再试。",
        "saved_in_part" => "已保存，但有格子填得不对，没有计入，见下面标红的格子。",
        "left" => "已办理离岗，登录已全部退出，岗位授权已终止。",
        "granted" => "已授权。",
        "revoked" => "授权已终止，正在使用它的登录已全部退出。",
        "founded" => "网络已建立。",
        "entered" => "已提交，等站长或上级确认后计入学时。",
        "asked" => "已提出申请，等上级办理。",
        "again" => "这张表单刚才已经保存过，没有重复保存。后来改了内容的，请在这里修改。",
        "deleted" => "已删除。",
        "withdrawn" => "已撤回，可以继续修改，改好后再提交。",
        "passed" => "已通过。",
        "returned" => "已退回，填报人会看到原因和要改的格子。",
        "consented" => "已同意更正，站长可以修改后重新提交。",
        "declined" => "已答复：不同意更正。",
        "abandoned" => "已放弃更正，仍以审定的数字为准。",
        "filled_in" => "已填入，请核对。还没有提交。",
        "read" => "已全部标为读过。",
        "requested" => "已提交付款申请。",
        "returned_request" => "已退回付款申请。",
        "approved" => "已批准，可以登记付款。",
        "paid" => "已登记付款。",
        "withheld" => "已登记不予支付。",
        "reversed" => "已冲销。",
        "advanced" => "项目已推进。",
        "filed" => "已报送上级，等待确认。",
        "extended" => "已延期。",
        "sheet" => "评分已提交。",
        "moderated" => "这个站点已完成合议。结果还没有公开，全部站点合议后统一发布。",
        "released" => "结果已发布，开始公示。",
        "drawn" => "专家已经抽取，每站都安排好了。",
        "drawn_short" => "专家已经抽取，但有的站点可用的专家不够，请看下面标出的站点。",
        "opened" => "自评已经开放，站长的首页会看到。",
        "order_plan" => "整改措施已报上。改好以后在这里报整改结果。",
        "order_report" => "整改结果已报送，等复查。",
        "order_return" => "已退回，站点会看到原因和新的期限。",
        "order_close" => "复查通过，已销号。",
        "order_withdraw" => "已撤销。",
        "taken_back" => "牌匾已收回。",
        "survey_opened" => "调查已开始。下一步：生成问卷码，到各站点打印。",
        "answers_kept" => "问卷已录入。",
        "ordered" => "整改已下达，站长的首页会看到。",
        "awarded" => "已授牌。",
        "slips" => "问卷码已补足，可以打印了。",
        "survey_closed" => "调查已结束，结果已填入还没有评完分的站点。",
        "figures" => "已按现在的记录更新系统数据。",
        "submitted" => "自评已提交，等待专家实地评估。",
        "published" => "已发布，从现在起不能再改。",
        _ => return None,
    })
}

/// True if the browser's cookie asks for large type (大字版).
pub(super) fn large_type(headers: &HeaderMap) -> bool {
    headers
        .get(COOKIE)
        .and_then(|cookies| cookies.to_str().ok())
        .is_some_and(|cookies| cookies.split("; ").any(|cookie| cookie == "large_type=1"))
}

impl FromRequestParts<App> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let visitor = parts.extensions.get::<Visitor>();
        Ok(Self {
            db: app.db.clone(),
            mode: if parts.method == Method::GET || parts.method == Method::HEAD { Mode::Read } else { Mode::Write },
            path: parts.uri.path().to_owned(),
            told: parts.uri.query().and_then(told),
            large_type: large_type(&parts.headers),
            visitor: visitor.ok_or(Error::SignedOut)?.clone(),
        })
    }
}
