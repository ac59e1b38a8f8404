//! The query language of the lists (Google, "Search for users", "Search for groups"): clauses that all have to hold.

use super::message::full_name;
use super::tenant::{Group, User};

/// A query that is understood.
#[derive(Debug)]
pub(super) struct Query(Vec<Clause>);

#[derive(Debug)]
struct Clause {
    field: String,
    exact: bool,
    value: String,
}

impl Query {
    /// None: a clause is not understood, or is about a field that is none of these.
    pub(super) fn parse(text: &str, fields: &[&str]) -> Option<Self> {
        let (mut clauses, mut rest) = (Vec::new(), text.trim());
        while !rest.is_empty() {
            let sign = rest.find(['=', ':'])?;
            let field = rest[..sign].trim().to_owned();
            let exact = rest[sign..].starts_with('=');
            let value = rest[sign + 1..].trim_start();
            let (value, after) = match value.strip_prefix('\'') {
                Some(quoted) => quoted.split_once('\'')?,
                None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
            };
            if value.is_empty() || !fields.contains(&field.as_str()) {
                return None;
            }
            clauses.push(Clause { field, exact, value: value.to_lowercase() });
            rest = after.trim_start();
        }
        Some(Self(clauses))
    }

    pub(super) fn of_users(text: &str) -> Option<Self> {
        const FIELDS: [&str; 8] = [
            "name",
            "email",
            "givenName",
            "familyName",
            "orgTitle",
            "orgUnitPath",
            "isSuspended",
            "isArchived",
        ];
        Self::parse(text, &FIELDS)
    }

    pub(super) fn of_groups(text: &str) -> Option<Self> {
        Self::parse(text, &["name", "email"])
    }

    pub(super) fn admits_user(&self, user: &User) -> bool {
        self.0.iter().all(|clause| match clause.field.as_str() {
            "orgUnitPath" => {
                let path = user.org_unit_path.to_lowercase();
                let unit = clause.value.trim_end_matches('/');
                path == unit || path.strip_prefix(unit).is_some_and(|rest| rest.starts_with('/'))
            }
            "isSuspended" => clause.fits(&user.suspended.to_string()),
            "isArchived" => clause.fits(&user.archived.to_string()),
            "email" => user.aliases.iter().chain([&user.primary_email]).any(|address| clause.fits(address)),
            "givenName" => clause.fits(&user.name.0),
            "familyName" => clause.fits(&user.name.1),
            "orgTitle" => clause.fits(&user.title),
            _ => clause.fits(&full_name(user)),
        })
    }

    pub(super) fn admits_group(&self, group: &Group) -> bool {
        self.0
            .iter()
            .all(|clause| clause.fits(if clause.field == "email" { &group.email } else { &group.name }))
    }
}

impl Clause {
    /// `=` is the whole text, `:` a word of it, and a star at the end a beginning.
    fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        match self.value.strip_suffix('*') {
            Some(beginning) => text.starts_with(beginning),
            None if self.exact => text == self.value,
            None => text == self.value || text.split_whitespace().any(|word| word == self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_have_to_hold_together() {
        let mut user = User::new(1);
        user.org_unit_path = "/Field Sales/North".to_owned();
        user.title = "Sales Manager".to_owned();
        for (query, admitted) in [
            ("orgUnitPath='/Field Sales'", true),
            ("orgUnitPath=/Field", false),
            ("orgUnitPath=/", true),
            ("orgTitle:manager isSuspended=false", true),
            ("orgTitle=manager", false),
            ("email:person1*  isSuspended=true", false),
            ("name:'person 1'", true),
        ] {
            assert_eq!(Query::of_users(query).expect(query).admits_user(&user), admitted, "{query}");
        }
        for wrong in ["department=x", "orgTitle", "name:", "name:'a"] {
            assert!(Query::of_users(wrong).is_none(), "{wrong}");
        }
        assert!(Query::of_groups("name:GROUP*").is_some_and(|it| it.admits_group(&Group::new(3))));
    }
}
