//! Asks the server whose a name is, many side by side: a question waits for its answer only, and not for those before it.

use super::connect::Connection;
use super::entry::Entry;
use super::error::{LdapReadError, Step};
use super::request::Request;
use super::value::text;
use futures_util::{StreamExt, TryStreamExt, stream};
use ldap3::{Ldap, LdapError, Scope};

/// Questions under way at one time.
const AT_ONCE: usize = 16;
const SUCCESS: u32 = 0;
const NO_SUCH_OBJECT: u32 = 32;
const ANYTHING: &str = "(objectClass=*)";

/// What the server says of a name.
pub(super) enum Whose {
    /// It is that of this entry.
    Entry(String),
    /// It is that of no entry.
    Nobody,
    /// It does not tell.
    Untold,
}

/// Whose these names are, in their order.
pub(super) async fn whose(
    connection: &mut Connection,
    names: Vec<String>,
) -> Result<Vec<Whose>, LdapReadError> {
    let limit = connection.page_limit();
    let questions = names.into_iter().map(|name| {
        let mut ldap = connection.ldap.clone();
        ldap.with_timeout(limit);
        ask(ldap, name)
    });
    let answers: Result<Vec<Whose>, (String, LdapError)> =
        stream::iter(questions).buffered(AT_ONCE).try_collect().await;
    match answers {
        Ok(answers) => {
            let found = answers.iter().filter(|it| matches!(it, Whose::Entry(_))).count();
            connection.entries += u64::try_from(found).unwrap_or(u64::MAX);
            Ok(answers)
        }
        Err((name, error)) => {
            let request = Request::new(name, Scope::Base, ANYTHING.to_owned(), &["1.1"], "ldap.rootPath");
            let step = Step::Page(Box::new(connection.place(&request, false)));
            Err(match error {
                LdapError::Timeout { .. } => LdapReadError::TimeLimit {
                    server: connection.server().into(),
                    step,
                    seconds: limit.as_secs(),
                    setting: "time-limits.page",
                },
                error => connection.lost(error, step).await,
            })
        }
    }
}

async fn ask(mut ldap: Ldap, name: String) -> Result<Whose, (String, LdapError)> {
    let found = match ldap.search(&name, Scope::Base, ANYTHING, ["1.1"]).await {
        Ok(found) => found,
        Err(error) => return Err((name, error)),
    };
    let entry = found.0.first().and_then(|it| Entry::parse(&it.0)).map(|it| text(it.name()).into_owned());
    // What it does not tell nobody knows.
    Ok(match (found.1.rc, entry) {
        (SUCCESS, Some(entry)) => Whose::Entry(entry),
        (SUCCESS, None) if found.1.refs.is_empty() => Whose::Nobody,
        (NO_SUCH_OBJECT, _) => Whose::Nobody,
        _ => Whose::Untold,
    })
}
