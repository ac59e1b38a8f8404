//! What changed, by Graph's delta functions (Microsoft Graph, "Use delta query to track changes").
//!
//! Objects may come several times and in any order, with what changed only. An answer is therefore gathered whole before
//! anything is made of it; two statements about one thing that contradict each other are a doubt, and so is anything else
//! that cannot be taken word for word. A doubt is no error: it costs a full read.

use super::NAME;
use super::graph::{Graph, permission};
use super::members::Member;
use super::message::hides_members;
use super::tenant::{Group, Tenant, User};
use crate::web::{Answer, Next, WebReadError, WebRequest};
use bwdc_core::snapshot::PersonMarks;
use bwdc_core::text::{Text, TextTable};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashMap, HashSet};
use url::Url;

/// The first request for people: it decides what every later one tells.
pub(super) const PEOPLE: &str =
    "/users/delta?$select=id,mail,userPrincipalName,accountEnabled,userType,employeeId,displayName";
/// The first request for groups and their direct members.
pub(super) const GROUPS: &str = "/groups/delta?$select=id,displayName,visibility,members";

/// Why changes cannot be relied on; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubt(pub(super) &'static str);

/// Why there are no changes.
pub(super) enum Failed {
    Doubt(Doubt),
    Read(WebReadError),
}

impl From<Doubt> for Failed {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

impl From<WebReadError> for Failed {
    /// A token that is refused is no fault of the service: it has ended, or the service has lost it.
    fn from(error: WebReadError) -> Self {
        match error.status() {
            Some(400 | 404 | 410) => Self::Doubt(Doubt("the delta token is not accepted")),
            _ => Self::Read(error),
        }
    }
}

/// One page.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct DeltaPage<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
}

/// An account in an answer; what is not there did not change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserChange {
    id: String,
    #[serde(default, deserialize_with = "said")]
    mail: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    user_principal_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    account_enabled: Option<Option<bool>>,
    #[serde(default, deserialize_with = "said")]
    user_type: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    employee_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    display_name: Option<Option<String>>,
    #[serde(rename = "@removed")]
    removed: Option<Removed>,
}

/// A group in an answer; what is not there did not change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupChange {
    id: String,
    #[serde(default, deserialize_with = "said")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    visibility: Option<Option<String>>,
    #[serde(rename = "members@delta", default)]
    members: Vec<MemberChange>,
    #[serde(rename = "@removed")]
    removed: Option<Removed>,
}

#[derive(Debug, Deserialize)]
struct MemberChange {
    id: String,
    #[serde(rename = "@odata.type", default)]
    kind: String,
    #[serde(rename = "@removed")]
    removed: Option<Removed>,
}

/// Soft-deleted (`changed`) or gone (`deleted`): the list of deleted accounts tells which, and is read each time.
#[derive(Debug, Deserialize)]
struct Removed {}

/// Tells "null" from "not mentioned".
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// An answer to its end, and where the next one goes on.
pub(super) struct Delta<T> {
    pub(super) changes: Vec<T>,
    pub(super) link: String,
}

/// Reads an answer to its end.
pub(super) async fn read<T: serde::de::DeserializeOwned>(
    graph: &Graph<'_>,
    first: Url,
) -> Result<Delta<T>, WebReadError> {
    let below = first.path().strip_prefix(graph.root().path()).unwrap_or_default();
    let request = WebRequest::get(first.clone()).needs(permission(below));
    let mut pages = graph.session().pages(request, next_page::<T>);
    let (mut changes, mut link) = (Vec::new(), None);
    while let Some(page) = pages.next().await? {
        link = page.value.delta;
        changes.extend(page.value.value);
    }
    let link = link.expect("only a page with a delta link is the last");
    Ok(Delta { changes, link })
}

fn next_page<T>(answer: &Answer<DeltaPage<T>>) -> Result<Next, String> {
    match (&answer.value.next, &answer.value.delta) {
        (Some(next), None) => {
            Url::parse(next).map(Next::Page).map_err(|_| "the next page is no address".to_owned())
        }
        (None, Some(_)) => Ok(Next::Last),
        _ => Err("it names neither the next page nor where to go on later, or both".to_owned()),
    }
}

