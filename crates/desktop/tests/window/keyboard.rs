//! Somebody who has no mouse: only keys are pressed, and what is reached by them is what has the focus.

use super::desk::{Desk, configured};
use super::support::Stage;
use bwdc_desktop::app::Screen;
use bwdc_desktop::view::ui::AppWindow;
use bwdc_sandbox::cloud::okta;
use i_slint_core::accessibility::AccessibleStringProperty;
use i_slint_core::item_tree::ParentItemTraversalMode;
use i_slint_core::items::AccessibleRole;
use i_slint_core::window::WindowInner;
use slint::ComponentHandle as _;
use slint::platform::{Key, WindowEvent};

/// More elements than a screen has.
const MOST: usize = 120;

/// What a screen reader says of the element that has the focus.
fn focused(window: &AppWindow) -> String {
    i_slint_backend_testing::mock_elapsed_time(std::time::Duration::from_millis(1));
    let inner = WindowInner::from_pub(window.window());
    let mut item = inner.focus_item.borrow().upgrade();
    while let Some(at) = item {
        let label = at.accessible_string_property(AccessibleStringProperty::Label);
        match (at.accessible_role(), label) {
            (AccessibleRole::None, _) | (_, None) => {}
            (_, Some(label)) if label.is_empty() => {}
            (_, Some(label)) => return label.into(),
        }
        item = at.parent_item(ParentItemTraversalMode::StopAtPopups);
    }
    String::new()
}

impl Desk {
    /// Goes from element to element until this one has the focus.
    #[track_caller]
    fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MOST {
            let at = focused(&self.window);
            if at == name {
                return;
            }
            passed.push(at);
            self.key(Key::Tab);
        }
        unreachable!("the focus does not come to `{name}`, but to {passed:?}");
    }

    #[track_caller]
    fn tab_and_press(&self, name: &str) {
        self.tab_to(name);
        self.key(Key::Return);
    }

    fn control(&self, letter: char) {
        let window = self.window.window();
        window.dispatch_event(WindowEvent::KeyPressed { text: Key::Control.into() });
        self.key(letter);
        window.dispatch_event(WindowEvent::KeyReleased { text: Key::Control.into() });
    }

    fn types(&self, text: &str) {
        for letter in text.chars() {
            self.key(letter);
        }
    }

    /// Types what the page asks for, where the focus is, and goes on.
    #[track_caller]
    fn types_and_goes_on(&self, seen: &str, text: &str) {
        let label = self.view.app(|app| app.page().map(|it| it.fields[0].label.clone())).expect("a page");
        assert!(label.contains(seen), "`{seen}` is not asked, but `{label}`");
        assert_eq!(focused(&self.window), label, "who types need not look for the field");
        self.types(text);
        self.goes_on();
    }

    /// Chooses in this place by the arrows, and goes on.
    #[track_caller]
    fn arrows_to(&self, number: usize) {
        let at = self.view.app(|app| app.page().map(|it| it.choice)).expect("a page");
        let key = if at < number { Key::DownArrow } else { Key::UpArrow };
        for _ in 0..at.abs_diff(number) {
            self.key(key);
        }
        assert_eq!(self.view.app(|app| app.page().map(|it| it.choice)), Some(number));
        self.goes_on();
    }

    fn goes_on(&self) {
        self.key(Key::Return);
        self.page_ready();
    }
}

#[test]
fn a_complete_set_up_to_the_first_sync_by_the_keyboard_alone() {
    let tenant = okta::Tenant::generate(12, 2, 3);
    let server = okta::Server::start(okta::Options::new(tenant)).expect("a stand-in");
    let desk = Desk::over(Stage::empty().expect("servers"));
    assert_eq!(focused(&desk.window), "Client ID");
    desk.tab_and_press("Guided Set-Up");
    desk.page_ready();
    desk.arrows_to(2);
    desk.types_and_goes_on("Address of the server", &desk.stage.organization.url());
    desk.types_and_goes_on("Client ID", &desk.stage.organization.client_id());
    desk.types_and_goes_on("Client Secret", &desk.stage.organization.client_secret());
    desk.arrows_to(4);
    desk.types_and_goes_on("Organization URL", server.url());
    desk.types_and_goes_on("Client id", "");
    // A way back and to what has to be prepared, without a mouse.
    desk.tab_and_press("What to Prepare");
    desk.goes_on();
    desk.types_and_goes_on("Token", server.token());
    for _ in 0..3 {
        desk.goes_on();
    }
    assert!(
        desk.names().iter().any(|it| it.contains("12 people, 0 disabled, 2 groups.")),
        "{:?}",
        desk.names()
    );
    desk.goes_on();
    desk.arrows_to(0);
    while desk.view.app(|app| app.page().is_some()) {
        desk.goes_on();
    }
    desk.wait(|app| app.screen == Screen::Main);
    desk.settle();
    let synced = desk.stage.organization.members().into_iter().filter(|it| it.external_id.is_some());
    assert_eq!(synced.count(), 12);
}

