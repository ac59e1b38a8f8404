//! Settings and account on disk, in the official connector's file: `data.json`, and ours beside it: `connector.toml`.
//!
//! A file that cannot be read whole is refused and kept as it is: whatever the damage, the administrator's settings are
//! worth more than a run. Every write reads the file again under the locks, so that two programs that change different
//! keys lose neither.

mod connector;
mod data;
mod javascript;
mod migrate;
mod official_lock;
mod overrides;
mod setting;

pub use bwdc_base::notice::TooOpen;
pub use connector::read_connector_settings;
pub(crate) use connector::{
    change_connector_settings, copy_connector_settings, restore_connector_settings, stored_connector_settings,
};
pub use data::{DataFile, SyncedKind};
pub(crate) use data::{directory_key, secret_field};
pub(crate) use overrides::{MARKER, entered_for, note_entered_for};
pub use overrides::{OverrideError, Overrides};
pub(crate) use setting::put;

use crate::clock::Clock;
use crate::file;
use crate::lock::{LockError, wait_for};
use crate::paths::Profile;
use crate::paths::owner_only::{self, Places};
use official_lock::OfficialLock;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a writer waits for another one of ours; it may itself wait for the official connector.
pub(crate) const WRITER_PATIENCE: Duration = Duration::from_secs(20);

const PLACES: Places = Places {
    before: "store.write.before",
    on_disk: "store.fsync.after",
    before_rename: "store.rename.before",
    after_rename: "store.rename.after",
};

const BACKUP_PLACES: Places = Places {
    before: "store.backup.write.before",
    on_disk: "store.backup.fsync.after",
    before_rename: "store.backup.rename.before",
    after_rename: "store.backup.rename.after",
};

