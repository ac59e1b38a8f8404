//! What an answer means.

use super::check::check;
use super::kind::Asked;
use super::server::Encryption;
use super::{Question, Setup, SetupKind, SetupReply, SetupStep, SetupWork, Waiting};
use crate::finding::Described;
use crate::form::{Form, refused};
use crate::text;
use bwdc_core::settings::{LdapPreset, Section, Setting};
use secrecy::{ExposeSecret as _, SecretString};

/// Where Bitwarden's European cloud is.
const EUROPE: &str = "https://vault.bitwarden.eu";
/// What empties a text.
const NOTHING: &str = "-";

/// What can be done after a test of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterTrial {
    Save,
    Change,
    Authorities,
}

/// What can be done after a count, and with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    On,
    Refine,
    Sync,
    Later,
}

impl Setup {
    /// Takes an answer; what it asks for is to be carried out. An answer while work is under way is none.
    pub fn answer(&mut self, reply: SetupReply) -> Option<SetupWork> {
        if self.waiting.is_some() {
            return None;
        }
        self.error = None;
        match reply {
            SetupReply::Choice(place) => self.choose(place),
            SetupReply::Text(text) => self.take_text(text.trim()),
            SetupReply::Secret(secret) => self.take_secret(secret),
        }
    }

    fn choose(&mut self, place: usize) -> Option<SetupWork> {
        match self.question {
            Question::Overview => self.go_to(*SetupStep::ALL.get(place)?),
            Question::Server => match place {
                0 => return self.save_server("bitwarden.com"),
                1 => return self.save_server(EUROPE),
                _ => self.ask(Question::ServerUrl),
            },
            Question::Account => {
                let answer = self.account.choices.get(place)?.value.clone();
                return self.wait(Waiting::SignIn, SetupWork::Answer(answer.into()));
            }
            Question::Kind => self.choose_kind(*SetupKind::ALL.get(place)?),
            Question::Connection(number) if self.asked().get(number) == Some(&Asked::LdapEncryption) => {
                self.encrypt(*Encryption::ALL.get(place)?);
                return self.next_of_connection(number);
            }
            Question::Base => match self.discovered.naming_contexts.get(place).cloned() {
                Some(base) => return self.choose_base(base),
                None => self.ask(Question::BaseTyped),
            },
            Question::Software => {
                let preset = Self::software().get(place).copied()?;
                self.set("ldap.preset", name_of(preset));
                return self.test_connection();
            }
            Question::Tried => match self.after_trial().get(place)? {
                AfterTrial::Save => return self.save(Question::What),
                AfterTrial::Change => self.go_to(SetupStep::Connection),
                AfterTrial::Authorities => self.ask(Question::Authorities),
            },
            Question::What => {
                self.set("sync.users", (place != 2).to_string());
                self.set("sync.groups", (place != 1).to_string());
                if place == 2 {
                    return self.count();
                }
                self.ask(Question::Invite);
            }
            Question::Invite => {
                self.set("sync.inviteUsersAfterProvisioning", (place == 1).to_string());
                return self.count();
            }
            Question::SameAddress => {
                let Some(chosen) = SAME_ADDRESS.get(place) else {
                    self.ask(Question::Refine(0));
                    return None;
                };
                self.set("conflicts.same-address", *chosen);
                return self.count();
            }
            Question::Counted => match self.after_count().get(place)? {
                Go::Refine => self.ask(Question::Refine(0)),
                _ => return self.save(Question::BeforePlan),
            },
            Question::Refine(number) => return self.choose_path(number, place),
            Question::BeforePlan if place == 0 => return self.wait(Waiting::Plan, SetupWork::Plan),
            Question::Planned if self.after_plan().get(place) == Some(&Go::Sync) => {
                return self.wait(Waiting::Sync, SetupWork::Sync);
            }
            Question::BeforePlan | Question::Planned | Question::Synced => self.ask(Question::Service),
            Question::Service => self.question = Question::End,
            _ => {}
        }
        None
    }

