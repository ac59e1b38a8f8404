//! What an Active Directory keeps elsewhere than in a group's list and an account's flags: primary groups, the end of an
//! account, members of other domains.
//!
//! A primary group is known by its RID in the domain of its member, so groups are found by their whole security
//! identifier: that also holds in a global catalog, where RIDs of several domains meet and `primaryGroupToken` is missing.

use super::value;
use bwdc_base::notice::{Names, Notice};
use bwdc_core::names::Timestamp;
use bwdc_core::text::Text;
use std::collections::HashMap;

/// Attributes of a person for [`Domain::person`].
pub(super) const PERSON_ATTRIBUTES: [&str; 3] = ["objectSid", "primaryGroupID", "accountExpires"];
/// Attribute of a group for [`Domain::primary_members`].
pub(super) const GROUP_ATTRIBUTE: &str = "objectSid";

const FOREIGN: &str = ",cn=foreignsecurityprincipals,";
/// How the identifiers of all domains' accounts begin; `S-1-5-11` and its like are everywhere, and nobody's accounts.
const OF_A_DOMAIN: &str = "S-1-5-21-";
/// Milliseconds from 1601, where Windows starts to count, to 1970.
const WINDOWS_EPOCH: i64 = 11_644_473_600_000;

/// What one read has seen so far.
pub(super) struct Domain {
    now: u64,
    primary: HashMap<Box<[u8]>, Vec<Text>>,
    expired: Names,
    foreign: Names,
    foreign_groups: Names,
}

impl Domain {
    pub(super) fn new(now: Timestamp) -> Self {
        let (expired, foreign, foreign_groups) = (Names::default(), Names::default(), Names::default());
        Self { now: windows_time(now), primary: HashMap::new(), expired, foreign, foreign_groups }
    }

    /// Notes in which primary group a person is.
    pub(super) fn person(&mut self, key: Text, sid: Option<&[u8]>, primary_group: Option<&str>) {
        if let Some(group) = sid.zip(primary_group).and_then(|(sid, rid)| sibling(sid, rid)) {
            self.primary.entry(group).or_default().push(key);
        }
    }

    /// Notes a person whose account may be used, by its `accountExpires`.
    pub(super) fn enabled(&mut self, name: &str, expires: &str) {
        if value::has_expired(expires, self.now) {
            self.expired.add(name);
        }
    }

    /// People of whom the group with this security identifier is the primary group, in the directory's order.
    pub(super) fn primary_members(&self, sid: Option<&[u8]>) -> &[Text] {
        sid.and_then(|sid| self.primary.get(sid)).map_or(&[], Vec::as_slice)
    }

    /// Notes a member by its comparable name, where it belongs to another domain.
    pub(super) fn member(&mut self, group: &str, key: &str) {
        if key.contains(FOREIGN) {
            let name = key.split(',').next().unwrap_or(key);
            let name = name.strip_prefix("cn=").unwrap_or(name).to_ascii_uppercase();
            if !name.starts_with(OF_A_DOMAIN) {
                return;
            }
            self.foreign.add(name.as_str());
            if self.foreign_groups.first.last().is_none_or(|last| last != group) {
                self.foreign_groups.add(group);
            }
        }
    }

    /// What the administrator should know of the people.
    pub(super) fn notice_on_people(&self) -> Option<Notice> {
        (self.expired.count > 0).then(|| Notice::AccountsExpired { people: self.expired.clone() })
    }

    /// What the administrator should know of the groups.
    pub(super) fn notice_on_groups(&self) -> Option<Notice> {
        (self.foreign.count > 0).then(|| Notice::MembersOfOtherDomains {
            members: self.foreign.clone(),
            groups: self.foreign_groups.clone(),
        })
    }
}

