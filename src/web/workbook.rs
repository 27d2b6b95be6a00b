//! Reads uploaded workbooks at a bounded cost.
//!
//! A file of four kilobytes can claim a sheet of seventeen billion cells, so we bound the cost
//! of a read and never trust the file's own figures. A first pass inflates the archive, discards
//! the output and counts it; a second streams the cells one by one and keeps only those under a
//! requested heading. Reads have their own slots and a deadline that ends the work even if
//! nobody waits for it any more.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    time::{Duration, Instant},
};

use calamine::{DataRef, Reader, Xlsx};
use tokio::sync::Semaphore;

use super::Upload;
use crate::kernel::{Error, Result};

/// Maximum rows below the headings of an uploaded table.
pub(super) const ROWS: u32 = 20_000;
/// Maximum inflated size of a workbook in bytes, all parts together.
const INFLATED: u64 = 64 * 1024 * 1024;
/// Maximum inflated size in bytes of all parts other than sheets and shared strings.
const INFLATED_BESIDE: u64 = 16 * 1024 * 1024;
/// Maximum XML tags in all parts, because the reader allocates for each.
const TAGS: usize = 5_000_000;
/// Maximum XML tags in a part that is neither a sheet nor the shared strings.
const TAGS_BESIDE: usize = 200_000;
/// Maximum parts of an archive.
const PARTS: usize = 200;
/// Maximum bytes of text kept from one workbook.
const KEPT: usize = 16 * 1024 * 1024;
/// Maximum characters of one cell, as in Excel.
const CELL: usize = 32_767;
/// Time limit for one read.
const DEADLINE: Duration = Duration::from_secs(20);
/// Time an upload waits for a slot before it is refused as busy.
const PATIENCE: Duration = Duration::from_secs(15);

/// Concurrent reads, one per core of a small server; total memory is one read's times this.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// A row below the headings: its row number in the file, and its cells in the order of the
/// requested headings.
pub type Row = (usize, Vec<String>);

/// Reads the rows of an uploaded workbook's first sheet, each as long as `heads` and in their
/// order. Skips rows that are blank under those headings.
///
/// # Errors
/// A problem at `file` says what to change: no file, not a workbook, a missing heading, or a
/// table beyond the limits above. [`Error::Busy`] if no slot becomes free in time.
pub async fn open_workbook(upload: Upload, heads: Vec<&'static str>) -> Result<Vec<Row>> {
    if upload.bytes.is_empty() {
        return Err(Error::at("file", "请选择要上传的 xlsx 文件。"));
    }
    let turn = tokio::time::timeout(PATIENCE, SLOTS.acquire()).await;
    let slot = turn.map_err(|_| Error::Busy)?.map_err(Error::bug)?;
    // The slot moves with the work: if the request ends, the slot stays in use until the read ends.
    let read = tokio::task::spawn_blocking(move || {
        let rows = read_workbook(&upload.bytes, &heads, Instant::now() + DEADLINE);
        drop(slot);
        rows
    });
    read.await.map_err(Error::bug)?
}

fn not_a_workbook() -> Error {
    Error::at("file", "这不是 xlsx 表格文件。请用 Excel 或 WPS 另存为「.xlsx」后再上传。")
}

fn too_large() -> Error {
    Error::at("file", "这个文件解压后太大，没有读取。请用本页的模板重新填写。")
}

fn read_workbook(bytes: &[u8], heads: &[&str], until: Instant) -> Result<Vec<Row>> {
    check_inflation(bytes, until)?;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| not_a_workbook())?;
    let first = workbook.sheet_names().first().cloned().ok_or_else(not_a_workbook)?;
    let mut cells = workbook.worksheet_cells_reader(&first).map_err(|_| not_a_workbook())?;
    let mut table = Table::new(heads);
    while let Some(cell) = cells.next_cell().map_err(|_| not_a_workbook())? {
        table.take(cell.get_position(), cell.get_value())?;
        in_time(until)?;
    }
    table.finish()
}

fn in_time(until: Instant) -> Result<()> {
    if Instant::now() < until { Ok(()) } else { Err(too_large()) }
}

