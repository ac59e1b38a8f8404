//! The operating system's service: what would be written, what was done, why it was not.

use crate::text;
use crate::{CommandLine, Condition, ErrorKind, ErrorText, NextStep, Step};
use bwdc_engine::system_service::{
    Draft, Installed, NamedCommand, Registration, SERVICE_NAME, Scope, Start, SystemServiceError, Verb,
};
use std::path::Path;

/// What an installation would write, and as whom.
pub fn draft(draft: &Draft) -> String {
    let mut lines = vec![match draft.layout.scope {
        Scope::Machine => text!(
            "system.machine",
            "A service for this machine, run as the account `{account}`.",
            account = draft.account
        ),
        Scope::Account => text!("system.account", "A service of this account."),
    }];
    if let Start::Timer { minutes } = draft.start {
        lines.push(text!(
            "system.timer",
            "A timer starts single runs every {minutes:minute/minutes}.",
            minutes
        ));
    }
    let folder = draft.layout.folder.display().to_string();
    lines.push(text!("system.folder", "Profile folder: `{folder}`", folder));
    if let Some(from) = &draft.copied_profile {
        let from = from.display().to_string();
        lines.push(text!(
            "system.profile",
            "The profile in `{from}` is copied there, and its old folder is marked: nothing syncs from it any more.",
            from
        ));
    }
    if let Some(program) = &draft.copied_program {
        let (from, to) = (program.display().to_string(), draft.layout.program.display().to_string());
        lines.push(text!("system.program", "`{from}` is copied to `{to}`.", from, to));
    }
    if let Some(path) = &draft.sealed_key {
        let path = path.display().to_string();
        lines.push(text!(
            "system.sealed",
            "The key of its secrets is kept in `{path}`, encrypted: only systemd on this machine can open it.",
            path
        ));
    }
    if let Some(registration) = &draft.registration {
        lines.extend(registered(draft, registration));
    }
    if !draft.commands.is_empty() {
        lines.push(text!("system.commands", "The settings make the service run these commands:"));
        lines.extend(draft.commands.iter().map(command));
    }
    for file in &draft.files {
        let path = file.path.display().to_string();
        lines.push(format!("\n{}\n\n{}", text!("system.file", "`{path}`:", path), file.text.trim_end()));
    }
    lines.join("\n")
}

/// What Windows keeps of the service.
fn registered(draft: &Draft, registration: &Registration) -> [String; 3] {
    let quoted = |text: &String| if text.contains(' ') { format!("\"{text}\"") } else { text.clone() };
    let program = quoted(&draft.layout.program.display().to_string());
    let arguments: Vec<String> = registration.arguments.iter().map(quoted).collect();
    let command = format!("{program} {}", arguments.join(" "));
    let [first, second, later] = registration.restarts;
    [
        text!("system.registered", "Service `{name}`: `{command}`", name = SERVICE_NAME, command),
        text!(
            "system.restarts",
            "Windows starts it a little after the machine, and again {first}, {second} and {later:minute/minutes} after a failure.",
            first,
            second,
            later
        ),
        text!("system.access", "Only the service, the system and administrators can open its folder."),
    ]
}

/// A command of a profile, with the setting that names it.
pub(crate) fn command(named: &NamedCommand) -> String {
    let (setting, command) = (named.setting, named.command.join(" "));
    let place = named.place.display().to_string();
    let whose = if place.is_empty() { setting.to_owned() } else { format!("{setting} ({place})") };
    match named.of_another {
        true => text!(
            "system.foreign-command",
            "  {whose}: `{command}`, chosen by the account that owns the folder",
            whose,
            command
        ),
        false => format!("  {whose}: `{command}`"),
    }
}

/// Asks whether the service is installed.
pub fn may_be_installed() -> String {
    text!("system.may-install", "Install the service as shown? [y/N]")
}

/// Asks whether it runs what another account chose.
pub fn may_run_commands(account: &str) -> String {
    text!("system.may-run", "Run the commands that another account chose as `{account}`? [y/N]", account)
}

/// What came of an installation.
pub fn installed(draft: &Draft, installed: &Installed, commands: &CommandLine) -> String {
    let mut lines = vec![match draft.layout.scope {
        Scope::Machine => text!(
            "system.installed",
            "The service is installed and runs as `{account}`.",
            account = draft.account
        ),
        Scope::Account => text!("system.installed-account", "The service is installed and runs."),
    }];
    if let Some(moved) = &installed.moved {
        let (from, to) = (moved.from.display().to_string(), moved.to.display().to_string());
        lines.push(text!(
            "system.moved",
            "The profile was copied from `{from}` to `{to}`; nothing syncs from the old folder any more.",
            from,
            to
        ));
        for left in &moved.left {
            let name = left.name.label();
            lines.push(text!("system.left", "The secret `{name}` could not be read: enter it again.", name));
        }
    }
    if let Some(reason) = &installed.unsealed {
        lines.push(text!(
            "system.unsealed",
            "The key of its secrets could not be sealed, so it is a file in its folder: {reason}",
            reason
        ));
    }
    match &installed.check {
        None => {}
        Some((true, _)) => {
            lines.push(text!("system.well", "Its own check, run as its account, found no failure."));
        }
        Some((false, said)) => {
            let title = text!("system.check", "Its own check, run as its account, found failures:");
            lines.push(format!("{title}\n{said}"));
        }
    }
    if draft.layout.scope == Scope::Machine && draft.registration.is_none() {
        lines.push(text!(
            "system.group",
            "Root and the members of the group `{group}` reach it with `{status}`, for example.",
            group = bwdc_engine::lock::GROUP,
            status = commands.command("status")
        ));
    }
    lines.join("\n")
}

