//! Names, passwords and protection.

use crate::active_directory::data::READER_PASSWORD;
use crate::active_directory::setup::Setup;
use crate::hint::hint;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_harness::samba::{Domain, ROOT, SHORT_NAME};

pub(crate) async fn every_form_of_name_binds_over_both_kinds_of_tls(domain: &Domain) {
    let names = [
        format!("{SHORT_NAME}\\reader"),
        "reader@ad.example.test".to_owned(),
        format!("CN=reader,CN=Users,{ROOT}"),
    ];
    for name in names {
        for (port, start_tls) in [(636, false), (389, true)] {
            let mut setup = Setup::new(domain).with("username", name.as_str());
            setup = setup.with("port", port).with("startTls", start_tls);
            setup.password = READER_PASSWORD.to_owned();
            setup.sync.insert("userFilter".to_owned(), "(sAMAccountName=u1)".into());
            assert_eq!(setup.read().await.0.people().len(), 1, "{name} {port}");
        }
    }
}

pub(crate) async fn refusals_are_explained(domain: &Domain) {
    let clear = Setup::new(domain).with("ssl", false).with("port", 389);
    let error = clear.failure().await;
    assert!(matches!(&error, LdapReadError::Bind { outcome, .. } if outcome.code == 8), "{error:?}");
    assert!(hint(&error).unwrap().contains("`ldap.ssl` to true"), "{:?}", hint(&error));

    let mut wrong = Setup::new(domain).with("username", "reader@ad.example.test");
    wrong.password = "wrong".to_owned();
    let error = wrong.failure().await;
    assert!(matches!(&error, LdapReadError::Bind { outcome, .. } if outcome.code == 49), "{error:?}");
    assert!(hint(&error).unwrap().contains("name or the password is wrong"), "{error} {:?}", hint(&error));

    let stranger = Setup::new(domain).with("sslCaPath", domain.certificates().wrong_ca.to_str().unwrap());
    let error = stranger.failure().await;
    assert!(matches!(error, LdapReadError::Tls { .. }), "{error:?}");
}