/// A kept link as an address of this Graph.
pub(super) fn link(graph: &Graph<'_>, link: &str) -> Result<Url, Doubt> {
    let url = Url::parse(link).map_err(|_| Doubt("the kept link is no address"))?;
    let ours = url.origin() == graph.root().origin() && url.path().starts_with(graph.root().path());
    if ours { Ok(url) } else { Err(Doubt("the kept link leads to another server")) }
}

/// Everything that an answer says of accounts: each once.
#[derive(Default)]
pub(super) struct UserChanges {
    said: BTreeMap<Text, SaidOfUser>,
}

#[derive(Clone, Copy, Default)]
struct SaidOfUser {
    removed: bool,
    /// Whether it was there, in any of its occurrences.
    here: bool,
    mail: Option<Option<Text>>,
    name: Option<Option<Text>>,
    enabled: Option<Option<bool>>,
    guest: Option<bool>,
    number: Option<Option<Text>>,
    display_name: Option<Option<Text>>,
}

/// Everything that an answer says of groups: each once.
#[derive(Default)]
pub(super) struct GroupChanges {
    said: BTreeMap<Text, SaidOfGroup>,
}

#[derive(Default)]
struct SaidOfGroup {
    removed: bool,
    here: bool,
    name: Option<Option<Text>>,
    hidden: Option<bool>,
    /// In the order in which they came; None: not a member any more, or none that counts.
    members: Vec<(Text, Option<Member>)>,
    places: HashMap<Text, usize>,
}

/// What an answer did to a tenant.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// New or changed.
    pub(super) put: HashSet<Text>,
    /// Not there any more.
    pub(super) gone: HashSet<Text>,
    /// Of those that were put, the ones that nothing was known of.
    pub(super) new: HashSet<Text>,
}

impl UserChanges {
    pub(super) fn gather(changes: Vec<UserChange>, texts: &mut TextTable) -> Result<Self, Doubt> {
        let mut all = Self::default();
        for change in changes {
            let said = all.said.entry(texts.intern(&change.id)).or_default();
            if change.removed.is_some() {
                said.removed = true;
                continue;
            }
            said.here = true;
            let mut text = |it: Option<Option<String>>| it.map(|it| it.map(|it| texts.intern(&it)));
            once(&mut said.mail, text(change.mail))?;
            once(&mut said.name, text(change.user_principal_name))?;
            once(&mut said.number, text(change.employee_id))?;
            once(&mut said.display_name, text(change.display_name))?;
            once(&mut said.enabled, change.account_enabled)?;
            let guest = |it: Option<String>| it.is_some_and(|it| it.eq_ignore_ascii_case("guest"));
            once(&mut said.guest, change.user_type.map(guest))?;
        }
        Ok(all)
    }

    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    /// Makes the changes. `deleted` are those whom the tenant kept as deleted before: one who is back may have memberships
    /// back that no answer tells of.
    pub(super) fn apply(self, tenant: &mut Tenant, deleted: &HashSet<Text>) -> Result<Touched, Doubt> {
        let mut touched = Touched::default();
        for (id, said) in self.said {
            if said.removed {
                if said.here {
                    return Err(Doubt("an account is said to be there and to be gone"));
                }
                touched.gone.insert(id);
                continue;
            }
            if deleted.contains(&id) {
                return Err(Doubt("an account was restored"));
            }
            let user = match tenant.user(id) {
                Some(known) => User {
                    mail: said.mail.unwrap_or(known.mail),
                    name: said.name.unwrap_or(known.name),
                    enabled: said.enabled.unwrap_or(known.enabled),
                    guest: said.guest.unwrap_or(known.guest),
                    marks: PersonMarks {
                        number: said.number.unwrap_or(known.marks.number),
                        name: said.display_name.unwrap_or(known.marks.name),
                    },
                    id,
                },
                None => {
                    touched.new.insert(id);
                    let (Some(name), Some(enabled)) = (said.name, said.enabled) else {
                        return Err(Doubt("an account that is not known came in part"));
                    };
                    User {
                        mail: said.mail.flatten(),
                        guest: said.guest.unwrap_or_default(),
                        marks: PersonMarks {
                            number: said.number.flatten(),
                            name: said.display_name.flatten(),
                        },
                        name,
                        enabled,
                        id,
                    }
                }
            };
            tenant.put_user(user);
            touched.put.insert(id);
        }
        tenant.drop_users(&touched.gone);
        Ok(touched)
    }
}

