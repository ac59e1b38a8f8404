use super::*;
use crate::clock::{from_iso, to_iso};
use proptest::prelude::*;

fn settings(change: impl FnOnce(&mut ScheduleSettings)) -> ScheduleSettings {
    let mut settings = ScheduleSettings {
        jitter_seconds: 0,
        time_zone: Some("Europe/Berlin".to_owned()),
        ..ScheduleSettings::default()
    };
    change(&mut settings);
    settings
}

fn every(minutes: i64) -> Schedule {
    Schedule::of(Some(minutes), &settings(|_| ()), "a").expect("settings").expect("a schedule")
}

fn at(text: &str) -> Schedule {
    let settings = settings(|it| it.cron = Some(text.to_owned()));
    Schedule::of(Some(5), &settings, "a").expect("settings").expect("a schedule")
}

fn time(text: &str) -> Timestamp {
    from_iso(text).expect("a time")
}

fn past(last: &str) -> Past {
    let last = time(last);
    Past { since: Timestamp(last.0 - 1), last_start: Some(last), last_full: Some(last), failures: 0 }
}

fn next(schedule: &Schedule, past: &Past) -> String {
    to_iso(schedule.next(past)).replace(":00.000Z", "Z")
}

/// The times at which runs start that begin when they are due, from one time to another.
fn runs(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let mut past = past(from);
    let mut found = Vec::new();
    loop {
        let due = schedule.next(&past);
        if due >= time(to) {
            return found;
        }
        found.push(next(schedule, &past));
        past.last_start = Some(due);
    }
}

#[test]
fn without_interval_and_expression_nothing_starts_by_itself() {
    assert!(Schedule::of(None, &settings(|_| ()), "a").expect("settings").is_none());
    assert!(Schedule::of(Some(0), &settings(|_| ()), "a").expect("settings").is_none());
    assert_eq!(every(1).interval_minutes(), Some(5), "today's connector runs no more often either");
}

