//! What the app shows, into the window.

use super::model::{refill, shared};
use super::ui::{
    AppWindow, Bar, Dashboard, Fact, History, More, Page, Plan, Results, Scheme, Screen, Server, Settings,
    Shell, SignIn, TabLine, Theme, Tone as UiTone,
};
use super::{View, notice_line, tone};
use crate::app::{App, PLAN_TABS, SCHEMES, SERVER_KINDS, Screen as Filled, Tab, Tone, ZOOMS};
use crate::job::Overview;
use crate::results::LISTS;
use crate::rows::Rows;
use bwdc_core::settings::EnvironmentUrls;
use bwdc_messages::desktop::{label, server, signed_in, version};
use slint::{ComponentHandle as _, ModelRc, SharedString, VecModel};
use std::rc::Rc;

const SCHEME_OF: [Scheme; 4] = [Scheme::System, Scheme::Light, Scheme::Dark, Scheme::Contrast];

impl View {
    /// The lists are given once; later they are filled.
    pub(super) fn give_models(&self, window: &AppWindow) {
        let models = &self.models;
        window.global::<Shell>().set_tabs(shared(&models.tabs));
        window.global::<Dashboard>().set_facts(shared(&models.facts));
        window.global::<Dashboard>().set_bars(shared(&models.bars));
        window.global::<Results>().set_tabs(shared(&models.result_tabs));
        window.global::<Results>().set_lines(shared(&models.results));
        window.global::<Plan>().set_tabs(shared(&models.plan_tabs));
        window.global::<Plan>().set_lines(shared(&models.plan));
        window.global::<Settings>().set_sections(shared(&models.sections));
        window.global::<Settings>().set_fields(shared(&models.fields.model));
        window.global::<History>().set_runs(shared(&models.runs));
        window.global::<History>().set_actions(shared(&models.actions));
        window.global::<More>().set_findings(shared(&models.findings));
        window.global::<Dashboard>().set_standing(shared(&models.standing));
        let page = window.global::<Page>();
        page.set_head(shared(&models.page.head));
        page.set_choices(shared(&models.page.choices));
        page.set_fields(shared(&models.page.fields));
        page.set_buttons(shared(&models.page.buttons));
        page.set_rows(shared(&models.page_rows));
        window.global::<Server>().set_kinds(labels(&SERVER_KINDS));
        window.global::<More>().set_schemes(labels(&SCHEMES.map(|(_, key)| key)));
        let zooms: Vec<SharedString> = ZOOMS.iter().map(|it| format!("{it} %").into()).collect();
        window.global::<More>().set_zooms(ModelRc::new(VecModel::from(zooms)));
        window.global::<More>().set_version(version(env!("CARGO_PKG_VERSION")).into());
    }

    pub(super) fn show(&self, window: &AppWindow, app: &App) {
        self.show_shell(window, app);
        show_sign_in(window, app);
        self.show_dashboard(window, app);
        self.show_plan(window, app);
        self.show_settings(window, app);
        self.show_history(window, app);
        self.show_more(window, app);
        self.show_page(window, app);
    }

    fn show_shell(&self, window: &AppWindow, app: &App) {
        let theme = window.global::<Theme>();
        let scheme = SCHEME_OF[app.window.scheme.min(SCHEME_OF.len() - 1)];
        if theme.get_scheme() != scheme {
            theme.set_scheme(scheme);
            theme.invoke_follow();
        }
        theme.set_zoom(f32::from(ZOOMS[app.window.zoom]) / 100.0);
        window.set_on_top(app.window.always_on_top);
        let shell = window.global::<Shell>();
        shell.set_screen(match app.screen {
            Filled::Loading => Screen::Loading,
            Filled::Broken => Screen::Broken,
            Filled::SignIn => Screen::SignIn,
            Filled::Main => Screen::Main,
        });
        let tabs = ["tab.dashboard", "tab.plan", "tab.settings", "tab.history", "tab.more"].map(|key| {
            let marked = key == "tab.settings" && app.settings.is_changed();
            TabLine { text: label(key).into(), count: SharedString::new(), marked }
        });
        refill(&self.models.tabs, tabs.to_vec());
        shell.set_tab(Tab::ALL.iter().position(|it| *it == app.tab).unwrap_or(0) as i32);
        shell.set_organization(place(&app.overview).into());
        shell.set_broken(notice_line(&app.broken));
        shell.set_server_open(app.server.is_some());
        shell.set_running(app.running.is_some());
        if let Some(running) = &app.running {
            let said = if running.text.is_empty() { app.state().0 } else { running.text.clone() };
            shell.set_run_text(said.into());
            shell.set_run_part(running.part.unwrap_or(-1.0));
            shell.set_cancelling(running.cancelling);
        }
        if let Some(ask) = &app.ask {
            shell.set_ask_title(ask.title.as_str().into());
            shell.set_ask_message(ask.message.as_str().into());
            shell.set_ask_confirm(ask.confirm.as_str().into());
            shell.set_ask_other(ask.other.as_str().into());
            shell.set_ask_cancel(label("cancel").into());
            shell.set_ask_danger(ask.danger);
            shell.set_ask_text(ask.line.is_some());
            let (line, typed) = ask.line.clone().unwrap_or_default();
            shell.set_ask_label(line.into());
            shell.set_ask_typed(typed.into());
            shell.set_ask_error(ask.error.as_str().into());
        }
        shell.set_asking(app.ask.is_some());
    }

