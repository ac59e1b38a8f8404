//! What real servers do that a directory of the textbooks does not: pages that are refused to an account, names that are spelled
//! in two ways, logins with several values, groups whose members the server works out.

use super::{SCOPE, SUFFIX, Setup, people, people_of_groups};
use crate::hint::hint;
use bwdc_core::settings::Aliases;
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::ldap::{LdapReadError, PasswordFault};
use bwdc_engine::directory::probe::{Check, Concern, Grade};
use bwdc_engine::directory::snapshot_cache::Refresh;
use bwdc_engine::event::Event;
use bwdc_engine::notice::Notice;
use bwdc_harness::slapd;

fn dn(name: &str) -> String {
    format!("uid={name},{SUFFIX}")
}

/// A server that lets u0 sign in.
fn with_reader(options: slapd::Options) -> slapd::Slapd {
    let server = options.start().unwrap();
    let password = format!("dn: {}\nchangetype: modify\nadd: userPassword\nuserPassword: pw\n", dn("u0"));
    server.ldapmodify(&password).unwrap();
    server
}

#[tokio::test]
async fn an_account_that_may_not_ask_for_pages_is_answered_without_them() {
    let options = slapd::Options::new(SUFFIX).ldif_text(people(30));
    let server = with_reader(options.limits("users size=unlimited size.prtotal=disabled"));
    let setup = Setup::new(server.port(), &dn("u0"), "pw");
    assert_eq!(setup.read().await.unwrap().people().len(), 30);
    let findings = setup.directory().probe(&|_| ()).await;
    let service = findings.iter().find(|it| it.check == Check::Service).unwrap();
    assert!(matches!(service.grade, Grade::Concern(Concern::NoPages { whole: Some(30) })), "{service:?}");
    assert!(service.facts.iter().any(|(_, fact)| fact.contains("refused to this account")), "{service:?}");

    // Where whole answers are limited, too, nothing is taken for the whole.
    let options = slapd::Options::new(SUFFIX).ldif_text(people(30));
    let server = with_reader(options.limits("users size=10 size.prtotal=disabled"));
    let setup = Setup::new(server.port(), &dn("u0"), "pw");
    let error = setup.failure().await;
    assert!(error.to_string().contains("sizeLimitExceeded (4) after 10 entries"), "{error}");
    let told = hint(&error).unwrap();
    assert!(told.contains("refuses paged results") && told.contains("size.prtotal"), "{told}");
    assert!(!told.contains("ldap.pagedSearch"), "it is on: {told}");
    let findings = setup.directory().probe(&|_| ()).await;
    let service = findings.iter().find(|it| it.check == Check::Service).unwrap();
    assert!(service.is_failure(), "{service:?}");
}

#[tokio::test]
async fn who_switches_pages_off_gets_none() {
    let options = slapd::Options::new(SUFFIX).ldif_text(people(30));
    let server = with_reader(options.limits("users size=10 size.pr=5 size.prtotal=unlimited"));
    let mut setup = Setup::new(server.port(), &dn("u0"), "pw");
    assert_eq!(setup.read().await.unwrap().people().len(), 30);
    setup.settings.paged_search = Some(false);
    // Told apart by the words: to ask for pages would help.
    let error = setup.failure().await;
    let unpaged = |error: &LdapReadError| matches!(error, LdapReadError::Refused { place, outcome, .. } if !place.paged && outcome.code == 4);
    assert!(unpaged(&error), "{error:?}");
}

/// The entry composes its letters, the group takes them apart: to the server both are one name.
#[tokio::test]
async fn a_member_is_found_under_any_spelling_that_the_server_takes_for_the_name() {
    let person = "dn: cn=J\u{fc}rgen,dc=example,dc=test\nobjectClass: inetOrgPerson\ncn: J\u{fc}rgen\nsn: n\nmail: j@x.test\n\n";
    let group = "dn: cn=g,dc=example,dc=test\nobjectClass: groupOfNames\ncn: g\n\
                 member: cn=Ju\u{308}rgen,dc=example,dc=test\n\n";
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    server.ldapadd(&format!("{person}{group}")).unwrap();
    let found = server.ldapsearch("(cn=Ju\u{308}rgen)", &["mail"]).unwrap();
    assert!(found.contains("j@x.test"), "to the server they are equal: {found}");
    let (groups, _) = people_of_groups(Setup::slapd(&server).read().await.unwrap());
    assert_eq!(groups, [("g".to_owned(), vec![format!("cn=J\u{fc}rgen,{SUFFIX}")])]);
}

