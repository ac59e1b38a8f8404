//! The background service as the console shows it: what can be done with it in each of its states, and what is asked before.

use crate::scenes::menu;
use crate::stage::Stage;
use bwdc_console::job::{Happened, Job, ServiceState, ServiceWork, Told};
use bwdc_engine::system_service::{
    Draft, Layout, NamedCommand, Scope, Start, SystemServiceError, UnitFile, Verb,
};
use bwdc_messages::line::Line;
use bwdc_messages::system_service::error_text;

fn service(running: Option<bool>) -> Stage {
    let mut stage = menu();
    stage.press("7");
    stage.answer(Happened::Service(Box::new(state(running))));
    stage
}

fn state(running: Option<bool>) -> ServiceState {
    let profiles = "OK: default is healthy\ndefault\n  Schedule           every 30 minutes\n  Last run           2025-11-26 16:52 UTC: complete";
    ServiceState {
        running,
        is_root: false,
        can_elevate: false,
        minutes: 30,
        has_schedule: running.is_some(),
        profiles: profiles.to_owned(),
        silent: None,
    }
}

pub(crate) fn draft(foreign: bool) -> Draft {
    let command = NamedCommand {
        setting: "notify.command",
        place: "berlin".into(),
        command: vec!["/opt/tell".to_owned(), "--all".to_owned()],
        of_another: true,
    };
    Draft {
        layout: Layout {
            scope: Scope::Machine,
            program: "/usr/local/bin/bwdc".into(),
            folder: "/var/lib/bwdc/data".into(),
        },
        start: Start::Stays,
        account: "bwdc".to_owned(),
        registration: None,
        copied_program: None,
        copied_profile: Some("/home/ann/.config/Bitwarden Directory Connector".into()),
        commands: if foreign { vec![command] } else { Vec::new() },
        sealed_key: None,
        files: vec![UnitFile {
            path: "/etc/systemd/system/bwdc.service".into(),
            text: "[Unit]\nDescription=Directory connector\n\n[Service]\nExecStart=/usr/local/bin/bwdc run\n"
                .to_owned(),
        }],
    }
}

fn work(stage: &Stage) -> &ServiceWork {
    match &stage.orders.front().expect("a job").job {
        Job::Service(work) => work,
        _ => unreachable!("a job of the service"),
    }
}

#[test]
fn each_state_of_the_service_offers_what_can_be_done_with_it() {
    let mut stage = menu();
    stage.press("7");
    stage.shows("service-looking");
    service(None).shows("service-absent");
    service(Some(false)).shows("service-stopped");
    service(Some(true)).shows("service");
    let silent = Some("The service at `/run/user/1000/bwdc/bwdc.sock` did not answer: timed out.".to_owned());
    let mut stage = menu();
    stage.press("7");
    stage.answer(Happened::Service(Box::new(ServiceState { silent, is_root: true, ..state(Some(true)) })));
    stage.shows("service-silent");
}

#[test]
fn it_is_stopped_and_removed_after_a_yes_only() {
    let mut stage = service(Some(true));
    stage.press("2");
    stage.shows("service-ask-stop");
    stage.press("n");
    assert!(stage.orders.is_empty());
    stage.press("2y");
    assert!(matches!(work(&stage), ServiceWork::Control(Verb::Stop)));
    stage.answer(Happened::Said("The service is stopped.".to_owned()));
    stage.answer(Happened::Service(Box::new(state(Some(false)))));
    assert!(stage.text(80, 24).contains("installed and does not run"));
    stage.press("4");
    stage.shows("service-ask-remove");
    stage.press("<enter>");
    assert!(stage.orders.is_empty(), "Enter is no yes");
    stage.press("1");
    assert!(matches!(work(&stage), ServiceWork::Control(Verb::Start)));
}

#[test]
fn what_is_installed_is_shown_first_and_foreign_commands_need_a_yes_of_their_own() {
    let mut stage = service(None);
    stage.press("1");
    stage.answer(Happened::Drafted(Box::new(draft(false))));
    stage.shows("service-draft");
    stage.press("<enter><enter>");
    assert!(stage.orders.is_empty(), "Enter installs nothing");
    stage.press("y");
    assert!(matches!(work(&stage), ServiceWork::Install(_)));
    let error = error_text(&SystemServiceError::Occupied { folder: "/var/lib/bwdc/data".into() });
    stage.answer(Happened::Failed(Box::new(error)));
    stage.shows("service-not-installed");

    let mut stage = service(None);
    stage.press("1");
    stage.answer(Happened::Drafted(Box::new(draft(true))));
    stage.shows("service-draft-commands");
    stage.press("y");
    assert!(stage.orders.is_empty(), "one yes is not enough");
    stage.press("y");
    assert!(matches!(work(&stage), ServiceWork::Install(_)));
    stage.answer(Happened::Said(
        "The service is installed and runs as `bwdc`.\nIts own check found no failure.".to_owned(),
    ));
    stage.shows("service-installed");
}

#[test]
fn its_log_opens_at_its_end_and_its_settings_are_a_form() {
    let mut stage = service(Some(true));
    stage.press("3");
    assert!(matches!(work(&stage), ServiceWork::Log));
    let lines = (1..=60)
        .map(|it| Line::plain(format!("2025-11-26T16:{it:02}:00 bwdc: default: nothing to send")))
        .collect();
    stage.answer(Happened::Told(Box::new(Told { lines, ..Told::default() })));
    stage.shows("service-log");
    stage.press("<enter>");
    stage.answer(Happened::Service(Box::new(state(Some(true)))));
    stage.press("4");
    stage.shows("form-schedule");
}
