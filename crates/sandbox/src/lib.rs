//! sandbox

pub mod data;
pub mod ldap;
