//! Who is at the other end of the socket.

use std::io;
use std::path::Path;

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

    /// The name of the account, for the record.
    pub fn name(self) -> String {
        name_of(self.user)
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
    let mut command = std::process::Command::new("/usr/bin/getent");
    // What the process was given in its environment is nobody else's matter.
    let answer = command.env_clear().args(["passwd", &user.to_string()]).output()?;
    Ok(in_list(&String::from_utf8_lossy(&answer.stdout), user))
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

    #[test]
    fn a_users_own_service_answers_its_account_and_root_only() {
        let (own, root, other) = (Caller { user: 1000 }, Caller { user: 0 }, Caller { user: 1001 });
        assert!(own.may_ask(false, 1000) && root.may_ask(false, 1000) && !other.may_ask(false, 1000));
        assert!(other.may_ask(true, 990), "the group is let in by the socket's mode");
    }
}