/// The case of an i with a dot is another one in each language: what this server takes for one name is one.
#[tokio::test]
async fn a_dotted_i_is_the_letter_that_it_is_to_the_server() {
    let group = |name: &str, member: &str| {
        format!(
            "dn: cn={name},{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\nmember: cn={member},{SUFFIX}\n\n"
        )
    };
    let entries = named("\u{130}brahim", "") + &group("g", "ibrahim") + &group("h", "\u{131}brahim");
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    server.ldapadd(&entries).unwrap();
    let is_one = server.ldapsearch("(cn=ibrahim)", &["mail"]).unwrap().contains("mail:");
    let (groups, nobody) = people_of_groups(Setup::slapd(&server).read().await.unwrap());
    let found = |is_one: bool| if is_one { vec![format!("cn=\u{130}brahim,{SUFFIX}")] } else { Vec::new() };
    assert_eq!(groups, [("g".to_owned(), found(is_one)), ("h".to_owned(), Vec::new())]);
    assert!(is_one, "to OpenLDAP they are one: {nobody:?}");
}

/// A sign that nobody sees makes another entry: whoever adds one does not get the groups of the one that looks like it.
#[tokio::test]
async fn two_entries_that_look_alike_are_two_people() {
    for sign in ["\u{ad}", "\u{200b}"] {
        let person = |name: &str, mail: &str| {
            format!("dn: cn={name},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: n\nmail: {mail}\n\n")
        };
        let group =
            format!("dn: cn=g,{SUFFIX}\nobjectClass: groupOfNames\ncn: g\nmember: cn=boss,{SUFFIX}\n\n");
        let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
        let entries =
            person(&format!("bo{sign}ss"), "other@x.test") + &person("boss", "boss@x.test") + &group;
        server.ldapadd(&entries).unwrap();
        let (groups, _) = people_of_groups(Setup::slapd(&server).read().await.unwrap());
        assert_eq!(groups, [("g".to_owned(), vec![format!("cn=boss,{SUFFIX}")])]);
    }
}

fn named(name: &str, more: &str) -> String {
    format!("dn: cn={name},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: n\nmail: p@x.test\n{more}\n")
}

/// A letter that only looks like another makes another entry, too: when the one who is meant leaves, and the group still lists the
/// name, it is nobody's.
#[tokio::test]
async fn whoever_looks_like_a_leaver_does_not_get_the_leavers_groups() {
    for other in ["ce\u{1d52}", "ce\u{2092}", "ce\\E1\\B5\\92"] {
        let group = format!(
            "dn: cn=board,{SUFFIX}\nobjectClass: groupOfNames\ncn: board\nmember: cn=ceo,{SUFFIX}\n\n"
        );
        let server =
            slapd::Options::new(SUFFIX).ldif_text(people(1)).overlay("syncprov", &[]).start().unwrap();
        let value = if other.is_ascii() { "ce\u{1d52}" } else { other };
        let entry = named(other, "").replace(&format!("cn: {other}"), &format!("cn: {value}"));
        server.ldapadd(&(named("ceo", "") + &entry + &group)).expect(other);
        let directory = Setup::slapd(&server).directory();
        let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
        let Refresh::Replace(cache) = followed.refresh else { panic!("the name is the leaver's") };
        assert_eq!(
            people_of_groups(followed.snapshot).0,
            [("board".to_owned(), vec![format!("cn=ceo,{SUFFIX}")])]
        );

        server.ldapmodify(&format!("dn: cn=ceo,{SUFFIX}\nchangetype: delete\n")).unwrap();
        for cache in [Some(cache), None] {
            let snapshot = directory.follow(SCOPE, cache, &|_| ()).await.unwrap().snapshot;
            assert_eq!(snapshot.people().len(), 2, "the other one is read: {other}");
            let (groups, nobody) = people_of_groups(snapshot);
            assert_eq!(groups, [("board".to_owned(), Vec::new())], "{other}");
            assert_eq!(nobody, [format!("cn=ceo,{SUFFIX}")]);
        }
    }
}

