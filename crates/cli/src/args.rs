//! What can be typed. The help texts are the manual.

use bwdc_core::settings::{LogFormat, LogLevel, Setting};
use bwdc_engine::organization::TwoStepMethod;
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use bwdc_engine::secrets::{KeyKind, SecretStore};
use bwdc_messages::wrap::broken;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;
use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
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

/// What every command takes, before or after its name.
#[derive(Args)]
pub(crate) struct GlobalArguments {
    /// Indent JSON by two spaces.
    #[arg(long, global = true)]
    pub(crate) pretty: bool,

    /// Print a message's raw part only, such as the address that `update` found.
    #[arg(long, global = true)]
    pub(crate) raw: bool,

    /// Answer in JSON, errors included.
    #[arg(long, global = true)]
    pub(crate) response: bool,

    /// Exit with 0 whatever happened.
    #[arg(long, global = true)]
    pub(crate) cleanexit: bool,

    /// Print nothing.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,

    /// Never ask; what is missing is an error.
    #[arg(long, global = true)]
    pub(crate) nointeraction: bool,

    /// Work with the profile of this name; the default one is the official connector's folder.
    #[arg(long, global = true, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,

    /// Log this much, on stderr and in `bwdc.log`.
    #[arg(long, global = true, value_name = "LEVEL", value_parser = PossibleValuesParser::new(LEVELS.map(|it| it.0)).map(|it| known(&LEVELS, &it)))]
    pub(crate) log_level: Option<LogLevel>,

    /// Log in this form.
    #[arg(long, global = true, value_name = "FORM", value_parser = PossibleValuesParser::new(FORMATS.map(|it| it.0)).map(|it| known(&FORMATS, &it)))]
    pub(crate) log_format: Option<LogFormat>,

    /// Print the version.
    #[arg(short = 'v', long, global = true)]
    pub(crate) version: bool,
}

impl GlobalArguments {
    /// What the program was started with, for the profile that was named.
    pub(crate) fn environment(&self) -> ProcessEnvironment {
        let environment = ProcessEnvironment::current();
        match &self.profile {
            Some(name) => environment.for_profile(name.clone()),
            None => environment,
        }
    }
}

