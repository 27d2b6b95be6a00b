//! Writes workbooks for Excel or WPS. [`workbook`](super::workbook) reads uploaded ones.

use std::path::PathBuf;

use axum::{body::Body, response::Response};
use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Note, Workbook, Worksheet};
use tokio_util::io::ReaderStream;

use super::{download, workbook::ROWS};
use crate::kernel::{Error, Result};

const MIME: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A column of a table: its heading, its width in characters, a note on what to enter, and its
/// choices if there are few.
#[derive(Clone, Debug)]
pub struct Column {
    pub head: &'static str,
    pub width: u16,
    pub note: &'static str,
    pub choices: Vec<&'static str>,
}

impl Column {
    pub fn new(head: &'static str, width: u16) -> Self {
        Self { head, width, note: "", choices: vec![] }
    }

    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    #[must_use]
    pub fn choices(mut self, choices: Vec<&'static str>) -> Self {
        self.choices = choices;
        self
    }
}

/// A workbook of one sheet, written row by row to disk instead of memory.
pub struct Sheet {
    workbook: Workbook,
    text: Format,
    bad: Format,
    row: u32,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").field("row", &self.row).finish_non_exhaustive()
    }
}

fn xlsx(error: rust_xlsxwriter::XlsxError) -> Error {
    Error::Internal(error.into())
}

impl Sheet {
    /// Starts a sheet with its headings; `prompts` adds notes and drop-downs, for a template.
    pub fn new(title: &str, columns: &[Column], prompts: bool) -> Result<Self> {
        let mut workbook = Workbook::new();
        let head = head_format();
        // `@` keeps text as text in Excel: codes keep their digits and nothing becomes a formula.
        let text = Format::new().set_num_format("@");
        let bad = Format::new().set_num_format("@").set_background_color("#FDEAEA").set_font_color("#B3201F");
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(xlsx)?;
        sheet.set_name(title).map_err(xlsx)?;
        sheet.set_freeze_panes(1, 0).map_err(xlsx)?;
        for (at, column) in (0u16..).zip(columns) {
            sheet.set_column_width(at, column.width).map_err(xlsx)?;
            sheet.set_column_format(at, &text).map_err(xlsx)?;
            sheet.write_string_with_format(0, at, column.head, &head).map_err(xlsx)?;
            if prompts {
                prompt(sheet, at, column)?;
            }
        }
        Ok(Self { workbook, text, bad, row: 0 })
    }

    /// Starts a sheet with headings computed at run time.
    pub fn with_heads(title: &str, heads: &[(String, u16)]) -> Result<Self> {
        let mut sheet = Self::new(title, &[], false)?;
        let head = head_format();
        let page = sheet.workbook.worksheet_from_index(0).map_err(xlsx)?;
        for (at, (text, width)) in (0u16..).zip(heads) {
            page.set_column_width(at, *width).map_err(xlsx)?;
            page.write_string_with_format(0, at, fitting(text), &head).map_err(xlsx)?;
        }
        Ok(sheet)
    }

    /// Appends a row. Text stays text, whatever its first character.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<()> {
        self.row += 1;
        let row = self.row;
        let sheet = self.workbook.worksheet_from_index(0).map_err(xlsx)?;
        for (at, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(text) => sheet.write_string_with_format(row, at, fitting(text), &self.text).map_err(xlsx)?,
                Cell::Number(number) => {
                    sheet.write_number(row, at, i32::try_from(number).unwrap_or(i32::MAX)).map_err(xlsx)?
                }
                Cell::Bad(text) => sheet.write_string_with_format(row, at, fitting(text), &self.bad).map_err(xlsx)?,
                Cell::Amount(text) => match text.parse::<f64>() {
                    Ok(number) => sheet.write_number(row, at, number).map_err(xlsx)?,
                    Err(_) => sheet.write_string_with_format(row, at, fitting(text), &self.text).map_err(xlsx)?,
                },
                Cell::Empty => continue,
            };
        }
        Ok(())
    }

    /// The finished workbook as a download, streamed from a temporary file that disappears when
    /// it is closed.
    pub async fn finish(mut self, file_name: &str) -> Result<Response> {
        let written = tokio::task::spawn_blocking(move || {
            let path: PathBuf = std::env::temp_dir().join(format!("station-network-{}.xlsx", uuid::Uuid::new_v4()));
            let saved = self.workbook.save(&path).map_err(xlsx);
            let file = saved.and_then(|()| std::fs::File::open(&path).map_err(|error| Error::Internal(error.into())));
            // An open file outlives its name, so nothing is left behind even after a crash.
            let _ = std::fs::remove_file(&path);
            file
        });
        let file = written.await.map_err(Error::bug)??;
        let stream = ReaderStream::new(tokio::fs::File::from_std(file));
        Ok(download(file_name, MIME, Body::from_stream(stream)))
    }
}

fn head_format() -> Format {
    Format::new().set_bold().set_align(FormatAlign::Center).set_background_color("#E6EEFB").set_text_wrap()
}

/// Truncates text to the limit of a workbook cell, 32,767 UTF-16 units.
fn fitting(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > 32_767
    });
    end.map_or(text, |(at, _)| &text[..at])
}

fn prompt(sheet: &mut Worksheet, at: u16, column: &Column) -> Result<()> {
    if !column.note.is_empty() {
        let note = Note::new(column.note).set_author("填写说明").set_width(260);
        sheet.insert_note(0, at, &note).map_err(xlsx)?;
    }
    if !column.choices.is_empty() {
        let list = DataValidation::new()
            .allow_list_strings(&column.choices)
            .map_err(xlsx)?
            .set_error_title("请从下拉列表中选择")
            .map_err(xlsx)?;
        sheet.add_data_validation(1, at, ROWS, at, &list).map_err(xlsx)?;
    }
    Ok(())
}

#[derive(Clone, Debug)]
pub enum Cell<'a> {
    Text(&'a str),
    Number(i64),
    /// An amount in decimal digits, written as a number; anything else stays text.
    Amount(&'a str),
    /// A value refused at import.
    Bad(&'a str),
    Empty,
}
