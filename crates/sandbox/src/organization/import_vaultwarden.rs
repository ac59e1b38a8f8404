//! The directory import of Vaultwarden: by address, in the order of the list, storing as it goes.

use std::collections::HashSet;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::errors;
use super::model::{MemberStatus, NewMember};
use super::options::Vaultwarden;
use super::store::{MemberRow, Store, StoreError};

/// What is added to the status of a member who is revoked.
const REVOKED: i64 = 128;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportRequest {
    groups: Vec<ImportedGroup>,
    members: Vec<ImportedMember>,
    overwrite_existing: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportedGroup {
    name: String,
    external_id: String,
    member_external_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportedMember {
    email: String,
    external_id: String,
    deleted: bool,
}

/// Why Vaultwarden's import fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error("the body is not JSON")]
    Unreadable(#[source] serde_json::Error),
    #[error("the body is JSON of another shape")]
    OtherShape(#[source] serde_json::Error),
    #[error("User email {0} is not a valid email address")]
    Address(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    pub(crate) fn into_response(self, accepts: errors::Accepts) -> Response {
        match self {
            ImportError::Unreadable(_) => errors::catcher(StatusCode::BAD_REQUEST, accepts),
            ImportError::OtherShape(_) => errors::catcher(StatusCode::UNPROCESSABLE_ENTITY, accepts),
            ImportError::Address(_) => errors::vaultwarden(StatusCode::BAD_REQUEST, &self.to_string()),
            ImportError::Store(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an import failed in the database");
                errors::catcher(StatusCode::INTERNAL_SERVER_ERROR, accepts)
            }
        }
    }
}

/// Reads the body of an import; its type header is not looked at.
pub(crate) fn read(body: &[u8]) -> Result<ImportRequest, ImportError> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ImportError::OtherShape(error),
        _ => ImportError::Unreadable(error),
    })
}

/// Imports members, then groups, then removes who is not listed.
///
/// # Errors
///
/// An address that is not one ends the import; what came before it stays stored.
pub(crate) fn import(
    vaultwarden: &Vaultwarden,
    store: &Store,
    request: &ImportRequest,
) -> Result<(), ImportError> {
    let mut failure = None;
    store.step(|store| -> Result<(), ImportError> {
        for member in &request.members {
            match import_member(store, member) {
                Err(ImportError::Address(address)) => {
                    failure = Some(ImportError::Address(address));
                    break;
                }
                other => other?,
            }
        }
        Ok(())
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if vaultwarden.groups_enabled {
        store.step(|store| request.groups.iter().try_for_each(|group| import_group(store, group)))?;
    }
    if request.overwrite_existing {
        store.step(|store| remove_unlisted(store, &request.members))?;
    }
    Ok(())
}

fn import_member(store: &Store, entry: &ImportedMember) -> Result<(), ImportError> {
    let external_id = Some(entry.external_id.clone()).filter(|id| !id.is_empty());
    let found = store.members_by_email(&entry.email)?.into_iter().next();
    match found {
        Some(mut member) => {
            if !entry.deleted && member.status < 0 {
                member.status += REVOKED;
            } else if entry.deleted && member.status >= 0 && !is_last_owner(store, &member)? {
                member.status -= REVOKED;
            }
            member.external_id = external_id;
            Ok(store.update_member(&member)?)
        }
        None if entry.deleted => Ok(()),
        None => {
            let email = entry.email.to_lowercase();
            if !is_address(&email) {
                return Err(ImportError::Address(entry.email.clone()));
            }
            let new = NewMember { external_id, ..NewMember::invited(&email) };
            let new = if store.has_account(&email)? {
                NewMember { status: MemberStatus::Accepted, has_master_password: true, ..new }
            } else {
                new
            };
            store.insert_member(&new, new.status.number())?;
            Ok(())
        }
    }
}

fn import_group(store: &Store, entry: &ImportedGroup) -> Result<(), ImportError> {
    let external_id = Some(entry.external_id.as_str()).filter(|id| !id.is_empty());
    let found = match external_id {
        Some(id) => store.groups_by_external_id(id)?.into_iter().next(),
        None => None,
    };
    let group = match found {
        Some(group) => group,
        None => store.insert_group(&entry.name, external_id)?,
    };
    let mut members = Vec::with_capacity(entry.member_external_ids.len());
    for id in &entry.member_external_ids {
        members.extend(store.members_by_external_id(id)?.first().map(|member| member.row));
    }
    Ok(store.replace_group_members(group.row, members)?)
}

fn remove_unlisted(store: &Store, listed: &[ImportedMember]) -> Result<(), ImportError> {
    let listed: HashSet<&str> = listed.iter().map(|member| member.external_id.as_str()).collect();
    for member in store.members()? {
        let is_unlisted = member.external_id.as_deref().is_some_and(|id| !listed.contains(id));
        if is_unlisted && !is_last_owner(store, &member)? {
            store.delete_member(member.row)?;
        }
    }
    Ok(())
}

fn is_last_owner(store: &Store, member: &MemberRow) -> Result<bool, StoreError> {
    Ok(member.is_confirmed_owner() && store.confirmed_owners()? <= 1)
}

/// Tells an address by Vaultwarden's lengths: local part at most 64, domain at most 254, no blanks around.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_sized = (1..=64).contains(&local.len()) && (1..=254).contains(&domain.len());
    is_sized && !text.contains(char::is_whitespace) && !local.contains('@')
}
