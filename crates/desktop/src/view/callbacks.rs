//! What is done in the window, to the app.

use super::View;
use super::ui::{
    AppWindow, Dashboard, History, More, Page, Plan, Results, Server, Settings, Shell, SignIn, Words,
};
use crate::app::{Action, Answer, App, KeyKind, Notice, SaveWhat, Tab, WindowSwitch};
use bwdc_messages::desktop::label;
use bwdc_messages::setup::SetupExtent;
use slint::{ComponentHandle as _, Model as _, SharedString};
use std::rc::{Rc, Weak};

/// Calls a method of the app.
fn call(view: &Weak<View>, work: impl FnOnce(&mut App)) {
    if let Some(view) = view.upgrade() {
        view.with(work);
    }
}

/// Ties callbacks without arguments to methods without arguments.
macro_rules! press {
    ($view:expr, $global:expr, $($on:ident => $do:expr),* $(,)?) => {$(
        let view = Rc::downgrade($view);
        $global.$on(move || call(&view, $do));
    )*};
}

fn index(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// What a button of a sentence does.
fn act(app: &mut App, notice: impl Fn(&App) -> Option<&Notice>, number: i32) {
    let action: Option<Action> = notice(app).and_then(|it| it.actions.get(index(number))).cloned();
    if let Some(action) = action {
        app.act(&action);
    }
}

impl View {
    pub(super) fn listen(self: &Rc<Self>, window: &AppWindow) {
        window.global::<Words>().on_of(|key| label(&key).into());
        window
            .global::<Words>()
            .on_place(|choices, value| choices.iter().position(|it| it == value).map_or(-1, |it| it as i32));
        self.listen_shell(window);
        self.listen_sign_in(window);
        self.listen_dashboard(window);
        self.listen_plan(window);
        self.listen_settings(window);
        self.listen_rest(window);
        self.listen_page(window);
    }

    fn listen_shell(self: &Rc<Self>, window: &AppWindow) {
        let shell = window.global::<Shell>();
        press!(self, shell,
            on_cancel_run => App::cancel_run,
            on_retry => App::retry,
            on_profiles => App::open_profiles,
        );
        let view = Rc::downgrade(self);
        shell.on_tab_selected(move |number| {
            let tab = Tab::ALL.get(index(number)).copied();
            call(&view, |app| tab.into_iter().for_each(|it| app.select_tab(it)));
        });
        let view = Rc::downgrade(self);
        shell.on_answered(move |which, typed| {
            let answer = match which {
                1 => Answer::Yes,
                2 => Answer::Other,
                _ => Answer::No,
            };
            call(&view, |app| app.answer(answer, &typed));
        });
        let view = Rc::downgrade(self);
        shell.on_act(move |number| call(&view, |app| act(app, |it| Some(&it.broken), number)));
        let view = Rc::downgrade(self);
        shell.on_key(move |key| {
            let Some(shortcut) = shortcut(&key) else { return false };
            call(&view, shortcut);
            true
        });
    }

    fn listen_sign_in(self: &Rc<Self>, window: &AppWindow) {
        let sign_in = window.global::<SignIn>();
        press!(self, sign_in,
            on_log_in => App::log_in,
            on_cancel => App::cancel_log_in,
            on_change_server => App::open_server,
            on_close_notice => App::close_sign_in_notice,
            on_account => |app: &mut App| app.open_setup(SetupExtent::SignInOnly),
            on_set_up => |app: &mut App| app.open_setup(SetupExtent::Whole),
            on_profiles => App::open_profiles,
        );
        let view = Rc::downgrade(self);
        sign_in.on_id_edited(move |text| call(&view, |app| app.type_client_id(&text)));
        let view = Rc::downgrade(self);
        sign_in.on_secret_edited(move |text| call(&view, |app| app.type_client_secret(&text)));
        let view = Rc::downgrade(self);
        sign_in.on_act(move |number| call(&view, |app| act(app, |it| it.sign_in.notice.as_ref(), number)));
        let server = window.global::<Server>();
        press!(self, server,
            on_check => App::check_server,
            on_save => App::save_server,
            on_cancel => App::cancel_server,
        );
        let view = Rc::downgrade(self);
        server.on_kind_chosen(move |number| call(&view, |app| app.choose_server(index(number))));
        let view = Rc::downgrade(self);
        server.on_edited(move |field, text| call(&view, |app| app.type_server(&field, &text)));
    }

    fn listen_dashboard(self: &Rc<Self>, window: &AppWindow) {
        let dashboard = window.global::<Dashboard>();
        press!(self, dashboard,
            on_toggle => App::toggle_automatic,
            on_sync_now => App::sync_now,
            on_test_now => App::test_now,
            on_close_notice => App::close_notice,
        );
        let view = Rc::downgrade(self);
        dashboard.on_since_last_toggled(move |on| call(&view, |app| app.set_since_last(on)));
        let view = Rc::downgrade(self);
        dashboard.on_act(move |number| call(&view, |app| act(app, |it| it.notice.as_ref(), number)));
        let view = Rc::downgrade(self);
        dashboard.on_standing_act(move |notice, number| {
            call(&view, |app| {
                let standing = app.standing();
                let pressed = standing.get(index(notice)).and_then(|it| it.actions.get(index(number)));
                pressed.into_iter().for_each(|it| app.act(it));
            });
        });
        let results = window.global::<Results>();
        press!(self, results,
            on_close => App::close_results,
            on_save => |app: &mut App| app.ask_where(SaveWhat::Results),
        );
        let view = Rc::downgrade(self);
        results.on_selected(move |number| call(&view, |app| app.look(Some(index(number)), None)));
        let view = Rc::downgrade(self);
        results.on_searched(move |text| call(&view, |app| app.look(None, Some(&text))));
    }

    fn listen_page(self: &Rc<Self>, window: &AppWindow) {
        let page = window.global::<Page>();
        press!(self, page, on_accepted => App::accept_page, on_back => App::leave_page);
        let view = Rc::downgrade(self);
        page.on_pressed(move |number| call(&view, |app| app.press_page(index(number))));
        let view = Rc::downgrade(self);
        page.on_edited(move |field, text| call(&view, |app| app.type_page(index(field), &text)));
        let view = Rc::downgrade(self);
        page.on_chosen(move |number| call(&view, |app| app.choose_on_page(index(number))));
        let view = Rc::downgrade(self);
        page.on_act(move |number| call(&view, |app| app.act_on_page(index(number))));
    }

    fn listen_plan(self: &Rc<Self>, window: &AppWindow) {
        let plan = window.global::<Plan>();
        press!(self, plan,
            on_make => App::make_plan,
            on_save => |app: &mut App| app.ask_where(SaveWhat::Plan),
            on_apply => App::apply_plan,
            on_approve => App::approve_plan,
            on_close_notice => App::close_plan_notice,
        );
        let view = Rc::downgrade(self);
        plan.on_selected(move |number| call(&view, |app| app.look_at_plan(Some(index(number)), None)));
        let view = Rc::downgrade(self);
        plan.on_searched(move |text| call(&view, |app| app.look_at_plan(None, Some(&text))));
        let view = Rc::downgrade(self);
        plan.on_line_selected(move |number| call(&view, |app| app.choose_plan_line(index(number))));
        let view = Rc::downgrade(self);
        plan.on_act(move |number| call(&view, |app| act(app, |it| it.plan.notice.as_ref(), number)));
    }

    fn listen_settings(self: &Rc<Self>, window: &AppWindow) {
        let settings = window.global::<Settings>();
        press!(self, settings,
            on_save => App::save_settings,
            on_revert => |app: &mut App| app.settings.revert(),
            on_check => App::check_settings,
            on_close_notice => App::close_settings_notice,
        );
        let view = Rc::downgrade(self);
        settings.on_section_selected(move |number| call(&view, |app| app.settings.select(index(number))));
        let view = Rc::downgrade(self);
        settings.on_edited(move |name, text| call(&view, |app| app.settings.type_value(&name, &text)));
        let view = Rc::downgrade(self);
        settings.on_chosen_of(move |name: SharedString, number| {
            call(&view, |app| app.settings.choose_value(&name, index(number)));
        });
        let view = Rc::downgrade(self);
        settings.on_pick(move |name| call(&view, |app| app.open_files(&name)));
        let view = Rc::downgrade(self);
        settings.on_act(move |number| call(&view, |app| act(app, |it| it.settings.notice.as_ref(), number)));
    }

    fn listen_rest(self: &Rc<Self>, window: &AppWindow) {
        let history = window.global::<History>();
        press!(self, history,
            on_refresh => App::refresh_history,
            on_save => |app: &mut App| app.ask_where(SaveWhat::Run),
        );
        let view = Rc::downgrade(self);
        history.on_selected(move |number| call(&view, |app| app.choose_run(index(number))));
        let view = Rc::downgrade(self);
        history.on_searched(move |text| call(&view, |app| app.search_run(&text)));
        let more = window.global::<More>();
        press!(self, more,
            on_examine => App::examine,
            on_archive => |app: &mut App| app.ask_where(SaveWhat::Archive),
            on_clear_cache => App::ask_to_clear,
            on_open_folder => App::open_folder,
            on_export_settings => |app: &mut App| app.ask_where(SaveWhat::Settings),
            on_import_settings => App::import_settings,
            on_log_out => App::ask_to_log_out,
            on_check_updates => App::check_updates,
            on_close_notice => App::close_more_notice,
            on_licences => App::open_licences,
            on_renew => |app: &mut App| app.open_key(KeyKind::Organization),
            on_observer => |app: &mut App| app.open_key(KeyKind::Observer),
            on_repairs => App::open_repairs,
            on_set_up => |app: &mut App| app.open_setup(SetupExtent::Whole),
            on_service => App::open_service,
            on_profiles => App::open_profiles,
        );
        let view = Rc::downgrade(self);
        more.on_finding_selected(move |number| call(&view, |app| app.choose_finding(index(number))));
        let view = Rc::downgrade(self);
        more.on_scheme_chosen(move |number| call(&view, |app| app.choose_scheme(index(number))));
        let view = Rc::downgrade(self);
        more.on_zoom_chosen(move |number| call(&view, |app| app.choose_zoom(index(number))));
        let switch = |kind| {
            let view = Rc::downgrade(self);
            move |on| call(&view, |app| app.switch(kind, on))
        };
        let start = Rc::downgrade(self);
        more.on_start_toggled(move |on| call(&start, |app| app.start_at_login(on)));
        more.on_always_on_top_toggled(switch(WindowSwitch::AlwaysOnTop));
        more.on_tray_toggled(switch(WindowSwitch::Tray));
        more.on_close_to_tray_toggled(switch(WindowSwitch::CloseToTray));
        more.on_minimize_to_tray_toggled(switch(WindowSwitch::MinimizeToTray));
    }
}

/// What Ctrl (on a Mac: Cmd) and a key do, in every screen.
fn shortcut(key: &str) -> Option<fn(&mut App)> {
    Some(match key {
        "1" => |app| app.select_tab(Tab::Dashboard),
        "2" => |app| app.select_tab(Tab::Plan),
        "3" => |app| app.select_tab(Tab::Settings),
        "4" => |app| app.select_tab(Tab::History),
        "5" => |app| app.select_tab(Tab::More),
        "=" | "+" => |app| app.zoom(1),
        "-" => |app| app.zoom(-1),
        "0" => |app| app.zoom(0),
        "s" => |app| app.save_settings(),
        "w" => App::close,
        "q" => App::quit,
        _ => return None,
    })
}
