use super::answer::Go;
use super::*;
use bwdc_core::settings::LdapPreset;
use serde_json::json;

const APPLICATION: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

fn entries(set: &[(&str, Value)]) -> Vec<Entry> {
    let entry = |setting: &'static Setting| {
        let found = set.iter().find(|(name, _)| *name == setting.name).map(|(_, value)| value.clone());
        let origin = if found.is_some() { Origin::Set } else { Origin::Default };
        let default = setting.default_in(&|_| Value::Null);
        Entry { setting, value: found.unwrap_or(default), origin }
    };
    Setting::all().iter().map(entry).collect()
}

fn facts(signed_in: bool, set: &[(&str, Value)]) -> SetupDone {
    let client_id = signed_in.then(|| "organization.1".to_owned());
    SetupDone::Facts(SetupFacts { entries: entries(set), client_id, has_synced: false })
}

fn begun(signed_in: bool, set: &[(&str, Value)]) -> Setup {
    let (mut setup, work) = Setup::begin(SetupExtent::Whole);
    assert!(matches!(work, SetupWork::Read));
    assert!(setup.done(facts(signed_in, set)).is_none());
    setup
}

fn text(setup: &mut Setup, text: &str) -> Option<SetupWork> {
    setup.answer(SetupReply::Text(text.to_owned()))
}

fn pick(setup: &mut Setup, place: usize) -> Option<SetupWork> {
    setup.answer(SetupReply::Choice(place))
}

fn settings(work: Option<SetupWork>) -> BTreeMap<&'static str, String> {
    match work {
        Some(
            SetupWork::Discover(typed)
            | SetupWork::Try(typed)
            | SetupWork::Count(typed)
            | SetupWork::Save(typed),
        ) => typed.settings.into_iter().map(|(setting, value)| (setting.name, value)).collect(),
        _ => BTreeMap::new(),
    }
}

#[test]
fn somebody_who_has_nothing_is_asked_from_the_beginning_and_somebody_who_has_something_where_to_go_on() {
    assert_eq!(begun(false, &[]).question, Question::Server);
    let setup = begun(true, &[("directory", json!(1))]);
    assert_eq!(setup.question, Question::Overview);
    assert_eq!(setup.next_step(), SetupStep::Connection);
    assert!(setup.is_done(SetupStep::SignIn) && !setup.is_done(SetupStep::Selection));
}

#[test]
fn an_ldap_server_is_asked_what_it_is_before_anything_is_stored() {
    let mut setup = begun(true, &[]);
    setup.go_to(SetupStep::Directory);
    assert!(pick(&mut setup, 1).is_none());
    assert!(text(&mut setup, "127.0.0.1:3890").is_none());
    assert!(pick(&mut setup, 2).is_none());
    assert!(text(&mut setup, "cn=reader,dc=x").is_none());
    let work = setup.answer(SetupReply::Secret("pw".to_owned().into()));
    let asked = settings(work);
    assert_eq!(asked["ldap.port"], "3890", "a port that was typed stays");
    assert_eq!((asked["ldap.ssl"].as_str(), asked["ldap.ad"].as_str()), ("false", "false"));
    let naming_contexts = vec!["dc=x".to_owned()];
    let preset = Some(LdapPreset::Openldap);
    let discovered = Discovered { preset, naming_contexts, ..Discovered::default() };
    assert!(setup.done(SetupDone::Discovered(discovered)).is_none());
    let tried = settings(pick(&mut setup, 0));
    assert_eq!((tried["ldap.rootPath"].as_str(), tried["ldap.preset"].as_str()), ("dc=x", "openldap"));
    setup.done(SetupDone::Tried(Vec::new()));
    assert!(setup.has_unsaved());
    let saved = settings(pick(&mut setup, 0));
    assert_eq!(saved, tried, "what was tested is what is stored");
    setup.done(facts(true, &[("directory", json!(0))]));
    assert!(!setup.has_unsaved());
    assert_eq!(setup.question, Question::What);
}

#[test]
fn a_server_that_is_an_active_directory_gets_the_names_of_one_whatever_was_chosen() {
    let mut setup = begun(true, &[]);
    setup.go_to(SetupStep::Directory);
    pick(&mut setup, 1);
    text(&mut setup, "ldaps://dc1");
    pick(&mut setup, 0);
    text(&mut setup, "reader@x");
    setup.answer(SetupReply::Secret("pw".to_owned().into()));
    let preset = Some(LdapPreset::ActiveDirectory);
    let naming_contexts = vec!["DC=x".to_owned()];
    setup.done(SetupDone::Discovered(Discovered { preset, naming_contexts, ..Discovered::default() }));
    let tried = settings(pick(&mut setup, 0));
    assert_eq!(tried["ldap.ad"], "true");
    assert!(!tried.contains_key("ldap.preset"));
    assert_eq!(setup.kind(), Some(SetupKind::ActiveDirectory));
}

