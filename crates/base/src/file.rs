//! Reading files that somebody else may have put where ours belong: a pipe that nobody writes to would be waited for without
//! end, and a device or a file without end would fill the memory. Links are followed, since administrators keep settings elsewhere,
//! but none of another account, which could so choose what root reads and writes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// No file of settings or secrets is larger, in bytes.
pub const SETTINGS: u64 = 2 * 1024 * 1024;
/// No file of certificates is larger, in bytes.
pub const CERTIFICATES: u64 = 16 * 1024 * 1024;

/// Why something that is there is no file of ours. It comes inside of an [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFile {
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A pipe, a socket or a device.
    #[error("it is a pipe, a socket or a device")]
    Special,
    /// A link that neither this account nor root made.
    #[error("it is a link that another account made")]
    LinkOfAnother,
    /// A file of more bytes than any of its kind has.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
}

impl From<NotAFile> for io::Error {
    fn from(problem: NotAFile) -> Self {
        Self::new(io::ErrorKind::InvalidInput, problem)
    }
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// What the operating system says; [`NotAFile`] for something else in its place.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(NotAFile::TooLarge(most).into());
    }
    // With room for all of it: what grows leaves copies behind, and this may be a secret.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(NotAFile::TooLarge(most).into());
    }
    Ok(bytes)
}

/// Reads at most `most` bytes of what somebody named in a command: it may be a pipe, as in `config apply <(generate)`.
///
/// # Errors
/// What the operating system says; [`NotAFile::TooLarge`].
pub fn read_named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(NotAFile::TooLarge(most).into());
    }
    Ok(bytes)
}

/// As [`read`], for text: see [`text`].
///
/// # Errors
/// As [`read`] and [`text`].
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    text(read(path, most)?)
}

/// As [`read_named`], for text: see [`text`].
///
/// # Errors
/// As [`read_named`] and [`text`].
pub fn read_named_text(path: &Path, most: u64) -> io::Result<String> {
    text(read_named(path, most)?)
}

/// The first line of what somebody named in a command, with its end: see [`text`]. All of it where `whole` says so of that line.
///
/// # Errors
/// As [`read_named_text`].
pub fn first_line(path: &Path, most: u64, whole: impl FnOnce(&str) -> bool) -> io::Result<String> {
    let mut file = BufReader::new(File::open(path)?.take(most + 1));
    let mut bytes = Vec::new();
    file.read_until(b'\n', &mut bytes)?;
    let is_wide = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if is_wide {
        file.read_to_end(&mut bytes)?;
    }
    let mut found = text(bytes)?;
    if !whole(&found) {
        found.truncate(found.find('\n').map_or(found.len(), |it| it + 1));
    } else if !is_wide {
        file.read_to_string(&mut found)?;
    }
    if found.len() as u64 > most {
        return Err(NotAFile::TooLarge(most).into());
    }
    Ok(found)
}

/// The text of a file as editors and PowerShell write it: without the byte order mark that may stand before it, and in UTF-16
/// where the mark says so.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for bytes that are no text; the bytes may be a secret, and the error does not hold them.
pub fn text(mut bytes: Vec<u8>) -> io::Result<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, left) = rest.as_chunks();
        let units: Vec<u16> = units.iter().map(|it| unit(*it)).collect();
        String::from_utf16(&units).ok().filter(|_| left.is_empty())
    };
    let text = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, ..] => {
            bytes.drain(..3);
            String::from_utf8(bytes).ok()
        }
        _ => String::from_utf8(bytes).ok(),
    };
    text.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Opens a file to be read.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens a file to be written at its end; it has to be there.
///
/// # Errors
/// As [`read`].
pub fn append(path: &Path) -> io::Result<File> {
    let file = open_with(path, OpenOptions::new().append(true))?;
    match platform::is_second_name(&file.metadata()?, path) {
        true => Err(NotAFile::LinkOfAnother.into()),
        false => Ok(file),
    }
}

/// Where a file is to be replaced: a link to a file is written through, and one to nowhere is replaced itself.
///
/// # Errors
/// As [`read`].
pub fn to_replace(path: &Path) -> io::Result<PathBuf> {
    match platform::find(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        found => found,
    }
}

/// Whether what lies there, if anything does, is a file.
///
/// # Errors
/// As [`read`].
pub fn expect_file(path: &Path) -> io::Result<()> {
    match platform::find(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        found => found.map(|_| ()),
    }
}

