//! Named places at which a test can end the process as a kill would.
//!
//! Without the feature `failpoints` a place costs nothing. With it, two environment variables steer it, so that a test
//! needs no channel into the process that it starts: `BWDC_FAILPOINT_LOG=file` gains a line per place that is passed,
//! and `BWDC_FAILPOINT=name[:n]` ends the process at the n-th pass (the first by default), without running a destructor.
//! `BWDC_PANIC=name` makes the process panic at a place that may.
//! `BWDC_WAIT_SPEED=n` makes the pauses of a run pass so many times as fast.

/// Passes the place called `name`.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn hit(_name: &str) {}

/// Passes the place called `name`.
#[cfg(feature = "failpoints")]
pub fn hit(name: &str) {
    armed::hit(name);
}

/// A place at which a test can make the process panic.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn may_panic(_name: &str) {}

/// A place at which a test can make the process panic.
#[cfg(feature = "failpoints")]
pub fn may_panic(name: &str) {
    let wanted = std::env::var("BWDC_PANIC");
    assert!(wanted.as_deref() != Ok(name), "a test asked for a panic at {name}");
}

/// How many seconds of a run's pauses pass in one real second: 1 outside tests.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn wait_speed() -> f64 {
    1.0
}

/// How many seconds of a run's pauses pass in one real second.
#[cfg(feature = "failpoints")]
pub(crate) fn wait_speed() -> f64 {
    let speed = std::env::var("BWDC_WAIT_SPEED").ok().and_then(|it| it.parse().ok());
    speed.filter(|it: &f64| *it >= 1.0).unwrap_or(1.0)
}

#[cfg(feature = "failpoints")]
mod armed {
    use std::io::Write;
    use std::sync::atomic::{AtomicU32, Ordering};

    static PASSES: AtomicU32 = AtomicU32::new(0);

    pub(super) fn hit(name: &str) {
        if let Some(log) = std::env::var_os("BWDC_FAILPOINT_LOG") {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
            let written = file.and_then(|mut file| file.write_all(format!("{name}\n").as_bytes()));
            if written.is_err() {
                std::process::abort();
            }
        }
        let Ok(wanted) = std::env::var("BWDC_FAILPOINT") else { return };
        let (place, number) = match wanted.rsplit_once(':') {
            Some((place, number)) => (place, number.parse().unwrap_or(1)),
            None => (wanted.as_str(), 1),
        };
        if place == name && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == number {
            std::process::abort();
        }
    }
}