impl Command {
    /// What the log calls the command.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Login(_) => "login",
            Self::Logout(_) => "logout",
            Self::Test(_) => "test",
            Self::Explain(_) => "explain",
            Self::Plan(_) => "plan",
            Self::Sync(_) => "sync",
            Self::Apply(_) => "apply",
            Self::Approve(_) => "approve",
            Self::History(_) => "history",
            Self::Ledger(_) => "ledger",
            Self::LastSync(_) => "last-sync",
            Self::Config(_) => "config",
            Self::Profile(_) => "profile",
            Self::Secrets(_) => "secrets",
            Self::DataFile => "data-file",
            Self::ClearCache => "clear-cache",
            Self::Demo(_) => "demo",
            Self::Doctor(_) => "doctor",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Update => "update",
        }
    }

    /// Whether what it does belongs into the installation's log.
    pub(crate) fn is_logged(&self) -> bool {
        matches!(
            self,
            Self::Login(_)
                | Self::Logout(_)
                | Self::Test(_)
                | Self::Explain(_)
                | Self::Plan(_)
                | Self::Sync(_)
                | Self::Apply(_)
                | Self::Approve(_)
                | Self::Ledger(_)
                | Self::ClearCache
        )
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
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
    /// administrator is kept besides, so that runs compare with what is there and verify what they sent. It comes as an
    /// argument, from BW_OBSERVER_CLIENTID and BW_OBSERVER_CLIENTSECRET, from a question, or with `--email`.
    #[command(after_help = "\
Examples:
  bwdc login
  BW_CLIENTID=organization.<id> BW_CLIENTSECRET=<secret> bwdc login
  bwdc login --email ann@example.com
  bwdc login --email ann@example.com --password-file /run/secrets/password
  bwdc login --email ann@example.com --method 0 --code 123456
  bwdc login --email ann@example.com --organization <id>
  bwdc login --observer user.<id>")]
    Login(LoginArguments),

    /// Forget the API key and the token.
    ///
    /// Settings, the organization's id and the id of this installation stay.
    #[command(after_help = "\
Examples:
  bwdc logout
  bwdc logout --observer")]
    Logout(LogoutArguments),

    /// Read the directory and print what a sync would work with.
    ///
    /// The organization is not asked; `bwdc plan` compares with it.
    #[command(after_help = "\
Examples:
  bwdc test --pretty
  bwdc test --explain
  bwdc test --last")]
    Test(TestArguments),

    /// Tell for one person or group of the directory why it is in or out.
    ///
    /// The directory is read as for `bwdc test`; what was not read is looked for without any filter. The organization is
    /// not asked.
    #[command(after_help = "\
Examples:
  bwdc explain ann@example.com
  bwdc explain Staff
  bwdc explain 'uid=ann,ou=people,dc=example,dc=com' --response --pretty")]
    Explain(ExplainArguments),

    /// Show what a sync would change, and change nothing.
    ///
    /// Every change comes with its cause, and so does everybody who stays or is left out.
    #[command(after_help = "\
Examples:
  bwdc plan
  bwdc plan --out plan.json
  bwdc plan --response --pretty
  bwdc plan --detailed-exitcode --quiet")]
    Plan(PlanArguments),

    /// Make the organization follow the directory.
    ///
    /// A run that would take away more than the limits in `connector.toml` allow sends nothing and exits with 1.
    #[command(after_help = "\
Examples:
  bwdc sync
  bwdc sync --full
  bwdc sync --response --nointeraction")]
    Sync(SyncArguments),

    /// Carry out a saved plan exactly, or nothing.
    ///
    /// Directory and organization are read again. When anything else would be done than what `bwdc plan --out FILE` saved,
    /// nothing is sent.
    #[command(after_help = "\
Examples:
  bwdc plan --out plan.json
  bwdc apply plan.json")]
    Apply(ApplyArguments),

    /// Approve what a refused run would have taken away.
    ///
    /// For 24 hours runs pass that take nothing beyond it; anything more is refused again. `bwdc history` shows what a
    /// run would have done.
    #[command(after_help = "\
Examples:
  bwdc approve
  bwdc approve 12")]
    Approve(ApproveArguments),

    /// Print the latest runs, or what one of them did and why.
    #[command(after_help = "\
Examples:
  bwdc history
  bwdc history 12
  bwdc history --csv > runs.csv
  bwdc history 12 --response --pretty")]
    History(HistoryArguments),

    /// Record anew, or forget, whom this connector manages.
    #[command(after_help = "\
Examples:
  bwdc ledger rebuild
  bwdc ledger purge")]
    Ledger(LedgerArguments),

    /// Print when users or groups were last brought over.
    #[command(after_help = "\
Examples:
  bwdc last-sync users
  bwdc last-sync groups")]
    LastSync(LastSyncArguments),

    /// Show and store settings.
    ///
    /// `config <setting> <value>` stores one, as `config set` does.
    #[command(after_help = config_help())]
    Config(ConfigArguments),

    /// Show where secrets are kept, and move them.
    ///
    /// A secret that is entered stays where it was before; the first goes into the keychain of the session, where one
    /// answers, else into an encrypted file.
    #[command(after_help = "\
Examples:
  bwdc secrets list
  bwdc secrets migrate --to encrypted-file
  bwdc secrets migrate --to keychain")]
    Secrets(SecretsArguments),

    /// Keep several installations on one machine, each with its own settings, secrets and state.
    ///
    /// Without `--profile` or BWDC_PROFILE the default profile is meant: the folder of the official connector. The others
    /// are folders in `profiles` beside it.
    #[command(after_help = "\
Examples:
  bwdc profile list
  bwdc profile create berlin
  bwdc --profile berlin config list
  bwdc profile copy default berlin
  bwdc profile remove berlin --force")]
    Profile(ProfileArguments),

    /// Print the path of the settings file.
    #[command(after_help = "\
Examples:
  bwdc data-file
  bwdc --profile berlin data-file")]
    DataFile,

    /// Forget what was sent last, so that the next sync compares everything.
    #[command(after_help = "\
Examples:
  bwdc clear-cache")]
    ClearCache,

    /// Show everything at work on this machine, with a directory and an organization of its own.
    ///
    /// Nothing is installed, nothing leaves the machine, and no settings are touched.
    #[command(after_help = "\
Examples:
  bwdc demo
  bwdc demo --once")]
    Demo(DemoArguments),

    /// Look everything over, from the folder to the organization, and change nothing.
    ///
    /// Every check that can be made is made, one line each: `ok`, `warn` or `FAIL` with what to do, or `-` for one that
    /// waits for another. The exit code is 1 when something fails. `--bundle` writes what somebody who helps needs to
    /// see into an archive, without secrets and with addresses as numbers.
    #[command(after_help = "\
Examples:
  bwdc doctor
  bwdc doctor --response --pretty
  bwdc doctor --bundle support.tar.gz")]
    Doctor(DoctorArguments),

    /// Print a script that completes the command line in a shell.
    #[command(after_help = "\
Examples:
  bwdc completions bash > /etc/bash_completion.d/bwdc
  bwdc completions zsh > ~/.zfunc/_bwdc
  bwdc completions fish > ~/.config/fish/completions/bwdc.fish
  bwdc completions powershell >> $PROFILE")]
    Completions(CompletionsArguments),

    /// Print the manual page, or write those of all commands.
    #[command(after_help = "\
Examples:
  bwdc man | man -l -
  bwdc man --out /usr/local/share/man/man1")]
    Man(ManArguments),

    /// Ask whether there is a newer version.
    ///
    /// The setting `update-feed`, or BWDC_UPDATE_FEED, names the address of a list of releases in GitHub's form. With
    /// `--raw`, the address of the download for this platform is printed and nothing else. Nothing is downloaded.
    #[command(after_help = "\
Examples:
  bwdc update
  bwdc update --raw")]
    Update,
}

