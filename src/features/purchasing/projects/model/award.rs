//! Bids and the award of a project to an agency. Amounts in fen.

use serde::{Deserialize, Serialize};

use super::rows::{padded, rows, seq_of};
use crate::{
    features::purchasing::funds::share_of_percent,
    kernel::{Problems, line, money, tenths},
};

/// A bid. The score is in hundredths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    pub seq: i16,
    pub bidder: String,
    pub price: i64,
    pub score_centi: Option<i32>,
    pub won: bool,
    pub note: String,
}

/// The form of bids and award as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BidsForm {
    pub version: i32,
    pub go: String,
    pub notice_on: String,
    pub awarded_on: String,
    pub agency: String,
    pub committed_hours: String,
    pub bidder: Vec<String>,
    pub price: Vec<String>,
    pub score: Vec<String>,
    pub note: Vec<String>,
}

impl BidsForm {
    pub fn rows(&self) -> Vec<[&str; 4]> {
        padded(rows([&self.bidder, &self.price, &self.score, &self.note]), 3, self.go == "row")
    }

    /// `winner` is the name of the chosen agency; its bid is marked as the winner.
    pub fn bids(&self, winner: &str, problems: &mut Problems) -> Vec<Bid> {
        let mut bids = vec![];
        for (n, [bidder, price, score, note]) in rows([&self.bidder, &self.price, &self.score, &self.note]) {
            let mut bad = |what: &str, why: String| problems.note("bids", format!("第 {n} 行{what}：{why}"));
            let bidder = line(bidder, 2, 60).map_err(|why| bad("投标人", why)).ok();
            let price = money(price).map_err(|why| bad("报价", why)).ok();
            let score_centi = match score {
                "" => Some(None),
                typed => hundredths(typed).map_err(|why| bad("得分", why)).map(Some).ok(),
            };
            let note = line(note, 0, 100).map_err(|why| bad("备注", why)).ok();
            let (Some(bidder), Some(price), Some(score_centi), Some(note)) = (bidder, price, score_centi, note) else {
                continue;
            };
            bids.push(Bid { seq: seq_of(bids.len()), won: bidder == winner, bidder, price, score_centi, note });
        }
        bids
    }

    pub fn hours(&self, problems: &mut Problems) -> Option<i32> {
        if self.committed_hours.trim().is_empty() {
            None
        } else {
            problems.check("committed_hours", tenths(&self.committed_hours).map(|tenths| tenths / 10))
        }
    }
}

/// Parses a score of at most 100, with at most two decimals, into hundredths.
pub fn hundredths(typed: &str) -> Result<i32, String> {
    share_of_percent(typed).map_err(|_| "请填 0 到 100 的分数，最多两位小数，例如 86.5。".to_owned())
}
