//! The page about the rules names tests that exist.

use std::path::Path;

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/organization-rules.md")).unwrap();
    let mut named = 0;
    for word in page.split('`').filter(|word| !word.contains([' ', '/', '{'])) {
        let Some((module, test)) = word.split_once("::") else { continue };
        let suite = root.join("tests/suite");
        let files =
            [suite.join(format!("{module}.rs")), suite.join(format!("organization_rules/{module}.rs"))];
        let source = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
        let source = source.unwrap_or_else(|| panic!("no module `{module}` for `{word}`"));
        assert!(source.contains(&format!("fn {test}(")), "no test `{word}`");
        named += 1;
    }
    assert!(named > 100, "only {named} tests are named");
}

#[test]
fn every_rule_of_the_page_has_its_source_and_a_test() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/organization-rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut rules = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0] == "rule" || cells[0].starts_with("---") {
            continue;
        }
        let sources = cells[1].split(", ");
        assert!(sources.into_iter().all(|it| ["run", "read", "platform"].contains(&it)), "{line}");
        assert!(cells[2].contains("::"), "{line}");
        rules += 1;
    }
    assert!(rules > 100, "only {rules} rules");
}
