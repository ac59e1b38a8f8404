//! Directories of any size, one entry at a time: each is a function of the specification and its own number,
//! so half a million people need no more memory than one.

use std::io::{self, Write};

use super::names::{FAMILY, GIVEN};
use crate::ldap::ldif::{Attribute, Record, write_record};

/// Attribute and object class that mark people as disabled, as a fragment of slapd.conf.
///
/// Needed by `slapadd` only for a [`Spec`] with a `disabled_share` above zero.
pub const SLAPD_SCHEMA: &str = "\
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl'
  EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.11.99.1 NAME 'sandboxAccount'
  SUP top AUXILIARY MAY ( userAccountControl ) )
";

/// What to generate. The same specification gives the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// How many people, under `ou=People`.
    pub users: usize,
    /// How many groups, under `ou=Groups`.
    pub groups: usize,
    /// How many people are direct members of each group; at most all of them.
    pub members_per_group: usize,
    /// How many steps the longest chain of groups within groups has; 0 keeps groups flat.
    pub nesting_depth: usize,
    /// Chooses names and memberships.
    pub seed: u64,
    /// The entry that everything lies under; its first component is a `dc` or an `o`.
    pub suffix: String,
    /// The share of people whose `userAccountControl` says disabled, 0.0 to 1.0. At zero nobody has the attribute,
    /// and the entries need nothing beyond the standard schemas.
    pub disabled_share: f64,
    /// The size in bytes of a `jpegPhoto` of noise for each person; 0 leaves it out. It makes reading every attribute cost.
    pub photo_bytes: usize,
    /// The domain of the addresses.
    pub mail_domain: String,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            users: 1_000,
            groups: 100,
            members_per_group: 20,
            nesting_depth: 2,
            seed: 1,
            suffix: "dc=example,dc=test".to_owned(),
            disabled_share: 0.0,
            photo_bytes: 0,
            mail_domain: "example.test".to_owned(),
        }
    }
}

/// The entries of a specification: suffix, `ou=People`, `ou=Groups`, people, groups.
pub fn entries(spec: &Spec) -> impl Iterator<Item = Record> + '_ {
    let containers = [suffix(spec), container(spec, "People"), container(spec, "Groups")];
    let people = (0..spec.users).map(|number| person(spec, number));
    let groups = (0..spec.groups).map(|number| group(spec, number));
    containers.into_iter().chain(people).chain(groups)
}

/// Writes the entries of a specification as LDIF that `slapadd` takes (inetOrgPerson, groupOfNames).
///
/// Nothing is kept in memory but the entry at hand. Errors are the writer's own.
pub fn write_ldif(spec: &Spec, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 << 10, out);
    for entry in entries(spec) {
        write_record(&mut out, &entry)?;
    }
    out.flush()
}

fn suffix(spec: &Spec) -> Record {
    let (kind, value) = spec
        .suffix
        .split_once('=')
        .map(|(kind, rest)| (kind.trim(), rest.split(',').next().unwrap_or(rest).trim()))
        .unwrap_or(("dc", "example"));
    let builder = Builder::new(spec.suffix.clone());
    if kind.eq_ignore_ascii_case("o") {
        builder.with("objectClass", &["organization"]).with("o", &[value]).done()
    } else {
        builder
            .with("objectClass", &["dcObject", "organization"])
            .with("dc", &[value])
            .with("o", &["Sandbox"])
            .done()
    }
}

fn container(spec: &Spec, name: &str) -> Record {
    Builder::new(format!("ou={name},{}", spec.suffix))
        .with("objectClass", &["organizationalUnit"])
        .with("ou", &[name])
        .done()
}

