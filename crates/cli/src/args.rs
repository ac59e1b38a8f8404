//! What can be typed. The help texts are the manual; each command's are in its own file.

use crate::commands::Command;
use crate::global::GlobalArguments;
use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  bwdc setup
  bwdc ui
  bwdc config server https://vault.example.com
  bwdc login organization.<id>
  bwdc config directory 0
  bwdc config ldap.password --secretfile /run/secrets/ldap
  bwdc test --pretty
  bwdc plan
  bwdc sync --response

Exit codes:
  0 on success, 1 on a failure or a usage error. `plan` and `sync` have more
  with `--detailed-exitcode`.

Files:
  `bwdc data-file` prints where the settings are. `connector.toml` beside that
  file holds limits, time limits and what happens to people who leave.

Environment:
  BW_CLIENTID, BW_CLIENTSECRET        the API key for `bwdc login`
  BW_PASSWORD                         the master password for `login --email`
  BW_OBSERVER_CLIENTID, BW_OBSERVER_CLIENTSECRET
                                      the personal key for `login --observer`
  BITWARDENCLI_CONNECTOR_APPDATA_DIR  the folder of the settings
  BWDC_PROFILE                        the profile, as with `--profile`
  BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS
                                      `true` keeps secrets in `data.json`
  BITWARDENCLI_CONNECTOR_DEBUG        the log on stderr, in detail
  NO_COLOR                            turns colors off";

/// Keep a Bitwarden organization equal to the company directory.
#[derive(Parser)]
#[command(
    name = "bwdc",
    disable_version_flag = true,
    max_term_width = 80,
    after_help = EXAMPLES,
    help_expected = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[cfg(test)]
mod tests;
