//! Reading files that somebody else may have put where ours belong: a pipe that nobody writes to would be waited for without
//! end, and a device or a file without end would fill the memory. Links are followed, since administrators keep settings elsewhere,
//! but none of another account, which could so choose what root reads and writes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
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

/// As [`read`], for text.
///
/// # Errors
/// As [`read`]; [`io::ErrorKind::InvalidData`] for bytes that are not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| {
        // The bytes may be a secret: the error does not hold them.
        io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")
    })
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
