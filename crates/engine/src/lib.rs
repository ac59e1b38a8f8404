//! Every effect of the directory connector: directories, the organization, the store, secrets and time.
//!
//! [`Engine`] is what front ends call. The modules are public for tests and for whoever names a type of theirs.

pub mod accounts;
mod causes;
pub mod certificate;
pub mod clock;
pub mod directory;
pub mod doctor;
mod engine;
mod error;
pub mod event;
pub mod explain;
pub mod failpoint;
pub mod history;
pub mod http;
mod installation;
pub mod ledger;
pub mod lock;
pub mod log_file;
pub mod mask;
pub mod notice;
pub mod organization;
pub mod paths;
pub mod profiles;
mod run;
mod secret_stores;
pub mod secrets;
mod settings;
pub mod store;
pub mod tls_failure;
pub mod update;

pub use accounts::SignInError;
pub use directory::mirror::ReadMode;
pub use directory::open::SourceError;
pub use directory::unread::{Unread, UnreadCause};
pub use engine::Engine;
pub use error::EngineError;
pub use event::{Cancel, Control};
pub use history::{Happened, HistoryEntry, HistoryError};
pub use installation::SetupError;
pub use ledger::{FrontEnd, Trigger};
pub use run::{PlanFileError, Planned, Rebuilt, RunError, SavedPlan, SyncReport, UnreadSource, Verification};
pub use settings::{
    Difference, Entry, Export, Origin, Problem, SettingsFileError, Unnamed, read_settings_file,
};
