//! Spending, and adjustments of the budget.

use crate::projects::Deal;
use crate::support::{Browser, form};

#[tokio::test]
async fn adjustments_are_graded_and_nobody_approves_their_own() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let ask = async |who: &Browser, moved: &str| {
        let page = who.get(&format!("{path}/spending")).await.ok();
        let key = page.html.rsplit("name=\"key\" value=\"").next().unwrap().split('"').next().unwrap().to_owned();
        let fields =
            [("key", key.as_str()), ("from", "1"), ("to_line", "2"), ("moved", moved), ("reason", "活动增加了")];
        who.post(&format!("{path}/adjustments"), &form(&fields)).await
    };
    let decide = async |seq: u8, more: &[(&str, &str)]| {
        let mut fields = vec![("decision", "approve")];
        fields.extend(more);
        deal.county.post(&format!("{path}/adjustments/{seq}/decision"), &form(&fields)).await
    };
    ask(&deal.agency, "60,000.01").await.says("只剩 60,000.00 元可以调出");
    ask(&deal.agency, "5000").await.done();
    ask(&deal.agency, "4000").await.done();
    ask(&deal.agency, "2000").await.done();
    ask(&deal.county, "10").await.done();
    decide(1, &[]).await.done();
    decide(2, &[]).await.says("累计调整超过合同金额的 5%，请写明意见");
    decide(2, &[("words", "同意")]).await.done();
    decide(3, &[("words", "同意")]).await.says("要先签补充协议");
    decide(3, &[("document", "补-1")]).await.done();
    decide(4, &[("document", "补-1")]).await.says("不能批准自己提出的调整");
    let back = form(&[("decision", "refuse"), ("words", "填错了")]);
    deal.county.post(&format!("{path}/adjustments/4/decision"), &back).await.done();
    let page = deal.county.get(&format!("{path}/spending")).await.ok();
    page.says("51,000.00");
    page.says("49,000.00");
    deal.county.get(&format!("{path}/spending?on=2026-03-04")).await.ok().says("截至 2026-03-04");
}
