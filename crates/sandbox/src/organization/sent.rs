//! Members and groups as a client sends them to be made or replaced.

use super::errors::Refusal;
use super::json::{Document, Json};
use super::model::{CollectionAccess, Role};
use super::validation::{self, Errors, Node, required};

/// What a custom role may be allowed, by the names on the wire.
const PERMISSIONS: [&str; 13] = [
    "accessEventLogs",
    "accessImportExport",
    "accessReports",
    "createNewCollections",
    "editAnyCollection",
    "deleteAnyCollection",
    "manageGroups",
    "managePolicies",
    "manageSso",
    "manageUsers",
    "manageResetPassword",
    "manageScim",
    "manageAccessRules",
];

/// A member as sent.
pub(crate) struct SentMember {
    /// Only asked for when a member is made.
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
    pub(crate) external_id: Option<String>,
    pub(crate) permissions: Option<String>,
    pub(crate) collections: Option<Vec<CollectionAccess>>,
    pub(crate) groups: Option<Vec<String>>,
}

/// A group as sent.
pub(crate) struct SentGroup {
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) collections: Option<Vec<CollectionAccess>>,
}

/// Whether a member is made, with an address, or replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Invite,
    Replace,
}

#[derive(Default)]
struct RawMember {
    email: Option<String>,
    role: Option<i64>,
    external_id: Option<String>,
    permissions: Option<String>,
    collections: Option<Vec<CollectionAccess>>,
    groups: Option<Vec<String>>,
}

/// Reads a member.
///
/// # Errors
///
/// A wrong type, or a value that breaks a rule, as a 400.
pub(crate) fn read_member(document: &Document, purpose: Purpose) -> Result<SentMember, Refusal> {
    let raw = validation::read_document(document, |node| raw_member(node, purpose))?;
    let mut errors = Errors::default();
    let email = (purpose == Purpose::Invite).then(|| checked_address(raw.email, &mut errors));
    if raw.role.is_none() {
        errors.push("Type", required("Type"));
    }
    let role = raw.role.and_then(Role::from_number);
    if raw.role.is_some() && role.is_none() {
        errors.push("Type", "The field Type is invalid.".to_owned());
    }
    check_external_id(raw.external_id.as_deref(), &mut errors);
    if errors.count() == 0 && role != Some(Role::Custom) && raw.permissions.is_some() {
        errors.push("", "Only users with the custom role may use custom permissions.".to_owned());
    }
    errors.into_result()?;
    Ok(SentMember {
        email,
        role: role.unwrap_or(Role::User),
        external_id: raw.external_id,
        permissions: raw.permissions,
        collections: raw.collections,
        groups: raw.groups,
    })
}

fn raw_member(node: Node<'_>, purpose: Purpose) -> Result<RawMember, Refusal> {
    let mut member = RawMember::default();
    for (name, value) in node.properties()? {
        match name.as_str() {
            "email" if purpose == Purpose::Invite => member.email = value.optional(Node::string)?,
            "type" => member.role = value.optional(Node::integer)?,
            "externalid" => member.external_id = value.optional(Node::string)?,
            "permissions" => member.permissions = value.optional(permissions)?,
            "collections" => member.collections = value.optional(|it| it.list(access))?,
            "groups" => member.groups = value.optional(|it| it.list(Node::guid))?,
            _ => {}
        }
    }
    Ok(member)
}

/// An address of a new member is held to a stricter rule than one in an import.
fn checked_address(email: Option<String>, errors: &mut Errors) -> String {
    let email = errors.text("", "Email", email, 256);
    let is_supported =
        validation::is_address(&email) && email.bytes().all(|letter| letter.is_ascii_graphic());
    if !email.trim().is_empty() && !is_supported {
        errors.push("Email", "The Email field is not a supported e-mail address format.".to_owned());
    }
    email
}

fn check_external_id(external_id: Option<&str>, errors: &mut Errors) {
    if external_id.is_some_and(|id| validation::length(id) > 300) {
        errors.push("ExternalId", validation::too_long("ExternalId", 300));
    }
}

/// Permissions with every name: what is not sent is not allowed.
fn permissions(node: Node<'_>) -> Result<String, Refusal> {
    let mut allowed = Vec::new();
    for (name, value) in node.properties()? {
        let known = PERMISSIONS.into_iter().find(|it| it.eq_ignore_ascii_case(&name));
        if let Some(known) = known
            && value.boolean()?
        {
            allowed.push(known);
        }
    }
    Ok(all_permissions(&allowed))
}

/// Writes all permissions, these allowed and the others not.
pub(crate) fn all_permissions(allowed: &[&str]) -> String {
    let all =
        PERMISSIONS.iter().map(|name| ((*name).to_owned(), serde_json::Value::Bool(allowed.contains(name))));
    serde_json::Value::Object(all.collect()).to_string()
}

fn access(node: Node<'_>) -> Result<CollectionAccess, Refusal> {
    let mut access = CollectionAccess::default();
    for (name, value) in node.properties()? {
        match name.as_str() {
            "id" => access.id = value.guid()?,
            "readonly" => access.read_only = value.boolean()?,
            "hidepasswords" => access.hide_passwords = value.optional(Node::boolean)?.unwrap_or_default(),
            "manage" => access.manage = value.optional(Node::boolean)?.unwrap_or_default(),
            _ => {}
        }
    }
    Ok(access)
}

