//! Filling in a report on a single page, saved as often as needed and merged with others' edits.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::super::stance::{Stance, locked, reached, require_author};
use super::grid::{self, Block, Given, Parts, fixed_why};
use crate::{
    db::{Entry, Silence, Tx},
    features::reporting::{
        indicators::{self, Form as ReportForm, Section, Sheet},
        reports::{
            model::{Content, Field, Finding, ReturnReason, State, Step, TEXTS, check},
            store::{self, Around, Report},
        },
    },
    kernel::{AccountId, Day, Error, Month, Result, StationId, beijing},
    web::{Chrome, Form, Html, Path, Visit, filters, see_other, see_other_done},
};

/// A report with everything needed to fill it in.
pub struct Loaded {
    pub report: Report,
    pub stance: Stance,
    pub sheet: Sheet,
    pub form: ReportForm,
    pub around: Around,
}

impl Loaded {
    pub async fn load(tx: &mut Tx, visit: &Visit, station: StationId, month: Month) -> Result<Self> {
        let (report, stance) = reached(tx, visit, station, month).await?;
        let sheet = indicators::sheet(tx, month).await?;
        let form = report.form(&sheet);
        let around = store::around(tx, &report).await?;
        Ok(Self { report, stance, sheet, form, around })
    }

    /// Values the system knows, which nobody types.
    pub fn known(&self) -> BTreeMap<i16, i64> {
        let mut known = self.report.known.clone();
        known.extend(self.around.carried());
        known
    }

    /// The report's content, with known values filled in while it is open.
    pub fn content(&self) -> Content {
        let mut content = self.report.content.clone();
        if self.stance.is_author && self.report.state().is_open() {
            content.settle(&self.form, &self.known());
        }
        content
    }

    pub fn given<'a>(&'a self, content: &'a Content, findings: &'a [Finding], meant: &'a BTreeSet<Field>) -> Given<'a> {
        Given {
            sheet: &self.sheet,
            form: &self.form,
            report: &self.report,
            content,
            around: &self.around,
            findings,
            stance: &self.stance,
            stored: None,
            before: None,
            meant,
        }
    }

    /// True if the visitor may write in the field.
    pub fn may_write(&self, field: Field) -> bool {
        let nothing = BTreeSet::new();
        let given = self.given(&self.report.content, &[], &nothing);
        let indicator = field.slot().and_then(|slot| self.form.indicators().find(|i| i.slot == slot));
        match (field, indicator) {
            (Field::Text(_), _) => true,
            (_, None) => false,
            (Field::Value(_), Some(indicator)) => fixed_why(&given, indicator).is_none(),
            (_, Some(indicator)) => self.stance.writes(field, Some(indicator.section)),
        }
    }

    /// Stores typed text in the fields the visitor may write in.
    pub fn put(&self, content: &mut Content, typed: &[(String, String)]) {
        for (name, text) in typed {
            if let Some(field) = Field::parse(name).filter(|field| self.may_write(*field)) {
                content.put(field, text, &self.sheet);
            }
        }
    }

    pub fn check(&self, content: &Content, whole: bool) -> Vec<Finding> {
        check(&self.sheet, &self.form, content, &self.around.past(), whole)
    }
}

/// The last return: its reason and the cells it marked.
#[derive(Clone, Debug)]
pub struct Returned {
    pub by: String,
    pub reason: String,
    pub words: String,
    pub cells: BTreeSet<Field>,
    pub names: Vec<String>,
}

pub async fn last_return(tx: &mut Tx, loaded: &Loaded) -> Result<Option<Returned>> {
    if loaded.report.state() != State::Returned {
        return Ok(None);
    }
    let steps = store::steps(tx, &loaded.report).await?;
    Ok(steps.into_iter().rev().find(|step| step.act == Step::Return).map(|step| {
        let names = step.cells.iter().map(|field| name_of(&loaded.form, *field)).collect();
        Returned {
            by: step.actor,
            reason: step.reason.map_or("", ReturnReason::label).to_owned(),
            words: step.words,
            cells: step.cells.into_iter().collect(),
            names,
        }
    }))
}