#[derive(Args)]
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

    /// The way of the two-step login: 0 authenticator app, 1 e-mail, 3 YubiKey.
    #[arg(long, value_name = "NUMBER", value_parser = two_step_method, conflicts_with = "client_secret")]
    pub(crate) method: Option<TwoStepMethod>,

    /// The code of the two-step login, or the one that was mailed because this machine is new to the account.
    #[arg(long, value_name = "CODE", value_parser = secret, conflicts_with = "client_secret")]
    pub(crate) code: Option<SecretString>,

    /// Ask for no code again on this machine; what the server gives for that is kept with the secrets.
    #[arg(long, conflicts_with = "client_secret")]
    pub(crate) remember: bool,

    /// The organization, by id or name, where the person is an owner of several.
    #[arg(long, value_name = "ID", conflicts_with = "client_secret")]
    pub(crate) organization: Option<String>,

    /// Take the personal API key of an owner or administrator, `user.<id>`, to observe a Vaultwarden organization with.
    #[arg(long)]
    pub(crate) observer: bool,
}

#[derive(Args)]
pub(crate) struct LogoutArguments {
    /// Forget the personal key only, with which the organization is observed.
    #[arg(long)]
    pub(crate) observer: bool,
}

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Look at what changed since the last sync only.
    #[arg(short, long)]
    pub(crate) last: bool,

    /// List instead who is left out and why, and the members of each group that could not be resolved.
    #[arg(long, conflicts_with = "last")]
    pub(crate) explain: bool,
}

#[derive(Args)]
pub(crate) struct ExplainArguments {
    /// An address, a name, an external id or a distinguished name.
    #[arg(value_name = "WHO")]
    pub(crate) who: String,
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// Exit with 0 when nothing changes, 2 when something does, 3 when the limits refuse it.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Args)]
pub(crate) struct SyncArguments {
    /// Read the whole directory again, also where it could tell what changed, and send everything to a server that cannot be
    /// read.
    ///
    /// Such a server (Vaultwarden) gets back whoever was removed there by hand, and restores whoever was revoked by hand.
    #[arg(long)]
    pub(crate) full: bool,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Args)]
