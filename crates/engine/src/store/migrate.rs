//! Files of versions 3 to 7 brought to the shape of version 8, in memory.
//!
//! Versions 3 and 4 nest the settings of one account among those of others; 5 and later are flat. Whatever is known
//! moves to its flat key, whatever is not stays where it was: the file as it was is kept as a backup, but nobody should
//! need it. Secrets move as they stand, as text or as a marker.

use serde_json::{Map, Value};

/// The version that we write; later ones are read and kept.
pub(super) const STATE_VERSION: i64 = 8;

type Object = Map<String, Value>;

/// The first version with flat keys.
const FLAT: i64 = 5;

/// Where older programs kept what was not an account's.
const GLOBAL_KEYS: [&str; 2] = ["global", "globals"];

/// What moves from the global part to the key of the same name.
const GLOBAL: [&str; 10] = [
    "installedVersion",
    "appId",
    "locale",
    "window",
    "enableTray",
    "enableMinimizeToTray",
    "enableCloseToTray",
    "alwaysShowDock",
    "enableAlwaysOnTop",
    "environmentUrls",
];

/// What moves from an account: its part, the key in that part, the flat key. Later lines are older spellings.
const ACCOUNT: [(&str, &str, &str); 33] = [
    ("directoryConfigurations", "ldap", "directoryLdap"),
    ("directoryConfigurations", "gsuite", "directoryGsuite"),
    ("directoryConfigurations", "entra", "directoryEntra"),
    ("directoryConfigurations", "azure", "directoryEntra"),
    ("directoryConfigurations", "okta", "directoryOkta"),
    ("directoryConfigurations", "oneLogin", "directoryOnelogin"),
    ("directoryConfigurations", "onelogin", "directoryOnelogin"),
    ("directorySettings", "directoryType", "directoryType"),
    ("directorySettings", "organizationId", "organizationId"),
    ("directorySettings", "sync", "sync"),
    ("directorySettings", "lastSyncHash", "lastSyncHash"),
    ("directorySettings", "lastUserSync", "lastUserSync"),
    ("directorySettings", "lastGroupSync", "lastGroupSync"),
    ("directorySettings", "userDelta", "userDeltaToken"),
    ("directorySettings", "userDeltaToken", "userDeltaToken"),
    ("directorySettings", "groupDelta", "groupDeltaToken"),
    ("directorySettings", "groupDeltaToken", "groupDeltaToken"),
    ("directorySettings", "syncingDir", "syncingDir"),
    ("settings", "environmentUrls", "environmentUrls"),
    ("settings", "locale", "locale"),
    ("settings", "enableTray", "enableTray"),
    ("settings", "enableMinimizeToTray", "enableMinimizeToTray"),
    ("settings", "enableCloseToTray", "enableCloseToTray"),
    ("settings", "alwaysShowDock", "alwaysShowDock"),
    ("settings", "enableAlwaysOnTop", "enableAlwaysOnTop"),
    ("profile", "entityId", "entityId"),
    ("profile", "apiKeyClientId", "apiKeyClientId"),
    ("keys", "apiKeyClientSecret", "apiKeyClientSecret"),
    ("clientKeys", "clientId", "apiKeyClientId"),
    ("clientKeys", "clientSecret", "apiKeyClientSecret"),
    ("tokens", "accessToken", "accessToken"),
    ("tokens", "refreshToken", "refreshToken"),
    ("settings", "installedVersion", "installedVersion"),
];

/// Brings a file of `version`, from 3 to 7, to version 8.
///
/// # Errors
/// Why it cannot be done, in words.
pub(super) fn migrate(map: &mut Object, version: i64) -> Result<(), &'static str> {
    if version < FLAT {
        flatten(map)?;
    }
    if let Some(Value::Object(sync)) = map.get_mut("sync") {
        let flag = sync.entry("inviteUsersAfterProvisioning").or_insert(Value::Null);
        if flag.is_null() {
            // Until version 8 everybody was mailed at once: an installation keeps doing so.
            *flag = true.into();
        }
    }
    map.insert("stateVersion".to_owned(), STATE_VERSION.into());
    Ok(())
}

fn flatten(map: &mut Object) -> Result<(), &'static str> {
    let mut flat = Object::new();
    flat.insert("stateVersion".to_owned(), STATE_VERSION.into());
    for name in GLOBAL_KEYS {
        if let Some(Value::Object(global)) = map.get_mut(name) {
            global.shift_remove("stateVersion");
            for key in GLOBAL {
                take(global, key, &mut flat, key);
            }
            drop_if_empty(map, name);
        }
    }
    if let Some(account) = account(map)? {
        if let Some(Value::Object(parts)) = map.get_mut(&account) {
            for (part, key, to) in ACCOUNT {
                if let Some(Value::Object(object)) = parts.get_mut(part) {
                    take(object, key, &mut flat, to);
                    drop_if_empty(parts, part);
                }
            }
        }
        drop_if_empty(map, &account);
    }
    map.shift_remove("activeUserId");
    map.shift_remove("stateVersion");
    // What the file had flat beside the nested parts stays, unless a nested part says otherwise.
    for (key, value) in std::mem::take(map) {
        if flat.get(&key).is_none_or(Value::is_null) {
            flat.insert(key, value);
        }
    }
    *map = flat;
    Ok(())
}

/// The key of the account whose settings count: the active one, else the only one that has directory settings.
fn account(map: &Object) -> Result<Option<String>, &'static str> {
    match map.get("activeUserId") {
        None | Some(Value::Null) => {}
        Some(Value::String(id)) if id.is_empty() => {}
        Some(Value::String(id)) if map.get(id).is_some_and(Value::is_object) => return Ok(Some(id.clone())),
        Some(Value::String(_)) => return Err("`activeUserId` names an account that the file does not have"),
        Some(_) => return Err("`activeUserId` should be text"),
    }
    let configured = |value: &&Value| {
        value.get("directoryConfigurations").is_some() || value.get("directorySettings").is_some()
    };
    let mut accounts = map.iter().filter(|(_, value)| configured(value));
    match (accounts.next(), accounts.next()) {
        (found, None) => Ok(found.map(|(id, _)| id.clone())),
        _ => Err("it has the settings of several accounts and `activeUserId` names none of them"),
    }
}

/// Moves a value; the first of several that are not null counts, an unused one stays.
fn take(from: &mut Object, key: &str, flat: &mut Object, to: &str) {
    let wins = match (from.get(key), flat.get(to)) {
        (None, _) => false,
        (Some(value), None) => !value.is_null() || key == to,
        // The account's own settings come after the global ones and count more.
        (Some(value), Some(other)) => !value.is_null() && (other.is_null() || GLOBAL.contains(&to)),
    };
    if from.get(key).is_some_and(Value::is_null) || wins {
        let value = from.shift_remove(key);
        if let Some(value) = value.filter(|_| wins) {
            flat.insert(to.to_owned(), value);
        }
    }
}

fn drop_if_empty(map: &mut Object, key: &str) {
    if map.get(key).and_then(Value::as_object).is_some_and(Object::is_empty) {
        map.shift_remove(key);
    }
}
