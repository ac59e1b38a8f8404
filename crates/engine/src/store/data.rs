//! The content of `data.json`: typed where we know a key, untouched where we do not.

use super::migrate::{self, STATE_VERSION};
use super::{StoreError, javascript};
use crate::clock;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::DirectoryKind;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::LazyLock;
use uuid::Uuid;

/// The oldest version that the official connector still brings up to date.
const OLDEST_MIGRATED: i64 = 3;

/// Flat keys that only a file of version 5 and later has.
const FLAT_KEYS: [&str; 12] = [
    "appId",
    "installedVersion",
    "directoryType",
    "directoryLdap",
    "directoryGsuite",
    "directoryEntra",
    "directoryOkta",
    "directoryOnelogin",
    "sync",
    "environmentUrls",
    "organizationId",
    "apiKeyClientId",
];

/// What belongs to one installation and to nobody who starts from its settings.
const OWN_KEYS: [&str; 18] = [
    "appId",
    "organizationId",
    "entityId",
    "accessToken",
    "refreshToken",
    "apiKeyClientId",
    "apiKeyClientSecret",
    "twoFactorToken",
    "observerClientId",
    "observerClientSecret",
    "observerAccessToken",
    "lastSyncHash",
    "userDeltaToken",
    "groupDeltaToken",
    "lastUserSync",
    "lastGroupSync",
    "syncingDir",
    "activeUserId",
];

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// The kinds of last-sync time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncedKind {
    /// `lastUserSync`
    Users,
    /// `lastGroupSync`
    Groups,
}

impl SyncedKind {
    fn time_key(self) -> &'static str {
        match self {
            Self::Users => "lastUserSync",
            Self::Groups => "lastGroupSync",
        }
    }

    fn token_key(self) -> &'static str {
        match self {
            Self::Users => "userDeltaToken",
            Self::Groups => "groupDeltaToken",
        }
    }
}

/// The content of `data.json`. It may hold plaintext secrets, hence no `Debug`.
#[derive(Clone, PartialEq)]
pub struct DataFile {
    map: Map<String, Value>,
    /// The version that the file on disk has, where it is older than ours.
    older: Option<i64>,
}

impl DataFile {
    /// What a new installation starts with. The version of the program is left out: it is the official connector's own.
    pub(super) fn fresh() -> Self {
        let mut map = Map::new();
        map.insert("stateVersion".to_owned(), STATE_VERSION.into());
        map.insert("appId".to_owned(), Uuid::new_v4().to_string().into());
        Self { map, older: None }
    }

    /// Reads the bytes of a file; a byte order mark is accepted. None: an empty object, which says as much as no file.
    ///
    /// A file without `stateVersion` is taken for one of version 8 when it has a key that only flat files have, since
    /// such files are written by hand or by configuration management; anything else without a version is refused. A file of
    /// version 3 to 7 is brought up to date in memory; on disk it stays as it is until something is written.
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Option<Self>, StoreError> {
        let invalid = |line, column, reason: &str| StoreError::Invalid {
            path: path.to_owned(),
            line,
            column,
            reason: reason.to_owned(),
        };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(invalid(1, 1, "the file is UTF-16; save it as UTF-8"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            let text = error.to_string();
            let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
            invalid(error.line(), error.column(), reason)
        })?;
        let Value::Object(mut map) = value else {
            return Err(invalid(1, 1, "the file holds something else than a JSON object"));
        };
        if map.is_empty() {
            return Ok(None);
        }
        let mut older = None;
        match version(&map) {
            Version::At(STATE_VERSION..) => {}
            Version::At(version @ ..OLDEST_MIGRATED) => {
                return Err(StoreError::TooOld { path: path.to_owned(), version });
            }
            Version::At(version) => {
                migrate::migrate(&mut map, version).map_err(|reason| StoreError::OldVersion {
                    path: path.to_owned(),
                    version,
                    reason,
                })?;
                older = Some(version);
            }
            Version::NotANumber => {
                return Err(StoreError::WrongType { key: "stateVersion", expected: "a number" });
            }
            Version::Absent if FLAT_KEYS.iter().any(|key| map.contains_key(*key)) => {
                map.insert("stateVersion".to_owned(), STATE_VERSION.into());
            }
            Version::Absent => return Err(StoreError::Foreign { path: path.to_owned() }),
        }
        Ok(Some(Self { map, older }))
    }

    /// The settings for another installation: without account, secrets, times and ids, which are this one's own.
    ///
    /// Each directory that is set up gets an id of its own.
    pub(crate) fn settings_only(&self) -> Self {
        let mut copy = Self { map: self.map.clone(), older: None };
        for key in OWN_KEYS {
            copy.map.shift_remove(key);
        }
        for kind in DirectoryKind::ALL {
            if let Some(Value::Object(stored)) = copy.map.get_mut(directory_key(kind)) {
                stored.insert("id".to_owned(), Uuid::new_v4().to_string().into());
                if let Some(secret) = stored.get_mut(secret_field(kind)) {
                    *secret = Value::Null;
                }
            }
        }
        copy
    }

