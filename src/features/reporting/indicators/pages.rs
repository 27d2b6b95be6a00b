//! Pages of the indicator dictionary: the list and its export, one indicator, and each level's
//! form.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{Aggregation, Breakdown, Indicator, IndicatorForm, Section, Sheet},
    store::{self, Version},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::places::stations::StationLevel,
    kernel::{Error, Month, Problems, Result},
    web::{
        Cell, Chrome, Column, Form, Html, Invalid, Path, Query, Sheet as Workbook, Visit, checked, filters, form_key,
        key_of, see_other_done,
    },
};

fn require_set(visit: &Visit) -> Result<()> {
    if visit.rules(Act::SetReporting) {
        Ok(())
    } else {
        Err(Error::refused("指标和表样由本网络最高一级主管部门设定，您现在的岗位只能查看。"))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    month: String,
}

impl Filter {
    fn month(&self, tx: &Tx) -> Month {
        self.month.parse().unwrap_or_else(|_| tx.today().month())
    }
}

#[derive(Template)]
#[template(path = "reporting/indicators/index.html")]
struct Index {
    chrome: Chrome,
    month: Month,
    sheet: Sheet,
    may_set: bool,
}

impl Index {
    fn sections(&self) -> Vec<(Section, Vec<Indicator>)> {
        self.sheet.sections(&self.sheet.indicators).sections
    }

    fn asks(&self, level: &StationLevel, slot: &i16) -> bool {
        self.sheet.asks(*level, *slot)
    }
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let month = filter.month(&tx);
    let sheet = store::sheet(&mut tx, month).await?;
    Ok(Html(Index { chrome: visit.chrome(), month, sheet, may_set: visit.rules(Act::SetReporting) }).into_response())
}

/// Exports a month's dictionary as a workbook.
pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let chrome = visit.chrome();
    let mut tx = visit.begin_export().await?;
    let month = filter.month(&tx);
    let sheet = store::sheet(&mut tx, month).await?;
    let heads = [
        ("代码", 26),
        ("指标", 26),
        ("单位", 8),
        ("板块", 20),
        ("汇总方式", 30),
        ("口径", 60),
        ("分列", 20),
        ("哪些表", 24),
    ];
    let mut book = Workbook::new("指标库", &heads.map(|(head, width)| Column::new(head, width)), false)?;
    for indicator in &sheet.indicators {
        let parts: Vec<_> = Breakdown::ALL.iter().filter(|kind| !indicator.parts(**kind).is_empty()).collect();
        let parts = parts.into_iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、");
        let forms: Vec<_> = StationLevel::ALL.iter().filter(|level| sheet.asks(**level, indicator.slot)).collect();
        let forms = forms.into_iter().map(|level| chrome.station_level(level.as_str())).collect::<Vec<_>>().join("、");
        book.row([
            Cell::Text(&indicator.code),
            Cell::Text(&indicator.name),
            Cell::Text(&indicator.unit),
            Cell::Text(indicator.section.label()),
            Cell::Text(indicator.aggregation.label()),
            Cell::Text(&indicator.definition),
            Cell::Text(&parts),
            Cell::Text(if indicator.is_retired { "已停用" } else { &forms }),
        ])?;
    }
    tx.record(Entry::new("导出指标库", "indicators", "", month.label())).await?;
    tx.commit().await?;
    book.finish(&format!("指标库_{month}.xlsx")).await
}

#[derive(Template)]
#[template(path = "reporting/indicators/edit.html")]
struct Edit {
    chrome: Chrome,
    /// The current version; `None` for a new indicator.
    indicator: Option<Indicator>,
    versions: Vec<Version>,
    form: IndicatorForm,
    problems: Problems,
    may_set: bool,
}

impl Edit {
    fn title(&self) -> String {
        self.indicator.as_ref().map_or_else(|| "新增指标".to_owned(), |indicator| indicator.name.clone())
    }

    fn path(&self) -> String {
        match &self.indicator {
            Some(indicator) => format!("/indicators/{}", indicator.code),
            None => "/indicators".to_owned(),
        }
    }

    /// Choices of aggregation. Ratios can't be created on a page.
    fn aggregations(&self) -> Vec<(&'static str, &'static str)> {
        Aggregation::choices().into_iter().filter(|(key, _)| *key != Aggregation::Ratio.as_str()).collect()
    }
}

pub async fn new(visit: Visit) -> Result<Response> {
    require_set(&visit)?;
    let tx = visit.begin().await?;
    let form = IndicatorForm {
        key: form_key(),
        from_month: tx.today().month().to_string(),
        aggregation: Aggregation::Sum.as_str().to_owned(),
        scale: "0".to_owned(),
        ..IndicatorForm::default()
    };
    let page = Edit {
        chrome: visit.chrome(),
        indicator: None,
        versions: vec![],
        form,
        problems: Problems::default(),
        may_set: true,
    };
    Ok(Html(page).into_response())
}

