//! The contract to be signed: terms, priced items, instalments. Amounts in fen.

use serde::{Deserialize, Serialize};

use super::rows::{padded, rows, seq_of};
use crate::{
    features::purchasing::funds::share_of_percent,
    kernel::{Day, Problems, line, money, number, portion, yuan},
    words,
};

words! {
    /// The condition that makes an instalment due.
    Trigger {
        Signing = "signing", "签约后";
        Midterm = "midterm", "中期评估合格后";
        Final = "final", "末期评估合格后";
        Date = "date", "到约定日期";
    }
}

impl Trigger {
    /// True if the instalment depends on a passed evaluation.
    pub fn is_gated(self) -> bool {
        matches!(self, Self::Midterm | Self::Final)
    }
}

/// A priced item: unit price × quantity = subtotal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub seq: i16,
    pub name: String,
    pub spec: String,
    pub unit: String,
    pub unit_price: i64,
    pub quantity: i32,
    pub subtotal: i64,
    pub remark: String,
}

/// An instalment as agreed in the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    pub seq: i16,
    pub name: String,
    pub amount: i64,
    pub share_bp: Option<i32>,
    pub trigger: Trigger,
    pub due_on: Option<Day>,
}

/// The contract's terms and items.
#[derive(Clone, Debug, Serialize)]
pub struct Terms {
    pub contract_number: String,
    pub party_a: String,
    pub party_a_address: String,
    pub party_b: String,
    pub party_b_address: String,
    pub signed_on: Option<Day>,
    pub starts_on: Option<Day>,
    pub ends_on: Option<Day>,
    pub place: String,
    pub payment_terms: String,
    pub acceptance_terms: String,
    pub liability_terms: String,
    pub dispute_terms: String,
    pub items: Vec<Item>,
    pub instalments: Vec<Instalment>,
}

impl Terms {
    pub fn sum(&self) -> i64 {
        self.items.iter().map(|item| item.subtotal).sum()
    }
}

fn day(field: &'static str, typed: &str, problems: &mut Problems) -> Option<Day> {
    if typed.trim().is_empty() { None } else { problems.check(field, typed.parse::<Day>()) }
}

/// The contract form as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContractForm {
    pub version: i32,
    pub go: String,
    pub contract_number: String,
    pub party_a: String,
    pub party_a_address: String,
    pub party_b: String,
    pub party_b_address: String,
    pub signed_on: String,
    pub starts_on: String,
    pub ends_on: String,
    pub place: String,
    pub payment_terms: String,
    pub acceptance_terms: String,
    pub liability_terms: String,
    pub dispute_terms: String,
    pub item_name: Vec<String>,
    pub item_spec: Vec<String>,
    pub item_unit: Vec<String>,
    pub item_price: Vec<String>,
    pub item_quantity: Vec<String>,
    pub item_remark: Vec<String>,
    pub pay_name: Vec<String>,
    pub pay_amount: Vec<String>,
    pub pay_trigger: Vec<String>,
    pub pay_due: Vec<String>,
}

impl ContractForm {
    pub fn of(terms: &Terms, version: i32) -> Self {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let items = |text: fn(&Item) -> String| terms.items.iter().map(text).collect();
        let pays = |text: fn(&Instalment) -> String| terms.instalments.iter().map(text).collect();
        Self {
            version,
            go: String::new(),
            contract_number: terms.contract_number.clone(),
            party_a: terms.party_a.clone(),
            party_a_address: terms.party_a_address.clone(),
            party_b: terms.party_b.clone(),
            party_b_address: terms.party_b_address.clone(),
            signed_on: day(terms.signed_on),
            starts_on: day(terms.starts_on),
            ends_on: day(terms.ends_on),
            place: terms.place.clone(),
            payment_terms: terms.payment_terms.clone(),
            acceptance_terms: terms.acceptance_terms.clone(),
            liability_terms: terms.liability_terms.clone(),
            dispute_terms: terms.dispute_terms.clone(),
            item_name: items(|item| item.name.clone()),
            item_spec: items(|item| item.spec.clone()),
            item_unit: items(|item| item.unit.clone()),
            item_price: items(|item| yuan(item.unit_price)),
            item_quantity: items(|item| item.quantity.to_string()),
            item_remark: items(|item| item.remark.clone()),
            pay_name: pays(|pay| pay.name.clone()),
            pay_amount: pays(|pay| match pay.share_bp {
                Some(bp) => crate::kernel::exact_percent(bp),
                None => yuan(pay.amount),
            }),
            pay_trigger: pays(|pay| pay.trigger.as_str().to_owned()),
            pay_due: pays(|pay| pay.due_on.map(|day| day.to_string()).unwrap_or_default()),
        }
    }

    fn item_columns(&self) -> [&[String]; 6] {
        [&self.item_name, &self.item_spec, &self.item_unit, &self.item_price, &self.item_quantity, &self.item_remark]
    }

