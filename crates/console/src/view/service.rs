//! The background service: whether the operating system runs it, how the profiles are, and what can be done about both.

use super::chosen::{Chosen, back, digit, hints as list_hints};
use super::form::FormView;
use super::form::part::FormPart;
use super::loading::Loading;
use super::text::TextView;

use crate::desk::{Desk, Turn, View};
use crate::job::{Happened, Job, JobId, ServiceState, ServiceWork};
use crate::key::Key;
use crate::screen::{Hint, Line, Row, Screen, Tone};
use bwdc_engine::system_service::{Draft, Verb};
use bwdc_jobs::service::{ServiceItem, draft_title, log_title};
use bwdc_messages::system_service as words;
use bwdc_messages::text;

/// What is asked before something is done.
enum Asked {
    Nothing,
    Stop,
    Remove,
}

/// The service.
pub(crate) struct ServiceView {
    loading: Loading,
    progress: String,
    state: Option<ServiceState>,
    at: Chosen,
    asked: Asked,
}

impl ServiceView {
    pub(crate) fn begin(desk: &mut Desk) -> Self {
        Self {
            loading: Loading::of(desk.start(Job::Service(ServiceWork::Look))),
            progress: ServiceWork::Look.progress(),
            state: None,
            at: Chosen::default(),
            asked: Asked::Nothing,
        }
    }

    fn items(&self) -> &'static [ServiceItem] {
        self.state.as_ref().map_or(&[], ServiceItem::of)
    }

    fn work(&mut self, work: ServiceWork, desk: &mut Desk) -> Turn {
        self.progress = work.progress();
        self.loading = Loading::of(desk.start(Job::Service(work)));
        Turn::Stay
    }

    fn look(&mut self, desk: &mut Desk) -> Turn {
        self.work(ServiceWork::Look, desk)
    }

    fn control(&mut self, verb: Verb, desk: &mut Desk) -> Turn {
        self.work(ServiceWork::Control(verb), desk)
    }

    fn choose(&mut self, item: ServiceItem, desk: &mut Desk) -> Turn {
        match item {
            ServiceItem::Install(start) => self.work(ServiceWork::Draft(start), desk),
            ServiceItem::Start => self.control(Verb::Start, desk),
            ServiceItem::Restart => self.control(Verb::Restart, desk),
            ServiceItem::Stop => {
                self.asked = Asked::Stop;
                Turn::Stay
            }
            ServiceItem::Remove => {
                self.asked = Asked::Remove;
                Turn::Stay
            }
            ServiceItem::Log => self.work(ServiceWork::Log, desk),
            ServiceItem::Settings => match FormView::open(FormPart::Service, desk) {
                Some(form) => Turn::Open(Box::new(form)),
                None => Turn::Stay,
            },
        }
    }

    fn answer(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        match (asked, key) {
            (Asked::Stop, Key::Char('y')) => self.control(Verb::Stop, desk),
            (Asked::Remove, Key::Char('y')) => self.work(ServiceWork::Remove, desk),
            _ => Turn::Stay,
        }
    }

    fn question(&self) -> Option<String> {
        match self.asked {
            Asked::Nothing => None,
            Asked::Stop => {
                Some(text!("service-view.ask-stop", "Stop the service? No sync starts by itself then. (y/n)"))
            }
            Asked::Remove => Some(text!(
                "service-view.ask-remove",
                "Stop and remove the service? Settings and ledger stay, and no sync starts by itself. (y/n)"
            )),
        }
    }
}

impl View for ServiceView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.loading.is_waiting() {
            // What is under way is the operating system's; whoever leaves does not stop it.
            return if *key == Key::Esc { Turn::Back } else { Turn::Unknown };
        }
        if !matches!(self.asked, Asked::Nothing) {
            return self.answer(key, desk);
        }
        if self.loading.has_failed() && *key == Key::Esc {
            return self.look(desk);
        }
        match self.loading.key(key) {
            Some(Turn::Back) => return self.look(desk),
            Some(turn) => return turn,
            None => {}
        }
        let items = self.items();
        let place = match key {
            Key::Enter => Some(self.at.0),
            key => digit(key, items.len()),
        };
        match (place.and_then(|it| items.get(it)), key) {
            (Some(item), _) => self.choose(*item, desk),
            (None, Key::Char('r')) => self.look(desk),
            (None, key) if self.at.key(key, items.len()) => Turn::Stay,
            _ => Turn::Unknown,
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        let Some(what) = self.loading.report(job, what, desk)? else { return Ok(Turn::Stay) };
        match what {
            Happened::Service(state) => {
                self.state = Some(*state);
                self.at.within(self.items().len());
            }
            Happened::Drafted(draft) => return Ok(Turn::Open(Box::new(DraftView::new(*draft)))),
            Happened::Told(told) => {
                let title = log_title();
                return Ok(Turn::Open(Box::new(TextView::at_end(title, &told.lines))));
            }
            Happened::Said(said) => {
                let turn = self.look(desk);
                desk.say(said, Tone::Good);
                return Ok(turn);
            }
            other => return Err(other),
        }
        Ok(Turn::Stay)
    }

    fn resume(&mut self, desk: &mut Desk) {
        self.look(desk);
    }

    fn is_waiting(&self) -> bool {
        self.loading.is_waiting()
    }

    fn screen<'s>(&'s self, _desk: &'s Desk) -> Screen<'s> {
        let title = text!("menu.service", "Background service");
        if let Some(failed) = self.loading.screen(title.clone()) {
            return failed;
        }
        let mut screen = Screen::new(title);
        if let Some(state) = &self.state {
            screen.head = head(state);
            let row = |(place, item): (usize, &ServiceItem)| Row {
                key: char::from_digit(place as u32 + 1, 10),
                left: item.label(state, || FormPart::Service.title()).into(),
                right: item.about(state).into(),
                ..Row::default()
            };
            screen =
                screen.with_rows(ServiceItem::of(state).iter().enumerate().map(row).collect(), self.at.0, 34);
        }
        if self.loading.is_waiting() {
            screen.busy = Some(format!("{} …", self.progress));
            screen.hints = vec![back()];
            return screen;
        }
        if let Some(asked) = self.question() {
            screen.note = Some(Line::new(asked, Tone::Warning));
            screen.hints = super::yes_no();
            return screen;
        }
        screen.hints = list_hints();
        screen.hints.push(Hint::new("r", text!("menu.refresh", "refresh"), "refresh", Key::Char('r')));
        screen.hints.push(back());
        screen
    }
}

