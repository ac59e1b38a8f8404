//! Every effect of the directory connector: directories, the organization, the store, secrets and time.

mod account;
mod binding;
mod causes;
pub mod certificate;
pub mod clock;
mod connections;
pub mod directory;
pub mod doctor;
mod engine;
mod error;
pub mod event;
pub mod explain;
pub mod failpoint;
pub mod http;
pub mod installation;
pub mod ledger;
pub mod lock;
pub mod log_file;
pub mod mask;
mod observe;
pub mod organization;
pub mod paths;
pub mod profiles;
mod record;
mod review;
mod saved_plan;
pub mod secrets;
mod settings;
mod sources;
pub mod store;
mod sync;
pub mod update;

pub use account::SignInError;
pub use directory::mirror::ReadMode;
pub use directory::open::SourceError;
pub use engine::Engine;
pub use error::EngineError;
pub use installation::SetupError;
pub use review::HistoryError;
pub use saved_plan::{PlanFileError, SavedPlan};
pub use settings::{
    Difference, Entry, Export, Origin, Problem, SettingsFileError, Unnamed, read_settings_file,
};
pub use sync::{Planned, Rebuilt, RunError, SyncReport, Verification};
