//! `bwdc doctor` and its support archive.

use crate::stage::{Stage, run};
use bwdc_harness::home::Home;
use serde_json::Value;

#[test]
fn prints() {
    let stage = Stage::signed_in();
    let output = stage.run(&["doctor"]);
    println!("{}\n{}\n{:?}", output.stdout, output.stderr, output.code);
    let output = run(&Home::new().unwrap(), &["doctor"]);
    println!("{}\n{}\n{:?}", output.stdout, output.stderr, output.code);
    let output = stage.run(&["doctor", "--response", "--pretty"]);
    println!("{}\n{}\n{:?}", output.stdout, output.stderr, output.code);
    let _: Option<Value> = None;
}
