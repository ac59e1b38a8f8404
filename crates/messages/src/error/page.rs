//! The pages of the documentation that errors name: each holds the table of one protocol's causes.

use crate::text;
use crate::{NextStep, Step};

/// A page with a table of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPage {
    /// LDAP servers and Active Directory.
    Ldap,
    /// Certificates and encryption.
    Certificates,
    /// Microsoft Entra ID.
    Entra,
    /// Google Workspace.
    Google,
    /// Okta.
    Okta,
    /// The Bitwarden or Vaultwarden server.
    Organization,
}

impl ErrorPage {
    /// Every page.
    pub const ALL: [Self; 6] =
        [Self::Ldap, Self::Certificates, Self::Entra, Self::Google, Self::Okta, Self::Organization];

    /// Where it is, below the project's folder.
    pub fn path(self) -> &'static str {
        match self {
            Self::Ldap => "docs/errors/ldap.md",
            Self::Certificates => "docs/errors/certificates.md",
            Self::Entra => "docs/errors/entra.md",
            Self::Google => "docs/errors/google.md",
            Self::Okta => "docs/errors/okta.md",
            Self::Organization => "docs/errors/organization.md",
        }
    }

    /// To read more there.
    pub(super) fn step(self) -> NextStep {
        Step::Open(self.path().to_owned()).to(text!("step.more", "For more about this error"))
    }

    /// These steps, and to read more.
    pub(super) fn after(self, mut steps: Vec<NextStep>) -> Vec<NextStep> {
        steps.push(self.step());
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_there() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
        for page in ErrorPage::ALL {
            let text = std::fs::read_to_string(format!("{root}{}", page.path())).unwrap_or_default();
            assert!(text.starts_with("# ") && text.contains("\n| "), "{}", page.path());
        }
    }
}
