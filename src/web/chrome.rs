//! The layout around every page: its navigation and the names a network goes by.

use axum::http::HeaderMap;

use super::Visitor;
use crate::{
    access::{Act, Role},
    kernel::AccountId,
};

/// A network's names and labels, from its settings.
#[derive(Clone, Debug)]
pub struct Face {
    /// The part after the @ at sign-in.
    pub code: String,
    pub network: String,
    pub authority: String,
    pub logo_text: String,
    pub contact: String,
    pub general_label: String,
    pub township_label: String,
    pub village_label: String,
}

/// Data for the layout around a page.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    pub visitor: Option<Visitor>,
    /// The path of this request, to mark the current entry in the navigation.
    pub path: String,
    /// Flash message from the write that led to this page.
    pub told: Option<&'static str>,
    pub large_type: bool,
}

/// One entry of the navigation.
#[derive(Debug)]
pub struct Entry {
    pub path: &'static str,
    pub icon: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// Path, icon, label, and the act required; `None` admits every role.
const NAVIGATION: [(&str, &str, &str, Option<Act>); 22] = [
    ("/", "home", "首页", None),
    ("/reports", "report", "月报", Some(Act::ReadReports)),
    ("/summary", "sum", "月报汇总", Some(Act::ReadFigures)),
    ("/stations", "building", "站点名册", Some(Act::ReadStations)),
    ("/persons", "users", "人员名册", Some(Act::ReadStaff)),
    ("/staff", "chart", "人员总览", Some(Act::ReadStaff)),
    ("/me", "folder", "我的档案", Some(Act::KeepOwnRecord)),
    ("/tasks", "target", "建设任务", Some(Act::ReadFigures)),
    ("/projects", "cart", "购买服务项目", Some(Act::ReadProjects)),
    ("/scoring", "stars", "我的评分", Some(Act::ScoreStations)),
    ("/evaluations", "award", "年度评估", Some(Act::ReadEvaluations)),
    ("/rubrics", "rules", "评分细则", Some(Act::ReadEvaluations)),
    ("/agencies", "briefcase", "承接机构", Some(Act::ReadStations)),
    ("/divisions", "map", "区划", Some(Act::ReadStations)),
    ("/accounts", "accounts", "账号", Some(Act::ManageAccounts)),
    ("/settings", "settings", "网络设置", Some(Act::ManageSettings)),
    ("/jobs", "clock", "后台任务", Some(Act::ManageJobs)),
    ("/grants", "key", "授权", Some(Act::ManageGrants)),
    ("/trail", "history", "审计记录", Some(Act::ReadTrail)),
    ("/networks", "sitemap", "网络", Some(Act::FoundNetworks)),
    ("/notices", "bell", "消息", Some(Act::ReadReports)),
    ("/account", "user", "我的账号", None),
];

impl Chrome {
    /// The layout for a visitor without a session.
    pub fn of_nobody(headers: &HeaderMap, path: &str) -> Self {
        Self { path: path.to_owned(), large_type: super::visit::large_type(headers), ..Self::default() }
    }

    /// Is true if the visitor has a permission, so that its links are shown.
    pub fn may(&self, act: Act) -> bool {
        self.role().is_some_and(|role| role.may(act))
    }

    /// True if the search box above every page searches stations.
    pub fn searches(&self) -> bool {
        self.may(Act::ReadStations)
    }

    /// The account whose scores this browser may keep while offline.
    pub fn scorer(&self) -> Option<AccountId> {
        self.visitor.as_ref().filter(|_| self.may(Act::ScoreStations)).map(|visitor| visitor.account)
    }

    pub fn role(&self) -> Option<Role> {
        self.visitor.as_ref().map(|visitor| visitor.role)
    }

    /// True if the account holds more than one grant.
    pub fn may_switch(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.grants > 1)
    }

    /// True if the visitor's reach is limited to a list of stations.
    pub fn narrow(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.scope.reach.stations.is_some())
    }

    pub fn face(&self) -> Option<&Face> {
        self.visitor.as_ref().map(|visitor| &visitor.face)
    }

    pub fn navigation(&self) -> Vec<Entry> {
        let Some(role) = self.role() else { return vec![] };
        let here = |path: &str| match path {
            "/evaluations" => {
                ["/evaluations", "/evaluators", "/recusals"].iter().any(|part| self.path.starts_with(part))
            }
            "/projects" => ["/projects", "/money", "/filings", "/funds"].iter().any(|part| self.path.starts_with(part)),
            "/" => self.path == "/" || self.path.starts_with("/places/"),
            path => self.path == path || self.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')),
        };
        NAVIGATION
            .iter()
            .filter(|(.., act)| act.is_none_or(|act| role.may(act)))
            // Tasks are set for counties; lower levels have none to see.
            .filter(|(path, ..)| *path != "/tasks" || self.plans())
            .map(|(path, icon, label, _)| Entry { path, icon, label, current: here(path) })
            .collect()
    }

    /// True if the visitor's place has build tasks, or contains places that do.
    fn plans(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.scope.reach.division.as_str().len() < 9)
    }

    /// The network's name for a level of stations.
    pub fn station_level(&self, level: &str) -> &str {
        let Some(face) = self.face() else { return "" };
        match level {
            "general" => &face.general_label,
            "township" => &face.township_label,
            _ => &face.village_label,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn entries_of_the_navigation_have_icons_of_their_own() {
        let icons: HashSet<&str> = NAVIGATION.iter().map(|(_, icon, ..)| *icon).collect();
        assert_eq!(icons.len(), NAVIGATION.len());
        let sprite = include_str!("../../static/icons.svg");
        for icon in icons {
            assert!(sprite.contains(&format!("id=\"{icon}\"")), "{icon}");
        }
    }
}
