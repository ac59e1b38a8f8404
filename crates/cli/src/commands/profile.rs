//! `bwdc profile`

use crate::args::{GlobalArguments, ProfileCommand};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_core::names::SourceName;
use bwdc_engine::EngineError;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::{self, CopiedSecrets, ProfileError};
use bwdc_engine::secrets::SecretName;
use serde_json::json;
use std::io::{self, IsTerminal as _};

pub(super) fn run(command: ProfileCommand, global: &GlobalArguments) -> Result<Done, Failed> {
    match command {
        ProfileCommand::List => list(global),
        ProfileCommand::Create { name } => create(&name, global),
        ProfileCommand::Copy { from, to, secrets } => copy(&from, &to, secrets, global),
        ProfileCommand::Remove { name, force } => remove(&name, force, global),
    }
}

fn list(global: &GlobalArguments) -> Result<Done, Failed> {
    let entries = profiles::list(&global.environment()).map_err(failed)?;
    let text: Vec<_> = entries
        .iter()
        .map(|it| {
            let mark = if it.current { '*' } else { ' ' };
            format!("{mark} {:<32} {}", it.name.as_str(), it.folder.display())
        })
        .collect();
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
    Ok(Answer::Report { data, text: text.join("\n") }.into())
}

fn create(name: &ProfileName, global: &GlobalArguments) -> Result<Done, Failed> {
    let folder = profiles::create(&global.environment(), name).map_err(failed)?;
    let mut done = Done::from(Answer::title(format!("Created profile `{name}`.")));
    done.asides.push(format!(
        "Its folder is `{}`. Set it up with `bwdc --profile {name} config`.",
        folder.display()
    ));
    Ok(done)
}

fn copy(
    from: &ProfileName,
    to: &ProfileName,
    secrets: bool,
    global: &GlobalArguments,
) -> Result<Done, Failed> {
    let wanted = if secrets { CopiedSecrets::Directories } else { CopiedSecrets::None };
    let copied = profiles::copy(&global.environment(), from, to, wanted).map_err(failed)?;
    let mut done = Done::from(Answer::title(format!("Copied the settings of `{from}` to `{to}`.")));
    let label = |(source, name): &(SourceName, SecretName)| match source.is_primary() {
        true => format!("`{}`", name.label()),
        false => format!("`{}` of the source `{source}`", name.label()),
    };
    let listed = |names: &[(SourceName, SecretName)]| names.iter().map(label).collect::<Vec<_>>().join(", ");
    if !copied.secrets.is_empty() {
        done.notices.push(format!("Copied as well: {}.", listed(&copied.secrets)));
    }
    if !copied.missing.is_empty() {
        done.notices.push(format!(
            "Not copied, to be entered with `bwdc --profile {to} config set <name>`: {}.",
            listed(&copied.missing)
        ));
    }
    done.asides.push(format!("Sign in with `bwdc --profile {to} login`."));
    Ok(done)
}

fn remove(name: &ProfileName, force: bool, global: &GlobalArguments) -> Result<Done, Failed> {
    if !force && !name.is_default() {
        agree(name, global)?;
    }
    profiles::remove(&global.environment(), name).map_err(failed)?;
    Ok(Answer::title(format!("Removed profile `{name}`.")).into())
}

fn agree(name: &ProfileName, global: &GlobalArguments) -> Result<(), CommandError> {
    let declined = || CommandError::RemovalDeclined { name: name.clone() };
    if global.nointeraction || !io::stdin().is_terminal() {
        return Err(declined());
    }
    let question =
        format!("Remove the profile `{name}` with its settings, secrets, ledger and history? (y/N)");
    let answer = block_on(Prompt { shown: !global.quiet }.line(&question))?;
    let yes = answer.is_some_and(|it| it.eq_ignore_ascii_case("y") || it.eq_ignore_ascii_case("yes"));
    if yes { Ok(()) } else { Err(declined()) }
}

fn failed(error: ProfileError) -> CommandError {
    CommandError::Engine(EngineError::Profile(error))
}
