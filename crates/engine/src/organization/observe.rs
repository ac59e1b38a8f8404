//! Turns the Public API's answers into what core compares: numbers become names here, and an unknown number is an error.

use super::error::OrganizationError;
use super::message::is_page;
use crate::http::PART;
use bwdc_core::names::{Email, ExternalId};
use bwdc_core::normalize;
use bwdc_core::observed::{MemberStatus, Membership, ObservedGroup, ObservedMember, Role, Seats, ServerKind};
use bwdc_core::wire::{ConfigResponse, GroupResponse, MemberResponse};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// An answer of an endpoint that not every server has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// The server's answer.
    Read(T),
    /// The server has no such endpoint, as Vaultwarden.
    NotOffered,
}

/// What a server tells of the seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatReading {
    /// So many.
    Number(Seats),
    /// There is no number: any member gets one.
    NoNumber,
    /// The server does not tell.
    Hidden,
}

/// Characters of a version that are kept.
const LONGEST_VERSION: usize = 64;

/// What is known of a server before anything is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// Whose rules apply.
    pub kind: ServerKind,
    /// As the server gives it; Vaultwarden gives the Bitwarden version that it imitates.
    pub version: String,
    /// Whether new members can be stored without an invitation.
    pub stages: bool,
    /// Whether a member's access can be taken while the membership is kept.
    pub revokes: bool,
}

pub(super) fn server(config: &ConfigResponse, cloud: bool) -> ServerFacts {
    let name = config.server.as_ref().and_then(|server| server.name.as_deref());
    let kind = match name {
        Some(name) if name.eq_ignore_ascii_case("vaultwarden") => ServerKind::Vaultwarden,
        _ if cloud => ServerKind::OfficialCloud,
        _ => ServerKind::OfficialSelfHosted,
    };
    let flag = config.feature_states.as_ref().and_then(|flags| flags.stages);
    let stages = kind != ServerKind::Vaultwarden && flag == Some(true);
    let revokes = kind != ServerKind::OfficialSelfHosted || has_revoke(&config.version);
    let version = config.version.chars().take(LONGEST_VERSION).collect();
    ServerFacts { kind, version, stages, revokes }
}

/// Since which version, year and month, servers of Bitwarden's own can revoke by the public API.
const REVOKE_SINCE: (u32, u32) = (2026, 2);

/// A version that is no such number is taken for a newer one: the request itself shows it otherwise.
fn has_revoke(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(year)), Some(Ok(month))) => (year, month) >= REVOKE_SINCE,
        _ => true,
    }
}

pub(super) fn member(response: MemberResponse) -> Result<ObservedMember, OrganizationError> {
    let Some(status) = status(response.status) else {
        return Err(OrganizationError::UnknownStatus { member: response.id, status: response.status });
    };
    let Some(role) = role(response.kind) else {
        return Err(OrganizationError::UnknownRole { member: response.id, role: response.kind });
    };
    let email = normalize::lowered_by_server(response.email.as_deref().unwrap_or_default().trim());
    Ok(ObservedMember {
        id: Some(response.id),
        email: Email::new(email),
        external_id: response.external_id.map(ExternalId::new),
        changed_id: None,
        status,
        role,
    })
}

pub(super) fn group(response: GroupResponse) -> ObservedGroup {
    ObservedGroup {
        id: Some(response.id),
        name: response.name,
        external_id: response.external_id.map(ExternalId::new),
        members: Membership::NotRead,
        collections: response.collections,
    }
}

/// Reads a successful answer; its contents never become part of the error.
pub(super) fn decode<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T, OrganizationError> {
    serde_json::from_slice(body).map_err(|error| unreadable(url, body, &error))
}

/// What is wrong with a successful answer that begins like this.
pub(super) fn unreadable(url: &str, head: &[u8], error: &serde_json::Error) -> OrganizationError {
    let place = format!("line {} column {}", error.line(), error.column());
    let words = error.to_string();
    let reason = match error.classify() {
        _ if is_page(head) => "it is a web page".to_owned(),
        _ if head.trim_ascii().is_empty() => "it is empty".to_owned(),
        Category::Eof => format!("it breaks off at {place}"),
        Category::Data if words.starts_with(PART) => PART.to_owned(),
        Category::Data if words.starts_with("missing field") => words,
        Category::Data => format!("a value of another kind than expected at {place}"),
        Category::Syntax | Category::Io => format!("it is no JSON from {place} on"),
    };
    OrganizationError::Unreadable { url: url.to_owned(), reason }
}

fn status(number: i32) -> Option<MemberStatus> {
    Some(match number {
        // Vaultwarden keeps the former status of the revoked: that minus 128.
        -1 | -128..=-126 => MemberStatus::Revoked,
        0 => MemberStatus::Invited,
        1 => MemberStatus::Accepted,
        2 => MemberStatus::Confirmed,
        3 => MemberStatus::Staged,
        _ => return None,
    })
}

