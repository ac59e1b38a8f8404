//! The timer of automatic sync: looked at once a minute.
//!
//! As in the official app the older of the last two syncs decides; unlike there only what is brought over counts, and a run
//! that failed is not tried again each minute for ever: the time between tries doubles up to the interval.

use super::{App, Notice, Screen, Tab, Tone};
use crate::job::{Job, Overview};
use bwdc_core::names::Timestamp;
use bwdc_engine::DesktopKey;
use bwdc_engine::ledger::FrontEnd;

const MINUTE: i64 = 60_000;
/// A shorter interval stops the timer.
const SHORTEST: i64 = 5;

/// When the timer tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schedule {
    last: Option<Timestamp>,
    failures: u32,
    /// Whether the timer begins when the sync that is under way ends well.
    pub(super) starts: bool,
}

impl Schedule {
    pub(super) fn attempted(&mut self, now: Timestamp) {
        self.last = Some(now);
    }

    pub(super) fn ended(&mut self, well: bool) {
        self.failures = if well { 0 } else { self.failures.saturating_add(1) };
    }

    /// Milliseconds between runs; None: the timer does not run.
    pub(super) fn interval(&self, overview: &Overview) -> Option<i64> {
        overview.interval().filter(|it| *it >= SHORTEST).map(|it| it.saturating_mul(MINUTE))
    }

    /// When the next run is due; None: there was none yet, so at once.
    pub(super) fn due(&self, overview: &Overview) -> Option<Timestamp> {
        let interval = self.interval(overview)?;
        let kinds = [
            (overview.brings_users(), overview.last_users),
            (overview.brings_groups(), overview.last_groups),
        ];
        let wanted = kinds.into_iter().filter(|(on, _)| *on);
        let last = wanted.map(|(_, at)| at.unwrap_or(Timestamp(0))).min();
        let regular = last.map(|it| Timestamp(it.0.saturating_add(interval)));
        let pause = MINUTE.saturating_mul(1_i64 << self.failures.min(10)).min(interval);
        let again = self.last.filter(|_| self.failures > 0).map(|it| Timestamp(it.0.saturating_add(pause)));
        regular.max(again)
    }
}

impl App {
    /// A moment has passed.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = now;
        let is_ready = self.automatic
            && !self.overview.is_serviced()
            && !self.waits_for_plan
            && self.can_run()
            && self.ask.is_none();
        if is_ready && self.schedule.interval(&self.overview).is_some() {
            let due = self.schedule.due(&self.overview);
            if due.is_none_or(|it| it <= now) {
                self.start_sync(Job::Sync { scheduled: true });
            }
        }
        self.glance();
    }

    /// Looks at what other programs did with the installation meanwhile.
    pub fn glance(&mut self) {
        if self.running.is_none() && matches!(self.screen, Screen::Main | Screen::SignIn) {
            self.job(Job::Glance);
        }
    }

    /// Takes the timer up where it was on. A folder in which this program never ran shows its plan first.
    pub(super) fn take_up_timer(&mut self) {
        let was_on = self
            .overview
            .remembered
            .iter()
            .any(|(key, value)| *key == DesktopKey::Syncing && *value == serde_json::Value::Bool(true));
        self.automatic = was_on && self.overview.state.client_id.is_some() && !self.overview.is_serviced();
        let ran_here = self.overview.state.runs.iter().any(|it| it.trigger.by == FrontEnd::Desktop);
        self.waits_for_plan = self.automatic && !ran_here;
        if self.waits_for_plan {
            self.tab = Tab::Plan;
            self.plan.notice = Some(Notice::new(Tone::Plain, bwdc_messages::desktop::automatic_waits()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bwdc_core::settings::Setting;
    use bwdc_engine::{Entry, Origin};
    use bwdc_jobs::job::State;
    use serde_json::{Value, json};

    fn overview(users: Option<i64>, groups: Option<i64>) -> Overview {
        with_interval(json!(5), users, groups)
    }

    fn with_interval(interval: Value, users: Option<i64>, groups: Option<i64>) -> Overview {
        let set = [
            ("sync.interval", interval),
            ("sync.users", json!(users.is_some())),
            ("sync.groups", json!(groups.is_some())),
        ];
        let entry = |(name, value)| {
            let setting = Setting::find(name).expect("a setting");
            Entry { setting, value, origin: Origin::Set }
        };
        Overview {
            state: State { entries: set.map(entry).into(), ..State::default() },
            last_users: users.map(|it| Timestamp(it * MINUTE)),
            last_groups: groups.map(|it| Timestamp(it * MINUTE)),
            ..Overview::default()
        }
    }

    #[test]
    fn the_older_time_decides_and_only_of_what_is_brought_over() {
        let schedule = Schedule::default();
        assert_eq!(schedule.due(&overview(Some(10), Some(7))), Some(Timestamp(12 * MINUTE)));
        // An old time of groups that are off makes nothing due.
        let off = Overview { last_groups: Some(Timestamp(0)), ..overview(Some(10), None) };
        assert_eq!(schedule.due(&off), Some(Timestamp(15 * MINUTE)));
    }

    #[test]
    fn an_interval_that_is_blank_or_short_stops_the_timer() {
        for interval in [Value::Null, json!(0), json!(4)] {
            let overview = with_interval(interval, Some(10), None);
            assert_eq!(Schedule::default().interval(&overview), None);
        }
    }

    #[test]
    fn failures_are_tried_again_ever_more_rarely_but_within_the_interval() {
        let mut schedule = Schedule::default();
        let overview = overview(Some(0), None);
        schedule.attempted(Timestamp(100 * MINUTE));
        let mut waits = Vec::new();
        for _ in 0..4 {
            schedule.ended(false);
            waits.push(schedule.due(&overview).map(|it| it.0 / MINUTE - 100));
        }
        assert_eq!(waits, [Some(2), Some(4), Some(5), Some(5)]);
        schedule.ended(true);
        assert_eq!(schedule.due(&overview), Some(Timestamp(5 * MINUTE)));
    }
}
