//! What checks and their areas are called: for people, and for scripts.

use crate::text;
use bwdc_engine::directory::probe;
use bwdc_engine::doctor::{Area, Check};

pub(super) fn area_title(area: Area) -> String {
    match area {
        Area::Installation => text!("area.installation", "Installation"),
        Area::Directory => text!("area.directory", "Directory"),
        Area::Organization => text!("area.organization", "Organization"),
    }
}

/// What scripts know an area by.
pub(super) fn area_name(area: Area) -> &'static str {
    match area {
        Area::Installation => "installation",
        Area::Directory => "directory",
        Area::Organization => "organization",
    }
}

/// What scripts know a check by.
pub(super) fn name(check: Check) -> &'static str {
    match check {
        Check::Program => "program",
        Check::Folder => "folder",
        Check::FileSystem => "file-system",
        Check::Settings => "settings",
        Check::ConnectorSettings => "connector-settings",
        Check::SecretStore => "secret-store",
        Check::Secret => "secret",
        Check::Ledger => "ledger",
        Check::Lease => "lease",
        Check::DirectorySettings => "directory-settings",
        Check::Proxy => "proxy",
        Check::Name => "name",
        Check::Connection => "connection",
        Check::Certificate => "certificate",
        Check::Answer => "answer",
        Check::Clock => "clock",
        Check::SignIn => "sign-in",
        Check::Server => "server",
        Check::Encryption => "encryption",
        Check::Members => "members",
        Check::Directory(check) => match check {
            probe::Check::Reach => "reach",
            probe::Check::Encryption => "encryption",
            probe::Check::SignIn => "directory-sign-in",
            probe::Check::Service => "service",
            probe::Check::Right => "right",
            probe::Check::SearchBase => "search-base",
            probe::Check::People => "people",
            probe::Check::Groups => "groups",
            probe::Check::Read => "read",
            _ => "directory",
        },
    }
}

/// What people know a check by.
pub(super) fn title(check: Check) -> String {
    match check {
        Check::Program => text!("check.program", "Program"),
        Check::Folder => text!("check.folder", "Folder"),
        Check::FileSystem => text!("check.file-system", "File system"),
        Check::Settings => text!("check.settings", "Settings"),
        Check::ConnectorSettings => text!("check.connector-settings", "Further settings"),
        Check::SecretStore => text!("check.secret-store", "Secrets"),
        Check::Secret => text!("check.secret", "Secret"),
        Check::Ledger => text!("check.ledger", "Ledger"),
        Check::Lease => text!("check.lease", "Lease"),
        Check::DirectorySettings => text!("check.directory-settings", "Settings of the directory"),
        Check::Proxy => text!("check.proxy", "Proxy"),
        Check::Name => text!("check.name", "Name"),
        Check::Connection => text!("check.connection", "Connection"),
        Check::Certificate => text!("check.certificate", "Certificate"),
        Check::Answer => text!("check.answer", "Answer"),
        Check::Clock => text!("check.clock", "Clock"),
        Check::SignIn => text!("check.sign-in", "Sign-in"),
        Check::Server => text!("check.server", "Server"),
        Check::Encryption => text!("check.encryption", "Encryption"),
        Check::Members => text!("check.members", "Members"),
        Check::Directory(check) => match check {
            probe::Check::Reach => text!("check.probe-reach", "Connection"),
            probe::Check::Encryption => text!("check.probe-encryption", "Encryption"),
            probe::Check::SignIn => text!("check.probe-sign-in", "Sign-in"),
            probe::Check::Service => text!("check.probe-service", "Service"),
            probe::Check::Right => text!("check.probe-right", "Permission"),
            probe::Check::SearchBase => text!("check.probe-search-base", "Search base"),
            probe::Check::People => text!("check.probe-people", "People"),
            probe::Check::Groups => text!("check.probe-groups", "Groups"),
            probe::Check::Read => text!("check.probe-read", "Complete read"),
            _ => text!("check.directory", "Directory"),
        },
    }
}
