//! Every effect of the directory connector: directories, the organization, the store, secrets and time.

pub mod clock;
pub mod directory;
pub mod event;
pub mod failpoint;
pub mod http;
pub mod ledger;
pub mod lock;
pub mod organization;
pub mod paths;
pub mod secrets;
pub mod store;
