//! The table on standard output.

use std::fmt::Write as _;

use crate::row::{Row, Verdict, Wanted};

const HEADER: [&str; 11] = [
    "scenario",
    "requests/s",
    "p50",
    "p99",
    "errors",
    "against",
    "its figure",
    "ratio",
    "wanted",
    "",
    "memory",
];

/// The whole table, a line a row, in columns.
pub(crate) fn table(rows: &[Row]) -> String {
    let header = HEADER.map(str::to_owned);
    let lines: Vec<[String; 11]> = std::iter::once(header).chain(rows.iter().map(cells)).collect();
    let widths = lines.iter().fold([0; 11], |widths, line| {
        let mut wider = widths;
        for (width, cell) in wider.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
        wider
    });
    let shown = lines.iter().map(|line| {
        let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            // Words to the left, figures to the right.
            if [0, 5, 9].contains(&column) {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    let mut shown = shown.collect::<Vec<_>>().join("\n");
    for row in rows {
        for fault in &row.faults {
            // Writing to a string does not fail.
            let _ = write!(shown, "\n{}: {fault}", row.name);
        }
    }
    shown
}

fn cells(row: &Row) -> [String; 11] {
    let milliseconds =
        |value: Option<f64>| value.map_or_else(String::new, |ms| format!("{ms:.2} ms"));
    let by_latency = matches!(row.wanted, Wanted::P99AtMost(_));
    let figure = row.yardstick_figure();
    let spread = row
        .spread()
        .map_or_else(String::new, |(least, greatest)| format!(" ({least:.2}–{greatest:.2})"));
    [
        row.name.to_owned(),
        row.median(|load| Some(load.rate)).map_or_else(String::new, |rate| format!("{rate:.0}")),
        milliseconds(row.median(|load| load.p50)),
        milliseconds(row.median(|load| load.p99)),
        row.errors().to_string(),
        row.against.to_owned(),
        if by_latency {
            milliseconds(figure)
        } else {
            figure.map_or_else(String::new, |rate| format!("{rate:.0}"))
        },
        row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}{spread}")),
        match row.wanted {
            Wanted::RateAtLeast(ratio) => format!("≥ {ratio:.2}"),
            Wanted::P99AtMost(ratio) => format!("≤ {ratio:.2}"),
            Wanted::P99Below(ms) => format!("p99 ≤ {ms:.0} ms"),
            Wanted::Nothing => String::new(),
        },
        match row.verdict() {
            Verdict::Ok => "ok",
            Verdict::Missed => "MISSED",
            Verdict::Known => "",
        }
        .to_owned(),
        memory(row),
    ]
}

/// In megabytes, as the limit is given.
fn memory(row: &Row) -> String {
    let Some(bytes) = row.memory else { return String::new() };
    let tenths = bytes / 100_000;
    format!("{}.{} MB{}", tenths / 10, tenths % 10, if row.is_fat() { " (too much)" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;

    #[test]
    fn a_row_shows_its_medians_its_ratio_and_whether_it_is_as_wanted() {
        let load = |rate| Load { requests: 1, rate, p50: Some(1.0), p99: Some(2.5), errors: 0 };
        let mut row = Row::new("product", "bare", Wanted::RateAtLeast(0.8));
        row.subject = vec![load(90_000.0)];
        row.yardstick = vec![load(100_000.0)];
        row.remember_memory(Some(31_460_000));
        let shown = table(&[row]);
        let line: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
        let wanted =
            "product 90000 1.00 ms 2.50 ms 0 bare 100000 0.90 (0.90–0.90) ≥ 0.80 ok 31.4 MB";
        assert_eq!(line.join(" "), wanted);
    }

    #[test]
    fn what_went_wrong_is_told_below_the_table() {
        let mut row = Row::new("product", "bare", Wanted::Nothing);
        row.faults.push("the books do not balance".to_owned());
        let shown = table(&[row]);
        assert!(shown.ends_with("product: the books do not balance") && shown.contains("MISSED"));
    }
}