    fn pay_columns(&self) -> [&[String]; 4] {
        [&self.pay_name, &self.pay_amount, &self.pay_trigger, &self.pay_due]
    }

    pub fn item_rows(&self) -> Vec<[&str; 6]> {
        padded(rows(self.item_columns()), 4, self.go == "items")
    }

    pub fn pay_rows(&self) -> Vec<[&str; 4]> {
        padded(rows(self.pay_columns()), 3, self.go == "pays")
    }

    /// `budget` is the limit for the contract's sum.
    pub fn read(&self, budget: i64) -> Result<Terms, Problems> {
        let mut problems = Problems::default();
        let mut text = |field, typed: &str, max| problems.check(field, line(typed, 0, max)).unwrap_or_default();
        let contract_number = text("contract_number", &self.contract_number, 60);
        let party_a = text("party_a", &self.party_a, 60);
        let party_a_address = text("party_a_address", &self.party_a_address, 100);
        let party_b = text("party_b", &self.party_b, 60);
        let party_b_address = text("party_b_address", &self.party_b_address, 100);
        let place = text("place", &self.place, 100);
        let payment_terms = text("payment_terms", &self.payment_terms, 1000);
        let acceptance_terms = text("acceptance_terms", &self.acceptance_terms, 1000);
        let liability_terms = text("liability_terms", &self.liability_terms, 1000);
        let dispute_terms = text("dispute_terms", &self.dispute_terms, 1000);
        let signed_on = day("signed_on", &self.signed_on, &mut problems);
        let starts_on = day("starts_on", &self.starts_on, &mut problems);
        let ends_on = day("ends_on", &self.ends_on, &mut problems);
        if let (Some(starts_on), Some(ends_on)) = (starts_on, ends_on)
            && ends_on < starts_on
        {
            problems.note("ends_on", "服务期满的日子不能早于开始的日子。");
        }
        let items = self.items(&mut problems);
        let sum: i64 = items.iter().map(|item| item.subtotal).sum();
        if sum > budget {
            problems
                .note("items", format!("明细合计 {} 元，超过预算 {} 元。请核对单价和数量。", yuan(sum), yuan(budget)));
        }
        let instalments = self.instalments(sum, &mut problems);
        problems.or(Terms {
            contract_number,
            party_a,
            party_a_address,
            party_b,
            party_b_address,
            signed_on,
            starts_on,
            ends_on,
            place,
            payment_terms,
            acceptance_terms,
            liability_terms,
            dispute_terms,
            items,
            instalments,
        })
    }

    fn items(&self, problems: &mut Problems) -> Vec<Item> {
        let mut items: Vec<Item> = vec![];
        for (n, [name, spec, unit, price, quantity, remark]) in rows(self.item_columns()) {
            let mut bad = |what: &str, why: String| problems.note("items", format!("第 {n} 行{what}：{why}"));
            let name = line(name, 1, 60).map_err(|why| bad("服务名称", why)).ok();
            let spec = line(spec, 0, 200).map_err(|why| bad("要求", why)).ok();
            let unit = line(unit, 1, 10).map_err(|why| bad("单位", why)).ok();
            let remark = line(remark, 0, 100).map_err(|why| bad("备注", why)).ok();
            let price = money(price).map_err(|why| bad("单价", why)).ok();
            let quantity = number(quantity).map_err(|why| bad("数量", why.into())).ok();
            if quantity == Some(0) {
                bad("数量", "请填大于 0 的整数。".into());
            }
            let (Some(name), Some(spec), Some(unit), Some(unit_price), Some(quantity), Some(remark)) =
                (name, spec, unit, price, quantity, remark)
            else {
                continue;
            };
            let subtotal = unit_price.saturating_mul(quantity.into());
            items.push(Item { seq: seq_of(items.len()), name, spec, unit, unit_price, quantity, subtotal, remark });
        }
        items
    }