/// What was typed is stored with its step, after the test of the connection: until then the set-up does not say that it is.
#[test]
fn a_secret_that_was_typed_is_not_called_stored_before_it_is() {
    let asked = |setup: &Setup| match setup.page().ask {
        Ask::Secret { is_stored, is_entered, .. } => (is_stored, is_entered),
        _ => panic!("a secret is asked for"),
    };
    let mut setup = begun(true, &[]);
    let to_the_secret = |setup: &mut Setup| {
        setup.go_to(SetupStep::Directory);
        pick(setup, 1);
        text(setup, "127.0.0.1:3890");
        pick(setup, 2);
        text(setup, "cn=reader,dc=x");
    };
    to_the_secret(&mut setup);
    assert_eq!(asked(&setup), (false, false));
    setup.answer(SetupReply::Secret("pw".to_owned().into()));
    setup.done(SetupDone::Failed("no".to_owned()));
    setup.go_to(SetupStep::Connection);
    text(&mut setup, "");
    pick(&mut setup, 2);
    text(&mut setup, "");
    assert_eq!(asked(&setup), (false, true));
    let stored = [("directory", json!(0)), ("ldap.password", json!("[stored]"))];
    let mut setup = begun(true, &stored);
    to_the_secret(&mut setup);
    assert_eq!(asked(&setup), (true, false));
}

#[test]
fn every_kind_is_asked_for_what_it_needs_and_then_tested() {
    for (kind, answers) in [
        (2, vec!["contoso.onmicrosoft.com", APPLICATION, "!secret"]),
        (4, vec!["https://company.okta.com", "", "!token"]),
        (5, vec!["https://company.onelogin.com", "id", "!secret"]),
    ] {
        let mut setup = begun(true, &[]);
        setup.go_to(SetupStep::Directory);
        assert!(pick(&mut setup, kind).is_none());
        let mut work = None;
        for answer in answers {
            assert!(work.is_none(), "{kind}");
            work = match answer.strip_prefix('!') {
                Some(secret) => setup.answer(SetupReply::Secret(secret.to_owned().into())),
                None => text(&mut setup, answer),
            };
        }
        let Some(SetupWork::Try(typed)) = work else { unreachable!("the connection is tested") };
        assert!(typed.secret.is_some(), "{kind}");
    }
    let mut setup = begun(true, &[]);
    setup.go_to(SetupStep::Directory);
    pick(&mut setup, 3);
    let Some(SetupWork::KeyFile(path)) = text(&mut setup, "key.json") else {
        unreachable!("a key file is read")
    };
    assert_eq!(path, "key.json");
    let key = "key".to_owned().into();
    assert!(setup.done(SetupDone::KeyFile { client_email: "bot@x.test".to_owned(), key }).is_none());
    text(&mut setup, "admin@x.test");
    let tried = settings(text(&mut setup, ""));
    assert_eq!(tried["gsuite.customer"], "my_customer", "what most installations have");
    assert_eq!(tried["gsuite.clientEmail"], "bot@x.test");
}

#[test]
fn an_answer_that_cannot_be_used_is_said_and_asked_again() {
    let mut setup = begun(false, &[]);
    pick(&mut setup, 2);
    assert!(text(&mut setup, "").is_none());
    assert!(setup.page().error.is_some());
    assert!(text(&mut setup, "ftp://x y").is_none());
    assert_eq!(setup.question, Question::ServerUrl);
    assert!(matches!(text(&mut setup, "https://vault.example.test"), Some(SetupWork::Save(_))));
}

#[test]
fn back_leads_through_the_questions_of_a_step_and_an_answer_while_work_goes_on_is_none() {
    let mut setup = begun(true, &[]);
    setup.go_to(SetupStep::Directory);
    pick(&mut setup, 2);
    text(&mut setup, "contoso");
    assert!(text(&mut setup, "a name").is_none() && setup.page().error.is_some());
    text(&mut setup, APPLICATION);
    setup.answer(SetupReply::Secret("x".to_owned().into()));
    assert!(setup.is_waiting());
    assert!(pick(&mut setup, 0).is_none() && setup.is_waiting());
    assert!(setup.back() && !setup.is_waiting());
    assert_eq!(setup.question, Question::Connection(2));
    assert!(setup.back() && setup.back() && setup.back());
    assert_eq!(setup.question, Question::Overview);
    assert!(!setup.back());
    assert!(setup.done(SetupDone::Tried(Vec::new())).is_none(), "it comes too late");
    assert_eq!(setup.question, Question::Overview);
}

