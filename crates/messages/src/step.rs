//! What to do next, as data: the command line prints a command, a window draws a button.

use crate::text;
use bwdc_core::settings::{Setting, SettingKind};
use bwdc_engine::paths::{ProcessEnvironment, ProfileName};
use bwdc_engine::secrets::SecretName;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The command that chooses the kind of directory: each source has its own.
const DIRECTORY: &str = "config directory ";

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Give a setting a value; None: the reader knows which.
    Set {
        /// The setting's name.
        setting: String,
        /// The value as it would be typed.
        value: Option<String>,
    },
    /// Enter a secret, which is typed unseen.
    EnterSecret {
        /// The name of its setting.
        setting: String,
    },
    /// Run a command: its words, without the program's name.
    Run(String),
    /// Open a page or a file.
    Open(String),
    /// Something that is done elsewhere, in a sentence of its own.
    Say(String),
}

/// A step with what it is for, such as "If this is intended".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// When, or what for, in words that a comma can follow; None: it goes without saying.
    pub purpose: Option<String>,
    /// What to do.
    pub step: Step,
    /// The further source whose setting or secret it is about; None: the first one's, or the organization's.
    pub source: Option<String>,
}

impl From<Step> for NextStep {
    fn from(step: Step) -> Self {
        Self { purpose: None, step, source: None }
    }
}

impl NextStep {
    /// The same for a further source, where each source has its own of what the step is about.
    #[must_use]
    pub fn of_source(mut self, name: &str) -> Self {
        let own = match &self.step {
            Step::Set { setting, .. } | Step::EnterSecret { setting } => {
                Setting::find(setting).is_some_and(Setting::is_of_source)
            }
            Step::Run(words) => words.starts_with(DIRECTORY),
            Step::Say(sentence) => settings_in(sentence).any(Setting::is_of_source),
            Step::Open(_) => false,
        };
        if own && !name.is_empty() {
            self.source = Some(name.to_owned());
        }
        self
    }
}

impl Step {
    /// Runs a command.
    pub fn run(words: impl Into<String>) -> Self {
        Self::Run(words.into())
    }

    /// Gives a setting a value.
    pub fn set(setting: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Set { setting: setting.into(), value: Some(value.into()) }
    }

    /// Gives a setting another value, which the reader knows.
    pub fn change(setting: impl Into<String>) -> Self {
        Self::Set { setting: setting.into(), value: None }
    }

    /// Enters a secret.
    pub fn enter(setting: impl Into<String>) -> Self {
        Self::EnterSecret { setting: setting.into() }
    }

    /// Whether the command line has a command for it.
    fn is_command(&self) -> bool {
        matches!(self, Self::Set { .. } | Self::EnterSecret { .. } | Self::Run(_))
    }

    /// The same, with what it is for.
    pub fn to(self, purpose: impl Into<String>) -> NextStep {
        NextStep { purpose: Some(purpose.into()), step: self, source: None }
    }
}

/// How the reader starts commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The profile that is in use, where it is not the default one.
    pub profile: Option<ProfileName>,
    /// The environment variables of this program that are set: what they give, no command changes.
    pub variables: BTreeSet<String>,
}

impl CommandLine {
    /// The commands of somebody who uses this profile.
    pub fn of_profile(profile: ProfileName) -> Self {
        Self { profile: Some(profile).filter(|it| !it.is_default()), ..Self::default() }
    }

    /// The commands of somebody who starts the program in this environment.
    pub fn of(environment: &ProcessEnvironment) -> Self {
        let variables = environment.variable_names().map(|it| it.to_ascii_uppercase());
        Self {
            variables: variables.filter(|it| it.starts_with("BWDC_")).collect(),
            ..environment.profile_name().map(Self::of_profile).unwrap_or_default()
        }
    }

