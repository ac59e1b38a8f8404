//! What the two servers do with a request, as a pure function over a small state, written from their sources.
//!
//! The engine's tests compare it with the sandbox, request by request.

use bwdc_core::observed::{MemberStatus, Role};
use bwdc_core::wire::{ImportRequest, Request};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `staged`: whether members can be stored without an invitation.
    Official {
        staged: bool,
        known: Known,
    },
    Vaultwarden,
}

/// Whose address the official server finds when people are added: it depends on its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// SQL Server, as in the cloud.
    Everybody,
    /// PostgreSQL, MySQL and SQLite: only of members with an account, so that an invited person can come twice.
    WithAccount,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) external_id: Option<String>,
    pub(crate) status: MemberStatus,
    /// What a restoration leads back to.
    pub(crate) former: MemberStatus,
    pub(crate) role: Role,
    pub(crate) password: bool,
    /// Direct access to collections.
    pub(crate) collections: usize,
}

impl Member {
    pub(crate) fn new(id: String, email: &str, status: MemberStatus) -> Self {
        let password = status == MemberStatus::Confirmed || status == MemberStatus::Accepted;
        Self {
            id,
            email: email.to_owned(),
            external_id: None,
            status,
            former: status,
            role: Role::User,
            password,
            collections: 0,
        }
    }

    pub(crate) fn known_id(&self) -> Option<&str> {
        self.external_id.as_deref().filter(|it| !it.trim().is_empty())
    }

    fn is_confirmed_owner(&self) -> bool {
        self.role == Role::Owner && self.status == MemberStatus::Confirmed
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    /// Ids of memberships.
    pub(crate) members: BTreeSet<String>,
}

/// Why a request was refused; what was done before stays done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub u16);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) kind: Kind,
    pub(crate) seats: Option<u32>,
    pub(crate) members: Vec<Member>,
    pub(crate) groups: Vec<Group>,
    /// Addresses of people who have an account on the server, in the organization or not.
    pub(crate) accounts: BTreeSet<String>,
    /// Whether access can be taken and the membership kept.
    pub(crate) revokes: bool,
    /// Members about whom a rule forbids every request of their own.
    pub(crate) forbidden: BTreeSet<String>,
    pub(crate) next: usize,
}