    fn take_text(&mut self, typed: &str) -> Option<SetupWork> {
        match self.question {
            Question::ServerUrl => return self.save_server(typed),
            Question::ClientId => self.take_client_id(typed),
            Question::Account if typed.is_empty() => self.error = Some(answer_needed()),
            Question::Account => return self.wait(Waiting::SignIn, SetupWork::Answer(typed.into())),
            Question::Connection(number) => return self.take_connection(number, typed),
            Question::BaseTyped if typed.is_empty() => self.error = Some(answer_needed()),
            Question::BaseTyped => {
                let taken = self.take_setting("ldap.rootPath", typed);
                return if taken { self.after_base() } else { None };
            }
            Question::Authorities => {
                let start_tls = self.value("ldap.startTls") == "true";
                self.set(if start_tls { "ldap.tlsCaPath" } else { "ldap.sslCaPath" }, typed);
                return self.test_connection();
            }
            Question::Refine(number) => {
                let name = *self.refined().get(number)?;
                if self.take_setting(name, typed) {
                    return self.next_of_refined(number);
                }
            }
            Question::Planned => return self.approve(typed),
            _ => {}
        }
        None
    }

    fn take_secret(&mut self, secret: SecretString) -> Option<SetupWork> {
        let is_empty = secret.expose_secret().is_empty();
        match self.question {
            Question::ClientSecret | Question::Password | Question::Account if is_empty => {
                self.error = Some(answer_needed());
            }
            Question::ClientSecret => {
                let client_id = self.name.clone();
                return self.wait(Waiting::SignIn, SetupWork::LogIn { client_id, client_secret: secret });
            }
            Question::Password => {
                let email = self.name.clone();
                return self.wait(Waiting::SignIn, SetupWork::SignIn { email, password: secret });
            }
            Question::Account => return self.wait(Waiting::SignIn, SetupWork::Answer(secret)),
            Question::Connection(number) => {
                let Some(Asked::Setting(name)) = self.asked().get(number) else { return None };
                let setting = Setting::find(name)?;
                if !is_empty {
                    self.secret = Some((setting, secret));
                } else if self.secret.is_none() && !self.has_stored(name) {
                    self.error = Some(answer_needed());
                    return None;
                }
                return self.next_of_connection(number);
            }
            _ => {}
        }
        None
    }

    fn save_server(&mut self, typed: &str) -> Option<SetupWork> {
        let setting = Setting::find("server")?;
        if typed.is_empty() && self.value("server").is_empty() {
            self.error = Some(answer_needed());
            return None;
        }
        match setting.parse(typed) {
            _ if typed.is_empty() => {
                self.ask(Question::ClientId);
                None
            }
            Err(error) => {
                self.error = Some(refused(&error));
                None
            }
            Ok(value) => {
                let stored = self.entry("server").map(|it| it.value.clone()).unwrap_or_default();
                if stored == value.to_json() {
                    self.ask(Question::ClientId);
                    return None;
                }
                self.set("server", typed);
                self.save(Question::ClientId)
            }
        }
    }

    fn take_client_id(&mut self, typed: &str) {
        let before = self.name.clone();
        let typed = if typed.is_empty() { before.as_str() } else { typed };
        if typed.is_empty() && self.facts.client_id.is_some() {
            self.after_sign_in();
        } else if typed.contains('@') && !typed.contains(['/', ':', ' ']) {
            self.name = typed.to_owned();
            self.ask(Question::Password);
        } else if typed.starts_with("organization.") {
            self.name = typed.to_owned();
            self.ask(Question::ClientSecret);
        } else {
            self.error = Some(text!(
                "setup.client-id",
                "Enter a client id such as `organization.<id>`, or the e-mail address of an owner."
            ));
        }
    }

    fn choose_kind(&mut self, kind: SetupKind) {
        self.kind = Some(kind);
        self.secret = None;
        self.set("directory", kind.directory().number().to_string());
        if matches!(kind, SetupKind::ActiveDirectory | SetupKind::Ldap) {
            self.set("ldap.ad", (kind == SetupKind::ActiveDirectory).to_string());
        }
        self.ask(Question::Connection(0));
    }

