//! `bwdc profile`

use crate::error::CommandError;
use crate::global::GlobalArguments;
use crate::output::{Answer, Done, Failed};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::Engine;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::CopiedSecrets;
use bwdc_messages::profile as words;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Keep several installations on one machine, each with its own settings, secrets and state.
///
/// Without `--profile` or BWDC_PROFILE, commands use the default profile: the folder of the official connector. The
/// others are folders in `profiles` inside it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc profile list
  bwdc profile create berlin
  bwdc --profile berlin config list
  bwdc profile copy default berlin
  bwdc profile remove berlin --force")]
#[command(disable_help_subcommand = true)]
pub(crate) struct ProfileArguments {
    #[command(subcommand)]
    pub(crate) command: ProfileCommand,
}

#[derive(Subcommand)]
pub(crate) enum ProfileCommand {
    /// Print every profile with its folder; `*` marks the one in use.
    #[command(after_help = "\
Examples:
  bwdc profile list")]
    List,
    /// Create an empty profile.
    #[command(after_help = "\
Examples:
  bwdc profile create berlin")]
    Create {
        /// Up to 32 letters, digits, `-` and `_`; capitals become small letters.
        #[arg(value_parser = ProfileName::parse)]
        name: ProfileName,
    },
    /// Create a profile with the settings of another.
    ///
    /// Sign-in, ledger and history are not copied, and secrets only with `--secrets`.
    #[command(after_help = "\
Examples:
  bwdc profile copy default berlin
  bwdc profile copy berlin paris --secrets")]
    Copy {
        /// The profile to copy from; `default` for the official connector's folder.
        #[arg(value_parser = ProfileName::parse)]
        from: ProfileName,

        /// The profile to create.
        #[arg(value_parser = ProfileName::parse)]
        to: ProfileName,

        /// Also copy the secrets of directories.
        #[arg(long)]
        secrets: bool,
    },
    /// Take over a folder elsewhere with its settings, secrets, ledger and history.
    ///
    /// For a folder of another account, of a portable program, or of another place: the profile must have no settings yet.
    /// The folder stays as it is, and is marked: nothing of ours syncs from it any more. At a terminal it asks first;
    /// elsewhere `--force` is required.
    #[command(after_help = "\
Examples:
  bwdc profile take-over /mnt/old/bitwarden-connector-appdata
  bwdc profile take-over /mnt/old/bitwarden-connector-appdata berlin --force")]
    TakeOver {
        /// The folder that has the `data.json`.
        folder: PathBuf,

        /// The profile that gets it.
        #[arg(value_parser = ProfileName::parse, default_value = "default")]
        name: ProfileName,

        /// Do not ask.
        #[arg(long)]
        force: bool,
    },
    /// Remove a profile with its settings, secrets, ledger and history.
    ///
    /// At a terminal it asks first; elsewhere `--force` is required. The default profile is never removed.
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

pub(super) fn run(command: ProfileCommand, global: &GlobalArguments) -> Result<Done, Failed> {
    match command {
        ProfileCommand::List => list(global),
        ProfileCommand::Create { name } => create(&name, global),
        ProfileCommand::Copy { from, to, secrets } => copy(&from, &to, secrets, global),
        ProfileCommand::TakeOver { folder, name, force } => take_over(&folder, &name, force, global),
        ProfileCommand::Remove { name, force } => remove(&name, force, global),
    }
}

fn list(global: &GlobalArguments) -> Result<Done, Failed> {
    let entries = Engine::profiles(&global.environment())?;
    let data: Vec<_> = entries
        .iter()
        .map(|it| {
            json!({
                "name": it.name.as_str(),
                "folder": it.folder.display().to_string(),
                "current": it.current,
                "object": "profile",
            })
        })
        .collect();
    let data = json!({ "profiles": data, "object": "profiles" });
    Ok(Answer::Report { data, text: words::list(&entries) }.into())
}

fn create(name: &ProfileName, global: &GlobalArguments) -> Result<Done, Failed> {
    let folder = Engine::create_profile(&global.environment(), name)?;
    let mut done = Done::from(Answer::title(words::created(name)));
    done.asides.push(words::set_up(name, &folder));
    Ok(done)
}

fn copy(
    from: &ProfileName,
    to: &ProfileName,
    secrets: bool,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let wanted = if secrets { CopiedSecrets::Directories } else { CopiedSecrets::None };
    let copied = Engine::copy_profile(&global.environment(), from, to, wanted)?;
    let mut done = Done::from(Answer::title(words::copied(from, to)));
    done.notices = words::copied_secrets(&copied, to);
    done.asides.push(words::sign_in(to));
    Ok(done)
}

fn take_over(
    folder: &Path,
    name: &ProfileName,
    force: bool,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let environment = global.environment();
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let found = Engine::look_elsewhere(&environment, &folder)?;
    if !force {
        let prompt = Prompt { visible: !global.quiet };
        let facts = words::found(&found).into_iter().map(|(name, value)| format!("{name}: {value}"));
        let question: Vec<String> =
            facts.chain(words::take_over_means(&found)).chain([words::may_take_over(name)]).collect();
        if global.nointeraction || !block_on(prompt.yes(&question.join("\n")))? {
            return Err(CommandError::TakeOverDeclined { folder }.into());
        }
    }
    let taken = Engine::take_over(&environment, &folder, name)?;
    let mut done = Done::from(Answer::title(words::taken_over(&taken)));
    done.notices.extend(words::left_behind(&taken));
    if force {
        done.notices.extend(words::take_over_means(&found).into_iter().skip(1));
    }
    done.asides.push(words::look_at_plan(name));
    Ok(done)
}

fn remove(name: &ProfileName, force: bool, global: &GlobalArguments) -> Result<Done, Failed> {
    if !force && !name.is_default() {
        agree(name, global)?;
    }
    Engine::remove_profile(&global.environment(), name)?;
    Ok(Answer::title(words::removed(name)).into())
}

fn agree(name: &ProfileName, global: &GlobalArguments) -> Result<(), CommandError> {
    let prompt = Prompt { visible: !global.quiet };
    if !global.nointeraction && block_on(prompt.yes(&words::may_be_removed(name)))? {
        return Ok(());
    }
    Err(CommandError::RemovalDeclined { name: name.clone() })
}
