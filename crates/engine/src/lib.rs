//! Every effect of the directory connector: directories, the organization, the store, secrets and time.
//!
//! [`Engine`] is what front ends call. The modules are public for tests and for whoever names a type of theirs.

pub mod accounts;
mod agreement;
mod desktop_state;
mod digest;
pub mod directory;
mod discover;
pub mod doctor;
mod engine;
mod error;
pub mod explain;
pub mod failpoint;
pub mod history;
mod installation;
mod lease;
pub mod ledger;
pub mod lock;
pub mod log_file;
pub mod mask;
pub mod memory;
mod notify;
pub mod organization;
pub mod paths;
pub mod profiles;
mod relocation;
mod run;
pub mod schedule;
mod secret_stores;
pub mod secrets;
pub mod service;
mod settings;
pub mod status;
pub mod store;
pub mod system_service;
pub mod take_over;
pub mod update;

use bwdc_base::causes;
pub use bwdc_base::{certificate, clock, event, file, http, notice, tls_failure};

pub use accounts::SignInError;
pub use desktop_state::DesktopKey;
pub use digest::Digest;
pub use directory::ldap::Discovered;
pub use directory::open::SourceError;
pub use directory::snapshot_cache::ReadMode;
pub use directory::unread::{Unread, UnreadCause};
pub use engine::Engine;
pub use error::EngineError;
pub use event::{Cancel, Control};
pub use history::{
    ApprovalState, Happened, HistoryEntry, HistoryError, RefusedRun, SinceRefused, WithdrawnApproval,
};
pub use installation::SetupError;
pub use lease::LeaseError;
pub use ledger::{FrontEnd, Trigger};
pub use notify::{Channel, Delivered, DeliveryError, Message, Occasion};
pub use run::{
    PlanFileError, Planned, Rebuilt, Repairs, RunError, SavedPlan, SyncReport, UnreadSource, Verification,
};
pub use settings::{
    Difference, Entry, Export, Origin, Problem, SettingsFileError, UnknownVariable, Unnamed, check_filter,
    read_settings_file, relative_path, unknown_variables, unreadable_file,
};