/// Why the settings cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file or its folder cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not the JSON that it should be.
    #[error(
        "`{}` is damaged at line {line}, column {column}: {reason}; the file was left as it is, repair it or restore a backup",
        path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there; never content of the file.
        reason: String,
    },
    /// A JSON object that no connector wrote.
    #[error("`{}` is not a connector's data file: it has no `stateVersion` and none of its settings", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// An older file that cannot be brought up to date.
    #[error(
        "`{}` was written by an older connector (version {version} of the file) and cannot be brought up to date: {reason}",
        path.display()
    )]
    OldVersion {
        /// The file.
        path: PathBuf,
        /// Its `stateVersion`.
        version: i64,
        /// Why not.
        reason: &'static str,
    },
    /// The file has a shape that no current connector reads.
    #[error(
        "`{}` was written by a connector that is too old (version {version} of the file): move it away, then sign in and set the directory up again",
        path.display()
    )]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its `stateVersion`.
        version: i64,
    },
    /// A known key has a value of the wrong kind.
    #[error("`{key}` in `data.json` should be {expected}")]
    WrongType {
        /// The key.
        key: &'static str,
        /// What would be accepted.
        expected: &'static str,
    },
    /// `connector.toml` holds something that we do not know.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The official connector, or something in its name, holds the file.
    #[error(
        "`{}` is held by another program, most likely the official connector; try again when it has ended, or remove that folder if none is running",
        path.display()
    )]
    Held {
        /// The lock's directory.
        path: PathBuf,
    },
    /// Somebody else took the lock while we held it: this machine slept, or was very slow.
    #[error("`{}` was taken by another program before the change was written; nothing was changed, try again", path.display())]
    LockLost {
        /// The lock's directory.
        path: PathBuf,
    },
    /// The lock of the official connector cannot be made or removed.
    #[error("cannot lock with `{}`", path.display())]
    Lock {
        /// The lock's directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Another program of ours is writing.
    #[error("another process is changing the settings")]
    Busy(#[source] LockError),
}

/// What [`Store::update`] did.
#[derive(Debug)]
pub struct Updated<T> {
    /// What the change returned.
    pub value: T,
    /// Whether the file was written: not when the change changed nothing.
    pub written: bool,
    /// The file was readable by others and is not any more.
    pub tightened: Option<TooOpen>,
}

/// The settings of one profile.
pub struct Store {
    profile: Profile,
    /// As it is on disk.
    stored: DataFile,
    overrides: Overrides,
    /// As it counts.
    data: DataFile,
    clock: Clock,
}

impl Store {
    /// Reads the profile's `data.json`. A missing file is a new installation: it exists in memory until the first update.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read or is not what it should be; it is left as it is.
    pub fn open(profile: &Profile) -> Result<Self, StoreError> {
        Self::open_with(profile, Overrides::default())
    }

    /// The same, with settings from the environment before those of the file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(profile: &Profile, overrides: Overrides) -> Result<Self, StoreError> {
        let stored = read(&profile.data_json)?.unwrap_or_else(DataFile::fresh);
        let data = overrides.apply_to_data(&stored);
        Ok(Self { profile: profile.clone(), stored, overrides, data, clock: Clock::default() })
    }

    /// The same under another clock, from which backups have their names.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The content as of the last read or update, with what the environment gives before it.
    pub fn data(&self) -> &DataFile {
        &self.data
    }

    /// The content as of the last read or update, as it is on disk.
    pub fn stored(&self) -> &DataFile {
        &self.stored
    }

    /// What the environment gives.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    fn keep(&mut self, stored: DataFile) {
        self.data = self.overrides.apply_to_data(&stored);
        self.stored = stored;
    }

    /// A warning when others than the owner can read the file.
    pub fn too_open(&self) -> Option<TooOpen> {
        owner_only::too_open(&self.profile.data_json)
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn reload(&mut self) -> Result<(), StoreError> {
        if let Some(data) = read(&self.profile.data_json)? {
            self.keep(data);
        }
        Ok(())
    }

    /// Changes the file, which is owner-only afterwards:
    ///
    /// 1. takes our lock, then the official connector's;
    /// 2. reads the file again;
    /// 3. applies `change`;
    /// 4. unless nothing changed, replaces the file in one step, on disk when this returns.
    ///
    /// Where there was no file, the installation is a new one, and gets its first `connector.toml`.
    ///
    /// A file of an older version is copied to `data.json.<time>.bak` before it is first replaced.
    ///
    /// # Errors
    /// [`StoreError`]; the file is then as it was before, or, when only the folder could not be flushed, as it is after.
    pub fn update<T>(&mut self, change: impl FnOnce(&mut DataFile) -> T) -> Result<Updated<T>, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Write { path, source }
        };
        self.profile.create_folder().map_err(failed(&self.profile.folder))?;
        let _ours = wait_for(&self.profile.write_lock(), WRITER_PATIENCE).map_err(StoreError::Busy)?;
        let official = OfficialLock::acquire(self.profile.official_lock(), official_lock::PATIENCE)?;
        let path = file::to_replace(&self.profile.data_json)
            .map_err(|source| StoreError::Read { path: self.profile.data_json.clone(), source })?;
        let found = read(&path)?;
        let new_installation = found.is_none();
        let before = found.unwrap_or_else(|| self.stored.clone());
        let mut data = before.clone();
        let value = change(&mut data);
        let tightened = owner_only::too_open(&path);
        let written = before != data;
        if written {
            if before.migrated_from().is_some() {
                self.back_up(&path)?;
            }
            data.is_current();
            // A further source has no say about leavers.
            if new_installation && self.profile.source.is_primary() {
                connector::begin(&self.profile)?;
            }
            replace(&path, &data, &official)?;
        } else if tightened.is_some() {
            owner_only::restrict(&path).map_err(failed(&path))?;
        }
        self.keep(data);
        Ok(Updated { value, written, tightened })
    }

    /// Copies the file, byte for byte and for its owner only, to a name that tells when.
    fn back_up(&self, path: &Path) -> Result<(), StoreError> {
        let bytes = file::read(path, file::SETTINGS)
            .map_err(|source| StoreError::Read { path: path.to_owned(), source })?;
        // Windows allows no colon in a name.
        let time = crate::clock::to_iso(self.clock.now()).replace(':', "-");
        let backup = self.profile.folder.join(format!("data.json.{time}.bak"));
        owner_only::replace(&backup, &bytes, &BACKUP_PLACES, || Ok::<_, io::Error>(()))
            .map_err(|source| StoreError::Write { path: backup, source })
    }
}

enum ReplaceError {
    Io(io::Error),
    Lock(StoreError),
}

impl From<io::Error> for ReplaceError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn replace(path: &Path, data: &DataFile, official: &OfficialLock) -> Result<(), StoreError> {
    owner_only::replace(path, &data.to_bytes(), &PLACES, || official.check().map_err(ReplaceError::Lock))
        .map_err(|error| match error {
            ReplaceError::Io(source) => StoreError::Write { path: path.to_owned(), source },
            ReplaceError::Lock(error) => error,
        })
}

fn read(path: &Path) -> Result<Option<DataFile>, StoreError> {
    match file::read(path, file::SETTINGS) {
        Ok(bytes) => DataFile::parse(&bytes, path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Read { path: path.to_owned(), source }),
    }
}
