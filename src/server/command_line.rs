//! Reads the command line and the environment of the programs.

use clap::{Command, Parser};

/// Returns the options of the command line and of the environment, or ends the program with a message. An environment
/// variable without a value counts as unset, as templates and Compose files leave them.
pub fn read<P: Parser>() -> P {
    let mut command = without_empty_variables(P::command());
    let mut matches = command.get_matches_mut();
    P::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// Makes each option of the command and its subcommands ignore its environment variable if that is empty.
fn without_empty_variables(command: Command) -> Command {
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|option| match option.get_env().is_some_and(is_empty) {
        true => option.env(None),
        false => option,
    });
    command.mut_subcommands(without_empty_variables)
}