pub(crate) struct ApproveArguments {
    /// The number of the refused run; the last one unless told.
    pub(crate) run: Option<i64>,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct HistoryArguments {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,

    /// The number of a run.
    pub(crate) run: Option<i64>,

    /// How many runs to list.
    #[arg(long, default_value_t = 20, value_name = "NUMBER", conflicts_with = "run")]
    pub(crate) most: u32,

    /// Print comma-separated values.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Subcommand)]
pub(crate) enum HistoryCommand {
    /// Forget runs: those before a day, or all of them.
    ///
    /// What the limits still count stays. With `--all`, the copies of directories that incremental reads keep are forgotten,
    /// too. Whom this connector manages stays: `bwdc ledger purge` forgets that.
    #[command(after_help = "\
Examples:
  bwdc history purge --before 2026-01-31
  bwdc history purge --all")]
    Purge(PurgeArguments),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PurgeArguments {
    /// Runs that began before this day (YYYY-MM-DD, in UTC).
    #[arg(long, value_name = "DATE")]
    pub(crate) before: Option<String>,

    /// All runs.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct LedgerArguments {
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Record anew whom this connector manages, from what directory and organization hold now. Nothing is sent.
    ///
    /// People and groups whom the directory lists and the organization has under their external ids are managed
    /// afterwards. Nobody counts as revoked by this connector any more.
    #[command(after_help = "\
Examples:
  bwdc ledger rebuild")]
    Rebuild,
    /// Forget everything that `connector.db` holds. The next run takes a baseline and removes nobody.
    #[command(after_help = "\
Examples:
  bwdc ledger purge")]
    Purge,
}

#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    pub(crate) shell: CompletedShell,
}

/// The shells whose command line can be completed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CompletedShell {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell, also on Linux and macOS.
    #[value(name = "powershell")]
    PowerShell,
}

#[derive(Args)]
pub(crate) struct ManArguments {
    /// Write a page for every command into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Write a support archive (.tar.gz) to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// End at the end of the story instead of keeping the organization's page open.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// Show what `sync --full` would do: send everything again to a server that cannot be read.
    #[arg(long, conflicts_with = "out")]
    pub(crate) full: bool,

    /// Save the plan in this file, for `bwdc apply`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ApplyArguments {
    /// The file that `bwdc plan --out` wrote.
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Args)]
pub(crate) struct LastSyncArguments {
    /// `users` or `groups`.
    pub(crate) object: String,
}

#[derive(Args)]
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

    /// Look at, or change, a further directory that `sources` names, in place of the first one.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) source: Option<String>,

    #[command(flatten)]
    pub(crate) value: ValueArguments,
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
    /// Take one setting back to its default, or forget a secret.
    #[command(after_help = "\
Examples:
  bwdc config unset sync.userFilter")]
    Unset(NameArguments),
    /// Print every setting with its value and where that comes from.
    #[command(after_help = "\
Examples:
  bwdc config list
  bwdc --response --pretty config list")]
    List,
    /// Print the JSON Schema of all settings.
    #[command(after_help = "\
Examples:
  bwdc config schema > settings.schema.json")]
    Schema,
    /// Print what is set as a file for `config apply`; secrets are named and not printed.
    #[command(after_help = "\
Examples:
  bwdc config export > settings.toml
  bwdc config export --format json > settings.json")]
    Export {
        /// `toml` or `json`.
        #[arg(long, value_name = "FORMAT", default_value = "toml", value_parser = ["toml", "json"])]
        format: String,
    },
    /// Bring in the settings of a TOML or JSON file; one that is wrong stops all of them.
    ///
    /// What the file does not name stays as it is, and null in a JSON file takes a setting back to its default.
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

        /// Take every setting that the file does not name back to its default.
        #[arg(long)]
        exact: bool,
    },
    /// Check whether the whole configuration is complete and fits together, without asking any server.
    #[command(after_help = "\
Examples:
  bwdc config validate")]
    Validate,
}

#[derive(Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct SecretsArguments {
    #[command(subcommand)]
    pub(crate) command: SecretsCommand,
}

