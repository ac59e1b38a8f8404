//! What takes an administrator, done by a program of its own: the system asks, the command line is started with the rights, told the
//! folder by its full path, and this process has never more of them than before.

use super::{SystemServiceError, Verb};
use crate::paths::{Platform, ProcessEnvironment};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How the system asks for an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elevation {
    /// polkit, by this program.
    Polkit(PathBuf),
    /// The dialog of macOS.
    AppleScript,
    /// User Account Control.
    UserAccountControl,
}

/// What is done with an administrator's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElevatedWork<'w> {
    /// Install the machine's service.
    Install {
        /// The folder of the profile that it takes over.
        from: Option<&'w Path>,
        /// Whether it runs the commands that the settings there name.
        keep_commands: bool,
    },
    /// Start, stop or restart it.
    Control(Verb),
    /// Stop and remove it.
    Remove,
}

impl ElevatedWork<'_> {
    fn arguments(&self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Install { keep_commands: true, .. } => &["install", "--yes", "--keep-commands"],
            Self::Install { .. } => &["install", "--yes"],
            Self::Control(Verb::Start) => &["start"],
            Self::Control(Verb::Stop) => &["stop"],
            Self::Control(Verb::Restart) => &["restart"],
            Self::Remove => &["uninstall"],
        };
        let mut arguments = vec!["service".to_owned()];
        arguments.extend(words.iter().map(|it| (*it).to_owned()));
        if let Self::Install { from: Some(from), .. } = self {
            arguments.extend(["--from".to_owned(), from.display().to_string()]);
        }
        arguments
    }
}

/// How the system asks in this session; None: it does not, or nobody has to be asked.
pub fn elevation(environment: &ProcessEnvironment) -> Option<Elevation> {
    if super::is_root() {
        return None;
    }
    match environment.platform() {
        Platform::Windows => Some(Elevation::UserAccountControl),
        Platform::MacOs => Some(Elevation::AppleScript),
        // Without a display there is no agent of a desktop that would ask.
        Platform::Linux
            if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|it| environment.variable(it).is_none()) =>
        {
            None
        }
        Platform::Linux => {
            let path = environment.variable("PATH")?;
            std::env::split_paths(path)
                .map(|it| it.join("pkexec"))
                .find(|it| it.is_absolute() && it.is_file())
                .map(Elevation::Polkit)
        }
    }
}

/// Has the command line do something as an administrator; what it printed.
///
/// # Errors
/// [`SystemServiceError::NotAgreed`] when nobody agreed; [`SystemServiceError::Command`] with what it said.
pub fn as_administrator(
    environment: &ProcessEnvironment,
    elevation: &Elevation,
    program: &Path,
    work: ElevatedWork<'_>,
) -> Result<String, SystemServiceError> {
    let mut command = command(elevation, program, &work.arguments());
    environment.keep_secrets_from(&mut command);
    let shown = || format!("{} {}", program.display(), work.arguments().join(" "));
    let failed = |said: String| SystemServiceError::Command { command: shown(), said };
    let output = command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(if was_refused(elevation, output.status.code(), &said) {
        SystemServiceError::NotAgreed
    } else {
        failed(said)
    })
}

fn command(elevation: &Elevation, program: &Path, arguments: &[String]) -> Command {
    match elevation {
        Elevation::Polkit(pkexec) => {
            let mut command = Command::new(pkexec);
            command.arg("--disable-internal-agent").arg(program).args(arguments);
            command
        }
        Elevation::AppleScript => {
            // The words come as arguments, and are quoted by the one who runs them.
            let script = "on run argv\nset line to \"\"\nrepeat with one in argv\nset line to line & quoted form of one & \" \"\n\
                          end repeat\ndo shell script line with administrator privileges\nend run";
            let mut command = Command::new("/usr/bin/osascript");
            command.args(["-e", script]).arg(program).args(arguments);
            command
        }
        Elevation::UserAccountControl => {
            let mut command = Command::new("powershell.exe");
            command.args(["-NoProfile", "-NonInteractive", "-Command", &powershell(program, arguments)]);
            command
        }
    }
}

