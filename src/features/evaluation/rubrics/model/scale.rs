//! Conversion of an answer at a line into points. Pure.
//!
//! Forms and workbooks use the same text for a method's setting: `名称=分值`, separated by
//! `；` or a new line. Each method parses that text and writes it back unchanged. The
//! catalogue of methods is in docs/domain.md; every one comes from a real form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Points, half_up, line, plain_digits},
    words,
};

words! {
    /// The method that scores a line.
    Method {
        Composite = "composite", "组合分";
        Degree = "degree", "程度分";
        RatioBand = "ratio_band", "比率分档";
        Linear = "linear", "比率线性";
        ConditionCount = "condition_count", "条件计数";
        Threshold = "threshold", "数量门槛";
        PerUnitAdd = "per_unit_add", "按数量加分";
        PerUnitDeduct = "per_unit_deduct", "按次数扣分";
        Matrix = "matrix", "时间质量矩阵";
        Factor = "factor", "系数分";
        Boolean = "boolean", "有或无";
    }
}

impl Method {
    /// Help text on how to write the setting.
    pub fn how(self) -> &'static str {
        match self {
            Self::Composite => "各部分和分值，例如：制度齐全=0.5；上墙=0.5。各部分加起来要等于本项分值。",
            Self::Degree => "各档和分值，例如：好=2；一般=1；差=0。最高一档要等于本项分值。",
            Self::RatioBand => "完成率不低于多少得几分，从高到低，例如：100%=3；80%=2；60%=1。低于最后一档得 0 分。",
            Self::Linear => "从多少到多少，例如：60%-95%。低于前者得 0 分，高于后者得满分，中间按比例。",
            Self::ConditionCount => "先写条件，再写满足几项得几分，例如：内容一致；时间一致；2项=2；1项=1。",
            Self::Threshold => "数量不少于多少得几分，从高到低，例如：2=6；1=3。不到最后一档得 0 分。",
            Self::PerUnitAdd => "起点和每多一个加几分，例如：起点3=5；每1=1。不到起点得 0 分，最多加到本项分值。",
            Self::PerUnitDeduct => "每一次扣几分，例如：每1=0.25。评分项从满分往下扣，扣分项最多扣到本项分值。",
            Self::Matrix => "时间和质量的组合，例如：按时/完整=5；按时/不完整=3；逾期/不完整=-2。",
            Self::Factor => "各档系数的上限和下限，例如：高=1-0.8；中=0.8-0.6；低=0.6-0。得分是分值乘以系数。",
            Self::Boolean => "不用填。有得满分，没有得 0 分。",
        }
    }

    /// The kind of answer that the form asks for.
    pub fn asks(self) -> Asks {
        match self {
            Self::Composite | Self::ConditionCount => Asks::Ticks,
            Self::Degree | Self::Matrix | Self::Boolean => Asks::Choice,
            Self::RatioBand | Self::Linear => Asks::Ratio,
            Self::Threshold | Self::PerUnitAdd | Self::PerUnitDeduct | Self::Factor => Asks::Amount,
        }
    }
}

/// The kind of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Any number of the options.
    Ticks,
    /// One of the options.
    Choice,
    /// A number.
    Amount,
    /// A numerator and a denominator, or a percentage without a denominator.
    Ratio,
}

impl Asks {
    pub fn is_ticks(self) -> bool {
        self == Self::Ticks
    }

    pub fn is_choice(self) -> bool {
        self == Self::Choice
    }

    pub fn is_amount(self) -> bool {
        self == Self::Amount
    }
}

/// A name and its points.
type Worth = (String, Points);

