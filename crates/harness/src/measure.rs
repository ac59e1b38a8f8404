//! What one run of a program cost: wall time, processor time and peak memory.
//!
//! The figures come from the kernel's accounting of the ended child (`wait4`), so they include everything from start-up
//! to exit, and cost the measured program nothing. A child starts in its parent's address space, and Linux counts that in
//! the child's peak: where the measuring process was larger than what it measures, the peak is the largest of the sizes
//! that the child showed every other millisecond.

use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::HarnessError;

/// Between two looks at a child's size.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// The cost of one run.
#[derive(Debug, Clone, Copy)]
pub struct Measurement {
    /// From start to end by the clock.
    pub wall: Duration,
    /// Processor time, user and system, with the children it waited for.
    pub cpu: Duration,
    /// Largest resident set, in bytes.
    pub peak_resident: u64,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs a command to its end and measures it; where its streams go is the caller's choice, pipes excepted.
///
/// # Errors
/// A command that cannot be started. One that ends with an error is a measurement like any other: look at its status.
pub fn measure(command: &mut Command) -> Result<Measurement, HarnessError> {
    let failed = |command: &Command, source| HarnessError::Run {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    };
    let started = Instant::now();
    let mut child = command.spawn().map_err(|source| failed(command, source))?;
    let process = child.id().to_string();
    let ended = AtomicBool::new(false);
    let (used, seen) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = 0;
            while !ended.load(Ordering::Relaxed) {
                seen = largest_size(&process).unwrap_or(0).max(seen);
                std::thread::sleep(BETWEEN_LOOKS);
            }
            seen
        });
        let used = child.wait4();
        ended.store(true, Ordering::Relaxed);
        (used, watcher.join().unwrap_or(0))
    });
    let used = used.map_err(|source| failed(command, source))?;
    let floor = largest_size("self").unwrap_or(0);
    Ok(Measurement {
        wall: started.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak_resident: if used.rusage.maxrss > floor || seen == 0 { used.rusage.maxrss } else { seen },
        status: used.status,
    })
}

/// The largest resident set of a process so far, in bytes, where the system tells it.
fn largest_size(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_size_of_the_measuring_process_is_not_the_childs() {
        let large = std::hint::black_box(vec![1_u8; 200_000_000]);
        let small = measure(Command::new("sleep").arg("0.2")).unwrap();
        assert!(small.peak_resident < 50_000_000, "{small:?} beside {} bytes", large.len());
    }

    #[test]
    fn a_busy_child_is_charged_for_its_work() {
        let busy =
            measure(Command::new("sh").args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]));
        let busy = busy.unwrap();
        let idle = measure(Command::new("sleep").arg("0.2")).unwrap();
        assert!(busy.status.success() && idle.status.success());
        assert!(busy.cpu > idle.cpu, "{busy:?} against {idle:?}");
        assert!(idle.wall >= Duration::from_millis(200), "{idle:?}");
        assert!((100_000..1_000_000_000).contains(&idle.peak_resident), "{idle:?}");
    }
}
