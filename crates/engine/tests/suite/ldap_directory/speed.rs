//! What turning entries into a snapshot costs beside receiving them. Measured on demand:
//! `cargo test --release -p bwdc-engine --test ldap_directory speed -- --ignored --nocapture`.

use super::{SUFFIX, Setup};
use bwdc_harness::slapd::Options;
use bwdc_sandbox::data::{Spec, write_ldif};
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{LdapConnAsync, Scope};
use std::fs;

const ROUNDS: usize = 10;

#[tokio::test]
#[ignore = "a measurement, not a check: run it in a release build"]
async fn speed_beside_a_bare_read() {
    let spec = Spec { users: 20_000, groups: 2_000, members_per_group: 30, ..Spec::default() };
    let server = Options::new(SUFFIX).ldif_writer(move |out| write_ldif(&spec, out)).start().unwrap();
    let setup = Setup::slapd(&server);
    let directory = setup.directory();
    let scope = bwdc_core::snapshot::ReadScope { deleted: false, ..super::SCOPE };
    let mut ours = u64::MAX;
    let mut bare = u64::MAX;
    for _ in 0..ROUNDS {
        let before = cpu_time();
        let snapshot = directory.read(scope, &|_| ()).await.unwrap();
        ours = ours.min(cpu_time() - before);
        assert_eq!((snapshot.people().len(), snapshot.groups().len()), (20_000, 2_000));
        drop(snapshot);

        let before = cpu_time();
        let (connection, mut ldap) = LdapConnAsync::new(&server.url()).await.unwrap();
        ldap3::drive!(connection);
        ldap.simple_bind(server.root_dn(), server.root_password()).await.unwrap();
        let person = ["mail", "objectGUID", "userAccountControl", "entryUUID", "nsUniqueId"];
        let entries = drain(&mut ldap, "(objectClass=inetOrgPerson)", person.map(str::to_owned).to_vec())
            .await
            + drain(&mut ldap, "(objectClass=groupOfNames)", ["cn", "member"].map(str::to_owned).to_vec())
                .await;
        assert_eq!(entries, 22_000);
        bare = bare.min(cpu_time() - before);
    }
    let ratio = ours as f64 / bare as f64;
    eprintln!("ours {} us, bare {} us of CPU, ratio {ratio:.2}", ours / 1000, bare / 1000);
    assert!(ratio < 2.5, "{ratio:.2}");
}

async fn drain(ldap: &mut ldap3::Ldap, filter: &str, attributes: Vec<String>) -> usize {
    let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(1000))];
    let mut stream =
        ldap.streaming_search_with(adapters, SUFFIX, Scope::Subtree, filter, attributes).await.unwrap();
    let mut entries = 0;
    while stream.next().await.unwrap().is_some() {
        entries += 1;
    }
    stream.finish().await.success().unwrap();
    entries
}

/// Nanoseconds that this thread, and with it everything here, has spent on a processor (proc(5), schedstat).
fn cpu_time() -> u64 {
    let line = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
