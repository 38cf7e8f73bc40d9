//! What a release ships with the program: its version, shell completions, and manual pages.

use std::{
    fs,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::harness::{Program, Server, Store};

/// The commands that `--help` lists below these arguments.
fn commands(store: &Store, arguments: &[&str]) -> Vec<String> {
    let help = Program::new(store, &[arguments, &["--help"]].concat()).run();
    let help = help.assert_success().stdout.clone();
    let listed = help.split_once("\nCommands:\n").map(|(_, rest)| rest.to_owned());
    let lines = listed.as_deref().unwrap_or_default().lines().take_while(|line| !line.is_empty());
    // Commands are indented by two spaces, further lines of their description by more.
    let names =
        lines.filter_map(|line| line.strip_prefix("  ").filter(|name| !name.starts_with(' ')));
    let names = names.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

/// Whether a line is `oms 0.1.0 (commit abcdef123456)`, or names the reason why there is no commit.
fn names_its_commit(line: &str) -> bool {
    let Some((version, build)) = line.strip_prefix("oms ").and_then(|rest| rest.split_once(" ("))
    else {
        return false;
    };
    let numbers: Vec<_> = version.split('.').map(str::parse::<u32>).collect();
    let build = build.trim_end_matches(')');
    let commit = build.strip_prefix("commit ").map(|commit| commit.trim_end_matches("-dirty"));
    let is_commit = commit.is_some_and(|commit| {
        commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit())
    });
    numbers.len() == 3
        && numbers.iter().all(Result::is_ok)
        && (is_commit || ["development build", "unknown commit"].contains(&build))
}

#[test]
fn version_prints_the_commit_and_a_server_prints_the_same_line() {
    let store = Store::fresh();
    let output = Program::new(&store, &["--version"]).run();
    let line = output.assert_success().stdout.trim_end();
    assert!(names_its_commit(line), "{output}");
    let server = Server::start();
    let printed = server.printed();
    assert!(printed.lines().any(|printed| printed == line), "{line}: {printed}");
}

#[test]
fn every_shell_has_completions_for_every_command() {
    let store = Store::fresh();
    let commands = commands(&store, &[]);
    assert!(commands.len() > 8, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Program::new(&store, &["completions", shell]).run();
        for command in &commands {
            assert!(script.assert_success().stdout.contains(command), "{shell}: {command}");
        }
    }
    let output = Program::new(&store, &["completions", "cmd.exe"]).run();
    assert_eq!(output.code, Some(2), "{output}");
}

#[test]
fn bash_completes_commands_and_options() {
    let store = Store::fresh();
    let script =
        Program::new(&store, &["completions", "bash"]).run().assert_success().stdout.clone();
    let complete = |words: &str, last: usize| {
        let script_text = format!(
            "set -u\n{script}\nCOMP_WORDS=({words}) COMP_CWORD={last}\n\
             \"$(complete -p oms | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" oms \"${{COMP_WORDS[{last}]}}\" \
             \"${{COMP_WORDS[{last}-1]}}\"\necho \"${{COMPREPLY[@]}}\""
        );
        let output =
            Command::new("bash").args(["--norc", "-c", &script_text]).output().expect("bash");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(complete("oms out", 1), "outbox");
    assert_eq!(complete("oms admin cr", 2), "create");
    assert_eq!(complete("oms admin create --em", 3), "--email");
    let everything = complete("oms ''", 1);
    for command in commands(&store, &[]) {
        assert!(
            everything.split_whitespace().any(|completed| completed == command),
            "{everything}"
        );
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let store = Store::fresh();
    let directory = TempDir::with_prefix("oms-man-").expect("a temporary directory");
    let out = directory.path().join("share/man1");
    Program::new(&store, &["man", "--out", out.to_str().unwrap()]).run().assert_success();

    let mut expected = vec!["oms.1".to_owned()];
    for command in commands(&store, &[]) {
        expected.push(format!("oms-{command}.1"));
        for nested in commands(&store, &[&command]) {
            expected.push(format!("oms-{command}-{nested}.1"));
        }
    }
    expected.sort_unstable();
    let mut found: Vec<_> = fs::read_dir(&out)
        .expect("the pages")
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected);

    for name in &found {
        let page = fs::read_to_string(out.join(name)).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES"] {
            assert!(
                page.contains(&format!(".SH {section}"))
                    || page.contains(&format!(".SH \"{section}\"")),
                "{name}: {section}"
            );
        }
    }
    let printed = Program::new(&store, &["man"]).run();
    assert_eq!(printed.assert_success().stdout, fs::read_to_string(out.join("oms.1")).unwrap());
}

/// Renders a page with `man`. Returns `None` where this system cannot.
fn render(page: &std::path::Path) -> Option<String> {
    let mut reader = Command::new("man");
    reader.args(["--warnings", "-l"]).arg(page).stdin(Stdio::null());
    let output = reader
        .env("MANPAGER", "cat")
        .env("MANWIDTH", "100")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .ok()?;
    let (text, warnings) = (output.stdout, output.stderr);
    // Minimal systems have a `man` that only prints that there are no manuals.
    let shown = output.status.success() && !text.is_empty();
    shown.then(|| {
        assert!(warnings.is_empty(), "{}: {}", page.display(), String::from_utf8_lossy(&warnings));
        String::from_utf8_lossy(&text).into_owned()
    })
}

#[test]
fn manual_pages_render_without_warnings() {
    let store = Store::fresh();
    let directory = TempDir::with_prefix("oms-man-").expect("a temporary directory");
    Program::new(&store, &["man", "--out", directory.path().to_str().unwrap()])
        .run()
        .assert_success();
    for page in fs::read_dir(directory.path()).unwrap() {
        let page = page.unwrap().path();
        let Some(text) = render(&page) else { return };
        assert!(text.contains("EXAMPLES") && text.contains("oms "), "{text}");
        if page.ends_with("oms.1") {
            // Settings are rendered one per line, not as a paragraph.
            assert!(text.lines().any(|line| line.trim() == "PORT=8000"), "{text}");
        }
    }
}
