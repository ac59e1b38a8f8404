//! Whether everybody on the machine could change what lies in a folder, or put another folder in its place.

use std::path::{Path, PathBuf};

/// The folder itself or the first one above it that everybody can write; None where that cannot be told, too. Above, a folder
/// in which each may rename their own entries only, such as `/tmp`, is none.
pub(crate) fn open_folder(folder: &Path) -> Option<PathBuf> {
    let nearest = folder.ancestors().find_map(|it| std::fs::canonicalize(it).ok())?;
    platform::open(&nearest)
}

/// Whether an account that neither administers the machine nor is a service's can write to a folder, or has its list in hand. Where
/// the list cannot be read, it is taken for closed: whoever made it so could have closed it, too.
#[cfg(windows)]
pub(crate) fn is_open_to_accounts(folder: &Path) -> bool {
    platform::list(folder).is_some_and(|list| access_list::accounts_write(&list))
}

#[cfg(unix)]
mod platform {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    const EVERYBODY: u32 = 0o002;
    const OWN_ENTRIES_ONLY: u32 = 0o1000;

    pub(super) fn open(folder: &Path) -> Option<PathBuf> {
        let is_open = |path: &&Path| {
            std::fs::metadata(path).is_ok_and(|it| {
                let is_apart = *path != folder && it.mode() & OWN_ENTRIES_ONLY != 0;
                it.mode() & EVERYBODY != 0 && !is_apart
            })
        };
        folder.ancestors().find(is_open).map(Path::to_owned)
    }
}

#[cfg(windows)]
mod platform {
    use super::access_list;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    pub(super) fn open(folder: &Path) -> Option<PathBuf> {
        access_list::everybody_writes(&list(folder)?).then(|| folder.to_owned())
    }