    /// Turns shares of the items' sum into amounts. When shares alone make up the whole, the last
    /// one takes the rounding difference.
    fn instalments(&self, sum: i64, problems: &mut Problems) -> Vec<Instalment> {
        let mut pays: Vec<Instalment> = vec![];
        let before = problems.all().len();
        for (n, [name, amount, trigger, due]) in rows(self.pay_columns()) {
            let mut bad = |what: &str, why: String| problems.note("pays", format!("第 {n} 行{what}：{why}"));
            let name = if name.is_empty() { format!("第 {} 期", pays.len() + 1) } else { name.to_owned() };
            let name = line(&name, 1, 40).map_err(|why| bad("名称", why)).ok();
            let is_share = amount.ends_with(['%', '％']);
            let share_bp = if is_share { share_of_percent(amount).ok() } else { None };
            let amount = match share_bp {
                Some(bp) => Ok(portion(sum, bp)),
                None if is_share => Err("请填百分比或金额，例如 60% 或 30,000。".to_owned()),
                None => money(amount),
            };
            let amount = amount.map_err(|why| bad("金额", why)).ok();
            let trigger = Trigger::parse(trigger).ok_or_else(|| bad("付款条件", "请选择。".into())).ok();
            let due_on = match due {
                "" => None,
                typed => typed.parse::<Day>().map_err(|why| bad("日期", why.into())).ok(),
            };
            if trigger == Some(Trigger::Date) && due.is_empty() {
                bad("日期", "按日期付款的请填日期。".into());
            }
            let (Some(name), Some(amount), Some(trigger)) = (name, amount, trigger) else { continue };
            pays.push(Instalment { seq: seq_of(pays.len()), name, amount, share_bp, trigger, due_on });
        }
        let shares: i32 = pays.iter().filter_map(|pay| pay.share_bp).sum();
        if shares == 10_000
            && pays.iter().all(|pay| pay.share_bp.is_some())
            && let Some((last, rest)) = pays.split_last_mut()
        {
            last.amount = sum - rest.iter().map(|pay| pay.amount).sum::<i64>();
        }
        let total: i64 = pays.iter().map(|pay| pay.amount).sum();
        if problems.all().len() == before && !pays.is_empty() && total != sum {
            problems.note("pays", format!("各期合计 {} 元，和合同金额 {} 元不一致，请核对。", yuan(total), yuan(sum)));
        }
        if pays.iter().any(|pay| pay.amount <= 0) && problems.all().len() == before {
            problems.note("pays", "每期金额要大于 0。");
        }
        pays
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(ToOwned::to_owned).to_vec()
    }

    fn contract(amounts: &[&str]) -> ContractForm {
        ContractForm {
            item_name: texts(["社工人员", "小组"]),
            item_unit: texts(["人·月", "节"]),
            item_price: texts(["4,650", "500"]),
            item_quantity: texts(["120", "20"]),
            pay_amount: amounts.iter().map(|text| (*text).to_owned()).collect(),
            pay_trigger: amounts.iter().map(|_| "signing".to_owned()).collect(),
            ..ContractForm::default()
        }
    }

    const SUM: i64 = 56_800_000;

    #[test]
    fn items_add_up_and_payments_make_the_whole() {
        let terms = contract(&["60%", "30％", "10%"]).read(SUM).unwrap();
        assert_eq!(terms.sum(), SUM);
        assert_eq!(
            terms.instalments.iter().map(|pay| pay.amount).collect::<Vec<_>>(),
            [34_080_000, 17_040_000, 5_680_000]
        );
        assert_eq!(terms.instalments[1].name, "第 2 期");
        let again = ContractForm::of(&terms, 1).read(SUM).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&terms).unwrap());

        let problems = contract(&["60%", "30%"]).read(SUM).unwrap_err();
        assert!(problems.on("pays").unwrap().contains("和合同金额 568,000.00 元不一致"));
        let problems = contract(&["60%", "40%"]).read(SUM - 1).unwrap_err();
        assert!(problems.on("items").unwrap().contains("超过预算"));
    }

    #[test]
    fn a_row_says_what_is_wrong_with_it() {
        let mut form = contract(&["60%", "四成"]);
        form.item_quantity[1] = "0".into();
        form.pay_trigger[1] = String::new();
        let problems = form.read(SUM).unwrap_err();
        let whys: Vec<&str> = problems.all().iter().map(|problem| problem.why.as_str()).collect();
        assert!(whys.iter().any(|why| why.starts_with("第 2 行数量")), "{whys:?}");
        assert!(whys.iter().any(|why| why.starts_with("第 2 行金额")), "{whys:?}");
        assert!(whys.iter().any(|why| why.starts_with("第 2 行付款条件")), "{whys:?}");
    }

    proptest! {
        /// However the sum is split into shares, no fen is lost or created.
        #[test]
        fn shares_make_the_whole_to_the_fen(price in 1..1_000_000_i64, quantity in 1..10_000_i32, cuts in prop::collection::vec(1..9_999_i32, 1..6)) {
            let mut cuts = cuts;
            cuts.extend([0, 10_000]);
            cuts.sort_unstable();
            cuts.dedup();
            let shares: Vec<String> = cuts.windows(2).map(|pair| {
                let bp = pair[1] - pair[0];
                format!("{}.{:02}%", bp / 100, bp % 100)
            }).collect();
            let sum = price * i64::from(quantity);
            let form = ContractForm {
                item_name: texts(["服务"]),
                item_unit: texts(["项"]),
                item_price: vec![yuan(price)],
                item_quantity: vec![quantity.to_string()],
                pay_trigger: shares.iter().map(|_| "signing".to_owned()).collect(),
                pay_amount: shares,
                ..ContractForm::default()
            };
            match form.read(sum) {
                Ok(terms) => prop_assert_eq!(terms.instalments.iter().map(|pay| pay.amount).sum::<i64>(), sum),
                // A share of a few fen may round to zero; the form then refuses it.
                Err(problems) => prop_assert!(problems.on("pays").is_some_and(|why| why.contains("大于 0"))),
            }
        }
    }
}
