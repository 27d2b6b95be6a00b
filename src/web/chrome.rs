use axum::http::HeaderMap;

use super::Visitor;
use crate::{
    access::{Act, Role},
    kernel::AccountId,
};

/// How a network is called and speaks: its settings.
#[derive(Clone, Debug)]
pub struct Face {
    /// What stands behind the @ at sign-in.
    pub code: String,
    pub network: String,
    pub authority: String,
    pub logo_text: String,
    pub contact: String,
    pub general_label: String,
    pub township_label: String,
    pub village_label: String,
}

/// What the layout around a page needs to know.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    pub visitor: Option<Visitor>,
    /// The path of this request, to mark the way in the navigation.
    pub path: String,
    /// What a write before this page has done, in words.
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

/// Path, icon, label, and the act it takes; `None`: whoever has a role in business.
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
    /// Around a page for somebody who doesn't sign in.
    pub fn of_nobody(headers: &HeaderMap, path: &str) -> Self {
        Self { path: path.to_owned(), large_type: super::visit::large_type(headers), ..Self::default() }
    }

    /// Whether to show the way to something at all.
    pub fn may(&self, act: Act) -> bool {
        self.role().is_some_and(|role| role.may(act))
    }

    /// Whether the box above every page searches stations.
    pub fn searches(&self) -> bool {
        self.may(Act::ReadStations)
    }

    /// Whose scores this browser may keep until it has a network again.
    pub fn scorer(&self) -> Option<AccountId> {
        self.visitor.as_ref().filter(|_| self.may(Act::ScoreStations)).map(|visitor| visitor.account)
    }

    pub fn role(&self) -> Option<Role> {
        self.visitor.as_ref().map(|visitor| visitor.role)
    }

    /// Whether the account holds more than one grant.
    pub fn may_switch(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.grants > 1)
    }

    /// Whether one's reach is narrowed to a list of stations.
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
            // Tasks are set for counties; below there is nothing to see.
            .filter(|(path, ..)| *path != "/tasks" || self.plans())
            .map(|(path, icon, label, _)| Entry { path, icon, label, current: here(path) })
            .collect()
    }

    /// Whether one's place is one that tasks are set for, or holds such places.
    fn plans(&self) -> bool {
        self.visitor.as_ref().is_some_and(|visitor| visitor.scope.reach.division.as_str().len() < 9)
    }

    /// The name of a level of stations in this network.
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
