//! The mark in a folder whose profile went elsewhere: programs of ours do not sync from it.

use super::owner_only;
use crate::clock::{Clock, to_iso};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The file that says where a profile went.
pub(crate) const MOVED: &str = "moved.json";

/// Where the contents of a folder went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The folder that has them now.
    to: PathBuf,
    /// When they went, as ISO 8601 text.
    at: String,
}

/// Where a folder's profile went; None: it is there. A mark that cannot be read counts: whoever left it meant something.
pub fn moved_to(folder: &Path) -> Option<PathBuf> {
    let text = match std::fs::read(folder.join(MOVED)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(PathBuf::new()),
    };
    Some(serde_json::from_slice::<Mark>(&text).map_or_else(|_| PathBuf::new(), |it| it.to))
}

/// Marks a folder: programs of ours do not sync from it any more. Its account can read the mark and take it away; a link that it
/// laid in its place is not followed, since whoever marks is root.
pub(crate) fn mark(folder: &Path, to: &Path, clock: Clock) -> io::Result<()> {
    let path = folder.join(MOVED);
    let mark = Mark { to: to.to_owned(), at: to_iso(clock.now()) };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = owner_only::create_new(&path)?;
    file.write_all(&serde_json::to_vec_pretty(&mark)?)?;
    readable_by_all(&file)
}

#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &std::fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_folder_says_where_its_profile_went_and_a_damaged_mark_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(moved_to(folder.path()), None);
        mark(folder.path(), Path::new("/var/lib/bwdc/data"), Clock::System).expect("written");
        assert_eq!(moved_to(folder.path()), Some("/var/lib/bwdc/data".into()));
        std::fs::write(folder.path().join(MOVED), "{").expect("written");
        assert_eq!(moved_to(folder.path()), Some(PathBuf::new()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_mark_leads_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = folder.path().join("other");
        std::fs::write(&other, "as it was").expect("written");
        std::os::unix::fs::symlink(&other, folder.path().join(MOVED)).expect("a link");
        mark(folder.path(), Path::new("/var/lib/bwdc/data"), Clock::System).expect("written");
        assert_eq!(std::fs::read_to_string(&other).expect("readable"), "as it was");
        assert_eq!(moved_to(folder.path()), Some("/var/lib/bwdc/data".into()));
    }
}
