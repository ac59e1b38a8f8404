//! sandbox

pub mod cloud;
pub mod data;
pub mod faults;
mod host;
pub mod ldap;
pub mod organization;
