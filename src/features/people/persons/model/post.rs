//! A person's post at a station and the form that enters, corrects or ends one. Pure.
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Day, DivisionCode, PersonId, PostId, Problems, StationId, line},
    words,
};

words! {
    /// A person's role at a station.
    PostRole {
        Head = "head", "站长";
        SocialWorker = "social_worker", "社工";
        Supervisor = "supervisor", "督导";
        VolunteerCoordinator = "volunteer_coordinator", "志愿者协调员";
        Assistant = "assistant", "辅助人员";
    }
}

words! {
    /// 事务岗 keeps the station running, 服务岗 serves people.
    PostKind {
        Affairs = "affairs", "事务岗";
        Service = "service", "服务岗";
    }
}

words! {
    /// Recruitment route (station guide in the Panzhihua plan of 10 May 2021, annex 2, 2.3).
    RecruitRoute {
        Unified = "unified", "统一招聘";
        Dispatch = "dispatch", "劳务派遣";
        Purchased = "purchased", "购买服务";
        Other = "other", "其他";
    }
}

words! {
    /// The grade of a professional post.
    PostRank {
        None = "none", "未聘等级";
        Junior = "junior", "初级岗";
        Middle = "middle", "中级岗";
        Senior = "senior", "高级岗";
    }
}

impl PostRank {
    /// True if the post has a grade.
    pub fn is_graded(self) -> bool {
        self != Self::None
    }
}

/// From a day to a last day; open-ended without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub since: Day,
    pub until: Option<Day>,
}

impl Span {
    pub fn covers(self, day: Day) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Validated post, ready to be saved.
#[derive(Clone, Debug, Serialize)]
pub struct NewPost {
    pub role: PostRole,
    pub is_full_time: bool,
    pub is_main: bool,
    pub kind: PostKind,
    pub route: RecruitRoute,
    pub rank: PostRank,
    #[serde(flatten)]
    pub span: Span,
    /// Last day of the contract, if there is one.
    pub contract_until: Option<Day>,
}

/// A stored post.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: PostId,
    pub person: PersonId,
    pub person_name: String,
    pub station: StationId,
    pub station_name: String,
    pub division: DivisionCode,
    pub facts: NewPost,
    pub end_reason: String,
    pub version: i32,
}

/// Submitted fields of a post.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PostForm {
    pub key: String,
    pub version: i32,
    pub station: String,
    pub role: String,
    pub is_full_time: String,
    pub is_main: String,
    pub kind: String,
    pub route: String,
    pub rank: String,
    pub since: String,
    pub until: String,
    pub contract_until: String,
}

impl PostForm {
    /// Defaults of a new post: a full-time social worker, from today.
    pub fn usual(today: Day) -> Self {
        Self {
            role: PostRole::SocialWorker.as_str().to_owned(),
            is_full_time: "yes".to_owned(),
            is_main: "on".to_owned(),
            kind: PostKind::Service.as_str().to_owned(),
            route: RecruitRoute::Unified.as_str().to_owned(),
            rank: PostRank::None.as_str().to_owned(),
            since: today.to_string(),
            ..Self::default()
        }
    }

    pub fn of(post: &Post) -> Self {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let facts = &post.facts;
        Self {
            key: String::new(),
            version: post.version,
            station: post.station.to_string(),
            role: facts.role.as_str().to_owned(),
            is_full_time: if facts.is_full_time { "yes" } else { "no" }.to_owned(),
            is_main: if facts.is_main { "on" } else { "" }.to_owned(),
            kind: facts.kind.as_str().to_owned(),
            route: facts.route.as_str().to_owned(),
            rank: facts.rank.as_str().to_owned(),
            since: facts.span.since.to_string(),
            until: day(facts.span.until),
            contract_until: day(facts.contract_until),
        }
    }

    pub fn read(&self, today: Day) -> Result<NewPost, Problems> {
        let mut problems = Problems::default();
        let role = problems.check("role", PostRole::parse(self.role.trim()).ok_or("请选择岗位。"));
        let kind = problems.check("kind", PostKind::parse(self.kind.trim()).ok_or("请选择事务岗或服务岗。"));
        let route = problems.check("route", RecruitRoute::parse(self.route.trim()).ok_or("请选择招录方式。"));
        let rank = match self.rank.trim() {
            "" => Some(PostRank::None),
            typed => problems.check("rank", PostRank::parse(typed).ok_or("请从列出的岗位等级里选择。")),
        };
        let is_full_time = match self.is_full_time.trim() {
            "yes" | "专职" | "全职" => Some(true),
            "no" | "兼职" => Some(false),
            _ => problems.check("is_full_time", Err::<bool, _>("请选择专职或兼职。")),
        };
        let since = problems.check("since", self.since.parse::<Day>());
        let mut may = |field, typed: &str| match typed.trim() {
            "" => None,
            typed => problems.check(field, typed.parse::<Day>()),
        };
        let until = may("until", &self.until);
        let contract_until = may("contract_until", &self.contract_until);
        if role == Some(PostRole::Head) && is_full_time == Some(false) {
            problems.note("is_full_time", "站长要由专职人员担任，请选专职，或换一个岗位。");
        }
        if since.is_some_and(|since| since > today.plus_months(12)) {
            problems.note("since", "到岗日期最多填到一年以后，请核对。");
        }
        if let (Some(since), Some(until)) = (since, until)
            && until < since
        {
            problems.note("until", "离岗日期不能早于到岗日期。");
        }
        if let (Some(since), Some(end)) = (since, contract_until)
            && end < since
        {
            problems.note("contract_until", "合同到期日不能早于到岗日期。");
        }
        let (Some(role), Some(kind), Some(route), Some(rank), Some(is_full_time), Some(since), true) =
            (role, kind, route, rank, is_full_time, since, problems.is_empty())
        else {
            return Err(problems);
        };
        let is_main = matches!(self.is_main.trim(), "on" | "是" | "yes");
        let span = Span { since, until };
        Ok(NewPost { role, is_full_time, is_main, kind, route, rank, span, contract_until })
    }
}

/// Validates the last day of a post and the reason for its end.
pub fn read_end(post: &Post, typed: &str, reason: &str) -> Result<(Day, String), Problems> {
    let mut problems = Problems::default();
    let until = problems.check("until", typed.parse::<Day>());
    let reason = problems.check("reason", line(reason, 2, 100));
    if until.is_some_and(|until| until < post.facts.span.since) {
        let why = format!("最后在岗日期不能早于到岗日期 {}；如果这段任职是误录，请删除它。", post.facts.span.since);
        problems.note("until", why);
    }
    match (until, reason, problems.is_empty()) {
        (Some(until), Some(reason), true) => Ok((until, reason)),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Day {
        "2026-03-05".parse().unwrap()
    }

    #[test]
    fn the_head_must_be_a_full_time_worker() {
        let form = PostForm { role: "head".into(), is_full_time: "no".into(), ..PostForm::usual(today()) };
        assert!(form.read(today()).unwrap_err().on("is_full_time").is_some());
        assert!(PostForm { is_full_time: "专职".into(), ..form }.read(today()).is_ok());
    }

    #[test]
    fn a_post_ends_no_earlier_than_it_begins() {
        let form = PostForm { until: "2026-03-04".into(), ..PostForm::usual(today()) };
        assert!(form.read(today()).unwrap_err().on("until").is_some());
        let one_day = PostForm { until: "2026-03-05".into(), ..form }.read(today()).unwrap();
        assert!(one_day.span.covers(today()) && !one_day.span.covers(today().after()));
    }
}