/// Display name of a field.
pub fn name_of(form: &ReportForm, field: Field) -> String {
    let indicator = field.slot().and_then(|slot| form.indicators().find(|i| i.slot == slot));
    match (field, indicator) {
        (Field::Text(key), _) => {
            TEXTS.iter().find(|(known, ..)| *known == key).map_or("", |(_, label, ..)| label).to_owned()
        }
        (Field::Part(_, breakdown, at), Some(indicator)) => {
            let word = indicator.parts(breakdown).get(at).copied().unwrap_or("");
            format!("{}（{word}）", indicator.name)
        }
        (_, Some(indicator)) => indicator.name.clone(),
        _ => String::new(),
    }
}

/// A section of the narrative.
#[derive(Debug)]
struct Words {
    key: &'static str,
    label: &'static str,
    hint: &'static str,
    most: usize,
    text: String,
    /// Stored text.
    stands: String,
    /// Text that somebody else saved meanwhile.
    theirs: Option<String>,
}

#[derive(Template)]
#[template(path = "reporting/reports/edit.html")]
struct Edit {
    chrome: Chrome,
    report: Report,
    blocks: Vec<Block>,
    parts: Vec<Parts>,
    texts: Vec<Words>,
    filled: usize,
    asked: usize,
    today: Day,
    returned: Option<Returned>,
    submits: bool,
    /// True if village rooms report to this station.
    has_rooms: bool,
    /// The form is stale: somebody else saved in between.
    is_stale: bool,
    /// Number of edited cells that belong to somebody else.
    refused: usize,
    workers: Vec<(AccountId, String)>,
}

impl Edit {
    fn page(
        visit: &Visit,
        loaded: Loaded,
        content: &Content,
        stored: Option<&Content>,
        returned: Option<Returned>,
        today: Day,
    ) -> Self {
        let findings = loaded.check(content, false);
        let meant = returned.as_ref().map(|returned| returned.cells.clone()).unwrap_or_default();
        let mut given = loaded.given(content, &findings, &meant);
        given.stored = stored;
        let (filled, asked) = content.progress(&loaded.form);
        let texts = TEXTS.iter().map(|(key, label, hint, most)| {
            let field = Field::Text(key);
            let text = content.text(field, &loaded.sheet);
            let stands = stored.unwrap_or(content).text(field, &loaded.sheet);
            let theirs = (stands != text).then(|| stands.clone());
            Words { key, label, hint, most: *most, text, stands, theirs }
        });
        Self {
            chrome: visit.chrome(),
            blocks: grid::blocks(&given),
            parts: grid::parts(&given),
            texts: texts.collect(),
            filled,
            asked,
            today,
            returned,
            submits: loaded.stance.submits,
            has_rooms: !loaded.around.rooms.is_empty(),
            is_stale: stored.is_some(),
            refused: 0,
            workers: vec![],
            report: loaded.report,
        }
    }

    fn opens_later(&self) -> bool {
        self.today < self.report.timing.opens_on()
    }

    /// Shows another's text only next to fields that both edited.
    fn only_beside(&mut self, both: &BTreeMap<String, String>) {
        for line in self.blocks.iter_mut().flat_map(|block| &mut block.lines) {
            if !both.contains_key(&line.field()) {
                line.theirs = None;
            }
        }
        for words in &mut self.texts {
            if !both.contains_key(words.key) {
                words.theirs = None;
            }
        }
    }

    fn handed_to(&self, section: &Section, account: &AccountId) -> bool {
        self.report.hands.iter().any(|hand| hand.section == *section && hand.account == *account)
    }

    /// True for the cell that gets the focus: the first marked one, else the first empty one.
    fn starts_at(&self, field: impl AsRef<str>) -> bool {
        let lines = || self.blocks.iter().flat_map(|block| &block.lines).filter(|line| line.fixed.is_none());
        let first = lines().find(|line| line.is_meant).or_else(|| lines().find(|line| line.text.is_empty()));
        first.is_some_and(|line| line.field() == field.as_ref())
    }
}

