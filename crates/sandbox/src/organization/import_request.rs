//! An import as the official server reads it.

use super::errors::Refusal;
use super::json::Document;
use super::lower_case::lower;
use super::validation::{self, Errors, Node, required};

#[derive(Debug)]
pub(crate) struct ImportRequest {
    pub(crate) groups: Option<Vec<Option<ImportedGroup>>>,
    pub(crate) members: Option<Vec<Option<ImportedMember>>>,
    pub(crate) overwrite_existing: bool,
    pub(crate) large_import: bool,
    pub(crate) invite_users_after_provisioning: bool,
}

#[derive(Debug)]
pub(crate) struct ImportedGroup {
    pub(crate) name: String,
    pub(crate) external_id: String,
    pub(crate) member_external_ids: Option<Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct ImportedMember {
    /// In lower case.
    pub(crate) email: Option<String>,
    pub(crate) external_id: String,
    pub(crate) deleted: bool,
}

/// Reads an import.
///
/// # Errors
///
/// Refuses what is not JSON, what has a wrong type and what breaks a rule about a field, as a 400.
pub(crate) fn read_import(document: &Document) -> Result<ImportRequest, Refusal> {
    let raw = validation::read_document(document, raw_import)?;
    let mut errors = Errors::default();
    let groups = raw.groups.map(|groups| checked(groups, |at, group| check_group(at, group, &mut errors)));
    let members =
        raw.members.map(|members| checked(members, |at, member| check_member(at, member, &mut errors)));
    if raw.overwrite_existing.is_none() {
        errors.push("OverwriteExisting", required("OverwriteExisting"));
    }
    errors.into_result()?;
    Ok(ImportRequest {
        groups,
        members,
        overwrite_existing: raw.overwrite_existing.unwrap_or_default(),
        large_import: raw.large_import,
        invite_users_after_provisioning: raw.invite,
    })
}

struct RawImport {
    groups: Option<Vec<Option<RawGroup>>>,
    members: Option<Vec<Option<RawMember>>>,
    overwrite_existing: Option<bool>,
    large_import: bool,
    invite: bool,
}

#[derive(Default)]
struct RawGroup {
    name: Option<String>,
    external_id: Option<String>,
    member_external_ids: Option<Vec<String>>,
}

#[derive(Default)]
struct RawMember {
    email: Option<String>,
    external_id: Option<String>,
    deleted: bool,
}

fn raw_import(node: Node<'_>) -> Result<RawImport, Refusal> {
    let mut import = RawImport {
        groups: None,
        members: None,
        overwrite_existing: None,
        large_import: false,
        invite: true,
    };
    for (name, value) in node.properties()? {
        match name.as_str() {
            "groups" => import.groups = value.optional(|it| it.list(|it| it.optional(raw_group)))?,
            "members" => import.members = value.optional(|it| it.list(|it| it.optional(raw_member)))?,
            "overwriteexisting" => import.overwrite_existing = value.optional(Node::boolean)?,
            "largeimport" => import.large_import = value.boolean()?,
            "inviteusersafterprovisioning" => import.invite = value.boolean()?,
            _ => {}
        }
    }
    Ok(import)
}

fn raw_group(node: Node<'_>) -> Result<RawGroup, Refusal> {
    let mut group = RawGroup::default();
    for (name, value) in node.properties()? {
        match name.as_str() {
            "name" => group.name = value.optional(Node::string)?,
            "externalid" => group.external_id = value.optional(Node::permissive_string)?,
            "memberexternalids" => group.member_external_ids = value.optional(Node::permissive_strings)?,
            _ => {}
        }
    }
    Ok(group)
}

fn raw_member(node: Node<'_>) -> Result<RawMember, Refusal> {
    let mut member = RawMember::default();
    for (name, value) in node.properties()? {
        match name.as_str() {
            "email" => member.email = value.optional(Node::string)?.map(|email| lower(&email)),
            "externalid" => member.external_id = value.optional(Node::permissive_string)?,
            "deleted" => member.deleted = value.boolean()?,
            _ => {}
        }
    }
    Ok(member)
}

fn checked<Raw, Good>(raw: Vec<Option<Raw>>, mut check: impl FnMut(usize, Raw) -> Good) -> Vec<Option<Good>> {
    raw.into_iter().enumerate().map(|(at, entry)| entry.map(|entry| check(at, entry))).collect()
}

fn check_group(at: usize, group: RawGroup, errors: &mut Errors) -> ImportedGroup {
    let name = errors.text(&format!("Groups[{at}]"), "Name", group.name, 100);
    let external_id = errors.text(&format!("Groups[{at}]"), "ExternalId", group.external_id, 300);
    ImportedGroup { name, external_id, member_external_ids: group.member_external_ids }
}

fn check_member(at: usize, member: RawMember, errors: &mut Errors) -> ImportedMember {
    let entry = format!("Members[{at}]");
    let key = format!("{entry}.Email");
    let before = errors.count();
    if let Some(email) = &member.email {
        if !validation::is_address(email) {
            errors.push(&key, "The Email field is not a valid e-mail address.".to_owned());
        }
        if validation::length(email) > 256 {
            errors.push(&key, validation::too_long("Email", 256));
        }
    }
    let external_id = errors.text(&entry, "ExternalId", member.external_id, 300);
    // The rule that joins two fields is asked only when each by itself is right.
    if errors.count() == before && !member.deleted && member.email.is_none() {
        errors.push(&key, "Email is required for enabled members.".to_owned());
    }
    ImportedMember { email: member.email, external_id, deleted: member.deleted }
}
