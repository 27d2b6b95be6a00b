//! Tables in forms: repeated fields, one list per column, turned into rows.

/// The non-blank rows of a table, each with its number counted from 1. Missing cells of a short
/// column are blank.
pub fn rows<const N: usize>(columns: [&[String]; N]) -> Vec<(usize, [&str; N])> {
    let tall = columns.iter().map(|column| column.len()).max().unwrap_or(0);
    (0..tall)
        .map(|at| (at + 1, columns.map(|column| column.get(at).map_or("", |text| text.trim()))))
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
        .collect()
}

/// Pads a table with blank rows.
pub fn padded<const N: usize>(rows: Vec<(usize, [&str; N])>, least: usize, more: bool) -> Vec<[&str; N]> {
    let mut shown: Vec<[&str; N]> = rows.into_iter().map(|(_, cells)| cells).collect();
    let wanted = (shown.len() + 1).max(least) + if more { 5 } else { 0 };
    shown.resize(wanted, [""; N]);
    shown
}

/// The number of the next row.
pub fn seq_of(len: usize) -> i16 {
    i16::try_from(len + 1).unwrap_or(i16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_rows_are_left_out_and_others_keep_their_number() {
        let column = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (one, two) = (column(&["a", " ", "", "c"]), column(&["1", ""]));
        assert_eq!(rows([&one, &two]), [(1, ["a", "1"]), (4, ["c", ""])]);
    }
}