pub async fn edit(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    if !loaded.stance.is_author || locked(&loaded.report).is_some() {
        return Ok(see_other(&loaded.report.path()));
    }
    let content = loaded.content();
    let returned = last_return(&mut tx, &loaded).await?;
    let workers = if loaded.stance.submits { store::workers(&mut tx, station).await? } else { vec![] };
    let mut page = Edit::page(&visit, loaded, &content, None, returned, tx.today());
    page.workers = workers;
    Ok(Html(page).into_response())
}

/// Result of merging a form with what others saved meanwhile. Each field comes with its text when
/// the page was rendered (`was-v12`).
struct Merged {
    content: Content,
    /// Names of the fields written.
    kept: Vec<String>,
    /// Conflicts: fields that somebody else changed to a different text, with that text.
    theirs: BTreeMap<String, String>,
    /// Fields that the visitor may not write in.
    refused: Vec<String>,
}

/// Text without thousands separators and the line endings of forms.
fn plain(text: &str) -> String {
    text.replace([',', '\r'], "").trim().to_owned()
}

/// Writes the fields the visitor changed; the others stay as stored. In a conflict the stored text
/// stays until the visitor has seen it.
fn merge(loaded: &Loaded, typed: &[(String, String)]) -> Merged {
    let mut content = loaded.content();
    let was: BTreeMap<&str, &str> =
        typed.iter().filter_map(|(name, text)| Some((name.strip_prefix("was-")?, text.as_str()))).collect();
    let (mut fields, mut theirs, mut refused) = (vec![], BTreeMap::new(), vec![]);
    for (name, text) in typed {
        let Some(field) = Field::parse(name) else { continue };
        let stands = content.text(field, &loaded.sheet);
        let was = was.get(name.as_str());
        if was.is_some_and(|was| plain(was) == plain(text)) {
            continue;
        }
        // 「230人次」 equals a stored 230.
        let mut would = content.clone();
        would.put(field, text, &loaded.sheet);
        if would.text(field, &loaded.sheet) == stands {
            continue;
        }
        if !loaded.may_write(field) {
            refused.push(name.clone());
        } else if was.is_some_and(|was| plain(was) != plain(&stands)) {
            theirs.insert(name.clone(), stands);
        } else {
            fields.push((name.clone(), text.clone()));
        }
    }
    loaded.put(&mut content, &fields);
    content.settle(&loaded.form, &loaded.known());
    Merged { content, kept: fields.into_iter().map(|(name, _)| name).collect(), theirs, refused }
}

/// Merges and saves; if somebody saves at the same moment, merges again on top of that.
async fn merge_and_save(
    tx: &mut Tx,
    visit: &Visit,
    (station, month): (StationId, Month),
    typed: &[(String, String)],
    all_or_nothing: bool,
) -> Result<(Loaded, Merged)> {
    for _ in 0..5 {
        let loaded = Loaded::load(tx, visit, station, month).await?;
        require_author(&loaded.report, &loaded.stance)?;
        let merged = merge(&loaded, typed);
        if all_or_nothing && !(merged.theirs.is_empty() && merged.refused.is_empty()) {
            return Ok((loaded, merged));
        }
        // An unchanged report gets no new version: somebody may be checking the last one.
        let is_known = loaded.report.is_begun && merged.content == loaded.content();
        if is_known || store::save(tx, &loaded.report, &merged.content, &loaded.form).await? {
            return Ok((loaded, merged));
        }
    }
    Err(Error::refused("同时有几个人在保存，这次没有存上。请再点一次保存。"))
}

