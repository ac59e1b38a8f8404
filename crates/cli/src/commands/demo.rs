//! `bwdc demo`: a directory, an organization and a sync between them, on this machine.
//!
//! Everything is the real thing: the engine speaks LDAP and HTTP to two servers of the sandbox, with settings in a folder
//! of its own. What the demo claims at the end it has counted on the organization's side, not in its own plan.

use crate::error::{CommandError, DemoError};
use crate::output::{Answer, Done, Failed};
use crate::runtime::asked_to_end;
use bwdc_core::desired::Desired;
use bwdc_core::plan::Plan;
use bwdc_core::settings::Setting;
use bwdc_core::snapshot::AccountState;
use bwdc_core::test_report::TestReport;
use bwdc_engine::organization::ApiKey;
use bwdc_engine::paths::{ProcessEnvironment, Profile};
use bwdc_engine::secrets::SecretName;
use bwdc_engine::{Cancel, Control, Engine, ReadMode, Trigger};
use bwdc_messages::change::left_out;
use bwdc_messages::demo::{self as words, Chapter, Happening};
use bwdc_messages::plan::changes;
use bwdc_sandbox::data::{Company, company};
use bwdc_sandbox::organization::MemberStatus;
use bwdc_sandbox::{ldap, organization};
use clap::Args;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use tokio::runtime::Builder;

/// Show a directory, an organization and a sync between them on this machine.
///
/// Nothing is installed, nothing leaves the machine, and no settings are changed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  bwdc demo
  bwdc demo --once")]
pub(crate) struct DemoArguments {
    /// End after the last sync instead of keeping the organization's page open.
    #[arg(long)]
    pub(crate) once: bool,
}

const READER: &str = "cn=reader,dc=example,dc=test";
/// Changes that are listed for one sync.
const SHOWN: usize = 12;
const CONNECTOR: &str = "\
[leavers]
disabled = \"revoke\"
deleted = \"revoke\"
gone = \"revoke\"
out-of-scope = \"keep\"
";

pub(super) fn run(arguments: &DemoArguments) -> Result<Done, Failed> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(CommandError::Runtime)?;
    let stage = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = asked_to_end() => Err(CommandError::Interrupted),
            stage = play() => stage,
        }
    })?;
    if arguments.once {
        return Ok(Answer::title(words::ended()).into());
    }
    heading(&words::stays_open(&stage.organization.page_url()));
    runtime.block_on(asked_to_end()).map_err(CommandError::Runtime)?;
    Ok(Answer::title(words::ended()).into())
}

/// The story: 1. both servers; 2. test, plan, first sync; 3. people join, leave, marry and move; 4. second sync; 5. a third,
/// which finds nothing to do.
async fn play() -> Result<Stage, CommandError> {
    let mut stage = Stage::set()?;
    let (events, cancel) = (|_| (), Cancel::default());
    let (control, trigger) = (Control { events: &events, cancel: &cancel }, Trigger::default());
    stage.introduce();
    stage.configure().await?;

    heading(&words::title(Chapter::Test));
    let desired = stage.engine.test(false, control).await?;
    let [groups, enabled, disabled, _] = TestReport::new(&desired).counts();
    let without = desired.everybody().len() - desired.people().count();
    print(&words::counts(enabled, disabled, without, groups));

    heading(&words::title(Chapter::Plan));
    let planned = stage.engine.plan(ReadMode::Incremental, control).await?;
    list(&planned.plan);
    for one in planned.plan.left_out.iter().take(SHOWN) {
        print(&format!("  ! {}\n             {}", one.reference, left_out(&one.because)));
    }

    heading(&words::title(Chapter::FirstSync));
    let report = stage.engine.sync(trigger, ReadMode::Incremental, control).await?;
    print(&words::report(&report));
    stage.invitations_are_accepted();
    stage.compare().await?;

    heading(&words::title(Chapter::Life));
    stage.life()?;

    heading(&words::title(Chapter::SecondSync));
    let report = stage.engine.sync(trigger, ReadMode::Incremental, control).await?;
    list(&report.plan);
    print(&words::report(&report));
    stage.compare().await?;

    heading(&words::title(Chapter::ThirdSync));
    let report = stage.engine.sync(trigger, ReadMode::Incremental, control).await?;
    print(&words::report(&report));
    if report.requests != 0 {
        return Err(DemoError::NotEqual("a third sync still sent something".to_owned()).into());
    }
    Ok(stage)
}

/// Both servers and an installation of its own.
struct Stage {
    company: Company,
    directory: ldap::Server,
    organization: organization::Server,
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn set() -> Result<Self, CommandError> {
        let company = company();
        let options = ldap::Options::with_bind(company.ldif.clone(), READER, reader_password());
        let directory = ldap::Server::start_blocking(options).map_err(DemoError::from)?;
        let organization = organization::Server::start_blocking(organization::Options::official())
            .map_err(DemoError::from)?;
        let folder = tempfile::tempdir().map_err(DemoError::Folder)?;
        let profile = Profile::new(folder.path().join("profile"));
        profile.create_folder().map_err(DemoError::Folder)?;
        std::fs::write(&profile.connector_toml, CONNECTOR).map_err(DemoError::Folder)?;
        let engine = Engine::open_profile(ProcessEnvironment::current().apart(), profile)?;
        Ok(Self { company, directory, organization, engine, _folder: folder })
    }

    fn introduce(&self) {
        let (url, page) = (self.directory.url(), self.organization.page_url());
        print(&words::introduction(&url, self.directory.entry_count(), &self.company.suffix, &page));
    }

