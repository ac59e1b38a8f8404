//! Questions. They go to the error stream, so that standard output stays the answer; a secret is typed without echo.

use crate::error::CommandError;
use crate::output::{columns, in_columns};
use bwdc_console::plain::Lines;
use console::Term;
use rpassword::{ConfigBuilder, read_password_with_config};
use secrecy::SecretString;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Where questions are asked.
#[derive(Clone, Copy)]
pub(crate) struct Prompt {
    /// Whether the question itself is shown.
    pub(crate) visible: bool,
}

impl Prompt {
    /// Asks for a line. None: the input ended, or the line is blank.
    pub(crate) async fn line(self, question: &str) -> Result<Option<String>, CommandError> {
        self.ask(question)?;
        let line = read_line().await?;
        if line.is_none() || !io::stdin().is_terminal() {
            self.write("\n")?;
        }
        Ok(line.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()))
    }

    /// Asks for a yes, which only somebody at a terminal can give.
    pub(crate) async fn yes(self, question: &str) -> Result<bool, CommandError> {
        if !io::stdin().is_terminal() {
            return Ok(false);
        }
        let answer = self.line(question).await?;
        Ok(answer.is_some_and(|it| it.eq_ignore_ascii_case("y") || it.eq_ignore_ascii_case("yes")))
    }

    /// Asks for a secret. On a terminal nothing of it is shown; elsewhere it is a line like any other.
    ///
    /// The terminal is put right before this returns, also after Ctrl-C: reading happens on this thread, and the
    /// runtime's handler keeps the signal from ending the process in between.
    pub(crate) async fn secret(self, question: &str) -> Result<Option<SecretString>, CommandError> {
        self.ask(question)?;
        let line = if io::stdin().is_terminal() {
            let typed = unseen();
            self.write("\n")?;
            match typed {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    return Err(CommandError::Interrupted);
                }
                typed => typed.map_err(CommandError::Prompt)?,
            }
        } else {
            let line = read_line().await?;
            self.write("\n")?;
            line.map(|line| line.trim_end_matches(['\r', '\n']).to_owned())
        };
        Ok(line.filter(|line| !line.is_empty()).map(SecretString::from))
    }

    /// Shows something that belongs to a question.
    pub(crate) fn show(self, text: &str) -> Result<(), CommandError> {
        self.write(&format!("{text}\n"))
    }

    /// The same for a text that was made fit to be shown, and may have colors.
    pub(crate) fn show_colored(self, text: &str) -> Result<(), CommandError> {
        let mut terminal = io::stderr().lock();
        writeln!(terminal, "{text}").and_then(|()| terminal.flush()).map_err(CommandError::Prompt)
    }

    fn ask(self, question: &str) -> Result<(), CommandError> {
        self.write(&format!("{question}: "))
    }

    fn write(self, text: &str) -> Result<(), CommandError> {
        if !self.visible {
            return Ok(());
        }
        let mut terminal = io::stderr().lock();
        terminal
            .write_all(in_columns(text, columns(&Term::stderr())).as_bytes())
            .and_then(|()| terminal.flush())
            .map_err(CommandError::Prompt)
    }
}

/// A line that is typed unseen. None: the input ended.
fn unseen() -> io::Result<Option<String>> {
    let config = ConfigBuilder::new().output_discard().password_feedback_hide().build();
    match read_password_with_config(config) {
        Ok(line) => Ok(Some(line)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The lines of a conversation. Ctrl-C ends it while a line is typed, and what is under way while something is.
pub(crate) struct TypedLines {
    runtime: Runtime,
    interrupted: Arc<AtomicBool>,
    is_first: bool,
}

impl TypedLines {
    pub(crate) fn new() -> Result<Self, CommandError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(CommandError::Runtime)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&interrupted);
        runtime.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                heard.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self { runtime, interrupted, is_first: true })
    }
}

impl Lines for TypedLines {
    fn line(&mut self, is_secret: bool) -> io::Result<Option<String>> {
        let read = if is_secret && io::stdin().is_terminal() {
            let line = unseen();
            println()?;
            line?
        } else {
            let line = self.runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = tokio::signal::ctrl_c() => Err(io::ErrorKind::Interrupted.into()),
                    line = read_line() => line.map_err(io::Error::other),
                }
            })?;
            let first = std::mem::replace(&mut self.is_first, false);
            // What writes a file on Windows may put a mark before its first line.
            let marked = |it: String| if first { it.trim_start_matches('\u{feff}').to_owned() } else { it };
            line.map(|it| marked(it).trim_end_matches(['\r', '\n']).to_owned())
        };
        self.interrupted.store(false, Ordering::Relaxed);
        Ok(read)
    }

    fn is_seen(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn is_interrupted(&mut self) -> bool {
        self.interrupted.swap(false, Ordering::Relaxed)
    }
}

/// What was typed unseen has no line end on the screen.
fn println() -> io::Result<()> {
    io::stdout().lock().write_all(b"\n")
}

/// Reads on a thread of its own: a read from a terminal cannot be interrupted, and Ctrl-C has to be heard meanwhile.
async fn read_line() -> Result<Option<String>, CommandError> {
    let (sender, line) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Nobody listens any more when the question was interrupted.
        let _ = sender.send(read.map(|length| (length > 0).then_some(line)));
    });
    match line.await {
        Ok(read) => read.map_err(CommandError::Prompt),
        Err(_) => Ok(None),
    }
}
