//! One window for each folder: who comes second asks the first to show itself.
//!
//! The first listens on loopback and leaves the port and two words in a file that only its owner can read: one to be asked with,
//! one to answer with. They open nothing: all that they do is to bring the window to the front. Whoever else has the port by now
//! hears the first and does not know the second, and so keeps no window from opening.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);
const FILE: &str = "desktop.instance";
/// A port and two words of 36 letters, with spaces between.
const LONGEST: u64 = 96;

/// The first window.
pub struct Instance {
    listener: TcpListener,
    words: Words,
    file: PathBuf,
}

/// What is asked with, and what is answered.
struct Words {
    question: String,
    answer: String,
}

impl Words {
    fn new() -> Self {
        let word = || uuid::Uuid::new_v4().to_string();
        Self { question: word(), answer: word() }
    }

    /// The port and the words that a file tells; None: it is none of ours.
    fn of(text: &str) -> Option<(u16, Self)> {
        let mut parts = text.split(' ').map(str::to_owned);
        let (port, question, answer) = (parts.next()?, parts.next()?, parts.next()?);
        Some((port.parse().ok()?, Self { question, answer }))
    }
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
    let words = Words::new();
    // A folder that is not there yet has no other window.
    if folder.is_dir() {
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        let port = listener.local_addr()?.port();
        write!(temporary, "{port} {} {}", words.question, words.answer)?;
        temporary.persist(&file).map_err(|error| error.error)?;
    }
    Ok(Some(Instance { listener, words, file }))
}

fn wake(file: &Path) -> bool {
    let Ok(text) = bwdc_engine::file::read_text(file, LONGEST) else { return false };
    let Some((port, words)) = Words::of(&text) else { return false };
    let Ok(mut stream) = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), PATIENCE) else {
        return false;
    };
    let answered = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| {
        stream.write_all(words.question.as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer)?;
        Ok(answer)
    });
    answered.is_ok_and(|answer| answer == words.answer)
}

impl Instance {
    /// Calls `show` whenever somebody starts the program again, until this process ends.
    ///
    /// # Errors
    /// What the operating system says of threads.
    pub fn listen(self, show: impl Fn() + Send + 'static) -> io::Result<Leave> {
        let leave = Leave { file: self.file };
        let (listener, words) = (self.listener, self.words);
        std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if answer(stream, &words).unwrap_or_default() {
                    show();
                }
            }
        })?;
        Ok(leave)
    }
}

/// Reads a word, and answers where it is the right one.
fn answer(mut stream: TcpStream, words: &Words) -> io::Result<bool> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    (&mut stream).take(LONGEST).read_to_string(&mut said)?;
    let right = said == words.question;
    if right {
        stream.write_all(words.answer.as_bytes())?;
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
        fs::write(folder.path().join(FILE), "1 somebody else").expect("a file");
        let first = claim(folder.path()).expect("sockets").expect("the first");
        let (shown, show) = channel();
        let _leave = first.listen(move || shown.send(()).expect("the test waits")).expect("a thread");
        assert!(claim(folder.path()).expect("sockets").is_none());
        show.recv_timeout(PATIENCE).expect("the window was asked to show itself");
        assert!(show.try_recv().is_err());
    }

    /// The first one crashed, and another account of the machine listens at its port by now.
    #[test]
    fn who_says_back_what_is_heard_keeps_no_window_from_opening() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = other.local_addr().expect("a port").port();
        let words = Words::new();
        let left = format!("{port} {} {}", words.question, words.answer);
        fs::write(folder.path().join(FILE), left).expect("a file");
        let echo = std::thread::spawn(move || {
            let (mut stream, _) = other.accept().expect("somebody");
            let mut heard = String::new();
            stream.read_to_string(&mut heard).expect("a word");
            stream.write_all(heard.as_bytes()).expect("said back");
        });
        assert!(claim(folder.path()).expect("sockets").is_some());
        echo.join().expect("it was asked");
    }
}