/// A method with its setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    Composite(Vec<Worth>),
    Degree(Vec<Worth>),
    /// Lower bounds in basis points with the points they give, highest first.
    RatioBand(Vec<(i64, Points)>),
    /// Zero points at the first value, full points at the second, in basis points.
    Linear(i64, i64),
    /// Conditions, and the points for meeting a number of them, largest number first.
    ConditionCount(Vec<String>, Vec<(usize, Points)>),
    /// Lower bounds in thousandths with the points they give, highest first.
    Threshold(Vec<(i64, Points)>),
    /// The base amount (thousandths) and its points; the points for each further unit.
    PerUnitAdd {
        base: i64,
        worth: Points,
        unit: i64,
        each: Points,
    },
    PerUnitDeduct {
        unit: i64,
        each: Points,
    },
    Matrix(Vec<Worth>),
    /// Bands with their lower and upper bound, in thousandths of 1.
    Factor(Vec<(String, i64, i64)>),
    Boolean,
}

/// An answer at a line. Numbers are in thousandths. An empty answer equals
/// [`Answer::default`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticks: Option<BTreeSet<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<i64>,
    /// Indexes of the line's zero conditions that apply.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub zero: BTreeSet<usize>,
}

impl Answer {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Splits a setting into its parts.
fn parts(text: &str) -> Vec<&str> {
    text.split(['；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Parses a part as name and points.
fn worth(part: &str) -> Result<Worth, String> {
    let (name, points) =
        part.rsplit_once(['=', '＝']).ok_or_else(|| format!("「{part}」要写成「名称=分值」，例如「好=2」。"))?;
    let name = line(name, 1, 60).map_err(|why| format!("「{part}」：{why}"))?;
    Ok((name, Points::parse(points)?))
}

/// Parses a number with at most three decimals into thousandths.
fn thousandths(text: &str) -> Result<i64, String> {
    let plain = plain_digits(text.trim());
    crate::kernel::amount(plain.trim_end_matches(['个', '次', '人', '名', '项']), 3, "")
        .map_err(|_| format!("「{}」不是数，请填数字，例如 2 或 0.5。", text.trim()))
}

/// Parses a percentage into basis points.
fn basis_points(text: &str) -> Result<i64, String> {
    let plain = plain_digits(text.trim());
    let wrong = || format!("「{}」不是百分比，请写成「80%」的样子。", text.trim());
    let digits = plain.strip_suffix('%').ok_or_else(wrong)?;
    let bp = crate::kernel::amount(digits, 2, "").map_err(|_| wrong())?;
    if bp > 100_000 { Err(wrong()) } else { Ok(bp) }
}

fn percent_text(bp: i64) -> String {
    format!("{}%", crate::kernel::amount_text(bp, 2).replace(',', ""))
}

fn thousandths_text(amount: i64) -> String {
    crate::kernel::amount_text(amount, 3).replace(',', "")
}

/// Checks that bands go from high to low, in both bounds and points.
fn falling(bands: &[(i64, Points)]) -> Result<(), String> {
    if bands.is_empty() {
        return Err("请至少写一档。".to_owned());
    }
    if bands.windows(2).any(|pair| pair[0].0 <= pair[1].0 || pair[0].1 <= pair[1].1) {
        return Err("各档请从高到低写，界限和分值都要一档比一档低。".to_owned());
    }
    Ok(())
}

impl Scale {
    /// Parses the setting of a method.
    pub fn read(method: Method, text: &str) -> Result<Self, String> {
        let parts = parts(text);
        if parts.len() > 30 {
            return Err("一项最多写 30 档。".to_owned());
        }
        let named = || {
            let named = parts.iter().map(|part| worth(part)).collect::<Result<Vec<_>, _>>()?;
            let names: BTreeSet<_> = named.iter().map(|(name, _)| name).collect();
            match (named.len(), names.len()) {
                (0, _) => Err(format!("请填写评分设置。{}", method.how())),
                (all, different) if all != different => Err("有两档的名称一样，请改成不同的名称。".to_owned()),
                _ => Ok(named),
            }
        };
        Ok(match method {
            Method::Composite => {
                let named = named()?;
                if named.iter().any(|(_, points)| *points <= Points::ZERO) {
                    return Err("每个部分的分值要大于 0。".to_owned());
                }
                Self::Composite(named)
            }
            Method::Degree => Self::Degree(named()?),
            Method::Matrix => Self::Matrix(named()?),
            Method::RatioBand | Method::Threshold => {
                let mut bands = vec![];
                for part in &parts {
                    let (bound, points) = worth(part)?;
                    let bound = if method == Method::RatioBand { basis_points(&bound)? } else { thousandths(&bound)? };
                    bands.push((bound, points));
                }
                falling(&bands)?;
                if method == Method::RatioBand { Self::RatioBand(bands) } else { Self::Threshold(bands) }
            }
            Method::Linear => {
                let bounds = match parts[..] {
                    [part] => part.split_once(['-', '—', '~', '～', '至']),
                    _ => None,
                };
                let (from, to) = bounds.ok_or_else(|| format!("请写一个区间。{}", method.how()))?;
                let (from, to) = (basis_points(from)?, basis_points(to)?);
                if from >= to {
                    return Err("区间请从低到高写，例如「60%-95%」。".to_owned());
                }
                Self::Linear(from, to)
            }
            Method::ConditionCount => {
                let (counts, conditions): (Vec<&str>, Vec<&str>) =
                    parts.iter().partition(|part| part.contains(['=', '＝']));
                let conditions = conditions.into_iter().map(|text| line(text, 1, 60)).collect::<Result<Vec<_>, _>>()?;
                let mut bands = vec![];
                for part in counts {
                    let (count, points) = worth(part)?;
                    let count = usize::try_from(thousandths(&count)? / 1000).unwrap_or(0);
                    if count == 0 || count > conditions.len() {
                        return Err(format!("一共 {} 个条件，「{part}」对不上。", conditions.len()));
                    }
                    bands.push((count, points));
                }
                let plain: Vec<_> =
                    bands.iter().map(|(count, points)| (i64::try_from(*count).unwrap_or(0), *points)).collect();
                falling(&plain)?;
                Self::ConditionCount(conditions, bands)
            }
            Method::PerUnitAdd => Self::read_adding(&parts)?,
            Method::PerUnitDeduct => Self::read_deducting(&parts)?,
            Method::Factor => {
                let mut bands = vec![];
                for part in &parts {
                    let wrong = || format!("「{part}」要写成「高=1-0.8」的样子。");
                    let (name, bounds) = part.split_once(['=', '＝']).ok_or_else(wrong)?;
                    let (upper, lower) = bounds.split_once(['-', '—', '~', '～']).ok_or_else(wrong)?;
                    bands.push((line(name, 1, 60)?, thousandths(upper)?, thousandths(lower)?));
                }
                let meets = bands.windows(2).all(|pair| pair[0].2 == pair[1].1);
                let falls = bands.iter().all(|(_, upper, lower)| upper > lower);
                let ends = bands.first().map(|band| band.1) == Some(1000) && bands.last().map(|band| band.2) == Some(0);
                if !(meets && falls && ends) {
                    return Err("系数请从 1 到 0 一档接一档地写，例如：高=1-0.8；中=0.8-0.6；低=0.6-0。".to_owned());
                }
                Self::Factor(bands)
            }
            Method::Boolean if parts.is_empty() => Self::Boolean,
            Method::Boolean => return Err("「有或无」不用填评分设置，请清空。".to_owned()),
        })
    }

    /// Parses `起点3=5；每1=1`.
    fn read_adding(parts: &[&str]) -> Result<Self, String> {
        let wrong = || format!("没有读懂。{}", Method::PerUnitAdd.how());
        let [base, each] = parts else { return Err(wrong()) };
        let (base, points) = worth(base)?;
        let (unit, each) = worth(each)?;
        Ok(Self::PerUnitAdd {
            base: thousandths(base.strip_prefix("起点").ok_or_else(wrong)?)?,
            worth: points,
            unit: positive(thousandths(unit.strip_prefix('每').ok_or_else(wrong)?)?)?,
            each,
        })
    }

    /// Parses `每1=0.25`.
    fn read_deducting(parts: &[&str]) -> Result<Self, String> {
        let wrong = || format!("没有读懂。{}", Method::PerUnitDeduct.how());
        let [part] = parts else { return Err(wrong()) };
        let (unit, each) = worth(part)?;
        if each <= Points::ZERO {
            return Err("每次扣的分值要大于 0，写成正数。".to_owned());
        }
        Ok(Self::PerUnitDeduct { unit: positive(thousandths(unit.strip_prefix('每').ok_or_else(wrong)?)?)?, each })
    }

    pub fn method(&self) -> Method {
        match self {
            Self::Composite(_) => Method::Composite,
            Self::Degree(_) => Method::Degree,
            Self::RatioBand(_) => Method::RatioBand,
            Self::Linear(..) => Method::Linear,
            Self::ConditionCount(..) => Method::ConditionCount,
            Self::Threshold(_) => Method::Threshold,
            Self::PerUnitAdd { .. } => Method::PerUnitAdd,
            Self::PerUnitDeduct { .. } => Method::PerUnitDeduct,
            Self::Matrix(_) => Method::Matrix,
            Self::Factor(_) => Method::Factor,
            Self::Boolean => Method::Boolean,
        }
    }

    /// The setting as text; the inverse of `read`.
    pub fn text(&self) -> String {
        let named = |named: &[Worth]| named.iter().map(|(name, points)| format!("{name}={points}")).collect();
        let texts: Vec<String> = match self {
            Self::Composite(of) | Self::Degree(of) | Self::Matrix(of) => named(of),
            Self::RatioBand(bands) => {
                bands.iter().map(|(bp, points)| format!("{}={points}", percent_text(*bp))).collect()
            }
            Self::Linear(from, to) => vec![format!("{}-{}", percent_text(*from), percent_text(*to))],
            Self::ConditionCount(conditions, bands) => {
                let counts = bands.iter().map(|(count, points)| format!("{count}项={points}"));
                conditions.iter().cloned().chain(counts).collect()
            }
            Self::Threshold(bands) => {
                bands.iter().map(|(from, points)| format!("{}={points}", thousandths_text(*from))).collect()
            }
            Self::PerUnitAdd { base, worth, unit, each } => {
                vec![
                    format!("起点{}={worth}", thousandths_text(*base)),
                    format!("每{}={each}", thousandths_text(*unit)),
                ]
            }
            Self::PerUnitDeduct { unit, each } => vec![format!("每{}={each}", thousandths_text(*unit))],
            Self::Factor(bands) => bands
                .iter()
                .map(|(name, upper, lower)| format!("{name}={}-{}", thousandths_text(*upper), thousandths_text(*lower)))
                .collect(),
            Self::Boolean => vec![],
        };
        texts.join("；")
    }

    /// Checks the setting against the points of its line; the error says what doesn't fit.
    pub fn fits(&self, full: Points) -> Result<(), String> {
        let top = |most: Option<Points>| match most {
            Some(most) if most == full => Ok(()),
            Some(most) => {
                Err(format!("最高能得 {most} 分，和本项分值 {full} 分不一致，差 {} 分。", (full - most).abs()))
            }
            None => Err("请填写评分设置。".to_owned()),
        };
        let highest = |of: &[Worth]| of.iter().map(|(_, points)| *points).max();
        match self {
            Self::Composite(of) => {
                let sum: Points = of.iter().map(|(_, points)| *points).sum();
                if sum == full {
                    return Ok(());
                }
                Err(format!("各部分加起来是 {sum} 分，和本项分值 {full} 分不一致，差 {} 分。", (full - sum).abs()))
            }
            Self::Degree(of) | Self::Matrix(of) => top(highest(of)),
            Self::RatioBand(bands) | Self::Threshold(bands) => top(bands.first().map(|(_, points)| *points)),
            Self::ConditionCount(_, bands) => top(bands.first().map(|(_, points)| *points)),
            Self::PerUnitAdd { worth, each, .. } if *worth > full || *each <= Points::ZERO || *worth < Points::ZERO => {
                Err(format!("起点的分值不能超过本项分值 {full} 分，每多一个的加分要大于 0。"))
            }
            Self::PerUnitDeduct { each, .. } if *each > full => {
                Err(format!("每次扣 {each} 分，超过了本项分值 {full} 分。"))
            }
            Self::Linear(..)
            | Self::PerUnitAdd { .. }
            | Self::PerUnitDeduct { .. }
            | Self::Factor(_)
            | Self::Boolean => Ok(()),
        }
    }

    /// The options to choose or tick, each with its points.
    pub fn options(&self) -> Vec<(String, Option<Points>)> {
        match self {
            Self::Composite(of) | Self::Degree(of) | Self::Matrix(of) => {
                of.iter().map(|(name, points)| (name.clone(), Some(*points))).collect()
            }
            Self::ConditionCount(conditions, _) => conditions.iter().map(|name| (name.clone(), None)).collect(),
            Self::Boolean => vec![("有（符合）".to_owned(), None), ("没有（不符合）".to_owned(), None)],
            _ => vec![],
        }
    }

    /// The points for an answer at a line of `full` points, rounded half up to thousandths;
    /// the error says what is missing or wrong. The result lies between the least value and
    /// `full`, and is negative only if the setting says so.
    pub fn points(&self, full: Points, answer: &Answer) -> Result<Points, String> {
        const CHOOSE: &str = "请选择一档。";
        const COUNT: &str = "请填写数量，没有就填 0。";
        let chosen = |of: &[Worth]| {
            let at = answer.choice.ok_or(CHOOSE)?;
            of.get(at).map(|(_, points)| *points).ok_or(CHOOSE)
        };
        let ticked = |len: usize| {
            let ticks = answer.ticks.clone().unwrap_or_default();
            if ticks.iter().any(|at| *at >= len) {
                Err("选中的内容和评分细则对不上，请刷新后再选。")
            } else {
                Ok(ticks)
            }
        };
        let ratio = || match (answer.amount, answer.of) {
            (Some(1..), Some(0)) => Err("应有数是 0，实际数也应当是 0，请核对。"),
            _ => ratio_bp(answer).ok_or("请填写实际数和应有数；应有数空着时，前一格填百分比。"),
        };
        Ok(match self {
            Self::Composite(of) => ticked(of.len())?.into_iter().map(|at| of[at].1).sum(),
            Self::Degree(of) | Self::Matrix(of) => chosen(of)?,
            Self::RatioBand(bands) => {
                let (part, whole) = ratio()?;
                // Cross-multiplied, so that rounding can't push a ratio into another band.
                let met = |bp: i64| i128::from(part) * 10_000 >= i128::from(bp) * i128::from(whole);
                bands.iter().find(|(bp, _)| met(*bp)).map_or(Points::ZERO, |(_, points)| *points)
            }
            Self::Linear(from, to) => {
                let (part, whole) = ratio()?;
                let above = i128::from(part) * 10_000 - i128::from(*from) * i128::from(whole);
                let span = i128::from(to - from) * i128::from(whole);
                let share = above.clamp(0, span);
                Points(half_up(i128::from(full.0) * share, span))
            }
            Self::ConditionCount(conditions, bands) => {
                let met = ticked(conditions.len())?.len();
                bands.iter().find(|(count, _)| met >= *count).map_or(Points::ZERO, |(_, points)| *points)
            }
            Self::Threshold(bands) => {
                let amount = answer.amount.ok_or(COUNT)?;
                bands.iter().find(|(from, _)| amount >= *from).map_or(Points::ZERO, |(_, points)| *points)
            }
            Self::PerUnitAdd { base, worth, unit, each } => {
                let amount = answer.amount.ok_or(COUNT)?;
                if amount < *base {
                    Points::ZERO
                } else {
                    let more = (amount - base) / unit;
                    Points(worth.0.saturating_add(each.0.saturating_mul(more))).min(full)
                }
            }
            Self::PerUnitDeduct { unit, each } => {
                let times = answer.amount.ok_or(COUNT)? / unit;
                Points(full.0.saturating_sub(each.0.saturating_mul(times))).max(Points::ZERO)
            }
            Self::Factor(_) => {
                let factor = answer.amount.ok_or("请填写 0 到 1 之间的系数。")?;
                if !(0..=1000).contains(&factor) {
                    return Err("系数在 0 到 1 之间，例如 0.85。".to_owned());
                }
                full.share(factor, 1000)
            }
            Self::Boolean => match answer.choice {
                Some(0) => full,
                Some(1) => Points::ZERO,
                _ => return Err("请选择有还是没有。".to_owned()),
            },
        })
    }
}

fn positive(unit: i64) -> Result<i64, String> {
    if unit > 0 { Ok(unit) } else { Err("「每」后面的数要大于 0。".to_owned()) }
}

/// A ratio as numerator and denominator; without a denominator the amount is a percentage.
/// `None` if there is no answer. An empty denominator counts as 100 %.
fn ratio_bp(answer: &Answer) -> Option<(i64, i64)> {
    match (answer.amount?, answer.of) {
        (amount, None) if amount <= 1_000_000 => Some((amount, 100_000)),
        (_, Some(0)) => Some((1, 1)),
        (amount, Some(of)) if of > 0 => Some((amount, of)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scale(method: Method, text: &str) -> Scale {
        Scale::read(method, text).unwrap()
    }

    fn full(text: &str) -> Points {
        Points::parse(text).unwrap()
    }

    fn amount(text: &str) -> Answer {
        Answer { amount: Some(thousandths(text).unwrap()), ..Answer::default() }
    }

    fn ratio(part: &str, whole: &str) -> Answer {
        Answer { of: Some(thousandths(whole).unwrap()), ..amount(part) }
    }

    fn ticks(of: &[usize]) -> Answer {
        Answer { ticks: Some(of.iter().copied().collect()), ..Answer::default() }
    }

    fn choice(at: usize) -> Answer {
        Answer { choice: Some(at), ..Answer::default() }
    }

    #[test]
    fn every_method_of_the_catalogue_scores_as_its_form_does() {
        for (method, setting, points, answer, worth) in [
            (Method::Composite, "齐全=0.5；清楚=0.5；张贴=1", "2", ticks(&[0, 2]), "1.5"),
            (Method::Composite, "齐全=0.5；清楚=0.5；张贴=1", "2", Answer::default(), "0"),
            (Method::Degree, "好=4；一般=2；差=0", "4", choice(1), "2"),
            (Method::RatioBand, "100%=3；80%=2；60%=1", "3", ratio("80", "100"), "2"),
            (Method::RatioBand, "100%=3；80%=2；60%=1", "3", ratio("79.999", "100"), "1"),
            (Method::RatioBand, "100%=3；80%=2；60%=1", "3", ratio("59", "100"), "0"),
            (Method::RatioBand, "100%=3；80%=2；60%=1", "3", ratio("0", "0"), "3"),
            (Method::RatioBand, "100%=3；80%=2；60%=1", "3", amount("85"), "2"),
            (Method::Linear, "60%-95%", "7", amount("60"), "0"),
            (Method::Linear, "60%-95%", "7", amount("95"), "7"),
            (Method::Linear, "60%-95%", "7", amount("77.5"), "3.5"),
            (Method::Linear, "60%-95%", "7", amount("88.3"), "5.66"),
            (Method::ConditionCount, "内容一致；时间一致；2项=2；1项=1", "2", ticks(&[1]), "1"),
            (Method::ConditionCount, "内容一致；时间一致；2项=2；1项=1", "2", ticks(&[]), "0"),
            (Method::Threshold, "2=10；1=5", "10", amount("1.999"), "5"),
            (Method::Threshold, "2=10；1=5", "10", amount("0"), "0"),
            (Method::PerUnitAdd, "起点3=5；每1=1", "15", amount("7"), "9"),
            (Method::PerUnitAdd, "起点3=5；每1=1", "15", amount("40"), "15"),
            (Method::PerUnitAdd, "起点3=5；每1=1", "15", amount("2"), "0"),
            (Method::PerUnitDeduct, "每1=1", "3", amount("2"), "1"),
            (Method::PerUnitDeduct, "每1=1", "3", amount("9"), "0"),
            (Method::Matrix, "按时/完整=5；按时/不完整=3；逾期/不完整=-2", "5", choice(2), "-2"),
            (Method::Factor, "高=1-0.8；中=0.8-0.6；低=0.6-0", "6", amount("0.85"), "5.1"),
            (Method::Boolean, "", "1", choice(0), "1"),
            (Method::Boolean, "", "1", choice(1), "0"),
        ] {
            let scale = scale(method, setting);
            scale.fits(full(points)).unwrap();
            assert_eq!(scale.points(full(points), &answer), Ok(full(worth)), "{method:?} {answer:?}");
            assert_eq!(scale.text(), setting, "{method:?}");
        }
    }

    #[test]
    fn a_setting_that_does_not_add_up_says_by_how_much() {
        let composite = scale(Method::Composite, "a=0.5；b=1");
        assert!(composite.fits(full("2")).unwrap_err().contains("差 0.5 分"));
        assert!(scale(Method::Degree, "好=4；差=0").fits(full("5")).unwrap_err().contains("差 1 分"));
        for (method, setting) in [
            (Method::Composite, ""),
            (Method::Composite, "a=0"),
            (Method::Degree, "好；差"),
            (Method::Degree, "好=1；好=2"),
            (Method::RatioBand, "60%=1；100%=3"),
            (Method::RatioBand, "100=3"),
            (Method::Linear, "95%-60%"),
            (Method::ConditionCount, "一；3项=2"),
            (Method::PerUnitAdd, "3=5；1=1"),
            (Method::PerUnitDeduct, "每0=1"),
            (Method::PerUnitDeduct, "每1=-1"),
            (Method::Factor, "高=1-0.8；低=0.6-0"),
            (Method::Boolean, "有=1"),
        ] {
            assert!(Scale::read(method, setting).is_err(), "{method:?} {setting}");
        }
    }

    #[test]
    fn what_was_not_answered_is_asked_for() {
        for (method, setting) in [
            (Method::Degree, "好=4；差=0"),
            (Method::Threshold, "2=4"),
            (Method::Linear, "0%-100%"),
            (Method::Factor, "高=1-0"),
            (Method::Boolean, ""),
        ] {
            assert!(scale(method, setting).points(full("4"), &Answer::default()).is_err(), "{method:?}");
        }
        assert!(scale(Method::Degree, "好=4").points(full("4"), &choice(7)).is_err());
        assert!(scale(Method::Composite, "a=4").points(full("4"), &ticks(&[7])).is_err());
        assert!(scale(Method::Factor, "高=1-0").points(full("4"), &amount("1.001")).is_err());
        assert!(scale(Method::Linear, "0%-100%").points(full("4"), &amount("1000.001")).is_err());
    }

    proptest! {
        /// Never above the line's points, never below zero, and a higher value never scores less.
        #[test]
        fn points_stay_within_the_line(method in 0..6_usize, one in 0..2_000_000_i64, two in 0..2_000_000_i64, of in 0..2_000_000_i64) {
            let (scale, full) = [
                (scale(Method::RatioBand, "100%=3；80%=2；60%=1"), full("3")),
                (scale(Method::Linear, "60%-95%"), full("7")),
                (scale(Method::Threshold, "20=10；10=5"), full("10")),
                (scale(Method::PerUnitAdd, "起点3=5；每1=1"), full("15")),
                (scale(Method::PerUnitDeduct, "每1=0.25"), full("2")),
                (scale(Method::Factor, "高=1-0"), full("6")),
            ][method].clone();
            let worth = |amount: i64| {
                let amount = if method == 5 { amount % 1001 } else { amount };
                scale.points(full, &Answer { amount: Some(amount), of: Some(of), ..Answer::default() }).unwrap()
            };
            let (less, more) = if one % 1001 <= two % 1001 && one <= two { (worth(one), worth(two)) } else { (worth(one), worth(one)) };
            prop_assert!(less >= Points::ZERO && more <= full);
            let falls = method == 4;
            prop_assert!(less == more || (less > more) == falls);
        }
    }
}