pub async fn create(visit: Visit, Form(form): Form<IndicatorForm>) -> Result<Response> {
    require_set(&visit)?;
    let mut tx = visit.begin().await?;
    let again = |form: IndicatorForm, problems: Problems| {
        let page = Edit { chrome: visit.chrome(), indicator: None, versions: vec![], form, problems, may_set: true };
        Ok(Invalid(page).into_response())
    };
    let slot = store::next_slot(&mut tx).await?;
    let (since, indicator) = match form.read(slot, None, tx.today().month()) {
        Ok(read) => read,
        Err(problems) => return again(form, problems),
    };
    let sheet = store::sheet_to_come(&mut tx).await?;
    let there = format!("/indicators/{}", indicator.code);
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    if sheet.by_code(&indicator.code).is_some() {
        return again(form, Problems::one("code", "这个代码已经有别的指标用了，请换一个。"));
    }
    if sheet.indicators.iter().any(|other| other.name == indicator.name && !other.is_retired) {
        return again(form, Problems::one("name", "已经有同名的指标，请改一个能分清的名称。"));
    }
    if let Err(problems) = checked(store::keep(&mut tx, since, &indicator).await)? {
        return again(form, problems);
    }
    tx.record(Entry::new("新增指标", "indicator", &indicator.code, &indicator.name).after(&indicator)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

pub async fn show(visit: Visit, Path(code): Path<String>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let sheet = store::sheet_to_come(&mut tx).await?;
    let indicator = sheet.by_code(&code).ok_or(Error::NotFound)?.clone();
    let versions = store::versions(&mut tx, indicator.slot).await?;
    let form = IndicatorForm::of(&indicator, tx.today().month());
    let page = Edit {
        chrome: visit.chrome(),
        indicator: Some(indicator),
        versions,
        form,
        problems: Problems::default(),
        may_set: visit.rules(Act::SetReporting),
    };
    Ok(Html(page).into_response())
}

pub async fn save(visit: Visit, Path(code): Path<String>, Form(form): Form<IndicatorForm>) -> Result<Response> {
    require_set(&visit)?;
    let mut tx = visit.begin().await?;
    let sheet = store::sheet_to_come(&mut tx).await?;
    let old = sheet.by_code(&code).ok_or(Error::NotFound)?.clone();
    let (since, new) = match form.read(old.slot, Some(&old), tx.today().month()) {
        Ok(read) => read,
        Err(problems) => {
            let versions = store::versions(&mut tx, old.slot).await?;
            let page = Edit { chrome: visit.chrome(), indicator: Some(old), versions, form, problems, may_set: true };
            return Ok(Invalid(page).into_response());
        }
    };
    store::keep(&mut tx, since, &new).await?;
    let entry = Entry::new("修改指标口径", "indicator", &new.code, format!("{}（{since} 起）", new.name));
    tx.record(entry.before(&old).after(&new)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/indicators/{code}"), "saved"))
}

#[derive(Template)]
#[template(path = "reporting/indicators/form.html")]
struct FormPage {
    chrome: Chrome,
    level: StationLevel,
    sheet: Sheet,
    months: Vec<(Month, String)>,
    from_month: String,
    chosen: Vec<i16>,
    problems: Problems,
    may_set: bool,
}

impl FormPage {
    fn has(&self, slot: &i16) -> bool {
        self.chosen.contains(slot)
    }

    fn sections(&self) -> Vec<(Section, Vec<Indicator>)> {
        let open: Vec<Indicator> = self.sheet.indicators.iter().filter(|i| !i.is_retired).cloned().collect();
        self.sheet.sections(&open).sections
    }
}

fn level_of(word: &str) -> Result<StationLevel> {
    StationLevel::ALL.iter().copied().find(|level| level.as_str() == word).ok_or(Error::NotFound)
}

pub async fn form(visit: Visit, Path(level): Path<String>, Query(filter): Query<Filter>) -> Result<Response> {
    let level = level_of(&level)?;
    let mut tx = visit.begin().await?;
    let month = filter.month(&tx).max(tx.today().month());
    let sheet = store::sheet(&mut tx, month).await?;
    let chosen = sheet.indicators.iter().map(|i| i.slot).filter(|slot| sheet.asks(level, *slot)).collect();
    let months = store::form_months(&mut tx, level).await?;
    let page = FormPage {
        chrome: visit.chrome(),
        level,
        from_month: sheet.month.to_string(),
        sheet,
        months,
        chosen,
        problems: Problems::default(),
        may_set: visit.rules(Act::SetReporting),
    };
    Ok(Html(page).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    from_month: String,
    slot: Vec<i16>,
}

pub async fn save_form(visit: Visit, Path(level): Path<String>, Form(typed): Form<Chosen>) -> Result<Response> {
    require_set(&visit)?;
    let level = level_of(&level)?;
    let mut tx = visit.begin().await?;
    let this = tx.today().month();
    let mut problems = Problems::default();
    let since = problems.check("from_month", typed.from_month.parse::<Month>());
    if since.is_some_and(|since| since < this || since > this.plus(24)) {
        problems
            .note("from_month", format!("请填 {this} 到 {} 之间的月份；以前的月份要保持当时的表样。", this.plus(24)));
    }
    let sheet = store::sheet(&mut tx, since.unwrap_or(this).max(this)).await?;
    let slots: Vec<i16> = sheet.indicators.iter().map(|i| i.slot).filter(|slot| typed.slot.contains(slot)).collect();
    if slots.is_empty() {
        problems.note("slots", "请至少勾选一个指标。");
    }
    let (Some(since), true) = (since, problems.is_empty()) else {
        let months = store::form_months(&mut tx, level).await?;
        let page = FormPage {
            chrome: visit.chrome(),
            level,
            sheet,
            months,
            from_month: typed.from_month,
            chosen: slots,
            problems,
            may_set: true,
        };
        return Ok(Invalid(page).into_response());
    };
    store::keep_form(&mut tx, level, since, &slots).await?;
    let codes: Vec<&str> = slots.iter().filter_map(|slot| Some(sheet.find(*slot)?.code.as_str())).collect();
    let label = format!("{}（{since} 起）", visit.chrome().station_level(level.as_str()));
    tx.record(Entry::new("修改月报表样", "form", level.as_str(), label).after(json!({ "indicators": codes }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/forms/{}?month={since}", level.as_str()), "saved"))
}
