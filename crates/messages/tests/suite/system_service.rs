//! What is shown before a service is installed, system by system.

use bwdc_engine::clock::Clock;
use bwdc_engine::paths::{Platform, ProcessEnvironment};
use bwdc_engine::system_service::{Draft, Scope, Start, SystemServiceError, Wish, draft};
use bwdc_messages::system_service as words;
use std::path::Path;

fn wish(scope: Scope, start: Start, account: Option<&str>) -> Wish<'_> {
    Wish { program: Path::new(r"C:\Users\ann\bwdc.exe"), scope, start, from: None, account }
}

fn on(platform: Platform, wish: Wish<'_>) -> Result<Draft, SystemServiceError> {
    let variables = [("APPDATA", r"C:\none"), ("HOME", "/none"), ("ProgramData", r"C:\ProgramData")];
    draft(&ProcessEnvironment::new(platform, None, variables), wish, Clock::System)
}

#[test]
fn a_service_of_windows_is_shown_as_the_system_will_have_it() {
    let shown = on(Platform::Windows, wish(Scope::Machine, Start::Stays, None)).expect("a service");
    assert_eq!(
        words::draft(&shown),
        r#"A service for this machine, run as the account `NT SERVICE\bwdc`.
Profile folder: `C:\ProgramData\Bitwarden Directory Connector`
`C:\Users\ann\bwdc.exe` is copied to `C:\Program Files\bwdc\bwdc.exe`.
Service `bwdc`: `"C:\Program Files\bwdc\bwdc.exe" --data-folder "C:\ProgramData\Bitwarden Directory Connector" run --windows-service`
Windows starts it a little after the machine, and again 1, 5 and 15 minutes after a failure.
Only the service, the system and administrators can open its folder."#
    );
    let managed = on(Platform::Windows, wish(Scope::Machine, Start::Stays, Some(r"EXAMPLE\bwdc$")));
    assert_eq!(managed.expect("a service").account, r"EXAMPLE\bwdc$");
}

#[test]
fn what_a_system_has_no_service_for_is_said_before_anything_is_done() {
    let said = |platform, wish: Wish<'_>| {
        let error = on(platform, wish).expect_err("none of it");
        let steps: Vec<String> = words::steps(&error).iter().map(|it| format!("{it:?}")).collect();
        assert!(!steps.is_empty(), "{error}");
        words::message(&error)
    };
    let timer = Start::Timer { minutes: 60 };
    assert_eq!(
        said(Platform::Windows, wish(Scope::Account, Start::Stays, None)),
        "On Windows the machine has services, an account has none."
    );
    let no_timer = "Single runs are started by a timer of systemd, and this system has none.";
    assert_eq!(said(Platform::Windows, wish(Scope::Machine, timer, None)), no_timer);
    assert_eq!(said(Platform::MacOs, wish(Scope::Account, timer, None)), no_timer);
    assert_eq!(
        said(Platform::Linux, wish(Scope::Machine, Start::Stays, Some("ann"))),
        "The account of the service can be chosen on Windows only."
    );
}
