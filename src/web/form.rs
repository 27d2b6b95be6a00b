use std::fmt::Display;

use uuid::Uuid;

use crate::kernel::{Error, Result};

/// One thing wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub why: String,
}

/// What fields are called where their problem stands apart from them. A field that is
/// missing here is one whose problem names it itself.
const LABELS: &[(&str, &str)] = &[
    ("account", "人员"),
    ("address", "地址"),
    ("again", "再填一次新密码"),
    ("agency", "承接机构"),
    ("area_m2", "面积"),
    ("authority", "主管部门名称"),
    ("born_on", "出生日期"),
    ("category", "类别"),
    ("code", "编号"),
    ("contact", "联系人"),
    ("contract_until", "合同到期日"),
    ("credit_code", "统一社会信用代码"),
    ("current", "现在的密码"),
    ("decision", "意见"),
    ("display_name", "姓名"),
    ("division", "区划"),
    ("education", "学历"),
    ("email", "邮箱"),
    ("employer", "聘用单位"),
    ("extend_to", "延到哪一天"),
    ("file", "文件"),
    ("file_quota_mb", "附件空间上限"),
    ("founded_on", "成立日期"),
    ("from_month", "从哪个月起"),
    ("general_label", "县级站点的名称"),
    ("held_on", "日期"),
    ("hours", "学时"),
    ("id_number", "身份证号"),
    ("into", "并入"),
    ("is_full_time", "专职或兼职"),
    ("issued_on", "发证日期"),
    ("kind", "种类"),
    ("legal_person", "法定代表人"),
    ("level", "级别"),
    ("logo_text", "标志文字"),
    ("name", "名称（姓名）"),
    ("new", "新密码"),
    ("nth", "第几个工作日"),
    ("number", "证书编号"),
    ("on", "日期"),
    ("opened_on", "开站日期"),
    ("parent", "上级站点"),
    ("phone", "电话"),
    ("political_status", "政治面貌"),
    ("position", "位置"),
    ("provider", "主办单位"),
    ("rank", "岗位等级"),
    ("reason", "原因"),
    ("registered_with", "登记机关"),
    ("result", "年检结果"),
    ("role", "岗位"),
    ("root", "最高一级区划"),
    ("route", "招录方式"),
    ("served", "服务区划"),
    ("sex", "性别"),
    ("since", "开始（到岗）日期"),
    ("standing", "状态"),
    ("state", "状态"),
    ("station", "站点"),
    ("stations", "站点"),
    ("title", "内容"),
    ("to", "调往（迁往）"),
    ("until", "最后日期"),
    ("user_name", "用户名"),
    ("valid_from", "有效期起"),
    ("valid_to", "有效期止"),
    ("venue", "依托场所"),
    ("why", "原因"),
    ("words", "写明要怎么改"),
    ("works", "安排"),
    ("year", "年份"),
];

impl Problem {
    /// What the field is called.
    pub fn label(&self) -> &'static str {
        LABELS.iter().find(|(field, _)| *field == self.field).map_or("", |(_, label)| label)
    }
}

/// What is wrong with a form, field by field.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Keeps the good value, or notes the problem under its field.
    pub fn check<T, E: Display>(&mut self, field: &'static str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|why| self.note(field, why.to_string())).ok()
    }

    pub fn note(&mut self, field: &'static str, why: impl Into<String>) {
        self.0.push(Problem { field, why: why.into() });
    }

    /// Takes over what another part of the form found, at fields that have no problem yet.
    pub fn absorb(&mut self, other: Self) {
        for problem in other.0 {
            if self.on(problem.field).is_none() {
                self.0.push(problem);
            }
        }
    }

    pub fn on(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.why.as_str())
    }

    pub fn all(&self) -> &[Problem] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, unless something was noted.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    pub fn one(field: &'static str, why: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.note(field, why);
        problems
    }
}

/// What a store refused at a field, apart from what went wrong otherwise.
pub fn checked<T>(stored: Result<T>) -> Result<Result<T, Problems>> {
    match stored {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Problem(field, why)) => Ok(Err(Problems::one(field, why))),
        Err(error) => Err(error),
    }
}

/// Whether a choice of a form is the one that was made.
pub fn chosen(key: impl AsRef<str>, value: impl AsRef<str>) -> bool {
    key.as_ref() == value.as_ref()
}

/// A fresh key for a form that could be sent twice.
pub fn form_key() -> String {
    Uuid::new_v4().to_string()
}

/// The key a form carried.
pub fn key_of(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::refused("页面已过期，没有保存。请返回上一页，刷新后再提交。"))
}