fn role(number: i32) -> Option<Role> {
    Some(match number {
        0 => Role::Owner,
        1 => Role::Admin,
        2 => Role::User,
        // 3 was the manager of earlier servers, a user with permissions of its own.
        3 | 4 => Role::Custom,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member_with(status: i32, role: i32) -> Result<ObservedMember, OrganizationError> {
        member_held_as(" Ann@Example.TEST ", status, role)
    }

    fn member_held_as(email: &str, status: i32, role: i32) -> Result<ObservedMember, OrganizationError> {
        let body = serde_json::json!({
            "type": role, "externalId": "e1", "object": "member", "id": "m1", "userId": null, "name": null,
            "email": email, "status": status, "collections": [], "permissions": null,
        });
        member(decode("https://api.example.test", body.to_string().as_bytes())?)
    }

    #[test]
    fn addresses_are_compared_as_the_server_lowers_them() -> Result<(), OrganizationError> {
        for (held, seen) in [("İ@x", "İ@x"), ("ΑΣ@x", "ασ@x"), ("Ann@X", "ann@x")] {
            assert_eq!(member_held_as(held, 2, 2)?.email.as_str(), seen);
        }
        Ok(())
    }

    #[test]
    fn statuses_have_names_and_vaultwardens_revoked_ones_too() {
        let table = [
            (-1, MemberStatus::Revoked),
            (-128, MemberStatus::Revoked),
            (-127, MemberStatus::Revoked),
            (-126, MemberStatus::Revoked),
            (0, MemberStatus::Invited),
            (1, MemberStatus::Accepted),
            (2, MemberStatus::Confirmed),
            (3, MemberStatus::Staged),
        ];
        for (number, wanted) in table {
            assert_eq!(member_with(number, 2).expect("a known status").status, wanted, "{number}");
        }
    }

    #[test]
    fn an_unknown_number_is_an_error_that_names_it() {
        for status in [-2, 4, 7, -125, -129] {
            let error = member_with(status, 2).expect_err("an unknown status");
            assert!(error.to_string().contains(&format!("m1 has the status {status},")), "{error}");
        }
        let error = member_with(2, 9).expect_err("an unknown role");
        assert!(error.to_string().contains("m1 has the role 9,"), "{error}");
    }

    #[test]
    fn addresses_are_compared_trimmed_and_in_lower_case() {
        let member = member_with(2, 0).expect("a member");
        assert_eq!(member.email.as_str(), "ann@example.test");
        assert_eq!(member.role, Role::Owner);
        assert_eq!(member.external_id.as_ref().map(ExternalId::as_str), Some("e1"));
    }

    #[test]
    fn a_server_is_told_by_its_own_word_before_its_address() {
        let facts =
            |body: &str, cloud| server(&decode(body, body.as_bytes()).expect("a configuration"), cloud);
        let vaultwarden = r#"{"version":"2026.6.0","server":{"name":"Vaultwarden","url":"x"},"featureStates":{"pm-34423-staged-status":true}}"#;
        assert_eq!(facts(vaultwarden, false).kind, ServerKind::Vaultwarden);
        assert!(!facts(vaultwarden, false).stages);
        let official = r#"{"version":"2026.8.0","server":null,"featureStates":{"pm-34423-staged-status":true,"other":"text"}}"#;
        assert_eq!(facts(official, true).kind, ServerKind::OfficialCloud);
        assert_eq!(facts(official, false).kind, ServerKind::OfficialSelfHosted);
        assert!(facts(official, false).stages);
        assert!(!facts(r#"{"version":"2026.8.0"}"#, true).stages);
    }

    #[test]
    fn companies_own_servers_can_revoke_since_2026_2() {
        for (version, can) in [
            ("2026.2.0", true),
            ("2026.8.1", true),
            ("2027.1.0", true),
            ("2026.1.1", false),
            ("2025.12.0", false),
            ("unstable", true),
            ("", true),
        ] {
            assert_eq!(has_revoke(version), can, "{version}");
        }
        let body = r#"{"version":"2025.12.0"}"#;
        let of = |cloud| server(&decode(body, body.as_bytes()).expect("a configuration"), cloud).revokes;
        assert_eq!((of(true), of(false)), (true, false));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_its_contents() {
        let reason = |body: &str| match decode::<MemberResponse>("u", body.as_bytes()) {
            Err(OrganizationError::Unreadable { reason, .. }) => reason,
            _ => panic!("read {body}"),
        };
        assert!(reason(r#"{"id":"m1","#).contains("breaks off"));
        assert!(reason("<html>").contains("web page"));
        assert!(reason("").contains("empty"));
        assert!(reason("{}").contains("missing field `id`"));
        assert!(reason("nonsense").contains("no JSON"));
        let wrong = reason(r#"{"id":"m1","type":2,"status":"ann@example.test","email":null}"#);
        assert!(wrong.contains("another kind") && !wrong.contains("ann"), "{wrong}");
    }
}
