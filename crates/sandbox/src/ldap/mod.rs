//! A directory server that speaks LDAPv3 on the loopback interface, and the formats it is loaded from.

pub mod dn;
pub mod ldif;