/// The security identifier with another RID: its last four bytes, little-endian ([MS-DTYP] 2.4.2.2).
fn sibling(sid: &[u8], rid: &str) -> Option<Box<[u8]>> {
    let rid: u32 = rid.trim().parse().ok()?;
    let domain = sid.len().checked_sub(4).filter(|length| *length >= 8)?;
    Some([&sid[..domain], &rid.to_le_bytes()].concat().into())
}

/// Intervals of 100 ns since 1601, as `accountExpires` counts.
pub(super) fn windows_time(time: Timestamp) -> u64 {
    u64::try_from(time.0.saturating_add(WINDOWS_EPOCH)).unwrap_or(0).saturating_mul(10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::snapshot::{ReadScope, SnapshotBuilder};

    fn sid(parts: [u32; 5]) -> Vec<u8> {
        let head = [1, 5, 0, 0, 0, 0, 0, 5];
        head.into_iter().chain(parts.into_iter().flat_map(u32::to_le_bytes)).collect()
    }

    #[test]
    fn a_primary_group_belongs_to_the_domain_of_its_member() {
        let scope = ReadScope { people: true, groups: true, deleted: false, stable_ids: false };
        let mut builder = SnapshotBuilder::new(scope);
        let (ann, ben) = (builder.text("ann"), builder.text("ben"));
        let mut domain = Domain::new(Timestamp(0));
        domain.person(ann, Some(&sid([21, 1, 2, 3, 1100])), Some("513"));
        domain.person(ben, Some(&sid([21, 9, 9, 9, 1100])), Some("513"));
        domain.person(ben, Some(&[1, 2, 3]), Some("513"));
        domain.person(ben, Some(&sid([21, 1, 2, 3, 1101])), Some("none"));
        assert_eq!(domain.primary_members(Some(&sid([21, 1, 2, 3, 513]))), [ann]);
        assert_eq!(domain.primary_members(Some(&sid([21, 9, 9, 9, 513]))), [ben]);
        assert!(domain.primary_members(Some(&sid([21, 1, 2, 3, 514]))).is_empty());
        assert!(domain.primary_members(None).is_empty());
    }

    #[test]
    fn only_an_end_in_the_past_is_noticed() {
        let mut domain = Domain::new(Timestamp(1_795_180_720_171));
        for expires in ["0", "9223372036854775807", "134396543201710001", "", "soon"] {
            domain.enabled("ben", expires);
        }
        assert_eq!(domain.notice_on_people(), None);
        domain.enabled("ann", "134396543201710000");
        let named = |count, first: &[&str]| {
            let first = first.iter().map(|it| (*it).to_owned()).collect();
            Some(Notice::AccountsExpired { people: Names { count, first } })
        };
        assert_eq!(domain.notice_on_people(), named(1, &["ann"]));
        (0..6).for_each(|_| domain.enabled("ben", "1"));
        assert_eq!(domain.notice_on_people(), named(7, &["ann", "ben", "ben", "ben", "ben"]));
    }

    #[test]
    fn members_of_other_domains_are_named_with_their_groups() {
        let mut domain = Domain::new(Timestamp(0));
        domain.member("Staff", "cn=ann,cn=users,dc=x");
        domain.member("Users", "cn=s-1-5-11,cn=foreignsecurityprincipals,dc=x");
        assert_eq!(domain.notice_on_groups(), None, "who is signed in is not of another domain");
        domain.member("Staff", "cn=s-1-5-21-1-2-3-1000,cn=foreignsecurityprincipals,dc=x");
        domain.member("Staff", "cn=s-1-5-21-1-2-3-1001,cn=foreignsecurityprincipals,dc=x");
        let Some(Notice::MembersOfOtherDomains { members, groups }) = domain.notice_on_groups() else {
            panic!("members of other domains")
        };
        assert_eq!(members.first, ["S-1-5-21-1-2-3-1000", "S-1-5-21-1-2-3-1001"]);
        assert_eq!((groups.count, groups.first), (1, vec!["Staff".to_owned()]));
    }
}