fn person(spec: &Spec, number: usize) -> Record {
    let mut random = Random::new(spec.seed, Kind::Person, number);
    let (given, given_plain) = GIVEN[random.below(GIVEN.len())];
    let (family, family_plain) = FAMILY[random.below(FAMILY.len())];
    let uid = person_uid(number);
    let mut builder = Builder::new(person_dn(spec, number));
    if spec.disabled_share > 0.0 {
        let control = if random.share() < spec.disabled_share { "514" } else { "512" };
        builder = builder
            .with("objectClass", &["inetOrgPerson", "sandboxAccount"])
            .with("userAccountControl", &[control]);
    } else {
        builder = builder.with("objectClass", &["inetOrgPerson"]);
    }
    builder = builder
        .with("uid", &[&uid])
        .with("cn", &[&format!("{given} {family}")])
        .with("sn", &[family])
        .with("givenName", &[given])
        .with("mail", &[&format!("{given_plain}.{family_plain}.{number}@{}", spec.mail_domain)])
        .with("telephoneNumber", &[&format!("+1 555 {:07}", random.below(10_000_000))])
        .with("employeeNumber", &[&number.to_string()]);
    if spec.photo_bytes > 0 {
        let photo: Vec<u8> = (0..spec.photo_bytes.div_ceil(8))
            .flat_map(|_| random.next().to_le_bytes())
            .take(spec.photo_bytes)
            .collect();
        builder.record.attributes.push(Attribute { name: "jpegPhoto".to_owned(), values: vec![photo] });
    }
    builder.done()
}

fn group(spec: &Spec, number: usize) -> Record {
    let mut random = Random::new(spec.seed, Kind::Group, number);
    let mut members: Vec<String> = distinct(&mut random, spec.users, spec.members_per_group)
        .map(|person| person_dn(spec, person))
        .collect();
    members.extend(inner_groups(spec, number, &mut random).into_iter().map(|inner| group_dn(spec, inner)));
    if members.is_empty() {
        // groupOfNames has at least one member; the empty name is how administrators write "nobody".
        members.push(String::new());
    }
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    Builder::new(group_dn(spec, number))
        .with("objectClass", &["groupOfNames"])
        .with("cn", &[&group_name(number)])
        .with("description", &[&format!("Generated group {number}")])
        .with("member", &members)
        .done()
}

/// Groups form runs of `nesting_depth + 1`; within a run each holds the one before it, and up to two more of that level.
fn inner_groups(spec: &Spec, number: usize, random: &mut Random) -> Vec<usize> {
    let run = spec.nesting_depth + 1;
    let level = number % run;
    if level == 0 {
        return Vec::new();
    }
    let mut inner = vec![number - 1];
    for _ in 0..2 {
        let other = random.below(spec.groups.div_ceil(run)) * run + level - 1;
        if other < spec.groups && !inner.contains(&other) {
            inner.push(other);
        }
    }
    inner
}

fn person_uid(number: usize) -> String {
    format!("u{number:07}")
}

fn person_dn(spec: &Spec, number: usize) -> String {
    format!("uid={},ou=People,{}", person_uid(number), spec.suffix)
}

fn group_name(number: usize) -> String {
    format!("group-{number:06}")
}

fn group_dn(spec: &Spec, number: usize) -> String {
    format!("cn={},ou=Groups,{}", group_name(number), spec.suffix)
}

