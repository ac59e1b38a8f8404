//! A hundred thousand rows scroll without delay, and what is searched is found at once.

use crate::plans::planned;
use crate::stage::{Stage, signed_in};
use bwdc_console::job::Happened;
use std::time::{Duration, Instant};

#[test]
fn a_hundred_thousand_rows_scroll_without_delay() {
    let names: Vec<String> = (0..100_000).map(|it| format!("person{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut stage = Stage::menu(signed_in(&[]));
    stage.press("5");
    stage.answer(Happened::Planned(Box::new(planned(&names, &[], 0))));
    stage.press("<enter><end>");
    assert!(stage.text(120, 40).contains("person99999@example.test"));
    let begun = Instant::now();
    for _ in 0..50 {
        stage.press("<home><pgdn><end>");
        stage.text(120, 40);
    }
    let scrolled = begun.elapsed() / 50;
    // This machine's tests are built without optimization, and others build beside them.
    assert!(scrolled < Duration::from_millis(100), "a page takes {scrolled:?}");
    let begun = Instant::now();
    stage.press("/person4242");
    let searched = begun.elapsed();
    assert!(stage.text(120, 40).contains("person42420@example.test"));
    assert!(searched < Duration::from_secs(6), "eleven letters take {searched:?}");
}
