//! A source that leads to another directory: what came from the former one is kept as memory.

use super::LedgerState;
use crate::names::SourceName;

impl LedgerState {
    /// Keeps what came from a source as that of a former directory, which `former` is. Of whom nobody knows the source, nobody may
    /// ask another one.
    pub fn lead_elsewhere(&mut self, source: &SourceName, former: &str) {
        let kept = SourceName::former(former);
        self.change_sources(|it| it == source || it.is_untold(), &kept);
    }

    /// Gives a source what came from its directory before, when it led there.
    pub fn come_back(&mut self, source: &SourceName, place: &str) {
        let former = SourceName::former(place);
        self.change_sources(|it| *it == former, source);
    }

    fn change_sources(&mut self, which: impl Fn(&SourceName) -> bool, to: &SourceName) {
        let people = self.people.iter_mut().map(|it| &mut it.source);
        let groups = self.groups.iter_mut().map(|it| &mut it.source);
        for source in people.chain(groups).filter(|it| which(it)) {
            *source = to.clone();
        }
    }
}
