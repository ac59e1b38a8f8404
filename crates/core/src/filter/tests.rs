//! Every form of a filter, and what is said of one that is wrong.

use super::*;
use proptest::prelude::*;

const NAMES: Accepted = Accepted::NAMES_AND_QUERY;
const MANY: Accepted = Accepted { keywords: &Keyword::ALL, combined: true, native: false };

fn values(text: &str, accepted: Accepted, keyword: Keyword) -> Vec<String> {
    Filter::parse(text, accepted).unwrap().values(keyword).unwrap_or_default().to_vec()
}

#[test]
fn a_blank_filter_lets_everything_through() {
    for text in ["", "  ", "\t\n"] {
        let filter = Filter::parse(text, NAMES).unwrap();
        assert!(filter.is_empty() && filter.admits("anybody") && filter.admits(""), "{text:?}");
    }
}

#[test]
fn names_are_compared_without_case_and_blanks() {
    for (text, name, admitted) in [
        ("include:a@x.test,B@x.test", "b@X.test", true),
        ("include:a@x.test", "b@x.test", false),
        ("include:a@x.test", "", false),
        ("INCLUDE : a@x.test , ", " A@x.test ", true),
        ("exclude:a@x.test", "A@X.TEST", false),
        ("exclude:a@x.test", "b@x.test", true),
        ("Exclude:Team: North", "team: north", false),
        ("include:ÄRZTE", "ärzte", true),
        ("|name:X*", "anything", true),
    ] {
        assert_eq!(Filter::parse(text, NAMES).unwrap().admits(name), admitted, "{text} {name}");
    }
}

#[test]
fn a_native_query_stands_alone_or_after_a_clause() {
    for (text, native) in [
        ("|orgUnitPath=/Engineering", Some("orgUnitPath=/Engineering")),
        (" | name:BITWARDEN-* ", Some("name:BITWARDEN-*")),
        ("include:a|profile.x eq \"b|c\" or y", Some("profile.x eq \"b|c\" or y")),
        ("exclude:a | included eq true", Some("included eq true")),
        ("exclude:a", None),
    ] {
        assert_eq!(Filter::parse(text, NAMES).unwrap().native(), native, "{text}");
    }
}

#[test]
fn clauses_are_combined_where_the_directory_allows_it() {
    let text = "includeGroup:A-1, b-2|EXCLUDEGROUP:c|exclude:x@y.test|includeadministrativeunit:u";
    assert_eq!(values(text, MANY, Keyword::IncludeGroup), ["A-1", "b-2"]);
    assert_eq!(values(text, MANY, Keyword::ExcludeGroup), ["c"]);
    assert_eq!(values(text, MANY, Keyword::IncludeAdministrativeUnit), ["u"]);
    assert!(!Filter::parse(text, MANY).unwrap().admits("X@y.test"));
}

#[test]
fn what_is_not_understood_is_an_error_with_its_position() {
    for (text, accepted, expected) in [
        ("only:a", NAMES, "`only` at position 1"),
        ("  includes:a", NAMES, "`includes` at position 3"),
        ("a@x.test", NAMES, "`a` at position 1"),
        (":a", NAMES, "`:` at position 1"),
        ("includeGroup:a", NAMES, "`includeGroup` at position 1"),
        ("include:a|excludeGroup:b", NAMES, "`excludeGroup` at position 11"),
        ("include:é|only:b", MANY, "`only` at position 11"),
        ("include a", NAMES, "colon is missing at position 8: write `include:`"),
        ("exclude", NAMES, "colon is missing at position 8"),
        ("include:", NAMES, "list at position 9 is empty"),
        ("include: , ,", NAMES, "list at position 13 is empty"),
        ("include:a|exclude:b", NAMES, "`exclude:` at position 11 cannot be combined"),
        ("include:a|include:b", MANY, "`include:` at position 11 occurs a second time"),
        ("include:a|", NAMES, "missing at position 11"),
        ("include:a||exclude:b", MANY, "missing at position 11"),
        ("|", NAMES, "missing at position 2"),
        ("|include:a", NAMES, "missing at position 2"),
        ("|query", MANY, "missing at position 1"),
    ] {
        let error = Filter::parse(text, accepted).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn an_error_says_what_would_be_accepted() {
    let error = Filter::parse("only:a", NAMES).unwrap_err().to_string();
    assert!(error.contains("`include:`, `exclude:`, `|` and a query of the directory's own"), "{error}");
    let error = Filter::parse("only:a", MANY).unwrap_err().to_string();
    assert!(error.contains("`excludeAdministrativeUnit:`") && !error.contains("query"), "{error}");
}

fn clause() -> impl Strategy<Value = (usize, Vec<String>)> {
    (0usize..Keyword::ALL.len(), proptest::collection::vec("[ ]?[a-zA-ZäÖ@.:-]{1,8}[ ]?", 1..4))
}

proptest! {
    #[test]
    fn a_printed_filter_reads_the_same(
        clauses in proptest::collection::vec(clause(), 1..5), query in proptest::option::of("[ ]?[0-9=|: ]{1,9}")
    ) {
        let mut text = Vec::new();
        for (keyword, list) in clauses {
            text.push(format!("{}:{}", Keyword::ALL[keyword].word(), list.join(",")));
        }
        text.extend(query);
        let both = Accepted { native: true, ..MANY };
        if let Ok(filter) = Filter::parse(&text.join("|"), both) {
            prop_assert!(!filter.is_empty());
            prop_assert_eq!(Filter::parse(&filter.to_string(), both), Ok(filter));
        }
    }

    #[test]
    fn no_text_is_taken_for_no_filter(text in "\\PC{0,24}") {
        for accepted in [NAMES, MANY] {
            if let Ok(filter) = Filter::parse(&text, accepted) {
                prop_assert_eq!(filter.is_empty(), text.trim().is_empty());
            }
        }
    }
}