/// The same with logins, of which no server is asked whose they are.
#[tokio::test]
async fn whoever_has_a_login_that_looks_like_a_leavers_does_not_get_the_leavers_groups() {
    let group = format!(
        "dn: cn=g,{SUFFIX}\nobjectClass: posixGroup\ncn: g\ngidNumber: 5\nmemberUid: joe\nmemberUid: JANE\n\n"
    );
    let entries = named("a", "uid: j\u{1d52}e\n") + &named("b", "uid: jane\n");
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    server.ldapadd(&(entries + &group)).unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    let (groups, nobody) = people_of_groups(setup.read().await.unwrap());
    assert_eq!(groups, [("g".to_owned(), vec![format!("cn=b,{SUFFIX}")])]);
    assert_eq!(nobody, ["joe"]);
}

/// The same with groups that are told by their members: the one that they name is not read.
#[tokio::test]
async fn a_group_that_looks_like_another_does_not_get_its_people() {
    let group = |name: &str, more: &str| {
        format!("dn: cn={name},{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\nmember: {SUFFIX}\n{more}\n")
    };
    let says = |group: &str| format!("seeAlso: cn={group},{SUFFIX}\n");
    let entries = group("board", "description: internal\n")
        + &group("b\u{1d52}ard", "")
        + &group("team", "")
        + &named("a", &says("board"))
        + &named("b", &(says("b\u{1d52}ard") + &says("TEAM")));
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    server.ldapadd(&entries).unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.member_of_attribute = Some("seeAlso".to_owned());
    setup.layout.group_filter = Some("(!(description=internal))".to_owned());
    let (groups, _) = people_of_groups(setup.read().await.unwrap());
    let b = || vec![format!("cn=b,{SUFFIX}")];
    assert_eq!(groups, [("b\u{1d52}ard".to_owned(), b()), ("team".to_owned(), b())]);
}

/// Values have no order: the group may list any of them.
#[tokio::test]
async fn a_member_is_found_by_any_of_several_logins() {
    let person = "dn: cn=p,dc=example,dc=test\nobjectClass: inetOrgPerson\ncn: p\nsn: n\nmail: p@x.test\nuid;lang-de: tagged\nuid: first\nuid: second\n\n";
    for login in ["first", "second", "tagged"] {
        let group = format!(
            "dn: cn=g,dc=example,dc=test\nobjectClass: posixGroup\ncn: g\ngidNumber: 5\nmemberUid: {login}\n\n"
        );
        let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
        server.ldapadd(&format!("{person}{group}")).unwrap();
        let mut setup = Setup::slapd(&server);
        setup.layout.group_object_class = Some("posixGroup".to_owned());
        setup.layout.member_attribute = "memberUid".to_owned();
        let (groups, _) = people_of_groups(setup.read().await.unwrap());
        assert_eq!(groups, [("g".to_owned(), vec![format!("cn=p,{SUFFIX}")])], "{login}");
    }
}

/// A login may be two people's, whole or but for case: the one who has it letter by letter is meant, else nobody.
#[tokio::test]
async fn a_login_of_two_people_is_nobodys() {
    let person = |unit: &str, login: &str| {
        format!(
            "dn: cn={unit},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {unit}\nsn: n\nmail: {unit}@x.test\nuid: {login}\n\n"
        )
    };
    let group = format!(
        "dn: cn=g,{SUFFIX}\nobjectClass: posixGroup\ncn: g\ngidNumber: 5\nmemberUid: JDoe\nmemberUid: JDOE\nmemberUid: same\n\n"
    );
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    let entries =
        [("a", "jdoe"), ("b", "JDoe"), ("c", "same"), ("d", "same")].map(|(it, login)| person(it, login));
    server.ldapadd(&(entries.concat() + &group)).unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_object_class = Some("posixGroup".to_owned());
    setup.layout.member_attribute = "memberUid".to_owned();
    let (groups, nobody) = people_of_groups(setup.read().await.unwrap());
    assert_eq!(groups, [("g".to_owned(), vec![format!("cn=b,{SUFFIX}")])]);
    assert_eq!(nobody, ["JDOE", "same"]);
}

/// With aliases an entry may come twice, and two that look alike are no one entry.
#[tokio::test]
async fn where_aliases_are_followed_nobody_is_taken_for_an_entry_that_came_before() {
    let person =
        |name: &str| format!("dn: cn={name},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: n\n\n");
    let server = slapd::Options::new(SUFFIX).ldif_text(people(1)).start().unwrap();
    server
        .ldapadd(&(person("ma\u{df}") + &person("ma\u{1e9e}") + &person("\u{3c3}") + &person("\u{3c2}")))
        .unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.aliases = Aliases::Always;
    assert_eq!(setup.read().await.unwrap().people().len(), 5);
}