#[test]
fn a_refused_plan_is_approved_by_its_number_only() {
    let mut setup = begun(true, &[("directory", json!(1)), ("sync.users", json!(true))]);
    setup.go_to(SetupStep::Plan);
    assert!(matches!(pick(&mut setup, 0), Some(SetupWork::Plan)));
    let refusals = [bwdc_core::plan::Refusal::TooManyInvitations { planned: 57, allowed: 20 }];
    let approval = crate::approval::approval(&refusals);
    setup.done(SetupDone::Planned(SetupPlan { has_changes: true, approval, ..SetupPlan::default() }));
    assert!(text(&mut setup, "20").is_none());
    assert!(setup.page().error.is_some());
    assert!(matches!(text(&mut setup, "57"), Some(SetupWork::SyncApproved(57))));
    setup.done(SetupDone::Synced(vec![Line::plain("done")]));
    assert!(setup.has_synced());
}

#[test]
fn the_question_before_a_sync_says_how_many_get_an_e_mail() {
    let mut setup = begun(true, &[("directory", json!(1)), ("sync.users", json!(true))]);
    for (mailed, label) in [
        (0, "Sync now? This sends the changes to the organization. Nobody gets an e-mail."),
        (
            1,
            "Sync now? This sends the changes to the organization. 1 person gets an e-mail with an invitation.",
        ),
        (
            57,
            "Sync now? This sends the changes to the organization. 57 people get an e-mail with an invitation.",
        ),
    ] {
        setup.go_to(SetupStep::Plan);
        pick(&mut setup, 0);
        let planned = SetupPlan { has_changes: true, is_allowed: true, mailed, ..SetupPlan::default() };
        setup.done(SetupDone::Planned(planned));
        let Ask::Choice { label: asked, .. } = setup.page().ask else { unreachable!("a choice") };
        assert_eq!(asked, label);
    }
}

#[test]
fn the_end_does_not_call_complete_what_was_not_synced() {
    let mut setup = begun(true, &[("directory", json!(1)), ("sync.users", json!(true))]);
    let asked = |setup: &Setup| match setup.page().ask {
        Ask::Choice { label, .. } => label,
        _ => unreachable!("a choice"),
    };
    setup.go_to(SetupStep::Service);
    assert_eq!(
        asked(&setup),
        "The settings are complete, and nothing was synced yet: run `bwdc plan`, then `bwdc sync`."
    );
    setup.go_to(SetupStep::Plan);
    pick(&mut setup, 0);
    let planned = SetupPlan { has_changes: true, is_allowed: true, ..SetupPlan::default() };
    setup.done(SetupDone::Planned(planned));
    assert!(matches!(pick(&mut setup, 0), Some(SetupWork::Sync)));
    setup.done(SetupDone::Synced(vec![Line::plain("done")]));
    setup.go_to(SetupStep::Service);
    assert_eq!(asked(&setup), "The set-up is complete.");
}

/// Nobody has to leave the set-up to say what becomes of two entries with one address.
#[test]
fn entries_with_one_address_are_asked_about_in_the_set_up() {
    let mut setup = begun(true, &[("directory", json!(3)), ("sync.users", json!(true))]);
    setup.question = Question::Invite;
    assert!(matches!(pick(&mut setup, 0), Some(SetupWork::Count(_))));
    let shared = || SetupDone::SharedAddress("ann@x.test: a, b".to_owned());
    setup.done(shared());
    let page = setup.page();
    assert_eq!(page.error.as_deref(), Some("ann@x.test: a, b"));
    let Ask::Choice { choices, default, .. } = page.ask else { unreachable!("a choice") };
    assert_eq!((choices.len(), default), (3, 2), "the safe answer is to look at what is read");
    let Some(SetupWork::Count(typed)) = pick(&mut setup, 0) else { unreachable!("it is read again") };
    let chosen = typed.settings.iter().find(|(it, _)| it.name == "conflicts.same-address");
    assert_eq!(chosen.map(|(_, value)| value.as_str()), Some("skip"));
    setup.done(SetupDone::Counted(Counted { enabled: 2, ..Counted::default() }));
    assert_eq!(setup.question, Question::Counted);
    // Also where the plan is the first to find them.
    setup.question = Question::BeforePlan;
    pick(&mut setup, 0);
    setup.done(shared());
    assert_eq!(setup.question, Question::SameAddress);
    assert!(pick(&mut setup, 2).is_none());
    assert_eq!(setup.question, Question::Refine(0));
}