/// `count` different numbers below `limit` without a set of those already taken: steps of a length coprime to `limit`.
fn distinct(random: &mut Random, limit: usize, count: usize) -> impl Iterator<Item = usize> + use<> {
    let start = random.below(limit);
    let mut step = random.below(limit).max(1);
    while limit > 1 && greatest_common_divisor(step, limit) != 1 {
        step += 1;
    }
    (0..count.min(limit)).map(move |turn| {
        let offset = (turn as u128 * step as u128) % limit as u128;
        usize::try_from((start as u128 + offset) % limit as u128).expect("smaller than a usize")
    })
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[derive(Clone, Copy)]
enum Kind {
    Person,
    Group,
}

/// SplitMix64: tiny, well spread, and the same on every platform.
struct Random {
    state: u64,
}

impl Random {
    fn new(seed: u64, kind: Kind, number: usize) -> Self {
        let kind = match kind {
            Kind::Person => 0x5045_5253_4f4e_0000,
            Kind::Group => 0x4752_4f55_5000_0000,
        };
        let mut mixed = Self { state: seed ^ kind };
        let state = mixed.next() ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { state }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when `limit` is 0.
    fn below(&mut self, limit: usize) -> usize {
        let wide = u128::from(self.next()) * limit as u128;
        usize::try_from(wide >> 64).expect("smaller than the limit")
    }

    /// A number from 0.0 up to, not including, 1.0.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

struct Builder {
    record: Record,
}

impl Builder {
    fn new(dn: String) -> Self {
        Self { record: Record { dn, attributes: Vec::new() } }
    }

    fn with(mut self, name: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
        self.record.attributes.push(Attribute { name: name.to_owned(), values });
        self
    }

    fn done(self) -> Record {
        self.record
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::ldap::dn::Dn;

    fn text(spec: &Spec) -> Vec<u8> {
        let mut out = Vec::new();
        write_ldif(spec, &mut out).unwrap();
        out
    }

    fn members(record: &Record) -> Vec<String> {
        let member = record.attributes.iter().find(|attribute| attribute.name == "member").unwrap();
        member.values.iter().map(|value| String::from_utf8(value.clone()).unwrap()).collect()
    }

    #[test]
    fn the_same_specification_gives_the_same_bytes_and_another_seed_others() {
        let spec = Spec { photo_bytes: 100, disabled_share: 0.5, ..Spec::default() };
        assert_eq!(text(&spec), text(&spec));
        assert_ne!(text(&spec), text(&Spec { seed: 2, ..spec.clone() }));
    }

    #[test]
    fn what_is_written_is_what_the_iterator_gives() {
        let spec = Spec { users: 50, groups: 10, photo_bytes: 33, ..Spec::default() };
        let read = crate::ldap::ldif::parse(std::str::from_utf8(&text(&spec)).unwrap()).unwrap();
        assert_eq!(read, entries(&spec).collect::<Vec<_>>());
        assert_eq!(read.len(), 63);
    }

    #[test]
    fn every_member_exists_once_and_nesting_is_as_deep_as_asked() {
        let spec = Spec { users: 97, groups: 40, members_per_group: 13, nesting_depth: 3, ..Spec::default() };
        let records: Vec<Record> = entries(&spec).collect();
        let known: BTreeSet<String> = records.iter().map(|record| record.dn.clone()).collect();
        assert_eq!(known.len(), records.len());
        let groups: BTreeMap<String, Vec<String>> = records
            .iter()
            .filter(|record| record.dn.starts_with("cn=group-"))
            .map(|record| (record.dn.clone(), members(record)))
            .collect();
        for list in groups.values() {
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
            assert!(list.iter().all(|member| known.contains(member)));
            assert_eq!(list.iter().filter(|member| member.starts_with("uid=")).count(), 13);
        }
        fn depth(groups: &BTreeMap<String, Vec<String>>, dn: &str) -> usize {
            groups[dn]
                .iter()
                .filter(|member| groups.contains_key(*member))
                .map(|member| 1 + depth(groups, member))
                .max()
                .unwrap_or(0)
        }
        assert_eq!(groups.keys().map(|dn| depth(&groups, dn)).max(), Some(3));
    }

    #[test]
    fn small_and_odd_specifications_hold() {
        let empty = Spec { users: 0, groups: 1, members_per_group: 5, nesting_depth: 0, ..Spec::default() };
        assert_eq!(members(&entries(&empty).last().unwrap()), [""]);
        let few = Spec { users: 3, groups: 1, members_per_group: 50, nesting_depth: 0, ..Spec::default() };
        assert_eq!(members(&entries(&few).last().unwrap()).len(), 3);
        let other = Spec { suffix: "o=corp".to_owned(), ..few };
        assert!(
            entries(&other)
                .all(|record| Dn::parse(&record.dn).unwrap().is_within(&Dn::parse("o=corp").unwrap()))
        );
    }

    #[test]
    fn the_share_of_disabled_people_is_kept() {
        let spec = Spec { users: 4_000, groups: 0, disabled_share: 0.25, ..Spec::default() };
        let disabled = entries(&spec)
            .filter(|record| {
                record.attributes.iter().any(|a| a.name == "userAccountControl" && a.values[0] == b"514")
            })
            .count();
        assert!((900..=1_100).contains(&disabled), "{disabled}");
    }
}