/// Which classes and attributes make a group dynamic is configuration of the server: no change of an entry tells who comes and
/// goes, so that every read is a full one.
#[tokio::test]
async fn groups_whose_members_the_server_works_out_are_never_read_by_changes() {
    let groups = |dynamic: &str| {
        format!(
            "dn: cn=team,{SUFFIX}\nobjectClass: groupOfNames\nobjectClass: labeledURIObject\ncn: team\nmember: {}\n{dynamic}\n",
            dn("u0")
        )
    };
    let uri = format!("labeledURI: ldap:///{SUFFIX}??sub?(uid=u1)\n");
    for (dynamic, is_kept) in [("", true), (uri.as_str(), false)] {
        let server = slapd::Options::new(SUFFIX)
            .ldif_text(people(3) + &groups(dynamic))
            .overlay("dynlist", &["dynlist-attrset labeledURIObject labeledURI member"])
            .overlay("syncprov", &[])
            .start()
            .unwrap();
        let mut setup = Setup::slapd(&server);
        let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
        let shown = followed.snapshot.members(&followed.snapshot.groups()[0]).len();
        assert_eq!(shown, if is_kept { 1 } else { 2 }, "the server shows them");
        assert_eq!(matches!(followed.refresh, Refresh::Replace(_)), is_kept, "{dynamic}");
        setup.layout.group_filter = Some("(cn=team)".to_owned());
        let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
        assert_eq!(matches!(followed.refresh, Refresh::Replace(_)), is_kept, "{dynamic}");
    }
}

/// An attribute of the company's own holds the search: only what is stored tells.
#[tokio::test]
async fn a_group_that_shows_members_which_it_does_not_hold_is_never_read_by_changes() {
    let schema = "attributetype ( 1.3.6.1.4.1.99999.1 NAME 'companySearch' SUP labeledURI )\n\
                  objectclass ( 1.3.6.1.4.1.99999.2 NAME 'companyTeam' SUP top STRUCTURAL MUST cn MAY ( companySearch $ member ) )\n";
    let team = format!(
        "dn: cn=team,{SUFFIX}\nobjectClass: companyTeam\ncn: team\ncompanySearch: ldap:///{SUFFIX}??sub?(uid=u1)\n\n"
    );
    let server = slapd::Options::new(SUFFIX)
        .schema(schema)
        .ldif_text(people(3) + &team)
        .overlay("dynlist", &["dynlist-attrset companyTeam companySearch member"])
        .overlay("syncprov", &[])
        .start()
        .unwrap();
    let mut setup = Setup::slapd(&server);
    setup.layout.group_object_class = Some("companyTeam".to_owned());
    let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.snapshot.members(&followed.snapshot.groups()[0]).len(), 1, "the server shows them");
    assert_eq!(followed.refresh, Refresh::Drop);
}

/// One member is stored, others are found by a search whose attribute nobody is shown: only the members tell.
#[tokio::test]
async fn a_group_that_shows_more_members_than_it_holds_is_never_read_by_changes() {
    let schema = "attributetype ( 1.3.6.1.4.1.99999.1 NAME 'companySearch' SUP labeledURI )\n\
                  objectclass ( 1.3.6.1.4.1.99999.2 NAME 'companyTeam' SUP top AUXILIARY MAY companySearch )\n";
    let team = format!(
        "dn: cn=team,{SUFFIX}\nobjectClass: groupOfNames\nobjectClass: companyTeam\ncn: team\nmember: {}\n\n",
        dn("u0")
    );
    let server = slapd::Options::new(SUFFIX)
        .schema(schema)
        .ldif_text(people(3) + &team)
        .overlay("dynlist", &["dynlist-attrset companyTeam companySearch member"])
        .overlay("syncprov", &[])
        .start()
        .unwrap();
    let setup = Setup::slapd(&server);
    let directory = setup.directory();
    let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
    let Refresh::Replace(cache) = followed.refresh else { panic!("it holds its members itself") };

    // It becomes a dynamic one between two reads, then somebody joins by the search alone.
    let search = format!(
        "dn: cn=team,{SUFFIX}\nchangetype: modify\nadd: companySearch\ncompanySearch: ldap:///{SUFFIX}??sub?(|(uid=u1)(uid=late))\n"
    );
    server.ldapmodify(&search).unwrap();
    let members = |snapshot: &Snapshot| snapshot.members(&snapshot.groups()[0]).len();
    for cache in [Some(cache), None] {
        let followed = directory.follow(SCOPE, cache, &|_| ()).await.unwrap();
        assert_eq!((members(&followed.snapshot), followed.refresh), (2, Refresh::Drop));
    }
    server.ldapadd(&super::person(9).replace("u9", "late")).unwrap();
    let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(members(&followed.snapshot), 3);
}

