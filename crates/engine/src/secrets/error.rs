//! Why a secret cannot be read or written.

use super::SecretName;
use super::command::CommandProblem;
use super::keychain::KeychainError;
use crate::lock::LockError;
use crate::store::{OverrideError, StoreError};
use std::path::PathBuf;

/// Why a secret cannot be read or written. No variant holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// `data.json` says that the secret is stored, and none of our stores has it.
    #[error(
        "there is no {} for this server and account: one was entered for another server or account, or another program, such as the official connector, keeps it in a keychain that this session does not have",
        name.label()
    )]
    NotHere {
        /// The secret.
        name: SecretName,
    },
    /// The encrypted value does not fit the key, or was changed.
    #[error("the {} in `secrets.json` cannot be decrypted: its key or passphrase is another one", name.label())]
    Undecipherable {
        /// The secret.
        name: SecretName,
    },
    /// There are encrypted secrets and no key.
    #[error(
        "`{}` is missing: restore it from a backup, or remove `secrets.json` and enter the secrets again",
        path.display()
    )]
    KeyMissing {
        /// The key's file.
        path: PathBuf,
    },
    /// The key file does not hold a key.
    #[error(
        "`{}` is damaged: restore it from a backup, or remove it and `secrets.json` and enter the secrets again",
        path.display()
    )]
    KeyDamaged {
        /// The key's file.
        path: PathBuf,
    },
    /// Others than the owner may read the key.
    #[error(
        "`{}` can be read by others (mode {mode:04o}): run `chmod 600 \"{}\"`, and change the secrets if others use this machine",
        path.display(),
        path.display()
    )]
    KeyTooOpen {
        /// The key's file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The encrypted file needs a passphrase.
    #[error(
        "`secrets.json` is encrypted with a passphrase: give it in `BWDC_SECRETS_PASSPHRASE`, or name a file with it in `BWDC_SECRETS_PASSPHRASE_FILE`"
    )]
    PassphraseMissing,
    /// The encrypted file needs a credential of systemd.
    #[error(
        "the key of `secrets.json` is the systemd credential `bwdc.key`, which is not there: add `LoadCredential=bwdc.key:<file>` to the unit"
    )]
    CredentialMissing,
    /// The key was sealed by another machine.
    #[error(
        "`secrets.key` was sealed by another Windows machine: enter the secrets again, or move them with a passphrase"
    )]
    OtherMachine,
    /// What the file says of its key makes no sense.
    #[error("`secrets.json` does not say how its key is found: restore it from a backup")]
    KeyDescription,
    /// The keychain has it, or may have it, and does not serve.
    #[error("the {} may be in the keychain: {source}", name.label())]
    Keychain {
        /// The secret.
        name: SecretName,
        /// What is wrong with the keychain.
        source: KeychainError,
    },
    /// The keychain cannot take or forget it.
    #[error("the {} cannot be changed in the keychain: {source}", name.label())]
    KeychainChange {
        /// The secret.
        name: SecretName,
        /// What is wrong with the keychain.
        source: KeychainError,
    },
    /// The command of `secrets.command` brought nothing.
    #[error("the command of `secrets.command` gave no {}: {source}", name.label())]
    Command {
        /// The secret.
        name: SecretName,
        /// What is wrong with it.
        source: CommandProblem,
    },
    /// Only the official variable lets secrets stand in the file as they are.
    #[error(
        "secrets stand in `data.json` as they are only where `BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS=true` asks for it"
    )]
    PlaintextNotAsked,
    /// A moved secret did not come back as it was.
    #[error("the {} did not come back from its new place as it was; it stays where it is", name.label())]
    NotVerified {
        /// The secret.
        name: SecretName,
    },
    /// No secret is that long.
    #[error("the {} is longer than 64 KiB", name.label())]
    TooLong {
        /// The secret.
        name: SecretName,
    },
    /// The environment gives a setting that cannot be used.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// The file of encrypted secrets is not what it should be.
    #[error("`{}` is damaged: restore it from a backup, or remove it and enter the secrets again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// What the environment provides cannot be used.
    #[error("{what} for the {} {problem}", name.label())]
    Provided {
        /// The secret.
        name: SecretName,
        /// The variable or the file.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// Another program of ours is writing.
    #[error("another process is changing the secrets")]
    Busy(#[source] LockError),
    /// `data.json` cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
