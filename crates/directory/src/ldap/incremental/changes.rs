//! What changed in the directory, and what that makes of the objects that are known.

use super::Cursor;
use crate::ldap::entry::{Entry, Extent};
use crate::ldap::name;
use crate::ldap::selection::without_range;
use crate::ldap::value::text;
use crate::snapshot_cache::{ObjectKind, RawObject};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What a server told of the time since a cursor.
pub(super) struct Changes {
    pub(super) cursor: Cursor,
    pub(super) changed: Vec<Changed>,
    pub(super) gone: Gone,
    /// People whom the directory keeps as deleted.
    pub(super) deleted: Vec<RawObject>,
}

/// An entry that is new or has changed.
pub(super) struct Changed {
    /// Its id as 32 hexadecimal digits.
    pub(super) mark: String,
    /// Its name now, as spelled.
    pub(super) name: String,
    pub(super) children: Children,
}

/// Whether there are entries below an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Children {
    None,
    Some,
    Unknown,
}

/// Whose entries are gone, by their marks.
pub(super) enum Gone {
    These(HashSet<String>),
    /// Everybody's who is neither here nor changed.
    AllBut(HashSet<String>),
}

/// The hexadecimal digits of an id in any spelling.
pub(super) fn mark(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).map(|it| it.to_ascii_lowercase()).collect()
}

/// One object of the cache.
pub(super) struct KnownObject {
    pub(super) kind: ObjectKind,
    pub(super) id: String,
    mark: String,
    /// The name in its comparable form.
    pub(super) name: String,
    /// The name as spelled.
    pub(super) spelled: String,
    /// Comparable names of members, for a group.
    members: Vec<String>,
}

/// The cache, legible.
pub(super) struct Known {
    objects: Vec<KnownObject>,
    by_mark: HashMap<String, Vec<usize>>,
    /// Names of everybody and of everything above them.
    above: HashSet<String>,
}

impl Known {
    /// None where an object cannot be understood.
    pub(super) fn of(objects: &[RawObject], member_attribute: &str) -> Option<Self> {
        let mut known = Self { objects: Vec::new(), by_mark: HashMap::new(), above: HashSet::new() };
        for object in objects {
            known.objects.push(understand(object, without_range(member_attribute))?);
        }
        for (position, object) in known.objects.iter().enumerate() {
            known.by_mark.entry(object.mark.clone()).or_default().push(position);
            if object.kind != ObjectKind::Other {
                let mut rest = object.name.as_str();
                while let Some(above) = name::parent(rest) {
                    if !known.above.insert(above.to_owned()) {
                        break;
                    }
                    rest = above;
                }
            }
        }
        Some(known)
    }

    pub(super) fn find(&self, mark: &str, kind: ObjectKind) -> Option<&KnownObject> {
        self.by_mark.get(mark)?.iter().map(|&position| &self.objects[position]).find(|it| it.kind == kind)
    }

    /// Objects whose entries are gone.
    pub(super) fn gone<'k>(
        &'k self,
        gone: &'k Gone,
        changed: &'k [Changed],
    ) -> impl Iterator<Item = &'k KnownObject> {
        let changed: HashSet<&str> = changed.iter().map(|it| it.mark.as_str()).collect();
        self.objects.iter().filter(move |object| {
            object.kind != ObjectKind::Other
                && !changed.contains(object.mark.as_str())
                && match gone {
                    Gone::These(marks) => marks.contains(&object.mark),
                    Gone::AllBut(marks) => !marks.contains(&object.mark),
                }
        })
    }

    /// Whether an object lies below this name.
    pub(super) fn is_above_somebody(&self, name: &str) -> bool {
        self.above.contains(name)
    }

    /// Groups that list one of these names.
    pub(super) fn groups_that_list<'k>(
        &'k self,
        names: &'k HashSet<String>,
    ) -> impl Iterator<Item = &'k KnownObject> {
        self.objects
            .iter()
            .filter(|object| !names.is_empty() && object.members.iter().any(|member| names.contains(member)))
    }
}

fn understand(object: &RawObject, member_attribute: &str) -> Option<KnownObject> {
    let tag = crate::ldap::codec::decode(&object.body)?;
    let entry = Entry::parse(&tag)?;
    let spelled = text(entry.name()).into_owned();
    let mut members = Vec::new();
    if object.kind == ObjectKind::Group {
        let mut scratch = String::new();
        let extent = entry.values_from(member_attribute, 0, |value| {
            if name::normalize(name::without_unique_identifier(&text(value)), &mut scratch) {
                members.push(scratch.clone());
            }
        });
        if extent != Extent::Whole {
            return None;
        }
    }
    // The server's own id in synchronization is the unique id of 389 Directory Server, even beside an entryUUID.
    let id = entry.first_value("nsUniqueId").map_or_else(
        || object.id.split_once(':').map_or_else(|| object.id.clone(), |(_, id)| id.to_owned()),
        |id| text(id).into_owned(),
    );
    Some(KnownObject {
        kind: object.kind,
        id: object.id.clone(),
        mark: mark(&id),
        name: name::normalized(&spelled)?,
        spelled,
        members,
    })
}

/// What becomes of the cache.
#[derive(Default)]
pub(super) struct Update {
    put: Vec<RawObject>,
    places: HashMap<(ObjectKind, String), usize>,
    gone: BTreeSet<(ObjectKind, String)>,
}

impl Update {
    pub(super) fn put(&mut self, object: RawObject) {
        let key = (object.kind, object.id.clone());
        self.gone.remove(&key);
        match self.places.get(&key) {
            Some(&place) => self.put[place] = object,
            None => {
                self.places.insert(key, self.put.len());
                self.put.push(object);
            }
        }
    }

    pub(super) fn take_out(&mut self, kind: ObjectKind, id: &str) {
        let key = (kind, id.to_owned());
        if !self.places.contains_key(&key) {
            self.gone.insert(key);
        }
    }

    /// Whether the group of this comparable name was fetched or taken out already.
    pub(super) fn settles(&self, known: &Known, name: &str) -> bool {
        known.objects.iter().filter(|it| it.kind == ObjectKind::Group && it.name == name).all(|it| {
            let key = (it.kind, it.id.clone());
            self.places.contains_key(&key) || self.gone.contains(&key)
        })
    }

    /// Makes `objects` what the cache will hold: known ones keep their place, new ones come last.
    pub(super) fn apply(&self, objects: &mut Vec<RawObject>) {
        objects.retain(|it| !self.gone.contains(&(it.kind, it.id.clone())));
        let mut new = vec![true; self.put.len()];
        for object in objects.iter_mut() {
            if let Some(&place) = self.places.get(&(object.kind, object.id.clone())) {
                object.body.clone_from(&self.put[place].body);
                new[place] = false;
            }
        }
        objects.extend(self.put.iter().zip(new).filter(|(_, new)| *new).map(|(object, _)| object.clone()));
    }

    pub(super) fn into_parts(self) -> (Vec<RawObject>, Vec<(ObjectKind, String)>) {
        (self.put, self.gone.into_iter().collect())
    }
}