    async fn configure(&mut self) -> Result<(), CommandError> {
        let port = self.directory.port().to_string();
        let url = self.organization.url();
        for (name, value) in [
            ("server", url.as_str()),
            ("directory", "0"),
            ("ldap.hostname", "127.0.0.1"),
            ("ldap.port", &port),
            ("ldap.rootPath", &self.company.suffix),
            ("ldap.username", READER),
            ("sync.users", "true"),
            ("sync.groups", "true"),
            ("sync.userObjectClass", "inetOrgPerson"),
            ("sync.groupObjectClass", "groupOfNames"),
            ("sync.userEmailAttribute", "mail"),
            ("sync.groupNameAttribute", "cn"),
            ("sync.memberAttribute", "member"),
            ("sync.inviteUsersAfterProvisioning", "true"),
        ] {
            let setting = Setting::find(name).ok_or_else(|| CommandError::unknown_setting(name))?;
            self.engine.set(setting, &setting.parse(value)?)?;
        }
        self.engine.set_secret(SecretName::LdapPassword, &SecretString::from(reader_password()))?;
        let client_secret = SecretString::from(self.organization.client_secret());
        let key = ApiKey { client_id: self.organization.client_id(), client_secret };
        self.engine.log_in(key, &|_| {}).await?;
        Ok(())
    }

    /// Between two runs people answer their mail: all but every eighth.
    fn invitations_are_accepted(&self) {
        let invited = self.organization.members();
        for (number, member) in invited.iter().filter(|it| it.external_id.is_some()).enumerate() {
            if number % 8 != 0 {
                self.organization.confirm(&member.email);
            }
        }
    }

    fn life(&self) -> Result<(), DemoError> {
        let Company { joiner, leaver_dn, renamed, moved, .. } = &self.company;
        self.company.join(&self.directory)?;
        print(&words::happens(Happening::Joins { who: &joiner.email, group: name(&joiner.group_dn) }));
        self.company.leave(&self.directory)?;
        print(&words::happens(Happening::Leaves { who: name(leaver_dn) }));
        self.directory.rename_with_references(&renamed.dn, &renamed.new_dn)?;
        self.directory.modify(&renamed.new_dn, "sn", [&renamed.new_surname])?;
        self.directory.modify(&renamed.new_dn, "cn", [&renamed.new_name])?;
        print(&words::happens(Happening::Renamed { who: name(&renamed.dn), name: &renamed.new_name }));
        self.company.move_membership(&self.directory)?;
        print(&words::happens(Happening::Moves {
            who: name(&moved.member_dn),
            from: name(&moved.from_group_dn),
            to: name(&moved.to_group_dn),
        }));
        Ok(())
    }

    /// Counts on the organization's side, by address, whether it is what the directory asks for.
    async fn compare(&mut self) -> Result<(), CommandError> {
        let (events, cancel) = (|_| (), Cancel::default());
        let control = Control { events: &events, cancel: &cancel };
        let desired = self.engine.test(false, control).await?;
        let (people, groups) = (wanted_people(&desired), wanted_groups(&desired));
        let members = self.organization.members();
        let active: BTreeMap<&str, &str> = members
            .iter()
            .filter(|it| it.external_id.is_some() && it.status != MemberStatus::Revoked)
            .map(|it| (it.id.as_str(), it.email.as_str()))
            .collect();
        let found: BTreeSet<String> = active.values().map(|&it| it.to_owned()).collect();
        if found != people {
            let odd: Vec<&String> = found.symmetric_difference(&people).collect();
            return Err(DemoError::NotEqual(format!("people {odd:?}")).into());
        }
        let mut memberships = 0;
        let held: BTreeMap<String, BTreeSet<String>> = self
            .organization
            .groups()
            .into_iter()
            .filter_map(|group| {
                let members = group.members.iter().filter_map(|id| active.get(id.as_str()));
                Some((group.external_id?, members.map(|&it| it.to_owned()).collect()))
            })
            .collect();
        for (id, wanted) in &groups {
            memberships += wanted.len();
            if held.get(id) != Some(wanted) {
                return Err(DemoError::NotEqual(format!("group {id}")).into());
            }
        }
        if held.len() != groups.len() {
            return Err(DemoError::NotEqual("groups".to_owned()).into());
        }
        print(&words::equal(found.len(), groups.len(), memberships, members.len() - found.len()));
        Ok(())
    }
}

fn wanted_people(desired: &Desired) -> BTreeSet<String> {
    let enabled = desired.people().filter(|it| it.state == AccountState::Enabled);
    enabled.map(|it| desired.display_name(it).to_owned()).collect()
}

fn wanted_groups(desired: &Desired) -> BTreeMap<String, BTreeSet<String>> {
    let people = wanted_people(desired);
    (0..desired.groups().len())
        .map(|number| {
            let members = desired.members(number).iter().map(|&it| &desired.everybody()[it as usize]);
            let addresses =
                members.map(|it| desired.display_name(it).to_owned()).filter(|it| people.contains(it));
            (desired.text(desired.groups()[number].external_id).to_owned(), addresses.collect())
        })
        .collect()
}

/// The sandbox is reached from this machine only and ends with the demo: its password guards nothing.
fn reader_password() -> String {
    "reader".to_owned()
}

/// The first part of a distinguished name.
fn name(dn: &str) -> &str {
    dn.split([',', '=']).nth(1).unwrap_or(dn)
}

fn list(plan: &Plan) {
    for line in changes(plan, SHOWN) {
        print(&line);
    }
}

fn heading(text: &str) {
    print(&format!("\n{text}"));
}

/// A story is told while it happens; a reader who has left does not stop it.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
