//! Files that only their owner may read, and writes that are on the disk when they return.
//!
//! On Unix that is a mode; on Windows a file takes the access list of the profile's folder. The usual folder belongs to
//! one user; one of the administrator's choice is as open as they made it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

pub(crate) use platform::{
    belongs_to_another, create_folder, create_new, create_new_folder, is_group_of_its_owner, may_be_going,
    open_folder_to_touch, rename, restrict_file, sync_folder, wider_mode, writable_by_others,
};

pub(crate) use bwdc_base::notice::TooOpen;

/// The file's permission bits, if they let others than the owner in; None also when there is no such file.
pub(crate) fn too_open(path: &Path) -> Option<TooOpen> {
    let mode = std::fs::metadata(path).ok().as_ref().and_then(wider_mode)?;
    Some(TooOpen { path: path.to_owned(), mode })
}

/// Lets only its owner in, where the file is this account's or that of its folder's owner; any other is left as it is.
pub(crate) fn restrict(path: &Path) -> io::Result<()> {
    // By the open file: its name may mean another one by now.
    let file = crate::file::open(path)?;
    restrict_open(&file, path)
}

/// The same of a file that is open under this name.
pub(crate) fn restrict_open(file: &File, path: &Path) -> io::Result<()> {
    if wider_mode(&file.metadata()?).is_some() && crate::file::is_of_folder(file, path) {
        restrict_file(file)?;
    }
    Ok(())
}

/// The names of the places that a replacement passes.
pub(crate) struct Places {
    pub(crate) before: &'static str,
    pub(crate) on_disk: &'static str,
    pub(crate) before_rename: &'static str,
    pub(crate) after_rename: &'static str,
}

/// Puts `content` in the place of the file at `path` in one step: a reader sees the old file or the new one.
///
/// 1. writes a file beside it, owner-only;
/// 2. waits until that is on the disk;
/// 3. asks `may_replace`;
/// 4. renames it over;
/// 5. waits until the folder is on the disk, where the operating system lets us.
///
/// The caller holds the lock under which this path is written.
pub(crate) fn replace<E: From<io::Error>>(
    path: &Path,
    content: &[u8],
    places: &Places,
    may_replace: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    use crate::failpoint::hit;
    let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".bwdc-new");
    let beside = folder.join(name);
    hit(places.before);
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let written = (|| -> Result<(), E> {
        let mut file: File = create_new(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        drop(file);
        hit(places.on_disk);
        may_replace()?;
        hit(places.before_rename);
        Ok(rename(&beside, path)?)
    })();
    if written.is_err() {
        // The first error is the one to tell; what is left beside is removed by the next write.
        let _ = std::fs::remove_file(&beside);
    }
    written?;
    hit(places.after_rename);
    Ok(sync_folder(folder)?)
}

#[cfg(unix)]
mod platform {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    pub(crate) fn create_new_folder(path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().mode(0o700).create(path)
    }

    pub(crate) fn create_new(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
    }

    pub(crate) fn wider_mode(metadata: &Metadata) -> Option<u32> {
        let mode = metadata.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }

    /// The permission bits, if others than the owner may change what is at this path.
    pub(crate) fn writable_by_others(path: &Path) -> Option<u32> {
        let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o022 != 0).then_some(mode)
    }

    /// Whether the group of what is at this path is the owner's alone, as systems that make one for each account number it.
    pub(crate) fn is_group_of_its_owner(path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).is_ok_and(|it| it.gid() == it.uid())
    }

    /// Whether another account than this one or root owns what is at this path.
    pub(crate) fn belongs_to_another(path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let own = rustix::process::geteuid().as_raw();
        std::fs::metadata(path).is_ok_and(|it| it.uid() != 0 && it.uid() != own)
    }

    pub(crate) fn restrict_file(file: &File) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(0o600))
    }

    pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    pub(crate) fn open_folder_to_touch(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    pub(crate) fn may_be_going(_error: &io::Error) -> bool {
        false
    }
}

#[cfg(windows)]
mod platform {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;
    use std::time::{Duration, Instant};

    const FILE_WRITE_ATTRIBUTES: u32 = 0x100;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const READER_PATIENCE: Duration = Duration::from_secs(5);

    pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    pub(crate) fn create_new_folder(path: &Path) -> io::Result<()> {
        std::fs::create_dir(path)
    }

    pub(crate) fn create_new(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    pub(crate) fn wider_mode(_metadata: &Metadata) -> Option<u32> {
        None
    }

    /// The access list of the folder decides, and that is the administrator's.
    pub(crate) fn is_group_of_its_owner(_path: &Path) -> bool {
        true
    }

    pub(crate) fn writable_by_others(_path: &Path) -> Option<u32> {
        None
    }

    /// The access list of the folder decides, and that is the administrator's.
    pub(crate) fn belongs_to_another(_path: &Path) -> bool {
        false
    }

    pub(crate) fn restrict_file(_file: &File) -> io::Result<()> {
        Ok(())
    }

    /// Tries again while somebody reads one of the files: an open file can be neither moved nor replaced here.
    pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        let end = Instant::now() + READER_PATIENCE;
        loop {
            match std::fs::rename(from, to) {
                Err(error)
                    if error.kind() == io::ErrorKind::PermissionDenied
                        || error.raw_os_error() == Some(32) =>
                {
                    if Instant::now() >= end {
                        return Err(error);
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                done => return done,
            }
        }
    }

    /// A folder cannot be flushed here. After a loss of power the journal gives the whole old file or the whole new one.
    pub(crate) fn sync_folder(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn open_folder_to_touch(path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .access_mode(FILE_WRITE_ATTRIBUTES)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(path)
    }

    /// Whether an error may come from a removed folder, whose name is taken here until nobody looks at it any more.
    pub(crate) fn may_be_going(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::PermissionDenied
    }
}
