//! Where a profile lives, and what "only for its owner" means on each operating system.
//!
//! The environment comes in as a value, so that tests need no process-wide variables and every platform's rule runs on
//! every platform.

mod beside;
mod moved;
mod open_folder;
pub(crate) mod owner_only;
mod owners;
mod profile_name;

pub use moved::moved_to;
pub(crate) use moved::{MOVED, mark};
#[cfg(windows)]
pub(crate) use open_folder::is_open_to_accounts;
pub(crate) use open_folder::open_folder;
pub(crate) use owners::{stranger_of_file, stranger_of_folder};
pub use profile_name::ProfileName;

use bwdc_core::names::SourceName;
use bwdc_core::settings::Setting;
use secrecy::SecretString;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

const FOLDER_NAME: &str = "Bitwarden Directory Connector";

/// The folder of the other profiles, in that of the default one.
pub(crate) const PROFILES: &str = "profiles";

/// The variable that names the profile.
const PROFILE: &str = "BWDC_PROFILE";

/// The operating systems whose rules for folders differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux and every other Unix.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// What the process was started with.
#[derive(Clone)]
pub struct ProcessEnvironment {
    variables: Vec<(OsString, OsString)>,
    program_folder: Option<PathBuf>,
    /// The program's own file.
    program: Option<PathBuf>,
    platform: Platform,
    profile: Option<ProfileName>,
    /// Whether the keychain of the session may be used.
    keychain: bool,
    /// What was typed and is not stored yet.
    typed: Typed,
}