/// Whether it runs, how the profiles are, and what to know before one is installed.
fn head(state: &ServiceState) -> Vec<Line> {
    let mut lines = state.lines(&FormPart::Service.title());
    if state.running.is_none() && !state.is_root {
        lines.push(Line::plain(text!(
            "service-view.not-root",
            "Without root it becomes this account's own service, which ends when the account signs out, unless `loginctl enable-linger` \
             lets it stay. Started as root, this screen installs it for the machine."
        )));
    }
    lines.extend(state.profile_lines());
    lines
}

/// What an installation would write, and the question whether to do it.
struct DraftView {
    draft: Draft,
    text: TextView,
    loading: Loading,
    /// Whether it was agreed to run what another account chose.
    agreed: bool,
}

impl DraftView {
    fn new(draft: Draft) -> Self {
        let lines: Vec<Line> = words::draft(&draft).lines().map(Line::plain).collect();
        let title = draft_title();
        let agreed = draft.foreign_commands().is_empty();
        Self { text: TextView::new(title, &lines), draft, loading: Loading::default(), agreed }
    }

    fn question(&self) -> String {
        if self.agreed {
            text!("service-view.ask-install", "Install the service as shown, and start it? (y/n)")
        } else {
            text!(
                "service-view.ask-commands",
                "Another account chose commands that the service would run as `{account}`: they are listed above. Run them? (y/n)",
                account = self.draft.account.as_str()
            )
        }
    }
}

impl View for DraftView {
    fn key(&mut self, key: &Key, desk: &mut Desk) -> Turn {
        if self.loading.is_waiting() {
            return Turn::Stay;
        }
        if let Some(turn) = self.loading.key(key) {
            return turn;
        }
        match key {
            Key::Char('y') if !self.text.is_searching() && !self.agreed => {
                self.agreed = true;
                Turn::Stay
            }
            Key::Char('y') if !self.text.is_searching() => {
                let work = ServiceWork::Install(Box::new(self.draft.clone()));
                self.loading = Loading::of(desk.start(Job::Service(work)));
                Turn::Stay
            }
            Key::Char('n') if !self.text.is_searching() => Turn::Back,
            // Nothing is agreed to by leaving a text.
            Key::Enter if !self.text.is_searching() => Turn::Stay,
            key => self.text.key(key, desk),
        }
    }

    fn report(&mut self, job: JobId, what: Happened, desk: &mut Desk) -> Result<Turn, Happened> {
        let Some(what) = self.loading.report(job, what, desk)? else { return Ok(Turn::Stay) };
        match what {
            Happened::Said(said) => {
                desk.look();
                let lines: Vec<Line> = said.lines().map(Line::plain).collect();
                let title = text!("service-view.installed", "The service is installed");
                Ok(Turn::Replace(Box::new(TextView::new(title, &lines))))
            }
            other => Err(other),
        }
    }

    fn is_waiting(&self) -> bool {
        self.loading.is_waiting()
    }

    fn screen<'s>(&'s self, desk: &'s Desk) -> Screen<'s> {
        if let Some(failed) = self.loading.screen(text!("menu.service", "Background service")) {
            return failed;
        }
        let mut screen = self.text.screen(desk);
        if self.loading.is_waiting() {
            screen.busy = Some(text!("service-view.installing", "Installing …"));
            screen.hints = Vec::new();
            return screen;
        }
        screen.note = Some(Line::new(self.question(), Tone::Warning));
        screen.hints.retain(|it| it.key != "Enter");
        let place = screen.hints.len().saturating_sub(1);
        for (at, hint) in super::yes_no().into_iter().enumerate() {
            screen.hints.insert(place + at, hint);
        }
        screen
    }
}