    /// A text as it is shown to this reader. Sentences name commands as the default profile has them: what a plan, a run or
    /// a directory tells is worded without knowing who will read it. Each front end asks for this where it shows a text.
    pub fn in_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        const COMMAND: &str = "`bwdc ";
        if self.profile.is_none() || !text.contains(COMMAND) {
            return Cow::Borrowed(text);
        }
        let mut parts = text.split(COMMAND);
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for rest in parts {
            // A text may come by here twice.
            if rest.starts_with("--") {
                shown.push_str(COMMAND);
                shown.push_str(rest);
            } else {
                shown.push('`');
                shown.push_str(&self.command(rest));
            }
        }
        Cow::Owned(shown)
    }

    /// A command of the program, as it is typed: with the profile that is in use, but where it is about the profiles
    /// themselves.
    pub fn command(&self, words: &str) -> String {
        match &self.profile {
            Some(profile) if !words.starts_with("profile ") => format!("bwdc --profile {profile} {words}"),
            _ => format!("bwdc {words}"),
        }
    }

    /// Steps in sentences, one after the other; those with one purpose in one sentence, and none twice.
    pub fn sentences(&self, steps: &[NextStep]) -> String {
        let together = |a: &NextStep, b: &NextStep| {
            a.purpose.is_some() && a.purpose == b.purpose && a.step.is_command() && b.step.is_command()
        };
        let mut sentences: Vec<String> = Vec::new();
        for sentence in steps.chunk_by(together).map(|it| self.one_sentence(it)).chain(self.of_sources(steps))
        {
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        sentences.join(" ")
    }

    /// A step in a sentence.
    pub fn sentence(&self, next: &NextStep) -> String {
        self.sentences(std::slice::from_ref(next))
    }

    /// Where the settings are that sentences of their own name for further sources, unless a command beside them says it.
    fn of_sources(&self, steps: &[NextStep]) -> Vec<String> {
        let said = steps.iter().filter(|it| matches!(it.step, Step::Say(_)));
        let is_commanded = |source: &&String| {
            steps.iter().any(|it| it.step.is_command() && it.source.as_ref() == Some(*source))
        };
        let sources = said.filter_map(|it| it.source.as_ref()).filter(|it| !is_commanded(it));
        let told = sources.map(|source| {
            text!(
                "step.of-source",
                "The settings of source `{source}` are meant: `{command}`.",
                source,
                command = self.command(&format!("config set --source {source} <setting> <value>"))
            )
        });
        told.collect()
    }

    fn one_sentence(&self, steps: &[NextStep]) -> String {
        let Some((first, further)) = steps.split_first() else { return String::new() };
        if let (Some(purpose), Some(what)) = (&first.purpose, self.one_of_many(steps)) {
            return text!("step.for-one-of", "{purpose}: {what}.", purpose, what);
        }
        let mut what = match &first.step {
            Step::Open(place) => text!("step.open", "open {place}", place),
            Step::Say(sentence) => sentence.clone(),
            _ => match self.variable_of(first) {
                Some(variable) => variable,
                None => text!("step.run", "run `{command}`", command = self.command_of(first)),
            },
        };
        for (place, next) in further.iter().enumerate() {
            if let Some(variable) = self.variable_of(next) {
                what = text!("step.or-variable", "{before} or {variable}", before = what, variable);
                continue;
            }
            let (before, command) = (what, self.command_of(next));
            what = match next.step {
                Step::Run(_) => text!("step.then", "{before}, then `{command}`", before, command),
                _ if place + 1 < further.len() => {
                    text!("step.choice", "{before}, `{command}`", before, command)
                }
                _ => text!("step.or", "{before} or `{command}`", before, command),
            };
        }
        match (&first.purpose, &first.step) {
            (Some(purpose), Step::Say(_)) => {
                self.with_variables(text!("step.say-for", "{purpose}: {what}", purpose, what), first)
            }
            (Some(purpose), _) => text!("step.for", "{purpose}, {what}.", purpose, what),
            (None, Step::Say(_)) => self.with_variables(what, first),
            (None, _) => format!("{}.", crate::list::capital(&what)),
        }
    }

    /// A sentence that names settings, and which of them variables of the environment give: no command changes those.
    fn with_variables(&self, sentence: String, of: &NextStep) -> String {
        let mut shown = sentence.clone();
        let mut named = BTreeSet::new();
        for setting in settings_in(&sentence) {
            let source = of.source.as_deref().filter(|_| setting.is_of_source());
            let Some(variable) = variable_of(setting, source) else { continue };
            if self.variables.contains(&variable) && named.insert(setting.name) {
                let given = text!(
                    "step.given-by-variable",
                    "`{setting}` comes from the environment variable `{variable}`.",
                    setting = setting.name,
                    variable
                );
                shown.push(' ');
                shown.push_str(&given);
            }
        }
        shown
    }

    /// Several settings of which one is changed, with one command for them all; None: they are few, or something else.
    fn one_of_many(&self, steps: &[NextStep]) -> Option<String> {
        let names = steps.iter().map(|it| match (&it.step, &it.source) {
            (Step::Set { setting, value: None }, None) if self.variable_of(it).is_none() => {
                Some(format!("`{setting}`"))
            }
            _ => None,
        });
        let names = names.collect::<Option<Vec<_>>>().filter(|it| it.len() > 2)?;
        let (last, before) = names.split_last()?;
        Some(text!(
            "step.one-of-many",
            "set {before} or {last} (`{command}`)",
            before = before.join(", "),
            last,
            command = self.command("config set <setting> <value>")
        ))
    }

    /// What to do where a variable of the environment gives what the step would change; None: none does.
    fn variable_of(&self, next: &NextStep) -> Option<String> {
        let (Step::Set { setting, .. } | Step::EnterSecret { setting }) = &next.step else { return None };
        let variable = variable_of(Setting::find(setting)?, next.source.as_deref())?;
        self.variables.contains(&variable).then(|| {
            text!("step.variable-of", "correct or unset the environment variable `{variable}`", variable)
        })
    }

    /// The command of a step.
    pub(crate) fn command_of(&self, next: &NextStep) -> String {
        let config = match &next.source {
            Some(source) => format!("config set --source {source}"),
            None => "config set".to_owned(),
        };
        match &next.step {
            Step::Set { setting, value } => {
                let value = value.as_deref().map_or("<value>".into(), quoted);
                self.command(&format!("{config} {setting} {value}"))
            }
            Step::EnterSecret { setting } => self.command(&format!("{config} {setting}")),
            Step::Run(words) => match (&next.source, words.strip_prefix("config ")) {
                (Some(source), Some(rest)) => {
                    // Before the name of a command, the option would make a setting of it.
                    let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                    self.command(format!("config {first} --source {source} {rest}").trim_end())
                }
                _ => self.command(words),
            },
            Step::Open(text) | Step::Say(text) => text.clone(),
        }
    }
}

