//! What `bwdc login` takes.

use crate::typed::secret;
use bwdc_engine::organization::TwoStepMethod;
use clap::Args;
use secrecy::SecretString;
use std::path::PathBuf;

/// Sign in to an organization with its API key, or as one of its owners.
///
/// The key is shown in the web vault under the organization's settings. Arguments come first, then BW_CLIENTID and
/// BW_CLIENTSECRET, then a question. An argument is visible to everybody on this machine who lists processes.
///
/// An owner signs in with e-mail address, master password and, where the account has it, two-step login. The
/// organization's key is then fetched and kept; password and account are not. The master password comes from
/// `--password-file`, BW_PASSWORD or a question, and never leaves this machine.
///
/// Vaultwarden shows an organization to people only. With `--observer`, the personal API key of an owner or
/// administrator is kept too, so that runs can compare with what is there and verify what they sent. It comes as an
/// argument, from BW_OBSERVER_CLIENTID and BW_OBSERVER_CLIENTSECRET, from a question, or with `--email`.
///
/// After the key was rotated, `--renew` takes its new client secret. The old one stays until the server has accepted the new
/// one, and settings, ledger and history stay as they are.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc login
  BW_CLIENTID=organization.<id> BW_CLIENTSECRET=<secret> bwdc login
  bwdc login --email ann@example.com
  bwdc login --email ann@example.com --password-file /run/secrets/password
  bwdc login --email ann@example.com --method 0 --code 123456
  bwdc login --email ann@example.com --organization <id>
  bwdc login --observer user.<id>
  bwdc login --renew")]
pub(crate) struct LoginArguments {
    /// The client id, `organization.<id>`; or the e-mail address of an owner; with `--observer`, `user.<id>`.
    pub(crate) client_id: Option<String>,

    /// The client secret.
    #[arg(value_parser = secret)]
    pub(crate) client_secret: Option<SecretString>,

    /// Sign in as the owner with this e-mail address.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "", conflicts_with = "client_id")]
    pub(crate) email: Option<String>,

    /// Take the master password from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret")]
    pub(crate) password_file: Option<PathBuf>,

    /// The method of the two-step login: 0 authenticator app, 1 e-mail, 3 YubiKey.
    #[arg(long, value_name = "NUMBER", value_parser = two_step_method, conflicts_with = "client_secret")]
    pub(crate) method: Option<TwoStepMethod>,

    /// The code of the two-step login, or the one that was mailed because this machine is new to the account.
    #[arg(long, value_name = "CODE", value_parser = secret, conflicts_with = "client_secret")]
    pub(crate) code: Option<SecretString>,

    /// Do not ask for a code on this machine again; the token for that is kept with the secrets.
    #[arg(long, conflicts_with = "client_secret")]
    pub(crate) remember: bool,

    /// The organization, by id or name, if the person owns several.
    #[arg(long, value_name = "ID", conflicts_with = "client_secret")]
    pub(crate) organization: Option<String>,

    /// Store the personal API key of an owner or administrator, `user.<id>`, to read a Vaultwarden organization.
    #[arg(long)]
    pub(crate) observer: bool,

    /// Replace the client secret of the organization's key that is stored, after the key was rotated.
    #[arg(long, conflicts_with_all = ["email", "observer"])]
    pub(crate) renew: bool,
}

fn two_step_method(typed: &str) -> Result<TwoStepMethod, &'static str> {
    match typed {
        "0" => Ok(TwoStepMethod::Authenticator),
        "1" => Ok(TwoStepMethod::Email),
        "3" => Ok(TwoStepMethod::YubiKey),
        _ => Err("give 0 (authenticator app), 1 (e-mail) or 3 (YubiKey)"),
    }
}
