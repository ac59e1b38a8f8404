//! The line-by-line conversation, and the thread that works for it, with a real installation in a folder of its own.

use bwdc_console::app::Start;
use bwdc_console::plain::{Ended, Piped, run};
use bwdc_engine::paths::{Platform, ProcessEnvironment};
use std::io::Cursor;

fn talk(folder: &std::path::Path, start: Start, lines: &str) -> (Ended, String) {
    let folder = folder.to_str().expect("a path");
    let variables = [
        ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", folder),
        ("HOME", folder),
        ("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true"),
    ];
    let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
    let mut out = Vec::new();
    let ended =
        run(environment, start, &mut Piped(Cursor::new(lines.to_owned())), &mut out).expect("a conversation");
    (ended, String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn a_setting_is_changed_by_numbers_and_words_and_nothing_without_save() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.json");
    let walk = "2\n2\nhttps://vault.example.test\n:back\n:discard\n0\n";
    let (ended, _) = talk(folder.path(), Start::Menu, walk);
    assert_eq!(ended, Ended::Over);
    let stored = std::fs::read_to_string(&data).unwrap_or_default();
    assert!(!stored.contains("vault.example.test"), "{stored}");

    let (ended, said) =
        talk(folder.path(), Start::Menu, "2\n2\nhttps://vault.example.test\n:save\ny\n:back\n0\n");
    assert_eq!(ended, Ended::Over, "{said}");
    assert!(said.contains("Saved 1 setting."), "{said}");
    let stored = std::fs::read_to_string(&data).expect("settings");
    assert!(stored.contains("https://vault.example.test"), "{stored}");
    assert!(
        !stored.contains("\"ldap\"") && !stored.contains("rootPath"),
        "nothing else is written: {stored}"
    );
}

#[test]
fn an_input_that_ends_ends_the_conversation_and_a_word_that_is_unknown_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ended, said) = talk(folder.path(), Start::Setup, "3\nnot an address\n:nonsense\n");
    assert_eq!(ended, Ended::InputEnded);
    assert!(said.contains("Address of the server"), "{said}");
    assert!(said.contains("! `:nonsense` is not one of `:back`,"), "{said}");
    let (ended, said) = talk(folder.path(), Start::Setup, "7\nvault\n:keys\n:quit\n");
    assert_eq!(ended, Ended::Over, "{said}");
    for typed in ["7", "vault"] {
        let told = format!("! `{typed}` is not an answer here: type the number of a line");
        assert!(said.contains(&told), "{said}");
    }
    assert_eq!(
        said.matches("A number chooses a line").count(),
        2,
        "at the beginning, and when asked\n{said}"
    );
    assert!(said.contains("\n  :back      "), "{said}");
    assert!(said.lines().all(|it| it.chars().count() <= 80), "{said}");
    // A URL is no e-mail address.
    let (_, said) = talk(folder.path(), Start::Setup, "2\nhttps://user:pw@vault.test\n");
    assert!(said.contains("! Enter a client id such as"), "{said}");
}

#[test]
fn settings_that_cannot_be_read_are_said_and_the_menu_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data.json"), "{ not json").expect("a file");
    let (ended, said) = talk(folder.path(), Start::Menu, "3\n5\n:back\n0\n");
    assert_eq!(ended, Ended::Over, "{said}");
    assert!(said.contains("The settings are damaged"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("data.json")).expect("a file"), "{ not json");
}

#[test]
fn lines_that_got_out_of_step_are_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = "correct-horse-battery-staple";
    let (_, said) = talk(
        folder.path(),
        Start::Menu,
        &format!("{secret}\n2\n2\nhttps://{secret}.test\n:back\n:discard\n0\n"),
    );
    assert!(said.contains("! `…` is not an answer here"), "{said}");
    assert!(said.contains("> 2\n"), "what was chosen is repeated: {said}");
    assert!(!said.contains(&format!("> {secret}")) && !said.contains(&format!("`{secret}")), "{said}");
}
