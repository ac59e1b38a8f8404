//! Partial answers: `fields=kind,users(id,primaryEmail),groups/name` (Google, "Improve performance").

use super::message::PROPERTIES;
use serde_json::{Map, Value};

/// What is left of an answer of this schema; the error names the field that the schema does not have.
pub(super) fn choose(value: Value, fields: &str, schema: &str) -> Result<Value, String> {
    let mut rest = fields;
    let wanted = parse(&mut rest).filter(|_| rest.is_empty()).ok_or_else(|| fields.to_owned())?;
    pick(value, &wanted, schema)
}

struct Wanted {
    name: String,
    below: Vec<Wanted>,
}

fn parse(rest: &mut &str) -> Option<Vec<Wanted>> {
    let mut wanted = Vec::new();
    loop {
        let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_owned();
        if name.is_empty() {
            return None;
        }
        *rest = &rest[end..];
        let mut below = Vec::new();
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            below = parse(rest)?;
            *rest = rest.strip_prefix(')')?;
        } else if let Some(after) = rest.strip_prefix('/') {
            *rest = after;
            // One name, and what hangs on it.
            let mut inner = parse_one(rest)?;
            below.append(&mut inner);
        }
        wanted.push(Wanted { name, below });
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(wanted),
        }
    }
}

fn parse_one(rest: &mut &str) -> Option<Vec<Wanted>> {
    let end = rest.find([',', ')']).unwrap_or(rest.len());
    let mut one = &rest[..end];
    let wanted = parse(&mut one)?;
    *rest = &rest[end..];
    one.is_empty().then_some(wanted)
}

fn pick(value: Value, wanted: &[Wanted], schema: &str) -> Result<Value, String> {
    let known = PROPERTIES.iter().find(|(name, _)| *name == schema).map(|(_, properties)| *properties);
    if let Some(unknown) =
        wanted.iter().find(|it| known.is_some_and(|known| !known.contains(&it.name.as_str())))
    {
        return Err(unknown.name.clone());
    }
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| pick(item, wanted, schema))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        Value::Object(mut object) => {
            let mut picked = Map::new();
            for want in wanted {
                let Some(found) = object.remove(&want.name) else { continue };
                let found = match want.below.as_slice() {
                    [] => found,
                    below => pick(found, below, items_of(&want.name))?,
                };
                picked.insert(want.name.clone(), found);
            }
            Ok(Value::Object(picked))
        }
        other => Ok(other),
    }
}

/// The schema of the entries of a list.
fn items_of(list: &str) -> &str {
    match list {
        "users" => "User",
        "groups" => "Group",
        "members" => "Member",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wanted_is_left() {
        let whole = json!({
            "kind": "k", "etag": "e",
            "users": [{ "id": "1", "name": { "fullName": "a", "givenName": "b" }, "suspended": false }],
        });
        let of = |fields| choose(whole.clone(), fields, "Users");
        assert_eq!(of("kind,users(id)"), Ok(json!({ "kind": "k", "users": [{ "id": "1" }] })));
        assert_eq!(of("users/name/fullName"), Ok(json!({ "users": [{ "name": { "fullName": "a" } }] })));
        assert_eq!(
            of("users(name(fullName),suspended)"),
            Ok(json!({ "users": [{ "name": { "fullName": "a" }, "suspended": false }] }))
        );
        assert_eq!(of("nextPageToken"), Ok(json!({})));
        assert_eq!(of("users(ident)"), Err("ident".to_owned()));
        assert!(of("users(id").is_err() && of("").is_err() && of("kind,,etag").is_err());
    }
}
