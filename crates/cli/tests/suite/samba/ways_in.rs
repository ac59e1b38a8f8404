//! The same people and groups, however one signs in and whatever protects the connection.

use super::Stage;
use super::data::{PEOPLE, READER_PASSWORD};
use bwdc_harness::samba::PASSWORD;
use serde_json::{Value, json};

const LDAPS: (u16, bool, bool) = (636, true, false);
const START_TLS: (u16, bool, bool) = (389, true, true);
const CLEAR: (u16, bool, bool) = (389, false, false);

impl Stage {
    /// Sets how the domain is reached, and reads it as `test` does.
    fn test(
        &self,
        (port, ssl, start_tls): (u16, bool, bool),
        current_user: bool,
    ) -> bwdc_harness::home::Output {
        let mut data = self.home.data_json().unwrap();
        let changes = json!({
            "port": port, "ssl": ssl, "startTls": start_tls, "currentUser": current_user,
            "tlsCaPath": self.domain.certificates().ca,
        });
        data["directoryLdap"].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.home.write_data_json(&data).unwrap();
        self.run(&["test"])
    }

    #[track_caller]
    fn read(&self, place: (u16, bool, bool), current_user: bool) -> Value {
        let output = self.test(place, current_user);
        assert_eq!(output.code, Some(0), "{place:?} {current_user}: {}", output.stderr);
        serde_json::from_str(&output.stdout).unwrap()
    }
}

pub(crate) fn every_way_in_shows_the_same(stage: &mut Stage) {
    let expected = stage.read(LDAPS, false);
    let listed = |list: &str| expected[list].as_array().unwrap().len();
    assert!(listed("enabledUsers") + listed("disabledUsers") >= PEOPLE);
    assert_same("StartTLS", &stage.read(START_TLS, false), &expected);

    if cfg!(feature = "kerberos") {
        by_ticket(stage, &expected);
    } else {
        let output = stage.test(CLEAR, true);
        assert_eq!(output.code, Some(1));
        assert!(output.stderr.contains("Kerberos is not in this build"), "{}", output.stderr);
    }
    stage.read(LDAPS, false);
}

fn by_ticket(stage: &mut Stage, expected: &Value) {
    stage.home.set("KRB5_CONFIG", stage.domain.kerberos_configuration());
    stage.home.set("KRB5CCNAME", format!("FILE:{}", stage.home.path().join("nowhere").display()));
    for place in [CLEAR, LDAPS] {
        let output = stage.test(place, true);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        assert!(
            output.stderr.contains("No Kerberos sign-in") && output.stderr.contains("`kinit`"),
            "{}",
            output.stderr
        );
    }
    stage.home.set("KRB5CCNAME", stage.domain.ticket("Administrator", PASSWORD).unwrap());
    for (way, place) in
        [("sealed by Kerberos", CLEAR), ("Kerberos in TLS", LDAPS), ("Kerberos in StartTLS", START_TLS)]
    {
        assert_same(way, &stage.read(place, true), expected);
    }
    stage.home.set("KRB5CCNAME", stage.domain.ticket("reader", READER_PASSWORD).unwrap());
    assert_same("an ordinary account", &stage.read(CLEAR, true), expected);
}

/// Compares without printing thousands of people.
#[track_caller]
fn assert_same(way: &str, found: &Value, expected: &Value) {
    for list in ["groups", "enabledUsers", "disabledUsers", "deletedUsers"] {
        assert!(found[list] == expected[list], "{way}: {list} differ");
    }
}
