//! What a page of a set-up shows.

use super::answer::{AfterTrial, Go, name_of};
use super::kind::Asked;
use super::server::Encryption;
use super::{Question, Setup, SetupExtent, SetupKind, SetupStep, Waiting};
use crate::account::{self, Question as AccountWords};
use crate::finding::Described;
use crate::form::Choice;
use crate::line::{Line, Tone};
use crate::setting::{help_in_a_question, label};
use crate::text;
use bwdc_core::settings::Setting;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A line of text.
    Line {
        /// The question.
        label: String,
        /// What counts where nothing is typed.
        default: String,
    },
    /// A secret, which is typed unseen.
    Secret {
        /// The question.
        label: String,
        /// Whether one is stored, which stays where nothing is typed.
        is_stored: bool,
        /// Whether one was typed in this set-up, which is stored with the step.
        is_entered: bool,
    },
    /// One of these.
    Choice {
        /// The question.
        label: String,
        /// As they are shown.
        choices: Vec<Choice>,
        /// The one that is chosen unless another is.
        default: usize,
    },
    /// Nothing: work is under way.
    Wait {
        /// What.
        what: String,
    },
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupPage {
    /// Its title.
    pub title: String,
    /// Which step of how many; None: no step.
    pub step: Option<(usize, usize)>,
    /// What is known, above the question.
    pub lines: Vec<Line>,
    /// The question.
    pub ask: Ask,
    /// What it is about.
    pub help: String,
    /// Why the last answer cannot be used, or what came to nothing.
    pub error: Option<String>,
}

impl Setup {
    /// The page for what is asked now.
    pub fn page(&self) -> SetupPage {
        let step = self.question.step();
        let place = step.and_then(|step| SetupStep::ALL.iter().position(|it| *it == step));
        let shows_place = self.extent == SetupExtent::Whole;
        let (lines, ask, help) = match &self.waiting {
            Some(waiting) => (self.lines_while(waiting), self.wait_page(waiting), String::new()),
            None => self.question_page(),
        };
        SetupPage {
            title: step.map_or_else(|| text!("setup.title", "Guided set-up"), title),
            step: place.filter(|_| shows_place).map(|place| (place + 1, SetupStep::ALL.len())),
            lines,
            ask,
            help,
            error: self.error.clone(),
        }
    }

    fn lines_while(&self, waiting: &Waiting) -> Vec<Line> {
        match waiting {
            Waiting::Sync => self.planned.lines.clone(),
            _ => Vec::new(),
        }
    }

    fn wait_page(&self, waiting: &Waiting) -> Ask {
        let what = self.progress.clone().unwrap_or_else(|| match waiting {
            Waiting::Facts => text!("setup.wait-facts", "Looking at the settings"),
            Waiting::Saved(_) => text!("setup.wait-saved", "Saving"),
            Waiting::SignIn => text!("setup.wait-sign-in", "Signing in"),
            Waiting::KeyFile => text!("setup.wait-key-file", "Reading the key file"),
            Waiting::Discovery => text!("setup.wait-discovery", "Asking the server what it holds"),
            Waiting::Trial => text!("setup.wait-trial", "Testing the connection"),
            Waiting::Count => text!("setup.wait-count", "Reading the directory"),
            Waiting::Plan => text!("setup.wait-plan", "Comparing the directory with the organization"),
            Waiting::Sync => text!("setup.wait-sync", "Syncing"),
        });
        Ask::Wait { what }
    }