    fn show_dashboard(&self, window: &AppWindow, app: &App) {
        let dashboard = window.global::<Dashboard>();
        let (state, meant) = app.state();
        dashboard.set_state(state.into());
        dashboard.set_state_tone(tone(meant));
        dashboard.set_automatic(app.automatic);
        let facts = app.facts().into_iter();
        let facts = facts.map(|(name, value)| Fact { name: name.into(), value: value.into() });
        refill(&self.models.facts, facts.collect());
        dashboard.set_can_run(app.can_run());
        dashboard.set_can_start(app.can_start_timer());
        dashboard.set_can_test(app.can_run() && !app.overview.state.by_service);
        refill(&self.models.standing, app.standing().iter().map(notice_line).collect());
        dashboard.set_since_last(app.since_last);
        dashboard.set_has_notice(app.notice.is_some());
        dashboard.set_notice(app.notice.as_ref().map(notice_line).unwrap_or_default());
        let bars = app.bars().into_iter();
        let bars = bars.map(|(height, meant)| Bar { height, tone: tone(meant), name: SharedString::new() });
        refill(&self.models.bars, bars.collect());
        dashboard.set_bars_text(app.bars_text().into());
        let results = window.global::<Results>();
        results.set_shown(app.lists.is_some());
        results.set_title(label("results.title").into());
        if let Some(lists) = &app.lists {
            refill(&self.models.result_tabs, counted(&LISTS, &lists.results.counts()));
            results.set_chosen(lists.chosen as i32);
            results.set_search(lists.search.as_str().into());
            let searched = !lists.search.trim().is_empty();
            results.set_empty(label(if searched { "results.no-match" } else { "results.none" }).into());
            self.models.results.show(Rc::clone(&lists.found) as Rc<dyn Rows>);
        }
    }

    fn show_plan(&self, window: &AppWindow, app: &App) {
        let plan = window.global::<Plan>();
        plan.set_made(app.plan.is_made());
        plan.set_can_run(app.can_run());
        plan.set_sorted(app.plan.is_sorted());
        plan.set_can_save(app.plan.can_save());
        plan.set_summary(app.plan.summary().into());
        plan.set_verdict(app.plan.verdict().into());
        plan.set_verdict_tone(if app.plan.is_refused() { UiTone::Warn } else { UiTone::Plain });
        plan.set_can_apply(app.plan.can_apply());
        plan.set_can_approve(app.plan.can_approve());
        plan.set_has_notice(app.plan.notice.is_some());
        plan.set_notice(app.plan.notice.as_ref().map(notice_line).unwrap_or_default());
        refill(&self.models.plan_tabs, counted(&PLAN_TABS, &app.plan.counts()));
        plan.set_chosen(app.plan.chosen as i32);
        plan.set_search(app.plan.search.as_str().into());
        let searched = !app.plan.search.trim().is_empty();
        plan.set_empty(label(if searched { "results.no-match" } else { "plan.empty" }).into());
        self.models.plan.show(Rc::clone(&app.plan.shown) as Rc<dyn Rows>);
        plan.set_line(app.plan.line.map_or(-1, |it| it as i32));
        let (title, detail) = app.plan.detail().unwrap_or_default();
        plan.set_detail_title(title.into());
        plan.set_detail(detail.into());
    }

    fn show_settings(&self, window: &AppWindow, app: &App) {
        let settings = window.global::<Settings>();
        let form = &app.settings;
        let sections = form.sections();
        let chosen = sections.iter().position(|(_, _, shown)| *shown).unwrap_or(0);
        let lines = sections.into_iter().map(|(title, marked, _)| TabLine {
            text: title.into(),
            count: SharedString::new(),
            marked,
        });
        refill(&self.models.sections, lines.collect());
        settings.set_chosen(chosen as i32);
        self.models.fields.show(form.fields());
        settings.set_title(form.title().into());
        settings.set_intro(form.intro().into());
        settings.set_state(form.state().into());
        settings.set_changed(form.is_changed());
        settings.set_can_save(form.can_save());
        settings.set_can_check(app.running.is_none() && form.errors() == 0);
        settings.set_has_notice(form.notice.is_some());
        settings.set_notice(form.notice.as_ref().map(notice_line).unwrap_or_default());
    }