/// Secrets that were typed and are not stored yet, by the names of their settings.
type Typed = Vec<(&'static str, SecretString)>;

impl ProcessEnvironment {
    /// Reads the environment of this process.
    pub fn current() -> Self {
        let platform = if cfg!(windows) {
            Platform::Windows
        } else if cfg!(target_os = "macos") {
            Platform::MacOs
        } else {
            Platform::Linux
        };
        let program = std::env::current_exe().ok();
        Self {
            variables: std::env::vars_os().collect(),
            program_folder: program.as_deref().and_then(std::path::Path::parent).map(PathBuf::from),
            program,
            platform,
            profile: None,
            keychain: true,
            typed: Typed::new(),
        }
    }

    /// An environment made of the given variables, for a program that lies in `program_folder`.
    pub fn new<Name: Into<OsString>, Text: Into<OsString>>(
        platform: Platform,
        program_folder: Option<PathBuf>,
        variables: impl IntoIterator<Item = (Name, Text)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        Self {
            variables,
            program_folder,
            program: None,
            platform,
            profile: None,
            keychain: true,
            typed: Typed::new(),
        }
    }

    /// The same environment for the profile of this name, whatever `BWDC_PROFILE` says.
    #[must_use]
    pub fn for_profile(mut self, name: ProfileName) -> Self {
        self.profile = Some(name);
        self
    }

    /// The same environment with these variables before all others, as if the program had been started with them.
    #[must_use]
    pub fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (number, (name, value)) in variables.into_iter().enumerate() {
            self.variables.insert(number, (name.into(), value.into()));
        }
        self
    }

    /// The same environment for an installation that has nothing to do with this user's: without any variable of ours or
    /// of the official connector, and without the keychain.
    #[must_use]
    pub fn apart(mut self) -> Self {
        let ours = ["BWDC_", "BW_", "BITWARDENCLI_", "BITWARDEN_", "CREDENTIALS_DIRECTORY"];
        self.variables.retain(|(name, _)| {
            let name = name.to_string_lossy().to_ascii_uppercase();
            !ours.iter().any(|start| name.starts_with(start))
        });
        Self { profile: None, keychain: false, ..self }
    }

    /// The same environment with what was typed and is not stored yet, so that it can be tried: settings count as those of
    /// variables do, before what is stored.
    #[must_use]
    pub fn with_typed(
        mut self,
        settings: &[(&'static Setting, String)],
        secrets: Vec<(&'static Setting, SecretString)>,
    ) -> Self {
        for (setting, value) in settings {
            let variable = setting.variable();
            self.variables.retain(|(name, _)| !name.eq_ignore_ascii_case(&variable));
            self.variables.push((variable.into(), value.into()));
        }
        self.typed.extend(secrets.into_iter().map(|(setting, secret)| (setting.name, secret)));
        self
    }

    /// A secret that was typed and is not stored yet, by the name of its setting.
    pub(crate) fn typed_secret(&self, label: &str) -> Option<&SecretString> {
        self.typed.iter().rev().find(|(name, _)| *name == label).map(|(_, secret)| secret)
    }

    /// Whether the keychain of the session may be used.
    pub(crate) fn has_keychain(&self) -> bool {
        self.keychain
    }

    /// The profile that is meant: the one that was named, else the one that `BWDC_PROFILE` names, else the default one.
    ///
    /// # Errors
    /// [`PathError::ProfileName`] when the variable holds no name of a profile.
    pub fn profile_name(&self) -> Result<ProfileName, PathError> {
        match (&self.profile, self.variable(PROFILE)) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(typed)) => ProfileName::parse(&typed.to_string_lossy()),
            (None, None) => Ok(ProfileName::default()),
        }
    }

    /// The variable's value; None when it is unset or empty, which count as the same.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let same = |found: &OsStr| match self.platform {
            Platform::Windows => found.eq_ignore_ascii_case(name),
            Platform::Linux | Platform::MacOs => found == name,
        };
        let (_, value) = self.variables.iter().find(|(found, _)| same(found))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// The operating system whose rules count.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The variables whose values are secrets: nobody else is handed them.
    pub(crate) fn secret_variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let secret = self.variables.iter().filter(|(name, _)| is_of_secret(name));
        secret.map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Keeps the variables whose values are secrets from a program that is about to be started.
    pub fn keep_secrets_from(&self, command: &mut std::process::Command) {
        for (variable, _) in self.secret_variables() {
            command.env_remove(variable);
        }
    }

    /// The names of all variables that are text and not empty.
    pub fn variable_names(&self) -> impl Iterator<Item = String> {
        let set = self.variables.iter().filter(|(_, value)| !value.is_empty());
        set.filter_map(|(name, _)| name.to_str().map(str::to_owned))
    }

    /// Whether secrets shall stand in `data.json` as they are (`BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS=true`).
    pub fn plaintext_secrets(&self) -> bool {
        self.variable("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS").is_some_and(|value| value == "true")
    }

    /// The data folder that today's connector would use.
    ///
    /// # Errors
    /// [`PathError`] when no variable tells where this user's settings are kept, or another account made the folder beside
    /// the program.
    pub fn data_folder(&self) -> Result<PathBuf, PathError> {
        for name in ["BITWARDENCLI_CONNECTOR_APPDATA_DIR", "BITWARDEN_CONNECTOR_APPDATA_DIR"] {
            if let Some(folder) = self.variable(name) {
                return Ok(folder.into());
            }
        }
        let program_folder = self.program_folder.as_deref();
        if let Some(folder) =
            program_folder.map_or(Ok(None), |it| beside::folder(it, self.program.as_deref()))?
        {
            return Ok(folder);
        }
        let under = |name: &'static str, within: &str| {
            let parent = PathBuf::from(self.variable(name).ok_or(PathError::Folder { variable: name })?);
            Ok(if within.is_empty() { parent } else { parent.join(within) })
        };
        let parent = match self.platform {
            Platform::Windows => under("APPDATA", ""),
            Platform::MacOs => under("HOME", "Library/Application Support"),
            Platform::Linux if self.variable("XDG_CONFIG_HOME").is_some() => under("XDG_CONFIG_HOME", ""),
            Platform::Linux => under("HOME", ".config"),
        };
        parent.map(|parent| parent.join(FOLDER_NAME))
    }

    /// Folders in which a connector's settings may lie that are not this account's own, whether or not they are there.
    pub(crate) fn folders_of_others(&self) -> Vec<PathBuf> {
        let beside = self.program_folder.as_deref().map(beside::place);
        let (home, within) = match self.platform {
            // `Users\ann\AppData\Roaming`
            Platform::Windows => {
                let roaming = self.variable("APPDATA").map(PathBuf::from);
                (roaming.and_then(|it| Some(it.parent()?.parent()?.to_owned())), "AppData/Roaming")
            }
            Platform::MacOs => (self.variable("HOME").map(PathBuf::from), "Library/Application Support"),
            Platform::Linux => (self.variable("HOME").map(PathBuf::from), ".config"),
        };
        let of_account = |home: PathBuf| home.join(within).join(FOLDER_NAME);
        let mut accounts: Vec<PathBuf> = home
            .iter()
            .filter_map(|it| std::fs::read_dir(it.parent()?).ok())
            .flatten()
            .filter_map(|it| it.ok().map(|it| it.path()))
            .collect();
        accounts.sort();
        beside.into_iter().chain(home.into_iter().chain(accounts).map(of_account)).collect()
    }
}

