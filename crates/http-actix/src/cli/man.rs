//! `oms man`: manual pages, generated from the texts of `--help`, with the settings and the exit
//! codes.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{error::CommandError, output};
use crate::version::VERSION;

/// The example of an `.env` file, which lists all settings.
const SETTINGS: &str = include_str!("../../../../.env.example");

/// The meaning of the exit codes, which is the same for all commands.
const EXIT_STATUS: [(&str, &str); 3] = [
    ("0", "The command succeeded."),
    ("1", "The command failed. Standard error has the reason, on one line."),
    ("2", "An argument or a setting is invalid. Standard error names it."),
];

/// Print the manual page of oms, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  oms man | man -l -\n  oms man --out /usr/local/share/man/man1"
)]
pub(super) struct Arguments {
    /// The directory to write all pages to; it is created if it is missing
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the page of `command`, which is the root command, or writes its page and those of all
/// subcommands.
pub(super) fn run(arguments: &Arguments, command: Command) -> Result<(), CommandError> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    match &arguments.out {
        None => {
            let page = page(&command).map_err(failed)?;
            output::print(String::from_utf8_lossy(&page).trim_end());
            Ok(())
        }
        Some(directory) => write_all(&command, directory).map_err(failed),
    }
}

fn failed(cause: io::Error) -> CommandError {
    CommandError::Io { doing: "cannot write the manual pages", cause }
}

fn write_all(command: &Command, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, page) in pages(command)? {
        fs::write(directory.join(name), page)?;
    }
    Ok(())
}

/// The pages of a command and of all its subcommands, each with its file name.
fn pages(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = vec![(Man::new(command.clone()).get_filename(), page(command)?)];
    for subcommand in command.get_subcommands() {
        pages.extend(self::pages(subcommand)?);
    }
    Ok(pages)
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone()).source(format!("oms {VERSION}")).manual("OMS");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let is_root = !command.get_display_name().is_some_and(|name| name.contains('-'));
    if is_root {
        // Settings are commented out with their defaults; the page shows them without the `#`.
        let setting = |line: &'static str| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(char::is_alphabetic) => setting,
            _ => line,
        };
        verbatim("ENVIRONMENT", SETTINGS.lines().map(setting)).to_writer(&mut page)?;
    }
    exit_status().to_writer(&mut page)?;
    // The first line is the heading "Example:".
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    verbatim("EXAMPLES", help.lines().skip(1).map(str::trim_start)).to_writer(&mut page)?;
    if !is_root {
        Roff::new()
            .control("SH", ["SEE ALSO"])
            .text([bold("oms"), roman("(1)")])
            .to_writer(&mut page)?;
    }
    page.flush()?;
    Ok(page)
}

fn exit_status() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_STATUS {
        section.control("TP", []).text([bold(code)]).text([roman(meaning)]);
    }
    section
}

/// A section of preformatted lines.
fn verbatim<'l>(title: &str, lines: impl Iterator<Item = &'l str>) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]).control("nf", []);
    for line in lines {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli;

    fn root_command() -> Command {
        let mut command = cli::Arguments::command().disable_help_subcommand(true);
        command.build();
        command
    }

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let pages = pages(&root_command()).unwrap();
        let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["oms.1", "oms-serve.1", "oms-admin-create.1", "oms-man.1"] {
            assert!(names.contains(&name), "{names:?}");
        }
        for (name, page) in &pages {
            let page = String::from_utf8_lossy(page);
            let example = page.split(".SH EXAMPLES").nth(1).unwrap();
            assert!(example.contains("oms"), "{name}");
        }
    }

    #[test]
    fn the_root_page_lists_the_settings() {
        let page = String::from_utf8(page(&root_command()).unwrap()).unwrap();
        for setting in ["HOST=127.0.0.1", "DATABASE_URL=", "SECRET_KEY=", "LOG_LEVEL=info"] {
            assert!(page.contains(setting), "{setting}");
        }
    }
}
