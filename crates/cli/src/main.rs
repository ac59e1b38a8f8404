//! The command line: parse, run, exit code.

mod args;
mod commands;
mod error;
mod global;
mod help;
mod host;
mod journal;
mod json;
mod log;
mod output;
mod progress;
mod prompt;
mod runtime;
mod typed;

use args::Arguments;
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use bwdc_messages::CommandLine;
use bwdc_messages::problem::unknown_variable;
use bwdc_messages::program::key_as_argument;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use commands::Command;
use console::Term;
use global::GlobalArguments;
use output::{Done, Failed, Printer, columns, in_columns};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// Usage errors come before every option: they go to the error stream and exit with 1.
const USAGE: u8 = 1;

/// By this a private key in PEM form is known.
const KEY_MARK: &str = "PRIVATE KEY-----";

fn main() -> ExitCode {
    bwdc_engine::memory::keep_out_of_dumps();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // What is not understood would be repeated, and a key must not be.
        Err(answer) if answer.use_stderr() && has_key() => {
            let _ = writeln!(std::io::stderr(), "error: {}", key_as_argument());
            return ExitCode::from(USAGE);
        }
        Err(answer) => {
            // Whoever asked for help and closed the pipe has seen enough.
            let _ = match answer.kind() {
                ErrorKind::DisplayHelp => {
                    write!(std::io::stdout(), "{}", help::grouped(&answer.render().to_string()))
                }
                _ if answer.use_stderr() => {
                    let text = answer.render().to_string();
                    let text = in_columns(&typed_commands().in_text(&text), columns(&Term::stderr()));
                    write!(std::io::stderr(), "{text}")
                }
                _ => answer.print(),
            };
            return if answer.use_stderr() { ExitCode::from(usage()) } else { ExitCode::SUCCESS };
        }
    };
    let printer = Printer::new(&arguments.global);
    let code = if arguments.global.version {
        printer.line(env!("CARGO_PKG_VERSION"))
    } else if let Some(command) = arguments.command {
        log::start(&arguments.global, command.is_logged());
        if command.reads_settings() {
            printer.beside(&unknown_variables(&arguments.global));
        }
        printer.finish(run(command, &arguments.global))
    } else {
        printer.line(&help::grouped(&Arguments::command().render_help().to_string())).max(USAGE)
    };
    ExitCode::from(code)
}

/// The exit code of a usage error: to a monitoring system, 1 would be a warning about the profile.
fn usage() -> u8 {
    let command = std::env::args_os().skip(1).find(|it| !it.to_string_lossy().starts_with('-'));
    if command.is_some_and(|it| it == "status") { commands::CANNOT_TELL } else { USAGE }
}

/// How commands are typed by whoever typed what was not understood.
fn typed_commands() -> CommandLine {
    let arguments: Vec<String> = std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect();
    let after = arguments.windows(2).find(|it| it[0] == "--profile").map(|it| it[1].as_str());
    let named = after.or_else(|| arguments.iter().find_map(|it| it.strip_prefix("--profile=")));
    match named.and_then(|it| ProfileName::parse(it).ok()) {
        Some(profile) => CommandLine::of_profile(profile),
        None => CommandLine::of(&ProcessEnvironment::current()),
    }
}

/// Whether one of the arguments is a private key.
fn has_key() -> bool {
    std::env::args_os().any(|argument| argument.to_string_lossy().contains(KEY_MARK))
}

/// Variables that look like settings and are none.
fn unknown_variables(global: &GlobalArguments) -> Vec<String> {
    let (environment, commands) = (global.environment(), global.commands());
    let unknown = bwdc_engine::unknown_variables(&environment);
    let said = unknown.iter().map(|it| unknown_variable(it, &commands));
    said.inspect(|it| tracing::warn!("{it}")).collect()
}

/// Runs a command, with its beginning and its end on record.
fn run(command: Command, global: &GlobalArguments) -> Result<Done, Failed> {
    let span = tracing::info_span!("run", command = command.name());
    let _entered = span.enter();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "started");
    let begun = Instant::now();
    let result = commands::run(command, global, Arguments::command());
    let milliseconds = begun.elapsed().as_millis() as u64;
    match &result {
        Ok(done) => tracing::info!(code = done.code, milliseconds, "ended"),
        Err(failed) => {
            let message = failed.error.message();
            tracing::error!(kind = failed.error.kind(), code = failed.code, milliseconds, "{message}");
        }
    }
    result
}
