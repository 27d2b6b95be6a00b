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
    ("amount", "金额"),
    ("answer", "答复"),
    ("appeal_days", "复核申请期"),
    ("area_m2", "面积"),
    ("authority", "主管部门名称"),
    ("awarded_on", "成交（中标）日期"),
    ("back", "原因"),
    ("background", "来源"),
    ("bands", "等级"),
    ("basis", "依据"),
    ("bids", "投标情况"),
    ("bonus_over", "加分"),
    ("born_on", "出生日期"),
    ("budget", "预算"),
    ("by", "调查员"),
    ("category", "类别"),
    ("certificate", "证书"),
    ("channel", "问卷来源"),
    ("clients", "服务对象"),
    ("closes_on", "收问卷结束"),
    ("code", "编号"),
    ("combination", "专家分数合成"),
    ("comment", "总体意见"),
    ("committed_hours", "承诺服务小时"),
    ("contact", "联系人"),
    ("content", "服务内容"),
    ("contract_number", "合同编号"),
    ("contract_until", "合同到期日"),
    ("credit_code", "统一社会信用代码"),
    ("current", "现在的密码"),
    ("decision", "意见"),
    ("deduction", "扣减"),
    ("deduction_why", "扣减原因"),
    ("deliverables", "服务指标"),
    ("demand", "整改要求"),
    ("display_name", "姓名"),
    ("division", "区划"),
    ("document", "文件"),
    ("due_on", "期限"),
    ("education", "学历"),
    ("email", "邮箱"),
    ("employer", "聘用单位"),
    ("ends_on", "结束日期"),
    ("evidence", "需要的材料"),
    ("executors", "执行方"),
    ("extend_to", "延到哪一天"),
    ("file", "文件"),
    ("file_quota_mb", "附件空间上限"),
    ("findings", "评估发现"),
    ("founded_on", "成立日期"),
    ("from", "调出科目"),
    ("from_month", "从哪个月起"),
    ("general_label", "县级站点的名称"),
    ("grade", "等级"),
    ("grades", "等级"),
    ("held_on", "日期"),
    ("hours", "学时"),
    ("id_number", "身份证号"),
    ("into", "并入"),
    ("invoice", "发票号码"),
    ("is_full_time", "专职或兼职"),
    ("is_hard", "不符合时"),
    ("issued_on", "发证日期"),
    ("items", "合同明细"),
    ("kind", "种类"),
    ("label", "材料名称"),
    ("legal_person", "法定代表人"),
    ("level", "级别"),
    ("levels", "站点"),
    ("line", "预算科目"),
    ("lines", "预算科目"),
    ("logo_text", "标志文字"),
    ("lot", "包号"),
    ("measures", "整改措施"),
    ("mend", "整改要求"),
    ("method", "方式"),
    ("missing", "没有完成"),
    ("moved", "调整金额"),
    ("name", "名称（姓名）"),
    ("new", "新密码"),
    ("note", "说明"),
    ("notice_days", "公示天数"),
    ("notice_on", "公告日期"),
    ("nth", "第几个工作日"),
    ("number", "编号"),
    ("on", "日期"),
    ("onsite_from", "实地评估开始"),
    ("onsite_until", "实地评估结束"),
    ("opened_on", "开站日期"),
    ("opens_on", "收问卷开始"),
    ("paid_on", "付款日期"),
    ("parent", "上级"),
    ("party_a", "甲方"),
    ("party_b", "乙方"),
    ("payee", "收款方"),
    ("pays", "付款计划"),
    ("phone", "电话"),
    ("pick", "材料"),
    ("picked", "专家"),
    ("place", "地方"),
    ("plan_number", "采购计划编号"),
    ("plaque_on", "授牌日期"),
    ("points", "分值"),
    ("political_status", "政治面貌"),
    ("position", "位置"),
    ("prefix", "文号前缀"),
    ("proof", "整改情况"),
    ("provider", "主办单位"),
    ("purchasers", "购买方"),
    ("purposes", "允许的方向"),
    ("rank", "岗位等级"),
    ("reason", "原因"),
    ("registered_with", "登记机关"),
    ("result", "年检结果"),
    ("role", "岗位"),
    ("root", "最高一级区划"),
    ("route", "招录方式"),
    ("rows", "问卷"),
    ("rubric", "评分细则"),
    ("score", "得分"),
    ("scorers", "每站专家数"),
    ("seed", "种子"),
    ("self_until", "自评截止"),
    ("served", "服务区划"),
    ("setting", "评分设置"),
    ("sex", "性别"),
    ("share", "比例"),
    ("signed_on", "签订日期"),
    ("since", "开始日期"),
    ("slips", "问卷码"),
    ("source", "数据来源"),
    ("sources", "资金来源"),
    ("spent_on", "支出日期"),
    ("spread", "分差上限"),
    ("standing", "状态"),
    ("starts_on", "服务开始"),
    ("state", "状态"),
    ("station", "站点"),
    ("stations", "站点"),
    ("summary", "自评报告"),
    ("taken", "资金来源"),
    ("template", "从哪里开始"),
    ("text", "内容"),
    ("title", "内容"),
    ("to", "调往（迁往）"),
    ("to_line", "调入科目"),
    ("township", "落地乡镇（街道）"),
    ("until", "最后日期"),
    ("user_name", "用户名"),
    ("valid_from", "有效期起"),
    ("valid_to", "有效期止"),
    ("valid_until", "有效期"),
    ("venue", "依托场所"),
    ("voucher", "凭证号"),
    ("weights", "满意度权重"),
    ("what", "用途"),
    ("why", "原因"),
    ("words", "意见或原因"),
    ("works", "安排"),
    ("year", "年份（年度）"),
    ("zero_on", "计零情形"),
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
    /// What a page's title begins with when there are any.
    pub fn mark(&self) -> &'static str {
        if self.is_empty() { "" } else { "错误：" }
    }

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
