//! Which attributes of people and groups are asked for: only what is used.

use super::domain;
use super::entry::STABLE_IDS;
use super::raw;
use super::reader::Reader;
use super::request::{CHANGE_NUMBER, Request};
use bwdc_core::settings::{IdAttribute, LdapScope};
use ldap3::Scope;

/// Attributes that hold an employee number, the first with a value counts (RFC 2798; Active Directory's schema).
pub(super) const EMPLOYEE_NUMBERS: [&str; 2] = ["employeeNumber", "employeeID"];
/// Attributes that hold a name: the one that is shown, else first and last name, else the common name.
const NAMES: [&str; 4] = ["displayName", "givenName", "sn", "cn"];

impl Reader<'_> {
    pub(super) fn people_request(&self, base: String, filter: &str, setting: &'static str) -> Request {
        let layout = self.layout;
        let mut attributes: Vec<&str> = layout.email_attributes.iter().map(String::as_str).collect();
        attributes.extend(layout.email_prefix_attribute.as_deref());
        attributes.push("objectGUID");
        attributes.extend(layout.disabled_by.iter().map(|sign| sign.attribute()));
        attributes.extend(self.membership.attributes());
        attributes.extend(layout.id_attribute.map(IdAttribute::name));
        if self.domain.is_some() {
            attributes.extend(domain::PERSON_ATTRIBUTES);
            attributes.extend(self.keeps().then_some(CHANGE_NUMBER));
        }
        if self.wants_login {
            attributes.push("uid");
        }
        if self.scope.stable_ids {
            attributes.extend(STABLE_IDS);
            match layout.mark_attribute.as_deref() {
                Some(mark) => attributes.push(mark),
                None => attributes.extend(EMPLOYEE_NUMBERS),
            }
            attributes.extend(NAMES);
        }
        attributes.extend(self.revision_attribute());
        self.request(base, layout.user_scope, filter, attributes, setting)
    }

    pub(super) fn group_request(&self, base: String, filter: &str, setting: &'static str) -> Request {
        let layout = self.layout;
        let mut attributes = vec![layout.group_name_attribute.as_str(), "cn", "objectGUID"];
        if layout.member_of_attribute.is_none() {
            attributes.push(layout.member_attribute.as_str());
        }
        attributes.extend(self.membership.attributes());
        attributes.extend(layout.id_attribute.map(IdAttribute::name));
        attributes.extend(self.domain.as_ref().map(|_| domain::GROUP_ATTRIBUTE));
        if self.scope.stable_ids || self.keeps() {
            attributes.extend(STABLE_IDS);
        }
        if self.keeps() {
            attributes.push("objectClass");
            attributes.extend(raw::SEARCHES);
            attributes.extend(self.domain.as_ref().map(|_| CHANGE_NUMBER));
        }
        attributes.extend(self.revision_attribute());
        self.request(base, layout.group_scope, filter, attributes, setting)
    }

    /// Asks for the names of people or groups alone.
    pub(super) fn names_request(&self, base: String, filter: &str, of_people: bool) -> Request {
        let layout = self.layout;
        let (scope, setting) = if of_people {
            (layout.user_scope, layout.user_base_setting)
        } else {
            (layout.group_scope, layout.group_base_setting)
        };
        self.request(base, scope, filter, vec!["1.1"], setting)
    }

    fn request(
        &self,
        base: String,
        scope: LdapScope,
        filter: &str,
        mut attributes: Vec<&str>,
        setting: &'static str,
    ) -> Request {
        let mut position = 0;
        while position < attributes.len() {
            let again = attributes[..position]
                .iter()
                .any(|earlier| earlier.eq_ignore_ascii_case(attributes[position]));
            if again {
                attributes.remove(position);
            } else {
                position += 1;
            }
        }
        let scope = match scope {
            LdapScope::Subtree => Scope::Subtree,
            LdapScope::OneLevel => Scope::OneLevel,
        };
        let mut request = Request::new(base, scope, filter.to_owned(), &attributes, setting);
        request.aliases = self.layout.aliases;
        request
    }
}