/// Saves the whole form. If others edited the same cells, their text is shown next to them, and
/// nothing is saved until the visitor has seen it.
pub async fn save(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (loaded, merged) = merge_and_save(&mut tx, &visit, (station, month), &typed, true).await?;
    if !merged.theirs.is_empty() || !merged.refused.is_empty() {
        let stored = loaded.content();
        let mine_too = |name: &String| merged.kept.contains(name) || merged.theirs.contains_key(name);
        let typed: Vec<_> = typed.iter().filter(|(name, _)| mine_too(name)).cloned().collect();
        let mut mine = stored.clone();
        loaded.put(&mut mine, &typed);
        mine.settle(&loaded.form, &loaded.known());
        let today = tx.today();
        let mut page = Edit::page(&visit, loaded, &mine, Some(&stored), None, today);
        page.only_beside(&merged.theirs);
        page.refused = merged.refused.len();
        return Ok((StatusCode::CONFLICT, Html(page)).into_response());
    }
    let wants_check = typed.iter().any(|(name, value)| name == "go" && value == "check");
    let path = loaded.report.path();
    let done = if loaded.check(&merged.content, false).iter().any(Finding::blocks) { "saved_in_part" } else { "saved" };
    tx.commit_silently(Silence::DraftSaved).await?;
    Ok(if wants_check { see_other(&format!("{path}/check")) } else { see_other_done(&format!("{path}/edit"), done) })
}

/// Saves single cells while the visitor types; responds with the stored state.
pub async fn save_cells(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (loaded, merged) = merge_and_save(&mut tx, &visit, (station, month), &typed, false).await?;
    let content = &merged.content;
    let (filled, asked) = content.progress(&loaded.form);
    let findings = loaded.check(content, false);
    let problems: BTreeMap<String, &str> =
        findings.iter().filter(|finding| finding.blocks()).map(|f| (f.field.name(), f.why.as_str())).collect();
    let text = |name: &String| Some((name.clone(), content.text(Field::parse(name)?, &loaded.sheet)));
    let stands: BTreeMap<String, String> = merged.kept.iter().filter_map(text).collect();
    let derived: BTreeMap<String, String> = loaded
        .form
        .indicators()
        .filter(|indicator| indicator.is_derived())
        .map(|i| (Field::Value(i.slot).name(), content.text(Field::Value(i.slot), &loaded.sheet)))
        .collect();
    let answer = json!({
        "saved": beijing(tx.now()).format("%H:%M").to_string(), "filled": filled, "asked": asked, "stands": stands,
        "theirs": merged.theirs, "refused": merged.refused, "problems": problems, "derived": derived,
    });
    tx.commit_silently(Silence::DraftSaved).await?;
    Ok(Json(answer).into_response())
}

/// Assigns sections of the form to workers, for every month from now on.
pub async fn hand_out(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (report, stance) = reached(&mut tx, &visit, station, month).await?;
    if !stance.submits {
        return Err(Error::Forbidden);
    }
    let workers = store::workers(&mut tx, station).await?;
    let hands: Vec<(Section, AccountId)> = typed
        .iter()
        .filter_map(|(name, account)| {
            let section = Section::ALL.iter().copied().find(|section| section.as_str() == name)?;
            let account = account.parse().ok()?;
            workers.iter().any(|(id, _)| *id == account).then_some((section, account))
        })
        .collect();
    store::hand_out(&mut tx, &report, &hands).await?;
    let named: BTreeMap<&str, &str> = hands
        .iter()
        .filter_map(|(section, account)| {
            Some((section.label(), workers.iter().find(|(id, _)| id == account)?.1.as_str()))
        })
        .collect();
    tx.record(Entry::new("分派月报板块", "station", station, &report.station_name).after(named)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/edit", report.path()), "saved"))
}

/// Redirects to the station's next report to fill in: the oldest one that is expected and open,
/// else this month's.
pub async fn next_of(visit: Visit, Path(station): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let open = store::own(&mut tx).await?;
    let this = tx.today().month();
    let next = open.iter().find(|own| own.station == station && !own.is_received && own.month < this);
    let month = next.map_or(this, |own| own.month);
    Ok(see_other(&format!("/reports/{station}/{month}")))
}
