//! The stand-ins, tried from outside.

mod documentation;
mod ldap_faults;
mod ldap_search;
mod ldap_slapadd;
mod organization_program;
mod organization_replay;
mod organization_rules;
