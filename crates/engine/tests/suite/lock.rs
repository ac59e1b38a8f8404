//! One run at a time: the second caller is told who, and a killed holder holds nothing.

use bwdc_core::names::Timestamp;
use bwdc_engine::lock::{LockError, OrganizationLock, RunLock, machine_folder};
use bwdc_engine::paths::Profile;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const NOW: Timestamp = Timestamp(1_795_180_720_171);

#[test]
fn the_second_caller_is_told_who_holds_the_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path().join("new"));
    let first = RunLock::acquire(&profile, "sync", NOW).expect("free");
    let error = RunLock::acquire(&profile, "test", NOW).expect_err("held");
    let LockError::Held { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!((holder.pid, holder.command.as_str()), (std::process::id(), "sync"));
    assert!(error.to_string().contains("`bwdc sync`"), "{error}");
    assert!(error.to_string().contains("2026-11-20T13:18:40.171Z"), "{error}");
    drop(first);
    RunLock::acquire(&profile, "test", NOW).expect("free again");
}

#[test]
fn an_organization_is_one_whatever_the_profile_and_another_one_is_free() {
    let folder = tempfile::tempdir().expect("a folder");
    let take = |url: &str, id: &str| OrganizationLock::acquire(folder.path(), url, id, "sync", NOW);
    let _first = take("https://api.example.test", "o1").expect("free");
    assert!(matches!(take("https://API.example.test/", "O1"), Err(LockError::Held { .. })));
    take("https://api.example.test", "o2").expect("another organization");
    take("https://other.example.test", "o1").expect("another server");
}

#[cfg(unix)]
#[test]
fn another_user_needs_no_more_than_to_read_the_organizations_lock() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let first = OrganizationLock::acquire(folder.path(), "u", "o", "sync", NOW).expect("free");
    let file = std::fs::read_dir(folder.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.extension().is_some_and(|it| it == "lock"))
        .expect("a lock file");
    assert_eq!(std::fs::metadata(&file).expect("exists").permissions().mode() & 0o777, 0o644);
    let other = std::fs::File::open(&file).expect("readable");
    assert!(matches!(other.try_lock(), Err(std::fs::TryLockError::WouldBlock)));
    drop(first);
    other.try_lock().expect("free");
    assert!(OrganizationLock::acquire(folder.path(), "u", "o", "sync", NOW).is_err());
}

#[test]
fn the_shared_folder_exists_on_this_machine() {
    let folder = machine_folder(Some(std::env::temp_dir().as_os_str()));
    assert!(folder.is_absolute(), "{}", folder.display());
    #[cfg(unix)]
    assert!(folder.is_dir());
}

#[test]
fn a_killed_holder_holds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = Profile::new(folder.path());
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "lock::a_holder", "--ignored", "--nocapture"])
        .env("BWDC_TEST_FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.expect("text").contains("holding")));

    let error = RunLock::acquire(&profile, "sync", NOW).expect_err("held");
    let LockError::Held { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!((holder.pid, holder.command.as_str()), (child.id(), "service"));

    child.kill().expect("is ours");
    child.wait().expect("ends");
    RunLock::acquire(&profile, "sync", NOW).expect("free");
}

#[test]
#[ignore = "a part of a_killed_holder_holds_nothing, in a process of its own"]
fn a_holder() {
    let profile = Profile::new(std::env::var_os("BWDC_TEST_FOLDER").expect("set by the other test"));
    let _lock = RunLock::acquire(&profile, "service", NOW).expect("free");
    println!("holding");
    // Ends when the other test closes its end or kills this process.
    let _ = std::io::stdin().read_line(&mut String::new());
}