/// Reads a group.
///
/// # Errors
///
/// A wrong type, or a value that breaks a rule, as a 400.
pub(crate) fn read_group(document: &Document) -> Result<SentGroup, Refusal> {
    let (name, external_id, collections) = validation::read_document(document, |node| {
        let (mut name, mut external_id, mut collections) = (None, None, None);
        for (property, value) in node.properties()? {
            match property.as_str() {
                "name" => name = value.optional(Node::string)?,
                "externalid" => external_id = value.optional(Node::string)?,
                "collections" => collections = value.optional(|it| it.list(access))?,
                _ => {}
            }
        }
        Ok((name, external_id, collections))
    })?;
    let mut errors = Errors::default();
    let name = errors.text("", "Name", name, 100);
    check_external_id(external_id.as_deref(), &mut errors);
    errors.into_result()?;
    Ok(SentGroup { name, external_id, collections })
}

/// Reads one list of ids by its name; `None` without it.
///
/// # Errors
///
/// Something else than a list of ids, as a 400.
pub(crate) fn read_ids(document: &Document, list: &str) -> Result<Option<Vec<String>>, Refusal> {
    validation::read_document(document, |node| {
        let mut ids = None;
        for (property, value) in node.properties()? {
            if property == list {
                ids = value.optional(|it| it.list(Node::guid))?;
            }
        }
        Ok(ids)
    })
}

/// Reads the external id of a collection.
///
/// # Errors
///
/// A wrong type, or too long an id, as a 400.
pub(crate) fn read_collection(document: &Document) -> Result<Option<String>, Refusal> {
    let external_id = validation::read_document(document, |node| {
        let mut external_id = None;
        for (property, value) in node.properties()? {
            if property == "externalid" {
                external_id = value.optional(Node::string)?;
            }
        }
        Ok(external_id)
    })?;
    let mut errors = Errors::default();
    check_external_id(external_id.as_deref(), &mut errors);
    errors.into_result()?;
    Ok(external_id)
}

/// A subscription as sent.
pub(crate) struct SentSubscription {
    /// Of the password manager.
    pub(crate) seats: Option<SentSeats>,
    /// Whether anything is said about the secrets manager.
    pub(crate) secrets_manager: bool,
}

/// Seats as sent; `None` leaves a number as it is.
#[derive(Clone, Copy)]
pub(crate) struct SentSeats {
    pub(crate) seats: Option<u32>,
    pub(crate) most: Option<u32>,
}

/// Reads a subscription.
///
/// # Errors
///
/// A wrong type, or nothing at all, as a 400.
pub(crate) fn read_subscription(document: &Document) -> Result<SentSubscription, Refusal> {
    let sent = validation::read_document(document, |node| {
        let mut sent = SentSubscription { seats: None, secrets_manager: false };
        for (property, value) in node.properties()? {
            match property.as_str() {
                "passwordmanager" => sent.seats = value.optional(sent_seats)?,
                "secretsmanager" => sent.secrets_manager = value.optional(sent_seats)?.is_some(),
                _ => {}
            }
        }
        Ok(sent)
    })?;
    if sent.seats.is_none() && !sent.secrets_manager {
        let text = "At least one of PasswordManager or SecretsManager must be provided.";
        return Err(Refusal::Invalid(vec![(String::new(), text.to_owned())]));
    }
    Ok(sent)
}

fn sent_seats(node: Node<'_>) -> Result<SentSeats, Refusal> {
    let mut sent = SentSeats { seats: None, most: None };
    for (property, value) in node.properties()? {
        match property.as_str() {
            "seats" => sent.seats = number(value)?.filter(|seats| *seats > 0),
            "maxautoscaleseats" => sent.most = number(value)?,
            _ => {}
        }
    }
    Ok(sent)
}

/// A number, where it is not less than nothing.
fn number(node: Node<'_>) -> Result<Option<u32>, Refusal> {
    Ok(node.optional(Node::integer)?.and_then(|number| u32::try_from(number).ok()))
}

/// A policy as sent: whether it is on, and its data.
///
/// # Errors
///
/// A wrong type, or nothing about whether it is on, as a 400.
pub(crate) fn read_policy(document: &Document) -> Result<(bool, Option<serde_json::Value>), Refusal> {
    let (enabled, data) = validation::read_document(document, |node| {
        let (mut enabled, mut data) = (None, None);
        for (property, value) in node.properties()? {
            match property.as_str() {
                "enabled" => enabled = value.optional(Node::boolean)?,
                "data" => data = Some(plain(value.json())).filter(|data| !data.is_null()),
                _ => {}
            }
        }
        Ok((enabled, data))
    })?;
    let missing = || Refusal::Invalid(vec![("Enabled".to_owned(), required("Enabled"))]);
    Ok((enabled.ok_or_else(missing)?, data))
}

fn plain(json: &Json) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Boolean(value) => (*value).into(),
        Json::Number(number) => serde_json::from_str(number).unwrap_or_default(),
        Json::Text(text) => text.clone().into(),
        Json::List(values) => values.iter().map(plain).collect(),
        Json::Object(entries) => entries.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
    }
}
