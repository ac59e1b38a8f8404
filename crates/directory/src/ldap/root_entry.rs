//! The server's own entry (the root DSE): what the server is, and what it can do.

use super::entry::Entry;

const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
const CONTENT_SYNCHRONIZATION: &[u8] = b"1.3.6.1.4.1.4203.1.9.1.1";
const ACTIVE_DIRECTORY: &[u8] = b"1.2.840.113556.1.4.800";
/// What is asked for.
pub(super) const ATTRIBUTES: [&str; 9] = [
    "supportedControl",
    "supportedCapabilities",
    "namingContexts",
    "vendorName",
    "vendorVersion",
    "objectClass",
    "dsServiceName",
    "highestCommittedUSN",
    "subschemaSubentry",
];

/// What the server says of itself.
#[derive(Default)]
pub(super) struct RootEntry {
    /// None where the server says nothing.
    pub(super) paging: Option<bool>,
    pub(super) active_directory: bool,
    pub(super) naming_contexts: Vec<String>,
    pub(super) vendor: Option<Box<str>>,
    /// Whether changes can be asked for by content synchronization (RFC 4533).
    pub(super) synchronizes: bool,
    /// Active Directory: the entry of the controller's service, and the number of its last change.
    pub(super) service: Option<(String, u64)>,
    /// The entry of the schema.
    pub(super) schema: Option<String>,
}

impl RootEntry {
    /// Takes over what the entry says.
    pub(super) fn take(&mut self, entry: &Entry<'_>) {
        let holds = |attribute, value: &[u8]| entry.values(attribute).any(|it| it == value);
        if entry.values("supportedControl").next().is_some() {
            self.paging = Some(holds("supportedControl", PAGED_RESULTS));
        }
        self.synchronizes = holds("supportedControl", CONTENT_SYNCHRONIZATION);
        self.active_directory = holds("supportedCapabilities", ACTIVE_DIRECTORY);
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        self.naming_contexts = entry.values("namingContexts").map(text).filter(|it| !it.is_empty()).collect();
        let last = entry.first_value("highestCommittedUSN").map(text).and_then(|it| it.parse().ok());
        self.schema = entry.first_value("subschemaSubentry").map(text);
        self.service = entry.first_value("dsServiceName").map(text).zip(last);
        let words: Vec<String> = ["vendorName", "vendorVersion"]
            .iter()
            .filter_map(|name| entry.first_value(name).map(text))
            .collect();
        self.vendor = if !words.is_empty() {
            Some(words.join(" ").into())
        } else if holds("objectClass", b"OpenLDAProotDSE") {
            Some("OpenLDAP".into())
        } else if self.active_directory {
            Some("Active Directory".into())
        } else {
            None
        };
    }
}
