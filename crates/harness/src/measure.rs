//! What one run of a program cost: wall time, processor time and peak memory.
//!
//! The figures come from the kernel's accounting of the ended child (`wait4`), so they include everything from start-up
//! to exit, and cost the measured program nothing. A child starts as a copy of its parent's address space, and Linux
//! counts that in the child's peak: keep the measuring process small, or its size is the floor of every figure.

use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::HarnessError;

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
    let used = child.wait4().map_err(|source| failed(command, source))?;
    Ok(Measurement {
        wall: started.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak_resident: used.rusage.maxrss,
        status: used.status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
