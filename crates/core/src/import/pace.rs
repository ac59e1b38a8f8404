//! How long an import takes, from what the last one took.
//!
//! An import that outlives a gateway's patience loses its answer, and then nobody knows what became of it. So requests are
//! cut to what a server is likely to answer in a quarter of that time.

use crate::wire::ImportRequest;
use core::time::Duration;

/// What one request should take, in microseconds: well below the 60 to 100 seconds after which gateways give up.
pub(super) const ONE_REQUEST: u64 = 15_000_000;

/// The guess, in microseconds, as measured on a server of two cores: 5,000 people and 500 groups take 18 seconds.
const MEMBER: u64 = 800;
const GROUP: u64 = 20_000;
const MEMBERSHIP: u64 = 300;

/// As long as nothing was measured, a request up to this size stays whole whatever the guess says.
const WHOLE_MEMBERS: usize = 1_000;
const WHOLE_GROUPS: usize = 100;

/// Whatever was measured, a server counts as no more than so many times faster or slower than the guess.
const FASTEST: u64 = 100;
const SLOWEST: u64 = 100_000;
const AS_GUESSED: u64 = 1_000;

/// How long nobody may give an import up, at least.
const LEAST: Duration = Duration::from_secs(60);

/// How fast a server imports, in thousandths of the guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportPace {
    measured: Option<u64>,
}

impl ImportPace {
    /// Longer than this no import is waited for.
    pub const MOST: Duration = Duration::from_secs(15 * 60);

    /// The pace that was written down after an earlier import.
    pub fn of_thousandths(thousandths: u64) -> Self {
        Self { measured: Some(thousandths.clamp(FASTEST, SLOWEST)) }
    }

    /// The pace that an import shows, in thousandths of the guess; None: it was too short to tell.
    pub fn shown_by(import: &ImportRequest, took: Duration) -> Option<u64> {
        const TOO_SHORT: u64 = 1_000_000;
        let guess = guess(import);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if guess < TOO_SHORT && took < TOO_SHORT {
            return None;
        }
        Some((took.saturating_mul(AS_GUESSED) / guess.max(TOO_SHORT)).clamp(FASTEST, SLOWEST))
    }

    /// How long an import may take before it counts as over, whatever is seen of it: ten times what is expected, or four times
    /// what it is known to have taken when its answer was lost, and a minute at least; never more than fifteen minutes.
    pub fn may_take(self, import: &ImportRequest, known_to_have_taken: Duration) -> Duration {
        let expected = guess(import).max(self.cost(guess(import)));
        let expected = Duration::from_micros(expected.saturating_mul(10));
        (LEAST + expected).max(known_to_have_taken.saturating_mul(4)).min(Self::MOST)
    }

    /// Whether a request of this size goes out whole.
    pub(super) fn is_short(self, import: &ImportRequest) -> bool {
        let small = import.members.len() <= WHOLE_MEMBERS && import.groups.len() <= WHOLE_GROUPS;
        (small && self.measured.is_none()) || self.cost(guess(import)) <= ONE_REQUEST
    }

    pub(super) fn of_member(self) -> u64 {
        self.cost(MEMBER)
    }

    pub(super) fn of_group(self, members: usize) -> u64 {
        self.cost(GROUP + MEMBERSHIP.saturating_mul(members as u64))
    }

    fn cost(self, guess: u64) -> u64 {
        guess.saturating_mul(self.measured.unwrap_or(AS_GUESSED)) / AS_GUESSED
    }
}

fn guess(import: &ImportRequest) -> u64 {
    let memberships: usize = import.groups.iter().map(|it| it.member_external_ids.len()).sum();
    MEMBER * import.members.len() as u64
        + GROUP * import.groups.len() as u64
        + MEMBERSHIP * memberships as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ExternalId;
    use crate::wire::{ImportGroup, ImportMember};

    fn import(members: usize, groups: usize, each: usize) -> ImportRequest {
        let id = |number: usize| ExternalId::new(format!("p{number}"));
        ImportRequest {
            groups: (0..groups)
                .map(|it| ImportGroup {
                    name: "g".to_owned(),
                    external_id: ExternalId::new(format!("g{it}")),
                    member_external_ids: (0..each).map(id).collect(),
                })
                .collect(),
            members: (0..members)
                .map(|it| ImportMember { email: None, external_id: id(it), deleted: false })
                .collect(),
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        }
    }

    #[test]
    fn the_guess_is_what_was_measured() {
        let seconds = guess(&import(5_000, 500, 20)) / 1_000_000;
        assert!((16..=19).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_thousand_people_with_a_hundred_groups_go_out_whole_until_the_server_is_known_to_be_slow() {
        let first = ImportPace::default();
        assert!(first.is_short(&import(1_000, 100, 1_000)));
        assert!(first.is_short(&import(2_000, 200, 20)));
        assert!(!first.is_short(&import(5_000, 500, 20)));
        assert!(!ImportPace::of_thousandths(5_000).is_short(&import(1_000, 100, 20)));
        assert!(ImportPace::of_thousandths(500).is_short(&import(5_000, 500, 20)));
    }

    #[test]
    fn a_pace_is_shown_by_an_import_that_takes_its_time() {
        assert_eq!(ImportPace::shown_by(&import(3, 1, 3), Duration::from_millis(40)), None);
        let shown = ImportPace::shown_by(&import(5_000, 500, 20), Duration::from_secs(34));
        assert!(shown.is_some_and(|it| (1_900..=2_100).contains(&it)), "{shown:?}");
        assert_eq!(ImportPace::shown_by(&import(3, 1, 3), Duration::from_secs(3)), Some(3_000));
        assert_eq!(ImportPace::shown_by(&import(3, 1, 3), Duration::from_secs(86_400)), Some(SLOWEST));
    }

    #[test]
    fn an_import_may_take_a_minute_more_by_its_size_and_never_over_fifteen_minutes() {
        let pace = ImportPace::default();
        let seconds = |import, known| pace.may_take(&import, Duration::from_secs(known)).as_secs();
        assert_eq!(seconds(import(2, 1, 2), 0), 60);
        assert!((200..260).contains(&seconds(import(5_000, 500, 20), 0)));
        assert_eq!(seconds(import(2, 1, 2), 90), 360);
        assert_eq!(seconds(import(50_000, 5_000, 20), 0), 900);
        let fast = ImportPace::of_thousandths(100);
        assert_eq!(
            fast.may_take(&import(5_000, 500, 20), Duration::ZERO),
            pace.may_take(&import(5_000, 500, 20), Duration::ZERO)
        );
    }
}
