//! What 389 Directory Server does with what is odd elsewhere: paths that are empty, pages that are refused, names in another spelling,
//! logins with several values, groups with a search.

use super::hidden_attributes::{names, placed, states};
use super::{SCOPE, SUFFIX, Setup, people, people_of_groups, text};
use bwdc_core::settings::{Aliases, DisabledBy, LdapLayout, LdapOptions, LdapSettings};
use bwdc_core::snapshot::Snapshot;
use bwdc_engine::directory::snapshot_cache::Refresh;
use bwdc_harness::dirsrv::{DirectoryServer, ROOT_DN};
use serde_json::{Map, Value, json};

fn people_of(snapshot: &Snapshot) -> usize {
    snapshot.people().iter().filter(|it| it.mail.is_some()).count()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The layout of settings as a file has them.
fn layout(sync: Value, root: &str) -> LdapLayout {
    let fields = json!({ "hostname": "127.0.0.1", "port": 389, "rootPath": root, "username": "r" });
    let ldap = LdapSettings::from_stored(&object(fields), &LdapOptions::default()).unwrap();
    LdapLayout::from_stored(&object(sync), &ldap, &LdapOptions::default()).unwrap()
}

#[tokio::test]
#[ignore = "needs root and 389 Directory Server: `scripts/test dirsrv`"]
async fn directory_server_is_read_as_others_are() {
    let mut server = DirectoryServer::start(SUFFIX).unwrap();
    let enable = |name: &str| {
        format!(
            "dn: cn={name},cn=plugins,cn=config\nchangetype: modify\nreplace: nsslapd-pluginEnabled\nnsslapd-pluginEnabled: on\n\n"
        )
    };
    server.ldapmodify(&(enable("Retro Changelog Plugin") + &enable("Content Synchronization"))).unwrap();
    server.restart().unwrap();
    let entries = people(6);
    let (_, entries) = entries.split_once("\n\n").unwrap();
    let odd = format!(
        "dn: cn=J\u{fc}rgen  Gro\u{df},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: J\u{fc}rgen  Gro\u{df}\nsn: g\nmail: j@x.test\n\n\
         dn: cn=p,{SUFFIX}\nobjectClass: inetOrgPerson\ncn: p\nsn: p\nmail: p@x.test\nuid: first\nuid: second\n\n\
         dn: cn=names,{SUFFIX}\nobjectClass: groupOfNames\ncn: names\nmember: CN=j\u{fc}rgen gro\u{df} , {SUFFIX}\n\n\
         dn: cn=first,{SUFFIX}\nobjectClass: posixGroup\ncn: first\ngidNumber: 5\nmemberUid: first\n\n\
         dn: cn=second,{SUFFIX}\nobjectClass: posixGroup\ncn: second\ngidNumber: 6\nmemberUid: second\n\n"
    );
    server.ldapmodify(&(entries.to_owned() + &odd)).unwrap();
    let root = Setup::new(server.port(), ROOT_DN, server.password());
    let whole = people_of(&root.read().await.unwrap());
    assert_eq!(whole, 8);
    empty_paths_are_the_root(&server, whole).await;
    names_and_logins_are_found_in_any_spelling(&server).await;
    composed_and_decomposed_letters_are_two_people(&server).await;
    a_group_with_a_search_is_never_read_by_changes(&server).await;
    a_filtered_role_is_never_stale(&server).await;
    what_an_account_may_not_see_is_told_from_what_there_is_not(&server).await;
    who_may_not_ask_for_pages_is_answered_without_them(&server, whole).await;
}

async fn empty_paths_are_the_root(server: &DirectoryServer, whole: usize) {
    for root in [SUFFIX.to_owned(), format!("ou=nowhere,{SUFFIX}")] {
        for path in [None, Some(Value::Null), Some(json!(""))] {
            let mut sync = json!({ "userObjectClass": "inetOrgPerson" });
            if let Some(path) = &path {
                sync["userPath"] = path.clone();
                sync["groupPath"] = path.clone();
            }
            let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
            let LdapLayout { user_bases, group_bases, .. } = layout(sync, &root);
            assert_eq!(user_bases, group_bases);
            setup.layout.user_bases = user_bases;
            assert_eq!(people_of(&setup.read().await.unwrap()), whole, "{root} {path:?}");
        }
    }
}

async fn names_and_logins_are_found_in_any_spelling(server: &DirectoryServer) {
    for (class, attribute, names) in
        [("groupOfNames", "member", &["names"][..]), ("posixGroup", "memberUid", &["first", "second"])]
    {
        let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
        setup.layout.group_object_class = Some(class.to_owned());
        setup.layout.member_attribute = attribute.to_owned();
        let (groups, _) = people_of_groups(setup.read().await.unwrap());
        let found: Vec<(&str, usize)> =
            groups.iter().map(|(name, people)| (name.as_str(), people.len())).collect();
        assert_eq!(found, names.iter().map(|it| (*it, 1)).collect::<Vec<_>>());
    }
}

/// This server keeps composed and decomposed letters apart: two entries, of which a group means the one that it spells.
async fn composed_and_decomposed_letters_are_two_people(server: &DirectoryServer) {
    let unit = format!("ou=letters,{SUFFIX}");
    let (composed, decomposed) = (format!("cn=J\u{fc}rgen,{unit}"), format!("cn=Ju\u{308}rgen,{unit}"));
    let person = |dn: &str, mail: &str| {
        format!("dn: {dn}\nobjectClass: inetOrgPerson\ncn: j\nsn: n\nmail: {mail}@x.test\n\n")
    };
    let group = |name: &str, member: &str| {
        format!("dn: cn={name},{unit}\nobjectClass: groupOfNames\ncn: {name}\nmember: {member}\n\n")
    };
    let entries = format!("dn: {unit}\nobjectClass: organizationalUnit\nou: letters\n\n")
        + &person(&composed, "composed")
        + &person(&decomposed, "decomposed")
        + &group("1", &composed)
        + &group("2", &decomposed)
        + &group("3", &format!("CN=J\u{dc}RGEN,{unit}"));
    server.ldapmodify(&entries).unwrap();
    let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
    setup.layout.user_bases = vec![unit.clone()];
    setup.layout.group_bases = vec![unit.clone()];
    for aliases in [Aliases::Never, Aliases::Always] {
        setup.layout.aliases = aliases;
        let snapshot = setup.read().await.unwrap();
        assert_eq!(snapshot.people().len(), 2, "the server has two entries");
        let (groups, nobody) = people_of_groups(snapshot);
        let of = |name: &str, people: &[&String]| {
            (name.to_owned(), people.iter().map(|it| (*it).clone()).collect::<Vec<_>>())
        };
        assert_eq!(groups, [of("1", &[&composed]), of("2", &[&decomposed]), of("3", &[&composed])]);
        assert_eq!(nobody, Vec::<String>::new(), "the server says whose the third name is");
    }
    // The one who is meant is not read: nobody else is.
    setup.layout.aliases = Aliases::Never;
    setup.layout.user_filter = Some("(mail=decomposed@x.test)".to_owned());
    let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
    assert_eq!(followed.refresh, Refresh::Drop, "what the server says of names is not in the entries");
    let (groups, nobody) = people_of_groups(followed.snapshot);
    let members = |name: &str, people: &[&String]| {
        (name.to_owned(), people.iter().map(|it| (*it).clone()).collect::<Vec<_>>())
    };
    assert_eq!(groups, [members("1", &[]), members("2", &[&decomposed]), members("3", &[])]);
    assert_eq!(nobody, [composed.clone(), format!("CN=J\u{dc}RGEN,{unit}")]);
    let gone =
        [group("1", ""), group("2", ""), group("3", ""), person(&composed, ""), person(&decomposed, "")];
    let gone: String = gone
        .iter()
        .filter_map(|it| it.lines().next())
        .map(|dn| format!("{dn}\nchangetype: delete\n\n"))
        .collect();
    server.ldapmodify(&gone).unwrap();
}

/// This server leaves the search to its clients, as a group may be read by others that do not.
async fn a_group_with_a_search_is_never_read_by_changes(server: &DirectoryServer) {
    let group = format!(
        "dn: cn=dynamic,{SUFFIX}\nobjectClass: groupOfNames\nobjectClass: labeledURIObject\ncn: dynamic\nmember: uid=u0,{SUFFIX}\n\n"
    );
    server.ldapmodify(&group).unwrap();
    let setup = Setup::new(server.port(), ROOT_DN, server.password());
    let refresh = async || setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap().refresh;
    assert!(matches!(refresh().await, Refresh::Replace(_)), "it holds its members itself");
    let search = format!(
        "dn: cn=dynamic,{SUFFIX}\nchangetype: modify\nadd: labeledURI\nlabeledURI: ldap:///{SUFFIX}??sub?(uid=u1)\n"
    );
    server.ldapmodify(&search).unwrap();
    assert_eq!(refresh().await, Refresh::Drop);
}

/// A role with a filter is this server's own dynamic group: only its members tell, by an attribute that the server works out.
async fn a_filtered_role_is_never_stale(server: &DirectoryServer) {
    let role = format!(
        "dn: cn=developers,{SUFFIX}\nobjectClass: LDAPsubentry\nobjectClass: nsRoleDefinition\nobjectClass: nsComplexRoleDefinition\n\
         objectClass: nsFilteredRoleDefinition\ncn: developers\nnsRoleFilter: title=dev\n\n"
    );
    let titled = |number: usize| {
        format!("dn: uid=u{number},{SUFFIX}\nchangetype: modify\nreplace: title\ntitle: dev\n\n")
    };
    server.ldapmodify(&(role + &titled(0))).unwrap();
    let mut setup = Setup::new(server.port(), ROOT_DN, server.password());
    setup.layout.group_object_class = None;
    setup.layout.group_filter =
        Some("(&(objectClass=LDAPsubentry)(objectClass=nsFilteredRoleDefinition))".to_owned());
    setup.layout.member_of_attribute = Some("nsRole".to_owned());
    for developers in 1..3_u32 {
        let followed = setup.directory().follow(SCOPE, None, &|_| ()).await.unwrap();
        assert_eq!(followed.refresh, Refresh::Drop);
        // Who has none is told from who hides theirs.
        assert_eq!(placed(followed.snapshot), [("developers".to_owned(), (0..developers).collect(), vec![])]);
        server.ldapmodify(&titled(developers as usize)).unwrap();
    }
}

/// u0 and u1 are locked and in a group; of u1 the account does not see it.
async fn what_an_account_may_not_see_is_told_from_what_there_is_not(server: &DirectoryServer) {
    let modify = |name: &str, lines: &str| format!("dn: {name}\nchangetype: modify\n{lines}\n\n");
    let person = |number: usize| format!("uid=u{number},{SUFFIX}");
    let both = |number| {
        let class =
            "add: objectClass\nobjectClass: nsMemberOf\n-\nreplace: nsAccountLock\nnsAccountLock: true";
        modify(&person(number), &format!("{class}\n-\nadd: memberOf\nmemberOf: cn=names,{SUFFIX}"))
    };
    let rule = |target: &str, right: &str| format!("aci: {target}(version 3.0; acl \"rule\"; {right};)\n");
    let reader = person(5);
    let all = rule("(targetattr=\"*\")", &format!("allow(read,search,compare) userdn=\"ldap:///{reader}\""));
    let deny = "deny(read,search,compare) userdn=\"ldap:///anyone\"";
    let of_one = rule("(targetattr=\"nsAccountLock || memberOf\")(targetfilter=\"(uid=u1)\")", deny);
    let all = modify(SUFFIX, &format!("add: aci\n{all}{of_one}"));
    let password = modify(&reader, "add: userPassword\nuserPassword: correct-horse-5");
    server.ldapmodify(&(both(0) + &both(1) + &password + &all)).unwrap();
    let mut setup = Setup::new(server.port(), &reader, "correct-horse-5");
    setup.layout.user_filter = Some("(uid=u*)".to_owned());
    setup.layout.group_filter = Some("(cn=names)".to_owned());
    setup.choose_signs(vec![DisabledBy::NsAccountLock]);
    let told = states(setup.read().await.unwrap());
    assert_eq!(told, [names(&["u2", "u3", "u4", "u5"]), names(&["u0"]), names(&["u1"])]);
    setup.choose_signs(Vec::new());
    setup.layout.member_of_attribute = Some("memberOf".to_owned());
    assert_eq!(placed(setup.read().await.unwrap()), [("names".to_owned(), vec![0], vec![1])]);
    // Where nobody shows it, the schema tells that there is such an attribute.
    let hidden = rule("(targetattr=\"memberOf\")", deny);
    server.ldapmodify(&modify(SUFFIX, &format!("add: aci\n{hidden}"))).unwrap();
    assert_eq!(placed(setup.read().await.unwrap()), [("names".to_owned(), vec![], vec![0, 1, 2, 3, 4, 5])]);
}

async fn who_may_not_ask_for_pages_is_answered_without_them(server: &DirectoryServer, whole: usize) {
    let limit = "dn: cn=config\nchangetype: modify\nreplace: nsslapd-maxsimplepaged-per-conn\nnsslapd-maxsimplepaged-per-conn: 0\n";
    server.ldapmodify(limit).unwrap();
    let setup = Setup::new(server.port(), ROOT_DN, server.password());
    let snapshot = setup.read().await.unwrap();
    assert_eq!(people_of(&snapshot), whole);
    assert!(snapshot.people().iter().any(|it| text(&snapshot, it.key).contains("uid=u5")));
}