/// State kept while streaming a sheet's cells.
struct Table<'a> {
    heads: &'a [&'a str],
    /// The heading row, which is the first that is not empty.
    head_row: Option<u32>,
    /// The column of each heading.
    columns: Vec<Option<u32>>,
    rows: BTreeMap<u32, Vec<String>>,
    kept: usize,
}

impl<'a> Table<'a> {
    fn new(heads: &'a [&'a str]) -> Self {
        Self { heads, head_row: None, columns: vec![None; heads.len()], rows: BTreeMap::new(), kept: 0 }
    }

    fn take(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> Result<()> {
        if is_blank(value) {
            return Ok(());
        }
        if row == *self.head_row.get_or_insert(row) {
            let text = cell_text(value);
            for (head, place) in self.heads.iter().zip(&mut self.columns) {
                if *head == text && place.is_none() {
                    *place = Some(column);
                }
            }
            return Ok(());
        }
        self.all_heads()?;
        for at in 0..self.columns.len() {
            if self.columns[at] == Some(column) {
                self.keep(row, at, value)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, row: u32, at: usize, value: &DataRef<'_>) -> Result<()> {
        let first = self.head_row.unwrap_or_default();
        if row < first || row - first > ROWS {
            let told = format!(
                "第 {} 行还有内容，一次最多读 {ROWS} 行。请删去表格以外的格子；确实有这么多行的，请分成几个文件。",
                u64::from(row) + 1
            );
            return Err(Error::at("file", told));
        }
        let text = cell_text(value);
        if text.chars().nth(CELL).is_some() {
            return Err(Error::at("file", format!("第 {} 行有一格的字太多，请精简后再上传。", row + 1)));
        }
        self.kept += text.len();
        if self.kept > KEPT {
            return Err(Error::at("file", "表格里的字太多，没有读取。请分成几个文件上传。"));
        }
        let cells = self.rows.entry(row).or_insert_with(|| vec![String::new(); self.heads.len()]);
        cells[at] = text;
        Ok(())
    }

    fn all_heads(&self) -> Result<()> {
        match self.heads.iter().zip(&self.columns).find(|(_, place)| place.is_none()) {
            None => Ok(()),
            Some((head, _)) => {
                let told = format!("表头里没有「{head}」这一列。请用本页的模板填写，不要改动第一行。");
                Err(Error::at("file", told))
            }
        }
    }

    fn finish(self) -> Result<Vec<Row>> {
        self.all_heads()?;
        Ok(self.rows.into_iter().map(|(row, cells)| (row as usize + 1, cells)).collect())
    }
}

/// Refuses a file that is not a zip archive or would inflate beyond the limits.
fn check_inflation(bytes: &[u8], until: Instant) -> Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| not_a_workbook())?;
    if archive.len() > PARTS {
        return Err(too_large());
    }
    let mut buffer = vec![0; 64 * 1024];
    let (mut inflated, mut beside, mut tags) = (0, 0, 0);
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(|_| not_a_workbook())?;
        let is_large = part.name().is_ok_and(|name| holds_cells(&name));
        let mut own_tags = 0;
        // Count while inflating: the sizes in the archive's headers may be false.
        loop {
            let read = part.read(&mut buffer).map_err(|_| not_a_workbook())?;
            if read == 0 {
                break;
            }
            inflated += read as u64;
            beside += if is_large { 0 } else { read as u64 };
            own_tags += buffer[..read].split(|byte| *byte == b'<').count() - 1;
            let many = if is_large { TAGS } else { TAGS_BESIDE };
            if inflated > INFLATED || beside > INFLATED_BESIDE || own_tags > many || tags + own_tags > TAGS {
                return Err(too_large());
            }
            in_time(until)?;
        }
        tags += own_tags;
    }
    Ok(())
}

/// True if a part is a sheet or the shared strings, judging by its name.
fn holds_cells(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    let stem = file.trim_end_matches(".xml").trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(stem, "sheet" | "worksheet" | "sharedstrings")
}

