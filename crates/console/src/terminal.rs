//! The driver for a terminal: keys in, frames out. The terminal is put back as it was, however the program ends.

mod sixteen;

use crate::app::{App, Start};
use crate::draw::{Colors, draw};
use crate::key::Key;
use crate::office::Office;
use crate::runs::Runs;
use bwdc_engine::failpoint::may_panic;
use bwdc_engine::paths::ProcessEnvironment;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use sixteen::Sixteen;
use std::io::{self, Stdout, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a key is waited for before reports are looked at: while one is expected, and else.
const BUSY: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_millis(100);
/// Keys that are taken before the screen is drawn again: a paste without brackets is many.
const AT_ONCE: usize = 256;

/// The console in the terminal of this process, until the reader leaves it.
///
/// # Errors
/// What the terminal says.
pub fn run(environment: ProcessEnvironment, start: Start) -> io::Result<()> {
    let colors = if no_color(&environment) { Colors::None } else { Colors::Sixteen };
    let mut app = App::new(environment, start);
    let office = Office::open()?;
    let mut screen = Held::take()?;
    let ended = converse(&mut app, &office, &mut screen, colors);
    drop(screen);
    // However it ended: a run is not cut off in the middle of a request.
    office.runs().leave();
    ended
}

fn converse(app: &mut App, office: &Office, screen: &mut Held, colors: Colors) -> io::Result<()> {
    let ended = Ended::listen(office.runs().clone());
    let mut is_stale = true;
    while !app.is_over() && !ended.is_asked() {
        for order in app.orders() {
            office.order(order);
        }
        // Nothing is written while nothing happens: the way to a terminal may be long.
        if std::mem::take(&mut is_stale) {
            screen.draw(app, colors)?;
        }
        let mut wait = if app.is_waiting() { BUSY } else { IDLE };
        for _ in 0..AT_ONCE {
            if !event::poll(wait)? {
                break;
            }
            wait = Duration::ZERO;
            is_stale = true;
            match event::read()? {
                Event::Key(key) if is_suspend(&key) => screen.suspend()?,
                Event::Key(key) => {
                    may_panic("console-key");
                    if let Some(key) = translated(&key) {
                        app.key(&key);
                    }
                }
                Event::Paste(text) => app.key(&Key::Paste(text)),
                _ => {}
            }
            if app.is_over() {
                break;
            }
        }
        while let Some(report) = office.report(Duration::ZERO) {
            app.report(report);
            is_stale = true;
        }
    }
    Ok(())
}

/// How often it is seen whether the terminal is still there.
#[cfg(unix)]
const LOOK: Duration = Duration::from_secs(1);
/// How long the program may take to end by itself, once its runs have.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(2);

/// Whether the system asked the program to end, or took its terminal away: what can be put back is put back first.
struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Listens on a thread of its own. Where that is not to be had, the system ends the program as it always does.
    ///
    /// Reading keys from a terminal that went away never ends, so this thread ends the program where the other one cannot.
    #[cfg(unix)]
    fn listen(runs: Runs) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let asked = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&asked);
        let listener = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let (Ok(mut end), Ok(mut left)) =
                    (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
                else {
                    return;
                };
                tokio::select! {
                    _ = end.recv() => {}
                    _ = left.recv() => {}
                    () = terminal_gone() => {}
                }
                heard.store(true, Ordering::Relaxed);
            });
            if heard.load(Ordering::Relaxed) {
                runs.leave();
                std::thread::sleep(GRACE);
                let _ = give_back();
                std::process::exit(1);
            }
        };
        // Its end is the program's.
        let _ = std::thread::Builder::new().name("bwdc-signals".to_owned()).spawn(listener);
        Self(asked)
    }

    #[cfg(not(unix))]
    fn listen(_: Runs) -> Self {
        Self(Arc::default())
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns when the terminal of this process went away.
#[cfg(unix)]
async fn terminal_gone() {
    while rustix::termios::tcgetattr(io::stdin()).err() != Some(rustix::io::Errno::IO) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether the reader wants no colors (<https://no-color.org>), or the terminal has none.
fn no_color(environment: &ProcessEnvironment) -> bool {
    environment.variable("NO_COLOR").is_some() || environment.variable("TERM").is_some_and(|it| it == "dumb")
}

/// The terminal, held for frames.
struct Held {
    terminal: Terminal<CrosstermBackend<Sixteen<Stdout>>>,
}

impl Held {
    fn take() -> io::Result<Self> {
        let before = std::panic::take_hook();
        let ours = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() != ours {
                // Its job ends alone, and the frame stays: the message is for the log.
                tracing::error!("{panic}");
                return;
            }
            // Whatever the panic is about, its message has to be readable.
            let _ = give_back();
            before(panic);
        }));
        enter()?;
        let terminal = Terminal::new(CrosstermBackend::new(Sixteen::new(stdout())));
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| {
            let _ = give_back();
        })
    }

    fn draw(&mut self, app: &App, colors: Colors) -> io::Result<()> {
        let screen = app.screen();
        self.terminal.draw(|frame| {
            if let Some(cursor) = draw(&screen, frame.buffer_mut(), colors) {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    /// Leaves the terminal to the shell until the program is called back.
    #[cfg(unix)]
    fn suspend(&mut self) -> io::Result<()> {
        use rustix::process::{Signal, getpid, kill_process};
        give_back()?;
        kill_process(getpid(), Signal::TSTP)?;
        enter()?;
        self.terminal.clear()
    }

    #[cfg(not(unix))]
    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // There is nowhere left to say that this failed.
        let _ = give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

fn give_back() -> io::Result<()> {
    let left = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    disable_raw_mode()?;
    left
}

fn is_suspend(key: &KeyEvent) -> bool {
    key.kind != KeyEventKind::Release
        && key.code == KeyCode::Char('z')
        && key.modifiers.contains(KeyModifiers::CONTROL)
}

fn translated(key: &KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL) && !key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('c') if control => Key::Stop,
        KeyCode::Char('s') if control => Key::Save,
        KeyCode::Char('u') if control => Key::Clear,
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        _ => return None,
    })
}
