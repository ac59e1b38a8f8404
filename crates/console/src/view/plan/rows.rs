//! Which rows of a plan are shown: sections that are folded, a search, a filter. A row is found by its position without
//! walking the list.

use crate::screen::{Row, Tone};
use bwdc_core::plan::Plan;
use bwdc_messages::plan::sections::{PlanIndex, PlanRow, PlanSection};
use bwdc_messages::text;

/// Sections with more rows are folded in the beginning.
const FOLDED_FROM: usize = 200;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Filter {
    /// Everything.
    #[default]
    All,
    /// What a sync would send.
    Changes,
    /// What takes something away.
    Takes,
    /// What stays as it is, and why.
    Stays,
}

impl Filter {
    pub(super) fn next(self) -> Self {
        match self {
            Self::All => Self::Changes,
            Self::Changes => Self::Takes,
            Self::Takes => Self::Stays,
            Self::Stays => Self::All,
        }
    }

    pub(super) fn label(self) -> String {
        match self {
            Self::All => text!("plan-view.filter-all", "filter: everything"),
            Self::Changes => text!("plan-view.filter-changes", "filter: changes"),
            Self::Takes => text!("plan-view.filter-takes", "filter: what is taken away"),
            Self::Stays => text!("plan-view.filter-stays", "filter: what stays"),
        }
    }

    fn shows(self, section: PlanSection) -> bool {
        match self {
            Self::All => true,
            Self::Changes => section.is_change(),
            Self::Takes => section.tone() == Tone::Bad,
            Self::Stays => !section.is_change(),
        }
    }
}

/// A section as it is shown.
#[derive(Clone, Debug)]
struct Part {
    section: PlanSection,
    folded: bool,
    places: Vec<u32>,
}

impl Part {
    fn height(&self) -> usize {
        1 + if self.folded { 0 } else { self.places.len() }
    }
}

/// The rows that are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    parts: Vec<Part>,
    pub(super) filter: Filter,
    /// In lower case.
    pub(super) search: String,
}

/// What stands at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Title(PlanSection),
    Row(PlanRow),
}

impl Rows {
    pub(super) fn of(index: &PlanIndex) -> Self {
        let part = |(section, places): (PlanSection, &[u32])| Part {
            section,
            folded: places.len() > FOLDED_FROM,
            places: places.to_vec(),
        };
        Self { parts: index.sections().map(part).collect(), ..Self::default() }
    }

    /// Chooses again what search and filter let through.
    pub(super) fn choose(&mut self, index: &PlanIndex, plan: &Plan) {
        let folded: Vec<PlanSection> =
            self.parts.iter().filter(|it| it.folded).map(|it| it.section).collect();
        let mut parts = Vec::new();
        for (section, places) in index.sections().filter(|(section, _)| self.filter.shows(*section)) {
            let found: Vec<u32> = if self.search.is_empty() {
                places.to_vec()
            } else {
                let has = |place: &u32| {
                    PlanRow { section, place: *place }.name(plan).to_lowercase().contains(&self.search)
                };
                places.iter().copied().filter(has).collect()
            };
            if !found.is_empty() {
                // Whoever searches wants to see what is found.
                let folded = self.search.is_empty() && folded.contains(&section);
                parts.push(Part { section, folded, places: found });
            }
        }
        self.parts = parts;
    }

    pub(super) fn fold(&mut self, section: PlanSection) {
        if let Some(part) = self.parts.iter_mut().find(|it| it.section == section) {
            part.folded = !part.folded;
        }
    }

    pub(super) fn total(&self) -> usize {
        self.parts.iter().map(Part::height).sum()
    }

    pub(super) fn at(&self, mut position: usize) -> Option<At> {
        for part in &self.parts {
            if position < part.height() {
                return Some(match position.checked_sub(1) {
                    None => At::Title(part.section),
                    Some(place) => {
                        At::Row(PlanRow { section: part.section, place: *part.places.get(place)? })
                    }
                });
            }
            position -= part.height();
        }
        None
    }

    pub(super) fn title(&self, section: PlanSection) -> Row<'static> {
        let found = self.parts.iter().find(|it| it.section == section);
        let (folded, number) = found.map_or((false, 0), |it| (it.folded, it.places.len()));
        let mark = if folded { '+' } else { '-' };
        let title = section.title();
        Row {
            left: format!("{mark} {title} ({number})").into(),
            tone: Tone::Strong,
            is_title: true,
            ..Row::default()
        }
    }
}