/// The settings that a sentence names between backticks.
fn settings_in(sentence: &str) -> impl Iterator<Item = &'static Setting> {
    let named = sentence.split('`').skip(1).step_by(2);
    named.filter_map(|it| Setting::find(it.split(['=', ' ']).next().unwrap_or_default()))
}

/// The variable that gives a setting, or a secret, of a source; None: none does.
fn variable_of(setting: &Setting, source: Option<&str>) -> Option<String> {
    match (&setting.kind, source) {
        (SettingKind::Secret(kind), Some(source)) => {
            Some(SecretName::of_directory(*kind).variable_of_source(source))
        }
        (SettingKind::Secret(kind), None) => Some(SecretName::of_directory(*kind).variable()),
        (_, None) => Some(setting.variable()),
        // Variables give the settings of the first source only.
        (_, Some(_)) => None,
    }
}

/// A value as one word for a shell.
fn quoted(value: &str) -> Cow<'_, str> {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._-:/@=,<>".contains(it);
    if !value.is_empty() && value.chars().all(plain) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("'{}'", value.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_names_the_profile_that_is_in_use() {
        let steps = [Step::run("approve").to("If this is intended"), Step::enter("ldap.password").into()];
        let plain = CommandLine::default();
        assert_eq!(
            plain.sentences(&steps),
            "If this is intended, run `bwdc approve`. Run `bwdc config set ldap.password`."
        );
        let twice = [Step::enter("ldap.password").into(), Step::enter("ldap.password").into()];
        assert_eq!(plain.sentences(&twice), "Run `bwdc config set ldap.password`.");
        let raise = [
            Step::run("sync").to("If so"),
            Step::run("approve").to("If so"),
            Step::change("limits.removals").to("Else"),
            Step::change("limits.removals-percent").to("Else"),
        ];
        assert_eq!(
            plain.sentences(&raise),
            "If so, run `bwdc sync`, then `bwdc approve`. Else, run `bwdc config set limits.removals <value>` or `bwdc config \
             set limits.removals-percent <value>`."
        );
        let three = ["limits.removals", "limits.memberships", "limits.invitations"];
        assert_eq!(
            plain.sentences(&three.map(|it| Step::change(it).to("Else"))),
            "Else: set `limits.removals`, `limits.memberships` or `limits.invitations` (`bwdc config set <setting> <value>`)."
        );
        let berlin = CommandLine::of_profile(ProfileName::parse("berlin").expect("a name"));
        assert_eq!(
            berlin.sentences(&steps[..1]),
            "If this is intended, run `bwdc --profile berlin approve`."
        );
    }

    #[test]
    fn a_sentence_of_its_own_says_which_of_its_settings_a_variable_gives() {
        let variables = ["BWDC_LDAP_SSL", "BWDC_SECRET_LDAP_PASSWORD"].map(str::to_owned).into();
        let commands = CommandLine { variables, ..CommandLine::default() };
        let say = |it: &str| commands.sentence(&Step::Say(it.to_owned()).into());
        assert_eq!(
            say("Set `ldap.ssl` to true."),
            "Set `ldap.ssl` to true. `ldap.ssl` comes from the environment variable `BWDC_LDAP_SSL`."
        );
        assert_eq!(
            say("Correct `ldap.password` or `ldap.username`."),
            "Correct `ldap.password` or `ldap.username`. `ldap.password` comes from the environment variable \
             `BWDC_SECRET_LDAP_PASSWORD`."
        );
        assert_eq!(say("Set `sync.users` to true."), "Set `sync.users` to true.");
    }

    #[test]
    fn a_sentence_is_shown_with_the_profile_of_its_reader() {
        let berlin = CommandLine::of_profile(ProfileName::parse("berlin").expect("a name"));
        let text = "Run `bwdc approve --invite a@x` or `bwdc ledger rebuild`. `bwdc` runs.";
        let shown = berlin.in_text(text);
        assert_eq!(
            shown,
            "Run `bwdc --profile berlin approve --invite a@x` or `bwdc --profile berlin ledger rebuild`. `bwdc` runs."
        );
        assert_eq!(berlin.in_text(&shown), shown);
        assert_eq!(berlin.in_text("`bwdc profile list` names them."), "`bwdc profile list` names them.");
        assert_eq!(CommandLine::default().in_text(text), text);
    }

    #[test]
    fn a_step_for_a_further_source_says_so_where_the_source_has_a_value_of_its_own() {
        let plain = CommandLine::default();
        let said = |step: NextStep| plain.sentence(&step.of_source("hr"));
        assert_eq!(
            said(Step::set("sync.userFilter", "(mail=*)").into()),
            "Run `bwdc config set --source hr sync.userFilter '(mail=*)'`."
        );
        assert_eq!(
            said(Step::enter("ldap.password").into()),
            "Run `bwdc config set --source hr ldap.password`."
        );
        assert_eq!(said(Step::change("server").into()), "Run `bwdc config set server <value>`.");
    }

    #[test]
    fn a_sentence_of_its_own_says_of_which_further_source_the_settings_are_that_it_names() {
        let variables =
            ["BWDC_LDAP_SSL", "BWDC_SECRET_LDAP_PASSWORD", "BWDC_SERVER"].map(str::to_owned).into();
        let commands = CommandLine { variables, ..CommandLine::default() };
        let said = |sentence: &str| {
            commands.sentence(&NextStep::from(Step::Say(sentence.to_owned())).of_source("hr"))
        };
        assert_eq!(
            said("Set `ldap.ssl` to true, or correct `ldap.password`."),
            "Set `ldap.ssl` to true, or correct `ldap.password`. The settings of source `hr` are meant: `bwdc config set --source \
             hr <setting> <value>`.",
            "what the variables give is the first source's"
        );
        assert_eq!(
            said("Check `server`."),
            "Check `server`. `server` comes from the environment variable `BWDC_SERVER`.",
            "every source has the same"
        );
        let twice = ["Check `ldap.port`.", "Set `ldap.ssl` to true."];
        let steps = twice.map(|it| NextStep::from(Step::Say(it.to_owned())).of_source("hr"));
        assert_eq!(
            CommandLine::default().sentences(&steps),
            "Check `ldap.port`. Set `ldap.ssl` to true. The settings of source `hr` are meant: `bwdc config set --source hr \
             <setting> <value>`."
        );
        let with_command = [steps[0].clone(), NextStep::from(Step::change("ldap.port")).of_source("hr")];
        assert_eq!(
            CommandLine::default().sentences(&with_command),
            "Check `ldap.port`. Run `bwdc config set --source hr ldap.port <value>`."
        );
    }
}
