//! The README's tour: its commands print the output that it shows.

use std::{fmt::Write as _, path::Path, process::Command};

use crate::harness::{Server, binary};

/// The prefix of a line of expected output.
const EXPECTED: &str = "# → ";
/// Separates the output of one group of commands from the next.
const GROUP_SEPARATOR: &str = "----8<---- end of group";

/// Commands, and the texts that their output must contain in this order.
#[derive(Debug, Default)]
struct Group {
    commands: String,
    expected: Vec<String>,
}

/// The shell blocks in the parts of a text that are marked as the tour, split into groups. A group
/// ends with the last of its lines of expected output.
fn groups(readme: &str) -> Vec<Group> {
    let mut groups = vec![Group::default()];
    let (mut in_tour, mut in_block) = (false, false);
    for line in readme.lines() {
        match line.trim() {
            "<!-- tour -->" => in_tour = true,
            "<!-- /tour -->" => in_tour = false,
            "```sh" if in_tour => in_block = true,
            "```" => in_block = false,
            trimmed if in_block => {
                let expected = trimmed.strip_prefix(EXPECTED);
                if expected.is_none() && groups.last().is_some_and(|it| !it.expected.is_empty()) {
                    groups.push(Group::default());
                }
                let group = groups.last_mut().expect("never empty");
                match expected {
                    Some(text) => group.expected.push(text.to_owned()),
                    None => writeln!(group.commands, "{line}").expect("memory"),
                }
            }
            _ => {}
        }
    }
    groups
}

#[tokio::test]
async fn the_commands_of_the_readme_print_the_output_it_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let groups = groups(&std::fs::read_to_string(path).expect("README.md"));
    let expectations: usize = groups.iter().map(|group| group.expected.len()).sum();
    assert!(expectations > 0, "README.md has no tour");
    let mut script = "set -euo pipefail\n".to_owned();
    for group in &groups {
        writeln!(script, "{}printf '\\n%s\\n' '{GROUP_SEPARATOR}'", group.commands).unwrap();
    }
    for tool in ["bash", "curl", "jq", "sed"] {
        let is_installed = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        let is_installed = is_installed.is_ok_and(|output| output.status.success());
        assert!(is_installed || !script.contains(tool), "the tour needs {tool}: install it");
    }

    let server =
        Server::configure().without("RATE_LIMIT_LOGIN").without("RATE_LIMIT_REGISTER").start();
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(binary().parent().expect("a directory"));
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", path)
        .env("OMS", server.base_url())
        .envs(server.store().variables())
        .current_dir(server.store().working_dir())
        .output()
        .expect("bash");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{stdout}\n--- stderr\n{stderr}", output.status);
    let sections: Vec<_> = stdout.split(GROUP_SEPARATOR).collect();
    assert!(sections.len() > groups.len(), "{stdout}");
    for (group, section) in groups.iter().zip(sections) {
        let mut rest = section;
        for text in &group.expected {
            let found = rest.find(text.as_str());
            let at = found.unwrap_or_else(|| {
                panic!("{text:?} is not in the output of\n{}\n{section}", group.commands)
            });
            rest = &rest[at + text.len()..];
        }
    }
}
