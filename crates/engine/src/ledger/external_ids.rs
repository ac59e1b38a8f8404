//! The ids under which people are pushed. Each is stored once, and what refers to it is a number: half a million memberships stay
//! small and compare fast.

use super::LedgerError;
use bwdc_core::names::ExternalId;
use hashbrown::HashMap;
use rusqlite::{Connection, Statement};

/// All of them by number, in the order of the numbers. These have few gaps, so that one is found near where it would stand without
/// any.
pub(super) struct Numbered(Vec<(i64, ExternalId)>);

impl Numbered {
    /// Reads all of them.
    pub(super) fn read(connection: &Connection) -> Result<Self, LedgerError> {
        let mut statement = connection.prepare("SELECT id, text FROM external_ids ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            let id = ExternalId::new(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
            ids.push((row.get(0)?, id));
        }
        Ok(Self(ids))
    }

    /// The id with this number.
    pub(super) fn get(&self, number: i64) -> Option<&ExternalId> {
        let (first, _) = self.0.first()?;
        let without_gaps = usize::try_from(number.checked_sub(*first)?).ok()?;
        if let Some((_, id)) = self.0.get(without_gaps).filter(|(it, _)| *it == number) {
            return Some(id);
        }
        let place = self.0.binary_search_by_key(&number, |(it, _)| *it).ok()?;
        self.0.get(place).map(|(_, id)| id)
    }
}

/// The numbers of those that a new state holds; a new one gets its row at once.
pub(super) struct ExternalIds<'a> {
    rows: HashMap<ExternalId, Row>,
    /// The same by where an id lies in memory: those of memberships are the same texts again and again, and their numbers need not be
    /// looked for by their characters.
    by_place: HashMap<*const u8, i64>,
    insert: Statement<'a>,
    connection: &'a Connection,
}

struct Row {
    number: i64,
    is_held: bool,
}

impl<'a> ExternalIds<'a> {
    pub(super) fn new(connection: &'a Connection) -> Result<Self, LedgerError> {
        let rows = Numbered::read(connection)?
            .0
            .into_iter()
            .map(|(number, id)| (id, Row { number, is_held: false }));
        let insert = connection.prepare("INSERT INTO external_ids (text) VALUES (?1)")?;
        Ok(Self { rows: rows.collect(), by_place: HashMap::new(), insert, connection })
    }

    /// The number of an id that lives as long as this value.
    pub(super) fn number(&mut self, id: &'a ExternalId) -> Result<i64, LedgerError> {
        let place = id.as_str().as_ptr();
        if let Some(number) = self.by_place.get(&place) {
            return Ok(*number);
        }
        let number = match self.rows.get_mut(id) {
            Some(row) => {
                row.is_held = true;
                row.number
            }
            None => {
                self.insert.execute([id.as_str()])?;
                let number = self.connection.last_insert_rowid();
                self.rows.insert(id.clone(), Row { number, is_held: true });
                number
            }
        };
        self.by_place.insert(place, number);
        Ok(number)
    }

    /// Forgets those whose number nobody has asked for.
    pub(super) fn forget_others(self) -> Result<(), LedgerError> {
        let mut delete = self.connection.prepare("DELETE FROM external_ids WHERE id = ?1")?;
        for row in self.rows.values().filter(|it| !it.is_held) {
            delete.execute([row.number])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_number_whatever_was_forgotten() {
        let ids = [2, 3, 5, 9, 10, 40];
        let numbered = Numbered(ids.iter().map(|it| (*it, ExternalId::new(it.to_string()))).collect());
        for number in -1..50 {
            let found = numbered.get(number).map(|it| it.as_str().to_owned());
            assert_eq!(found, ids.contains(&number).then(|| number.to_string()), "{number}");
        }
        assert!(Numbered(Vec::new()).get(1).is_none());
        assert!(numbered.get(i64::MIN).is_none());
    }
}