/// That it was removed. `folder`: that of the machine's service.
pub fn uninstalled(scope: Scope, folder: &Path) -> String {
    match scope {
        Scope::Machine => text!(
            "system.uninstalled",
            "The service is removed. Settings and ledger stay in `{folder}`: to go back, copy them to the old folder and delete `moved.json` there.",
            folder = folder.display().to_string()
        ),
        Scope::Account => {
            text!("system.uninstalled-account", "The service is removed. Settings and ledger stay.")
        }
    }
}

/// That it was started, stopped or restarted.
pub fn done(verb: Verb) -> String {
    match verb {
        Verb::Start => text!("system.started", "The service is started."),
        Verb::Stop => text!("system.stopped", "The service is stopped."),
        Verb::Restart => text!("system.restarted", "The service is restarted."),
    }
}

/// Whether it runs; None: it is not installed.
pub fn state(running: Option<bool>) -> String {
    match running {
        Some(true) => text!("system.runs", "The service runs."),
        Some(false) => text!("system.does-not-run", "The service is installed and does not run."),
        None => text!("system.absent", "No service is installed."),
    }
}

/// Why it was not done.
pub fn message(error: &SystemServiceError) -> String {
    match error {
        SystemServiceError::NoManager => {
            text!("system.no-manager", "This machine has no service manager that this program can use.")
        }
        SystemServiceError::NeedsRoot => {
            text!(
                "system.needs-root",
                "Only root, or an administrator of Windows, can install or remove the machine's service."
            )
        }
        SystemServiceError::NotAgreed => {
            text!("system.not-agreed", "Nothing was changed: no administrator agreed when the system asked.")
        }
        SystemServiceError::NotForAccounts => {
            text!("system.not-for-accounts", "On Windows the machine has services, an account has none.")
        }
        SystemServiceError::NoTimer => {
            text!(
                "system.no-timer",
                "Single runs are started by a timer of systemd, and this system has none."
            )
        }
        SystemServiceError::NoAccount => {
            text!("system.no-account", "The account of the service can be chosen on Windows only.")
        }
        SystemServiceError::State { wanted, found, .. } => text!(
            "system.state",
            "The service should be {wanted}, and is {found}.",
            wanted = *wanted,
            found = *found
        ),
        SystemServiceError::NotInstalled => text!("system.absent", "No service is installed."),
        SystemServiceError::Occupied { folder } => text!(
            "system.occupied",
            "`{folder}` already has a profile: nothing was copied there.",
            folder = folder.display().to_string()
        ),
        SystemServiceError::Io { path, source } => text!(
            "system.io",
            "Cannot write `{path}`: {source}.",
            path = path.display().to_string(),
            source = source.to_string()
        ),
        SystemServiceError::ForeignCommands { commands } => {
            let title = text!(
                "system.foreign",
                "Nothing was installed: another account chose what the service would run."
            );
            let lines: Vec<String> = commands.iter().map(command).collect();
            format!("{title}\n{}", lines.join("\n"))
        }
        SystemServiceError::CommandsChanged { folder } => text!(
            "system.changed",
            "The commands in the settings of `{folder}` changed while the service was installed. The profile was not taken over.",
            folder = folder.display().to_string()
        ),
        SystemServiceError::Command { command, said } => {
            text!("system.command", "`{command}` failed: {said}", command, said)
        }
        SystemServiceError::Setup(error) => crate::error::sentence(&crate::error::with_causes(error)),
    }
}

/// What to do next.
pub fn steps(error: &SystemServiceError) -> Vec<NextStep> {
    let say = |text: String| vec![NextStep::from(Step::Say(text))];
    match error {
        SystemServiceError::NoManager => {
            vec![Step::run("run").to(text!("step.system.run", "To sync on a schedule without one"))]
        }
        SystemServiceError::NeedsRoot => say(text!(
            "step.system.root",
            "Run the command as root, or on Windows in a terminal that was opened as administrator."
        )),
        SystemServiceError::NotForAccounts => say(text!(
            "step.system.not-for-accounts",
            "Leave out `--user`, in a terminal that was opened as administrator."
        )),
        SystemServiceError::NoTimer => say(text!(
            "step.system.no-timer",
            "Leave out `--timer`: the service itself syncs at `sync.interval`. docs/schedules.md shows Task Scheduler."
        )),
        SystemServiceError::NoAccount => say(text!("step.system.no-account", "Leave out `--account`.")),
        SystemServiceError::State { log, .. } => {
            say(text!("step.system.state", "Look at the end of `{log}`.", log = log.display().to_string()))
        }
        SystemServiceError::NotInstalled => vec![Step::run("service install").into()],
        SystemServiceError::Occupied { .. } => say(text!(
            "step.system.occupied",
            "Move that folder away, or install without a profile to copy: give `--from` a folder without one."
        )),
        SystemServiceError::ForeignCommands { .. } => say(text!(
            "step.system.commands",
            "If you trust them, add `--keep-commands`; otherwise remove the settings in that folder first."
        )),
        SystemServiceError::CommandsChanged { .. } => {
            vec![
                Step::run("service install --dry-run")
                    .to(text!("step.system.look", "To see what they are now")),
            ]
        }
        SystemServiceError::NotAgreed
        | SystemServiceError::Io { .. }
        | SystemServiceError::Command { .. }
        | SystemServiceError::Setup(_) => Vec::new(),
    }
}

/// That an administrator's program did it, and said nothing that could be shown.
pub fn done_as_administrator() -> String {
    text!("system.done-as-administrator", "Done. The state below is how the service is now.")
}

/// Why it was not done, as an error that a front end shows.
pub fn error_text(error: &SystemServiceError) -> ErrorText {
    ErrorText {
        kind: ErrorKind::Settings,
        condition: Condition::Other,
        message: message(error),
        next_steps: steps(error),
        official: false,
    }
}
