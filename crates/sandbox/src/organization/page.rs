//! The organization in a browser: members, groups and the requests received.
//!
//! The page is rendered whole on the server and needs nothing from elsewhere. A short script replaces its middle
//! when something changed; without scripts the browser reloads it.

use std::collections::HashMap;
use std::fmt::{self, Display, Write as _};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::errors::Refusal;
use super::model::{Group, Member, MemberStatus, RecordedRequest, Role};
use super::options::{Flavor, Hosting};
use super::shared::Shared;
use super::tokens::random_text;

/// How many members, groups and requests are shown; the counts above tell of the rest.
const SHOWN_MEMBERS: usize = 500;
const SHOWN_GROUPS: usize = 200;
const SHOWN_REQUESTS: usize = 60;
/// How many characters of a body, and chips in a cell.
const SHOWN_BODY: usize = 6000;
const SHOWN_CHIPS: usize = 12;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/", get(page)).route("/sandbox/state", get(state))
}

async fn state(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let (members, groups) = read(&shared)?;
    Ok(Json(json!({
        "organizationId": shared.organization_id,
        "seats": shared.seats(),
        "members": members,
        "groups": groups,
        "requests": shared.recorder.arrived(),
    }))
    .into_response())
}

async fn page(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let (members, groups) = read(&shared)?;
    let requests = shared.recorder.requests();
    let nonce = random_text::<16>();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let mut html = String::with_capacity(64 * 1024);
    render(&mut html, &shared, &nonce, &members, &groups, &requests)
        .expect("writing into a string cannot fail");
    Ok((headers, Html(html)).into_response())
}

fn read(shared: &Shared) -> Result<(Vec<Member>, Vec<Group>), Refusal> {
    let store = shared.store();
    Ok((store.full_members()?, store.full_groups()?))
}

fn render(
    html: &mut String,
    shared: &Shared,
    nonce: &str,
    members: &[Member],
    groups: &[Group],
    requests: &[Arc<RecordedRequest>],
) -> fmt::Result {
    let kind = match &shared.options.flavor {
        Flavor::Vaultwarden(vaultwarden) if vaultwarden.groups_enabled => "Vaultwarden rules, groups on",
        Flavor::Vaultwarden(_) => "Vaultwarden rules, groups off",
        Flavor::Official(official) if official.hosting == Hosting::Cloud => "Official rules, cloud",
        Flavor::Official(_) => "Official rules, self-hosted",
    };
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Sandbox organization</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>\n\
         <style nonce=\"{nonce}\">\n{}</style>\n</head>\n<body>\n\
         <header><div><h1>Sandbox organization</h1><p>{kind} · <code>{}</code></p></div>\
         <span class=\"live\" role=\"status\">Live</span></header>\n",
        include_str!("page.css"),
        Escaped(&shared.client_id()),
    )?;
    let mut middle = String::with_capacity(64 * 1024);
    tiles(&mut middle, shared, members, groups, requests)?;
    member_table(&mut middle, members, groups)?;
    group_table(&mut middle, members, groups)?;
    request_table(&mut middle, requests)?;
    let mut version = DefaultHasher::new();
    middle.hash(&mut version);
    write!(
        html,
        "<main data-version=\"{:x}\">\n{middle}</main>\n\
         <footer>Everything here lives in this process and is gone when it ends, unless it was given a file.</footer>\n\
         <script nonce=\"{nonce}\">\n{}</script>\n</body>\n</html>\n",
        version.finish(),
        include_str!("page.js"),
    )
}

fn tiles(
    html: &mut String,
    shared: &Shared,
    members: &[Member],
    groups: &[Group],
    requests: &[Arc<RecordedRequest>],
) -> fmt::Result {
    let memberships: usize = groups.iter().map(|group| group.members.len()).sum();
    let arrived = shared.recorder.arrived();
    html.push_str("<ul class=\"tiles\">");
    for (count, label) in [
        (members.len().to_string(), format!("members{}", of_them(members))),
        (groups.len().to_string(), "groups".to_owned()),
        (memberships.to_string(), "group memberships".to_owned()),
        (arrived.to_string(), format!("requests received{}", of_those(requests, arrived))),
    ] {
        write!(html, "<li><strong>{count}</strong>{label}</li>")?;
    }
    if let Some(seats) = shared.seats() {
        write!(html, "<li><strong>{seats}</strong>seats</li>")?;
    }
    html.push_str("</ul>\n");
    Ok(())
}

