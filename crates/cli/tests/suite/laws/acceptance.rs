//! Law 3: what the organization did not accept is not remembered.

use crate::laws::TAKING;
use crate::laws::stage::{Stage, Tree, dn};
use bwdc_sandbox::faults::{Answer, Fault, Rule};
use bwdc_sandbox::organization::Options;
use rusqlite::Connection;
use serde_json::Value;

/// Whom the ledger manages.
fn managed(stage: &Stage) -> Vec<String> {
    let ledger = Connection::open(stage.home.data_folder().join("connector.db")).expect("opens");
    let mut statement = ledger
        .prepare("SELECT text FROM people JOIN external_ids ON external_ids.id = external_id ORDER BY text")
        .expect("the tables are there");
    let names = statement.query_map([], |row| row.get(0)).expect("an answer");
    names.collect::<Result<_, _>>().expect("texts")
}

fn times(stage: &Stage) -> [Value; 3] {
    let settings = stage.home.data_json().expect("readable");
    ["lastUserSync", "lastGroupSync", "lastSyncHash"].map(|key| settings[key].clone())
}

fn before_somebody_joins(options: Options) -> (Stage, bwdc_sandbox::ldap::Server) {
    let stage = Stage::new(options, TAKING, |_| {});
    let directory = Tree::of(3).serve();
    stage.read(&directory);
    stage.sync();
    assert!(times(&stage).iter().all(Value::is_string), "{:?}", times(&stage));
    assert_eq!(managed(&stage), ["p01", "p02", "p03"].map(dn));
    let directory = Tree::of(4).serve();
    stage.read(&directory);
    (stage, directory)
}

fn answer(stage: &Stage, answer: Answer) {
    let rule = Rule::new("POST", "/api/public/organization/import", Fault::Answer(answer));
    stage.organization.faults().add(rule);
}

#[test]
fn law_03_a_refused_request_moves_neither_ledger_nor_times() {
    for options in [Options::official(), Options::vaultwarden()] {
        let (stage, _directory) = before_somebody_joins(options);
        let before = times(&stage);
        let model = r#"{"object":"error","message":"The request's model state is invalid.","errors":null}"#;
        answer(&stage, Answer::json(400, model));
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        assert_eq!(times(&stage), before);
        assert_eq!(managed(&stage), ["p01", "p02", "p03"].map(dn));

        stage.organization.faults().clear();
        stage.sync();
        assert_eq!(managed(&stage), ["p01", "p02", "p03", "p04"].map(dn));
        assert_ne!(times(&stage), before);
    }
}

#[test]
fn law_03_a_request_without_a_clear_answer_is_not_taken_for_accepted() {
    for options in [Options::official(), Options::vaultwarden()] {
        let (stage, _directory) = before_somebody_joins(options);
        answer(&stage, Answer::empty(500));
        let output = stage.run(&["sync"]);
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        // Nobody knows what happened: whatever reads these decides afresh.
        assert!(times(&stage).iter().all(|it| !it.is_string()), "{:?}", times(&stage));
        assert_eq!(managed(&stage), ["p01", "p02", "p03"].map(dn));

        stage.organization.faults().clear();
        stage.sync();
        assert_eq!(managed(&stage), ["p01", "p02", "p03", "p04"].map(dn));
    }
}
