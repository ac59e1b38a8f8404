//! The desktop app: finds the installation, is the only window of it, and shows it.
#![cfg_attr(windows, windows_subsystem = "windows")]

use bwdc_desktop::{claim, run, speak};
use bwdc_engine::paths::{ProcessEnvironment, Profile, ProfileName};
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody can be told elsewhere that there is no window.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), Box<dyn Error>> {
    let mut environment = ProcessEnvironment::current();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--version" || argument == "-v" {
            writeln!(std::io::stdout(), "{}", env!("CARGO_PKG_VERSION"))?;
            return Ok(());
        }
        if argument == "--profile"
            && let Some(name) = arguments.next()
        {
            environment = environment.for_profile(ProfileName::parse(&name)?);
        }
    }
    speak(|name| environment.variable(name).and_then(|it| it.to_str()).map(str::to_owned));
    let profile = Profile::from_environment(&environment)?;
    let Some(instance) = claim(&profile.folder)? else { return Ok(()) };
    run(&environment, instance)
}
