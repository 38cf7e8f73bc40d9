//! `oms completions`: completion scripts for shells.

use clap_complete::Shell;

use super::output;

/// Print a shell's completion script for commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oms completions bash > /etc/bash_completion.d/oms\n  \
                        oms completions zsh > ~/.zfunc/_oms\n  \
                        oms completions fish > ~/.config/fish/completions/oms.fish")]
pub(super) struct Arguments {
    /// The shell that the script is for
    shell: Shell,
}

/// Prints the script. `command` is the root command.
pub(super) fn run(arguments: &Arguments, mut command: clap::Command) {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    // `print` adds the final newline.
    output::print(String::from_utf8_lossy(&script).trim_end());
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, ValueEnum as _};

    use super::*;
    use crate::cli;

    #[test]
    fn every_script_contains_every_command() {
        let command = cli::Arguments::command();
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command.clone(), "oms", &mut script);
            let script = String::from_utf8(script).unwrap();
            for command in command.get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
