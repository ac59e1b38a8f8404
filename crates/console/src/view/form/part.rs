//! The parts of the settings, each a form.

use bwdc_core::settings::Section;
use bwdc_messages::text;

/// Parts of the settings, as the main menu has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormPart {
    /// The organization's server, and the ways to it.
    Organization,
    /// The directory and how it is reached.
    Directory,
    /// Who is brought over, and how much a run may do.
    Sync,
    /// When runs start by themselves, and who is told.
    Service,
}

impl FormPart {
    const ALL: [Self; 4] = [Self::Organization, Self::Directory, Self::Sync, Self::Service];

    /// The part that has a section.
    pub(crate) fn of(section: Section) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.sections().contains(&section))
    }

    pub(crate) fn sections(self) -> &'static [Section] {
        match self {
            Self::Organization => &[Section::Server, Section::Network, Section::Secrets, Section::Log],
            Self::Directory => &[
                Section::Directory,
                Section::LdapConnection,
                Section::LdapEncryption,
                Section::Entra,
                Section::Google,
                Section::Okta,
                Section::OneLogin,
                Section::LdapEntries,
                Section::TimeLimits,
            ],
            Self::Sync => &[
                Section::Sync,
                Section::People,
                Section::Groups,
                Section::Leavers,
                Section::Limits,
                Section::Invitations,
                Section::Sources,
            ],
            Self::Service => &[Section::Schedule, Section::Notifications],
        }
    }

    pub(crate) fn title(self) -> String {
        match self {
            Self::Organization => text!("menu.organization", "Organization and server"),
            Self::Directory => text!("menu.directory", "Directory connection"),
            Self::Sync => text!("menu.sync-settings", "Sync settings"),
            Self::Service => text!("menu.schedule", "Schedule and notifications"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::settings::Setting;

    #[test]
    fn every_setting_has_its_place_in_one_form() {
        for setting in Setting::all() {
            let parts = FormPart::ALL.into_iter().filter(|it| it.sections().contains(&setting.section));
            assert_eq!(parts.count(), 1, "{}", setting.name);
        }
    }
}
