//! Manual pages.

use crate::contract::stage::{answer, run};
use bwdc_harness::home::Home;

#[test]
fn the_manual_is_printed_or_written_page_by_page() {
    let home = Home::new().unwrap();
    let output = run(&home, &["man"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    assert!(output.stdout.contains(".TH bwdc 1") && output.stdout.contains(".SH NAME"), "{}", output.stdout);
    let folder = home.path().join("man1");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.display().to_string();
    let output = run(&home, &["man", "--out", &path]);
    assert_eq!(output.code, Some(0));
    assert_eq!(output.stdout, format!("The manual pages are in `{path}`.\n"));
    for page in ["bwdc.1", "bwdc-sync.1", "bwdc-doctor.1", "bwdc-config-set.1"] {
        let text = std::fs::read_to_string(folder.join(page)).unwrap_or_else(|_| panic!("no {page}"));
        assert!(text.contains(".SH NAME"), "{page}");
    }
    let output = run(&home, &["man", "--out", "/nowhere/at/all"]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("annot write the manual pages into `/nowhere/at/all`"),
        "{}",
        output.stderr
    );
    assert_eq!(answer(&home, &["completions"], "").code, Some(1));
}

/// In a folder where others can write, such as one below `/tmp`.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_page_is_replaced_and_not_followed() {
    let home = Home::new().unwrap();
    let (folder, other) = (home.path().join("man1"), home.path().join("other"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&other, "as it was").unwrap();
    let page = folder.join("bwdc-sync.1");
    std::os::unix::fs::symlink(&other, &page).unwrap();
    for _ in 0..2 {
        let output = run(&home, &["man", "--out", &folder.display().to_string()]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "as it was");
        assert!(std::fs::symlink_metadata(&page).unwrap().is_file());
        assert!(std::fs::read_to_string(&page).unwrap().contains(".SH NAME"));
    }
}
