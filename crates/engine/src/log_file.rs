//! `bwdc.log` in the profile's folder: its owner's alone, and never larger than it may be.
//!
//! When the file is full it becomes `bwdc.log.1`, that one `bwdc.log.2`, and the oldest goes. Several processes may write
//! at once: each line is one write at the end of the file, and whoever finds the file full moves it unless somebody else
//! has. A log that cannot be written stops nothing: its lines are dropped.

use crate::file;
use crate::paths::owner_only;
use crate::paths::{ProcessEnvironment, Profile};
use crate::store::{Overrides, read_connector_settings};
use bwdc_core::settings::LogSettings;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// Bytes after which a new file begins.
    pub bytes: u64,
    /// Older files that are kept.
    pub older: u32,
}

impl Default for LogSize {
    fn default() -> Self {
        Self { bytes: 5_000_000, older: 4 }
    }
}

/// A log that grows line by line. Nothing is made before the first line.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    size: LogSize,
    open: Option<File>,
}

impl LogFile {
    /// The log of the installation that the environment names, with what its settings say; None where the environment
    /// does not tell. Settings that cannot be read count as the defaults: whoever needs them will say what is wrong.
    pub fn of_environment(environment: &ProcessEnvironment) -> Option<(Self, LogSettings)> {
        let profile = Profile::from_environment(environment).ok()?;
        let overrides = Overrides::from_environment(environment).unwrap_or_default();
        let settings = read_connector_settings(&profile, &overrides).map(|it| it.log).unwrap_or_default();
        let size = LogSize { bytes: u64::from(settings.megabytes) * 1_000_000, older: settings.older_files };
        Some((Self::of(&profile, size), settings))
    }

    /// The log of a profile.
    pub fn of(profile: &Profile, size: LogSize) -> Self {
        Self { path: profile.log(), size, open: None }
    }

    /// Adds one line, its end included. The folder has to be there: a log makes none.
    ///
    /// # Errors
    /// What the operating system says; the line is lost then.
    pub fn add(&mut self, line: &[u8]) -> io::Result<()> {
        let full = match &self.open {
            Some(file) => file.metadata()?.len().saturating_add(line.len() as u64) > self.size.bytes,
            None => std::fs::metadata(&self.path)
                .is_ok_and(|it| it.len().saturating_add(line.len() as u64) > self.size.bytes),
        };
        if full {
            self.open = None;
            self.rotate(line.len() as u64);
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => open(&self.path)?,
        };
        file.write_all(line)?;
        self.open = Some(file);
        Ok(())
    }

    /// Moves the files on by one. What cannot be moved stays, and the file grows: a log too large is better than none.
    fn rotate(&self, more: u64) {
        // Another process may have moved it already: then the file here is a new one.
        let full = std::fs::metadata(&self.path)
            .is_ok_and(|it| it.len() > 0 && it.len().saturating_add(more) > self.size.bytes);
        if !full {
            return;
        }
        if self.size.older == 0 {
            let _ = std::fs::remove_file(&self.path);
            return;
        }
        let _ = std::fs::remove_file(older(&self.path, self.size.older));
        for number in (1..self.size.older).rev() {
            let _ = std::fs::rename(older(&self.path, number), older(&self.path, number + 1));
        }
        let _ = std::fs::rename(&self.path, older(&self.path, 1));
    }
}

fn older(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    match file::append(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match owner_only::create_new(path) {
            // Opened anew: several processes write, each at the end.
            Ok(_) => file::append(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => file::append(path),
            Err(error) => Err(error),
        },
        Ok(file) => {
            owner_only::restrict_open(&file, path)?;
            Ok(file)
        }
        Err(error) => Err(error),
    }
}

/// The last `most` bytes of a profile's log, from the beginning of a line; None: there is no log.
///
/// # Errors
/// What the operating system says when it cannot be read.
pub fn end(profile: &Profile, most: u64) -> io::Result<Option<String>> {
    let mut file = match file::open(&profile.log()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let begin = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = if begin == 0 { &text } else { text.split_once('\n').map_or("", |(_, rest)| rest) };
    Ok(Some(whole.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_log_never_grows_beyond_its_size_and_the_oldest_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        let mut log = LogFile::of(&profile, LogSize { bytes: 20, older: 2 });
        for number in 0..9 {
            log.add(format!("line {number}\n").as_bytes()).expect("a line");
        }
        assert_eq!(names(folder.path()), ["bwdc.log", "bwdc.log.1", "bwdc.log.2"]);
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a log");
        assert_eq!(text("bwdc.log"), "line 8\n");
        assert_eq!(text("bwdc.log.1"), "line 6\nline 7\n");
        assert_eq!(text("bwdc.log.2"), "line 4\nline 5\n");
        assert_eq!(end(&profile, 1000).expect("a log").as_deref(), Some("line 8\n"));
    }

    #[test]
    fn two_writers_lose_no_line_while_one_of_them_moves_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        let size = LogSize { bytes: 64, older: 3 };
        let (mut one, mut two) = (LogFile::of(&profile, size), LogFile::of(&profile, size));
        for number in 0..10 {
            one.add(format!("one {number}\n").as_bytes()).expect("a line");
            two.add(format!("two {number}\n").as_bytes()).expect("a line");
        }
        let all: String = names(folder.path())
            .iter()
            .map(|name| std::fs::read_to_string(folder.path().join(name)).expect("a log"))
            .collect();
        for number in 0..10 {
            assert!(all.contains(&format!("one {number}\n")) && all.contains(&format!("two {number}\n")));
        }
    }

    #[test]
    fn the_end_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        assert_eq!(end(&profile, 10).expect("no log"), None);
        std::fs::write(profile.log(), "first\nsecond\nthird\n").expect("a log");
        assert_eq!(end(&profile, 10).expect("a log").as_deref(), Some("third\n"));
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path());
        let mode = || std::fs::metadata(profile.log()).expect("a log").permissions().mode() & 0o777;
        LogFile::of(&profile, LogSize::default()).add(b"x\n").expect("a line");
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(profile.log(), std::fs::Permissions::from_mode(0o644)).expect("a mode");
        LogFile::of(&profile, LogSize::default()).add(b"x\n").expect("a line");
        assert_eq!(mode(), 0o600);
        if !rustix::process::geteuid().is_root() {
            return;
        }
        // Of an account that has nothing to do with the folder.
        std::os::unix::fs::chown(profile.log(), Some(65_534), None).expect("root");
        std::fs::set_permissions(profile.log(), std::fs::Permissions::from_mode(0o644)).expect("a mode");
        LogFile::of(&profile, LogSize::default()).add(b"x\n").expect("a line");
        assert_eq!(mode(), 0o644);
        std::os::unix::fs::chown(folder.path(), Some(65_534), None).expect("root");
        LogFile::of(&profile, LogSize::default()).add(b"x\n").expect("a line");
        assert_eq!(mode(), 0o600, "of the folder's owner");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_stays_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let profile = Profile::new(folder.path().join("none"));
        assert!(LogFile::of(&profile, LogSize::default()).add(b"x\n").is_err());
        assert!(!profile.folder.exists());
    }
}