/// Whether a variable of this name holds a secret. One that names a file or a folder does not.
fn is_of_secret(name: &OsStr) -> bool {
    const NAMES: [&str; 4] =
        ["BW_PASSWORD", "BW_CLIENTSECRET", "BW_OBSERVER_CLIENTSECRET", "BWDC_SECRETS_PASSPHRASE"];
    let name = name.to_string_lossy().to_ascii_uppercase();
    NAMES.contains(&name.as_str()) || name.starts_with("BWDC_SECRET_")
}

/// Why it cannot be told where settings are kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The environment does not tell where this user's settings are kept.
    #[error(
        "cannot tell where the data folder is: `{variable}` is not set; set it, or set `BITWARDENCLI_CONNECTOR_APPDATA_DIR`"
    )]
    Folder {
        /// The variable that was asked last.
        variable: &'static str,
    },
    /// The folder beside the program belongs to an account that is neither this one, nor root, nor that of the program.
    #[error(
        "the data folder beside the program, `{}`, belongs to another account (uid {user}): name the folder to use in `BITWARDENCLI_CONNECTOR_APPDATA_DIR`",
        folder.display()
    )]
    OfAnother {
        /// The folder.
        folder: PathBuf,
        /// The number of the account.
        user: u32,
    },
    /// Not a name that every file system can hold as it is.
    #[error(
        "`{typed}` cannot be the name of a profile: up to 32 letters from a to z, digits, `-` and `_` can, with a letter or digit at the start"
    )]
    ProfileName {
        /// What was typed.
        typed: String,
    },
    /// A profile that nobody made.
    #[error("there is no profile `{name}`")]
    NoSuchProfile {
        /// Its name.
        name: ProfileName,
    },
}

/// One installation's folder and the files in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The folder.
    pub folder: PathBuf,
    /// Settings and account, shared with the official connector.
    pub data_json: PathBuf,
    /// Settings that the official file has no place for.
    pub connector_toml: PathBuf,
    /// The ledger.
    pub connector_db: PathBuf,
    /// What a run holds for its whole length.
    pub lock: PathBuf,
    /// Which of an organization's directories the folder describes; further ones have a folder in that of the first.
    pub source: SourceName,
}