/// Members whom no directory brought, and members without access: a sync counts neither.
fn of_them(members: &[Member]) -> String {
    let without = members.iter().filter(|it| it.status == MemberStatus::Revoked).count();
    let by_hand = members.iter().filter(|it| it.external_id.is_none()).count();
    let parts = [(without, "without access"), (by_hand, "added by hand")];
    let parts = parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}"));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("<small>including {}</small>", parts.join(", ")) }
}

/// Requests that ask for a change: a sync counts those alone.
fn of_those(requests: &[Arc<RecordedRequest>], arrived: u64) -> String {
    let changes = |it: &&Arc<RecordedRequest>| it.method != "GET" && !it.path.ends_with("/connect/token");
    match requests.iter().filter(changes).count() {
        changes if requests.len() as u64 == arrived => {
            format!("<small>{changes} to change something</small>")
        }
        _ => String::new(),
    }
}

fn heading(html: &mut String, id: &str, title: &str, shown: usize, all: usize) -> fmt::Result {
    write!(html, "<section aria-labelledby=\"{id}\"><div class=\"title\"><h2 id=\"{id}\">{title}</h2>")?;
    if shown < all {
        write!(html, "<span>{shown} of {all} shown</span>")?;
    }
    html.push_str("</div>");
    Ok(())
}

fn member_table(html: &mut String, members: &[Member], groups: &[Group]) -> fmt::Result {
    let shown = members.len().min(SHOWN_MEMBERS);
    heading(html, "members", "Members", shown, members.len())?;
    if members.is_empty() {
        html.push_str("<p class=\"none\">Nobody yet. Members appear here after a sync.</p></section>\n");
        return Ok(());
    }
    let mut names: HashMap<&str, Vec<&str>> = HashMap::new();
    for group in groups {
        for member in &group.members {
            names.entry(member).or_default().push(&group.name);
        }
    }
    html.push_str(
        "<div class=\"wide\" tabindex=\"0\"><table class=\"stacks\"><thead><tr><th scope=\"col\">Name / e-mail</th><th scope=\"col\">Status</th><th scope=\"col\">External ID</th>\
         <th scope=\"col\">Groups</th></tr></thead><tbody>\n",
    );
    for member in &members[..shown] {
        html.push_str("<tr><td class=\"who\">");
        match &member.name {
            Some(name) => write!(html, "<b>{}</b><span>{}</span>", Escaped(name), Escaped(&member.email))?,
            None => write!(html, "<b>{}</b>", Escaped(&member.email))?,
        }
        let (tone, status) = status(member.status);
        write!(html, "</td><td><span class=\"pill {tone}\">{status}</span>")?;
        if let Some(role) = role(member.role) {
            write!(html, " <span class=\"pill calm\">{role}</span>")?;
        }
        let external_id = member.external_id.as_deref().unwrap_or("–");
        write!(html, "</td><td class=\"id\">{}</td><td class=\"chips\">", Parts(external_id))?;
        chips(html, names.get(member.id.as_str()).map_or(&[], Vec::as_slice))?;
        html.push_str("</td></tr>\n");
    }
    html.push_str("</tbody></table></div></section>\n");
    Ok(())
}

fn group_table(html: &mut String, members: &[Member], groups: &[Group]) -> fmt::Result {
    let shown = groups.len().min(SHOWN_GROUPS);
    heading(html, "groups", "Groups", shown, groups.len())?;
    if groups.is_empty() {
        html.push_str("<p class=\"none\">No groups yet.</p></section>\n");
        return Ok(());
    }
    let addresses: HashMap<&str, &str> =
        members.iter().map(|member| (member.id.as_str(), member.email.as_str())).collect();
    html.push_str(
        "<div class=\"wide\" tabindex=\"0\"><table class=\"stacks\"><thead><tr><th scope=\"col\">Name</th><th scope=\"col\" class=\"number\">Members</th>\
         <th scope=\"col\">External ID</th><th scope=\"col\">Who</th></tr></thead><tbody>\n",
    );
    for group in &groups[..shown] {
        let external_id = group.external_id.as_deref().unwrap_or("–");
        write!(
            html,
            "<tr><td><b>{}</b></td><td class=\"number\">{}</td><td class=\"id\">{}</td><td class=\"chips\">",
            Escaped(&group.name),
            group.members.len(),
            Parts(external_id),
        )?;
        let mut who: Vec<&str> =
            group.members.iter().filter_map(|id| addresses.get(id.as_str()).copied()).collect();
        who.sort_unstable();
        chips(html, &who)?;
        html.push_str("</td></tr>\n");
    }
    html.push_str("</tbody></table></div></section>\n");
    Ok(())
}

