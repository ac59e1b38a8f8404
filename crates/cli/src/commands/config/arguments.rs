//! What `bwdc config` takes.

use crate::typed::secret;
use bwdc_core::settings::Setting;
use bwdc_messages::setting::takes;
use bwdc_messages::wrap::broken;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, Subcommand};
use secrecy::SecretString;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Show and store settings.
///
/// `config <setting> <value>` stores one, as `config set` does.
#[derive(Args)]
#[command(after_help = config_help())]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ConfigCommand>,

    /// The name of the setting, in any case.
    #[arg(required = true, value_parser = SettingName, hide_possible_values = true)]
    pub(crate) setting: Option<String>,

    /// Use a further directory that `sources` names, instead of the first one.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) source: Option<String>,

    #[command(flatten)]
    pub(crate) value: ValueArguments,
}

impl ConfigArguments {
    /// Whether everything that is wrong is to be listed.
    pub(crate) fn validates(&self) -> bool {
        matches!(self.command, Some(ConfigCommand::Validate))
    }
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print one setting's value; of a secret, where it is kept.
    #[command(after_help = "\
Examples:
  bwdc config get ldap.hostname
  bwdc config get ldap.password")]
    Get(NameArguments),
    /// Store one setting or secret.
    #[command(after_help = "\
Examples:
  bwdc config set limits.removals 20
  bwdc config set ldap.password --secretfile /run/secrets/ldap
  bwdc config set okta.token --stdin < token.txt")]
    Set(SetArguments),
    /// Reset one setting to its default, or delete a secret.
    #[command(after_help = "\
Examples:
  bwdc config unset sync.userFilter")]
    Unset(NameArguments),
    /// Print the settings that matter for the chosen directory, in sections: value, where it comes from, what it is.
    #[command(after_help = "\
Examples:
  bwdc config list
  bwdc config list --all
  bwdc --response --pretty config list")]
    List {
        /// Print every setting, also those of other directories.
        #[arg(long)]
        all: bool,
    },
    /// Print the JSON Schema of all settings.
    #[command(after_help = "\
Examples:
  bwdc config schema > settings.schema.json")]
    Schema,
    /// Print what is set, as a file for `config apply`; secrets are named but not printed.
    #[command(after_help = "\
Examples:
  bwdc config export > settings.toml
  bwdc config export --format json > settings.json")]
    Export {
        /// `toml` or `json`.
        #[arg(long, value_name = "FORMAT", default_value = "toml", value_parser = ["toml", "json"])]
        format: String,
    },
    /// Apply the settings of a TOML or JSON file: all of them, or none if one is wrong.
    ///
    /// Settings that the file does not name stay as they are; null in a JSON file resets a setting to its default.
    #[command(after_help = "\
Examples:
  bwdc config apply settings.toml --dry-run
  bwdc config apply settings.toml
  bwdc config apply settings.json --exact")]
    Apply {
        /// The file.
        file: PathBuf,

        /// Show what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,

        /// Reset every setting that the file does not name to its default.
        #[arg(long)]
        exact: bool,
    },
    /// Check whether the configuration is complete and consistent, without asking any server.
    #[command(after_help = "\
Examples:
  bwdc config validate")]
    Validate,
}

#[derive(Args)]
pub(crate) struct NameArguments {
    /// The name of the setting, in any case.
    #[arg(value_parser = SettingName, hide_possible_values = true)]
    pub(crate) setting: String,
}

#[derive(Args)]
pub(crate) struct SetArguments {
    /// The name of the setting, in any case.
    #[arg(value_parser = SettingName, hide_possible_values = true)]
    pub(crate) setting: String,

    #[command(flatten)]
    pub(crate) value: ValueArguments,
}

/// The ways to give a value.
#[derive(Args)]
pub(crate) struct ValueArguments {
    /// The value.
    #[arg(value_parser = secret, allow_negative_numbers = true, conflicts_with = "stdin")]
    pub(crate) value: Option<SecretString>,

    /// Take the value from this environment variable, unless it is given as an argument or by `--secretfile`.
    #[arg(long, value_name = "NAME", conflicts_with = "stdin")]
    pub(crate) secretenv: Option<String>,

    /// Take the value from the first line of this file, unless it is given as an argument.
    #[arg(long, value_name = "FILE", conflicts_with = "stdin")]
    pub(crate) secretfile: Option<PathBuf>,

    /// Take the value from the first line of standard input.
    #[arg(long)]
    pub(crate) stdin: bool,
}

/// Any text, as the command has its own words for one that names no setting; a shell is told the names.
#[derive(Clone)]
struct SettingName;

impl TypedValueParser for SettingName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        typed: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, typed)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Setting::all().iter().map(|it| PossibleValue::new(it.name))))
    }
}

fn config_help() -> String {
    let mut help = String::from(
        "\
Examples:
  bwdc config directory 0
  bwdc config server https://vault.example.com
  bwdc config server bitwarden.com
  bwdc config sync.userFilter '(department=Sales)'
  bwdc config ldap.password --secretenv LDAP_PASSWORD
  bwdc config ldap.password --secretfile /run/secrets/ldap
  bwdc config gsuite.key-file service-account.json
  bwdc config list
  bwdc config get ldap.hostname
  bwdc config set limits.removals 20
  bwdc config unset sync.userFilter
  bwdc config export > settings.toml
  bwdc config apply settings.toml --dry-run
  bwdc config validate

Every setting can be given for one run by an environment variable, which goes
before the files: BWDC_LDAP_HOSTNAME for `ldap.hostname`, BWDC_SYNC_USER_FILTER
for `sync.userFilter`.

Settings:
",
    );
    for setting in Setting::all() {
        let (name, takes) = (setting.name, takes(setting));
        // What does not fit beside its name stands below it.
        let line = format!("  {name:<34} {takes}\n");
        if line.len() <= 80 {
            help.push_str(&line);
        } else {
            let takes = broken(&takes, Some(80), 6);
            help.push_str(&format!("  {name}\n      {takes}\n"));
        }
    }
    help
}
