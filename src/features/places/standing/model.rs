//! The life of a rectification order. [`OrderState::after`] is the only place that defines which
//! step may follow which state; the check constraint of `rectification_order_steps` holds the same
//! list, and a test compares the two.

use crate::{
    kernel::{Error, Result},
    words,
};

words! {
    /// The state of an order.
    OrderState {
        New = "new", "未下达";
        Ordered = "ordered", "待整改";
        Planned = "planned", "整改中";
        Reported = "reported", "等复查";
        Closed = "closed", "已销号";
        Withdrawn = "withdrawn", "已撤销";
    }
}

words! {
    /// A step of an order, each a row of `rectification_order_steps`.
    OrderStep {
        Order = "order", "下达整改";
        Plan = "plan", "填报整改措施";
        Report = "report", "报整改结果";
        Return = "return", "复查未通过，退回";
        Close = "close", "复查通过，销号";
        Extend = "extend", "延期";
        Withdraw = "withdraw", "撤销";
    }
}

impl OrderState {
    /// The state after a step, or why the step is not allowed.
    pub fn after(self, step: OrderStep) -> Result<Self> {
        match (self, step) {
            (Self::New, OrderStep::Order) | (Self::Ordered, OrderStep::Extend) => Ok(Self::Ordered),
            (Self::Ordered | Self::Planned, OrderStep::Plan)
            | (Self::Planned, OrderStep::Extend)
            | (Self::Reported, OrderStep::Return) => Ok(Self::Planned),
            (Self::Planned, OrderStep::Report) => Ok(Self::Reported),
            (Self::Reported, OrderStep::Close) => Ok(Self::Closed),
            (Self::Ordered | Self::Planned | Self::Reported, OrderStep::Withdraw) => Ok(Self::Withdrawn),
            (from, step) => Err(Error::refused(format!(
                "这条整改现在是「{}」，不能办理「{}」。请刷新后再看。",
                from.label(),
                step.label()
            ))),
        }
    }

    /// True while something remains to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Ordered | Self::Planned | Self::Reported)
    }

    pub fn colour(self) -> &'static str {
        match self {
            Self::Ordered => "bad",
            Self::Planned => "warn",
            Self::Reported => "info",
            Self::Closed => "ok",
            Self::New | Self::Withdrawn => "plain",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_database_knows_the_same_steps() {
        let ours: BTreeSet<String> = OrderState::ALL
            .iter()
            .flat_map(|from| OrderStep::ALL.iter().map(move |step| (*from, *step)))
            .filter_map(|(from, step)| {
                let to = from.after(step).ok()?;
                Some(format!("{} {} {}", step.as_str(), from.as_str(), to.as_str()))
            })
            .collect();
        let migration =
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/20261122001700_consequences.sql"));
        let list = migration.split("to_position in (").nth(1).unwrap().split("))").next().unwrap();
        let theirs: BTreeSet<String> = list.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn what_is_closed_was_reported_and_stays_closed() {
        for from in OrderState::ALL {
            assert_eq!(from.after(OrderStep::Close).is_ok(), *from == OrderState::Reported);
        }
        for step in OrderStep::ALL {
            assert!(OrderState::Closed.after(*step).is_err() && OrderState::Withdrawn.after(*step).is_err());
        }
    }
}
