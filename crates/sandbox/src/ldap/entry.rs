//! One entry: what was loaded, and the operational attributes that a server computes beside it.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::dn::Dn;
use super::ldif::{Attribute, Record};
use super::syntax::canonical;

/// One entry with what the server keeps about it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) record: Record,
    uuid: String,
    created: String,
    pub(super) modified: String,
}

impl Entry {
    /// An entry made at a time; `additions` tells entries of one name apart that were made one after the other.
    pub(super) fn new(record: Record, name: &Dn, additions: u64, now: &str) -> Self {
        let uuid = uuid_for(name, additions);
        Self { record, uuid, created: now.to_owned(), modified: now.to_owned() }
    }

    /// The entry without a name that describes the server; nothing is computed for it.
    pub(super) fn root(record: Record) -> Self {
        Self { record, uuid: String::new(), created: String::new(), modified: String::new() }
    }

    pub(super) fn uuid(&self) -> &str {
        &self.uuid
    }

    pub(super) fn dn(&self) -> &str {
        &self.record.dn
    }

    pub(super) fn attributes(&self) -> &[Attribute] {
        &self.record.attributes
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// The values of an attribute, its subtypes by option included; operational ones are computed.
    pub(super) fn values<'a>(&'a self, description: &str) -> impl Iterator<Item = Cow<'a, [u8]>> + use<'a> {
        let wanted = canonical(description);
        let options: Vec<String> = description.split(';').skip(1).map(str::to_ascii_lowercase).collect();
        let computed = if self.record.attributes.iter().any(|each| canonical(&each.name) == wanted) {
            None
        } else {
            self.operational(&wanted).map(|value| Cow::Owned(value.into_bytes()))
        };
        let stored = self
            .record
            .attributes
            .iter()
            .filter(move |each| canonical(&each.name) == wanted && has_options(&each.name, &options))
            .flat_map(|each| each.values.iter())
            .map(|value| Cow::Borrowed(value.as_slice()));
        stored.chain(computed)
    }

    fn operational(&self, canonical: &str) -> Option<String> {
        if self.uuid.is_empty() {
            return None;
        }
        match canonical {
            "entryuuid" => Some(self.uuid.clone()),
            "createtimestamp" => Some(self.created.clone()),
            "modifytimestamp" => Some(self.modified.clone()),
            "entrydn" => Some(self.record.dn.clone()),
            "structuralobjectclass" => Some(self.structural_class()),
            _ => None,
        }
    }

    /// The operational attributes that the entry does not store itself.
    pub(super) fn computed(&self) -> Vec<Attribute> {
        ["entryUUID", "createTimestamp", "modifyTimestamp", "structuralObjectClass", "entryDN"]
            .into_iter()
            .filter(|name| !self.record.attributes.iter().any(|each| each.name.eq_ignore_ascii_case(name)))
            .filter_map(|name| {
                let value = self.operational(&name.to_ascii_lowercase())?;
                Some(Attribute { name: name.to_owned(), values: vec![value.into_bytes()] })
            })
            .collect()
    }

    /// The most special class, judged by order alone: the first that is not a well-known superior or auxiliary one.
    fn structural_class(&self) -> String {
        const GENERAL: [&str; 8] = [
            "top",
            "person",
            "organizationalperson",
            "dcobject",
            "sandboxaccount",
            "uidobject",
            "posixaccount",
            "shadowaccount",
        ];
        let classes = || {
            self.record
                .attributes
                .iter()
                .filter(|each| each.name.eq_ignore_ascii_case("objectClass"))
                .flat_map(|each| &each.values)
                .map(|value| String::from_utf8_lossy(value).into_owned())
        };
        classes()
            .find(|class| !GENERAL.contains(&class.to_ascii_lowercase().as_str()))
            .or_else(|| classes().next_back())
            .unwrap_or_else(|| "top".to_owned())
    }

    /// Whether the entry is a tombstone, which only the control "show deleted" lets out.
    pub(super) fn is_deleted(&self) -> bool {
        self.values("isDeleted").any(|value| value.eq_ignore_ascii_case(b"TRUE"))
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.values("objectClass").any(|value| value.eq_ignore_ascii_case(class.as_bytes()))
    }

    pub(super) fn set(&mut self, attribute: &str, values: Vec<Vec<u8>>) {
        let at = self.record.attributes.iter().position(|each| each.name.eq_ignore_ascii_case(attribute));
        match at {
            Some(at) if values.is_empty() => drop(self.record.attributes.remove(at)),
            Some(at) => self.record.attributes[at].values = values,
            None if values.is_empty() => {}
            None => self.record.attributes.push(Attribute { name: attribute.to_owned(), values }),
        }
    }

    pub(super) fn stored(&self, attribute: &str) -> Vec<Vec<u8>> {
        self.record
            .attributes
            .iter()
            .filter(|each| each.name.eq_ignore_ascii_case(attribute))
            .flat_map(|each| each.values.clone())
            .collect()
    }
}

fn has_options(description: &str, wanted: &[String]) -> bool {
    wanted.iter().all(|option| description.split(';').skip(1).any(|each| each.eq_ignore_ascii_case(option)))
}

/// An identifier computed from the name, so that it is the same at every load (FNV-1a, 128 bits).
fn uuid_for(dn: &Dn, additions: u64) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in dn.bytes().chain(additions.to_le_bytes()) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    }
    uuid::Builder::from_random_bytes(hash.to_be_bytes()).into_uuid().to_string()
}

/// A generalized time in UTC, to the second.
pub(super) fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, so that the leap day ends its year (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamps_are_dates() {
        assert_eq!(timestamp(UNIX_EPOCH), "19700101000000Z");
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(951_782_400)), "20000229000000Z");
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(1_735_689_599)), "20241231235959Z");
    }
}
