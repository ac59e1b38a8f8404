//! Reads an import as the official server reads it: forgiving about names and types, strict about lengths.
//!
//! The body is taken apart by hand, because the errors are keyed by the server's own notation and a type that is
//! wrong is reported differently from a value that is missing.

use serde_json::{Map, Value};

use super::errors::Refusal;

/// The most errors that are reported; the last one then says that there are more.
const MOST_ERRORS: usize = 200;

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

/// Reads the body of an import.
///
/// # Errors
///
/// Refuses what is not JSON, what has a wrong type and what breaks a rule about a field, as a 400.
pub(crate) fn read_import(body: &[u8]) -> Result<ImportRequest, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(empty());
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| conversion("$", &error.to_string()))?;
    if body.is_null() {
        return Err(empty());
    }
    let root = Node::root(&body).object()?;
    let overwrite_existing = root.property("overwriteExisting").optional(Node::boolean)?;
    let large_import = root.property("largeImport").present().map(Node::boolean).transpose()?;
    let invite = root.property("inviteUsersAfterProvisioning").present().map(Node::boolean).transpose()?;
    let groups = root.property("groups").optional(|node| node.list(raw_group))?;
    let members = root.property("members").optional(|node| node.list(raw_member))?;

    let mut errors = Errors::default();
    let groups = groups.map(|groups| checked(groups, |at, group| check_group(at, group, &mut errors)));
    let members = members.map(|members| checked(members, |at, member| check_member(at, member, &mut errors)));
    if overwrite_existing.is_none() {
        errors.push("OverwriteExisting", required("OverwriteExisting"));
    }
    errors.into_result()?;
    Ok(ImportRequest {
        groups,
        members,
        overwrite_existing: overwrite_existing.unwrap_or_default(),
        large_import: large_import.unwrap_or(false),
        invite_users_after_provisioning: invite.unwrap_or(true),
    })
}

fn empty() -> Refusal {
    Refusal::Invalid(vec![(String::new(), "Body is empty.".to_owned())])
}

fn conversion(path: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![(path.to_owned(), format!("{message} Path: {path}"))])
}

struct RawGroup {
    name: Option<String>,
    external_id: Option<String>,
    member_external_ids: Option<Vec<String>>,
}

struct RawMember {
    email: Option<String>,
    external_id: Option<String>,
    deleted: bool,
}

fn raw_group(node: Node<'_>) -> Result<RawGroup, Refusal> {
    let object = node.object()?;
    Ok(RawGroup {
        name: object.property("name").optional(Node::string)?,
        external_id: object.property("externalId").optional(Node::permissive_string)?,
        member_external_ids: object.property("memberExternalIds").optional(Node::permissive_strings)?,
    })
}

fn raw_member(node: Node<'_>) -> Result<RawMember, Refusal> {
    let object = node.object()?;
    Ok(RawMember {
        email: object.property("email").optional(Node::string)?.map(|email| email.to_lowercase()),
        external_id: object.property("externalId").optional(Node::permissive_string)?,
        deleted: object.property("deleted").present().map(Node::boolean).transpose()?.unwrap_or(false),
    })
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
    if let Some(email) = &member.email {
        if !is_address(email) {
            errors.push(&key, "The Email field is not a valid e-mail address.".to_owned());
        }
        if length(email) > 256 {
            errors.push(&key, too_long("Email", 256));
        }
    }
    if !member.deleted && member.email.as_deref().is_none_or(|email| email.trim().is_empty()) {
        errors.push(&key, "Email is required for enabled members.".to_owned());
    }
    let external_id = errors.text(&entry, "ExternalId", member.external_id, 300);
    ImportedMember { email: member.email, external_id, deleted: member.deleted }
}

/// Tells an address by the platform's plain rule: one @, neither first nor last, and no line break.
pub(crate) fn is_address(text: &str) -> bool {
    let mut places = text.match_indices('@').map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => at > 0 && at + 1 < text.len() && !text.contains(['\r', '\n']),
        _ => false,
    }
}

/// The length as the server counts it: in UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

pub(crate) fn required(field: &str) -> String {
    format!("The {field} field is required.")
}

pub(crate) fn too_long(field: &str, most: usize) -> String {
    format!("The field {field} must be a string with a maximum length of {most}.")
}

