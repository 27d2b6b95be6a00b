//! Charts as plain shapes and labels, laid out here and drawn by a template. Each fills the width
//! of its card and comes with the table of its values.

use crate::kernel::grouped;

/// A rectangle of a series, with its value as a title.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
    pub class: &'static str,
    pub title: String,
}

/// A text at a position.
#[derive(Debug, PartialEq, Eq)]
pub struct Label {
    pub x: i32,
    pub y: i32,
    pub anchor: &'static str,
    pub text: String,
}

/// A polygon, `x,y x,y …`.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    pub class: &'static str,
    pub points: String,
    pub title: String,
}

/// A line of the scale.
#[derive(Debug, PartialEq, Eq)]
pub struct Tick {
    pub y: i32,
    pub text: String,
}

#[derive(Debug)]
pub struct Chart {
    pub title: String,
    pub width: i32,
    pub height: i32,
    pub bars: Vec<Bar>,
    pub shapes: Vec<Shape>,
    pub labels: Vec<Label>,
    pub ticks: Vec<Tick>,
    pub legend: Vec<(&'static str, String)>,
    /// The table behind the chart: its headings, and rows that start with their name.
    pub heads: Vec<String>,
    pub rows: Vec<(String, Vec<i64>)>,
}

/// CSS classes of the series' colours, in order.
pub const SERIES: [&str; 7] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
const WIDTH: i32 = 480;

/// A round step that divides 0..=`most` into at most five parts.
fn step(most: i64) -> i64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if step * factor * 5 >= most {
                return step * factor;
            }
        }
        step *= 10;
    }
}

fn scaled(value: i64, most: i64, length: i32) -> i32 {
    i32::try_from(value * i64::from(length) / most.max(1)).unwrap_or(length)
}

/// A column chart: one column per row, series stacked from the bottom, the total on top.
pub fn columns(title: &str, series: &[String], rows: Vec<(String, Vec<i64>)>) -> Chart {
    let (height, top, bottom, left) = (240, 22, 28, 42);
    let depth = height - top - bottom;
    let most = rows.iter().map(|(_, values)| values.iter().sum::<i64>()).max().unwrap_or(0).max(1);
    let step = step(most);
    let most = (most + step - 1) / step * step;
    let slot = (WIDTH - left) / i32::try_from(rows.len().max(1)).unwrap_or(1);
    let thick = (slot * 3 / 5).min(56);
    let (mut bars, mut labels) = (vec![], vec![]);
    for (at_row, (name, values)) in rows.iter().enumerate() {
        let at = i32::try_from(at_row).unwrap_or(0);
        let x = left + slot * at + (slot - thick) / 2;
        let mut y = height - bottom;
        for (value, (class, series)) in values.iter().zip(SERIES.into_iter().zip(series)) {
            let tall = scaled(*value, most, depth);
            y -= tall;
            if tall > 0 {
                bars.push(Bar { x, y, width: thick, height: tall, class, title: format!("{name} {series} {value}") });
            }
        }
        let middle = x + thick / 2;
        // Beyond a year of months, only every sixth has room for its name and none for its total.
        let is_long = rows.len() > 12;
        if !is_long || (rows.len() - 1 - at_row).is_multiple_of(6) {
            let is_last = is_long && at_row + 1 == rows.len();
            let (x, anchor) = if is_last { (WIDTH, "end") } else { (middle, "middle") };
            labels.push(Label { x, y: height - 9, anchor, text: name.clone() });
        }
        if !is_long {
            let total: i64 = values.iter().sum();
            labels.push(Label { x: middle, y: y - 6, anchor: "middle", text: total.to_string() });
        }
    }
    let ticks = (0..=most / step)
        .map(|at| Tick { y: height - bottom - scaled(at * step, most, depth), text: (at * step).to_string() })
        .collect();
    Chart {
        title: title.to_owned(),
        width: WIDTH,
        height,
        bars,
        shapes: vec![],
        labels,
        ticks,
        legend: SERIES.into_iter().zip(series.iter().cloned()).collect(),
        heads: series.to_vec(),
        rows,
    }
}

