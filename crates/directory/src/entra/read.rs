//! Reads everything that a snapshot needs: people, deleted people, groups, and who is in which.

use super::batch::{List, read_lists, unit_path};
use super::graph::Graph;
use super::members::Members;
use super::message::{GroupResponse, IdResponse, UserResponse};
use super::tenant::{Group, Tenant, Wanted, lock};
use crate::web::WebReadError;
use bwdc_base::event::{Event, Events};
use bwdc_base::notice::Notice;
use bwdc_core::snapshot::ReadScope;
use bwdc_core::text::Text;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

const PEOPLE: &str =
    "/users?$select=id,mail,userPrincipalName,accountEnabled,userType,employeeId,displayName&$top=999";
const DELETED: &str = "/directory/deletedItems/microsoft.graph.user?$select=id&$top=999";
const GROUPS: &str = "/groups?$select=id,displayName,visibility&$top=999";

/// One read of a tenant. People are read beside groups; what is found goes into one place, which is never held over a
/// request.
pub(super) struct Reading<'r> {
    pub(super) graph: &'r Graph<'r>,
    pub(super) wanted: &'r Wanted,
    pub(super) scope: ReadScope,
    pub(super) events: Events<'r>,
    /// Whether what is read is kept for the next read.
    pub(super) keeps: bool,
}

/// Which lists of members are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// Of groups.
    Groups,
    /// Of administrative units.
    Units,
}

impl Reading<'_> {
    /// Everything of the scope.
    pub(super) async fn whole(&self) -> Result<Tenant, WebReadError> {
        let tenant = Mutex::new(Tenant::default());
        // Deleted people first: who is restored meanwhile is in both lists, and never in neither.
        let people = async {
            if self.scope.deleted || self.keeps {
                self.deleted(&tenant).await?;
            }
            if self.scope.people {
                self.people(&tenant).await?;
            }
            Ok(())
        };
        let groups = async {
            self.units(&tenant).await?;
            let chosen = lock(&tenant).groups_of_people(self.wanted, self.scope);
            // Whether a list of members that chooses people may be believed stands in the list of groups.
            if self.scope.groups || !chosen.is_empty() {
                self.groups(&tenant).await?;
            }
            self.groups_below(&tenant, chosen, true).await?;
            if self.scope.groups {
                let shown = lock(&tenant).shown(&self.wanted.filters);
                let shown = shown.iter().map(|group| group.id).collect();
                self.groups_below(&tenant, shown, self.wanted.flatten_hidden_groups).await?;
            }
            Ok(())
        };
        tokio::try_join!(people, groups)?;
        let tenant = tenant.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.tell(&tenant);
        Ok(tenant)
    }

    async fn people(&self, tenant: &Mutex<Tenant>) -> Result<(), WebReadError> {
        self.graph
            .pages(PEOPLE, |number, users: Vec<UserResponse>| {
                let mut tenant = lock(tenant);
                if number == 1 {
                    tenant.forget_users();
                }
                users.iter().for_each(|user| tenant.put_listed(user));
                self.tell(&tenant);
            })
            .await
    }

    /// The people who can still be restored.
    pub(super) async fn deleted(&self, tenant: &Mutex<Tenant>) -> Result<(), WebReadError> {
        let mut seen = HashSet::new();
        self.graph
            .pages(DELETED, |number, users: Vec<IdResponse>| {
                let mut tenant = lock(tenant);
                if number == 1 {
                    seen.clear();
                    tenant.deleted.clear();
                }
                for user in users {
                    let id = tenant.texts.intern(&user.id);
                    if seen.insert(id) {
                        tenant.deleted.push(id);
                    }
                }
            })
            .await
    }

    /// The lists of the administrative units that the filters name.
    pub(super) async fn units(&self, tenant: &Mutex<Tenant>) -> Result<(), WebReadError> {
        let units = lock(tenant).units_named(&self.wanted.filters, self.scope);
        let members = self.lists(tenant, Lists::Units, units.clone()).await?;
        let some_show_nobody = units.iter().any(|unit| members.of(*unit).is_empty());
        lock(tenant).units.take(members);
        if some_show_nobody {
            self.who_hides(tenant, &units).await?;
        }
        Ok(())
    }

    /// Asks each unit whether it hides its members; one that shows them tells that the right is there.
    async fn who_hides(&self, tenant: &Mutex<Tenant>, units: &[Text]) -> Result<(), WebReadError> {
        for units in units.chunks(Graph::BATCH) {
            let paths: Vec<String> = units.iter().map(|it| unit_path(lock(tenant).texts.get(*it))).collect();
            let answers = self.graph.batch_until_answered(&paths).await?;
            for ((&id, path), answer) in units.iter().zip(&paths).zip(answers) {
                if answer.status != 200 {
                    return Err(self.graph.refused(path, 1, &answer));
                }
                let unit: GroupResponse = serde_json::from_value(answer.body)
                    .map_err(|error| self.graph.malformed(path, 1, error.to_string()))?;
                let mut tenant = lock(tenant);
                let hidden = unit.hides_members();
                let name = unit.display_name.map(|name| tenant.texts.intern(&name));
                tenant.units_asked.insert(id, Group { id, name, hidden });
            }
        }
        Ok(())
    }

    async fn groups(&self, tenant: &Mutex<Tenant>) -> Result<(), WebReadError> {
        self.graph
            .pages(GROUPS, |number, groups: Vec<GroupResponse>| {
                let mut tenant = lock(tenant);
                if number == 1 {
                    tenant.forget_groups();
                }
                for group in groups {
                    let hidden = group.hides_members();
                    let name = group.display_name.filter(|name| !name.trim().is_empty());
                    if name.is_none() && self.scope.groups {
                        let group = group.id.clone();
                        (self.events)(Event::Notice(Notice::GroupWithoutName { group, attribute: None }));
                    }
                    let id = tenant.texts.intern(&group.id);
                    let name = name.map(|name| tenant.texts.intern(&name));
                    tenant.put_group(Group { id, name, hidden });
                }
            })
            .await
    }

    /// The members of these groups, and where `inner` says so of all groups inside them, as far as they are not there.
    async fn groups_below(
        &self,
        tenant: &Mutex<Tenant>,
        roots: Vec<Text>,
        inner: bool,
    ) -> Result<(), WebReadError> {
        loop {
            let due = {
                let tenant = lock(tenant);
                tenant.reached(&roots, inner, |group| !tenant.members.is_read(group))
            };
            if due.is_empty() {
                return Ok(());
            }
            let members = self.lists(tenant, Lists::Groups, due).await?;
            lock(tenant).members.take(members);
        }
    }

    /// Lists of members as they are now.
    pub(super) async fn lists(
        &self,
        tenant: &Mutex<Tenant>,
        of: Lists,
        ids: Vec<Text>,
    ) -> Result<Members, WebReadError> {
        let lists = {
            let tenant = lock(tenant);
            let list = |id: Text| match of {
                Lists::Groups => List::of_group(self.graph, id, tenant.texts.get(id)),
                Lists::Units => List::of_unit(self.graph, id, tenant.texts.get(id)),
            };
            ids.into_iter().map(list).collect()
        };
        read_lists(self.graph, lists, tenant, self.events).await
    }

    pub(super) fn tell(&self, tenant: &Tenant) {
        let (people, groups) = tenant.counts();
        (self.events)(Event::Reading { people, groups });
    }
}
