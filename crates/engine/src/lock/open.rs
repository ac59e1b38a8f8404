//! Opening what may have been put there by somebody else: no link is followed, nothing is waited for, and what was opened
//! is a file of an owner whom we trust.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// What lies where a file of ours should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A pipe, a socket or a device.
    Special,
    /// A file of another account.
    OfAnother,
    /// A folder that others may write.
    Writable,
}

/// Why it was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Something else lies there.
    Strange(Found),
    /// What the operating system says.
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a file to be locked; None: there is none. `owner` may own it, besides root and this account.
pub(crate) fn existing(path: &Path, owner: Option<u32>) -> Result<Option<File>, OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    platform::carefully(&mut options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // The words of the system for a link or a folder tell nobody what to do.
        Err(error) => return Err(strange(path).map_or(OpenError::Io(error), OpenError::Strange)),
    };
    let metadata = file.metadata()?;
    if let Some(found) = kind(&metadata) {
        return Err(OpenError::Strange(found));
    }
    if !platform::is_trusted(&metadata, owner) {
        return Err(OpenError::Strange(Found::OfAnother));
    }
    Ok(Some(file))
}

fn strange(path: &Path) -> Option<Found> {
    kind(&std::fs::symlink_metadata(path).ok()?)
}

fn kind(metadata: &Metadata) -> Option<Found> {
    let kind = metadata.file_type();
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some(Found::Link)
    } else if kind.is_dir() {
        Some(Found::Folder)
    } else {
        Some(Found::Special)
    }
}

/// Whether a folder of locks is there; else what lies in its place. Only its owner may write it, who is root, this
/// account, or whoever `trusts_owner` says.
pub(crate) fn folder(path: &Path, trusts_any_owner: bool) -> Result<Option<Metadata>, OpenError> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match kind(&metadata) {
        Some(Found::Folder) => {}
        Some(found) => return Err(OpenError::Strange(found)),
        None => return Err(OpenError::Strange(Found::Special)),
    }
    if platform::others_may_write(&metadata) {
        return Err(OpenError::Strange(Found::Writable));
    }
    let owner = trusts_any_owner.then(|| platform::owner(&metadata));
    if !platform::is_trusted(&metadata, owner) {
        return Err(OpenError::Strange(Found::OfAnother));
    }
    Ok(Some(metadata))
}

#[cfg(unix)]
pub(crate) use platform::group;
pub(crate) use platform::{is_root_or, owner};

#[cfg(unix)]
mod platform {
    use rustix::fs::OFlags;
    use rustix::process::geteuid;
    use std::fs::{Metadata, OpenOptions};
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

    pub(super) fn carefully(options: &mut OpenOptions) {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }

    pub(super) fn is_trusted(metadata: &Metadata, owner: Option<u32>) -> bool {
        let found = metadata.uid();
        found == 0 || found == geteuid().as_raw() || owner == Some(found)
    }

    pub(super) fn others_may_write(metadata: &Metadata) -> bool {
        metadata.mode() & 0o022 != 0
    }

    pub(crate) fn owner(metadata: &Metadata) -> u32 {
        metadata.uid()
    }

    pub(crate) fn group(metadata: &Metadata) -> u32 {
        metadata.gid()
    }

    /// Whether this process is root's, or of this account.
    pub(crate) fn is_root_or(owner: u32) -> bool {
        let own = geteuid();
        own.is_root() || own.as_raw() == owner
    }
}

/// The access lists of the folders decide here.
#[cfg(windows)]
mod platform {
    use std::fs::{Metadata, OpenOptions};

    pub(super) fn carefully(_options: &mut OpenOptions) {}

    pub(super) fn is_trusted(_metadata: &Metadata, _owner: Option<u32>) -> bool {
        true
    }

    pub(super) fn others_may_write(_metadata: &Metadata) -> bool {
        false
    }

    pub(crate) fn owner(_metadata: &Metadata) -> u32 {
        0
    }

    pub(crate) fn is_root_or(_owner: u32) -> bool {
        true
    }
}
