//! Whether a folder is on a network file system, where locks and flushes do not hold what a database needs of them.

use std::path::Path;

/// The kind of network file system on which `folder` lies; None: a local one, or one that cannot be told.
///
/// Linux is asked for its mounts, Windows by the form of the path; other systems are not asked.
pub(crate) fn file_system(folder: &Path) -> Option<String> {
    let folder = std::fs::canonicalize(folder).ok()?;
    if is_share(&folder) {
        return Some("a Windows share".to_owned());
    }
    let mounts = cfg!(target_os = "linux").then(|| std::fs::read_to_string("/proc/self/mountinfo"))?.ok()?;
    network_mount(&mounts, &folder)
}

/// Looks a path up in the text of `/proc/self/mountinfo`: the longest mount point counts, the later of two equal ones.
fn network_mount(mounts: &str, path: &Path) -> Option<String> {
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let (mount, file_system) = line.split_once(" - ")?;
            let point = unescape(mount.split(' ').nth(4)?);
            let kind = file_system.split(' ').next()?;
            path.starts_with(&point).then_some((point.len(), kind))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)?;
    let network = ["nfs", "cifs", "smb", "ncp", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.gluster"];
    network.iter().any(|start| kind.starts_with(start)).then(|| kind.to_owned())
}

/// The kernel writes space, tab, line break and backslash as three octal digits.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(windows)]
fn is_share(path: &Path) -> bool {
    use std::path::{Component, Prefix};
    matches!(
        path.components().next(),
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    )
}

#[cfg(not(windows))]
fn is_share(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:2 - nfs4 server:/home rw
31 30 8:2 / /home/local rw shared:3 - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/two\\040words rw - cifs //server/share rw
33 22 0:42 / /over rw - ext4 /dev/sdc1 rw
34 22 0:43 / /over rw - fuse.sshfs host:/ rw
";

    #[test]
    fn the_longest_and_latest_mount_point_decides() {
        let found = |path: &str| network_mount(MOUNTS, Path::new(path));
        assert_eq!(found("/etc/bwdc"), None);
        assert_eq!(found("/home/anna/x").as_deref(), Some("nfs4"));
        assert_eq!(found("/home/local/x"), None);
        assert_eq!(found("/homely"), None);
        assert_eq!(found("/mnt/two words/x").as_deref(), Some("cifs"));
        assert_eq!(found("/over/x").as_deref(), Some("fuse.sshfs"));
    }
}
