//! `oms man`: manual pages, made of the same texts as `--help`, with the settings and the exit codes.

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

/// The file of settings that operators copy.
const SETTINGS: &str = include_str!("../../../../.env.example");

/// What the exit codes of all commands mean.
const EXIT_STATUS: [(&str, &str); 3] = [
    ("0", "It did what it was asked for."),
    ("1", "It failed; standard error says why, on one line."),
    ("2", "The arguments or a setting cannot be used; standard error names it."),
];

/// Print the manual page of oms, or write those of all commands
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  oms man | man -l -\n  oms man --out /usr/local/share/man/man1"
)]
pub(super) struct Arguments {
    /// The directory to write all pages into; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the page of `command`, which is the whole command line, or writes it and those of its subcommands.
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

/// The pages of a command and of all below it, each with the name of its file.
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
    let is_whole = !command.get_display_name().is_some_and(|name| name.contains('-'));
    if is_whole {
        // A setting that stands behind a `#` is what holds without it.
        let setting = |line: &'static str| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(char::is_alphabetic) => setting,
            _ => line,
        };
        verbatim("ENVIRONMENT", SETTINGS.lines().map(setting)).to_writer(&mut page)?;
    }
    exit_status().to_writer(&mut page)?;
    // Below their headline.
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    verbatim("EXAMPLES", help.lines().skip(1).map(str::trim_start)).to_writer(&mut page)?;
    if !is_whole {
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

/// A section of lines that stay as they are.
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

    fn whole() -> Command {
        let mut command = cli::Arguments::command().disable_help_subcommand(true);
        command.build();
        command
    }

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let pages = pages(&whole()).unwrap();
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
    fn the_page_of_the_program_names_every_setting() {
        let page = String::from_utf8(page(&whole()).unwrap()).unwrap();
        for setting in ["HOST=127.0.0.1", "DATABASE_URL=", "SECRET_KEY=", "LOG_LEVEL=info"] {
            assert!(page.contains(setting), "{setting}");
        }
    }
}
