//! Secrets that cannot be read or written.

use super::lock;
use super::sentence::{because, say};
use super::{settings, store};
use crate::text;
use crate::{NextStep, Step};
use bwdc_engine::secrets::{CommandProblem, KeychainError, SecretError, SecretName};
use std::path::Path;

pub(super) fn message(error: &SecretError) -> String {
    let shown = |path: &Path| path.display().to_string();
    match error {
        SecretError::NotHere { name } => text!(
            "error.secret.not-here",
            "There is no {secret} for this server and account. One was entered for another server or account, or another program, such as the official connector, keeps it in a keychain that this session does not have.",
            secret = name.label()
        ),
        SecretError::Undecipherable { name } => text!(
            "error.secret.undecipherable",
            "The {secret} in `secrets.json` cannot be decrypted: it was encrypted with another key or passphrase.",
            secret = name.label()
        ),
        SecretError::KeyMissing { path } => {
            text!("error.secret.key-missing", "`{path}` is missing.", path = shown(path))
        }
        SecretError::KeyDamaged { path } | SecretError::Damaged { path } => {
            text!("error.secret.damaged", "`{path}` is damaged.", path = shown(path))
        }
        SecretError::KeyTooOpen { path, mode } => text!(
            "error.secret.key-too-open",
            "Others can read `{path}` (mode {mode}).",
            path = shown(path),
            mode = format!("{mode:04o}")
        ),
        SecretError::PassphraseMissing => {
            text!(
                "error.secret.passphrase",
                "`secrets.json` is encrypted with a passphrase, and none was given."
            )
        }
        SecretError::CredentialMissing => text!(
            "error.secret.credential",
            "The key of `secrets.json` is the systemd credential `bwdc.key`, which is not there."
        ),
        SecretError::OtherMachine => {
            text!("error.secret.other-machine", "`secrets.key` was sealed on another Windows machine.")
        }
        SecretError::KeyDescription => {
            text!("error.secret.key-description", "`secrets.json` does not say where its key is.")
        }
        SecretError::Keychain { name, source } => text!(
            "error.secret.keychain",
            "The {secret} may be in the keychain, but {reason}.",
            secret = name.label(),
            reason = keychain(source)
        ),
        SecretError::KeychainChange { name, source } => text!(
            "error.secret.keychain-change",
            "The {secret} cannot be changed in the keychain: {reason}.",
            secret = name.label(),
            reason = keychain(source)
        ),
        SecretError::Command { name, source } => text!(
            "error.secret.command",
            "The command in `secrets.command` gave no {secret}: {reason}.",
            secret = name.label(),
            reason = command(source)
        ),
        SecretError::PlaintextNotAsked => text!(
            "error.secret.plaintext",
            "Secrets are kept in plain text in `data.json` only where `BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS=true` asks for it."
        ),
        SecretError::NotVerified { name } => text!(
            "error.secret.not-verified",
            "The {secret} could not be read back from its new place, so it stays where it is.",
            secret = name.label()
        ),
        SecretError::TooLong { name } => text!(
            "error.secret.too-long",
            "The {secret} is longer than 64 KiB, and was not stored.",
            secret = name.label()
        ),
        SecretError::Override(error) => settings::of_variable(error),
        SecretError::Io { path, source } => because(
            text!("error.secret.io", "Cannot read or write `{path}`", path = shown(path)),
            Some(source),
        ),
        SecretError::Provided { name, what, problem } => text!(
            "error.secret.provided",
            "For the {secret}, {what} {problem}.",
            secret = name.label(),
            what,
            problem
        ),
        SecretError::Random(source) => text!(
            "error.secret.random",
            "The operating system gives no random numbers: {reason}.",
            reason = source.to_string()
        ),
        SecretError::Busy(lock) => text!(
            "error.secret.busy",
            "Another process is changing the secrets: {reason}",
            reason = lock::message(lock)
        ),
        SecretError::Store(error) => store::message(error),
    }
}