impl GroupChanges {
    pub(super) fn gather(changes: Vec<GroupChange>, texts: &mut TextTable) -> Result<Self, Doubt> {
        let mut all = Self::default();
        for change in changes {
            let said = all.said.entry(texts.intern(&change.id)).or_default();
            if change.removed.is_some() {
                said.removed = true;
                continue;
            }
            said.here = true;
            let name = change.display_name.map(|it| it.filter(|name| !name.trim().is_empty()));
            once(&mut said.name, name.map(|it| it.map(|it| texts.intern(&it))))?;
            once(&mut said.hidden, change.visibility.map(|it| hides_members(it.as_deref())))?;
            for member in change.members {
                let id = texts.intern(&member.id);
                let is = match (&member.removed, member.kind.as_str()) {
                    (Some(_), _) => None,
                    (None, "") => return Err(Doubt("a member came without its type")),
                    (None, kind) => Member::of(kind, &member.id, texts),
                };
                match said.places.get(&id) {
                    Some(&place) if said.members[place].1 != is => {
                        return Err(Doubt("a member is said to be there and to be gone"));
                    }
                    Some(_) => {}
                    None => {
                        said.places.insert(id, said.members.len());
                        said.members.push((id, is));
                    }
                }
            }
        }
        Ok(all)
    }

    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    /// Makes the changes.
    pub(super) fn apply(self, tenant: &mut Tenant) -> Result<Touched, Doubt> {
        let mut touched = Touched::default();
        for (id, said) in self.said {
            if said.removed {
                if said.here {
                    return Err(Doubt("a group is said to be there and to be gone"));
                }
                touched.gone.insert(id);
                continue;
            }
            let name = match (tenant.group(id), said.name) {
                (_, Some(name)) => name,
                (Some(known), None) => known.name,
                (None, None) => return Err(Doubt("a group that is not known came in part")),
            };
            if tenant.group(id).is_none() {
                touched.new.insert(id);
            }
            let known = tenant.group(id).is_some_and(|it| it.hidden);
            tenant.put_group(Group { id, name, hidden: said.hidden.unwrap_or(known) });
            let before = tenant.members.of(id);
            // One that was there and is said to be there keeps its place.
            let kept = before.iter().copied().filter(|member| {
                said.places.get(&member.id()).is_none_or(|&place| said.members[place].1 == Some(*member))
            });
            let was: HashSet<Text> = before.iter().map(|member| member.id()).collect();
            let added = said.members.iter().filter(|(id, _)| !was.contains(id)).filter_map(|(_, it)| *it);
            let members = kept.chain(added).collect();
            tenant.members.put(id, members);
            touched.put.insert(id);
        }
        tenant.drop_groups(&touched.gone);
        Ok(touched)
    }
}

/// Takes a statement; one that contradicts an earlier one of the same answer is a doubt, since answers have no order.
fn once<T: PartialEq>(place: &mut Option<T>, said: Option<T>) -> Result<(), Doubt> {
    match (place.as_ref(), said) {
        (_, None) => {}
        (Some(before), Some(said)) if *before == said => {}
        (Some(_), Some(_)) => return Err(Doubt("an object came twice, with different values")),
        (None, Some(said)) => *place = Some(said),
    }
    Ok(())
}

impl Doubt {
    /// Why everything is read instead.
    pub(super) fn log(self) {
        tracing::info!(because = self.0, "changes of {NAME} cannot be followed; everything is read");
    }
}