    fn question_page(&self) -> (Vec<Line>, Ask, String) {
        let mut lines = Vec::new();
        let mut help = String::new();
        let ask = match self.question {
            Question::Overview | Question::End => self.overview(),
            Question::Server => {
                help = text!("setup.help-server", "Where your Bitwarden organization is.");
                let default = match self.value("server").as_str() {
                    "" => 0,
                    it if it.contains("bitwarden.eu") => 1,
                    _ => 2,
                };
                let choices = [
                    text!("setup.cloud-us", "Bitwarden's cloud, United States (bitwarden.com)"),
                    text!("setup.cloud-eu", "Bitwarden's cloud, European Union (bitwarden.eu)"),
                    text!("setup.own-server", "Your own server: self-hosted Bitwarden or Vaultwarden"),
                ];
                choice(text!("setup.ask-server", "Which server?"), choices, default)
            }
            Question::ServerUrl => {
                help = text!("setup.help-url", "For example https://vault.example.com");
                Ask::Line {
                    label: text!("setup.ask-url", "Address of the server"),
                    default: self.value("server"),
                }
            }
            Question::ClientId => {
                help = text!(
                    "setup.help-client-id",
                    "The organization's API key is in the web vault: Admin Console, Settings, Organization info, View API key. \
                     An owner can sign in with an e-mail address instead; the key is then fetched and kept, the password is not."
                );
                // What was typed before a secret that is not accepted need not be typed again.
                let known = self.facts.client_id.clone().filter(|_| self.name.is_empty());
                let default = known.unwrap_or_else(|| self.name.clone());
                Ask::Line { label: account::question(AccountWords::ClientId), default }
            }
            Question::ClientSecret => secret(account::question(AccountWords::ClientSecret)),
            Question::Password => secret(account::question(AccountWords::MasterPassword)),
            Question::Account if self.account.choices.is_empty() => {
                Ask::Line { label: self.account.question.clone(), default: String::new() }
            }
            Question::Account => Ask::Choice {
                label: self.account.question.clone(),
                choices: self.account.choices.clone(),
                default: 0,
            },
            Question::Kind => {
                let default = self.kind.and_then(|kind| SetupKind::ALL.iter().position(|it| *it == kind));
                let names = SetupKind::ALL.map(SetupKind::name);
                choice(text!("setup.ask-kind", "Which directory is read?"), names, default.unwrap_or(0))
            }
            Question::Connection(number) => {
                let asked = self.asked().get(number).copied().unwrap_or(Asked::LdapServer);
                let (ask, about) = self.connection(asked);
                help = about;
                ask
            }
            Question::Base => {
                lines.extend(self.server_line());
                help = help_of("ldap.rootPath");
                let stored = self.value("ldap.rootPath").to_lowercase();
                let contexts = &self.discovered.naming_contexts;
                let default = contexts.iter().position(|it| it.to_lowercase() == stored).unwrap_or(0);
                let another = text!("setup.another-base", "Another one");
                let choices = contexts.iter().cloned().chain([another]);
                choice(
                    text!("setup.ask-base", "Below which entry are people and groups read?"),
                    choices,
                    default,
                )
            }
            Question::BaseTyped => {
                help = text!("setup.help-base", "A distinguished name, such as dc=example,dc=com");
                let label = text!("setup.ask-base-typed", "Root path");
                Ask::Line { label, default: self.value("ldap.rootPath") }
            }
            Question::Software => {
                lines.extend(self.server_line());
                help = text!(
                    "setup.help-software",
                    "It decides what people and groups are called. Each of these names can be changed later."
                );
                let names = Self::software().into_iter().map(name_of);
                choice(text!("setup.ask-software", "Which software is the LDAP server?"), names, 0)
            }
            Question::Tried => {
                lines = self.trial_lines();
                let failed = self.has_failed();
                let choices = self.after_trial().into_iter().map(|it| after_trial(it, failed));
                let ask = if failed {
                    text!("setup.ask-failed", "The connection does not work yet. What now?")
                } else {
                    text!("setup.ask-tried", "The connection works. Save it?")
                };
                choice(ask, choices, 0)
            }
            Question::Authorities => {
                help =
                    text!("setup.help-authorities", "A file with certificates in PEM form, on this machine.");
                let label = text!("setup.ask-authorities", "File of the certificate authority");
                Ask::Line { label, default: self.value("ldap.sslCaPath") }
            }
            Question::What => {
                let default = match (self.value("sync.users").as_str(), self.value("sync.groups").as_str()) {
                    ("true", "false") => 1,
                    ("false", "true") => 2,
                    _ => 0,
                };
                let choices = [
                    text!("setup.people-and-groups", "People and groups"),
                    text!("setup.people-only", "People only"),
                    text!("setup.groups-only", "Groups only"),
                ];
                choice(text!("setup.ask-what", "What is brought over?"), choices, default)
            }
            Question::Invite => {
                help = text!(
                    "setup.help-invite",
                    "Vaultwarden and older servers cannot store a member without inviting: the plan says so before anything is sent."
                );
                let default = usize::from(self.value("sync.inviteUsersAfterProvisioning") == "true");
                let choices = [
                    text!("setup.stage", "They are added, and nobody is mailed yet"),
                    text!("setup.invite", "They are invited by e-mail"),
                ];
                choice(
                    text!("setup.ask-invite", "What happens to people who are new in the organization?"),
                    choices,
                    default,
                )
            }
            Question::SameAddress => {
                help = help_of("conflicts.same-address");
                let choices = [
                    text!("setup.skip-same-address", "Leave out everyone who shares an address"),
                    text!("setup.prefer-enabled", "Take the one who is enabled, where only one is"),
                    go(Go::Refine),
                ];
                let label = text!("setup.ask-same-address", "What becomes of entries with the same address?");
                choice(label, choices, 2)
            }
            Question::Counted => {
                lines = self.count_lines();
                let choices = self.after_count().into_iter().map(go);
                let label = match (self.found_nobody(), self.value("sync.users") != "false") {
                    (false, _) => text!("setup.ask-counted", "Is this what should be brought over?"),
                    (true, true) => text!("setup.ask-nobody", "Nobody would be brought over. What now?"),
                    (true, false) => text!("setup.ask-no-group", "No group would be brought over. What now?"),
                };
                choice(label, choices, 0)
            }
            Question::Refine(number) => {
                let name = self.refined().get(number).copied().unwrap_or_default();
                help = help_of(name);
                self.refine(name)
            }
            Question::BeforePlan => choice(
                text!("setup.ask-plan", "Compare the directory with the organization now? Nothing is sent."),
                [text!("setup.plan-now", "Show what a sync would do"), text!("setup.plan-later", "Not now")],
                0,
            ),
            Question::Planned => {
                lines = self.planned.lines.clone();
                lines.extend(self.leaver_lines());
                self.planned_page()
            }
            Question::Synced => {
                lines = self.synced.clone();
                choice(
                    text!("setup.ask-synced", "The first sync is done."),
                    [text!("setup.go-on", "Go on")],
                    0,
                )
            }
            Question::Service => {
                lines = service_lines();
                lines.extend(self.leaver_lines());
                let label = match self.has_synced() {
                    true => text!("setup.ask-service", "The set-up is complete."),
                    false => text!(
                        "setup.ask-service-before",
                        "The settings are complete, and nothing was synced yet: run `bwdc plan`, then `bwdc sync`."
                    ),
                };
                choice(label, [text!("setup.finish", "Finish")], 0)
            }
        };
        (lines, ask, help)
    }