    fn take_connection(&mut self, number: usize, typed: &str) -> Option<SetupWork> {
        match *self.asked().get(number)? {
            Asked::Setting(name) if !self.take_setting(name, typed) => return None,
            Asked::Setting(_) => {}
            Asked::LdapServer if typed.is_empty() && self.value("ldap.hostname").is_empty() => {
                self.error = Some(answer_needed());
                return None;
            }
            Asked::LdapServer => {
                if !typed.is_empty() && !self.take_server(typed) {
                    return None;
                }
            }
            Asked::LdapUsername => {
                if !typed.is_empty() {
                    self.set("ldap.username", typed);
                    if self.value("ldap.sign-in") == "anonymous" {
                        self.set("ldap.sign-in", "password");
                    }
                } else if self.value("ldap.username").is_empty() {
                    // Nobody signs in, so that no password is asked for.
                    self.set("ldap.sign-in", "anonymous");
                    return self.discover();
                }
            }
            Asked::GoogleKeyFile if !typed.is_empty() => {
                return self.wait(Waiting::KeyFile, SetupWork::KeyFile(typed.to_owned()));
            }
            Asked::GoogleKeyFile if self.secret.is_none() && !self.has_stored("gsuite.key") => {
                self.error = Some(answer_needed());
                return None;
            }
            Asked::GoogleKeyFile | Asked::LdapEncryption => {}
        }
        self.next_of_connection(number)
    }

    /// Takes a value; false: it cannot be used. Nothing typed keeps what counts, where something does.
    fn take_setting(&mut self, name: &'static str, typed: &str) -> bool {
        let Some(setting) = Setting::find(name) else { return false };
        let is_needed = self.asked().contains(&Asked::Setting(name))
            && !matches!(name, "okta.client-id" | "onelogin.url");
        match typed {
            "" if is_needed && self.value(name).is_empty() && self.usual(name).is_empty() => {
                self.error = Some(answer_needed());
                return false;
            }
            "" => {
                if is_needed && self.value(name).is_empty() {
                    self.set(name, self.usual(name));
                }
                return true;
            }
            NOTHING => self.set(name, ""),
            typed => {
                let root = self.value("ldap.rootPath");
                let parsed = setting.parse(typed).map_err(|error| refused(&error));
                if let Err(error) = parsed.and_then(|_| check(self.kind, &root, setting, typed)) {
                    self.error = Some(error);
                    return false;
                }
                self.set(name, typed);
            }
        }
        true
    }

