//! The table on standard output.

use std::fmt::Write as _;

use crate::row::{Row, RowResult, Target};

const HEADER: [&str; 11] = [
    "scenario",
    "requests/s",
    "p50",
    "p99",
    "errors",
    "baseline",
    "its figure",
    "ratio",
    "target",
    "",
    "memory",
];

/// The table, one line per row, in aligned columns.
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
    let text = lines.iter().map(|line| {
        let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            // Text is aligned to the left, figures to the right.
            if [0, 5, 9].contains(&column) {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    let mut text = text.collect::<Vec<_>>().join("\n");
    for row in rows {
        for problem in &row.problems {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{}: {problem}", row.name);
        }
    }
    text
}

fn cells(row: &Row) -> [String; 11] {
    let milliseconds =
        |value: Option<f64>| value.map_or_else(String::new, |ms| format!("{ms:.2} ms"));
    let by_latency = matches!(row.target, Target::P99AtMost(_));
    let figure = row.baseline_figure();
    let spread = row
        .spread()
        .map_or_else(String::new, |(least, greatest)| format!(" ({least:.2}–{greatest:.2})"));
    [
        row.name.to_owned(),
        row.median(|load| Some(load.rate)).map_or_else(String::new, |rate| format!("{rate:.0}")),
        milliseconds(row.median(|load| load.p50)),
        milliseconds(row.median(|load| load.p99)),
        row.errors().to_string(),
        row.baseline_name.to_owned(),
        if by_latency {
            milliseconds(figure)
        } else {
            figure.map_or_else(String::new, |rate| format!("{rate:.0}"))
        },
        row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}{spread}")),
        match row.target {
            Target::RateAtLeast(ratio) => format!("≥ {ratio:.2}"),
            Target::P99AtMost(ratio) => format!("≤ {ratio:.2}"),
            Target::P99Below(ms) => format!("p99 ≤ {ms:.0} ms"),
            Target::Nothing => String::new(),
        },
        match row.result() {
            RowResult::Ok => "ok",
            RowResult::Missed => "MISSED",
            RowResult::Informational => "",
        }
        .to_owned(),
        memory(row),
    ]
}

/// The memory in megabytes, as the limit is given.
fn memory(row: &Row) -> String {
    let Some(bytes) = row.memory else { return String::new() };
    let tenths = bytes / 100_000;
    format!(
        "{}.{} MB{}",
        tenths / 10,
        tenths % 10,
        if row.exceeds_memory_limit() { " (too much)" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Load;

    #[test]
    fn a_row_shows_its_medians_its_ratio_and_its_result() {
        let load = |rate| Load { requests: 1, rate, p50: Some(1.0), p99: Some(2.5), errors: 0 };
        let mut row = Row::new("product", "bare", Target::RateAtLeast(0.8));
        row.measured = vec![load(90_000.0)];
        row.baseline = vec![load(100_000.0)];
        row.record_peak_memory(Some(31_460_000));
        let text = table(&[row]);
        let line: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        let expected =
            "product 90000 1.00 ms 2.50 ms 0 bare 100000 0.90 (0.90–0.90) ≥ 0.80 ok 31.4 MB";
        assert_eq!(line.join(" "), expected);
    }

    #[test]
    fn problems_are_listed_below_the_table() {
        let mut row = Row::new("product", "bare", Target::Nothing);
        row.problems.push("an invariant is violated".to_owned());
        let text = table(&[row]);
        assert!(text.ends_with("product: an invariant is violated") && text.contains("MISSED"));
    }
}
