//! The background service of the operating system: how it is, and what can be done with it.

use super::{Outcome, Page, PageAsk, PageButton, Press, SheetPage, ask, failed, said};
use crate::app::Notice;
use crate::job::Overview;
use bwdc_engine::system_service::{Draft, Scope, Verb};
use bwdc_jobs::job::{Happened, Job as SharedJob, ServiceState, ServiceWork};
use bwdc_jobs::service::{ServiceItem, draft_title, log_title};
use bwdc_messages::desktop::{asks_administrator, for_machine, label, may_run_foreign, own_service};
use bwdc_messages::line::{Line, Tone};
use bwdc_messages::system_service;

/// What is shown of it.
enum Shown {
    State,
    Draft(Box<Draft>),
    Log(Vec<Line>),
}

/// The service.
pub(super) struct ServiceSheet {
    state: Option<ServiceState>,
    shown: Shown,
    busy: String,
    notice: Option<Notice>,
}

impl ServiceSheet {
    pub(super) fn begin() -> (Self, SharedJob) {
        let busy = ServiceWork::Look.progress();
        (Self { state: None, shown: Shown::State, busy, notice: None }, SharedJob::Service(ServiceWork::Look))
    }

    fn work(&mut self, work: ServiceWork) -> Outcome {
        self.busy = work.progress();
        Outcome::Job(SharedJob::Service(work))
    }

    fn is_elevated(&self, draft: &Draft) -> bool {
        let can = self.state.as_ref().is_some_and(|it| it.can_elevate);
        can && draft.layout.scope == Scope::Machine
    }

    fn install(&mut self) -> Outcome {
        match &self.shown {
            Shown::Draft(draft) => self.work(ServiceWork::Install(draft.clone())),
            _ => Outcome::Stay,
        }
    }

    fn item(&mut self, item: ServiceItem) -> Outcome {
        let question = |what, key: &str, yes: &str| {
            let ask = ask(what, &format!("{key}.title"), label(key), yes).dangerous();
            Outcome::Ask(Box::new(ask))
        };
        match item {
            ServiceItem::Install(start) => self.work(ServiceWork::Draft(start)),
            ServiceItem::Start => self.work(ServiceWork::Control(Verb::Start)),
            ServiceItem::Restart => self.work(ServiceWork::Control(Verb::Restart)),
            ServiceItem::Log => self.work(ServiceWork::Log),
            ServiceItem::Settings => Outcome::Settings("schedule.cron"),
            ServiceItem::Stop => question(PageAsk::Stop, "service.ask-stop", "service.stop"),
            ServiceItem::Remove => question(PageAsk::Remove, "service.ask-remove", "service.remove"),
        }
    }

    fn state_page(&self, overview: &Overview, page: &mut Page) {
        page.title = label("service.title");
        let Some(state) = &self.state else { return };
        let settings = || label("service.settings");
        page.head = state.lines(&settings());
        if state.running.is_none() && !state.is_root {
            page.head.push(Line::plain(own_service()));
            if !state.can_elevate {
                page.head.push(Line::plain(for_machine(&overview.folder)));
            }
        }
        page.head.extend(state.profile_lines());
        if !self.busy.is_empty() {
            return;
        }
        let button = |item: &ServiceItem| {
            let button = PageButton::new(Press::Service(*item), item.label(state, settings));
            match item {
                ServiceItem::Start => button.primary(),
                _ => button,
            }
        };
        page.buttons = ServiceItem::of(state).iter().map(button).collect();
    }
}

impl SheetPage for ServiceSheet {
    fn page(&self, overview: &Overview) -> Page {
        let mut page = Page { notice: self.notice.clone(), busy: self.busy.clone(), ..Page::default() };
        match &self.shown {
            Shown::State => self.state_page(overview, &mut page),
            Shown::Log(lines) => {
                page.title = log_title();
                page.head.clone_from(lines);
            }
            Shown::Draft(draft) => {
                page.title = draft_title();
                page.head = system_service::draft(draft).lines().map(Line::plain).collect();
                if self.is_elevated(draft) {
                    page.head.push(Line::default());
                    page.head.push(Line::new(asks_administrator(), Tone::Strong));
                }
                if self.busy.is_empty() {
                    page.buttons =
                        vec![PageButton::new(Press::Install, label("service.install-now")).primary()];
                }
            }
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        match (press, &self.shown) {
            _ if !self.busy.is_empty() => Outcome::Stay,
            (Press::Service(item), _) => {
                self.notice = None;
                self.item(item)
            }
            // An administrator decides about every command, which another account chose for it.
            (Press::Install, Shown::Draft(draft))
                if !draft.foreign_commands().is_empty()
                    || (self.is_elevated(draft) && !draft.commands.is_empty()) =>
            {
                let message = may_run_foreign(&draft.account);
                let ask =
                    ask(PageAsk::Commands, "service.ask-commands.title", message, "service.install-now");
                Outcome::Ask(Box::new(ask.dangerous()))
            }
            (Press::Install, _) => self.install(),
            _ => Outcome::Stay,
        }
    }

    fn agreed(&mut self, what: PageAsk) -> Outcome {
        match what {
            PageAsk::Stop => self.work(ServiceWork::Control(Verb::Stop)),
            PageAsk::Remove => self.work(ServiceWork::Remove),
            PageAsk::Commands => self.install(),
            _ => Outcome::Stay,
        }
    }

    fn back(&mut self) -> Outcome {
        if matches!(self.shown, Shown::State) {
            return Outcome::Close(None);
        }
        self.shown = Shown::State;
        self.notice = None;
        self.work(ServiceWork::Look)
    }

    fn report(&mut self, what: Happened) -> Outcome {
        self.busy.clear();
        match what {
            Happened::Service(state) => self.state = Some(*state),
            Happened::Drafted(draft) => self.shown = Shown::Draft(draft),
            Happened::Told(told) => self.shown = Shown::Log(told.lines),
            Happened::Said(text) => {
                self.shown = Shown::State;
                let mut lines = text.lines().map(str::to_owned);
                self.notice = Some(said(lines.next().unwrap_or_default()).with(lines));
                return self.work(ServiceWork::Look);
            }
            Happened::Failed(error) => self.notice = Some(failed(*error)),
            _ => {}
        }
        Outcome::Stay
    }
}
