//! The directives of `RUST_LOG`.
//!
//! [`EnvFilter`] takes any word for the name of a module, so that `warning` would log nothing at
//! all, and `omz=debug` nothing more. Such slips are refused here.

use strsim::osa_distance;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::adapters::ADAPTER_CRATES;

/// The crates of this program without those of the adapters, and the target of its spans.
const TARGETS: [&str; 5] = ["domain", "http_actix", "http_api", "http_request", "oms"];

/// The directives without white space around them, as [`EnvFilter`] needs them.
///
/// # Errors
/// What they must be, to be read after the name of the variable.
pub(super) fn parse(raw: &str) -> Result<String, String> {
    let directives: Vec<&str> =
        raw.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if directives.is_empty() {
        return Err(expected());
    }
    for directive in &directives {
        check(directive)?;
    }
    let joined = directives.join(",");
    EnvFilter::try_new(&joined).map_err(|_why| expected())?;
    Ok(joined)
}

fn expected() -> String {
    "must be off, error, warn, info, debug or trace, or directives such as info,http_actix=debug"
        .to_owned()
}

/// Checks one directive: `level`, `target=level`, or the same with a span in brackets.
fn check(directive: &str) -> Result<(), String> {
    let (target, level) = match directive.rsplit_once('=') {
        // A span without a level.
        _ if directive.ends_with(']') => (directive, "trace"),
        Some((target, level)) => (target, level),
        None => ("", directive),
    };
    if level.parse::<LevelFilter>().is_err() || level.is_empty() {
        return Err(expected());
    }
    let target = target.split('[').next().unwrap_or_default();
    if !target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte)) {
        return Err(expected());
    }
    let name = target.split(':').next().unwrap_or_default();
    let targets = || TARGETS.iter().chain(&ADAPTER_CRATES);
    match targets().find(|known| is_misspelt(name, known)) {
        Some(known) if targets().all(|target| *target != name) => {
            Err(format!("must name crates as they are, such as {known}={level}"))
        }
        _ => Ok(()),
    }
}

fn is_misspelt(name: &str, known: &str) -> bool {
    let max = if known.len() < 6 { 1 } else { 2 };
    osa_distance(name, known) <= max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_directives_for_modules_are_kept_without_white_space() {
        for (raw, filter) in [
            ("warn", "warn"),
            ("OFF", "OFF"),
            ("info,http_actix=debug", "info,http_actix=debug"),
            (" info , http_api::v1=trace,", "info,http_api::v1=trace"),
            ("info,actix_server=debug,h2=off,oms=info", "info,actix_server=debug,h2=off,oms=info"),
            ("warn,oms[orders.find{a=1}]=debug", "warn,oms[orders.find{a=1}]=debug"),
            ("[orders.find]", "[orders.find]"),
        ] {
            assert_eq!(parse(raw).as_deref(), Ok(filter), "{raw}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        for raw in [
            "warning",
            "warning,http_actix=debug",
            "oms=inf",
            "oms=",
            "http_actix=loud",
            "debug info",
            "http_actix",
            "info;http_actix=debug",
            "oms:debug",
            "none",
            "verbose",
            "=debug=",
            ",",
        ] {
            let problem = parse(raw).expect_err(raw);
            assert!(problem.starts_with("must be "), "{raw}: {problem}");
        }
    }

    #[test]
    fn a_misspelt_crate_of_this_program_is_refused() {
        for (raw, known) in [
            ("omz=debug", "oms"),
            ("http_actx=debug", "http_actix"),
            ("info,http_apis::v1=debug", "http_api"),
        ] {
            let problem = parse(raw).expect_err(raw);
            assert!(problem.contains(known), "{raw}: {problem}");
        }
        for known in ADAPTER_CRATES {
            parse(&format!("{known}s=debug")).expect_err(known);
            parse(&format!("{known}=debug")).unwrap();
        }
        parse("http-actix=debug").expect_err("a crate's name has no dash in Rust");
    }
}
