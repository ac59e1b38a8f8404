//! Who is at the other end of the socket.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long the system may take to name an account.
const PATIENCE: Duration = Duration::from_secs(2);
const EACH_LOOK: Duration = Duration::from_millis(5);
/// In bytes.
const LONGEST: u64 = 64 * 1024;

/// Whoever asks, as the operating system tells; nothing of it comes from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The number of the account.
    pub user: u32,
}

impl Caller {
    /// Whether it may ask at all. `for_group`: whoever may open the socket may, since its mode lets in root and a group;
    /// else the account of the service and root.
    pub(super) fn may_ask(self, for_group: bool, service: u32) -> bool {
        for_group || self.user == service || self.user == 0
    }

    /// Whoever could open the pipe of a service of Windows, which does not tell who it is.
    #[cfg(windows)]
    pub(super) fn administrator() -> Self {
        Self { user: 0 }
    }

    /// The name of the account, for the record; on Windows that of the group that may ask.
    pub fn name(self) -> String {
        if cfg!(windows) { "Administrators".to_owned() } else { name_of(self.user) }
    }
}

/// The name of an account; where the machine does not know one, its number.
pub fn name_of(user: u32) -> String {
    let listed = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
    if let Some(name) = in_list(&listed, user) {
        return name;
    }
    // Accounts of a directory are in no file.
    from_system(user).ok().flatten().unwrap_or_else(|| format!("uid {user}"))
}

fn in_list(list: &str, user: u32) -> Option<String> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number = fields.nth(1)?;
        (number.parse() == Ok(user)).then(|| name.to_owned())
    })
}

fn from_system(user: u32) -> io::Result<Option<String>> {
    let mut command = Command::new("/usr/bin/getent");
    // What the process was given in its environment is nobody else's matter.
    command.env_clear().args(["passwd", &user.to_string()]);
    let answer = answer_of(&mut command, PATIENCE)?;
    Ok(in_list(&answer, user))
}

/// What a command prints, without waiting longer than this: the accounts may be in the very directory that does not answer, and
/// everything else of the service waits meanwhile.
fn answer_of(command: &mut Command, patience: Duration) -> io::Result<String> {
    let end = Instant::now() + patience;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    while child.try_wait()?.is_none() {
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(EACH_LOOK);
    }
    let mut answer = String::new();
    // A line; whoever prints more than a pipe holds does not end.
    if let Some(stdout) = child.stdout {
        stdout.take(LONGEST).read_to_string(&mut answer)?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_number() {
        let list = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(in_list(list, 1000).as_deref(), Some("ann"));
        assert_eq!(in_list(list, 100), None);
        assert_eq!(in_list("broken\n:::\n", 0), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_does_not_come_is_not_waited_for() {
        let shell = |script: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", script]);
            command
        };
        let error =
            answer_of(&mut shell("exec sleep 600"), Duration::from_millis(200)).expect_err("too late");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let answer = answer_of(&mut shell("echo ann:x:1000:"), Duration::from_secs(60)).expect("in time");
        assert_eq!(in_list(&answer, 1000).as_deref(), Some("ann"));
    }

    #[test]
    fn a_users_own_service_answers_its_account_and_root_only() {
        let (own, root, other) = (Caller { user: 1000 }, Caller { user: 0 }, Caller { user: 1001 });
        assert!(own.may_ask(false, 1000) && root.may_ask(false, 1000) && !other.may_ask(false, 1000));
        assert!(other.may_ask(true, 990), "the group is let in by the socket's mode");
    }
}
