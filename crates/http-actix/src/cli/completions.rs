//! `oms completions`: what a shell needs to know to complete commands and options.

use clap_complete::Shell;

use super::output;

/// Print the completions of commands and options for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  oms completions bash > /etc/bash_completion.d/oms\n  \
                        oms completions zsh > ~/.zfunc/_oms\n  \
                        oms completions fish > ~/.config/fish/completions/oms.fish")]
pub(super) struct Arguments {
    /// The shell that is to complete them
    shell: Shell,
}

/// Prints the script for the shell. `command` is the whole command line.
pub(super) fn run(arguments: &Arguments, mut command: clap::Command) {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    // Printing ends the last line.
    output::print(String::from_utf8_lossy(&script).trim_end());
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, ValueEnum as _};

    use super::*;
    use crate::cli;

    #[test]
    fn every_shell_is_told_every_command() {
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