#[test]
fn a_test_a_plan_an_approval_and_a_sync_by_the_keyboard_alone() {
    let desk = Desk::over(configured());
    desk.tab_and_press("Test Now");
    desk.idle();
    desk.tab_to("Search");
    desk.types("zzz");
    assert!(desk.shows("Nothing here matches the search."));
    desk.tab_and_press("Close results");
    desk.tab_and_press("Sync Now");
    desk.idle();
    desk.tab_and_press("Dismiss");
    for member in desk.stage.organization.members() {
        desk.stage.organization.confirm(&member.email);
    }
    for name in ["amina.diabarra", "aoi.sanabe", "aurelie.montfaucard"] {
        let gone = format!("uid={name},ou=People,{}", desk.stage.company.suffix);
        desk.stage.directory.delete(&gone).expect("people leave");
    }
    desk.stage.set(&[("limits.removals", "1"), ("leavers.gone", "remove")]).expect("settings");
    let before = desk.stage.organization.members().len();
    desk.control('2');
    desk.tab_and_press("Compare Now");
    desk.idle();
    // The detail of the first line.
    desk.tab_to("What a sync would change");
    desk.key(Key::DownArrow);
    desk.key(Key::Return);
    assert!(desk.view.app(|app| app.plan.detail()).is_some());
    desk.tab_and_press("Approve …");
    let question = "3 people would lose access. To approve this, type 3";
    assert_eq!(focused(&desk.window), question, "what is asked has the focus");
    desk.types("3");
    desk.tab_and_press("Approve and Apply");
    desk.idle();
    assert_eq!(desk.stage.organization.members().len(), before - 3);
}

#[test]
fn no_screen_holds_the_focus_and_a_question_keeps_it() {
    let desk = Desk::over(configured());
    for (key, last) in [
        ('1', "Test Now"),
        ('2', "Compare Now"),
        ('3', "Test Connection"),
        ('4', "Runs"),
        ('5', "Check for Updates"),
    ] {
        desk.control(key);
        desk.settle();
        desk.tab_to(last);
        desk.tab_to("Dashboard");
    }
    desk.control('5');
    desk.tab_and_press("Log Out …");
    let mut reached = Vec::new();
    for _ in 0..MOST {
        let at = focused(&desk.window);
        if !reached.contains(&at) {
            reached.push(at);
        }
        desk.key(Key::Tab);
    }
    reached.sort();
    assert_eq!(reached, ["Cancel", "Log Out"], "nothing behind a question can be reached");
}

/// Where in the window the element is that has the focus: its upper and lower edge.
fn focused_at(window: &AppWindow) -> (f32, f32) {
    i_slint_backend_testing::mock_elapsed_time(std::time::Duration::from_millis(50));
    let inner = WindowInner::from_pub(window.window());
    let item = inner.focus_item.borrow().upgrade().expect("something has the focus");
    let place = item.geometry();
    let top = item.map_to_window(place.origin).y;
    (top, top + place.size.height)
}

#[test]
fn what_has_the_focus_is_seen_in_a_low_window() {
    let desk = Desk::configured();
    desk.window.window().set_size(slint::LogicalSize::new(800.0, 600.0));
    for (tab, last, lowest) in [("More", "Licenses", 600.0), ("Settings", "Primary groups", 540.0)] {
        desk.press(tab);
        desk.settle();
        if tab == "Settings" {
            desk.press("Reading LDAP entries");
        }
        let mut seen = Vec::new();
        for _ in 0..MOST {
            desk.key(Key::Tab);
            let (name, (top, bottom)) = (focused(&desk.window), focused_at(&desk.window));
            let is_below = ["Test Connection", "Revert", "Save"].contains(&name.as_str());
            let limit = if is_below { 600.0 } else { lowest };
            assert!(top >= 0.0 && bottom <= limit, "{tab}: `{name}` is from {top} to {bottom}");
            seen.push(name);
            if seen.last().is_some_and(|it| it == last) {
                break;
            }
        }
        assert!(seen.iter().any(|it| it == last), "{tab}: {seen:?}");
    }
}
