//! The six kinds of directory as a reader knows them, what each is asked for, and what to do at the vendor's before.

use crate::text;
use bwdc_core::settings::{DirectoryKind, Setting};

/// A kind of directory as a reader chooses it: Active Directory and other LDAP servers are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupKind {
    /// Active Directory.
    ActiveDirectory,
    /// Any other LDAP server.
    Ldap,
    /// Microsoft Entra ID.
    Entra,
    /// Google Workspace.
    Google,
    /// Okta.
    Okta,
    /// OneLogin.
    OneLogin,
}

/// One thing that is asked about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A setting.
    Setting(&'static str),
    /// A server with its port.
    LdapServer,
    /// How the connection to it is protected.
    LdapEncryption,
    /// Who reads; nobody: anonymous.
    LdapUsername,
    /// The key file of a service account.
    GoogleKeyFile,
}

impl SetupKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ActiveDirectory, Self::Ldap, Self::Entra, Self::Google, Self::Okta, Self::OneLogin];

    /// As the settings know it.
    pub fn directory(self) -> DirectoryKind {
        match self {
            Self::ActiveDirectory | Self::Ldap => DirectoryKind::Ldap,
            Self::Entra => DirectoryKind::Entra,
            Self::Google => DirectoryKind::Google,
            Self::Okta => DirectoryKind::Okta,
            Self::OneLogin => DirectoryKind::OneLogin,
        }
    }

    pub(super) fn of(directory: DirectoryKind, active_directory: bool) -> Self {
        match directory {
            DirectoryKind::Ldap if active_directory => Self::ActiveDirectory,
            DirectoryKind::Ldap => Self::Ldap,
            DirectoryKind::Entra => Self::Entra,
            DirectoryKind::Google => Self::Google,
            DirectoryKind::Okta => Self::Okta,
            DirectoryKind::OneLogin => Self::OneLogin,
        }
    }

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::ActiveDirectory => text!("setup.active-directory", "Active Directory"),
            Self::Ldap => text!("setup.ldap", "Another LDAP server (OpenLDAP, FreeIPA, 389-DS, lldap, …)"),
            other => other.directory().name().to_owned(),
        }
    }

    pub(super) fn asked(self) -> &'static [Asked] {
        use Asked::{GoogleKeyFile, LdapEncryption, LdapServer, LdapUsername, Setting};
        match self {
            Self::ActiveDirectory | Self::Ldap => {
                &[LdapServer, LdapEncryption, LdapUsername, Setting("ldap.password")]
            }
            Self::Entra => &[Setting("entra.tenant"), Setting("entra.applicationId"), Setting("entra.key")],
            Self::Google => &[GoogleKeyFile, Setting("gsuite.adminUser"), Setting("gsuite.customer")],
            Self::Okta => &[Setting("okta.orgUrl"), Setting("okta.client-id"), Setting("okta.token")],
            Self::OneLogin => &[
                Setting("onelogin.url"),
                Setting("onelogin.region"),
                Setting("onelogin.clientId"),
                Setting("onelogin.secret"),
            ],
        }
    }

    /// Settings without which the directory cannot be read.
    pub(super) fn needed(self) -> &'static [&'static str] {
        match self {
            Self::ActiveDirectory | Self::Ldap => &["ldap.hostname", "ldap.rootPath"],
            Self::Entra => &["entra.tenant", "entra.applicationId"],
            Self::Google => &["gsuite.clientEmail", "gsuite.adminUser", "gsuite.key"],
            Self::Okta => &["okta.orgUrl", "okta.token"],
            Self::OneLogin => &["onelogin.clientId", "onelogin.secret"],
        }
    }

    /// The setting that is its secret.
    pub(super) fn secret(self) -> Option<&'static Setting> {
        let kind = bwdc_core::settings::SettingKind::Secret(self.directory());
        Setting::all().iter().find(|it| it.kind == kind)
    }

    /// What has to be prepared in the directory, with the fewest rights that suffice.
    pub fn vendor_steps(self) -> Vec<String> {
        match self {
            Self::ActiveDirectory => vec![
                text!(
                    "vendor.ad-account",
                    "1. Create an ordinary account of the domain for bwdc. It needs no rights to read people and groups."
                ),
                text!(
                    "vendor.ad-deleted",
                    "2. To recognize deleted people, let it read the deleted objects: run `dsacls \"CN=Deleted Objects,DC=example,DC=com\" /takeownership`, then `dsacls \"CN=Deleted Objects,DC=example,DC=com\" /G EXAMPLE\\reader:LCRP` as an administrator of the domain."
                ),
                text!(
                    "vendor.ad-tls",
                    "3. Use LDAPS (port 636) or StartTLS. A controller that requires signing refuses a password in clear text."
                ),
            ],
            Self::Ldap => vec![
                text!(
                    "vendor.ldap-account",
                    "1. Create an account that may read people and groups, and their attributes `mail`, `entryUUID` and `member`."
                ),
                text!(
                    "vendor.ldap-limit",
                    "2. Where the server limits the size of results, allow this account paged results without a limit."
                ),
                text!(
                    "vendor.ldap-tls",
                    "3. Use LDAPS or StartTLS. Have the file of your certificate authority at hand if the system does not trust it."
                ),
            ],
            Self::Entra => vec![
                text!(
                    "vendor.entra-app",
                    "1. In the Entra admin center, register an application and note its tenant and application (client) id."
                ),
                text!(
                    "vendor.entra-rights",
                    "2. Give it the application permissions `User.Read.All` and `GroupMember.Read.All`, and grant admin consent. `Member.Read.Hidden` is for groups with hidden membership only."
                ),
                text!(
                    "vendor.entra-secret",
                    "3. Under Certificates & secrets, create a client secret and note its value."
                ),
            ],
            Self::Google => vec![
                text!(
                    "vendor.google-api",
                    "1. In the Google Cloud console, choose a project and enable the Admin SDK API."
                ),
                text!(
                    "vendor.google-account",
                    "2. Create a service account without a role, and a key of the type JSON."
                ),
                text!(
                    "vendor.google-delegation",
                    "3. In the Admin console under Domain-wide delegation, add the service account's client id with the scopes https://www.googleapis.com/auth/admin.directory.user.readonly, https://www.googleapis.com/auth/admin.directory.group.readonly and https://www.googleapis.com/auth/admin.directory.group.member.readonly."
                ),
                text!(
                    "vendor.google-admin",
                    "4. Name an administrator whose role has the privileges Users › Read and Groups › Read."
                ),
            ],
            Self::Okta => vec![
                text!(
                    "vendor.okta-app",
                    "1. In the Okta admin console, create an API Services app with a public key; save its private key."
                ),
                text!(
                    "vendor.okta-scopes",
                    "2. Grant the scopes `okta.users.read` and `okta.groups.read`, and assign the role Read-only Administrator."
                ),
                text!(
                    "vendor.okta-token",
                    "3. Or create an API token as a read-only administrator, and leave the client id empty."
                ),
            ],
            Self::OneLogin => vec![
                text!(
                    "vendor.onelogin-credential",
                    "1. In the OneLogin administration under Developers › API Credentials, create a credential with Read all."
                ),
                text!(
                    "vendor.onelogin-url",
                    "2. Note the address of the account, such as https://company.onelogin.com."
                ),
            ],
        }
    }
}