#[test]
fn where_nobody_is_found_the_next_step_is_to_change_what_is_read() {
    for (people, counted, first, label) in [
        (true, (0, 3), Go::Refine, "Nobody would be brought over. What now?"),
        (true, (2, 0), Go::On, "Is this what should be brought over?"),
        (false, (0, 0), Go::Refine, "No group would be brought over. What now?"),
        (false, (0, 3), Go::On, "Is this what should be brought over?"),
    ] {
        let mut setup = begun(true, &[("directory", json!(3)), ("sync.users", json!(people))]);
        setup.question = Question::Counted;
        setup.counted = Counted { enabled: counted.0, groups: counted.1, ..Counted::default() };
        assert_eq!(setup.after_count()[0], first, "{people} {counted:?}");
        let Ask::Choice { label: asked, default, .. } = setup.page().ask else { unreachable!("a choice") };
        assert_eq!((asked.as_str(), default), (label, 0));
    }
}

/// Who sets up for the first time learns what becomes of leavers, and by which settings.
#[test]
fn before_the_first_sync_it_is_said_what_becomes_of_leavers() {
    let new = [
        ("leavers.disabled", json!("revoke")),
        ("leavers.deleted", json!("revoke")),
        ("leavers.gone", json!("remove")),
        ("leavers.out-of-scope", json!("keep")),
    ];
    let removes = [("sync.removeDisabled", json!(true))];
    for (set, expected) in [
        (
            &new[..],
            &[
                "- disabled, deleted: they lose access and keep the membership.",
                "- gone: they are removed from the organization.",
                "- outside of the filters: they stay members.",
            ][..],
        ),
        (
            &[],
            &[
                "- deleted: they are removed from the organization.",
                "- disabled, gone, outside of the filters: they stay members.",
            ],
        ),
        (
            &removes,
            &[
                "- disabled, deleted: they are removed from the organization.",
                "- gone, outside of the filters: they stay members.",
            ],
        ),
    ] {
        let mut setup = begun(true, set);
        setup.go_to(SetupStep::Plan);
        pick(&mut setup, 0);
        setup.done(SetupDone::Planned(SetupPlan {
            has_changes: true,
            is_allowed: true,
            ..SetupPlan::default()
        }));
        let lines: Vec<String> = setup.page().lines.into_iter().map(|it| it.text).collect();
        let title = lines.iter().position(|it| it.contains("`leavers.…`")).expect("they are named");
        assert_eq!(lines[title + 1..], *expected);
        setup.go_to(SetupStep::Service);
        assert!(setup.page().lines.iter().any(|it| it.text.contains("`leavers.…`")));
    }
}

#[test]
fn a_server_or_a_base_that_cannot_be_one_is_said_when_it_is_typed_and_nothing_is_dropped() {
    let mut setup = begun(true, &[]);
    setup.go_to(SetupStep::Directory);
    pick(&mut setup, 1);
    for wrong in ["a b", "https://dc1.example.test", "dc1:port", "::1:x"] {
        assert!(text(&mut setup, wrong).is_none());
        assert_eq!(setup.question, Question::Connection(0), "{wrong}");
        assert_eq!(
            setup.error.as_deref(),
            Some(
                "Enter a name or an address, with a port where it is not the usual one, such as dc1.example.com:636."
            ),
            "{wrong}"
        );
    }
    text(&mut setup, "[2001:db8::1]:636");
    pick(&mut setup, 0);
    text(&mut setup, "cn=reader");
    let asked = settings(setup.answer(SetupReply::Secret("pw".to_owned().into())));
    assert_eq!((asked["ldap.hostname"].as_str(), asked["ldap.port"].as_str()), ("2001:db8::1", "636"));
    assert_eq!(setup.typed_server(), "[2001:db8::1]:636", "Enter alone keeps the port");
    setup.done(SetupDone::Discovered(Discovered::default()));
    assert!(text(&mut setup, "example.test").is_none());
    assert_eq!(
        setup.error.as_deref(),
        Some("Enter a distinguished name such as dc=example,dc=com; '' clears it.")
    );
    assert!(text(&mut setup, "dc=example,dc=test").is_none());
    assert_eq!(setup.value("ldap.rootPath"), "dc=example,dc=test");
}

