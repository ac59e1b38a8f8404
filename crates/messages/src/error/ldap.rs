//! LDAP servers and Active Directory: what failed. What to do next stands in `ldap/steps.rs`.

mod knobs;
mod steps;

pub(super) use steps::steps;

use super::sentence::because;
use crate::text;
use bwdc_engine::directory::ldap::{LdapReadError, SearchPlace, Step};
use std::error::Error;

pub(super) fn message(error: &LdapReadError) -> String {
    because(what(error), error.source())
}

fn what(error: &LdapReadError) -> String {
    use LdapReadError as E;
    match error {
        E::KerberosMissing { server } => text!(
            "error.ldap.kerberos-missing",
            "Cannot bind to {server} as the account that runs the program: Kerberos is not in this build",
            server
        ),
        E::Kerberos { server, service, problem } => {
            text!(
                "error.ldap.kerberos",
                "No Kerberos sign-in to {server} (`{service}`): {problem}",
                server,
                service,
                problem
            )
        }
        E::Locate { record, problem } => text!(
            "error.ldap.locate",
            "Cannot find the domain's servers in DNS (SRV record `{record}`): {problem}",
            record,
            problem
        ),
        E::NoPassword { server, username } => {
            text!(
                "error.ldap.no-password",
                "The password of `{username}` for {server} is empty",
                username,
                server
            )
        }
        E::Filter { setting, filter, position, problem } => text!(
            "error.ldap.filter",
            "`{setting}` is not an LDAP filter: {problem} (character {position} of `{filter}`)",
            setting,
            problem,
            position,
            filter
        ),
        E::NoRevisionDate { server, attribute } => text!(
            "error.ldap.no-revision-date",
            "No entry of {server} has the attribute `{attribute}`: what changed since the last sync cannot be told",
            server,
            attribute
        ),
        E::StateHidden { server, attributes } => text!(
            "error.ldap.state-hidden",
            "{server} shows of nobody by `{attributes}` that the account is enabled: those who are cannot be told from those who are not",
            server,
            attributes
        ),
        E::NoId { entry, attribute } => text!(
            "error.ldap.no-id",
            "`{entry}` has no `{attribute}`, which `ldap.id-attribute` requires of everybody",
            entry,
            attribute
        ),
        E::TlsFile { setting, content, path, .. } => text!(
            "error.ldap.tls-file",
            "Cannot use the {content} in `{path}` (`{setting}`)",
            content,
            path,
            setting
        ),
        E::TlsSetup { server, .. } => {
            text!("error.ldap.tls-setup", "Cannot prepare TLS for {server}", server)
        }
        E::Connect { server, .. } => text!("error.ldap.connect", "Cannot connect to {server}", server),
        E::Tls { server, .. } => text!("error.ldap.tls", "Cannot agree on TLS with {server}", server),
        E::StartTlsRefused { server, outcome } => text!(
            "error.ldap.start-tls",
            "{server} refused StartTLS: {outcome}",
            server,
            outcome = outcome.to_string()
        ),
        E::Bind { server, username, outcome, .. } => text!(
            "error.ldap.bind",
            "{server} refused to bind `{username}`: {outcome}",
            server,
            username,
            outcome = outcome.to_string()
        ),
        E::TimeLimit { server, step, seconds, setting } => text!(
            "error.ldap.time-limit",
            "{server} did not {step} within {seconds} s (`{setting}` in connector.toml)",
            server,
            step = stage(step),
            seconds,
            setting
        ),
        E::Cut { server, step, .. } => text!(
            "error.ldap.cut",
            "{server} ended the connection and did not {step}",
            server,
            step = stage(step)
        ),
        E::Refused { place, outcome, .. } => text!(
            "error.ldap.search",
            "{search} on {server} ended with {outcome}{after}",
            search = capital(&search(place)),
            server = place.server,
            outcome = outcome.to_string(),
            after = after(place)
        ),
        E::References { place, urls } => text!(
            "error.ldap.references",
            "{search} on {server} is not answered in full: parts of it are elsewhere, at {urls}",
            search = capital(&search(place)),
            server = place.server,
            urls = urls.join(" ")
        ),
        E::Malformed { server, what } => {
            text!("error.ldap.malformed", "{server} sent {what}, which is no LDAP answer", server, what)
        }
        E::Range { server, entry, attribute, next } => text!(
            "error.ldap.range",
            "{server} did not return all values of `{attribute}` of `{entry}`: those from number {next} on are missing",
            server,
            attribute,
            entry,
            next
        ),
    }
}

/// What the server was expected to do.
fn stage(step: &Step) -> String {
    match step {
        Step::Connect => text!("error.ldap.stage.connect", "accept the connection"),
        Step::StartTls => text!("error.ldap.stage.start-tls", "answer StartTLS"),
        Step::Handshake => text!("error.ldap.stage.handshake", "finish the TLS handshake"),
        Step::Bind => text!("error.ldap.stage.bind", "answer the bind"),
        Step::Page(place) => text!(
            "error.ldap.stage.page",
            "answer page {page} of {search}{after}",
            page = place.page,
            search = search(place),
            after = after(place)
        ),
    }
}

fn search(place: &SearchPlace) -> String {
    if place.base.is_empty() {
        text!("error.ldap.root-entry", "the search for the server's own entry (root DSE)")
    } else {
        text!(
            "error.ldap.search-under",
            "the search under `{base}` for `{filter}`",
            base = place.base,
            filter = place.filter
        )
    }
}

fn after(place: &SearchPlace) -> String {
    match place.taken {
        0 => String::new(),
        entries => text!("error.ldap.after", " after {entries:entry/entries}", entries),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
