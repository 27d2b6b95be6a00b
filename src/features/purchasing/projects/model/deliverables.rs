//! The deliverables of a contract, and the minimum from which each one counts.

use serde::{Deserialize, Serialize};

use super::rows::{padded, rows, seq_of};
use crate::{
    kernel::{Problems, line, number},
    words,
};

words! {
    /// The deadline of a deliverable.
    Stage {
        Midterm = "midterm", "中期前";
        Final = "final", "期满前";
    }
}

/// A deliverable the contract counts, with the minimum from which it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliverable {
    pub seq: i16,
    pub name: String,
    pub unit: String,
    pub planned: i64,
    /// The indicator of the monthly reports that supplies its figures.
    pub slot: Option<i16>,
    pub rule: String,
    pub least_sessions: Option<i16>,
    pub least_people: Option<i16>,
    pub stage: Stage,
}

impl Deliverable {
    /// The minimum from which one counts, as text.
    pub fn counts_from(&self) -> String {
        let mut words = vec![];
        if let Some(least) = self.least_sessions {
            words.push(format!("{least} 节（次）以上"));
        }
        if let Some(least) = self.least_people {
            words.push(format!("{least} 人以上"));
        }
        if !self.rule.is_empty() {
            words.push(self.rule.clone());
        }
        if words.is_empty() { "按实际发生计".to_owned() } else { words.join("，") }
    }
}

/// The form of deliverables as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeliverablesForm {
    pub version: i32,
    pub go: String,
    pub name: Vec<String>,
    pub unit: Vec<String>,
    pub planned: Vec<String>,
    pub slot: Vec<String>,
    pub sessions: Vec<String>,
    pub people: Vec<String>,
    pub rule: Vec<String>,
    pub stage: Vec<String>,
}

impl DeliverablesForm {
    pub fn of(deliverables: &[Deliverable], version: i32) -> Self {
        let texts = |text: fn(&Deliverable) -> String| deliverables.iter().map(text).collect();
        let least = |least: Option<i16>| least.map(|least| least.to_string()).unwrap_or_default();
        Self {
            version,
            go: String::new(),
            name: texts(|row| row.name.clone()),
            unit: texts(|row| row.unit.clone()),
            planned: texts(|row| row.planned.to_string()),
            slot: deliverables.iter().map(|row| least(row.slot)).collect(),
            sessions: deliverables.iter().map(|row| least(row.least_sessions)).collect(),
            people: deliverables.iter().map(|row| least(row.least_people)).collect(),
            rule: texts(|row| row.rule.clone()),
            stage: texts(|row| row.stage.as_str().to_owned()),
        }
    }

    fn columns(&self) -> [&[String]; 8] {
        [&self.name, &self.unit, &self.planned, &self.slot, &self.sessions, &self.people, &self.rule, &self.stage]
    }

    pub fn rows(&self) -> Vec<[&str; 8]> {
        padded(rows(self.columns()), 4, self.go == "row")
    }

    /// `slots` are the indicators that may supply figures.
    pub fn read(&self, slots: &[i16]) -> Result<Vec<Deliverable>, Problems> {
        let mut problems = Problems::default();
        let mut found: Vec<Deliverable> = vec![];
        for (n, [name, unit, planned, slot, sessions, people, rule, stage]) in rows(self.columns()) {
            let mut bad = |what: &str, why: String| problems.note("deliverables", format!("第 {n} 行{what}：{why}"));
            let mut least = |what: &str, typed: &str| match typed {
                "" => Some(None),
                typed => match number(typed).map(i16::try_from) {
                    Ok(Ok(least)) if least > 0 => Some(Some(least)),
                    _ => {
                        bad(what, "请填大于 0 的整数，没有要求就空着。".into());
                        None
                    }
                },
            };
            let (least_sessions, least_people) = (least("节（次）数", sessions), least("人数", people));
            let name = line(name, 1, 60).map_err(|why| bad("名称", why)).ok();
            let unit = line(unit, 1, 10).map_err(|why| bad("单位", why)).ok();
            let rule = line(rule, 0, 200).map_err(|why| bad("计数规则", why)).ok();
            let planned = match number(planned) {
                Ok(planned) if planned > 0 => Some(i64::from(planned)),
                _ => {
                    bad("计划数", "请填大于 0 的整数。".into());
                    None
                }
            };
            let slot = match slot {
                "" => Some(None),
                typed => match typed.parse::<i16>() {
                    Ok(slot) if slots.contains(&slot) => Some(Some(slot)),
                    _ => {
                        bad("月报指标", "请从列出的指标里选择。".into());
                        None
                    }
                },
            };
            let stage = Stage::parse(stage).ok_or_else(|| bad("阶段", "请选择。".into())).ok();
            let (Some(name), Some(unit), Some(planned), Some(slot), Some(rule), Some(stage)) =
                (name, unit, planned, slot, rule, stage)
            else {
                continue;
            };
            let (Some(least_sessions), Some(least_people)) = (least_sessions, least_people) else { continue };
            let seq = seq_of(found.len());
            found.push(Deliverable { seq, name, unit, planned, slot, rule, least_sessions, least_people, stage });
        }
        problems.or(found)
    }
}
