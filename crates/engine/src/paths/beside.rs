//! The data folder beside the program, as the official connector's portable mode has it. It is taken without being asked for, so
//! whoever can write where the program lies would choose the server that gets the secrets: it has to belong to somebody who
//! could as well have replaced the program.

use super::PathError;
use super::owners::stranger;
use std::path::{Path, PathBuf};

/// Where the folder beside the program would be.
pub(super) fn place(program_folder: &Path) -> PathBuf {
    program_folder.join("bitwarden-connector-appdata")
}

/// The folder beside the program; None: there is none.
///
/// # Errors
/// [`PathError::OfAnother`] when an account that is neither this one, nor root, nor the owner of the program made it.
pub(super) fn folder(program_folder: &Path, program: Option<&Path>) -> Result<Option<PathBuf>, PathError> {
    let folder = place(program_folder);
    if !folder.is_dir() {
        return Ok(None);
    }
    match stranger(&folder, program.as_slice()) {
        Some(user) => Err(PathError::OfAnother { folder, user }),
        None => Ok(Some(folder)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, lchown, symlink};

    const NOBODY: u32 = 65_534;

    #[test]
    fn a_folder_of_another_account_counts_only_where_the_program_is_theirs_too() {
        let place = tempfile::tempdir().expect("a folder");
        let found = |program: Option<&Path>| folder(place.path(), program);
        assert_eq!(found(None), Ok(None));
        let beside = place.path().join("bitwarden-connector-appdata");
        std::fs::create_dir(&beside).expect("a folder");
        assert_eq!(found(None), Ok(Some(beside.clone())));
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let program = place.path().join("bwdc");
        std::fs::write(&program, "").expect("a file");
        let refused = Err(PathError::OfAnother { folder: beside.clone(), user: NOBODY });
        chown(&beside, Some(NOBODY), None).expect("root");
        assert_eq!(found(None), refused);
        assert_eq!(found(Some(&program)), refused);
        chown(&program, Some(NOBODY), None).expect("root");
        assert_eq!(found(Some(&program)), Ok(Some(beside.clone())));
        // A link is as good as who made it, wherever it leads.
        std::fs::remove_dir(&beside).expect("root");
        symlink("/tmp", &beside).expect("a link");
        lchown(&beside, Some(NOBODY), None).expect("root");
        assert_eq!(found(None), refused);
    }
}