/// A line of PowerShell that starts a program elevated, waits, and ends as it did.
fn powershell(program: &Path, arguments: &[String]) -> String {
    // In PowerShell's quotes only a quote is doubled; a program of Windows takes what is between double quotes as one argument.
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let arguments: Vec<String> =
        arguments.iter().map(|it| quoted(&format!("\"{}\"", it.trim_end_matches('\\')))).collect();
    format!(
        "$ErrorActionPreference = 'Stop'; $done = Start-Process -FilePath {} -ArgumentList {} -Verb RunAs -WindowStyle Hidden -Wait \
         -PassThru; exit $done.ExitCode",
        quoted(&program.display().to_string()),
        arguments.join(", ")
    )
}

/// Whether nobody agreed: pkexec's own codes (pkexec(1)), AppleScript's -128, what Windows says of a dialog that was closed.
fn was_refused(elevation: &Elevation, code: Option<i32>, said: &str) -> bool {
    match elevation {
        Elevation::Polkit(_) => matches!(code, Some(126 | 127)),
        Elevation::AppleScript => said.contains("(-128)"),
        Elevation::UserAccountControl => said.contains("canceled by the user"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        let words = [command.get_program()].into_iter().chain(command.get_args());
        words.map(|it| it.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_helper_is_told_the_folder_by_its_full_path_and_nothing_else() {
        let from = Path::new("/home/o'ann/.config/Bitwarden Directory Connector");
        let work = ElevatedWork::Install { from: Some(from), keep_commands: false };
        let (program, arguments) = (Path::new("/opt/bwdc/bwdc"), work.arguments());
        let polkit = command(&Elevation::Polkit("/usr/bin/pkexec".into()), program, &arguments);
        assert_eq!(
            words(&polkit),
            [
                "/usr/bin/pkexec",
                "--disable-internal-agent",
                "/opt/bwdc/bwdc",
                "service",
                "install",
                "--yes",
                "--from",
                "/home/o'ann/.config/Bitwarden Directory Connector"
            ]
        );
        let apple = words(&command(&Elevation::AppleScript, program, &arguments));
        assert_eq!((apple.len(), apple[0].as_str()), (9, "/usr/bin/osascript"));
        assert!(!apple[2].contains("ann"), "nothing of a path is in a script");
        let line = powershell(
            Path::new(r"C:\Program Files\bwdc\bwdc.exe"),
            &ElevatedWork::Install { from: Some(Path::new(r"C:\Users\o'ann\Data")), keep_commands: true }
                .arguments(),
        );
        assert!(line.contains(r"-FilePath 'C:\Program Files\bwdc\bwdc.exe' -ArgumentList"), "{line}");
        assert!(line.contains(r#"'"--keep-commands"', '"--from"', '"C:\Users\o''ann\Data"'"#), "{line}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn polkit_is_asked_without_our_secrets_and_a_no_is_a_no() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let pkexec = folder.path().join("pkexec");
        let said = folder.path().join("said");
        let script = format!(
            "#!/bin/sh\necho \"$@\" > '{0}'\nenv >> '{0}'\necho done\nexit $(cat '{0}.code')\n",
            said.display()
        );
        std::fs::write(&pkexec, script).expect("a file");
        std::fs::set_permissions(&pkexec, std::fs::Permissions::from_mode(0o755)).expect("its owner");
        let variables =
            [("PATH", folder.path().display().to_string()), ("BW_CLIENTSECRET", "s3cr3t-0f-ours".to_owned())];
        let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
        assert_eq!(elevation(&environment), None, "no display, nobody who asks");
        let elevation = Elevation::Polkit(pkexec);
        let code = |code: &str| std::fs::write(folder.path().join("said.code"), code).expect("a file");
        let run = || {
            as_administrator(
                &environment,
                &elevation,
                Path::new("/opt/bwdc"),
                ElevatedWork::Control(Verb::Stop),
            )
        };
        code("0");
        assert_eq!(run().expect("done"), "done");
        let told = std::fs::read_to_string(&said).expect("what it was told");
        assert!(told.starts_with("--disable-internal-agent /opt/bwdc service stop\n"), "{told}");
        assert!(!told.contains("s3cr3t-0f-ours"));
        code("126");
        assert!(matches!(run(), Err(SystemServiceError::NotAgreed)));
        code("1");
        assert!(matches!(run(), Err(SystemServiceError::Command { .. })));
    }
}
