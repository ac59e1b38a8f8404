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