    fn show_history(&self, window: &AppWindow, app: &App) {
        let history = window.global::<History>();
        self.models.runs.show(Rc::clone(&app.history.rows) as Rc<dyn Rows>);
        self.models.actions.show(Rc::clone(&app.history.actions) as Rc<dyn Rows>);
        history.set_chosen(app.history.chosen.map_or(-1, |it| it as i32));
        history.set_title(app.history.title().into());
        history.set_detail(app.history.detail().into());
        history.set_search(app.history.search.as_str().into());
    }

    fn show_more(&self, window: &AppWindow, app: &App) {
        let more = window.global::<More>();
        let client_id = app.overview.state.client_id.as_deref();
        more.set_signed_in(client_id.map(signed_in).unwrap_or_default().into());
        more.set_folder(app.overview.folder.display().to_string().into());
        more.set_update(app.more.update.as_str().into());
        more.set_update_busy(app.more.update_busy);
        more.set_can_run(app.running.is_none());
        more.set_can_manage(app.running.is_none() && !app.overview.state.by_service);
        more.set_examined(app.more.is_examined());
        more.set_examined_text(app.more.summary().into());
        self.models.findings.show(Rc::clone(&app.more.rows) as Rc<dyn Rows>);
        more.set_finding(app.more.finding.map_or(-1, |it| it as i32));
        more.set_finding_detail(app.more.detail().into());
        more.set_scheme(app.window.scheme as i32);
        more.set_zoom(app.window.zoom as i32);
        more.set_always_on_top(app.window.always_on_top);
        more.set_tray(app.window.tray);
        more.set_close_to_tray(app.window.close_to_tray);
        more.set_minimize_to_tray(app.window.minimize_to_tray);
        more.set_can_start(app.overview.starts_at_login.is_some());
        more.set_starts(app.overview.starts_at_login == Some(true));
        let note = if app.window.has_tray { String::new() } else { label("more.no-tray") };
        more.set_tray_note(note.into());
        more.set_has_notice(app.more.notice.is_some());
        more.set_notice(app.more.notice.as_ref().map(notice_line).unwrap_or_default());
    }
}

fn show_sign_in(window: &AppWindow, app: &App) {
    let sign_in = window.global::<SignIn>();
    sign_in.set_client_id(app.sign_in.client_id.as_str().into());
    sign_in.set_client_id_error(app.sign_in.id_error().into());
    sign_in.set_secret(app.sign_in.secret.as_str().into());
    sign_in.set_secret_error(app.sign_in.secret_error().into());
    sign_in.set_server(server(&host(&app.overview.urls())).into());
    sign_in.set_profile(bwdc_messages::desktop::profile(&app.overview.profile).into());
    sign_in.set_busy(app.sign_in.busy);
    sign_in.set_has_notice(app.sign_in.notice.is_some());
    sign_in.set_notice(app.sign_in.notice.as_ref().map(notice_line).unwrap_or_default());
    let Some(open) = &app.server else { return };
    let server = window.global::<Server>();
    server.set_kind(open.kind as i32);
    server.set_base(open.base.as_str().into());
    server.set_web_vault(open.web_vault.as_str().into());
    server.set_api(open.api.as_str().into());
    server.set_identity(open.identity.as_str().into());
    server.set_error(open.error.as_str().into());
    server.set_effective(open.effective().into());
    let (good, said) = open.checked.clone().unwrap_or_default();
    server.set_checked(said.into());
    server.set_checked_tone(tone(if good { Tone::Good } else { Tone::Bad }));
    server.set_busy(open.busy);
}

fn counted(keys: &[&str], counts: &[usize]) -> Vec<TabLine> {
    let lines = keys.iter().zip(counts).map(|(key, count)| TabLine {
        text: label(key).into(),
        count: count.to_string().into(),
        marked: false,
    });
    lines.collect()
}

fn labels(keys: &[&str]) -> ModelRc<SharedString> {
    let labels: Vec<SharedString> = keys.iter().map(|key| label(key).into()).collect();
    ModelRc::new(VecModel::from(labels))
}

/// Which profile it is, where it is not the default one, and where its organization is.
fn place(overview: &Overview) -> String {
    let host = host(&overview.urls());
    if overview.profile.is_default() { host } else { format!("{}: {host}", overview.profile) }
}

/// Where the organization is, without what every address begins with.
fn host(urls: &EnvironmentUrls) -> String {
    let api = urls.base.clone().or_else(|| urls.api.clone());
    let address = api.unwrap_or_else(|| "https://vault.bitwarden.com".to_owned());
    address.trim_start_matches("https://").trim_start_matches("http://").to_owned()
}