    /// The bytes that a file of this content has.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        javascript::stringify(&self.map)
    }

    /// The content as it is, secrets included.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.map
    }

    /// The content as it is, to be changed where no setter fits.
    pub fn as_map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.map
    }

    /// The version of the file's shape: 8 or later.
    pub fn state_version(&self) -> i64 {
        self.map.get("stateVersion").and_then(Value::as_i64).unwrap_or(STATE_VERSION)
    }

    /// The version of the file's shape where it is later than the one that this program knows.
    pub fn later_version(&self) -> Option<i64> {
        Some(self.state_version()).filter(|it| *it > STATE_VERSION)
    }

    /// The version of the file on disk, where it is an older one that the next write brings up to date.
    pub fn migrated_from(&self) -> Option<i64> {
        self.older
    }

    /// Says that the file on disk is about to have our version.
    pub(super) fn is_current(&mut self) {
        self.older = None;
    }

    /// The version of the official connector that last used the file.
    pub fn installed_version(&self) -> Option<&str> {
        self.text("installedVersion")
    }

    /// The installation's id, sent as the device identifier.
    pub fn app_id(&self) -> Option<&str> {
        self.text("appId")
    }

    /// The installation's id, made where the file has none.
    pub fn ensure_app_id(&mut self) -> String {
        if let Some(id) = self.app_id() {
            return id.to_owned();
        }
        let id = Uuid::new_v4().to_string();
        self.set_text("appId", Some(&id));
        id
    }

    /// The chosen kind of directory; None when none is chosen.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] for anything that is not the number of a kind.
    pub fn directory_kind(&self) -> Result<Option<DirectoryKind>, StoreError> {
        let wrong = StoreError::WrongType { key: "directoryType", expected: "a number from 0 to 4" };
        match self.map.get("directoryType") {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().and_then(DirectoryKind::from_number).map(Some).ok_or(wrong),
        }
    }

    /// Chooses the kind of directory. Another kind clears the delta tokens and the last-sync times.
    pub fn set_directory_kind(&mut self, kind: DirectoryKind) {
        if self.directory_kind().ok().flatten() != Some(kind) {
            self.map.insert("directoryType".to_owned(), kind.number().into());
            self.clear_sync_times();
        }
    }

    /// The stored settings of one kind of directory; empty when there are none.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when they are not an object.
    pub fn directory(&self, kind: DirectoryKind) -> Result<&Map<String, Value>, StoreError> {
        self.object(directory_key(kind))
    }

    /// Changes the settings of one kind of directory and keeps `id` right: it stays while the account is the same, and a
    /// new account gets a new one, so that the secret of one account is never sent to another.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when the stored settings are not an object.
    pub fn update_directory<T>(
        &mut self,
        kind: DirectoryKind,
        change: impl FnOnce(&mut Map<String, Value>) -> T,
    ) -> Result<T, StoreError> {
        let before = self.directory(kind)?.clone();
        let stored = self.object_mut(directory_key(kind))?;
        let result = change(stored);
        let mut fields = account_fields(kind).iter().chain(address_fields(kind));
        let same = fields.all(|field| part(&before, field) == part(stored, field));
        match part(&before, "id") {
            Some(id) if same => stored.insert("id".to_owned(), id.into()),
            // An older installation keeps its secret under a name without an id as long as its account stays.
            None if same && !before.is_empty() => None,
            _ => stored.insert("id".to_owned(), Uuid::new_v4().to_string().into()),
        };
        Ok(result)
    }

    /// The id of a directory's account, by which its secret is named; None in older installations.
    pub fn directory_id(&self, kind: DirectoryKind) -> Option<&str> {
        self.directory(kind).ok().and_then(|stored| part(stored, "id"))
    }

    /// The stored `sync` settings; empty when there are none.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when they are not an object.
    pub fn sync(&self) -> Result<&Map<String, Value>, StoreError> {
        self.object("sync")
    }

    /// The stored `sync` settings, to be changed.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when they are not an object.
    pub fn sync_mut(&mut self) -> Result<&mut Map<String, Value>, StoreError> {
        self.object_mut("sync")
    }

    /// The stored `environmentUrls`; empty when there are none.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] when they are not an object.
    pub fn environment_urls(&self) -> Result<&Map<String, Value>, StoreError> {
        self.object("environmentUrls")
    }

    /// Stores `environmentUrls`.
    pub fn set_environment_urls(&mut self, urls: Map<String, Value>) {
        self.map.insert("environmentUrls".to_owned(), urls.into());
    }

    /// The organization that was signed in to last.
    pub fn organization_id(&self) -> Option<&str> {
        self.text("organizationId")
    }

    /// Stores the organization. Another one clears the delta tokens and the last-sync times.
    pub fn set_organization_id(&mut self, id: &str) {
        if self.organization_id() != Some(id) {
            self.clear_sync_times();
            self.set_text("organizationId", Some(id));
        }
    }

    /// The id that the sign-in was made for.
    pub fn entity_id(&self) -> Option<&str> {
        self.text("entityId")
    }

    /// Stores the id that the sign-in was made for.
    pub fn set_entity_id(&mut self, id: Option<&str>) {
        self.set_text("entityId", id);
    }

    /// The fingerprint of the last request.
    pub fn last_sync_hash(&self) -> Option<&str> {
        self.text("lastSyncHash")
    }

    /// Stores the fingerprint of the last request, or removes it.
    pub fn set_last_sync_hash(&mut self, hash: Option<&str>) {
        self.set_text("lastSyncHash", hash);
    }

    /// The official connector's place in the directory's changes.
    pub fn delta_token(&self, kind: SyncedKind) -> Option<&str> {
        self.text(kind.token_key())
    }

    /// Stores the official connector's place in the directory's changes, or removes it.
    pub fn set_delta_token(&mut self, kind: SyncedKind, token: Option<&str>) {
        self.set_text(kind.token_key(), token);
    }

    /// When people or groups were last brought over; None also for a time that cannot be read.
    pub fn last_sync(&self, kind: SyncedKind) -> Option<Timestamp> {
        self.text(kind.time_key()).and_then(clock::from_iso)
    }

    /// Stores when people or groups were last brought over, or removes it.
    pub fn set_last_sync(&mut self, kind: SyncedKind, time: Option<Timestamp>) {
        self.set_text(kind.time_key(), time.map(clock::to_iso).as_deref());
    }

    /// Removes the delta tokens and the last-sync times.
    pub fn clear_sync_times(&mut self) {
        for kind in [SyncedKind::Users, SyncedKind::Groups] {
            self.set_delta_token(kind, None);
            self.set_last_sync(kind, None);
        }
    }

    /// Removes everything by which a run decides that nothing is new.
    pub fn clear_cache(&mut self) {
        self.clear_sync_times();
        self.set_last_sync_hash(None);
    }

    fn text(&self, key: &str) -> Option<&str> {
        part(&self.map, key)
    }

    fn set_text(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => {
                self.map.insert(key.to_owned(), value.into());
            }
            None => {
                self.map.shift_remove(key);
            }
        }
    }

    fn object(&self, key: &'static str) -> Result<&Map<String, Value>, StoreError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(&EMPTY),
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(StoreError::WrongType { key, expected: "an object" }),
        }
    }

    fn object_mut(&mut self, key: &'static str) -> Result<&mut Map<String, Value>, StoreError> {
        let value = self.map.entry(key).or_insert_with(|| Map::new().into());
        if value.is_null() {
            *value = Map::new().into();
        }
        value.as_object_mut().ok_or(StoreError::WrongType { key, expected: "an object" })
    }
}

