//! What a read makes of what people and groups hide.

use super::connect::Connection;
use super::error::LdapReadError;
use super::hidden::{Unshown, without};
use super::reader::Reader;
use super::selection::Filters;
use bwdc_core::text::Text;
use std::collections::HashSet;

impl Reader<'_> {
    /// Sets aside the people of whom it is hidden whether they are disabled, and notes who hides in which groups they are. Rights
    /// change without a change of the entry, so that nothing is kept then.
    pub(super) async fn people_hide(
        &mut self,
        connection: &mut Connection,
        filters: &Filters,
    ) -> Result<(), LdapReadError> {
        let mut untold = HashSet::new();
        for states in std::mem::take(&mut self.hidden.states) {
            untold.extend(self.hiding(connection, states, &filters.people, true).await?);
        }
        self.builder.hide_states(|it| untold.contains(&it));
        if self.builder.hides_whoever_is_enabled() {
            let attributes: Vec<&str> = self.accounts.attributes().collect();
            return Err(LdapReadError::StateHidden {
                server: connection.server().into(),
                attributes: attributes.join("`, `").into(),
            });
        }
        for places in std::mem::take(&mut self.hidden.places) {
            let hiding = self.hiding(connection, places, &filters.people, true).await?;
            hiding.into_iter().for_each(|it| self.builder.hides_groups(it));
        }
        Ok(())
    }

    /// Notes which groups hide who is in them, or in which groups they are.
    pub(super) async fn groups_hide(
        &mut self,
        connection: &mut Connection,
        filters: &Filters,
    ) -> Result<(), LdapReadError> {
        for members in std::mem::take(&mut self.hidden.members) {
            let hiding = self.hiding(connection, members, &filters.groups, false).await?;
            hiding.into_iter().for_each(|it| self.builder.hides_members(it));
        }
        if let Some(places) = self.hidden.places_of_groups.take() {
            let hiding = self.hiding(connection, places, &filters.groups, false).await?;
            hiding.into_iter().for_each(|it| self.builder.hides_groups(it));
        }
        Ok(())
    }

    async fn hiding(
        &mut self,
        connection: &mut Connection,
        unshown: Unshown<'_>,
        filter: &str,
        of_people: bool,
    ) -> Result<HashSet<Text>, LdapReadError> {
        let filter = without(filter, unshown.attribute);
        let bases = if of_people { &self.layout.user_bases } else { &self.layout.group_bases };
        let requests =
            bases.iter().map(|base| self.names_request(base.clone(), &filter, of_people)).collect();
        let attribute = unshown.attribute;
        let Self { builder, spellings, .. } = self;
        let hiding = unshown.hiding(connection, requests, |it| spellings.name(it, builder)).await?;
        if !hiding.is_empty() {
            let entries = hiding.len();
            tracing::debug!(attribute, entries, "what entries do not show: every read is a full one");
            self.keep_nothing();
        }
        Ok(hiding)
    }
}
