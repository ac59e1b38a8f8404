//! `bwdc profile`

use crate::args::{GlobalArguments, ProfileCommand};
use crate::error::CommandError;
use crate::output::{Answer, Done, Failed};
use crate::prompt::Prompt;
use crate::runtime::block_on;
use bwdc_engine::EngineError;
use bwdc_engine::paths::ProfileName;
use bwdc_engine::profiles::{self, CopiedSecrets, ProfileError};
use bwdc_messages::profile as words;
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
    let folder = profiles::create(&global.environment(), name).map_err(failed)?;
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
    let copied = profiles::copy(&global.environment(), from, to, wanted).map_err(failed)?;
    let mut done = Done::from(Answer::title(words::copied(from, to)));
    done.notices = words::copied_secrets(&copied, to);
    done.asides.push(words::sign_in(to));
    Ok(done)
}

fn remove(name: &ProfileName, force: bool, global: &GlobalArguments) -> Result<Done, Failed> {
    if !force && !name.is_default() {
        agree(name, global)?;
    }
    profiles::remove(&global.environment(), name).map_err(failed)?;
    Ok(Answer::title(words::removed(name)).into())
}

fn agree(name: &ProfileName, global: &GlobalArguments) -> Result<(), CommandError> {
    let declined = || CommandError::RemovalDeclined { name: name.clone() };
    if global.nointeraction || !io::stdin().is_terminal() {
        return Err(declined());
    }
    let answer = block_on(Prompt { shown: !global.quiet }.line(&words::may_be_removed(name)))?;
    let yes = answer.is_some_and(|it| it.eq_ignore_ascii_case("y") || it.eq_ignore_ascii_case("yes"));
    if yes { Ok(()) } else { Err(declined()) }
}

fn failed(error: ProfileError) -> CommandError {
    CommandError::Engine(EngineError::Profile(error))
}
