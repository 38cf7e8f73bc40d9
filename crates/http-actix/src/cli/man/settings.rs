//! The settings, as a section of a manual page: taken from the file that operators copy.

use clap_mangen::roff::{Roff, bold, roman};

const SETTINGS: &str = include_str!("../../../../../.env.example");

/// Some settings and the comment above them. Without settings it is a word about all of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Group {
    comment: Vec<String>,
    settings: Vec<String>,
}

pub(super) fn section() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["ENVIRONMENT"]);
    for group in groups(SETTINGS) {
        match group.settings.split_first() {
            None => section.control("PP", []),
            Some((first, others)) => {
                section.control("TP", []).text([bold(first)]);
                for setting in others {
                    section.control("TQ", []).text([bold(setting)]);
                }
                &mut section
            }
        };
        for line in group.comment {
            section.text([roman(line)]);
        }
    }
    section
}

/// Reads the file: comments are `# text`, settings are `NAME=value` or, if that is what holds without them,
/// `#NAME=value`.
fn groups(file: &str) -> Vec<Group> {
    let mut groups = vec![Group::default()];
    for line in file.lines() {
        let comment = (line == "#").then_some("").or_else(|| line.strip_prefix("# "));
        let Some(group) = groups.last_mut() else { break };
        let begins_another = line.is_empty() || (comment.is_some() && !group.settings.is_empty());
        if begins_another && *group != Group::default() {
            groups.push(Group::default());
        }
        let Some(group) = groups.last_mut() else { break };
        match comment {
            Some(comment) => group.comment.push(comment.to_owned()),
            None if line.is_empty() => {}
            None => group.settings.push(line.trim_start_matches('#').to_owned()),
        }
    }
    groups.retain(|group| *group != Group::default());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_with_the_comment_above_them() {
        let file = "# All of it.\n\n# Where to listen,\n# and on which port.\n#HOST=::1\nPORT=1\n# Threads.\n#WORKERS=\n";
        let group = |comment: &[&str], settings: &[&str]| Group {
            comment: comment.iter().map(ToString::to_string).collect(),
            settings: settings.iter().map(ToString::to_string).collect(),
        };
        let expected = vec![
            group(&["All of it."], &[]),
            group(&["Where to listen,", "and on which port."], &["HOST=::1", "PORT=1"]),
            group(&["Threads."], &["WORKERS="]),
        ];
        assert_eq!(groups(file), expected);
    }

    #[test]
    fn every_setting_of_the_file_is_explained() {
        for group in groups(SETTINGS).iter().skip(1) {
            assert!(!group.comment.is_empty(), "{group:?}");
            assert!(group.settings.iter().all(|setting| setting.contains('=')), "{group:?}");
        }
    }
}
