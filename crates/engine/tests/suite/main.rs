//! The effects against real servers and stand-ins, one module for each concern. One program, so that it is linked once.

#[cfg(unix)]
mod active_directory;
mod entra;
mod google;
mod hint;
mod ldap_directory;
mod ledger;
#[cfg(feature = "failpoints")]
mod ledger_kill;
mod lock;
mod odd_values;
mod okta;
mod onelogin;
mod organization_client;
mod secrets;
mod secrets_keys;
mod server_model;
mod snapshot_cache;
mod store;
#[cfg(feature = "failpoints")]
mod store_kill;
mod store_migrations;
mod web;