#[test]
fn what_cannot_be_used_is_named() {
    type Change = fn(&mut ScheduleSettings);
    let wrong: [(Change, &str); 7] = [
        (|it| it.cron = Some("every day".to_owned()), "schedule.cron"),
        (|it| it.cron = Some("* * * *".to_owned()), "schedule.cron"),
        (|it| it.cron = Some("0 * * * * *".to_owned()), "schedule.cron"),
        (|it| it.cron = Some("0 0 30 2 *".to_owned()), "schedule.cron"),
        (|it| it.time_zone = Some("Europe/Atlantis".to_owned()), "schedule.time-zone"),
        (|it| it.quiet_hours = vec!["late".to_owned()], "schedule.quiet-hours"),
        (|it| it.quiet_hours = vec!["0:00-24:00".to_owned()], "schedule.quiet-hours"),
    ];
    for (change, name) in wrong {
        match Schedule::of(Some(5), &settings(change), "a") {
            Err(SettingsError::Invalid { key, .. }) => assert_eq!(key, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_interval_counts_from_the_start_of_the_last_run_whoever_asked_for_it() {
    assert_eq!(next(&every(60), &past("2026-03-01T10:00:00Z")), "2026-03-01T11:00Z");
}

#[test]
fn what_was_missed_is_made_up_for_once_and_not_before_the_service_has_its_offset() {
    let settings = settings(|it| it.jitter_seconds = 600);
    let schedule = Schedule::of(Some(60), &settings, "a").expect("settings").expect("a schedule");
    let since = time("2026-03-09T07:00:00Z");
    let offset = share("a", 600_000);
    assert!(offset > 0);
    let past = Past { since, ..past("2026-03-01T10:00:00Z") };
    let due = schedule.next(&past);
    assert_eq!(due.0, since.0 + i64::try_from(offset).expect("small"));
    let after = Past { last_start: Some(due), ..past };
    assert_eq!(schedule.next(&after).0, due.0 + 60 * MINUTE, "one run, and then the interval again");
}

#[test]
fn the_offset_of_an_installation_is_always_the_same_and_spreads_a_hundred_over_all_of_it() {
    let offsets: Vec<u64> = (0..100).map(|it| share(&format!("installation {it}"), 120_000)).collect();
    for part in 0..4 {
        let within = offsets.iter().filter(|it| **it / 30_000 == part).count();
        assert!((10..50).contains(&within), "{within} of 100 in quarter {part}");
    }
    assert_eq!(share("a", 120_000), share("a", 120_000));
    assert_eq!(share("a", 0), 0);
}

#[test]
fn a_daily_time_that_the_clock_leaves_out_runs_and_one_that_comes_twice_runs_once() {
    // Berlin: 2026-03-29 has no 02:30, 2026-10-25 has it twice.
    let schedule = at("30 2 * * *");
    let spring = runs(&schedule, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z");
    assert_eq!(spring.len(), 3, "{spring:?}");
    assert_eq!((&*spring[0], &*spring[2]), ("2026-03-28T01:30Z", "2026-03-30T00:30Z"));
    assert!(spring[1].starts_with("2026-03-29T01:"), "{spring:?}");
    let autumn = runs(&schedule, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z");
    assert_eq!(autumn, ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]);
}

#[test]
fn what_runs_every_hour_goes_on_every_hour_when_the_clock_changes() {
    let schedule = at("15 * * * *");
    for (from, to) in
        [("2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z"), ("2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z")]
    {
        let found = runs(&schedule, from, to);
        assert_eq!(found.len(), 6, "{found:?}");
    }
}

#[test]
fn quiet_hours_put_a_run_off_to_their_end() {
    let settings = settings(|it| it.quiet_hours = vec!["22:00-06:00".to_owned(), "06:00-06:30".to_owned()]);
    let schedule = Schedule::of(Some(60), &settings, "a").expect("settings").expect("a schedule");
    // 21:30 in Berlin, so that the next one would be at 22:30.
    assert_eq!(next(&schedule, &past("2026-01-10T20:30:00Z")), "2026-01-11T05:30Z");
    assert_eq!(next(&schedule, &past("2026-01-10T19:30:00Z")), "2026-01-10T20:30Z");
    let failing = Past { failures: 3, ..past("2026-01-10T21:30:00Z") };
    assert_eq!(next(&schedule, &failing), "2026-01-11T05:30Z", "a retry waits, too");
}

#[test]
fn failures_double_the_wait_up_to_an_hour() {
    let waits = |schedule: &Schedule| -> Vec<i64> {
        let wait = |failures| {
            let past = Past { failures, ..past("2026-01-10T12:00:00Z") };
            (schedule.next(&past).0 - time("2026-01-10T12:00:00Z").0) / MINUTE
        };
        (1..=6).chain([1000]).map(wait).collect()
    };
    assert_eq!(waits(&every(5)), [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!(waits(&every(52)), [52, 52, 52, 52, 60, 60, 60]);
    assert_eq!(waits(&every(1440)), [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!(waits(&at("0 2 * * *")), [5, 10, 20, 40, 60, 60, 60]);
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_wait_for_it_to_catch_up() {
    let now = time("2026-01-10T12:00:00Z");
    let wrong = past("2031-01-01T00:00:00Z");
    assert_eq!(next(&every(60), &wrong.not_after(now)), "2026-01-10T13:00Z");
    assert!(every(60).is_full_due(&wrong, now));
}

#[test]
fn everything_is_read_at_first_and_once_a_day() {
    let schedule = every(60);
    let never = Past { last_full: None, ..past("2026-01-10T12:00:00Z") };
    assert!(schedule.is_full_due(&never, time("2026-01-10T12:00:00Z")));
    let known = past("2026-01-10T12:00:00Z");
    assert!(!schedule.is_full_due(&known, time("2026-01-11T11:59:00Z")));
    assert!(schedule.is_full_due(&known, time("2026-01-11T12:00:00Z")));
}

#[test]
fn runs_are_overdue_after_three_intervals() {
    assert_eq!(to_iso(every(60).overdue_after(time("2026-01-10T12:00:00Z"))), "2026-01-10T15:00:00.000Z");
}

proptest! {
    /// Whatever happened: the next run is later than the last one, by five minutes at least and, without quiet hours, by
    /// the interval or an hour at most.
    #[test]
    fn a_run_follows_the_last_one_and_is_not_put_off_for_longer_than_it_may(
        minutes in 1_i64..3_000,
        last in 0_i64..4_000_000_000_000,
        failures in 0_u32..100,
        off_for in 0_i64..100_000_000_000,
    ) {
        let schedule = every(minutes);
        let (last, since) = (Timestamp(last), Timestamp(last + off_for));
        let past = Past { since, last_start: Some(last), last_full: None, failures };
        let due = schedule.next(&past).0;
        prop_assert!(due >= last.0 + 5 * MINUTE);
        let latest = if failures == 0 { minutes.max(5) * MINUTE } else { (minutes.max(5) * MINUTE).max(HOUR) };
        prop_assert!(due <= (last.0 + latest).max(since.0));
    }

    /// No run starts within quiet hours, whatever the day and the zone.
    #[test]
    fn no_run_starts_in_quiet_hours(
        last in 1_700_000_000_000_i64..1_900_000_000_000,
        from in 0_u16..1440,
        length in 1_u16..1400,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Pacific/Apia"]),
    ) {
        let to = (from + length) % 1440;
        let text = |it: u16| format!("{:02}:{:02}", it / 60, it % 60);
        let settings = settings(|it| {
            it.quiet_hours = vec![format!("{}-{}", text(from), text(to))];
            it.time_zone = Some(zone.to_owned());
        });
        let schedule = Schedule::of(Some(5), &settings, "a").expect("settings").expect("a schedule");
        let past = Past { since: Timestamp(0), last_start: Some(Timestamp(last)), last_full: None, failures: 0 };
        let due = schedule.next(&past);
        let zoned = schedule.zoned(due.0).expect("a time");
        let minute = u16::try_from(i32::from(zoned.hour()) * 60 + i32::from(zoned.minute())).expect("of a day");
        prop_assert!(!QuietHours { from, to }.contains(minute), "{} {}", zoned, settings.quiet_hours[0]);
        prop_assert!(due.0 > last && due.0 <= last + 26 * HOUR);
    }

    /// A cron expression is followed through every change of the clock: no day without its run, no day with two.
    #[test]
    fn a_daily_run_comes_once_a_day_all_year(hour in 0_u8..24, minute in 0_u8..60) {
        let schedule = at(&format!("{minute} {hour} * * *"));
        let found = runs(&schedule, "2026-01-01T11:00:30Z", "2026-12-31T11:00:30Z");
        prop_assert_eq!(found.len(), 364);
    }
}
