//! What can be pressed or typed into is inside the window and not below something else: in the smallest usual window, with text at
//! its usual size and at twice that, in English and in German.

use super::scenes::table;
use super::scripted::Scripted;
use bwdc_desktop::app::{App, Screen, Tab};
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot as _};
use slint::{ComponentHandle as _, LogicalSize};
use std::ops::ControlFlow;
use std::process::Command;
use std::time::Duration;

/// The language of the process that this test starts for itself.
const LANGUAGE: &str = "BWDC_TEST_LANGUAGE";
const CONTROLS: [AccessibleRole; 7] = [
    AccessibleRole::Button,
    AccessibleRole::Checkbox,
    AccessibleRole::Combobox,
    AccessibleRole::RadioButton,
    AccessibleRole::Switch,
    AccessibleRole::Tab,
    AccessibleRole::TextInput,
];
const WIDTH: f32 = 800.0;
const HEIGHT: f32 = 600.0;
/// The usual size of text, and twice that, among the sizes.
const ZOOMS: [usize; 2] = [2, 5];

struct Control {
    name: String,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

fn controls(window: &Scripted) -> Vec<Control> {
    i_slint_backend_testing::mock_elapsed_time(Duration::from_millis(1));
    let mut found = Vec::new();
    let mut add = |element: &ElementHandle| {
        let (place, size) = (element.absolute_position(), element.size());
        found.push(Control {
            name: element.accessible_label().map(String::from).unwrap_or_default(),
            left: place.x,
            top: place.y,
            right: place.x + size.width,
            bottom: place.y + size.height,
        });
    };
    window.window.root_element().visit_descendants(|element| {
        if element.accessible_role().is_some_and(|it| CONTROLS.contains(&it)) {
            add(&element);
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

/// What does not fit in this window, in words.
fn misplaced(window: &Scripted, is_covered: bool) -> Vec<String> {
    const ROUNDING: f32 = 0.5;
    let controls = controls(window);
    // What stands below what scrolls.
    let below: Vec<String> = window.view.app(|app| {
        app.page()
            .map(|it| it.buttons.iter().map(|button| button.label.clone()).collect())
            .unwrap_or_default()
    });
    let mut found = Vec::new();
    for (number, it) in controls.iter().enumerate() {
        if it.left < -ROUNDING || it.right > WIDTH + ROUNDING {
            found.push(format!("`{}` is from {} to {}", it.name, it.left, it.right));
        }
        // In one line only: what scrolls is cut where the next part begins.
        let overlaps = |other: &&Control| {
            let wide = it.right.min(other.right) - it.left.max(other.left);
            wide > 1.0 && (it.top - other.top).abs() < 2.0
        };
        if it.bottom > HEIGHT + ROUNDING && below.contains(&it.name) {
            found.push(format!("`{}` ends at {}", it.name, it.bottom));
        }
        // What is asked stands over everything else.
        if let Some(other) = controls[number + 1..].iter().find(overlaps).filter(|_| !is_covered) {
            found.push(format!("`{}` and `{}` are in one place", it.name, other.name));
        }
    }
    found
}

fn check(name: &str, app: App, wrong: &mut Vec<String>) {
    let window = Scripted::over(app);
    window.window.window().set_size(LogicalSize::new(WIDTH, HEIGHT));
    for zoom in ZOOMS {
        window.view.with(|app| app.choose_zoom(zoom));
        let is_covered = window.view.app(|app| app.ask.is_some() || app.server.is_some());
        let found = misplaced(&window, is_covered);
        wrong.extend(found.into_iter().map(|it| format!("{name}, size {zoom}: {it}")));
    }
}

#[test]
fn every_control_is_inside_the_window() {
    if let Ok(language) = std::env::var(LANGUAGE) {
        bwdc_desktop::speak(|_| Some(language.clone()));
    }
    let mut wrong = Vec::new();
    for (name, _, app) in table() {
        check(name, app, &mut wrong);
    }
    let set_up = || {
        let found = table().into_iter().find(|(name, ..)| *name == "first-run");
        found.expect("a state of the table").2
    };
    for tab in Tab::ALL {
        let mut app = set_up();
        app.select_tab(tab);
        check(&format!("{tab:?}"), app, &mut wrong);
    }
    let questions: [(&str, fn(&mut App)); 3] = [
        ("logging out", App::ask_to_log_out),
        ("clearing", App::ask_to_clear),
        ("the server", App::open_server),
    ];
    for (name, ask) in questions {
        let mut app = set_up();
        ask(&mut app);
        check(name, app, &mut wrong);
    }
    let mut app = set_up();
    app.screen = Screen::SignIn;
    check("signing in", app, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_control_is_inside_the_window_in_german() {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "fits::every_control_is_inside_the_window", "--nocapture"])
        .env(LANGUAGE, "de")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
