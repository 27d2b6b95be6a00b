//! Tables in forms: fields that repeat, a column each.

/// The rows of a table that have something in them, each with its number as people count
/// them. A column that is shorter than others is blank there.
pub fn rows<const N: usize>(columns: [&[String]; N]) -> Vec<(usize, [&str; N])> {
    let tall = columns.iter().map(|column| column.len()).max().unwrap_or(0);
    (0..tall)
        .map(|at| (at + 1, columns.map(|column| column.get(at).map_or("", |text| text.trim()))))
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
        .collect()
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
