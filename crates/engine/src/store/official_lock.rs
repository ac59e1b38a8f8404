//! The directory by which the official connector keeps two writers of `data.json` apart.
//!
//! Its rules, as its lock library (`proper-lockfile`) documents them: whoever makes the directory holds the lock and
//! renews its modification time; a directory that was not renewed for ten seconds belongs to a dead process.

use super::StoreError;
use crate::paths::owner_only;
use std::fs::FileTimes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

const STALE: Duration = Duration::from_secs(10);
const RENEWAL: Duration = Duration::from_secs(3);
/// Longer than `STALE`, so that a lock left behind by a killed process is outlived.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// The held lock; dropping it gives it back.
pub(super) struct OfficialLock {
    path: PathBuf,
    /// The modification time that we gave the directory last.
    renewed: Arc<Mutex<SystemTime>>,
    renewal: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl OfficialLock {
    /// Takes the lock, waiting for its holder with growing pauses.
    pub(super) fn acquire(path: PathBuf, patience: Duration) -> Result<Self, StoreError> {
        let end = Instant::now() + patience;
        let mut pause = Duration::from_millis(20);
        loop {
            match std::fs::create_dir(&path) {
                Ok(()) => return Self::held(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if owner_only::may_be_going(&error) && Instant::now() < end => {}
                Err(source) => return Err(StoreError::Lock { path, source }),
            }
            if is_stale(&path) {
                match std::fs::remove_dir(&path) {
                    Ok(()) => continue,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) if owner_only::may_be_going(&error) && Instant::now() < end => {}
                    Err(source) => return Err(StoreError::Lock { path, source }),
                }
            }
            if Instant::now() >= end {
                return Err(StoreError::Held { path });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    fn held(path: PathBuf) -> Result<Self, StoreError> {
        let made = modified(&path).map_err(|source| StoreError::Lock { path: path.clone(), source })?;
        let renewed = Arc::new(Mutex::new(made));
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("data.json.lock".to_owned()).spawn({
            let (path, renewed) = (path.clone(), Arc::clone(&renewed));
            move || {
                while stopped.recv_timeout(RENEWAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let mut renewed = renewed.lock().unwrap_or_else(PoisonError::into_inner);
                    if modified(&path).ok() != Some(*renewed) {
                        return;
                    }
                    if let Ok(time) = touch(&path) {
                        *renewed = time;
                    }
                }
            }
        });
        match thread {
            Ok(thread) => Ok(Self { path, renewed, renewal: Some((stop, thread)) }),
            Err(source) => {
                // The thread is the error to tell; a directory left here is stale in ten seconds.
                let _ = std::fs::remove_dir(&path);
                Err(StoreError::Lock { path, source })
            }
        }
    }

    /// Whether the directory is still the one that we made: after a long sleep somebody may have called it stale.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.is_ours() { Ok(()) } else { Err(StoreError::LockLost { path: self.path.clone() }) }
    }

    fn is_ours(&self) -> bool {
        let renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        modified(&self.path).ok() == Some(*renewed)
    }
}

impl Drop for OfficialLock {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.renewal.take() {
            drop(stop);
            // The thread's only result is that it has ended.
            let _ = thread.join();
        }
        if self.is_ours() {
            // A directory that cannot be removed is stale in ten seconds.
            let _ = std::fs::remove_dir(&self.path);
        }
    }
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}

fn touch(path: &Path) -> io::Result<SystemTime> {
    let folder = owner_only::open_folder_to_touch(path)?;
    folder.set_times(FileTimes::new().set_modified(SystemTime::now()))?;
    modified(path)
}

fn is_stale(path: &Path) -> bool {
    modified(path).is_ok_and(|time| time.elapsed().is_ok_and(|age| age > STALE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(60);

    fn backdate(path: &Path, age: Duration) {
        let folder = owner_only::open_folder_to_touch(path).expect("opens");
        folder.set_times(FileTimes::new().set_modified(SystemTime::now() - age)).expect("is ours");
    }

    #[test]
    fn a_held_lock_is_named_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.json.lock");
        std::fs::create_dir(&path).expect("a folder");
        let error = OfficialLock::acquire(path.clone(), SHORT).err().expect("held");
        assert!(matches!(&error, StoreError::Held { path: held } if *held == path), "{error}");
        assert!(error.to_string().contains("data.json.lock"));
        assert!(path.is_dir());
    }

    #[test]
    fn a_lock_that_nobody_renews_is_taken_and_given_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.json.lock");
        std::fs::create_dir(&path).expect("a folder");
        backdate(&path, STALE + Duration::from_secs(1));
        let lock = OfficialLock::acquire(path.clone(), SHORT).expect("stale");
        lock.check().expect("ours");
        assert!(!is_stale(&path));
        drop(lock);
        assert!(!path.exists());
    }

    #[test]
    fn a_lock_that_somebody_else_took_over_is_noticed_and_not_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.json.lock");
        let lock = OfficialLock::acquire(path.clone(), SHORT).expect("free");
        std::fs::remove_dir(&path).expect("ours");
        std::fs::create_dir(&path).expect("a folder");
        backdate(&path, Duration::from_secs(1));
        assert!(matches!(lock.check(), Err(StoreError::LockLost { .. })));
        drop(lock);
        assert!(path.is_dir());
    }

    #[test]
    fn renewing_moves_the_time_forward() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.json.lock");
        std::fs::create_dir(&path).expect("a folder");
        backdate(&path, STALE + Duration::from_secs(1));
        let renewed = touch(&path).expect("is ours");
        assert!(!is_stale(&path));
        assert_eq!(modified(&path).expect("exists"), renewed);
    }
}
