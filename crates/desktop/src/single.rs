//! One window for each folder: who comes second asks the first to show itself.
//!
//! The first listens on loopback and leaves port and a word in a file that only its owner can read. The word opens nothing: all
//! that it does is to bring the window to the front.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);
const FILE: &str = "desktop.instance";
/// A port, a space, a word of 36 letters.
const LONGEST: u64 = 64;

/// The first window.
pub struct Instance {
    listener: TcpListener,
    word: String,
    file: PathBuf,
}

/// Becomes the first window of a folder; None: there is one, and it was asked to show itself.
///
/// # Errors
/// What the operating system says of sockets and files.
pub fn claim(folder: &Path) -> io::Result<Option<Instance>> {
    let file = folder.join(FILE);
    if wake(&file) {
        return Ok(None);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let word = uuid::Uuid::new_v4().to_string();
    // A folder that is not there yet has no other window.
    if folder.is_dir() {
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        write!(temporary, "{} {word}", listener.local_addr()?.port())?;
        temporary.persist(&file).map_err(|error| error.error)?;
    }
    Ok(Some(Instance { listener, word, file }))
}

fn wake(file: &Path) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    let Some((port, word)) = text.split_once(' ') else { return false };
    let Ok(port) = port.parse::<u16>() else { return false };
    let Ok(mut stream) = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), PATIENCE) else {
        return false;
    };
    let answered = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| {
        stream.write_all(word.as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer)?;
        Ok(answer)
    });
    answered.is_ok_and(|answer| answer == word)
}

impl Instance {
    /// Calls `show` whenever somebody starts the program again, until this process ends.
    ///
    /// # Errors
    /// What the operating system says of threads.
    pub fn listen(self, show: impl Fn() + Send + 'static) -> io::Result<Leave> {
        let leave = Leave { file: self.file };
        let (listener, word) = (self.listener, self.word);
        std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if answer(stream, &word).unwrap_or_default() {
                    show();
                }
            }
        })?;
        Ok(leave)
    }
}

/// Reads the word, and says it back where it is the right one.
fn answer(mut stream: TcpStream, word: &str) -> io::Result<bool> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    (&mut stream).take(LONGEST).read_to_string(&mut said)?;
    let right = said == word;
    if right {
        stream.write_all(word.as_bytes())?;
    }
    Ok(right)
}

/// Takes the file away when the window is gone.
pub struct Leave {
    file: PathBuf,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // One that stays names a port at which nobody answers.
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn the_second_one_wakes_the_first_and_a_stale_file_stops_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "1 somebody-else").expect("a file");
        let first = claim(folder.path()).expect("sockets").expect("the first");
        let (shown, show) = channel();
        let _leave = first.listen(move || shown.send(()).expect("the test waits")).expect("a thread");
        assert!(claim(folder.path()).expect("sockets").is_none());
        show.recv_timeout(PATIENCE).expect("the window was asked to show itself");
        assert!(show.try_recv().is_err());
    }
}
