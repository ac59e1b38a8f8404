//! The import request: what today's connector would send, its fingerprint, and its batches.

mod pace;
mod settling;
mod split;

pub use pace::ImportPace;
pub use settling::{Looks, Moved, Named, Settled, Traces};
pub(crate) use split::without;
pub use split::{PartAnswer, RecordPlace, RefusedRecord, Search, Step, search_budget};

use crate::desired::Desired;
use crate::names::ExternalId;
use crate::settings::SyncSettings;
use crate::snapshot::AccountState;
use crate::wire::{ImportGroup, ImportMember, ImportRequest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Most people, and most groups, that the cloud takes in one request, and the size of a batch.
pub const BATCH: usize = 2000;

/// The request that today's connector posts for this state, all in one.
pub fn official_request(desired: &Desired, settings: &SyncSettings) -> ImportRequest {
    let ids: Vec<ExternalId> =
        desired.everybody().iter().map(|it| ExternalId::new(desired.text(it.external_id))).collect();
    let groups = (0..desired.groups().len())
        .map(|number| {
            let group = &desired.groups()[number];
            ImportGroup {
                name: desired.text(group.name).to_owned(),
                external_id: ExternalId::new(desired.text(group.external_id)),
                member_external_ids: desired
                    .members(number)
                    .iter()
                    .map(|&it| ids[it as usize].clone())
                    .collect(),
            }
        })
        .collect();
    let members = desired
        .people()
        .map(|person| ImportMember {
            email: person.email.map(|it| desired.text(it).to_owned()),
            external_id: ExternalId::new(desired.text(person.external_id)),
            deleted: match person.state {
                AccountState::Enabled => false,
                AccountState::Disabled => settings.remove_disabled,
                AccountState::Deleted => true,
            },
        })
        .collect();
    ImportRequest {
        groups,
        members,
        overwrite_existing: settings.overwrite_existing,
        large_import: false,
        invite_users_after_provisioning: settings.invite_users_after_provisioning,
    }
}

/// What `lastSyncHash` holds: base64 of SHA-256 over API URL, organization id and request body.
pub fn fingerprint(api_url: &str, organization_id: &str, body: &[u8]) -> String {
    let digest =
        Sha256::new().chain_update(api_url).chain_update(organization_id).chain_update(body).finalize();
    BASE64_STANDARD.encode(digest)
}

/// The fingerprint as older versions wrote it, without the organization id.
pub fn older_fingerprint(api_url: &str, body: &[u8]) -> String {
    fingerprint(api_url, "", body)
}

/// Bytes of a body for what stands round its lists.
const FRAME: usize = 200;

/// How large one request may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    /// People and groups together in one request; a larger one is cut into batches of [`BATCH`] of one kind.
    pub entries: usize,
    /// Bytes of the body.
    pub bytes: usize,
    /// How fast the server is: a request that would take too long is cut by time.
    pub pace: ImportPace,
}

impl BatchSize {
    /// Below what the servers take in one body: 20,000,000 bytes (Vaultwarden), 30,000,000 (Kestrel, by default).
    pub const BYTES: usize = 18_000_000;
}

/// Cuts a request that is too large for one, or would take too long: members first, then groups. No group's member list is cut; a single group
/// that is too large goes alone. A request within the limits stays as it is.
pub fn batches(request: ImportRequest, limit: BatchSize) -> Vec<ImportRequest> {
    let entries = request.members.len() + request.groups.len();
    let bytes = || {
        let members: usize = request.members.iter().map(json_length).sum();
        members + request.groups.iter().map(json_length).sum::<usize>() + entries + FRAME
    };
    if entries <= limit.entries && limit.pace.is_short(&request) && bytes() <= limit.bytes {
        return vec![request];
    }
    let invite = request.invite_users_after_provisioning;
    let batch = |groups, members| ImportRequest {
        groups,
        members,
        overwrite_existing: false,
        large_import: true,
        invite_users_after_provisioning: invite,
    };
    let most = if limit.entries == usize::MAX { usize::MAX } else { BATCH };
    let pace = limit.pace;
    let members = chunks(request.members, most, limit.bytes, |_| pace.of_member());
    let members = members.into_iter().map(|members| batch(Vec::new(), members));
    let groups = chunks(request.groups, most, limit.bytes, |it| pace.of_group(it.member_external_ids.len()));
    members.chain(groups.into_iter().map(|groups| batch(groups, Vec::new()))).collect()
}

