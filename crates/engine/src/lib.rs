//! Every effect of the directory connector: directories, the organization, the store, secrets and time.

pub mod event;