pub(super) fn steps(error: &SecretError) -> Vec<NextStep> {
    match error {
        SecretError::NotHere { name } => {
            vec![enter(*name).to(text!("step.secret.again", "To enter it again"))]
        }
        SecretError::Undecipherable { name } => vec![
            Step::Say(text!("step.secret.right-key", "Give the right key or passphrase.")).into(),
            enter(*name).to(text!("step.secret.or-again", "Or, to enter it again")),
        ],
        SecretError::KeyMissing { .. } | SecretError::KeyDamaged { .. } | SecretError::KeyDescription => {
            say(text!(
                "step.secret.key-backup",
                "Restore the file from a backup, or remove `secrets.json` with its key and enter the secrets again."
            ))
        }
        SecretError::Damaged { .. } => say(text!(
            "step.secret.backup",
            "Restore the file from a backup, or remove it and enter the secrets again."
        )),
        SecretError::KeyTooOpen { path, .. } => say(text!(
            "step.secret.key-too-open",
            "Run `chmod 600 \"{path}\"`, and change the secrets if others use this machine.",
            path = path.display().to_string()
        )),
        SecretError::PassphraseMissing => say(text!(
            "step.secret.passphrase",
            "Give it in `BWDC_SECRETS_PASSPHRASE`, or name a file with it in `BWDC_SECRETS_PASSPHRASE_FILE`."
        )),
        SecretError::CredentialMissing => {
            say(text!("step.secret.credential", "Add `LoadCredential=bwdc.key:<file>` to the systemd unit."))
        }
        SecretError::OtherMachine => say(text!(
            "step.secret.other-machine",
            "Enter the secrets again, or move them with a passphrase."
        )),
        SecretError::Keychain { name, .. } => vec![
            enter(*name).to(text!("step.secret.again", "To enter it again")),
            Step::run("secrets migrate --to encrypted-file")
                .to(text!("step.secret.migrate", "Or, in a session where the keychain can be used")),
        ],
        SecretError::KeychainChange { .. } => vec![
            Step::Say(text!("step.secret.unlock", "Unlock the keychain.")).into(),
            Step::set("secrets.store", "encrypted-file")
                .to(text!("step.secret.in-file", "Or, to keep secrets in a file")),
        ],
        SecretError::Command { name, source } => command_steps(*name, source),
        SecretError::PlaintextNotAsked => vec![
            Step::run("secrets migrate --to encrypted-file")
                .to(text!("step.secret.encrypt", "To keep them encrypted instead")),
        ],
        SecretError::NotVerified { .. } => {
            say(text!("step.secret.try-again", "Try again, or choose another store for secrets."))
        }
        SecretError::TooLong { name } => {
            vec![enter(*name).to(text!("step.secret.right-one", "To enter the right one"))]
        }
        SecretError::Override(error) => settings::variable_steps(error),
        SecretError::Io { .. } => say(text!(
            "step.secret.permissions",
            "Check the permissions of the profile's folder and of the files in it."
        )),
        SecretError::Provided { .. } => {
            say(text!("step.secret.provided", "Correct the variable or the file, or remove the variable."))
        }
        SecretError::Random(_) => Vec::new(),
        SecretError::Busy(lock) => lock::steps(lock),
        SecretError::Store(error) => store::steps(error),
    }
}

/// How a secret is entered.
pub(super) fn enter(name: SecretName) -> Step {
    match name {
        SecretName::LdapPassword
        | SecretName::EntraKey
        | SecretName::GsuiteKey
        | SecretName::OktaToken
        | SecretName::OneLoginSecret => Step::enter(name.label()),
        SecretName::AccessToken
        | SecretName::RefreshToken
        | SecretName::ApiKeyClientId
        | SecretName::ApiKeyClientSecret
        | SecretName::TwoStepToken => Step::run("login"),
        SecretName::ObserverClientId | SecretName::ObserverClientSecret | SecretName::ObserverToken => {
            Step::run("login --observer")
        }
    }
}

fn keychain(error: &KeychainError) -> String {
    match error {
        KeychainError::Absent => text!("error.keychain.absent", "this session has no keychain"),
        KeychainError::Unreachable(reason) => {
            text!("error.keychain.unreachable", "the keychain cannot be reached: {reason}", reason)
        }
        KeychainError::Locked => text!("error.keychain.locked", "the keychain is locked"),
        KeychainError::Silent => {
            text!("error.keychain.silent", "the keychain does not answer; it may be waiting for its password")
        }
        KeychainError::Refused(reason) => {
            text!("error.keychain.refused", "the keychain refused: {reason}", reason)
        }
        KeychainError::NotText => text!("error.keychain.not-text", "what the keychain holds is not text"),
    }
}

fn command(problem: &CommandProblem) -> String {
    match problem {
        CommandProblem::Writable { path, mode } => text!(
            "error.command.writable",
            "others may write `{path}` (mode {mode}), and so choose the command",
            path = path.display().to_string(),
            mode = format!("{mode:04o}")
        ),
        CommandProblem::OfAnother { path } => text!(
            "error.command.of-another",
            "`{path}` belongs to another account, which so chooses the command",
            path = path.display().to_string()
        ),
        CommandProblem::NotStarted(source) => {
            text!("error.command.not-started", "it cannot be started: {reason}", reason = source.to_string())
        }
        CommandProblem::Failed { status, complaint } => complaining(
            text!("error.command.failed", "it ended with {status}", status = status.to_string()),
            complaint,
        ),
        CommandProblem::Slow { complaint } => {
            complaining(text!("error.command.slow", "it did not end in time"), complaint)
        }
        CommandProblem::Silent { complaint } => {
            complaining(text!("error.command.silent", "it printed nothing"), complaint)
        }
        CommandProblem::NotText => {
            text!("error.command.not-text", "it printed something other than UTF-8 text of at most 64 KiB")
        }
    }
}

/// With what the command wrote to its error stream, if anything.
fn complaining(problem: String, complaint: &str) -> String {
    if complaint.is_empty() {
        return problem;
    }
    // The sentence ends with a full stop of its own.
    let complaint = complaint.trim_end_matches('.');
    text!("error.command.complaint", "{problem}, and it wrote: {complaint}", problem, complaint)
}

fn command_steps(name: SecretName, problem: &CommandProblem) -> Vec<NextStep> {
    let first = match problem {
        CommandProblem::Writable { path, .. } => {
            text!("step.command.writable", "Run `chmod go-w \"{path}\"`.", path = path.display().to_string())
        }
        CommandProblem::OfAnother { path } => text!(
            "step.command.of-another",
            "Run it as the account that owns `{path}`.",
            path = path.display().to_string()
        ),
        CommandProblem::NotStarted(_)
        | CommandProblem::Failed { .. }
        | CommandProblem::Slow { .. }
        | CommandProblem::Silent { .. }
        | CommandProblem::NotText => text!(
            "step.command.try",
            "Run it yourself with `{secret}` in place of `{{name}}`.",
            secret = name.label()
        ),
    };
    vec![
        Step::Say(first).into(),
        Step::run("config unset secrets.command").to(text!("step.command.unset", "Or, to do without it")),
    ]
}