/// A search that finds nobody yet shows no more than what is held: that there is one has to be told by the entry, and where the account
/// may not see that, by its class.
#[tokio::test]
async fn a_group_with_a_search_that_finds_nobody_yet_is_never_read_by_changes() {
    const SCHEMA: &str = "attributetype ( 1.3.6.1.4.1.99999.1 NAME 'companySearch' SUP labeledURI )\n\
                          objectclass ( 1.3.6.1.4.1.99999.2 NAME 'companyTeam' SUP top AUXILIARY MAY companySearch )\n";
    const HIDDEN: &str = "access to attrs=labeledURI,companySearch by * none\naccess to attrs=userPassword by * auth\n\
                          access to * by * read";
    const LEAST: &str = "access to attrs=userPassword by * auth\n\
                         access to attrs=entry,children,objectClass,cn,mail,member,uid,entryUUID,entryCSN by * read\n\
                         access to * by * none";
    let team = |more: &str| {
        format!("dn: cn=team,{SUFFIX}\nobjectClass: groupOfNames\n{more}cn: team\nmember: {}\n\n", dn("u0"))
    };
    let search = format!("ldap:///{SUFFIX}??sub?(uid=late)\n");
    let standard = format!("objectClass: labeledURIObject\nlabeledURI: {search}");
    let own = format!("objectClass: companyTeam\ncompanySearch: {search}");
    let page = "objectClass: labeledURIObject\nlabeledURI: https://wiki.test/team\n";
    let seen = "access to attrs=userPassword by * auth\naccess to * by * read";
    for (more, access, is_kept) in [
        (standard.as_str(), seen, false),
        (own.as_str(), seen, false),
        (standard.as_str(), HIDDEN, false),
        (own.as_str(), HIDDEN, false),
        ("objectClass: companyTeam\n", HIDDEN, false),
        // What holds no search, or cannot hold one.
        ("objectClass: companyTeam\n", seen, true),
        (page, seen, true),
        ("", HIDDEN, true),
        ("", LEAST, true),
    ] {
        let classes = ["labeledURIObject labeledURI", "companyTeam companySearch"];
        let [one, other] = classes.map(|it| format!("dynlist-attrset {it} member"));
        let options = slapd::Options::new(SUFFIX).schema(SCHEMA).ldif_text(people(3) + &team(more));
        let options =
            options.database_line(access).overlay("dynlist", &[&one, &other]).overlay("syncprov", &[]);
        let server = with_reader(options);
        let directory = Setup::new(server.port(), &dn("u0"), "pw").directory();
        let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
        let members = |snapshot: &Snapshot| snapshot.members(&snapshot.groups()[0]).len();
        assert_eq!(members(&followed.snapshot), 1, "nobody is found yet: {more} {access}");
        let Refresh::Replace(cache) = followed.refresh else {
            assert!(!is_kept, "{more} {access}");
            continue;
        };
        assert!(is_kept, "{more} {access}");
        // Read by changes, it becomes one that the account may not look into.
        let search = format!(
            "add: objectClass\nobjectClass: companyTeam\n-\nadd: companySearch\ncompanySearch: {search}"
        );
        let change = if more.contains("companyTeam") { search.split("-\n").nth(1).unwrap() } else { &search };
        server.ldapmodify(&format!("dn: cn=team,{SUFFIX}\nchangetype: modify\n{change}")).unwrap();
        for cache in [Some(cache), None] {
            let followed = directory.follow(SCOPE, cache, &|_| ()).await.unwrap();
            assert_eq!(followed.refresh, Refresh::Drop, "{more} {access}");
        }
    }
}