    fn overview(&self) -> Ask {
        let line = |step: SetupStep| {
            let title = title(step);
            if self.is_done(step) { text!("setup.step-done", "{title} (done)", title) } else { title }
        };
        let next = self.next_step();
        let default = SetupStep::ALL.iter().position(|it| *it == next).unwrap_or(0);
        choice(text!("setup.ask-step", "Where to go on?"), SetupStep::ALL.map(line), default)
    }

    fn connection(&self, asked: Asked) -> (Ask, String) {
        match asked {
            Asked::Setting(name) => match Setting::find(name) {
                Some(setting) if setting.is_secret() => {
                    let is_entered = self.secret.is_some();
                    let is_stored = !is_entered && self.has_stored(name);
                    (Ask::Secret { label: label(setting), is_stored, is_entered }, help_of(name))
                }
                _ => {
                    let value = self.value(name);
                    let default = if value.is_empty() { self.usual(name).to_owned() } else { value };
                    (Ask::Line { label: label_of(name), default }, help_of(name))
                }
            },
            Asked::LdapServer => (
                Ask::Line { label: text!("setup.ask-host", "LDAP server"), default: self.typed_server() },
                text!(
                    "setup.help-host",
                    "A name or an address, with a port where it is not the usual one: dc1.example.com:636"
                ),
            ),
            Asked::LdapEncryption => {
                let default = match (self.value("ldap.ssl").as_str(), self.value("ldap.startTls").as_str()) {
                    ("true", "true") => 1,
                    ("false", _) => 2,
                    _ => 0,
                };
                let choices = Encryption::ALL.map(|it| match it {
                    Encryption::Ldaps => {
                        text!("setup.ldaps", "LDAPS: TLS from the beginning (usually port 636)")
                    }
                    Encryption::StartTls => {
                        text!("setup.start-tls", "StartTLS: TLS on the ordinary port (usually 389)")
                    }
                    Encryption::None => text!(
                        "setup.clear-text",
                        "None: the password is sent in clear text (usually port 389)"
                    ),
                });
                (
                    choice(
                        text!("setup.ask-encryption", "How is the connection encrypted?"),
                        choices,
                        default,
                    ),
                    String::new(),
                )
            }
            Asked::LdapUsername => (
                Ask::Line { label: label_of("ldap.username"), default: self.value("ldap.username") },
                text!(
                    "setup.help-username",
                    "{about}. Empty: read without signing in, where the server allows that.",
                    about = help_of("ldap.username")
                ),
            ),
            Asked::GoogleKeyFile => (
                Ask::Line {
                    label: text!("setup.ask-key-file", "JSON key file of the service account"),
                    default: String::new(),
                },
                text!(
                    "setup.help-key-file",
                    "A file on this machine. Its key is stored with the secrets; delete the file afterwards."
                ),
            ),
        }
    }

    fn server_line(&self) -> Option<Line> {
        let vendor = self.discovered.vendor.as_deref()?;
        Some(Line::new(text!("setup.server-is", "The server answers: {vendor}.", vendor), Tone::Good))
    }