#[derive(Subcommand)]
pub(crate) enum SecretsCommand {
    /// Print every secret that is set with its place, and where new ones go.
    #[command(after_help = "\
Examples:
  bwdc secrets list
  bwdc secrets list --response --pretty")]
    List,
    /// Move all stored secrets into one store; each is read back from there before it is forgotten here.
    ///
    /// A passphrase for the encrypted file comes from BWDC_SECRETS_PASSPHRASE, or from the file that
    /// BWDC_SECRETS_PASSPHRASE_FILE names.
    #[command(after_help = "\
Examples:
  bwdc secrets migrate --to encrypted-file
  bwdc secrets migrate --to encrypted-file --key passphrase
  bwdc secrets migrate --to keychain")]
    Migrate {
        /// `keychain`, `encrypted-file`, or `plaintext`, which the official variable has to allow.
        #[arg(long, value_name = "STORE", value_parser = secret_store)]
        to: SecretStore,

        /// The key of the encrypted file: `file`, `credential` (of systemd) or `passphrase`.
        #[arg(long, value_name = "KIND", value_parser = key_kind)]
        key: Option<KeyKind>,
    },
}

fn secret_store(typed: &str) -> Result<SecretStore, &'static str> {
    match typed {
        "keychain" => Ok(SecretStore::Keychain),
        "encrypted-file" => Ok(SecretStore::EncryptedFile),
        "plaintext" => Ok(SecretStore::Plaintext),
        _ => Err("give keychain, encrypted-file or plaintext"),
    }
}

fn key_kind(typed: &str) -> Result<KeyKind, &'static str> {
    match typed {
        "file" => Ok(KeyKind::File),
        "credential" => Ok(KeyKind::Credential),
        "passphrase" => Ok(KeyKind::Passphrase),
        _ => Err("give file, credential or passphrase"),
    }
}

#[derive(Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct ProfileArguments {
    #[command(subcommand)]
    pub(crate) command: ProfileCommand,
}

#[derive(Subcommand)]
pub(crate) enum ProfileCommand {
    /// Print every profile with its folder; `*` marks the one that is meant now.
    #[command(after_help = "\
Examples:
  bwdc profile list")]
    List,
    /// Make an empty profile.
    #[command(after_help = "\
Examples:
  bwdc profile create berlin")]
    Create {
        /// Up to 32 letters, digits, `-` and `_`; capitals count as small letters.
        #[arg(value_parser = ProfileName::parse)]
        name: ProfileName,
    },
    /// Make a profile with the settings of another.
    ///
    /// Its sign-in, its ledger and its history stay where they are, and so do its secrets unless they are asked for.
    #[command(after_help = "\
Examples:
  bwdc profile copy default berlin
  bwdc profile copy berlin paris --secrets")]
    Copy {
        /// The profile to start from; `default` for the official connector's folder.
        #[arg(value_parser = ProfileName::parse)]
        from: ProfileName,

        /// The profile to make.
        #[arg(value_parser = ProfileName::parse)]
        to: ProfileName,

        /// Copy the secrets of directories, too.
        #[arg(long)]
        secrets: bool,
    },
    /// Remove a profile with its settings, secrets, ledger and history.
    ///
    /// At a terminal it asks first; elsewhere it takes `--force`. The default profile is never removed.
    #[command(after_help = "\
Examples:
  bwdc profile remove berlin")]
    Remove {
        /// The profile.
        #[arg(value_parser = ProfileName::parse)]
        name: ProfileName,

        /// Do not ask.
        #[arg(long)]
        force: bool,
    },
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
    #[arg(value_parser = secret, allow_negative_numbers = true, conflicts_with_all = ["secretenv", "secretfile", "stdin"])]
    pub(crate) value: Option<SecretString>,

    /// Take the value from this environment variable.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["secretfile", "stdin"])]
    pub(crate) secretenv: Option<String>,

    /// Take the value from the first line of this file.
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

fn secret(typed: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(typed.to_owned()))
}

fn two_step_method(typed: &str) -> Result<TwoStepMethod, &'static str> {
    match typed {
        "0" => Ok(TwoStepMethod::Authenticator),
        "1" => Ok(TwoStepMethod::Email),
        "3" => Ok(TwoStepMethod::YubiKey),
        _ => Err("give 0 (authenticator app), 1 (e-mail) or 3 (YubiKey)"),
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
        let (name, expected) = (setting.name, setting.expected());
        // What does not fit beside its name stands below it.
        let line = format!("  {name:<34} {expected}\n");
        if line.len() <= 80 {
            help.push_str(&line);
        } else {
            let expected = broken(expected, Some(80), 6);
            help.push_str(&format!("  {name}\n      {expected}\n"));
        }
    }
    help
}

#[cfg(test)]
mod tests;