fn request_table(html: &mut String, requests: &[Arc<RecordedRequest>]) -> fmt::Result {
    let shown = requests.len().min(SHOWN_REQUESTS);
    heading(html, "requests", "Requests received", shown, requests.len())?;
    if requests.is_empty() {
        html.push_str("<p class=\"none\">No requests yet.</p></section>\n");
        return Ok(());
    }
    html.push_str(
        "<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th scope=\"col\" class=\"number\">#</th><th scope=\"col\">Time</th><th scope=\"col\">Request</th>\
         <th scope=\"col\">Answer</th><th scope=\"col\" class=\"number\">Bytes</th></tr></thead><tbody>\n",
    );
    for request in requests.iter().rev().take(shown) {
        let time = request.received.get(11..19).unwrap_or_default();
        write!(
            html,
            "<tr><td class=\"number\">{0}</td><td class=\"id\">{time}</td><td><details id=\"request-{0}\">\
             <summary><b>{1}</b><code>{2}</code></summary><pre>",
            request.number,
            Escaped(&request.method),
            Escaped(&request.path),
        )?;
        for (name, value) in &request.headers {
            writeln!(html, "{}: {}", Escaped(name), Escaped(value))?;
        }
        let body = readable_body(&request.body);
        write!(html, "\n{}</pre></details></td>", Escaped(&body))?;
        let (tone, answer) = match request.status {
            None => ("warn", "none".to_owned()),
            Some(status) if is_expected(request) => {
                ("calm", format!("{status}, as expected: a self-hosted server has no seats"))
            }
            Some(status @ 200..400) => ("good", status.to_string()),
            Some(status) => ("bad", status.to_string()),
        };
        writeln!(
            html,
            "<td><span class=\"pill {tone}\">{answer}</span></td><td class=\"number\">{}</td></tr>",
            request.body_length
        )?;
    }
    html.push_str("</tbody></table></div></section>\n");
    Ok(())
}

/// A server of one's own tells its seats to nobody: who asks is told so with a 400.
fn is_expected(request: &RecordedRequest) -> bool {
    request.status == Some(400) && request.path.ends_with("/public/organization/subscription")
}

/// Lays short JSON out over lines and cuts what is long.
fn readable_body(body: &str) -> String {
    if let Some((end, _)) = body.char_indices().nth(SHOWN_BODY) {
        return format!("{}\n… {} more bytes", &body[..end], body.len() - end);
    }
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}

fn chips(html: &mut String, texts: &[&str]) -> fmt::Result {
    for text in texts.iter().take(SHOWN_CHIPS) {
        write!(html, "<span class=\"chip\">{}</span>", Escaped(text))?;
    }
    if texts.len() > SHOWN_CHIPS {
        write!(html, "<span class=\"chip\">and {} more</span>", texts.len() - SHOWN_CHIPS)?;
    }
    Ok(())
}

fn status(status: MemberStatus) -> (&'static str, &'static str) {
    match status {
        MemberStatus::Revoked => ("bad", "revoked"),
        MemberStatus::Invited => ("warn", "invited"),
        MemberStatus::Accepted => ("calm", "accepted"),
        MemberStatus::Confirmed => ("good", "confirmed"),
        MemberStatus::Staged => ("calm", "staged"),
    }
}

fn role(role: Role) -> Option<&'static str> {
    match role {
        Role::Owner => Some("owner"),
        Role::Admin => Some("admin"),
        Role::Custom => Some("custom"),
        Role::User => None,
    }
}

/// An external id that may go on in the next line after its commas, and nowhere else.
struct Parts<'a>(&'a str);

impl Display for Parts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.split_inclusive(',').try_for_each(|it| write!(formatter, "<span>{}</span>", Escaped(it)))
    }
}

/// Text that is safe between tags and in quoted attributes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}
