//! What a service is registered with on Windows, as data.

use super::{Layout, Scope};
use crate::paths::ProcessEnvironment;
use std::path::{Path, PathBuf};

/// The name by which the system knows the service.
pub const SERVICE_NAME: &str = "bwdc";
/// The account that Windows makes for the service, and that nobody can sign in as.
pub(super) const VIRTUAL_ACCOUNT: &str = r"NT SERVICE\bwdc";
/// The word before the path of its folder, in the command line that the system starts.
const FOLDER_OPTION: &str = "--data-folder";

/// A service as Windows keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What lists of services show.
    pub display_name: &'static str,
    /// What they show of it beside that.
    pub description: &'static str,
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// The account that it runs as.
    pub account: String,
    /// Minutes after which the system starts it again when it failed: the first time, the second, and any later one.
    pub restarts: [u64; 3],
}

impl Registration {
    /// The service of a layout. `account`: None for the one that the system makes for it.
    pub(super) fn of(layout: &Layout, account: Option<&str>) -> Self {
        Self {
            display_name: "Bitwarden Directory Connector (bwdc)",
            description: "Makes the Bitwarden organization follow the directory, on a schedule",
            arguments: vec![
                FOLDER_OPTION.to_owned(),
                layout.folder.display().to_string(),
                "run".to_owned(),
                "--windows-service".to_owned(),
            ],
            account: account.unwrap_or(VIRTUAL_ACCOUNT).to_owned(),
            restarts: [1, 5, 15],
        }
    }
}

/// Where the service of a Windows machine has its program and its folder.
pub(super) fn layout(environment: &ProcessEnvironment) -> Layout {
    let under = |name: &str, usual: &str| {
        environment.variable(name).map_or_else(|| PathBuf::from(usual), PathBuf::from)
    };
    Layout {
        scope: Scope::Machine,
        program: joined(&under("ProgramFiles", r"C:\Program Files"), &["bwdc", "bwdc.exe"]),
        folder: joined(&under("ProgramData", r"C:\ProgramData"), &["Bitwarden Directory Connector"]),
    }
}

/// By the rules of Windows, wherever this program runs.
fn joined(folder: &Path, names: &[&str]) -> PathBuf {
    let mut path = folder.display().to_string();
    for name in names {
        path.push('\\');
        path.push_str(name);
    }
    PathBuf::from(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Platform;

    #[test]
    fn a_service_of_windows_is_told_its_folder_in_its_command_line() {
        let variables = [("PROGRAMDATA", r"D:\Data"), ("ProgramFiles", r"D:\Programs")];
        let layout = layout(&ProcessEnvironment::new(Platform::Windows, None, variables));
        assert_eq!(layout.program, Path::new(r"D:\Programs\bwdc\bwdc.exe"));
        let registration = Registration::of(&layout, None);
        assert_eq!(registration.account, r"NT SERVICE\bwdc");
        assert_eq!(
            registration.arguments,
            ["--data-folder", r"D:\Data\Bitwarden Directory Connector", "run", "--windows-service"]
        );
        let managed = Registration::of(&layout, Some(r"EXAMPLE\bwdc$"));
        assert_eq!(managed.account, r"EXAMPLE\bwdc$");
    }
}
