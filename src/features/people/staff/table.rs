//! The import table of persons: its columns, and how a row becomes forms.

use crate::{
    features::people::{
        certificates::{CertificateForm, Level},
        persons::{Education, PersonForm, PoliticalStatus, PostForm, PostKind, PostRank, PostRole, RecruitRoute},
    },
    web::Column,
};

/// The columns, with the field each fills.
pub const COLUMNS: [(&str, &str); 21] = [
    ("姓名", "name"),
    ("身份证号", "id_number"),
    ("性别", "sex"),
    ("出生日期", "born_on"),
    ("电话", "phone"),
    ("学历", "education"),
    ("政治面貌", "political_status"),
    ("承接机构", "agency"),
    ("聘用单位", "employer"),
    ("站点编号", "station"),
    ("岗位", "role"),
    ("专职或兼职", "is_full_time"),
    ("岗位类别", "kind"),
    ("岗位等级", "rank"),
    ("招录方式", "route"),
    ("到岗日期", "since"),
    ("合同到期日", "contract_until"),
    ("证书级别", "level"),
    ("证书编号", "number"),
    ("发证日期", "issued_on"),
    ("登记有效期起", "valid_from"),
];

/// Columns of the template, with a hint for each.
pub fn columns() -> Vec<Column> {
    let labels =
        |choices: Vec<(&'static str, &'static str)>| choices.into_iter().map(|(_, label)| label).collect::<Vec<_>>();
    COLUMNS
        .iter()
        .map(|(head, field)| {
            let column = Column::new(head, if *field == "id_number" { 22 } else { 14 });
            match *field {
                "id_number" => column.note("必填，18 位。格子要是文本格式。"),
                "sex" => column.choices(vec!["男", "女"]).note("可以不填，由身份证号得出。"),
                "born_on" => column.note("可以不填，由身份证号得出。"),
                "education" => column.choices(labels(Education::choices())),
                "political_status" => column.choices(labels(PoliticalStatus::choices())),
                "agency" => column.note("由承接机构聘用的，填机构全称，要先在「承接机构」里登记。"),
                "employer" => column.note("不是承接机构聘用的，填单位名称。"),
                "station" => column.note("主要任职的站点，填站点编号，例如 510411100-01。新登记的人必填。"),
                "role" => column.choices(labels(PostRole::choices())),
                "is_full_time" => column.choices(vec!["专职", "兼职"]),
                "kind" => column.choices(labels(PostKind::choices())),
                "rank" => column.choices(labels(PostRank::choices())).note("可以不填。"),
                "route" => column.choices(labels(RecruitRoute::choices())),
                "since" => column.note("例如 2026-03-01。"),
                "contract_until" => column.note("可以不填。"),
                "level" => column.choices(labels(Level::choices())).note("没有证书的，后四列都不填。"),
                "valid_from" => column.note("登记已完成的，填现在这一期有效期的第一天，有效期三年。"),
                _ => column,
            }
        })
        .collect()
}

/// The forms that a row fills.
pub struct Forms {
    pub person: PersonForm,
    pub post: PostForm,
    pub certificate: CertificateForm,
    pub station: String,
}

pub fn forms(cells: &[String]) -> Forms {
    let of = |field: &str| {
        let at = COLUMNS.iter().position(|(_, name)| *name == field);
        at.and_then(|at| cells.get(at)).cloned().unwrap_or_default()
    };
    Forms {
        person: PersonForm {
            name: of("name"),
            id_number: of("id_number"),
            sex: of("sex"),
            born_on: of("born_on"),
            phone: of("phone"),
            education: of("education"),
            political_status: of("political_status"),
            agency: of("agency"),
            employer: of("employer"),
            ..PersonForm::default()
        },
        post: PostForm {
            role: of("role"),
            is_full_time: of("is_full_time"),
            is_main: "on".to_owned(),
            kind: of("kind"),
            rank: of("rank"),
            route: of("route"),
            since: of("since"),
            contract_until: of("contract_until"),
            ..PostForm::default()
        },
        certificate: CertificateForm {
            level: of("level"),
            number: of("number"),
            issued_on: of("issued_on"),
            valid_from: of("valid_from"),
            ..CertificateForm::default()
        },
        station: of("station").to_uppercase(),
    }
}