    /// What failed first, then what should be known; what is as it should be, in one line.
    fn trial_lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> =
            self.unreached.iter().map(|it| Line::new(it.as_str(), Tone::Bad)).collect();
        let commands = crate::CommandLine::default();
        let mut found: Vec<Line> =
            self.tried.iter().filter(|it| !it.is_good()).flat_map(|it| it.lines(&commands)).collect();
        found.sort_by_key(|it| it.tone != Tone::Bad);
        lines.extend(found);
        let mut good: Vec<String> =
            self.tried.iter().filter(|it| it.is_good()).map(Described::title).collect();
        good.dedup();
        if !good.is_empty() {
            let names = good.join(", ");
            lines.push(Line::new(text!("setup.trial-good", "ok   {names}", names), Tone::Good));
        }
        lines
    }

    fn count_lines(&self) -> Vec<Line> {
        let mut lines = self.counted.lines.clone();
        let mut list = |title: String, names: &[String]| {
            if !names.is_empty() {
                lines.push(Line::new(format!("{title} {}", names.join(", ")), Tone::Plain));
            }
        };
        list(text!("setup.such-people", "People such as:"), &self.counted.people);
        list(text!("setup.such-groups", "Groups such as:"), &self.counted.named_groups);
        lines
    }

    fn refine(&self, name: &str) -> Ask {
        let containers = self.containers();
        let value = self.value(name);
        if Self::is_path(name) && !containers.is_empty() && !self.types_path {
            let anywhere =
                text!("setup.anywhere", "Anywhere below {root}", root = self.value("ldap.rootPath"));
            let another = text!("setup.another-path", "Another one");
            let default =
                containers.iter().position(|it| it.eq_ignore_ascii_case(&value)).map_or(0, |it| it + 1);
            let choices = [anywhere].into_iter().chain(containers).chain([another]);
            return choice(label_of(name), choices, default);
        }
        let label = text!("setup.refine", "{label} (`-` for none)", label = label_of(name));
        let usual = Setting::find(name).map(|it| it.default_in(&|of| self.value(of).into()));
        let usual = usual.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
        Ask::Line { label, default: if value.is_empty() { usual } else { value } }
    }
}

fn title(step: SetupStep) -> String {
    match step {
        SetupStep::Server => text!("setup.step-server", "Bitwarden server"),
        SetupStep::SignIn => text!("setup.step-sign-in", "Sign in"),
        SetupStep::Directory => text!("setup.step-directory", "Kind of directory"),
        SetupStep::Connection => text!("setup.step-connection", "Connection to the directory"),
        SetupStep::Selection => text!("setup.step-selection", "What to sync"),
        SetupStep::Plan => text!("setup.step-plan", "Simulate"),
        SetupStep::FirstSync => text!("setup.step-sync", "First sync"),
        SetupStep::Service => text!("setup.step-service", "Background service"),
    }
}

fn after_trial(choice: AfterTrial, failed: bool) -> String {
    match choice {
        AfterTrial::Save if failed => text!("setup.save-anyway", "Save it all the same"),
        AfterTrial::Save => text!("setup.save", "Save and go on"),
        AfterTrial::Change => text!("setup.change", "Change the answers"),
        AfterTrial::Authorities => text!("setup.authorities", "Name the certificate authority to trust"),
    }
}

pub(super) fn go(choice: Go) -> String {
    match choice {
        Go::On => text!("setup.save", "Save and go on"),
        Go::Refine => text!("setup.refine-now", "Change filters, paths and object classes"),
        Go::Sync => text!("setup.sync-now", "Sync now"),
        Go::Later => text!("setup.not-now", "Not now"),
    }
}

/// What the background service is.
pub fn service_lines() -> Vec<Line> {
    vec![
        Line::plain(text!(
            "setup.service",
            "Set `sync.interval` or `schedule.cron`, then run `bwdc service install`: it sets up a service that syncs on this \
             schedule (systemd, launchd). In a container and with Task Scheduler, `bwdc run` does the same in the foreground."
        )),
        Line::plain(text!(
            "setup.service-status",
            "`bwdc status` shows what it does and when the next run is due."
        )),
        Line::plain(text!("setup.again", "`bwdc setup` and `bwdc ui` can be started again at any time.")),
    ]
}

pub(super) fn choice(label: String, choices: impl IntoIterator<Item = String>, default: usize) -> Ask {
    let choices = choices.into_iter().map(|it| Choice { value: it.clone(), label: it }).collect();
    Ask::Choice { label, choices, default }
}

fn secret(label: String) -> Ask {
    Ask::Secret { label, is_stored: false, is_entered: false }
}

fn label_of(name: &str) -> String {
    Setting::find(name).map(label).unwrap_or_default()
}

fn help_of(name: &str) -> String {
    Setting::find(name).map(help_in_a_question).unwrap_or_default()
}
