//! New entries of the directory that have the address of a member whose own entry is gone.

use super::addresses::freed_by;
use super::joining::usable_address;
use super::notice::PlanNotice;
use super::seen;
use super::standing::AddressHeldBecause;
use super::{Index, PlanInput};
use crate::ledger::{Decision, Waiting};
use crate::names::{Email, ExternalId};
use crate::observed::ServerKind;
use hashbrown::{HashMap, HashSet};

/// A new entry that has a member's address.
#[derive(Clone)]
pub(super) struct Claim<'a> {
    /// The id that the membership has.
    pub(super) old: &'a str,
    /// The position of the member in the organization.
    pub(super) place: usize,
    /// The id that the new entry is pushed under.
    pub(super) pushed: &'a str,
    pub(super) verdict: Verdict,
}

/// What becomes of the membership.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on under the new entry.
    PassesOn,
    /// It is removed, and the address invited anew.
    InvitedAnew,
    /// The new entry waits.
    Waits(AddressHeldBecause),
}

/// Who claims whose membership.
#[derive(Default)]
pub(super) struct Claims<'a> {
    /// By position in the directory.
    pub(super) of: HashMap<usize, Claim<'a>>,
    /// Ids of members whose address somebody else has: another person by the marks.
    pub(super) strangers: HashSet<&'a str>,
    /// Positions of disabled or deleted entries whose membership goes on under another entry.
    pub(super) left_behind: HashSet<usize>,
    pub(super) notices: Vec<PlanNotice>,
}

/// Somebody who waits for a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The membership's address.
    pub address: Email,
    /// The directory's name for the entry that waits.
    pub entry: String,
    /// The directory's last name for the entry that had the address.
    pub former: String,
    /// To whom, and to which membership, an administrator's word is bound.
    pub of: Waiting,
    /// Whether the membership can go on under the entry.
    pub restorable: bool,
    /// Whether the entry can be invited: no import of Vaultwarden removes a membership that has the address.
    pub invitable: bool,
}

impl<'a> Claims<'a> {
    /// Those who wait, or for whom somebody has decided, in the directory's order.
    pub(super) fn waits(&self, input: &PlanInput<'_>, index: &Index<'a>) -> Vec<Waits> {
        let waits = |(number, claim): (&usize, &Claim<'a>)| {
            let of = claim.waiting(*number, input);
            let decided = || input.ledger.decisions.iter().any(|it| it.of.as_ref() == Some(&of));
            if !matches!(claim.verdict, Verdict::Waits(_)) && !decided() {
                return None;
            }
            let entry = &input.desired.everybody()[*number];
            let waits = Waits {
                address: index.member(claim.place).email.clone(),
                entry: input.desired.text(entry.reference).to_owned(),
                former: former(claim.old, input, index),
                of,
                restorable: true,
                invitable: input.server != ServerKind::Vaultwarden,
            };
            Some((*number, waits))
        };
        let mut all: Vec<(usize, Waits)> = self.of.iter().filter_map(waits).collect();
        let others = 0..input.desired.everybody().len();
        let others = others.filter(|it| !self.of.contains_key(it));
        all.extend(others.filter_map(|it| Some((it, waits_for_address(it, input, index)?))));
        all.sort_unstable_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, it)| it).collect()
    }

    /// Addresses about which somebody has decided, where whoever it was about does not wait for that membership any more.
    pub(super) fn undisputed(&self, input: &PlanInput<'_>) -> Vec<Email> {
        let waits = |decision: &&Decision| {
            let Some(of) = &decision.of else { return false };
            if freed_by(decision, input.ledger, input.desired, input.identity).is_some() {
                return true;
            }
            let claims = self.of.iter().filter(|(_, it)| it.old == of.membership.as_str());
            claims.into_iter().any(|(number, claim)| claim.waiting(*number, input) == *of)
        };
        input.ledger.decisions.iter().filter(|it| !waits(it)).map(|it| it.address.clone()).collect()
    }
}

/// A new entry whose address the directory told of somebody else before, where nobody sees which one the account has: an administrator
/// can say that it is not the other one's.
fn waits_for_address(number: usize, input: &PlanInput<'_>, index: &Index<'_>) -> Option<Waits> {
    let unseen = index.unseen.as_ref().filter(|_| !input.identity.is_known(number))?;
    let entry = &input.desired.everybody()[number];
    let own_id = input.desired.text(entry.external_id);
    let email = usable_address(entry, own_id, input).ok()?;
    let membership = unseen.other_holder(email, own_id)?.clone();
    let known = input.ledger.people.iter().find(|it| it.external_id == membership)?;
    let is_own = known.email.as_str() == email;
    (!is_own).then(|| Waits {
        address: Email::new(email),
        entry: input.desired.text(entry.reference).to_owned(),
        former: former(membership.as_str(), input, index),
        of: Waiting { entry: seen::key(number, input.desired), membership },
        restorable: false,
        invitable: true,
    })
}

impl Claim<'_> {
    fn waiting(&self, number: usize, input: &PlanInput<'_>) -> Waiting {
        Waiting { entry: seen::key(number, input.desired), membership: ExternalId::new(self.old) }
    }
}

/// The directory's name for the entry that had the address.
pub(super) fn former(old: &str, input: &PlanInput<'_>, index: &Index<'_>) -> String {
    let known = index.managed.get(old).map(|&it| &input.ledger.people[it]);
    known.and_then(|it| it.reference.as_deref()).unwrap_or(old).to_owned()
}
