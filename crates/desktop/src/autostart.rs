//! Starting when somebody signs in to the computer: an entry of the desktop on Linux, an agent of launchd on a Mac, a value of the
//! registry on Windows. Each profile has its own.

use bwdc_engine::paths::{Platform, ProcessEnvironment};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const RUN_KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";

/// What starts, and for which profile.
pub(crate) struct Autostart<'a> {
    environment: &'a ProcessEnvironment,
    program: PathBuf,
    /// None: the default one.
    profile: Option<String>,
}

impl<'a> Autostart<'a> {
    /// This program with the profile of the environment; None where nobody knows where it lies.
    pub(crate) fn of(environment: &'a ProcessEnvironment) -> Option<Self> {
        let profile = environment.profile_name().unwrap_or_default();
        let profile = Some(profile).filter(|it| !it.is_default()).map(|it| it.to_string());
        Some(Self { environment, program: std::env::current_exe().ok()?, profile })
    }

    /// Whether it starts by itself; None where this desktop has no such thing.
    pub(crate) fn is_on(&self) -> Option<bool> {
        if self.environment.platform() == Platform::Windows {
            return reg(&["query", RUN_KEY, "/v", &self.name()]).ok();
        }
        self.file().map(|it| it.exists())
    }

    /// Has it start by itself, or no longer.
    ///
    /// # Errors
    /// Why the entry cannot be written or removed.
    pub(crate) fn set(&self, on: bool) -> io::Result<()> {
        if self.environment.platform() == Platform::Windows {
            let (name, value) = (self.name(), self.command_line());
            let done = if on {
                reg(&["add", RUN_KEY, "/v", &name, "/t", "REG_SZ", "/d", &value, "/f"])?
            } else {
                reg(&["delete", RUN_KEY, "/v", &name, "/f"])?
            };
            return if done { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) };
        }
        let file = self.file().ok_or(io::ErrorKind::NotFound)?;
        if !on {
            return std::fs::remove_file(file);
        }
        file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let text = if self.environment.platform() == Platform::MacOs { self.agent() } else { self.entry() };
        std::fs::write(file, text)
    }

    fn file(&self) -> Option<PathBuf> {
        let folder = |name: &str| self.environment.variable(name).filter(|it| !it.is_empty()).map(Path::new);
        let home = || folder("HOME");
        if self.environment.platform() == Platform::MacOs {
            return Some(home()?.join("Library/LaunchAgents").join(format!("{}.plist", self.name())));
        }
        let settings =
            folder("XDG_CONFIG_HOME").map(Path::to_owned).or_else(|| Some(home()?.join(".config")))?;
        Some(settings.join("autostart").join(format!("{}.desktop", self.name())))
    }

    fn name(&self) -> String {
        let profile = self.profile.as_deref().map(|it| format!("-{it}")).unwrap_or_default();
        format!("bwdc-desktop{profile}")
    }

    fn arguments(&self) -> Vec<String> {
        let program = self.program.display().to_string();
        let profile = self.profile.iter().flat_map(|it| ["--profile".to_owned(), it.clone()]);
        std::iter::once(program).chain(profile).collect()
    }

    fn command_line(&self) -> String {
        let parts = self.arguments().into_iter().map(|it| format!("\"{it}\""));
        parts.collect::<Vec<_>>().join(" ")
    }

    /// As the Desktop Entry Specification has it: quoted, `\` before what a shell would read, and a percent sign twice.
    fn entry(&self) -> String {
        let quoted = |text: &String| {
            let mut quoted = String::from("\"");
            for letter in text.chars() {
                // Once for the quotes, and once for the value of a key, which has escapes of its own.
                match letter {
                    '"' | '`' | '$' => quoted.extend(["\\\\", letter.encode_utf8(&mut [0; 4])]),
                    '\\' => quoted.push_str("\\\\\\\\"),
                    '%' => quoted.push_str("%%"),
                    letter => quoted.push(letter),
                }
            }
            quoted + "\""
        };
        let line = self.arguments().iter().map(quoted).collect::<Vec<_>>().join(" ");
        format!("[Desktop Entry]\nType=Application\nName=Directory Connector\nExec={line}\nTerminal=false\n")
    }

    fn agent(&self) -> String {
        let text = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let arguments: String =
            self.arguments().iter().map(|it| format!("    <string>{}</string>\n", text(it))).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  \
             <string>{}</string>\n  <key>ProgramArguments</key>\n  <array>\n{arguments}  </array>\n  \
             <key>RunAtLoad</key>\n  <true/>\n</dict>\n</plist>\n",
            self.name()
        )
    }
}

/// Whether the registry's own program did it.
fn reg(arguments: &[&str]) -> io::Result<bool> {
    let mut command = Command::new("reg.exe");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().map(|it| it.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(platform: Platform, folder: &Path) -> ProcessEnvironment {
        let home = folder.display().to_string();
        ProcessEnvironment::new(platform, None, [("HOME", home.clone()), ("XDG_CONFIG_HOME", home)])
    }

    fn autostart<'a>(environment: &'a ProcessEnvironment, profile: Option<&str>) -> Autostart<'a> {
        let program = PathBuf::from("/opt/100% \"ours\"/$HOME/bwdc-desktop");
        Autostart { environment, program, profile: profile.map(str::to_owned) }
    }

    #[test]
    fn an_entry_of_the_desktop_comes_and_goes_and_means_the_program_as_it_is_called() {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = environment(Platform::Linux, folder.path());
        let (default, berlin) = (autostart(&environment, None), autostart(&environment, Some("berlin")));
        assert_eq!((default.is_on(), berlin.is_on()), (Some(false), Some(false)));
        berlin.set(true).expect("written");
        assert_eq!((default.is_on(), berlin.is_on()), (Some(false), Some(true)));
        let text = std::fs::read_to_string(folder.path().join("autostart/bwdc-desktop-berlin.desktop"));
        let exec = r#"Exec="/opt/100%% \\"ours\\"/\\$HOME/bwdc-desktop" "--profile" "berlin""#;
        assert_eq!(
            text.expect("an entry"),
            format!("[Desktop Entry]\nType=Application\nName=Directory Connector\n{exec}\nTerminal=false\n")
        );
        berlin.set(false).expect("removed");
        assert_eq!(berlin.is_on(), Some(false));
    }

    #[test]
    fn a_mac_has_an_agent_and_who_has_no_home_has_no_switch() {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = environment(Platform::MacOs, folder.path());
        let default = autostart(&environment, None);
        default.set(true).expect("written");
        let text = std::fs::read_to_string(folder.path().join("Library/LaunchAgents/bwdc-desktop.plist"));
        let text = text.expect("an agent");
        assert!(text.contains("<string>/opt/100% \"ours\"/$HOME/bwdc-desktop</string>"), "{text}");
        let none = ProcessEnvironment::new(Platform::Linux, None, [("LANG", "C")]);
        assert_eq!(autostart(&none, None).is_on(), None);
    }
}
