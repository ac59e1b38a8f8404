//! Whose files and folders are taken for ours: those of this account, of root, and of the owners of what they belong to. On
//! Windows the access lists decide, and those are the administrator's.

use std::path::Path;

/// The account that owns what is at a path, the link or what it leads to, where that is neither this one, nor root, nor the
/// owner of one of `trusted`; None also where nothing is there.
pub(crate) fn stranger<P: AsRef<Path>>(path: &Path, trusted: &[P]) -> Option<u32> {
    let owners = platform::owners(path);
    let is_trusted = |user: u32| {
        platform::is_root_or_own(user) || trusted.iter().any(|it| platform::owner(it.as_ref()) == Some(user))
    };
    owners.into_iter().flatten().find(|user| !is_trusted(*user))
}

#[cfg(unix)]
mod platform {
    use std::fs::{metadata, symlink_metadata};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    pub(super) fn owners(path: &Path) -> [Option<u32>; 2] {
        [symlink_metadata(path).ok().map(|it| it.uid()), owner(path)]
    }

    pub(super) fn owner(path: &Path) -> Option<u32> {
        metadata(path).ok().map(|it| it.uid())
    }

    pub(super) fn is_root_or_own(user: u32) -> bool {
        user == 0 || user == rustix::process::geteuid().as_raw()
    }
}

#[cfg(windows)]
mod platform {
    use std::path::Path;

    pub(super) fn owners(_path: &Path) -> [Option<u32>; 2] {
        [None, None]
    }

    pub(super) fn owner(_path: &Path) -> Option<u32> {
        None
    }

    pub(super) fn is_root_or_own(_user: u32) -> bool {
        true
    }
}
