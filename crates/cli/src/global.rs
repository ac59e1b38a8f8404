//! What every command takes.

use bwdc_core::settings::{LogFormat, LogLevel};
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use bwdc_messages::CommandLine;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use std::path::PathBuf;

/// The variable that names the folder.
const DATA_FOLDER: &str = "BITWARDENCLI_CONNECTOR_APPDATA_DIR";

/// What every command takes, before or after its name.
#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// Indent JSON by two spaces.
    #[arg(long, global = true)]
    pub(crate) pretty: bool,

    /// Print only the raw part of a message, such as the address that `update` found.
    #[arg(long, global = true)]
    pub(crate) raw: bool,

    /// Answer in JSON, errors included.
    #[arg(long, global = true)]
    pub(crate) response: bool,

    /// Always exit with 0.
    #[arg(long, global = true)]
    pub(crate) cleanexit: bool,

    /// Print nothing.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,

    /// Never ask; a missing answer is an error.
    #[arg(long, global = true)]
    pub(crate) nointeraction: bool,

    /// Use the profile of this name; the default one is the official connector's folder.
    #[arg(long, global = true, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,

    /// How much to log, on stderr and in `bwdc.log`.
    #[arg(long, global = true, value_name = "LEVEL", value_parser = PossibleValuesParser::new(LEVELS.map(|it| it.0)).map(|it| known(&LEVELS, &it)))]
    pub(crate) log_level: Option<LogLevel>,

    /// The form of log lines.
    #[arg(long, global = true, value_name = "FORM", value_parser = PossibleValuesParser::new(FORMATS.map(|it| it.0)).map(|it| known(&FORMATS, &it)))]
    pub(crate) log_format: Option<LogFormat>,

    /// Use this folder: a service of Windows has no variables of its own.
    #[arg(long, global = true, hide = true, value_name = "FOLDER")]
    pub(crate) data_folder: Option<PathBuf>,

    /// Print the version.
    #[arg(short = 'v', long, global = true)]
    pub(crate) version: bool,
}

impl GlobalArguments {
    /// What the program was started with, for the profile that was named.
    pub(crate) fn environment(&self) -> ProcessEnvironment {
        let environment = ProcessEnvironment::current();
        let environment = match &self.data_folder {
            Some(folder) => {
                environment.with_variables([(DATA_FOLDER.to_owned(), folder.display().to_string())])
            }
            None => environment,
        };
        match &self.profile {
            Some(name) => environment.for_profile(name.clone()),
            None => environment,
        }
    }

    /// How a next step is typed here: for the profile that is in use.
    pub(crate) fn commands(&self) -> CommandLine {
        CommandLine::of(&self.environment())
    }
}

const LEVELS: [(&str, LogLevel); 6] = [
    ("off", LogLevel::Off),
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

fn known<T: Copy, const N: usize>(all: &[(&str, T); N], typed: &str) -> T {
    let found = all.iter().find(|(name, _)| *name == typed);
    found.expect("the command line takes these words only").1
}
