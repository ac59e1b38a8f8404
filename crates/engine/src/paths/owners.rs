//! Whose files and folders are taken for ours: those of this account, of root, and of the owners of what they belong to. On
//! Windows the access lists decide, and those are the administrator's.

use std::path::{Path, PathBuf};

/// The account that owns what is at a path, the link or what it leads to, where that is neither this one, nor root, nor the
/// owner of one of `trusted`; None also where nothing is there.
pub(crate) fn stranger<P: AsRef<Path>>(path: &Path, trusted: &[P]) -> Option<u32> {
    let owners = platform::owners(path);
    let is_trusted = |user: u32| {
        platform::is_root_or_own(user) || trusted.iter().any(|it| platform::owner(it.as_ref()) == Some(user))
    };
    owners.into_iter().flatten().find(|user| !is_trusted(*user))
}

/// The same of a folder that is nobody's but its owner's.
pub(crate) fn stranger_of_folder(folder: &Path) -> Option<u32> {
    stranger::<&Path>(folder, &[])
}

/// The same of a file in `folder`; where a trusted link leads to it, the owner of the folder in which it lies is trusted, too.
pub(crate) fn stranger_of_file(path: &Path, folder: &Path) -> Option<u32> {
    let [link, file] = platform::owners(path);
    let is_trusted = |user: u32, folders: &[PathBuf]| {
        platform::is_root_or_own(user) || folders.iter().any(|it| platform::owner(it) == Some(user))
    };
    let own = vec![folder.to_owned()];
    if let Some(user) = link.filter(|user| !is_trusted(*user, &own)) {
        return Some(user);
    }
    let target = std::fs::canonicalize(path).ok().and_then(|it| it.parent().map(PathBuf::from));
    let chosen: Vec<_> = own.into_iter().chain(target).collect();
    file.filter(|user| !is_trusted(*user, &chosen))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, lchown, symlink};

    #[test]
    fn a_file_is_taken_of_this_account_of_root_and_of_whoever_owns_the_folder() {
        let top = tempfile::tempdir().expect("a folder");
        let (folder, elsewhere) = (top.path().join("data"), top.path().join("elsewhere"));
        let path = folder.join("data.json");
        let found = || stranger_of_file(&path, &folder);
        for folder in [&folder, &elsewhere] {
            std::fs::create_dir(folder).expect("a folder");
        }
        assert_eq!(found(), None, "nothing is there");
        std::fs::write(&path, "{}").expect("a file");
        assert_eq!(found(), None);
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let (user, other) = (65_533, 65_534);
        let own = |path: &Path, user| chown(path, Some(user), None).expect("root");
        own(&path, user);
        assert_eq!(found(), Some(user));
        own(&folder, user);
        assert_eq!(found(), None, "root in the folder of a user");
        own(&path, 0);
        assert_eq!(found(), None);
        std::fs::rename(&path, elsewhere.join("data.json")).expect("root");
        own(&elsewhere.join("data.json"), other);
        symlink(elsewhere.join("data.json"), &path).expect("a link");
        assert_eq!(found(), Some(other), "in a folder of root");
        own(&elsewhere, other);
        assert_eq!(found(), None, "in a folder of its owner, to which root linked");
        lchown(&path, Some(other), None).expect("root");
        assert_eq!(found(), Some(other), "a link of a stranger");
    }
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