#[test]
fn what_needs_no_server_to_be_seen_is_said_when_it_is_typed() {
    let set = [
        ("directory", json!(0)),
        ("ldap.rootPath", json!("dc=corp,dc=test")),
        ("sync.users", json!(true)),
        ("sync.groups", json!(true)),
    ];
    let mut setup = begun(true, &set);
    for (name, wrong, right) in [
        ("sync.userFilter", "(mail=*", "(mail=*)"),
        ("sync.userPath", "ou=People,DC=corp,DC=test", "ou=People"),
        ("sync.groupPath", "dc=corp,dc=test", "-"),
    ] {
        let place = setup.refined().iter().position(|it| *it == name).expect("it is asked for");
        setup.ask(Question::Refine(place));
        assert!(text(&mut setup, wrong).is_none());
        let error = setup.error.clone().unwrap_or_default();
        assert!(!error.is_empty() && !error.contains("bwdc "), "{name}: {error}");
        assert_eq!(setup.question, Question::Refine(place), "{name} is asked for again");
        let _ = text(&mut setup, right);
        assert_eq!(setup.error, None, "{name}");
    }
}

#[test]
fn a_client_id_need_not_be_typed_again_after_a_wrong_secret() {
    let mut setup = begun(false, &[]);
    setup.ask(Question::ClientId);
    let _ = text(&mut setup, "organization.1");
    let _ = setup.answer(SetupReply::Secret("wrong".to_owned().into()));
    assert!(setup.done(SetupDone::Failed("no".to_owned())).is_none());
    assert_eq!(setup.question, Question::ClientId);
    let _ = text(&mut setup, "");
    assert_eq!((setup.question, setup.name.as_str()), (Question::ClientSecret, "organization.1"));
}

#[test]
fn entries_with_one_address_are_named() {
    use bwdc_core::desired::DuplicateAddresses;
    let one =
        |number: usize| (format!("a{number}@x.test"), vec![format!("uid={number}"), "uid=x".to_owned()]);
    assert_eq!(
        shared_addresses(&DuplicateAddresses(vec![one(1)])),
        "Several entries have the same address:\n- a1@x.test: `uid=1`, `uid=x`"
    );
    let many = shared_addresses(&DuplicateAddresses((0..8).map(one).collect()));
    assert!(many.ends_with("… and 3 more") && many.lines().count() == 7, "{many}");
}

#[test]
fn no_question_offers_what_is_refused_as_an_answer() {
    for kind in SetupKind::ALL {
        let mut setup = begun(true, &[("directory", json!(kind.directory().number()))]);
        setup.kind = Some(kind);
        for place in 0..kind.asked().len() {
            setup.question = Question::Connection(place);
            let page = setup.page();
            assert!(!page.help.contains("''"), "{}: {}", kind.name(), page.help);
        }
        for place in 0..setup.refined().len() {
            setup.question = Question::Refine(place);
            let page = setup.page();
            assert!(!page.help.contains("''"), "{}: {}", kind.name(), page.help);
        }
    }
}

/// A region is one of the two addresses that OneLogin has; an address of an account is no region.
#[test]
fn okta_and_onelogin_are_asked_with_an_example_that_is_taken() {
    for (kind, name) in [(SetupKind::Okta, "okta.orgUrl"), (SetupKind::OneLogin, "onelogin.url")] {
        let mut setup = begun(true, &[("directory", json!(kind.directory().number()))]);
        setup.kind = Some(kind);
        setup.question = Question::Connection(0);
        let help = setup.page().help;
        let example = help.split("such as ").nth(1).unwrap_or_default().split([' ', ',', ';']).next();
        let example = example.unwrap_or_default();
        let setting = Setting::find(name).expect("a setting");
        assert!(setting.parse(example).is_ok() && example.starts_with("https://"), "{help}");
    }
}

#[test]
fn without_an_address_onelogin_is_asked_for_its_region() {
    for (address, is_asked) in [("", true), ("https://example.onelogin.com", false)] {
        let mut setup = begun(true, &[("directory", json!(4))]);
        setup.kind = Some(SetupKind::OneLogin);
        setup.question = Question::Connection(0);
        assert!(text(&mut setup, address).is_none());
        let label = |setup: &Setup| match setup.page().ask {
            Ask::Line { label, default } => (label, default),
            _ => unreachable!("a line is asked for"),
        };
        assert_eq!(label(&setup) == ("Region".to_owned(), "us".to_owned()), is_asked, "{address}");
        if is_asked {
            assert!(text(&mut setup, "eu").is_none());
        }
        assert_eq!(label(&setup).0, "Client id");
    }
}