fn is_blank(cell: &DataRef<'_>) -> bool {
    match cell {
        DataRef::Empty | DataRef::Error(_) => true,
        DataRef::String(text) => text.trim().is_empty(),
        DataRef::SharedString(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn cell_text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().chars().take(CELL + 1).collect(),
        // A code or a year that Excel stored as a number.
        DataRef::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        DataRef::DateTime(at) => at.as_datetime().map_or_else(String::new, |at| at.date().to_string()),
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(yes) => yes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::Workbook;

    use super::*;

    const HEADS: [&str; 2] = ["姓名", "电话"];

    fn read(bytes: &[u8]) -> Result<Vec<Row>> {
        read_workbook(bytes, &HEADS, Instant::now() + DEADLINE)
    }

    /// A table with one person, plus anything that `draw` adds to the sheet.
    fn table(draw: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        for (at, text) in (0..).zip(["电话", "备注", "姓名"]) {
            sheet.write_string(0, at, text).unwrap();
        }
        for (at, text) in (0..).zip(["0812-3350000", "没有", "石行舟"]) {
            sheet.write_string(1, at, text).unwrap();
        }
        draw(sheet);
        workbook.save_to_buffer().unwrap()
    }

    fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(vec![]));
        for (name, bytes) in parts {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut archive, bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    fn one_person() -> Vec<Row> {
        vec![(2, vec!["石行舟".to_owned(), "0812-3350000".to_owned()])]
    }

    #[test]
    fn columns_are_found_by_their_headings() {
        assert_eq!(read(&table(|_| {})).unwrap(), one_person());
        let missing = read_workbook(&table(|_| {}), &["姓名", "学历"], Instant::now() + DEADLINE);
        assert!(missing.unwrap_err().to_string().contains("「学历」"));
    }

    #[test]
    fn cells_far_from_the_table_cost_nothing() {
        let far = table(|sheet| {
            sheet.write_string(1_048_575, 16_383, "x").unwrap();
            sheet.write_string(1, 16_383, "x").unwrap();
        });
        assert_eq!(read(&far).unwrap(), one_person());
        let blank = table(|sheet| {
            sheet.write_string(1_048_575, 0, " ").unwrap();
        });
        assert_eq!(read(&blank).unwrap(), one_person());
        let below = table(|sheet| {
            sheet.write_string(1_048_575, 0, "x").unwrap();
        });
        assert!(refusal(&below).contains("第 1048576 行还有内容"));
    }

    #[test]
    fn the_last_row_that_is_taken_is_the_twenty_thousandth() {
        let last = table(|sheet| {
            sheet.write_string(ROWS, 0, "末行").unwrap();
        });
        assert_eq!(read(&last).unwrap().len(), 2);
        let beyond = table(|sheet| {
            sheet.write_string(ROWS + 1, 0, "末行").unwrap();
        });
        assert!(refusal(&beyond).contains("第 20002 行还有内容"));
    }

    #[test]
    fn one_long_text_in_many_cells_is_not_copied_without_end() {
        let long = "长".repeat(30_000);
        let many = table(|sheet| {
            for row in 2..400 {
                sheet.write_string(row, 0, &long).unwrap();
            }
        });
        assert!(refusal(&many).contains("字太多"));
    }

    #[test]
    fn bombs_are_refused_unread() {
        let nought = vec![b' '; usize::try_from(INFLATED).unwrap() + 1];
        assert!(refusal(&archive(&[("xl/worksheets/sheet1.xml", nought)])).contains("解压后太大"));
        let strings = b"<si/>".repeat(TAGS + 1);
        assert!(refusal(&archive(&[("xl/sharedStrings.xml", strings)])).contains("解压后太大"));
        let styles = b"<xf/>".repeat(TAGS_BESIDE + 1);
        assert!(refusal(&archive(&[("xl/styles.xml", styles)])).contains("解压后太大"));
        let parts: Vec<String> = (0..=PARTS).map(|n| format!("p{n}")).collect();
        let parts: Vec<(&str, Vec<u8>)> = parts.iter().map(|name| (name.as_str(), vec![])).collect();
        assert!(refusal(&archive(&parts)).contains("解压后太大"));
        assert!(refusal(b"no archive").contains("不是 xlsx"));
        let late = read_workbook(&table(|_| {}), &HEADS, Instant::now());
        assert!(late.is_err(), "the deadline ends the work");
    }
}
