//! Word documents in the layout of official documents (GB/T 9704): title in size 二号, text in
//! size 三号.

use std::io::Cursor;

use axum::{body::Body, response::Response};
use docx_rs::{
    AlignmentType, Docx, LineSpacing, LineSpacingType, PageMargin, Paragraph, Run, RunFonts, SpecialIndentType, Table,
    TableCell, TableRow, WidthType,
};

use super::download;
use crate::kernel::{Error, Result};

/// Sizes in half points.
const TITLE: usize = 44;
const TEXT: usize = 32;
const SMALL: usize = 24;

const BLACK: &str = "黑体";
const PLAIN: &str = "仿宋_GB2312";

/// Width of the text, in twentieths of a point.
const WIDTH: usize = 8845;

/// A document under construction, written from its title down.
#[derive(Debug)]
pub struct Document(Docx);

fn run(text: &str, font: &str, size: usize) -> Run {
    Run::new().add_text(text).size(size).fonts(RunFonts::new().east_asia(font).ascii("Times New Roman"))
}

fn paragraph(text: &str, font: &str) -> Paragraph {
    Paragraph::new()
        .add_run(run(text, font, TEXT))
        .indent(Some(0), Some(SpecialIndentType::FirstLine(640)), None, None)
        .line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(560))
}

impl Document {
    pub fn new(title: &str) -> Self {
        let title = Paragraph::new().add_run(run(title, "方正小标宋简体", TITLE)).align(AlignmentType::Center);
        let docx = Docx::new()
            .page_size(11906, 16838)
            .page_margin(PageMargin::new().top(2098).bottom(1984).left(1587).right(1474))
            .add_paragraph(title)
            .add_paragraph(Paragraph::new());
        Self(docx)
    }

    #[must_use]
    pub fn heading(self, text: &str) -> Self {
        Self(self.0.add_paragraph(paragraph(text, BLACK)))
    }

    #[must_use]
    pub fn text(self, text: &str) -> Self {
        Self(self.0.add_paragraph(paragraph(text, PLAIN)))
    }

    /// Appends a table; each column has a heading and a share of the width.
    #[must_use]
    pub fn table<const N: usize>(self, columns: [(&str, usize); N], rows: &[[String; N]]) -> Self {
        let cell =
            |text: &str, font: &str| TableCell::new().add_paragraph(Paragraph::new().add_run(run(text, font, SMALL)));
        let whole = columns.iter().map(|(_, part)| part).sum::<usize>().max(1);
        let grid = columns.iter().map(|(_, part)| part * WIDTH / whole).collect();
        let mut all = vec![TableRow::new(columns.iter().map(|(head, _)| cell(head, BLACK)).collect())];
        all.extend(rows.iter().map(|row| TableRow::new(row.iter().map(|text| cell(text, PLAIN)).collect())));
        Self(self.0.add_table(Table::new(all).width(WIDTH, WidthType::Dxa).set_grid(grid)))
    }

    /// Appends the issuing body and the date.
    #[must_use]
    pub fn signed(self, lines: [&str; 2]) -> Self {
        let signed = |text: &str| Paragraph::new().add_run(run(text, PLAIN, TEXT)).align(AlignmentType::Right);
        Self(lines.iter().fold(self.0, |docx, text| docx.add_paragraph(signed(text))))
    }

    /// The finished file as a download under `name`.
    pub fn finish(self, name: &str) -> Result<Response> {
        const MIME: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let mut out = Cursor::new(vec![]);
        self.0.build().pack(&mut out).map_err(Error::bug)?;
        Ok(download(&format!("{name}.docx"), MIME, Body::from(out.into_inner())))
    }
}