/// A refused bind has one code for a wrong password and for one that has ended: the control tells them apart.
#[tokio::test]
async fn a_password_that_has_ended_is_no_wrong_one() {
    const POLICY: &str = "cn=policy,dc=example,dc=test";
    let policy = format!(
        "dn: {POLICY}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdMaxAge: 1\n\n"
    );
    let options = slapd::Options::new(SUFFIX).ldif_text(people(3) + &policy);
    let server = with_reader(options.overlay("ppolicy", &[&format!("ppolicy_default {POLICY}")]));
    let refused = async |password| {
        let error = Setup::new(server.port(), &dn("u0"), password).failure().await;
        let LdapReadError::Bind { outcome, fault, .. } = &error else { panic!("{error:?}") };
        assert_eq!(outcome.code, 49);
        (*fault, hint(&error).unwrap())
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while Setup::new(server.port(), &dn("u0"), "pw").read().await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        refused("pw").await
    });
    let (fault, told) = ended.await.unwrap();
    assert_eq!(fault, Some(PasswordFault::Expired));
    assert!(told.contains("has expired") && told.contains("ldap.password"), "{told}");
    let (fault, told) = refused("another").await;
    assert_eq!(fault, None);
    assert!(!told.contains("has expired"), "{told}");
}

/// OpenLDAP looks for changes with the rights of the account: what it may not look at is said to be as it was.
#[tokio::test]
async fn changes_that_are_not_shown_to_the_account_are_never_waited_for() {
    for (access, is_kept) in
        [("access to attrs=entryCSN by * none\naccess to * by * read", false), ("", true)]
    {
        let options = slapd::Options::new(SUFFIX).ldif_text(people(3)).database_line(access);
        let server = with_reader(options.overlay("syncprov", &[]));
        let directory = Setup::new(server.port(), &dn("u0"), "pw").directory();
        let followed = directory.follow(SCOPE, None, &|_| ()).await.unwrap();
        assert_eq!(matches!(followed.refresh, Refresh::Replace(_)), is_kept, "{access}");
        let findings = directory.probe(&|_| ()).await;
        let missing = Concern::RightMissing { right: "read on the attribute entryCSN".to_owned() };
        let is_told = findings.iter().any(|it| matches!(&it.grade, Grade::Concern(told) if *told == missing));
        assert_eq!(is_told, !is_kept, "{findings:?}");
    }
}

/// After its end each bind with the password uses a sign-in up, and the server tells how many are left to whoever asks.
#[tokio::test]
async fn a_password_that_ends_is_said_with_its_day_or_with_what_is_left() {
    const POLICY: &str = "cn=policy,dc=example,dc=test";
    let policy = |age: u32| {
        format!(
            "dn: {POLICY}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdMaxAge: {age}\n\
             pwdExpireWarning: 90000\npwdGraceAuthnLimit: 20\n\n"
        )
    };
    let start = |age: u32| {
        let options = slapd::Options::new(SUFFIX).ldif_text(people(3) + &policy(age));
        with_reader(options.overlay("ppolicy", &[&format!("ppolicy_default {POLICY}")]))
    };
    let notices = async |setup: &Setup| {
        let (_, events) = setup.read_with_events().await;
        let notices = events
            .into_iter()
            .filter_map(|it| if let Event::Notice(notice) = it { Some(notice) } else { None });
        notices.collect::<Vec<_>>()
    };
    let concern = async |setup: &Setup| {
        let findings = setup.directory().probe(&|_| ()).await;
        let found = findings.into_iter().find(|it| it.check == Check::SignIn).unwrap();
        if let Grade::Concern(concern) = found.grade { Some(concern) } else { None }
    };
    let server = start(80_000);
    let setup = Setup::new(server.port(), &dn("u0"), "pw");
    let before = now();
    let said = notices(&setup).await;
    let [Notice::PasswordEnds { username, at, .. }] = &said[..] else { panic!("{said:?}") };
    let seconds = (at.0 - before) / 1000;
    assert!(username == &dn("u0") && (79_000..=80_001).contains(&seconds), "{seconds}");
    assert!(matches!(concern(&setup).await, Some(Concern::PasswordEnds { days: 0, .. })));
    // An account whose password does not end is told nothing.
    assert!(notices(&Setup::slapd(&server)).await.is_empty());

    let server = start(1);
    let setup = Setup::new(server.port(), &dn("u0"), "pw");
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    let left = async || match &notices(&setup).await[..] {
        [Notice::PasswordEnded { left, .. }] => *left,
        other => panic!("{other:?}"),
    };
    let first = left().await;
    assert_eq!((first < 20, left().await), (true, first - 1), "each sign-in uses one up");
    assert_eq!(concern(&setup).await, Some(Concern::PasswordEnded { left: first - 2 }));
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