fn chunks<T: Serialize>(
    items: Vec<T>,
    most: usize,
    most_bytes: usize,
    time: impl Fn(&T) -> u64,
) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let (mut chunk, mut bytes, mut taken) = (Vec::new(), FRAME, 0);
    for item in items {
        let (length, takes) = (json_length(&item) + 1, time(&item));
        let is_full = chunk.len() == most || bytes + length > most_bytes || taken + takes > pace::ONE_REQUEST;
        if !chunk.is_empty() && is_full {
            chunks.push(std::mem::take(&mut chunk));
            (bytes, taken) = (FRAME, 0);
        }
        bytes += length;
        taken += takes;
        chunk.push(item);
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

fn json_length(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).expect("a request has string keys and no floats").len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, settings};
    use proptest::prelude::*;

    #[test]
    fn the_body_has_the_contracts_keys_in_its_order() {
        let desired = Sample::new()
            .person("p2", "B@x")
            .in_state("p1", "a@x", AccountState::Disabled)
            .group("g", &["p1", "p2"])
            .desired(&settings())
            .expect("valid");
        let body = serde_json::to_string(&official_request(&desired, &settings())).expect("serializes");
        assert_eq!(
            body,
            concat!(
                r#"{"groups":[{"name":"g","externalId":"g","memberExternalIds":["p1","p2"]}],"#,
                r#""members":[{"email":"b@x","externalId":"p2","deleted":false},{"email":"a@x","externalId":"p1","deleted":false}],"#,
                r#""overwriteExisting":false,"largeImport":false,"inviteUsersAfterProvisioning":true}"#
            )
        );
    }

    #[test]
    fn the_fingerprint_is_the_hash_of_url_organization_and_body() {
        // printf 'https://api.example.test00body' | openssl dgst -sha256 -binary | base64
        assert_eq!(
            fingerprint("https://api.example.test", "00", b"body"),
            "nSPETDxLOHCfXU0dsqwcTsAdtjb6NHcGD667PcM+Kx4="
        );
    }

    fn request(members: usize, groups: usize) -> ImportRequest {
        ImportRequest {
            groups: (0..groups)
                .map(|number| ImportGroup {
                    name: format!("g{number}"),
                    external_id: ExternalId::new(format!("g{number}")),
                    member_external_ids: (0..number % 5)
                        .map(|it| ExternalId::new(format!("p{it}")))
                        .collect(),
                })
                .collect(),
            members: (0..members)
                .map(|number| ImportMember {
                    email: Some(format!("{number}@x")),
                    external_id: ExternalId::new(format!("p{number}")),
                    deleted: number % 7 == 0,
                })
                .collect(),
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        }
    }

    #[test]
    fn batches_are_cut_by_bytes_where_the_number_is_no_limit() {
        let whole = request(900, 300);
        let limit = BatchSize { entries: usize::MAX, bytes: 10_000, pace: ImportPace::default() };
        let cut = batches(whole.clone(), limit);
        assert!(cut.len() > 5 && cut.iter().all(|it| json_length(it) <= limit.bytes));
        let groups: Vec<_> = cut.iter().flat_map(|it| it.groups.clone()).collect();
        let members: Vec<_> = cut.into_iter().flat_map(|it| it.members).collect();
        assert_eq!((members, groups), (whole.members, whole.groups));
        let alone = batches(request(0, 5), BatchSize { bytes: 1, ..limit });
        assert!(alone.len() == 5 && alone.iter().all(|it| it.groups.len() == 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn batches_together_are_the_whole_request(members in 0usize..7000, groups in 0usize..5000) {
            let whole = request(members, groups);
            let limit = BatchSize { entries: BATCH, bytes: BatchSize::BYTES, pace: ImportPace::default() };
            let cut = batches(whole.clone(), limit);
            prop_assert!(cut.iter().all(|it| it.members.len() + it.groups.len() == 1 || limit.pace.is_short(it)));
            if members + groups <= BATCH && limit.pace.is_short(&whole) {
                prop_assert_eq!(cut, vec![whole]);
                return Ok(());
            }
            prop_assert!(cut.len() > 1 || members + groups <= 1);
            prop_assert!(cut.iter().all(|it| it.members.len() <= BATCH && it.groups.len() <= BATCH && it.large_import));
            prop_assert!(cut.iter().all(|it| it.members.is_empty() || it.groups.is_empty()));
            let last_members = cut.iter().rposition(|it| !it.members.is_empty());
            let first_groups = cut.iter().position(|it| !it.groups.is_empty());
            prop_assert!(last_members.zip(first_groups).is_none_or(|(last, first)| last < first));
            let members: Vec<_> = cut.iter().flat_map(|it| it.members.clone()).collect();
            let groups: Vec<_> = cut.into_iter().flat_map(|it| it.groups).collect();
            prop_assert_eq!((members, groups), (whole.members, whole.groups));
        }
    }
}
