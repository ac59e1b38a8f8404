//! Questions. They go to the error stream, so that standard output stays the answer; a secret is typed without echo.

use crate::error::CommandError;
use bwdc_messages::foreign::fit;
use rpassword::{ConfigBuilder, read_password_with_config};
use secrecy::SecretString;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
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
            let typed = read_password_with_config(
                ConfigBuilder::new().output_discard().password_feedback_hide().build(),
            );
            self.write("\n")?;
            match typed {
                Ok(line) => Some(line),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    return Err(CommandError::Interrupted);
                }
                Err(error) => return Err(CommandError::Prompt(error)),
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

    fn ask(self, question: &str) -> Result<(), CommandError> {
        self.write(&format!("{question}: "))
    }

    fn write(self, text: &str) -> Result<(), CommandError> {
        if !self.visible {
            return Ok(());
        }
        let mut terminal = io::stderr().lock();
        terminal.write_all(fit(text).as_bytes()).and_then(|()| terminal.flush()).map_err(CommandError::Prompt)
    }
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
