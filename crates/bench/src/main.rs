//! Measures the product against what the machine and the server allow.
//!
//! The yardstick is a program that only reads: the same LDAP library, the same entries, nothing done with them. What
//! `bwdc test` costs beyond that is ours. Figures are printed beside their targets and never asserted, since a busy
//! machine would make a liar of any assertion.

mod bare_read;
mod compare;
mod directory;
mod sync;
mod table;

use std::error::Error;
use std::io::{self, BufWriter};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Generates directories and compares what reading them costs.
#[derive(Parser)]
#[command(name = "bwdc-bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a generated directory as LDIF to standard output.
    Generate(directory::Size),
    /// Read a directory and do nothing with it: the yardstick, run by `compare` as a child process.
    BareRead(bare_read::Request),
    /// Load a real OpenLDAP server and compare a bare read, `bwdc test` and `ldapsearch` on it.
    Compare(compare::Request),
    /// Sync a generated directory into the sandbox's organization, twice.
    Sync(sync::Request),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Generate(size) => {
            let mut out = BufWriter::new(io::stdout().lock());
            Ok(bwdc_sandbox::data::write_ldif(&size.spec(), &mut out)?)
        }
        Command::BareRead(request) => bare_read::run(&request),
        Command::Compare(request) => compare::run(&request),
        Command::Sync(request) => sync::run(&request),
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[expect(clippy::print_stderr, reason = "the one place where this tool tells what went wrong")]
fn report(error: &dyn Error) {
    eprintln!("bwdc-bench: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}