/// A bar chart: one horizontal bar per row, series side by side. With `shares`, each bar fills
/// the width; otherwise the longest does.
pub fn bars(title: &str, series: &[(&'static str, String)], rows: Vec<(String, Vec<i64>)>, shares: bool) -> Chart {
    let greatest = rows.iter().map(|(_, values)| values.iter().sum::<i64>()).max().unwrap_or(0).max(1);
    // Leave room for the longest name and the longest total.
    let chars = |text: &str| i32::try_from(text.chars().count()).unwrap_or(0);
    let left = rows.iter().map(|(name, _)| chars(name) * 14 + 14).max().unwrap_or(0).max(110);
    let right = (chars(&grouped(greatest)) * 9 + 12).max(50);
    let line = 40;
    let wide = WIDTH - left - right;
    let (mut bars, mut labels) = (vec![], vec![]);
    for (at, (name, values)) in (0..).zip(&rows) {
        let y = 8 + line * at;
        let total: i64 = values.iter().sum();
        let whole = if shares { total.max(1) } else { greatest };
        let mut x = left;
        for (value, (class, series)) in values.iter().zip(series) {
            let width = scaled(*value, whole, wide);
            if width > 0 {
                bars.push(Bar { x, y, width, height: 24, class, title: format!("{name} {series} {value}") });
            }
            x += width;
        }
        labels.push(Label { x: left - 10, y: y + 17, anchor: "end", text: name.clone() });
        labels.push(Label { x: x.max(left) + 8, y: y + 17, anchor: "start", text: grouped(total) });
    }
    Chart {
        title: title.to_owned(),
        width: WIDTH,
        height: 16 + line * i32::try_from(rows.len()).unwrap_or(1) - 16,
        bars,
        shapes: vec![],
        labels,
        ticks: vec![],
        legend: series.to_vec(),
        heads: series.iter().map(|(_, name)| name.clone()).collect(),
        rows,
    }
}

/// The sine of whole degrees in thousandths, accurate to two of them (Bhaskara's formula), which
/// is enough for drawing.
fn sine(degrees: i32) -> i32 {
    let turned = degrees.rem_euclid(360);
    let (half, sign) = if turned < 180 { (turned, 1) } else { (turned - 180, -1) };
    let product = half * (180 - half);
    sign * 4000 * product / (40_500 - product)
}

/// A radar chart: one axis per row, one polygon per series, whole percents from the centre (0) to
/// the rim (100).
pub fn radar(title: &str, series: &[String], rows: Vec<(String, Vec<i64>)>) -> Chart {
    let (height, radius) = (320, 110);
    let (middle_x, middle_y) = (WIDTH / 2, height / 2);
    let axes = i32::try_from(rows.len().max(1)).unwrap_or(1);
    let place = |at: i32, share: i64| {
        let angle = 360 * at / axes;
        let far = scaled(share.clamp(0, 100), 100, radius);
        (middle_x + far * sine(angle) / 1000, middle_y - far * sine(angle + 90) / 1000)
    };
    let figure = |shares: &mut dyn Iterator<Item = i64>| {
        let corners = (0..).zip(shares).map(|(at, share)| place(at, share));
        corners.map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
    };
    let rings = [25, 50, 75, 100].map(|share| Shape {
        class: "ring",
        points: figure(&mut rows.iter().map(|_| share)),
        title: format!("{share}%"),
    });
    let mut shapes: Vec<Shape> = rings.into_iter().collect();
    for (at, (class, name)) in SERIES.into_iter().zip(series).enumerate() {
        let points = figure(&mut rows.iter().map(|(_, shares)| shares.get(at).copied().unwrap_or(0)));
        shapes.push(Shape { class, points, title: name.clone() });
    }
    let labels = (0..).zip(&rows).map(|(at, (name, _))| {
        let (x, y) = place(at, 100);
        let (x, y) = (middle_x + (x - middle_x) * 115 / 100, middle_y + (y - middle_y) * 115 / 100);
        let anchor = match x - middle_x {
            ..-12 => "end",
            13.. => "start",
            _ => "middle",
        };
        Label { x, y: y + 5, anchor, text: name.clone() }
    });
    Chart {
        title: title.to_owned(),
        width: WIDTH,
        height,
        bars: vec![],
        labels: labels.collect(),
        shapes,
        ticks: vec![],
        legend: SERIES.into_iter().zip(series.iter().cloned()).collect(),
        heads: series.to_vec(),
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round() {
        assert_eq!([1, 5, 6, 10, 11, 48, 51, 260].map(step), [1, 1, 2, 2, 5, 10, 20, 100]);
    }

    #[test]
    fn a_column_is_as_tall_as_its_sum() {
        let chart = columns(
            "建成",
            &["站".into(), "室".into()],
            vec![("2021".into(), vec![12, 31]), ("2022".into(), vec![0, 0])],
        );
        let heights: i32 = chart.bars.iter().map(|bar| bar.height).sum();
        assert_eq!(heights, scaled(12, 50, 190) + scaled(31, 50, 190));
        assert!(chart.labels.iter().any(|label| label.text == "43"));
        assert_eq!(chart.ticks.last().map(|tick| tick.text.as_str()), Some("50"));
    }

    #[test]
    fn shares_fill_the_width() {
        let chart = bars("覆盖", &[("c1", "有".into()), ("c0", "无".into())], vec![("乡镇".into(), vec![1, 3])], true);
        assert_eq!(chart.bars.iter().map(|bar| bar.width).sum::<i32>(), 320);
    }

    #[test]
    fn a_radar_has_a_corner_for_each_row_and_stays_within_its_card() {
        let rows = ["设施", "人员", "服务", "管理", "成效"].map(|name| (name.to_owned(), vec![100, 0])).to_vec();
        let chart = radar("得分率", &["得分".to_owned(), "自评".to_owned()], rows);
        let full = chart.shapes.iter().find(|shape| shape.class == "c1").unwrap();
        let none = chart.shapes.iter().find(|shape| shape.class == "c2").unwrap();
        assert_eq!(full.points.split(' ').count(), 5);
        assert_eq!(full.points, chart.shapes[3].points, "all of it is the rim");
        assert!(none.points.split(' ').all(|corner| corner == "240,160"), "nothing of it is the middle");
        for corner in full.points.split(' ') {
            let (x, y) = corner.split_once(',').unwrap();
            assert!(
                (0..=chart.width).contains(&x.parse().unwrap()) && (0..=chart.height).contains(&y.parse().unwrap())
            );
        }
    }
}
