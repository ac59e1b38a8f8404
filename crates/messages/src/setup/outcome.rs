//! What came of the work that was under way, and what is asked next.

use super::answer::name_of;
use super::{
    AccountQuestion, Question, Setup, SetupDone, SetupExtent, SetupFacts, SetupKind, SetupStep, SetupWork,
    Waiting,
};
use bwdc_engine::Discovered;

impl Setup {
    /// Takes what came of the work; further work may follow. What comes after somebody went back is left out.
    pub fn done(&mut self, done: SetupDone) -> Option<SetupWork> {
        if let SetupDone::Progress(text) = done {
            if self.waiting.is_some() {
                self.progress = Some(text);
            }
            return None;
        }
        let waiting = self.waiting.take()?;
        self.progress = None;
        match (waiting, done) {
            (Waiting::Facts, SetupDone::Facts(facts)) => self.take_facts(facts),
            (Waiting::Saved(next), SetupDone::Facts(facts)) => return self.saved(next, facts),
            (Waiting::SignIn, SetupDone::Facts(facts)) => {
                self.facts = facts;
                self.after_sign_in();
            }
            (Waiting::SignIn, SetupDone::Asks { question, choices, error }) => {
                self.account = AccountQuestion { question, choices };
                self.before.clear();
                self.question = Question::Account;
                self.error = error;
            }
            (Waiting::KeyFile, SetupDone::KeyFile { client_email, key }) => {
                self.set("gsuite.clientEmail", client_email);
                self.secret = SetupKind::Google.secret().map(|setting| (setting, key));
                return self.next_of_connection(0);
            }
            (Waiting::Discovery, SetupDone::Discovered(discovered)) => self.take_discovered(discovered),
            (Waiting::Trial, SetupDone::Tried(tried)) => {
                self.tried = tried;
                self.ask(Question::Tried);
            }
            (Waiting::Count, SetupDone::Counted(counted)) => {
                self.counted = counted;
                if self.question != Question::Counted {
                    self.ask(Question::Counted);
                }
            }
            (Waiting::Count | Waiting::Plan, SetupDone::SharedAddress(error)) => {
                if self.question != Question::SameAddress {
                    self.ask(Question::SameAddress);
                }
                self.error = Some(error);
            }
            (Waiting::Plan, SetupDone::Planned(planned)) => {
                self.planned = planned;
                self.ask(Question::Planned);
            }
            (Waiting::Sync, SetupDone::Synced(lines)) => {
                self.synced = lines;
                self.facts.has_synced = true;
                self.ask(Question::Synced);
            }
            (waiting, SetupDone::Failed(error)) => self.failed(&waiting, error),
            // An answer to something else.
            (waiting, _) => self.waiting = Some(waiting),
        }
        None
    }

    fn take_facts(&mut self, facts: SetupFacts) {
        self.facts = facts;
        self.kind = self.stored_kind();
        if self.extent == SetupExtent::SignInOnly {
            self.go_to(if self.is_done(SetupStep::Server) { SetupStep::SignIn } else { SetupStep::Server });
        } else if !self.has_choice_of_steps() {
            self.go_to(SetupStep::Server);
        }
    }

    fn saved(&mut self, next: Question, facts: SetupFacts) -> Option<SetupWork> {
        self.facts = facts;
        self.typed.clear();
        self.secret = None;
        self.kind = self.stored_kind().or(self.kind);
        if next == Question::BeforePlan {
            self.question = next;
            self.before.clear();
            return self.wait(Waiting::Plan, SetupWork::Plan);
        }
        self.ask(next);
        None
    }

    pub(super) fn after_sign_in(&mut self) {
        if self.extent == SetupExtent::SignInOnly {
            self.question = Question::End;
        } else {
            let next = self.next_step();
            self.go_to(next.max(SetupStep::Directory));
        }
    }

    /// What the server is decides over what was chosen: the names of Active Directory are of no use elsewhere.
    fn take_discovered(&mut self, discovered: Discovered) {
        if let Some(preset) = discovered.preset {
            let active_directory = preset.is_active_directory();
            self.kind = Some(if active_directory { SetupKind::ActiveDirectory } else { SetupKind::Ldap });
            self.set("ldap.ad", active_directory.to_string());
            if !active_directory
                && !self.has_stored("sync.userObjectClass")
                && !self.has_stored("ldap.preset")
            {
                self.set("ldap.preset", name_of(preset));
            }
        }
        let has_contexts = !discovered.naming_contexts.is_empty();
        self.discovered = discovered;
        self.ask(if has_contexts { Question::Base } else { Question::BaseTyped });
    }

    /// The question stands again, with why.
    fn failed(&mut self, waiting: &Waiting, error: String) {
        match waiting {
            Waiting::SignIn => {
                self.before.clear();
                self.question = Question::ClientId;
            }
            Waiting::Discovery => {
                self.ask(Question::Tried);
                self.unreached = Some(error);
                return;
            }
            Waiting::Count => {
                self.before.clear();
                self.question = Question::What;
            }
            _ => {}
        }
        self.error = Some(error);
    }
}
