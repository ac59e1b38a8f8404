//! The clouds of Microsoft Entra ID.

/// The authority of the worldwide cloud, and of a setting that is absent.
pub(super) const WORLDWIDE: &str = "login.microsoftonline.com";

/// Authorities with the Graph that belongs to them (Microsoft, "National cloud deployments"). The American authority
/// serves two: the one of the Department of Defense, `dod-graph.microsoft.us`, has to be set by its URL.
const CLOUDS: [(&str, &str); 3] = [
    (WORLDWIDE, "graph.microsoft.com"),
    ("login.microsoftonline.us", "graph.microsoft.us"),
    ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
];

/// Every authority.
pub(super) const AUTHORITIES: [&str; 3] = [CLOUDS[0].0, CLOUDS[1].0, CLOUDS[2].0];

/// Authority and Graph of the cloud with this authority, which may be typed as a URL.
pub(super) fn cloud_of(authority: &str) -> Option<(&'static str, &'static str)> {
    let bare = authority.trim().trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
    CLOUDS.into_iter().find(|(known, _)| *known == bare)
}