/// The key under which the settings of a kind of directory are stored.
pub(crate) fn directory_key(kind: DirectoryKind) -> &'static str {
    match kind {
        DirectoryKind::Ldap => "directoryLdap",
        DirectoryKind::Entra => "directoryEntra",
        DirectoryKind::Google => "directoryGsuite",
        DirectoryKind::Okta => "directoryOkta",
        DirectoryKind::OneLogin => "directoryOnelogin",
    }
}

/// The field of a directory's settings that holds its secret, or the marker that stands for it.
pub(crate) fn secret_field(kind: DirectoryKind) -> &'static str {
    match kind {
        DirectoryKind::Ldap => "password",
        DirectoryKind::Entra => "key",
        DirectoryKind::Google => "privateKey",
        DirectoryKind::Okta => "token",
        DirectoryKind::OneLogin => "clientSecret",
    }
}

/// The fields that make an account of a directory.
pub(super) fn account_fields(kind: DirectoryKind) -> &'static [&'static str] {
    match kind {
        DirectoryKind::Ldap => &["hostname", "domain", "username"],
        DirectoryKind::Entra => &["tenant", "applicationId"],
        DirectoryKind::Google => &["clientEmail", "domain", "customer"],
        DirectoryKind::Okta => &["orgUrl"],
        DirectoryKind::OneLogin => &["clientId", "region"],
    }
}

/// The fields with an address that takes the place of the service's own, to which a directory's secret is sent.
pub(super) fn address_fields(kind: DirectoryKind) -> &'static [&'static str] {
    match kind {
        DirectoryKind::Entra => &["authorityUrl", "graphUrl"],
        DirectoryKind::Google => &["tokenUrl", "apiUrl"],
        DirectoryKind::OneLogin => &["url"],
        // Among what makes the account.
        DirectoryKind::Ldap | DirectoryKind::Okta => &[],
    }
}

pub(super) fn part<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

enum Version {
    Absent,
    NotANumber,
    At(i64),
}

/// The version of a flat file, or of the nested ones of version 4 and older.
fn version(map: &Map<String, Value>) -> Version {
    let nested = ["global", "globals"].iter().find_map(|key| map.get(*key)?.get("stateVersion"));
    match map.get("stateVersion").or(nested) {
        None | Some(Value::Null) => Version::Absent,
        Some(value) => value.as_i64().map_or(Version::NotANumber, Version::At),
    }
}