impl Profile {
    /// The profile in `folder`, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            data_json: folder.join("data.json"),
            connector_toml: folder.join("connector.toml"),
            connector_db: folder.join("connector.db"),
            lock: folder.join("bwdc.lock"),
            source: SourceName::primary(),
            folder,
        }
    }

    /// Where a further directory of the same organization is described.
    pub fn of_source(&self, name: &SourceName) -> Self {
        let folder = self.folder.join("sources").join(name.as_str());
        Self { source: name.clone(), ..Self::new(folder) }
    }

    /// Where one of the organization's directories is described, the first or a further one.
    pub(crate) fn of(&self, name: &SourceName) -> Self {
        if name.is_primary() { self.clone() } else { self.of_source(name) }
    }

    /// The profile that a further source belongs to; of any other, itself.
    pub(crate) fn of_organization(&self) -> Self {
        let above = self.folder.parent().and_then(std::path::Path::parent);
        match above {
            Some(folder) if !self.source.is_primary() => Self::new(folder),
            _ => self.clone(),
        }
    }

    /// The profile that the environment means; the default one is the folder that today's connector would use.
    ///
    /// # Errors
    /// [`PathError`] when the environment does not tell where it is, or names a profile that does not exist.
    pub fn from_environment(environment: &ProcessEnvironment) -> Result<Self, PathError> {
        let name = environment.profile_name()?;
        let profile = Self::named(environment, &name)?;
        // A mistyped name must not begin an installation of its own.
        if name.is_default() || profile.folder.is_dir() {
            Ok(profile)
        } else {
            Err(PathError::NoSuchProfile { name })
        }
    }

    /// The profile of this name, whether or not it exists: `profiles/<name>` in the default profile's folder.
    ///
    /// # Errors
    /// [`PathError::Folder`] when the environment does not tell where the default profile is.
    pub fn named(environment: &ProcessEnvironment, name: &ProfileName) -> Result<Self, PathError> {
        let folder = environment.data_folder()?;
        Ok(Self::new(if name.is_default() { folder } else { folder.join(PROFILES).join(name.as_str()) }))
    }

    /// Whether it is one beside the default one.
    pub fn is_named(&self) -> bool {
        self.folder.parent().and_then(std::path::Path::file_name).is_some_and(|parent| parent == PROFILES)
    }

    /// What a writer of `data.json` or of the secrets holds for the length of one write.
    pub(crate) fn write_lock(&self) -> PathBuf {
        self.folder.join("bwdc-write.lock")
    }

    /// The directory by which the official connector locks `data.json`.
    pub(crate) fn official_lock(&self) -> PathBuf {
        self.folder.join("data.json.lock")
    }

    /// Encrypted secrets.
    pub(crate) fn secrets_json(&self) -> PathBuf {
        self.folder.join("secrets.json")
    }

    /// The key of the encrypted secrets.
    pub(crate) fn secrets_key(&self) -> PathBuf {
        self.folder.join("secrets.key")
    }

    /// Notifications that a service could not deliver yet.
    pub(crate) fn undelivered(&self) -> PathBuf {
        self.folder.join("undelivered.json")
    }

    /// What the program tells of itself.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("bwdc.log")
    }

    /// Makes the folder, for its owner only, where it does not exist; an existing folder is left as it is.
    ///
    /// # Errors
    /// Whatever the operating system says against it.
    pub fn create_folder(&self) -> std::io::Result<()> {
        if self.folder.is_dir() { Ok(()) } else { owner_only::create_folder(&self.folder) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(platform: Platform, variables: &[(&str, &str)]) -> Result<PathBuf, PathError> {
        ProcessEnvironment::new(platform, None, variables.iter().copied()).data_folder()
    }

    #[test]
    fn variables_come_first_in_their_order_and_an_empty_one_counts_as_unset() {
        let both = [("BITWARDENCLI_CONNECTOR_APPDATA_DIR", "/a"), ("BITWARDEN_CONNECTOR_APPDATA_DIR", "/b")];
        assert_eq!(folder(Platform::Linux, &both), Ok("/a".into()));
        assert_eq!(folder(Platform::Linux, &both[1..]), Ok("/b".into()));
        let empty = [("BITWARDENCLI_CONNECTOR_APPDATA_DIR", ""), ("BITWARDEN_CONNECTOR_APPDATA_DIR", "/b")];
        assert_eq!(folder(Platform::Windows, &empty), Ok("/b".into()));
    }

    #[test]
    fn each_platform_has_its_own_default() {
        let home = ("HOME", "/h");
        assert_eq!(
            folder(Platform::Linux, &[home, ("XDG_CONFIG_HOME", "/x")]),
            Ok(PathBuf::from("/x").join(FOLDER_NAME))
        );
        assert_eq!(
            folder(Platform::Linux, &[home]),
            Ok(PathBuf::from("/h/.config").join("Bitwarden Directory Connector"))
        );
        assert_eq!(
            folder(Platform::MacOs, &[home, ("XDG_CONFIG_HOME", "/x")]),
            Ok(PathBuf::from("/h/Library/Application Support").join(FOLDER_NAME))
        );
        assert_eq!(
            folder(Platform::Windows, &[home, ("AppData", "/r")]),
            Ok(PathBuf::from("/r").join(FOLDER_NAME))
        );
        assert_eq!(folder(Platform::Windows, &[home]), Err(PathError::Folder { variable: "APPDATA" }));
    }

    #[test]
    fn a_folder_beside_the_program_wins_over_the_default_when_it_exists() {
        let program = tempfile::tempdir().expect("a folder");
        let environment =
            |platform| ProcessEnvironment::new(platform, Some(program.path().to_owned()), [("HOME", "/h")]);
        assert_eq!(
            environment(Platform::Linux).data_folder(),
            Ok(PathBuf::from("/h/.config").join(FOLDER_NAME))
        );
        let beside = program.path().join("bitwarden-connector-appdata");
        std::fs::create_dir(&beside).expect("a folder");
        assert_eq!(environment(Platform::Windows).data_folder(), Ok(beside));
    }
}
