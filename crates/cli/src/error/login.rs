//! What a sign-in as a person lacks.

use bwdc_engine::organization::{OwnedOrganization, TwoStepMethod};
use bwdc_messages::account::method;
use std::path::PathBuf;

/// Why `bwdc login` cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("E-mail address is required.")]
    EmailRequired,
    #[error("Master password is required.")]
    PasswordRequired,
    #[error("cannot read the master password from `{}`", path.display())]
    PasswordFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the first line of `{}` is empty", path.display())]
    PasswordFileEmpty { path: PathBuf },
    #[error("the account's two-step login wants a code ({})", names(offered))]
    CodeRequired { offered: Vec<TwoStepMethod> },
    #[error("the account's two-step login does not offer what was asked for; it offers {}", names(offered))]
    MethodNotOffered { offered: Vec<TwoStepMethod> },
    #[error("the account's two-step login offers only {}, which needs a browser", names(offered))]
    OnlyBrowser { offered: Vec<TwoStepMethod> },
    #[error("this machine is new to the account: the server mailed a code to {email}, which has to be given")]
    DeviceCodeRequired { email: String },
    #[error("{email} is not an owner of any organization on this server")]
    NoOrganization { email: String },
    #[error("{email} is an owner of {} organizations:{}", organizations.len(), list(organizations))]
    SeveralOrganizations { email: String, organizations: Vec<OwnedOrganization> },
    #[error("{email} is not an owner of the organization `{wanted}`, but of:{}", list(organizations))]
    OtherOrganization { email: String, wanted: String, organizations: Vec<OwnedOrganization> },
}

impl LoginError {
    /// The next step.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::EmailRequired => "Give it as `--email ADDRESS`.",
            Self::PasswordRequired => "Give it in a file with `--password-file FILE`, or in BW_PASSWORD.",
            Self::PasswordFile { .. } => "Check the path, and whether this account may read the file.",
            Self::PasswordFileEmpty { .. } => "Write the master password into the first line of the file.",
            Self::CodeRequired { .. } => {
                "Give it with `--method 0 --code CODE` (authenticator), `--method 1` (a mailed code, which was or will be sent) or `--method 3` (YubiKey)."
            }
            Self::MethodNotOffered { .. } => "Choose one of these with `--method`.",
            Self::OnlyBrowser { .. } => {
                "Sign in with the organization's API key, `bwdc login organization.<id>`, or add an authenticator app to the account."
            }
            Self::DeviceCodeRequired { .. } => "Give it with `--code CODE`.",
            Self::NoOrganization { .. } => {
                "Ask an owner to sign in here, or to give you the organization's API key."
            }
            Self::SeveralOrganizations { .. } | Self::OtherOrganization { .. } => {
                "Choose one with `--organization ID`."
            }
        }
    }
}

fn names(methods: &[TwoStepMethod]) -> String {
    methods.iter().map(|it| method(*it)).collect::<Vec<_>>().join(", ")
}

fn list(organizations: &[OwnedOrganization]) -> String {
    organizations.iter().map(|it| format!("\n  {}  {}", it.id, it.name)).collect()
}
