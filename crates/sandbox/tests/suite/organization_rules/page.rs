//! The page for a browser.

use bwdc_sandbox::organization::NewMember;

use super::support::{ImportExt as _, Organization, members, self_hosted, send};

async fn page(organization: &Organization) -> super::support::Reply {
    send(organization.http.get(organization.server.page_url())).await.ok()
}

#[tokio::test]
async fn page_shows_members_groups_memberships_and_requests() {
    let organization = self_hosted().await;
    organization.server.add_member(NewMember::confirmed("named@x.example").name("Nora Named"));
    organization.import(members(&[("anna@x.example", "id-1")]).group("Staff", "id-g", &["id-1"])).await.ok();
    let html = page(&organization).await.text;
    for shown in [
        "<title>Sandbox organization</title>",
        "Nora Named",
        "anna@x.example",
        "id-1",
        "Staff",
        "id-g",
        "invited",
        "confirmed",
        "/api/public/organization/import",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn page_escapes_what_it_was_given() {
    let organization = self_hosted().await;
    let hostile = "<script>alert('\"&')</script>";
    organization.server.add_member(NewMember::confirmed(hostile).external_id(hostile).name(hostile));
    organization.server.add_group(hostile, Some(hostile), &[]);
    organization.import_text(hostile).await;
    organization.get(&format!("/members?{}", "%3Cscript%3E")).await;
    let html = page(&organization).await.text;
    assert!(!html.contains("<script>"));
    assert!(html.contains("&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;"));
}

#[tokio::test]
async fn page_loads_nothing_from_elsewhere() {
    let reply = page(&self_hosted().await).await;
    assert!(reply.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    // What the page asks for itself, its own policy allows.
    assert!(reply.headers["content-security-policy"].to_str().unwrap().contains("; img-src data:;"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!reply.text.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn page_version_changes_only_when_something_happened() {
    let organization = self_hosted().await;
    let version = async || {
        let html = page(&organization).await.text;
        let (_, rest) = html.split_once("data-version=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = version().await;
    assert_eq!(version().await, before);
    organization.import(members(&[("a@x.example", "1")])).await.ok();
    assert_ne!(version().await, before);
}

#[tokio::test]
async fn page_tells_how_much_of_a_long_list_it_shows() {
    let organization = self_hosted().await;
    for number in 0..600 {
        organization.server.add_member(NewMember::confirmed(&format!("p{number}@x.example")));
    }
    let html = page(&organization).await.text;
    assert!(html.contains("500 of 601 shown"));
}

#[tokio::test]
async fn page_tells_whom_no_sync_counts_and_takes_an_expected_refusal_for_no_fault() {
    let organization = self_hosted().await;
    organization.import(members(&[("anna@x.example", "id-1")])).await.ok();
    organization.server.add_member(NewMember::confirmed("hand@x.example"));
    let answer = organization.get("/organization/subscription").await;
    assert_eq!(answer.status, 400);
    let html = page(&organization).await.text;
    assert!(html.contains("members<small>including 2 added by hand</small>"), "{html}");
    assert!(html.contains("<span class=\"pill calm\">400, as expected"), "{html}");
}

/// A sync says how many requests it sent; those that read are not among them.
#[tokio::test]
async fn page_tells_how_many_requests_asked_for_a_change() {
    let organization = self_hosted().await;
    organization.get("/members").await;
    organization.import(members(&[("anna@x.example", "id-1")])).await.ok();
    organization.get("/members").await;
    let html = page(&organization).await.text;
    assert!(html.contains("requests received<small>1 to change something</small>"), "{html}");
}

/// Addresses are never broken, ids after their commas only, and no list makes the page longer than a few screens.
#[tokio::test]
async fn page_keeps_lists_within_their_own_frames() {
    let organization = self_hosted().await;
    organization.server.add_member(NewMember::confirmed("a@x.example").external_id("uid=a,ou=R&D,dc=test"));
    let html = page(&organization).await.text;
    let id = "<td class=\"id\"><span>uid=a,</span><span>ou=R&amp;D,</span><span>dc=test</span></td>";
    assert!(html.contains(id), "{html}");
    for rule in [
        ".wide { overflow: auto; max-height: 70vh; }",
        ".who b { display: block; font-weight: 600; white-space: nowrap; }",
        ".id { color: var(--soft); white-space: nowrap; }",
        ".id span { display: inline-block; white-space: nowrap; }",
        "@media (max-width: 720px) {\n  .stacks thead {",
    ] {
        assert!(html.contains(rule), "{rule}");
    }
    assert!(!html.contains("vertical-align: top; overflow-wrap: anywhere"), "words are not broken");
    // What is looked at stays in sight when the lists are drawn again.
    assert!(html.contains("list.scrollTo("), "{html}");
}
