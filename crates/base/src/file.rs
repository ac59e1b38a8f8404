//! Reading files that somebody else may have put where ours belong: a pipe that nobody writes to would be waited for without
//! end, and a device or a file without end would fill the memory. Links are followed, since administrators keep settings elsewhere,
//! but none of another account, which could so choose what root reads and writes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

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
    open_with(path, OpenOptions::new().append(true))
}

/// Whether what lies there, if anything does, is a file.
///
/// # Errors
/// As [`read`].
pub fn expect_file(path: &Path) -> io::Result<()> {
    check_link(path)?;
    match std::fs::metadata(path) {
        Ok(metadata) => check(&metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Looks before and after: to open a device can have effects, and something else may lie there by then.
fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    check_link(path)?;
    check(&std::fs::metadata(path)?)?;
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

#[cfg(unix)]
fn check_link(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    // What is not there is said by what comes after.
    match std::fs::symlink_metadata(path) {
        Ok(link) if link.is_symlink() && link.uid() != 0 && link.uid() != own => {
            Err(NotAFile::LinkOfAnother.into())
        }
        _ => Ok(()),
    }
}

/// Only administrators make links here.
#[cfg(not(unix))]
fn check_link(_path: &Path) -> io::Result<()> {
    Ok(())
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
        }
        assert!(expect_file(&at("none")).is_ok() && expect_file(&at("pipe")).is_err());
        // A file of the kernel tells no size and may have no end.
        assert_eq!(problem(read(Path::new("/proc/self/maps"), 9)), Some(NotAFile::TooLarge(9)));
    }
}
