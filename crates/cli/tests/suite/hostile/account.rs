//! Another account of this machine. Needs root, to be somebody else; elsewhere these tests say so and end.

use crate::hostile::directory::{people, serve};
use crate::hostile::server::{honest_server, silent_server};
use crate::hostile::{KEY, PASSWORD, home, run};
use bwdc_harness::home::Home;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// `nobody`, and another account without a name.
pub(super) const NOBODY: u32 = 65_534;
const OWNER: u32 = 65_533;

#[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
pub(super) fn is_root(test: &str) -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    if !root {
        eprintln!("{test}: skipped, since only root can be somebody else");
    }
    root
}

fn as_nobody(command: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).uid(NOBODY).gid(NOBODY).output().expect("a shell")
}

/// Everything below a folder that `nobody` can read or write, or whose name `nobody` can see.
fn open_to_nobody(folder: &Path) -> String {
    let folder = folder.display();
    let found = as_nobody(&format!("find '{folder}' -mindepth 1 \\( -readable -o -writable \\) 2>/dev/null"));
    String::from_utf8_lossy(&found.stdout).into_owned()
}

/// The folder above it is open, as those of systems are: what protects is in the data folder alone.
pub(super) fn in_an_open_place(home: &Home) {
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("ours");
}

#[test]
fn nobody_can_read_write_or_list_what_runs_leave_behind() {
    if !is_root("nobody_can_read_write_or_list_what_runs_leave_behind") {
        return;
    }
    let directory = serve(&people(3));
    let mut home = home(directory.port(), honest_server(3));
    in_an_open_place(&home);
    // As an installer or a hurried administrator would leave it, with an umask that protects nothing.
    fs::remove_dir_all(home.path().join("state")).expect("ours");
    home.unset("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS");
    let secret = home.path().join("secret");
    fs::write(&secret, PASSWORD).expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("ours");
    for arguments in [
        &["secrets", "migrate", "--to", "encrypted-file"][..],
        &["sync"],
        &["config", "ldap.password", "--secretfile", secret.to_str().expect("a path")],
        &["config", "limits.removals", "3"],
        &["profile", "create", "berlin"],
        &["doctor", "--bundle", home.data_folder().join("support.tar.gz").to_str().expect("a path")],
        &["plan", "--out", home.data_folder().join("plan.json").to_str().expect("a path")],
    ] {
        let line = format!("umask 0; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_bwdc"));
        let ended = home.run("sh", &[&["-c", &line, "sh"][..], arguments].concat()).expect("it ends");
        assert!(ended.code.is_some_and(|it| it <= 1), "{arguments:?}: {}", ended.stderr);
    }
    // Not its own folder's protection, but that of each file: a folder may have been opened by hand.
    fs::set_permissions(home.data_folder(), fs::Permissions::from_mode(0o755)).expect("ours");
    let locks = |line: &&str| !line.ends_with(".lock");
    let open = open_to_nobody(&home.data_folder());
    assert_eq!(open.lines().filter(locks).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(
        home.data_folder().join("secrets.json").exists() && home.data_folder().join("connector.db").exists()
    );
    // The locks of the account are in a folder of its own.
    let state = home.path().join(".local/state/bwdc");
    assert!(state.exists());
    assert_eq!(open_to_nobody(&state), "");
}

/// Waits at most a while for a process to come as far as this.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A run of another account while it waits: neither arguments nor environment nor memory show a secret, not even to the
/// account itself, whose other programs may be taken over.
#[test]
fn nobody_can_look_into_a_run_that_goes_on() {
    if !is_root("nobody_can_look_into_a_run_that_goes_on") {
        return;
    }
    let directory = serve(&people(3));
    let (server, asked) = silent_server();
    let mut home = home(directory.port(), server);
    home.set("BW_CLIENTSECRET", KEY);
    in_an_open_place(&home);
    // Where it was built, another account may not be able to reach it.
    let program = home.path().join("bwdc").display().to_string();
    fs::copy(env!("CARGO_BIN_EXE_bwdc"), &program).expect("room for a copy");
    let own = |path: &Path| chown(path, Some(OWNER), Some(OWNER)).expect("root");
    for path in [home.path(), &home.data_folder(), &home.data_json_path(), &home.path().join("run")] {
        own(path);
    }
    let mut command = home.command(&program, &["plan"]);
    let mut child = command.uid(OWNER).gid(OWNER).spawn().expect("it starts");
    wait_until("the run asks the server", || asked() > 0 || child.try_wait().expect("a child").is_some());
    let process = format!("/proc/{}", child.id());
    let arguments = fs::read_to_string(format!("{process}/cmdline")).expect("root reads");
    assert!(arguments.contains("plan"), "it goes on: {arguments}");
    assert_eq!(fs::metadata(format!("{process}/mem")).expect("there").uid(), 0, "it is not dumpable");
    for account in [NOBODY, OWNER] {
        let look = format!("cat {process}/environ || cat {process}/maps || head -c 1 {process}/mem");
        let looked =
            Command::new("sh").args(["-c", &look]).uid(account).gid(account).output().expect("a shell");
        assert!(!looked.status.success() && looked.stdout.is_empty(), "{account}: {looked:?}");
    }
    assert!(!arguments.contains(KEY) && !arguments.contains(PASSWORD), "{arguments}");
    // Ours, by its id.
    child.kill().expect("it goes on");
    child.wait().expect("it ends");
}

