//! Answers submitted at the lines of a rubric, many on one page, and the system's own
//! figures for a line. Pure.

use std::collections::BTreeSet;

use crate::{
    features::evaluation::rubrics::{Answer, Asks, Line, Method, Source},
    kernel::{EvaluationId, StationId, amount, amount_text, line as plain_line, plain_digits},
};

/// A form as name and value pairs. At line `A1.2` the fields are `c.A1.2` (choice),
/// `t.A1.2` (ticks), `n.A1.2` (number), `d.A1.2` (denominator), `z.A1.2` (conditions that
/// score zero) and `w.A1.2` (words).
#[derive(Clone, Debug, Default)]
pub struct Typed(pub Vec<(String, String)>);

impl Typed {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect()
    }

    pub fn at<'a>(&'a self, line: &Line) -> AnswerForm<'a> {
        let of = |kind: &str| format!("{kind}.{}", line.code);
        AnswerForm {
            choice: self.get(&of("c")),
            ticks: self.all(&of("t")),
            amount: self.get(&of("n")),
            of: self.get(&of("d")),
            zero: self.all(&of("z")),
            words: self.get(&of("w")),
        }
    }

    /// Adds an answer as if it had been typed.
    pub fn put(&mut self, line: &Line, answer: &Answer, words: &str) {
        let mut put = |kind: &str, value: String| self.0.push((format!("{kind}.{}", line.code), value));
        if let Some(at) = answer.choice {
            put("c", at.to_string());
        }
        if let Some(ticks) = &answer.ticks {
            for at in ticks {
                put("t", at.to_string());
            }
            if ticks.is_empty() {
                put("t", "none".to_owned());
            }
        }
        let number = |number: i64| amount_text(number, 3).replace(',', "");
        if let Some(amount) = answer.amount {
            let sign = if line.asks() == Asks::Ratio && answer.of.is_none() { "%" } else { "" };
            put("n", format!("{}{sign}", number(amount)));
        }
        if let Some(of) = answer.of {
            put("d", number(of));
        }
        for at in &answer.zero {
            put("z", at.to_string());
        }
        if !words.is_empty() {
            put("w", words.to_owned());
        }
    }
}

/// The form fields of one line.
#[derive(Clone, Debug)]
pub struct AnswerForm<'a> {
    pub choice: &'a str,
    pub ticks: Vec<&'a str>,
    pub amount: &'a str,
    pub of: &'a str,
    pub zero: Vec<&'a str>,
    pub words: &'a str,
}

impl AnswerForm<'_> {
    pub fn ticks(&self, at: &usize) -> bool {
        self.ticks.iter().any(|tick| *tick == at.to_string())
    }

    pub fn ticks_none(&self) -> bool {
        self.ticks.contains(&"none")
    }

    pub fn zeroes(&self, at: &usize) -> bool {
        self.zero.iter().any(|tick| *tick == at.to_string())
    }

    pub fn chose(&self, at: &usize) -> bool {
        self.choice == at.to_string()
    }

    /// Parses the answer at its line and the words beside it. `None` means there is no answer;
    /// the error explains what is wrong.
    pub fn read(&self, line: &Line) -> Result<(Option<Answer>, String), String> {
        let words = plain_line(self.words, 0, 500)?;
        let mut answer = Answer::default();
        let places = |typed: &[&str]| typed.iter().filter_map(|at| at.parse().ok()).collect::<BTreeSet<usize>>();
        match line.asks() {
            Asks::Choice => answer.choice = self.choice.parse().ok(),
            Asks::Ticks if self.ticks.is_empty() => {}
            Asks::Ticks => {
                let ticks = places(&self.ticks);
                if self.ticks_none() && !ticks.is_empty() {
                    return Err("勾了「都不符合」，就不要再勾别的。".to_owned());
                }
                answer.ticks = Some(ticks);
            }
            Asks::Amount => {
                answer.amount = number(self.amount)?;
                let is_whole = answer.amount.is_none_or(|amount| amount % 1000 == 0);
                if line.method == Some(Method::PerUnitDeduct) && !is_whole {
                    return Err("次数请填整数。".to_owned());
                }
            }
            Asks::Ratio => {
                answer.amount = number(self.amount)?;
                answer.of = number(self.of)?;
                let is_vague = answer.of.is_none() && matches!(answer.amount, Some(1..=1000));
                if is_vague && !self.amount.ends_with(['%', '％']) {
                    return Err(format!("「{0}」是 {0}% 还是几成？请写明百分号，例如 90%。", self.amount));
                }
            }
        }
        answer.zero = places(&self.zero);
        if answer.is_empty() {
            return Ok((None, words));
        }
        line.value(&answer)?;
        Ok((Some(answer), words))
    }
}

