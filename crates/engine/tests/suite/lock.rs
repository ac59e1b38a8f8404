//! One run at a time: the second caller is told who, and a killed holder holds nothing.

use bwdc_core::names::Timestamp;
use bwdc_engine::lock::{LockError, LockFolders, OrganizationLock, RunLock};
use bwdc_engine::paths::{Platform, ProcessEnvironment, Profile};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
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
    let folders = LockFolders::new(folder.path().join("none"), folder.path().join("own"));
    let take = |url: &str, id: &str| OrganizationLock::acquire(&folders, url, id, "sync", NOW);
    let _first = take("https://api.example.test", "o1").expect("free");
    assert!(matches!(take("https://API.example.test/", "O1"), Err(LockError::Held { .. })));
    take("https://api.example.test", "o2").expect("another organization");
    take("https://other.example.test", "o1").expect("another server");
    assert!(!folder.path().join("none").exists(), "only an installed service makes it");
}

#[test]
fn each_account_has_a_folder_of_its_own_whatever_the_profile() {
    let folders = |platform, variables: &[(&str, &str)], profile: &str| {
        let environment = ProcessEnvironment::new(platform, None, variables.iter().copied());
        LockFolders::of(&environment, &Profile::new(profile))
    };
    let home = [("HOME", "/home/ann"), ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", "/a")];
    let linux = folders(Platform::Linux, &home, "/a");
    assert_eq!(linux, LockFolders::new("/var/lib/bwdc/locks", "/home/ann/.local/state/bwdc/locks"));
    assert_eq!(linux, folders(Platform::Linux, &home, "/b"));
    assert_eq!(
        folders(Platform::Linux, &[], "/a"),
        LockFolders::new("/var/lib/bwdc/locks", PathBuf::from("/a").join("locks"))
    );
}

#[cfg(unix)]
mod hostile {
    use super::*;
    use bwdc_engine::lock::{Found, ServiceAccount, make_machine_folder};
    use std::fs::{self, Permissions};
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::process::CommandExt as _;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// The account that owns nothing.
    const NOBODY: u32 = 65534;

    fn only_file(folder: &Path) -> PathBuf {
        let mut locks = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
        locks.find(|path| path.extension().is_some_and(|it| it == "lock")).expect("a lock file")
    }

    fn take(folders: &LockFolders) -> Result<OrganizationLock, LockError> {
        OrganizationLock::acquire(folders, "https://api.example.test", "o", "sync", NOW)
    }

    /// What stands in the way is named at once: nothing waits for the other end of a pipe.
    fn refuses_at_once<T>(take: impl FnOnce() -> Result<T, LockError>, expected: Found) {
        let begun = Instant::now();
        let refused = take().err().expect("refused");
        assert!(begun.elapsed() < Duration::from_secs(5), "it waited");
        let found = if let LockError::Strange { found, .. } = &refused { Some(*found) } else { None };
        assert_eq!(found, Some(expected), "{refused}");
    }

    fn put(path: &Path, what: Found) {
        match what {
            Found::Link => symlink("/etc/passwd", path).expect("a link"),
            Found::Folder => fs::create_dir(path).expect("a folder"),
            _ => {
                let made = Command::new("mkfifo").arg(path).status().expect("mkfifo is there");
                assert!(made.success());
            }
        }
    }

    #[test]
    fn what_is_no_file_is_neither_followed_nor_waited_for() {
        for found in [Found::Link, Found::Folder, Found::Special] {
            let folder = tempfile::tempdir().expect("a folder");
            let folders = LockFolders::new(folder.path().join("none"), folder.path().join("own"));
            drop(take(&folders).expect("free"));
            let path = only_file(&folder.path().join("own"));
            fs::remove_file(&path).expect("ours");
            put(&path, found);
            refuses_at_once(|| take(&folders), found);

            let profile = Profile::new(folder.path().join("profile"));
            fs::create_dir(&profile.folder).expect("a folder");
            put(&profile.lock, found);
            refuses_at_once(|| RunLock::acquire(&profile, "sync", NOW), found);

            // In the place of a folder.
            for name in ["machine", "other"] {
                let place = folder.path().join(name);
                let expected = if found == Found::Folder {
                    fs::create_dir(&place).expect("a folder");
                    fs::set_permissions(&place, Permissions::from_mode(0o777)).expect("ours");
                    Found::Writable
                } else {
                    put(&place, found);
                    found
                };
                let folders = match name {
                    "machine" => LockFolders::new(&place, folder.path().join("own")),
                    _ => LockFolders::new(folder.path().join("none"), &place),
                };
                refuses_at_once(|| take(&folders), expected);
            }
        }
    }

    #[test]
    fn nobody_else_can_open_the_lock_of_an_account() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = LockFolders::new(folder.path().join("none"), folder.path().join("own"));
        let _held = take(&folders).expect("free");
        let own = folder.path().join("own");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&own), mode(&only_file(&own))), (0o700, 0o600));
    }

    /// Whoever runs this as root sees what another account can do; others cannot become one.
    fn is_root(test: &str) -> bool {
        let root = fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        if !root {
            // What nobody can read fails no test.
            let _ = writeln!(std::io::stderr(), "{test} is skipped: only root can become another account");
        }
        root
    }

    /// Runs a part of this program as another account, which may read it.
    fn as_another(user: u32, group: u32, folder: &Path) -> Option<String> {
        let program = folder.join("test-program");
        if !program.exists() {
            let own = std::env::current_exe().expect("this test");
            if fs::hard_link(&own, &program).is_err() {
                fs::copy(&own, &program).expect("room for a copy");
            }
        }
        let output = Command::new(&program)
            .args(["--exact", "lock::hostile::another_account", "--ignored", "--nocapture"])
            .env_clear()
            .env("BWDC_TEST_FOLDER", folder)
            .uid(user)
            .gid(group)
            .output()
            .expect("starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some(text.lines().find_map(|it| it.split_once("took: "))?.1.to_owned())
    }

    #[test]
    fn with_a_service_only_root_and_its_group_open_the_lock_and_the_others_see_it() {
        if !is_root("with_a_service_only_root_and_its_group_open_the_lock_and_the_others_see_it") {
            return;
        }
        const SERVICE: ServiceAccount = ServiceAccount { user: 64_001, group: 64_002 };
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("ours");
        let machine = folder.path().join("service/locks");
        make_machine_folder(&machine, SERVICE).expect("root may");
        make_machine_folder(&machine, SERVICE).expect("again");
        assert_eq!(fs::metadata(&machine).expect("there").permissions().mode() & 0o7777, 0o711);
        for account in [NOBODY, 64_003, SERVICE.user] {
            let own = folder.path().join(format!("own-{account}"));
            fs::create_dir(&own).expect("a folder");
            fs::set_permissions(&own, Permissions::from_mode(0o700)).expect("ours");
            std::os::unix::fs::chown(&own, Some(account), None).expect("root may");
        }
        // The service does not run this organization: everybody has a folder.
        assert_eq!(as_another(NOBODY, NOBODY, folder.path()).as_deref(), Some("own"));
        assert!(fs::read_dir(&machine).expect("root may").next().is_none());

        assert_eq!(as_another(SERVICE.user, SERVICE.group, folder.path()).as_deref(), Some("machine"));
        let lock = only_file(&machine);
        let metadata = fs::metadata(&lock).expect("there");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o660);
        assert_eq!(std::os::unix::fs::MetadataExt::gid(&metadata), SERVICE.group);
        // It is not held now, and still nobody's outside of the group.
        assert_eq!(as_another(NOBODY, NOBODY, folder.path()).as_deref(), Some("refused of the service"));
        assert_eq!(as_another(64_003, SERVICE.group, folder.path()).as_deref(), Some("machine"));

        let folders = LockFolders::new(&machine, folder.path().join("own-root"));
        let held = take(&folders).expect("root may");
        assert_eq!(as_another(SERVICE.user, SERVICE.group, folder.path()).as_deref(), Some("refused held"));
        assert_eq!(as_another(NOBODY, NOBODY, folder.path()).as_deref(), Some("refused of the service"));
        drop(held);
        let said = LockError::OfService { path: lock }.to_string();
        assert!(said.contains("service") && said.contains("`bwdc`"), "{said}");
    }

    #[test]
    fn a_file_of_another_account_is_no_lock_of_ours() {
        if !is_root("a_file_of_another_account_is_no_lock_of_ours") {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let folders = LockFolders::new(folder.path().join("none"), folder.path().join("own"));
        drop(take(&folders).expect("free"));
        let path = only_file(&folder.path().join("own"));
        std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may");
        refuses_at_once(|| take(&folders), Found::OfAnother);
    }

    #[test]
    #[ignore = "a part of the tests above, as another account"]
    fn another_account() {
        let folder = PathBuf::from(std::env::var_os("BWDC_TEST_FOLDER").expect("set by the other test"));
        let user = rustix::process::geteuid().as_raw();
        let own = folder.join(format!("own-{user}"));
        let machine = folder.join("service/locks");
        let outcome = match take(&LockFolders::new(machine, &own)) {
            Ok(_) if fs::read_dir(&own).is_ok_and(|it| it.count() > 0) => "own",
            Ok(_) => "machine",
            Err(LockError::OfService { .. }) => "refused of the service",
            Err(LockError::Held { .. }) => "refused held",
            Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        };
        println!("took: {outcome}");
    }
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