    /// What most installations have, where a set-up asks for it.
    pub(super) fn usual(&self, name: &str) -> &'static str {
        match name {
            "gsuite.customer" => "my_customer",
            "onelogin.region" => "us",
            _ => "",
        }
    }

    pub(super) fn has_stored(&self, name: &str) -> bool {
        self.entry(name).is_some_and(|it| it.origin != bwdc_engine::Origin::Default)
    }

    pub(super) fn next_of_connection(&mut self, number: usize) -> Option<SetupWork> {
        let has_address = !self.value("onelogin.url").is_empty();
        let is_asked = |it: &Asked| *it != Asked::Setting("onelogin.region") || !has_address;
        let further = self.asked().iter().enumerate().skip(number + 1).find(|(_, it)| is_asked(it));
        if let Some((next, _)) = further {
            self.ask(Question::Connection(next));
            return None;
        }
        match self.kind {
            Some(SetupKind::ActiveDirectory | SetupKind::Ldap) => self.discover(),
            _ => self.test_connection(),
        }
    }

    fn discover(&mut self) -> Option<SetupWork> {
        self.unreached = None;
        self.tried = Vec::new();
        let work = SetupWork::Discover(self.typed());
        self.wait(Waiting::Discovery, work)
    }

    fn choose_base(&mut self, base: String) -> Option<SetupWork> {
        self.set("ldap.rootPath", base);
        self.after_base()
    }

    fn after_base(&mut self) -> Option<SetupWork> {
        let is_known = self.kind == Some(SetupKind::ActiveDirectory)
            || !self.value("ldap.preset").is_empty()
            || !self.value("sync.userObjectClass").is_empty();
        if is_known {
            return self.test_connection();
        }
        self.ask(Question::Software);
        None
    }

    /// Servers that are told apart by their own names for things.
    pub(super) fn software() -> Vec<LdapPreset> {
        LdapPreset::ALL.into_iter().filter(|it| !it.is_active_directory()).collect()
    }

    pub(super) fn test_connection(&mut self) -> Option<SetupWork> {
        let is_ldap = matches!(self.kind, Some(SetupKind::ActiveDirectory | SetupKind::Ldap));
        if is_ldap && self.value("ldap.rootPath").is_empty() {
            return self.discover();
        }
        self.unreached = None;
        let work = SetupWork::Try(self.typed());
        self.wait(Waiting::Trial, work)
    }

    pub(super) fn after_trial(&self) -> Vec<AfterTrial> {
        if !self.has_failed() {
            return vec![AfterTrial::Save, AfterTrial::Change];
        }
        let mut choices = vec![AfterTrial::Change];
        if self.value("ldap.ssl") == "true" {
            choices.push(AfterTrial::Authorities);
        }
        choices.push(AfterTrial::Save);
        choices
    }

    /// Whether the last test of the connection found something that does not work.
    pub(super) fn has_failed(&self) -> bool {
        self.unreached.is_some() || self.tried.iter().any(Described::is_failure)
    }

    fn count(&mut self) -> Option<SetupWork> {
        let work = SetupWork::Count(self.typed());
        self.wait(Waiting::Count, work)
    }

    pub(super) fn after_count(&self) -> Vec<Go> {
        if self.found_nobody() { vec![Go::Refine, Go::On] } else { vec![Go::On, Go::Refine] }
    }

    /// Whether nobody would be brought over, or no group where people are not wanted.
    pub(super) fn found_nobody(&self) -> bool {
        let wants_people = self.value("sync.users") != "false";
        let found = if wants_people { self.counted.enabled } else { self.counted.groups };
        found == 0
    }

    /// The settings that choose people and groups, as far as they matter here.
    pub(super) fn refined(&self) -> Vec<&'static str> {
        let typed = self.typed.iter().map(|(name, value)| (*name, value.clone())).collect();
        let form = Form::new(&self.facts.entries, &typed);
        let wanted = |section| matches!(section, Section::People | Section::Groups);
        let fields = form.sections.iter().filter(|it| wanted(it.section)).flat_map(|it| &it.fields);
        let is_asked = |name: &str| {
            name.starts_with("sync.") && !name.contains("mail") || name.ends_with("EmailAttribute")
        };
        fields.filter(|it| it.visible && is_asked(it.setting.name)).map(|it| it.setting.name).collect()
    }

    pub(super) fn is_path(name: &str) -> bool {
        matches!(name, "sync.userPath" | "sync.groupPath")
    }

    /// Containers as paths: without the root, which comes after them.
    pub(super) fn containers(&self) -> Vec<String> {
        let root = self.value("ldap.rootPath").to_lowercase();
        let relative = |name: &String| {
            let end = name.len().checked_sub(root.len() + 1)?;
            let below = name.get(end..)?.to_lowercase() == format!(",{root}");
            below.then(|| name.get(..end).unwrap_or_default().to_owned())
        };
        self.discovered.containers.iter().filter_map(relative).collect()
    }

    fn choose_path(&mut self, number: usize, place: usize) -> Option<SetupWork> {
        let name = *self.refined().get(number)?;
        let containers = self.containers();
        match place.checked_sub(1) {
            None => self.set(name, ""),
            Some(place) if place < containers.len() => {
                let path = containers.get(place).cloned().unwrap_or_default();
                self.set(name, path);
            }
            Some(_) => {
                self.types_path = true;
                return None;
            }
        }
        self.next_of_refined(number)
    }

    fn next_of_refined(&mut self, number: usize) -> Option<SetupWork> {
        self.types_path = false;
        if number + 1 < self.refined().len() {
            self.ask(Question::Refine(number + 1));
            return None;
        }
        self.count()
    }

    pub(super) fn after_plan(&self) -> Vec<Go> {
        if self.planned.is_allowed && self.planned.has_changes {
            vec![Go::Sync, Go::Later]
        } else {
            vec![Go::Later]
        }
    }

    fn approve(&mut self, typed: &str) -> Option<SetupWork> {
        let number = self.planned.approval.as_ref().map(|it| it.number)?;
        match typed.parse::<usize>() {
            Ok(typed) if number == typed => return self.wait(Waiting::Sync, SetupWork::SyncApproved(number)),
            _ if typed.is_empty() => self.ask(Question::Service),
            _ => {
                self.error = Some(text!(
                    "setup.other-number",
                    "That is not the number. Type {number} to approve, or nothing to leave it for now.",
                    number
                ));
            }
        }
        None
    }

    fn save(&mut self, next: Question) -> Option<SetupWork> {
        let work = SetupWork::Save(self.typed());
        self.wait(Waiting::Saved(next), work)
    }
}

/// What can become of entries that have one address, in the order of the question's choices.
const SAME_ADDRESS: [&str; 2] = ["skip", "prefer-enabled"];

fn answer_needed() -> String {
    text!("setup.answer-needed", "An answer is needed here.")
}

/// A preset as it is typed.
pub(super) fn name_of(preset: LdapPreset) -> String {
    let name = serde_json::to_value(preset).ok();
    name.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}