/// A folder that everybody can write lets everybody put a lock there, and hold it: said by each run, and never waited for.
#[test]
fn nobody_can_make_a_run_hang() {
    if !is_root("nobody_can_make_a_run_hang") {
        return;
    }
    let directory = serve(&people(3));
    let home = home(directory.port(), honest_server(3));
    in_an_open_place(&home);
    fs::set_permissions(home.data_folder(), fs::Permissions::from_mode(0o777)).expect("ours");
    let folder = home.data_folder().display().to_string();
    for prepared in [
        "mkfifo bwdc.lock",
        "touch bwdc.lock; flock bwdc.lock sleep 20 & sleep 1",
        "ln -s /etc/shadow bwdc.lock",
    ] {
        let made = as_nobody(&format!("cd '{folder}' && {{ {prepared}; }} >/dev/null 2>&1"));
        assert!(made.status.success(), "{prepared}: {made:?}");
        let begun = Instant::now();
        let ended = run(&home, "lock", &["sync"]);
        assert_eq!(ended.code, Some(1), "{prepared}: {}", ended.said);
        assert!(ended.said.contains("bwdc.lock"), "{prepared}: {}", ended.said);
        assert!(begun.elapsed() < Duration::from_secs(15), "{prepared}");
        fs::remove_file(home.data_folder().join("bwdc.lock")).expect("root");
    }
    let ended = run(&home, "lock", &["sync"]);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("Everybody on this machine can write"), "{}", ended.said);
}

/// Where everybody can write beside the program, another account could put a data folder there, with a server of its own in it.
#[test]
fn nobody_can_put_a_data_folder_beside_the_program() {
    if !is_root("nobody_can_put_a_data_folder_beside_the_program") {
        return;
    }
    let (server, asked) = silent_server();
    let mut home = home(server, server);
    in_an_open_place(&home);
    let place = home.path().join("shared");
    fs::create_dir(&place).expect("a folder");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o1777)).expect("ours");
    let program = place.join("bwdc").display().to_string();
    fs::copy(env!("CARGO_BIN_EXE_bwdc"), &program).expect("room for a copy");
    let beside = place.join("bitwarden-connector-appdata");
    let made = as_nobody(&format!("mkdir '{}'", beside.display()));
    assert!(made.status.success(), "{made:?}");
    fs::copy(home.data_json_path(), beside.join("data.json")).expect("a copy");
    chown(beside.join("data.json"), Some(NOBODY), Some(NOBODY)).expect("root");
    home.unset("BITWARDENCLI_CONNECTOR_APPDATA_DIR");
    home.set("BW_CLIENTID", format!("organization.{}", crate::hostile::ORGANIZATION));
    home.set("BW_CLIENTSECRET", KEY);
    for arguments in [&["login"][..], &["sync"], &["plan"], &["config", "list"], &["doctor"], &["data-file"]]
    {
        let ended = home.run(&program, arguments).expect("it ends");
        let said = crate::hostile::unbroken(&(ended.stdout + &ended.stderr));
        assert_eq!(ended.code, Some(1), "{arguments:?}: {said}");
        for part in ["beside the program", "`nobody`", "BITWARDENCLI_CONNECTOR_APPDATA_DIR"] {
            assert!(said.contains(part), "{arguments:?}: {part}: {said}");
        }
    }
    assert_eq!(asked(), 0, "nothing was sent");
}

/// A folder that more accounts can write: said by each run. Settings of one of them choose no server.
#[test]
fn nobody_can_choose_the_server_in_a_folder_of_several_accounts() {
    if !is_root("nobody_can_choose_the_server_in_a_folder_of_several_accounts") {
        return;
    }
    let directory = serve(&people(3));
    let honest = home(directory.port(), honest_server(3));
    fs::set_permissions(honest.data_folder(), fs::Permissions::from_mode(0o770)).expect("ours");
    fs::write(honest.data_folder().join("connector.toml"), "[log]\nlevel = \"info\"\n").expect("settings");
    chown(honest.data_folder().join("connector.toml"), Some(NOBODY), None).expect("root");
    let alone = run(&honest, "group", &["plan"]);
    assert!(!alone.said.contains("Other accounts of a group"), "a group of its owner: {}", alone.said);
    chown(honest.data_folder(), None, Some(NOBODY)).expect("root");
    let ended = run(&honest, "group", &["plan"]);
    let said = crate::hostile::unbroken(&ended.said);
    assert_eq!(ended.code, Some(0), "{said}");
    for part in ["Other accounts of a group can write to", "connector.toml` belongs to the account `nobody`"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (server, asked) = silent_server();
    let mut home = home(server, server);
    home.set("BW_CLIENTID", format!("organization.{}", crate::hostile::ORGANIZATION));
    home.set("BW_CLIENTSECRET", KEY);
    fs::set_permissions(home.data_folder(), fs::Permissions::from_mode(0o770)).expect("ours");
    chown(home.data_json_path(), Some(NOBODY), None).expect("root");
    for arguments in [&["login"][..], &["sync"], &["plan"], &["test"], &["doctor"]] {
        let ended = run(&home, "settings", arguments);
        let said = crate::hostile::unbroken(&ended.said);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains("belongs to the account `nobody`"), "{arguments:?}: {said}");
    }
    assert_eq!(asked(), 0, "nothing was sent");
    // Root in the folder of a user, with files of that user, is usual.
    for path in [&honest.data_folder(), &honest.data_json_path()] {
        chown(path, Some(OWNER), None).expect("root");
    }
    chown(honest.data_folder().join("connector.toml"), Some(OWNER), None).expect("root");
    fs::set_permissions(honest.data_folder(), fs::Permissions::from_mode(0o700)).expect("ours");
    let ended = run(&honest, "user", &["sync"]);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(!ended.said.contains("belongs to the account"), "{}", ended.said);
}