/// Whether the permissions of an open file are ours to change: it belongs to this account, or to the owner of the folder in which
/// it lies under this name, and has no other name that the owner of the folder may have given it.
pub fn is_of_folder(file: &File, path: &Path) -> bool {
    file.metadata().is_ok_and(|it| platform::is_of_folder(&it, path))
}

/// Looks before and after: to open a device can have effects, and something else may lie there by then.
fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let path = platform::find(path)?;
    let file = platform::open(&path, options)?;
    check(&file.metadata()?)?;
    Ok(file)
}

#[cfg(unix)]
mod platform {
    use super::{NotAFile, check};
    use rustix::fs::OFlags;
    use rustix::io::Errno;
    use rustix::process::geteuid;
    use std::fs::{File, Metadata, OpenOptions, metadata, read_link, symlink_metadata};
    use std::io;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
    use std::path::{Path, PathBuf};

    /// As many links in a row as Linux follows.
    const LINKS: usize = 40;

    /// Where the file itself is: a link counts as far as this account or root made it. Not also where the owner of the folder
    /// did: whoever owns the folder would choose what root reads and writes.
    pub(super) fn find(path: &Path) -> io::Result<PathBuf> {
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            let found = symlink_metadata(&path)?;
            if !found.is_symlink() {
                check(&found)?;
                return Ok(path);
            }
            if found.uid() != 0 && found.uid() != geteuid().as_raw() {
                return Err(NotAFile::LinkOfAnother.into());
            }
            let target = read_link(&path)?;
            // What was read is that link's: another one may have been put in its place meanwhile.
            if identity(&symlink_metadata(&path)?) != identity(&found) {
                return Err(NotAFile::LinkOfAnother.into());
            }
            path = path.parent().unwrap_or(Path::new("")).join(target);
        }
        Err(Errno::LOOP.into())
    }

    /// A link's text never changes; moved away and back, it has another time.
    fn identity(link: &Metadata) -> (u64, u64, i64, i64) {
        (link.dev(), link.ino(), link.ctime(), link.ctime_nsec())
    }

    /// Follows no link, which can only have come since it was looked for.
    pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = options.custom_flags(flags.bits().cast_signed()).open(path);
        opened.map_err(|error| match Errno::from_io_error(&error) {
            Some(Errno::LOOP | Errno::MLINK) => NotAFile::LinkOfAnother.into(),
            _ => error,
        })
    }

    pub(super) fn is_of_folder(file: &Metadata, path: &Path) -> bool {
        let own = file.uid() == geteuid().as_raw();
        (own || owners(path).contains(&Some(file.uid()))) && !is_second_name(file, path)
    }

    /// Whether the owner of the folder may have given a file of ours another name.
    pub(super) fn is_second_name(file: &Metadata, path: &Path) -> bool {
        let own = geteuid().as_raw();
        file.uid() == own && file.nlink() > 1 && !owners(path).contains(&Some(own))
    }

    /// Whose the folder is in which a file lies, and that of the link to it.
    fn owners(path: &Path) -> [Option<u32>; 2] {
        let owner = |path: &Path| {
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
            metadata(folder).ok().map(|it| it.uid())
        };
        [owner(path), find(path).ok().and_then(|it| owner(&it))]
    }
}

/// Only administrators make links here, and the access lists of the folders decide.
#[cfg(not(unix))]
mod platform {
    use super::check;
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    pub(super) fn find(path: &Path) -> io::Result<PathBuf> {
        check(&std::fs::metadata(path)?)?;
        match std::fs::symlink_metadata(path)?.is_symlink() {
            true => std::fs::canonicalize(path),
            false => Ok(path.to_owned()),
        }
    }

    pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
        options.open(path)
    }

    pub(super) fn is_of_folder(_file: &Metadata, _path: &Path) -> bool {
        true
    }

    pub(super) fn is_second_name(_file: &Metadata, _path: &Path) -> bool {
        false
    }
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(NotAFile::Folder.into())
    } else {
        Err(NotAFile::Special.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    fn problem<T>(result: io::Result<T>) -> Option<NotAFile> {
        let error = result.err()?;
        error.get_ref().and_then(|it| it.downcast_ref::<NotAFile>()).copied()
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text_and_says_how_it_is_written() {
        let wide =
            |unit: fn(u16) -> [u8; 2]| "\u{feff}née\r\n".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for bytes in
            ["née\r\n".into(), "\u{feff}née\r\n".into(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)]
        {
            assert_eq!(text(bytes).expect("a text"), "née\r\n");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for bytes in
            [b"one\ntwo\n".to_vec(), "\u{feff}one\ntwo\n".encode_utf16().flat_map(u16::to_le_bytes).collect()]
        {
            std::fs::write(&path, bytes).expect("written");
            assert_eq!(first_line(&path, 99, |_| false).expect("a line"), "one\n");
            assert_eq!(first_line(&path, 99, |line| line.starts_with("one")).expect("a text"), "one\ntwo\n");
        }
        for bytes in [&b"n\xe9e"[..], &[0xff, 0xfe, 0, 0xd8], &[0xff, 0xfe, b'n']] {
            let error = text(bytes.to_vec()).expect_err("no text");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn only_files_of_a_bounded_size_are_read_and_links_to_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").expect("written");
        std::os::unix::fs::symlink(at("file"), at("link")).expect("a link");
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        assert_eq!(read_text(&at("link"), 4).expect("a file"), "text");
        assert_eq!(problem(read_named(Path::new("/dev/zero"), 9)), Some(NotAFile::TooLarge(9)));
        assert_eq!(read_named(&at("link"), 4).expect("a file"), b"text");
        for name in ["pipe", "socket"] {
            assert_eq!(problem(read(&at(name), 9)), Some(NotAFile::Special), "{name}");
            assert_eq!(problem(append(&at(name))), Some(NotAFile::Special), "{name}");
        }
        assert_eq!(problem(read(Path::new("/dev/zero"), 9)), Some(NotAFile::Special));
        assert_eq!(problem(open(folder.path())), Some(NotAFile::Folder));
        assert_eq!(problem(read(&at("file"), 3)), Some(NotAFile::TooLarge(3)));
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::lchown(at("link"), Some(65_534), None).expect("root");
            assert_eq!(problem(append(&at("link"))), Some(NotAFile::LinkOfAnother));
            assert_eq!(problem(expect_file(&at("link"))), Some(NotAFile::LinkOfAnother));
            // Also at the end of a chain that began with ours, and where the folder is theirs, too.
            std::os::unix::fs::symlink(at("link"), at("chain")).expect("a link");
            std::os::unix::fs::chown(folder.path(), Some(65_534), None).expect("root");
            for name in ["link", "chain"] {
                assert_eq!(problem(append(&at(name))), Some(NotAFile::LinkOfAnother), "{name}");
            }
        }
        assert!(expect_file(&at("none")).is_ok() && expect_file(&at("pipe")).is_err());
        // A file of the kernel tells no size and may have no end.
        assert_eq!(problem(read(Path::new("/proc/self/maps"), 9)), Some(NotAFile::TooLarge(9)));
    }

    /// The owner of the folder puts a link there between the look and the opening.
    #[test]
    fn a_link_that_comes_after_the_look_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("other"), "other").expect("written");
        std::os::unix::fs::symlink(at("other"), at("file")).expect("a link");
        for options in [OpenOptions::new().read(true), OpenOptions::new().append(true)] {
            assert_eq!(problem(platform::open(&at("file"), options)), Some(NotAFile::LinkOfAnother));
        }
        std::os::unix::fs::symlink(at("loop"), at("loop")).expect("a link");
        let error = open(&at("loop")).expect_err("no file");
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
    }

    #[test]
    fn permissions_are_changed_of_files_of_this_account_and_of_the_folders_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let is_ours = |name: &str| is_of_folder(&open(&at(name)).expect("a file"), &at(name));
        for name in ["own", "theirs", "folders"] {
            std::fs::write(at(name), "text").expect("written");
        }
        assert!(is_ours("own"));
        if rustix::process::geteuid().is_root() {
            let own = |path: &Path, user| std::os::unix::fs::chown(path, Some(user), None).expect("root");
            own(&at("theirs"), 65_534);
            own(&at("folders"), 65_533);
            assert!(!is_ours("theirs") && !is_ours("folders"));
            own(folder.path(), 65_533);
            assert!(is_ours("own") && is_ours("folders") && !is_ours("theirs"));
            // A second name in the folder of another account may be their doing.
            std::fs::hard_link(at("own"), at("second")).expect("a name");
            assert!(!is_ours("second"));
            assert_eq!(problem(append(&at("second"))), Some(NotAFile::LinkOfAnother));
        }
    }
}