/// Collects errors up to the number that is reported.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<(String, String)>,
}

impl Errors {
    pub(crate) fn push(&mut self, key: &str, text: String) {
        if self.found.len() + 1 < MOST_ERRORS {
            self.found.push((key.to_owned(), text));
        } else if self.found.len() + 1 == MOST_ERRORS {
            let full = "The maximum number of allowed model errors has been reached.";
            self.found.push((String::new(), full.to_owned()));
        }
    }

    /// Checks text that must be there, not be blank, and not be too long.
    pub(crate) fn text(&mut self, entry: &str, field: &str, value: Option<String>, most: usize) -> String {
        let value = value.unwrap_or_default();
        let key = if entry.is_empty() { field.to_owned() } else { format!("{entry}.{field}") };
        if value.trim().is_empty() {
            self.push(&key, required(field));
        } else if length(&value) > most {
            self.push(&key, too_long(field, most));
        }
        value
    }

    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        if self.found.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.found)) }
    }
}

/// A value with the place where it was found.
pub(crate) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

pub(crate) struct Object<'a> {
    properties: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    /// Looks a property up without regard to case; of several the last one counts.
    pub(crate) fn property(&self, name: &str) -> Node<'a> {
        let found = self
            .properties
            .get_key_value(name)
            .or_else(|| self.properties.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        let path = format!("{}.{}", self.path, found.map_or(name, |(key, _)| key.as_str()));
        Node { value: found.map(|(_, value)| value), path }
    }
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Node<'a> {
        Node { value: Some(value), path: "$".to_owned() }
    }

    /// Reads the value unless it is missing or null.
    pub(crate) fn optional<T>(
        self,
        read: impl FnOnce(Node<'a>) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        match self.value {
            None | Some(Value::Null) => Ok(None),
            Some(_) => read(self).map(Some),
        }
    }

    /// Returns the value as it is, unless it is missing or null.
    pub(crate) fn json(self) -> Option<&'a Value> {
        self.value.filter(|value| !value.is_null())
    }

    /// Returns the node unless the property is missing; null stays.
    pub(crate) fn present(self) -> Option<Node<'a>> {
        self.value.is_some().then_some(self)
    }

    pub(crate) fn object(self) -> Result<Object<'a>, Refusal> {
        match self.value {
            Some(Value::Object(properties)) => Ok(Object { properties, path: self.path }),
            _ => Err(self.wrong("an object")),
        }
    }

    pub(crate) fn boolean(self) -> Result<bool, Refusal> {
        self.value.and_then(Value::as_bool).ok_or_else(|| self.wrong("System.Boolean"))
    }

    pub(crate) fn integer(self) -> Result<i64, Refusal> {
        self.value.and_then(Value::as_i64).ok_or_else(|| self.wrong("System.Int32"))
    }

    pub(crate) fn string(self) -> Result<String, Refusal> {
        self.value.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| self.wrong("System.String"))
    }

    pub(crate) fn permissive_string(self) -> Result<String, Refusal> {
        match self.value {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(true)) => Ok("True".to_owned()),
            Some(Value::Bool(false)) => Ok("False".to_owned()),
            _ => Err(self.wrong("System.String")),
        }
    }

    /// Reads a list of strings, or a lone one; null entries are passed over.
    pub(crate) fn permissive_strings(self) -> Result<Vec<String>, Refusal> {
        match self.value {
            Some(Value::Array(_)) => Ok(self.list(Node::permissive_string)?.into_iter().flatten().collect()),
            _ => Ok(vec![self.permissive_string()?]),
        }
    }

    pub(crate) fn list<T>(
        self,
        read: impl Fn(Node<'a>) -> Result<T, Refusal>,
    ) -> Result<Vec<Option<T>>, Refusal> {
        let Some(Value::Array(values)) = self.value else { return Err(self.wrong("a list")) };
        let entry = |(at, value)| Node { value: Some(value), path: format!("{}[{at}]", self.path) };
        values.iter().enumerate().map(|numbered| entry(numbered).optional(&read)).collect()
    }

    fn wrong(&self, wanted: &str) -> Refusal {
        conversion(&self.path, &format!("The JSON value could not be converted to {wanted}."))
    }
}
