//! How many files, and so connections, this process may have open.

use crate::config::ConnectionsConfig;

/// How many connections may be open by default, if the process may open enough files.
const DEFAULT_MAX_CONNECTIONS: usize = 10_000;

/// How many files the process opens for itself: the database, Redis, mails, probes.
const RESERVED_FILES: usize = 256;

/// Raises the number of files that the process may open as far as it may be raised without
/// privileges. Many systems start programs with a low limit (1024), for the sake of those that use
/// `select`.
///
/// Returns the number, or `None` if there is no limit.
#[cfg(unix)]
pub(crate) fn raise_limit() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { maximum } else { current };
    current.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// There is no such limit here.
#[cfg(not(unix))]
pub(crate) fn raise_limit() -> Option<usize> {
    None
}

/// How many connections may be open at once, if the process may open so many files.
pub(crate) fn max_connections(config: &ConnectionsConfig, files: Option<usize>) -> usize {
    let possible = files.map_or(usize::MAX, |files| {
        files.saturating_sub(RESERVED_FILES).max(files.checked_div(2).unwrap_or(0)).max(1)
    });
    match config.max {
        Some(max) if max > possible => {
            tracing::warn!(
                "MAX_CONNECTIONS is {max}, but the process may open only as many files as \
                 {possible} connections leave it: raise that limit (ulimit -n, LimitNOFILE)"
            );
            possible
        }
        Some(max) => max,
        None => possible.min(DEFAULT_MAX_CONNECTIONS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn max(config: Option<usize>, files: Option<usize>) -> usize {
        let second = std::time::Duration::from_secs(1);
        let config = ConnectionsConfig {
            head_timeout: second,
            send_timeout: second,
            max: config,
            max_per_address: None,
        };
        max_connections(&config, files)
    }

    #[test]
    fn some_files_are_left_for_other_uses() {
        assert_eq!(max(None, Some(1024)), 768);
        assert_eq!(max(None, Some(256)), 128);
        assert_eq!(max(Some(5000), Some(1024)), 768);
        assert_eq!(max(Some(100), Some(1024)), 100);
    }

    #[test]
    fn where_enough_files_may_be_open_the_default_is_10000() {
        assert_eq!(max(None, Some(524_288)), 10_000);
        assert_eq!(max(None, None), 10_000);
        assert_eq!(max(Some(20_000), None), 20_000);
    }
}
