//! The service control manager of Windows: it starts the process, asks it for something, and hears how it is.

use super::signals::Signal;
use std::ffi::OsString;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::{define_windows_service, service_dispatcher};

/// What the process does as a service, by what it was started with; its exit code.
type Work = Box<dyn FnOnce(Vec<String>) -> u8 + Send>;

/// How long the system waits for a start until it takes it for failed.
const TO_START: Duration = Duration::from_secs(60);

static WORK: Mutex<Option<Work>> = Mutex::new(None);
static MANAGER: OnceLock<Manager> = OnceLock::new();

/// The manager that started this process.
struct Manager {
    status: ServiceStatusHandle,
    asked: Mutex<Option<UnboundedReceiver<Signal>>>,
}

define_windows_service!(entered, begin);

/// Does `work` as the service that the system started, and returns when it has ended.
///
/// # Errors
/// What the system says to a process that it has not started as a service.
pub fn run_as_service(work: impl FnOnce(Vec<String>) -> u8 + Send + 'static) -> io::Result<()> {
    *WORK.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(work));
    service_dispatcher::start(crate::system_service::SERVICE_NAME, entered).map_err(|error| match error {
        windows_service::Error::Winapi(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

fn begin(arguments: Vec<OsString>) {
    let (tell, asked) = unbounded_channel();
    let handler = move |control| {
        let signal = match control {
            ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => Signal::Stop,
            ServiceControl::ParamChange => Signal::Reload,
            ServiceControl::Pause => Signal::Pause,
            ServiceControl::Continue => Signal::Continue,
            ServiceControl::Interrogate => return ServiceControlHandlerResult::NoError,
            _ => return ServiceControlHandlerResult::NotImplemented,
        };
        // Whoever does not listen any more is ending already.
        let _ = tell.send(signal);
        ServiceControlHandlerResult::NoError
    };
    let registered = service_control_handler::register(crate::system_service::SERVICE_NAME, handler);
    let status = match registered {
        Ok(status) => status,
        Err(error) => return tracing::error!(%error, "the system does not take the service"),
    };
    let manager = MANAGER.get_or_init(|| Manager { status, asked: Mutex::new(Some(asked)) });
    manager.tell(ServiceState::StartPending, 0, TO_START);
    let work = WORK.lock().unwrap_or_else(PoisonError::into_inner).take();
    // The first argument is the name of the service.
    let arguments = arguments.iter().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    let code = work.map_or(1, |work| work(arguments));
    manager.tell(ServiceState::Stopped, code, Duration::ZERO);
}

impl Manager {
    fn tell(&self, state: ServiceState, code: u8, patience: Duration) {
        let accepted = match state {
            ServiceState::Running | ServiceState::Paused => {
                ServiceControlAccept::STOP
                    | ServiceControlAccept::PRESHUTDOWN
                    | ServiceControlAccept::PAUSE_CONTINUE
                    | ServiceControlAccept::PARAM_CHANGE
            }
            _ => ServiceControlAccept::empty(),
        };
        let told = self.status.set_service_status(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted: accepted,
            exit_code: match code {
                0 => ServiceExitCode::NO_ERROR,
                code => ServiceExitCode::ServiceSpecific(u32::from(code)),
            },
            checkpoint: 0,
            wait_hint: patience,
            process_id: None,
        });
        if let Err(error) = told {
            tracing::warn!(%error, "the system does not hear how the service is");
        }
    }
}

/// What the manager asks for; None: no manager started this process.
pub(super) fn signals() -> Option<UnboundedReceiver<Signal>> {
    MANAGER.get()?.asked.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Tells the manager, if there is one, how the service is.
pub(super) fn tell(state: ServiceState, patience: Duration) {
    if let Some(manager) = MANAGER.get() {
        manager.tell(state, 0, patience);
    }
}