    /// `icacls` writes the list into a file in the one form that is the same in every language.
    pub(super) fn list(folder: &Path) -> Option<String> {
        let system = std::env::var_os("SystemRoot")?;
        let scratch = tempfile::tempdir().ok()?;
        let list = scratch.path().join("list");
        // The program does not know the long form that a canonical path has.
        let shown = folder.to_string_lossy();
        let ended = Command::new(Path::new(&system).join("System32").join("icacls.exe"))
            .arg(shown.strip_prefix(r"\\?\").unwrap_or(&shown))
            .arg("/save")
            .arg(&list)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        ended.ok().filter(std::process::ExitStatus::success)?;
        let units: Vec<u16> =
            std::fs::read(list).ok()?.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
        Some(String::from_utf16_lossy(&units))
    }
}

/// Access lists of Windows in their text form (Security Descriptor Definition Language).
#[cfg(any(windows, test))]
mod access_list {
    /// Everyone, authenticated users, users, guests, anonymous, interactive and network sign-ins, the domain's users.
    const EVERYBODY: [&str; 11] =
        ["WD", "AU", "BU", "BG", "AN", "IU", "NU", "DU", "S-1-1-0", "S-1-5-11", "S-1-5-32-545"];
    /// To add a file or a folder, to delete what is in it or itself, to change its list or its owner; all or all writing.
    const WRITING: u32 = 0x2 | 0x4 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000;

    /// The system, administrators, and whoever owns a thing that is made later.
    const ADMINISTRATORS: [&str; 6] = ["SY", "BA", "LA", "CO", "S-1-5-18", "S-1-5-32-544"];
    /// Accounts that Windows makes for services begin so, and its own installer's.
    const SERVICES: &str = "S-1-5-80-";

    /// Whether an entry of the list lets everybody write.
    pub(super) fn everybody_writes(text: &str) -> bool {
        somebody_writes(text, |who| EVERYBODY.contains(&who))
    }

    /// Whether an entry lets anyone write who is neither an administrator nor a service.
    pub(super) fn accounts_write(text: &str) -> bool {
        somebody_writes(text, |who| !ADMINISTRATORS.contains(&who) && !who.starts_with(SERVICES))
    }

    fn somebody_writes(text: &str, is_meant: impl Fn(&str) -> bool) -> bool {
        let Some((_, list)) = text.split_once("D:") else { return false };
        let list = list.split("S:").next().unwrap_or_default();
        list.split('(').skip(1).filter_map(|it| it.split(')').next()).any(|entry| {
            let parts: Vec<&str> = entry.split(';').collect();
            let [kind, _, rights, _, _, who, ..] = parts[..] else { return false };
            matches!(kind, "A" | "XA") && is_meant(who) && mask(rights) & WRITING != 0
        })
    }

    fn mask(rights: &str) -> u32 {
        if let Some(number) = rights.strip_prefix("0x") {
            // What cannot be read counts as everything.
            return u32::from_str_radix(number, 16).unwrap_or(u32::MAX);
        }
        let names = rights.as_bytes().chunks(2);
        names.fold(0, |mask, name| {
            mask | match name {
                b"DC" => 0x2,
                b"LC" => 0x4,
                b"DT" => 0x40,
                b"SD" => 0x1_0000,
                b"WD" => 0x4_0000,
                b"WO" => 0x8_0000,
                b"FA" => 0x1f_01ff,
                b"FW" => 0x12_0116,
                b"GA" => 0x1000_0000,
                b"GW" => 0x4000_0000,
                _ => 0,
            }
        })
    }

    #[cfg(test)]
    mod tests {
        use super::{accounts_write, everybody_writes};

        #[test]
        fn a_list_is_open_when_an_entry_lets_everybody_write() {
            let owner = "data\r\nD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)\r\n";
            let readers =
                "data\r\nD:AI(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(D;;FA;;;WD)S:(ML;;NW;;;ME)\r\n";
            for closed in [owner, readers, "", "data\r\n"] {
                assert!(!everybody_writes(closed), "{closed}");
            }
            for open in [
                "data\r\nD:AI(A;OICIID;FA;;;WD)\r\n",
                "data\r\nD:AI(A;OICIID;0x1301bf;;;AU)\r\n",
                "data\r\nD:AI(A;ID;FA;;;SY)(A;CIID;DCLCRPCR;;;BU)\r\n",
                "data\r\nD:(A;;GW;;;S-1-1-0)\r\n",
            ] {
                assert!(everybody_writes(open), "{open}");
            }
        }

        #[test]
        fn locks_of_a_service_are_written_by_the_service_and_administrators_alone() {
            let service = "S-1-5-80-1184457765-4068085190-3456807688-2200952327-3769537534";
            let own = format!("locks\r\nD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{service})\r\n");
            let readers = format!("locks\r\nD:AI(A;OICI;FA;;;{service})(A;OICIID;0x1200a9;;;BU)\r\n");
            for closed in [own.as_str(), &readers, ""] {
                assert!(!accounts_write(closed), "{closed}");
            }
            for open in [
                "locks\r\nD:AI(A;OICIID;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)\r\n",
                "locks\r\nD:AI(A;OICIID;FA;;;BA)(A;CIID;DCLCRPCR;;;BU)\r\n",
            ] {
                assert!(accounts_write(open), "{open}");
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_is_open_by_itself_or_by_one_above_it_unless_entries_stay_their_owners() {
        let top = tempfile::tempdir().expect("a folder");
        let top = top.path().canonicalize().expect("a path");
        let folder = top.join("a/data");
        std::fs::create_dir_all(&folder).expect("folders");
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
        };
        let found = || open_folder(&folder);
        assert_eq!(found(), None);
        mode(&folder, 0o775);
        assert_eq!(found(), None, "a group is not everybody");
        mode(&folder, 0o1777);
        assert_eq!(found(), Some(folder.clone()), "others could still add files");
        mode(&folder, 0o700);
        mode(&top.join("a"), 0o1777);
        assert_eq!(found(), None);
        mode(&top.join("a"), 0o777);
        assert_eq!(found(), Some(top.join("a")));
        assert_eq!(open_folder(&folder.join("not/there")), Some(top.join("a")));
    }
}
