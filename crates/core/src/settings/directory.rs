//! The settings of a directory, checked: one kind, with everything that the kind needs.

use super::{
    ConnectorSettings, DirectoryKind, EntraFilters, EntraOptions, EntraSettings, GoogleFilters,
    GoogleSettings, LdapLayout, LdapSettings, LeaverPolicy, OktaFilters, OktaSettings, OneLoginFilters,
    OneLoginSettings, SettingsError,
};
use serde_json::{Map, Value};

/// A directory as the settings describe it; secrets are elsewhere.
#[derive(Clone, Debug)]
pub enum DirectorySettings {
    /// Active Directory or any other LDAP server.
    Ldap {
        /// The server, and how to sign in.
        settings: Box<LdapSettings>,
        /// Where people and groups are, and which attributes they have.
        layout: Box<LdapLayout>,
    },
    /// Microsoft Entra ID.
    Entra {
        /// The tenant and the app.
        settings: Box<EntraSettings>,
        /// Who and what is read.
        filters: Box<EntraFilters>,
        /// How the app signs in, and what else is chosen.
        options: Box<EntraOptions>,
    },
    /// A Google Workspace account.
    Google {
        /// The account and the service account.
        settings: Box<GoogleSettings>,
        /// Who and what is read.
        filters: Box<GoogleFilters>,
    },
    /// An Okta organization.
    Okta {
        /// The organization and how to sign in.
        settings: Box<OktaSettings>,
        /// Who and what is read.
        filters: Box<OktaFilters>,
    },
    /// A OneLogin account.
    OneLogin {
        /// The account and how to sign in.
        settings: Box<OneLoginSettings>,
        /// Who and what is read.
        filters: Box<OneLoginFilters>,
    },
}

impl DirectorySettings {
    /// Checks what is stored for a kind: `stored` is the directory's own object, `sync` the shared one, `connector` the
    /// `connector.toml` beside them. `leavers` is the organization's policy: it decides what has to be read of people who
    /// are not active.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that is missing, of the wrong kind, or in contradiction.
    pub fn from_stored(
        kind: DirectoryKind,
        stored: &Map<String, Value>,
        sync: &Map<String, Value>,
        connector: &ConnectorSettings,
        leavers: &LeaverPolicy,
    ) -> Result<Self, SettingsError> {
        Ok(match kind {
            DirectoryKind::Ldap => {
                let settings = LdapSettings::from_stored(stored, &connector.ldap)?;
                let mut layout = LdapLayout::from_stored(sync, &settings, &connector.ldap)?;
                let mark = leavers.mark_attribute.as_deref().map(str::trim).filter(|it| !it.is_empty());
                layout.mark_attribute = mark.map(str::to_owned);
                Self::Ldap { settings: Box::new(settings), layout: Box::new(layout) }
            }
            DirectoryKind::Entra => Self::Entra {
                settings: Box::new(EntraSettings::from_stored(stored, connector.entra.sign_in)?),
                filters: Box::new(EntraFilters::from_stored(sync)?),
                options: Box::new(connector.entra.clone()),
            },
            DirectoryKind::Google => {
                let settings = Box::new(GoogleSettings::from_stored(stored)?);
                let mut filters = Box::new(GoogleFilters::from_stored(sync)?);
                filters.wants_inactive |= leavers.disabled.is_some();
                Self::Google { settings, filters }
            }
            DirectoryKind::Okta => Self::Okta {
                settings: Box::new(OktaSettings::from_stored(stored)?),
                filters: Box::new(OktaFilters::from_stored(sync)?),
            },
            DirectoryKind::OneLogin => Self::OneLogin {
                settings: Box::new(OneLoginSettings::from_stored(stored)?),
                filters: Box::new(OneLoginFilters::from_stored(sync)?),
            },
        })
    }

    /// Checks a filter of people or groups in the language of a directory behind HTTP; LDAP's filters are its own.
    ///
    /// # Errors
    /// [`SettingsError::Filter`] says where it cannot be understood.
    pub fn check_filter(kind: DirectoryKind, field: &str, filter: &str) -> Result<(), SettingsError> {
        let sync = Map::from_iter([(field.to_owned(), Value::from(filter))]);
        match kind {
            DirectoryKind::Ldap => Ok(()),
            DirectoryKind::Entra => EntraFilters::from_stored(&sync).map(drop),
            DirectoryKind::Google => GoogleFilters::from_stored(&sync).map(drop),
            DirectoryKind::Okta => OktaFilters::from_stored(&sync).map(drop),
            DirectoryKind::OneLogin => OneLoginFilters::from_stored(&sync).map(drop),
        }
    }

    /// Which account a stored directory is, in a word that stays when a credential or a host of the same account is
    /// exchanged for another; blank where the settings name none.
    pub fn account(kind: DirectoryKind, stored: &Map<String, Value>) -> String {
        let field = |name: &str| stored.get(name).and_then(Value::as_str);
        let account = match kind {
            DirectoryKind::Ldap => field("rootPath"),
            DirectoryKind::Entra => field("tenant"),
            DirectoryKind::Okta => field("orgUrl"),
            DirectoryKind::Google => GoogleSettings::account(stored),
            DirectoryKind::OneLogin => OneLoginSettings::account(stored),
        };
        account.unwrap_or_default().trim().trim_end_matches('/').to_lowercase()
    }
}