impl Organization {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            seats: None,
            members: Vec::new(),
            groups: Vec::new(),
            accounts: BTreeSet::new(),
            revokes: true,
            forbidden: BTreeSet::new(),
            next: 0,
        }
    }

    /// Puts somebody in by hand.
    pub(crate) fn add(&mut self, member: Member) {
        if member.password {
            self.accounts.insert(member.email.clone());
        }
        self.members.push(member);
    }

    /// Everybody who was invited joins.
    pub(crate) fn confirm(&mut self) {
        for member in &mut self.members {
            if member.status != MemberStatus::Revoked {
                member.status = MemberStatus::Confirmed;
                member.former = MemberStatus::Confirmed;
                member.password = true;
                self.accounts.insert(member.email.clone());
            }
        }
    }

    pub(crate) fn fresh_id(&mut self) -> String {
        self.next += 1;
        format!("id-{}", self.next)
    }

    fn is_forbidden(&self, request: &Request) -> bool {
        match request {
            Request::Revoke(id)
            | Request::Restore(id)
            | Request::Remove(id)
            | Request::PutMember { id, .. }
            | Request::InviteAnew { id, .. } => self.forbidden.contains(id.as_str()),
            _ => false,
        }
    }

    pub(crate) fn apply(&mut self, request: &Request) -> Result<(), Refused> {
        if self.is_forbidden(request) {
            return Err(Refused(400));
        }
        match request {
            Request::Import(import) | Request::WholeImport(import) => match self.kind {
                Kind::Official { staged, known } => self.official_import(import, staged, known),
                Kind::Vaultwarden => self.vaultwarden_import(import),
            },
            _ if self.kind == Kind::Vaultwarden => Err(Refused(404)),
            Request::Revoke(_) if !self.revokes => Err(Refused(404)),
            Request::Revoke(id) => {
                let place = self.place(id.as_str())?;
                self.keeps_an_owner(place)?;
                if self.members[place].status != MemberStatus::Revoked {
                    // A restoration knows nothing of staging.
                    self.members[place].former = match self.members[place].status {
                        MemberStatus::Staged => MemberStatus::Invited,
                        status => status,
                    };
                    self.members[place].status = MemberStatus::Revoked;
                }
                Ok(())
            }
            Request::Restore(id) => {
                let place = self.place(id.as_str())?;
                if self.members[place].status == MemberStatus::Revoked {
                    self.admit(1)?;
                    self.members[place].status = self.members[place].former;
                }
                Ok(())
            }
            Request::Remove(id) => {
                if let Ok(place) = self.place(id.as_str()) {
                    self.keeps_an_owner(place)?;
                    self.remove(&BTreeSet::from([id.as_str().to_owned()]));
                }
                Ok(())
            }
            // No run sends it.
            Request::Merge { .. } => Err(Refused(404)),
            Request::InviteAnew { id, email, external_id, .. } => {
                let place = self.place(id.as_str())?;
                if self.members.iter().any(|it| it.email == *email) {
                    return Err(Refused(400));
                }
                let member = &mut self.members[place];
                member.email.clone_from(email);
                member.external_id = Some(external_id.as_str().to_owned());
                Ok(())
            }
            Request::PutMember { id, external_id } => {
                let place = self.place(id.as_str())?;
                self.members[place].external_id = Some(external_id.as_str().to_owned());
                Ok(())
            }
            Request::PutGroup { id, name, external_id } => {
                let group = self.groups.iter_mut().find(|it| it.id == id.as_str()).ok_or(Refused(404))?;
                group.name.clone_from(name);
                group.external_id = Some(external_id.as_str().to_owned());
                Ok(())
            }
            Request::TakeOut { group, members } => {
                let group = self.groups.iter_mut().find(|it| it.id == group.as_str()).ok_or(Refused(404))?;
                group.members.retain(|it| !members.iter().any(|out| out.as_str() == it));
                Ok(())
            }
            Request::DeleteGroup(id) => {
                self.groups.retain(|it| it.id != id.as_str());
                Ok(())
            }
        }
    }

    pub(crate) fn remove(&mut self, ids: &BTreeSet<String>) {
        self.members.retain(|it| !ids.contains(&it.id));
        for group in &mut self.groups {
            group.members.retain(|it| !ids.contains(it));
        }
    }

    fn place(&self, id: &str) -> Result<usize, Refused> {
        self.members.iter().position(|it| it.id == id).ok_or(Refused(404))
    }

    fn keeps_an_owner(&self, place: usize) -> Result<(), Refused> {
        let owners = self.members.iter().filter(|it| it.is_confirmed_owner()).count();
        if self.members[place].is_confirmed_owner() && owners == 1 { Err(Refused(400)) } else { Ok(()) }
    }

    /// Seats for so many more; the cloud buys what is missing.
    fn admit(&mut self, more: usize) -> Result<(), Refused> {
        if !self.members.iter().any(Member::is_confirmed_owner) {
            return Err(Refused(400));
        }
        if let Some(seats) = &mut self.seats {
            let needed = self.members.iter().filter(|it| it.status.takes_seat()).count() + more;
            *seats = (*seats).max(u32::try_from(needed).expect("a small number"));
        }
        Ok(())
    }

    fn official_import(
        &mut self,
        import: &ImportRequest,
        staged: bool,
        addresses: Known,
    ) -> Result<(), Refused> {
        let live: Vec<(String, &str)> = import
            .members
            .iter()
            .filter(|it| !it.deleted)
            .map(|it| (it.email.clone().unwrap_or_default().to_lowercase(), it.external_id.as_str()))
            .collect();
        let listed: BTreeSet<&str> = live.iter().map(|it| it.1).collect();
        let before = self.members.clone();
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for member in &before {
            if let Some(id) = member.known_id()
                && known.insert(id.to_owned(), member.id.clone()).is_some()
            {
                return Err(Refused(500));
            }
        }
        let deleted: BTreeSet<&str> =
            import.members.iter().filter(|it| it.deleted).map(|it| it.external_id.as_str()).collect();
        let removable = |member: &&Member| member.role != Role::Owner;
        let removed = before
            .iter()
            .filter(removable)
            .filter(|it| it.known_id().is_some_and(|id| deleted.contains(id) && !listed.contains(id)));
        let removed = removed.map(|it| it.id.clone()).collect();
        self.remove(&removed);
        if import.overwrite_existing {
            let unlisted: Vec<&Member> = before
                .iter()
                .filter(removable)
                .filter(|it| it.known_id().is_some_and(|id| !listed.contains(id)))
                .collect();
            if unlisted.iter().any(|it| !it.password) {
                return Err(Refused(400));
            }
            let unlisted = unlisted.iter().map(|it| it.id.clone()).collect();
            self.remove(&unlisted);
        }
        self.adopt(&before, &live, &mut known)?;
        let unknown: Vec<&(String, &str)> = live.iter().filter(|it| !known.contains_key(it.1)).collect();
        if !unknown.is_empty() {
            let counts = |it: &&Member| addresses == Known::Everybody || it.password;
            let taken: BTreeSet<String> =
                self.members.iter().filter(counts).map(|it| it.email.clone()).collect();
            let new: Vec<_> = unknown.into_iter().filter(|it| !taken.contains(&it.0)).collect();
            let stages = staged && !import.invite_users_after_provisioning;
            if !stages {
                self.admit(new.len())?;
            }
            let status = if stages { MemberStatus::Staged } else { MemberStatus::Invited };
            for (email, external_id) in new {
                let id = self.fresh_id();
                known.entry((*external_id).to_owned()).or_insert_with(|| id.clone());
                let member = Member::new(id, email, status);
                self.members.push(Member {
                    external_id: Some((*external_id).to_owned()),
                    former: MemberStatus::Invited,
                    ..member
                });
            }
        }
        self.official_groups(import, &known)
    }

    fn adopt(
        &mut self,
        before: &[Member],
        live: &[(String, &str)],
        known: &mut BTreeMap<String, String>,
    ) -> Result<(), Refused> {
        if live.is_empty() {
            return Ok(());
        }
        let mut without_id = BTreeMap::new();
        for member in before.iter().filter(|it| it.known_id().is_none()) {
            if without_id.insert(member.email.clone(), member.id.clone()).is_some() {
                return Err(Refused(500));
            }
        }
        let addresses: BTreeSet<&str> = live.iter().map(|it| it.0.as_str()).collect();
        if addresses.len() < live.len() {
            return Err(Refused(500));
        }
        let mut adopted = Vec::new();
        for (email, external_id) in live {
            if let Some(id) = without_id.get(email) {
                if known.insert((*external_id).to_owned(), id.clone()).is_some() {
                    return Err(Refused(500));
                }
                adopted.push((id.clone(), (*external_id).to_owned()));
            }
        }
        for (id, external_id) in adopted {
            let place = self.place(&id)?;
            self.members[place].external_id = Some(external_id);
        }
        Ok(())
    }

    fn official_groups(
        &mut self,
        import: &ImportRequest,
        known: &BTreeMap<String, String>,
    ) -> Result<(), Refused> {
        if import.groups.is_empty() {
            return Ok(());
        }
        let mut ids = BTreeSet::new();
        let existing = self.groups.iter().filter_map(|it| it.external_id.clone());
        if !existing.filter(|it| !it.trim().is_empty()).all(|it| ids.insert(it)) {
            return Err(Refused(500));
        }
        let listed: BTreeSet<&str> = import.groups.iter().map(|it| it.external_id.as_str()).collect();
        if listed.len() < import.groups.len() {
            return Err(Refused(500));
        }
        for group in &import.groups {
            let there: BTreeSet<&str> = self.members.iter().map(|it| it.id.as_str()).collect();
            let members = group.member_external_ids.iter().filter_map(|it| known.get(it.as_str()));
            let members = members.filter(|it| there.contains(it.as_str())).cloned().collect();
            self.fill(group.external_id.as_str(), &group.name, members, true);
        }
        Ok(())
    }

    fn fill(&mut self, external_id: &str, name: &str, members: BTreeSet<String>, renames: bool) {
        let found = self.groups.iter_mut().find(|it| it.external_id.as_deref() == Some(external_id));
        if let Some(group) = found {
            if renames {
                name.clone_into(&mut group.name);
            }
            group.members = members;
        } else {
            let id = self.fresh_id();
            let external_id = Some(external_id.to_owned());
            self.groups.push(Group { id, name: name.to_owned(), external_id, members });
        }
    }

    fn vaultwarden_import(&mut self, import: &ImportRequest) -> Result<(), Refused> {
        for entry in &import.members {
            let email = entry.email.clone().ok_or(Refused(422))?.to_lowercase();
            let external_id = Some(entry.external_id.as_str().to_owned()).filter(|it| !it.is_empty());
            let owners = self.members.iter().filter(|it| it.is_confirmed_owner()).count();
            match self.members.iter_mut().find(|it| it.email == email) {
                Some(member) => {
                    if !entry.deleted && member.status == MemberStatus::Revoked {
                        member.status = member.former;
                    } else if entry.deleted
                        && member.status != MemberStatus::Revoked
                        && !(member.is_confirmed_owner() && owners == 1)
                    {
                        member.former = member.status;
                        member.status = MemberStatus::Revoked;
                    }
                    member.external_id = external_id;
                }
                None if entry.deleted => {}
                None => {
                    let id = self.fresh_id();
                    let has_account = self.accounts.contains(&email);
                    let status = if has_account { MemberStatus::Accepted } else { MemberStatus::Invited };
                    self.members.push(Member { external_id, ..Member::new(id, &email, status) });
                }
            }
        }
        for group in &import.groups {
            let members = group.member_external_ids.iter().filter_map(|id| {
                let first = |it: &&Member| it.external_id.as_deref() == Some(id.as_str());
                self.members.iter().find(first).map(|it| it.id.clone())
            });
            let members = members.collect();
            self.fill(group.external_id.as_str(), &group.name, members, false);
        }
        if import.overwrite_existing {
            let listed: BTreeSet<&str> = import.members.iter().map(|it| it.external_id.as_str()).collect();
            let owners = self.members.iter().filter(|it| it.is_confirmed_owner()).count();
            let unlisted = self.members.iter().filter(|it| {
                it.external_id.as_deref().is_some_and(|id| !listed.contains(id))
                    && !(it.is_confirmed_owner() && owners == 1)
            });
            let unlisted = unlisted.map(|it| it.id.clone()).collect();
            self.remove(&unlisted);
        }
        Ok(())
    }
}
