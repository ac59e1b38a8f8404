//! The console's end of the thread that carries jobs out: its reports lie here until they are asked for.

use crate::job::Report;
use crate::runs::Runs;
use bwdc_engine::FrontEnd;
pub use bwdc_jobs::worker::Order;
use bwdc_jobs::worker::{Listener, Worker};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// The thread, and what it has reported.
pub struct Office {
    worker: Worker,
    reports: mpsc::Receiver<Report>,
}

struct Reports(mpsc::Sender<Report>);

impl Listener for Reports {
    fn report(&self, report: Report) {
        // Nobody listens any more when the program ends.
        let _ = self.0.send(report);
    }
}

impl Office {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the operating system says when it gives no thread.
    pub fn open() -> std::io::Result<Self> {
        let (outgoing, reports) = mpsc::channel();
        let worker = Worker::start(FrontEnd::Console, Arc::new(Reports(outgoing)))?;
        Ok(Self { worker, reports })
    }

    /// The runs under way.
    pub fn runs(&self) -> &Runs {
        self.worker.runs()
    }

    /// Hands a job over.
    pub fn order(&self, order: Order) {
        self.worker.order(order);
    }

    /// The next report, if there is one within this time.
    pub fn report(&self, within: Duration) -> Option<Report> {
        self.reports.recv_timeout(within).ok()
    }
}
