//! The stand-ins, tried from outside.

mod ldap_faults;
mod ldap_search;
mod ldap_slapadd;
mod organization_rules;
