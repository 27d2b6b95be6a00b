//! The pages of projects: the register and one page for each part of a project.

pub mod award;
pub mod budget;
pub mod contract;
pub mod deliverables;
pub mod edit;
pub mod list;
pub mod papers;
pub mod team;

/// The parts of a project, each with its own page: path and name.
pub const PARTS: [(&str, &str); 7] = [
    ("", "概况"),
    ("/payments", "付款"),
    ("/spending", "预算和支出"),
    ("/deliverables", "服务指标"),
    ("/appraisals", "评估和整改"),
    ("/papers", "材料"),
    ("/team", "团队"),
];
