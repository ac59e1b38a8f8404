//! The command line: parse, run, exit code.

mod args;
mod commands;
mod doctor_text;
mod doctor_words;
mod error;
mod explain_text;
mod output;
mod plan_text;
mod progress;
mod prompt;
mod runtime;
mod words;

use args::Arguments;
use clap::{CommandFactory as _, Parser as _};
use output::Printer;
use std::process::ExitCode;

/// Usage errors come before every option: they go to the error stream and exit with 1.
const USAGE: u8 = 1;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // Whoever asked for help and closed the pipe has seen enough.
            let _ = answer.print();
            return if answer.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let printer = Printer::new(&arguments.global);
    let code = if arguments.global.version {
        printer.line(env!("CARGO_PKG_VERSION"))
    } else if let Some(command) = arguments.command {
        log_where_asked();
        printer.finish(commands::run(command, &arguments.global))
    } else {
        printer.line(&Arguments::command().render_help().to_string())
    };
    ExitCode::from(code)
}

fn log_where_asked() {
    if std::env::var_os("BITWARDENCLI_CONNECTOR_DEBUG").is_some_and(|value| !value.is_empty()) {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .init();
    }
}