/// Parses a number into thousandths; blank gives `None`.
fn number(typed: &str) -> Result<Option<i64>, String> {
    let plain = plain_digits(typed);
    let plain = plain.trim_end_matches('%').trim();
    if plain.is_empty() {
        return Ok(None);
    }
    if plain.starts_with('-') {
        return Err("这里不能填负数，请核对。".to_owned());
    }
    match amount(plain, 3, "个人次名项篇家场件天分") {
        Ok(number) if number <= 1_000_000_000_000 => Ok(Some(number)),
        Ok(_) => Err("这个数太大，请核对。".to_owned()),
        Err(_) => Err(format!("「{typed}」不是数，请填数字，例如 12 或 12.5，没有就填 0。")),
    }
}

/// The system's figures for one station, as whole counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figure {
    pub certified: i64,
    pub heads: i64,
    pub heads_certified: i64,
    pub has_head: bool,
    pub certificates: i64,
    pub registered: i64,
    pub expected: i64,
    pub late: i64,
    pub returned: i64,
    pub cases: i64,
    pub groups: i64,
    pub activities: i64,
    pub volunteers: i64,
    pub projects: i64,
    pub open_orders: i64,
}

impl Figure {
    /// The answer that this source gives at a line, with an explanation; `None` for survey
    /// sources.
    pub fn answer(&self, source: Source) -> Option<(Answer, String)> {
        let count = |count: i64, unit: &str| {
            let answer = Answer { amount: Some(count * 1000), ..Answer::default() };
            (answer, format!("{count} {unit}"))
        };
        // An empty denominator counts as 0 %.
        let share = |part: i64, whole: i64, words: String| {
            let answer = Answer { amount: Some(part * 1000), of: Some(whole.max(1) * 1000), ..Answer::default() };
            (answer, words)
        };
        Some(match source {
            Source::CertifiedWorkers => count(self.certified, "人"),
            Source::CertifiedShare => {
                let words = format!("在岗 {} 人，其中持证 {} 人", self.heads, self.heads_certified);
                share(self.heads_certified, self.heads, words)
            }
            Source::HeadInPost => {
                let answer = Answer { choice: Some(usize::from(!self.has_head)), ..Answer::default() };
                (answer, if self.has_head { "有在岗的全职站长" } else { "没有在岗的全职站长" }.to_owned())
            }
            Source::RegistrationRate => {
                let words = format!("证书 {} 本，登记有效 {} 本", self.certificates, self.registered);
                share(self.registered, self.certificates, words)
            }
            Source::ReportsOnTime => {
                let words = format!("应报 {} 次，逾期 {} 次", self.expected, self.late);
                share(self.expected - self.late, self.expected, words)
            }
            Source::ReportsLate => count(self.late, "次"),
            Source::ReportsReturned => count(self.returned, "次"),
            Source::CaseVolume => count(self.cases, "个"),
            Source::GroupVolume => count(self.groups, "个"),
            Source::ActivityVolume => count(self.activities, "场"),
            Source::Volunteers => count(self.volunteers, "人"),
            Source::Projects => count(self.projects, "个"),
            Source::OpenRectifications => count(self.open_orders, "项"),
            Source::ClientSatisfaction
            | Source::PurchaserSatisfaction
            | Source::ExecutorSatisfaction
            | Source::Satisfaction => return None,
        })
    }

    /// The page that lists the records behind a figure.
    pub fn path(source: Source, of: EvaluationId, station: StationId) -> String {
        match source {
            surveyed if surveyed.is_surveyed() => format!("/evaluations/{of}/survey"),
            Source::CertifiedWorkers | Source::CertifiedShare | Source::HeadInPost | Source::RegistrationRate => {
                format!("/stations/{station}/team")
            }
            Source::Projects => format!("/projects?station={station}"),
            Source::OpenRectifications => "/rectifications?state=open".to_owned(),
            _ => format!("/reports?station={station}"),
        }
    }
}
