//! Many ids in one search.

use super::question::{OBJECT_GUID, Question, Questions, filter, spelled};
use super::state::seen;
use super::{Answer, Lookup, NO_ATTRIBUTES, Wanted, deleted_entries};
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapReadError;
use crate::ldap::request::Elsewhere;
use ldap3::Scope;
use std::collections::{BTreeMap, HashMap};

/// Ids in one search.
const BATCH: usize = 100;

impl Lookup<'_> {
    /// Asks for many ids at once. A batch that does not come says nothing: its people are asked for one by one.
    pub(super) async fn ask_in_batches(&mut self, questions: &[Questions]) -> Result<(), LdapReadError> {
        let mut asked: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for (attribute, value) in questions.iter().flat_map(|it| &it.ids).filter_map(Question::searches) {
            asked.entry(attribute).or_default().push(value);
        }
        let guids = questions.iter().flat_map(|it| &it.ids).any(|it| matches!(it, Question::Guid(_)));
        for (attribute, mut values) in asked {
            values.sort_unstable();
            values.dedup();
            for batch in values.chunks(BATCH).filter(|it| it.len() > 1) {
                let Some(found) = self.batch(attribute, batch, guids).await? else { continue };
                for value in batch {
                    let answer = found.get(*value).cloned().unwrap_or(Answer::Nothing);
                    self.batches.insert((attribute, (*value).to_owned()), answer);
                }
            }
        }
        Ok(())
    }

    /// Who has one of these values; None where a part of the answer did not come.
    async fn batch(
        &mut self,
        attribute: &'static str,
        values: &[&str],
        guids: bool,
    ) -> Result<Option<HashMap<String, Answer>>, LdapReadError> {
        let any: String = values.iter().map(|value| filter(attribute, value)).collect();
        let mut found: HashMap<String, Answer> = HashMap::new();
        for context in self.contexts.clone() {
            let mut request =
                self.request(context.clone(), Scope::Subtree, format!("(|{any})"), Wanted::State);
            let mut attributes = vec![attribute.to_owned()];
            attributes.extend(request.attributes.iter().filter(|it| **it != NO_ATTRIBUTES[0]).cloned());
            if guids && attribute == OBJECT_GUID {
                attributes.push("isDeleted".to_owned());
                request.controls = deleted_entries();
                // Whom another server holds is asked for alone.
                request.elsewhere = Elsewhere::Ignored;
            }
            request.attributes = attributes.into();
            let mut pages = self.connection.search(request);
            loop {
                let tag = match pages.next().await {
                    Ok(Some(tag)) => tag,
                    Ok(None) => break,
                    Err(LdapReadError::Refused { .. } | LdapReadError::References { .. }) => return Ok(None),
                    Err(error) => return Err(error),
                };
                let Some(entry) = Entry::parse(&tag) else { return Ok(None) };
                let deleted =
                    entry.first_value("isDeleted").is_some_and(|it| it.eq_ignore_ascii_case(b"true"));
                let seen = seen(&entry, &self.accounts);
                for value in entry.values(attribute).map(|it| spelled(attribute, it)) {
                    let answer = if deleted { Answer::Deleted } else { Answer::Found(seen.clone()) };
                    let known = found.entry(value).or_insert_with(|| answer.clone());
                    if let Answer::Found(first) = &mut *known {
                        first.account = first.account.max(seen.account);
                    }
                }
            }
            drop(pages);
            let of_batch = found.values_mut().filter_map(Answer::unsure).collect();
            self.settle(&context, Scope::Subtree, &format!("(|{any})"), of_batch).await?;
        }
        if !found.is_empty() {
            self.searchable.insert(attribute, true);
        }
        Ok(Some(found))
    }
}
