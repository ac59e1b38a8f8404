//! Cases that the property found, each as small as it could be made: what was wrong, or what the judge had wrong.

use super::counts::Reached;
use super::world::{Event, Mode};
use super::{follows, follows_counted};

/// Found by the property: of a group whose id somebody took away nobody knows yet which entry it is.
#[test]
fn a_group_of_ours_without_an_id_is_not_adopted_as_made_by_hand() {
    let steps = [
        (vec![(12, 0, 1), (21, 0, 9), (0, 0, 0)], false),
        (vec![(28, 1, 96), (13, 0, 30), (18, 0, 63)], false),
        (vec![(12, 0, 126), (12, 0, 0)], false),
        (vec![(12, 0, 111)], false),
    ];
    follows(Mode::Official, 736_270_399_489_000_448, &[], &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: the colleague who has a leaver's address is not put into groups as the leaver.
#[test]
fn groups_do_not_take_a_leaver_in_for_the_colleague_who_has_the_address() {
    let begin = [(0, 0, 4), (0, 0, 191), (0, 0, 30), (0, 0, 7), (0, 0, 31)];
    let steps = [
        (vec![(3, 75, 0), (0, 0, 13)], false),
        (vec![(9, 55, 189), (9, 97, 37)], false),
        (vec![(12, 0, 0), (10, 65, 0), (29, 183, 0), (0, 0, 52)], false),
        (vec![(16, 0, 79)], false),
    ];
    follows(Mode::Official, 234_022_715_318_272, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property.
#[test]
fn an_address_passes_to_a_newcomer_while_its_holder_is_entered_anew() {
    let begin = [(0, 0, 12), (0, 0, 21), (0, 0, 10), (0, 0, 83)];
    let steps = [(vec![(4, 186, 0), (10, 36, 0)], false), (vec![(9, 73, 0), (0, 0, 80)], false)];
    follows(Mode::Official, 7_062_241_775_495_913_772, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: where nobody can look, a leaver is not sent as deleted under an address whose membership passes on.
#[test]
fn a_leaver_is_not_sent_under_an_address_that_is_given_back_to_another() {
    let begin = [(0, 0, 6), (0, 0, 35)];
    let steps = [
        (vec![(0, 0, 0)], false),
        (vec![(0, 0, 8), (6, 89, 11)], false),
        (vec![(3, 1, 0), (0, 0, 1), (3, 0, 0)], false),
        (vec![(0, 0, 16), (0, 0, 9), (9, 55, 245)], true),
        (vec![(30, 170, 43)], false),
    ];
    follows(Mode::Vaultwarden, 11_109_921_047_592_190_562, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: whose id is a third person's is told from the leaver at once.
#[test]
fn a_leaver_does_not_stay_until_the_newcomers_id_is_free() {
    let begin = [(0, 0, 47), (0, 0, 6), (0, 0, 186)];
    let last = vec![(24, 188, 0), (3, 4, 0), (4, 0, 0), (29, 181, 0), (0, 0, 0), (11, 108, 186)];
    let steps = [
        (vec![(30, 9, 0)], false),
        (vec![(23, 238, 0)], false),
        (vec![(21, 0, 11), (4, 0, 0), (4, 0, 0), (11, 181, 0), (3, 44, 0), (0, 0, 63)], false),
        (last, false),
    ];
    follows(Mode::VaultwardenRead, 15_831_617_758_903_355_488, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: whoever waits for a turn may wait for a leaver's id, too, and gets it when the turn comes.
#[test]
fn a_newcomer_at_a_used_name_waits_for_a_turn_like_everybody_else() {
    let begin = [42, 137, 59, 20, 3, 94, 32].map(|how| (0, 0, how));
    let steps = [(vec![], false), (vec![(0, 0, 103), (11, 8, 166), (25, 2, 108)], false)];
    follows(Mode::VaultwardenRead, 4_222_192_493_175_958_624, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: nobody's membership is removed for a successor whose turn it is not.
#[test]
fn a_successor_who_is_invited_anew_waits_for_a_turn_like_everybody_else() {
    let begin = [0, 89, 5, 44, 6, 180].map(|how| (0, 0, how));
    let steps = [
        (vec![(11, 42, 1), (0, 0, 133), (0, 0, 78), (30, 0, 0)], false),
        (vec![(12, 0, 0), (10, 0, 0)], false),
        (vec![(11, 0, 27), (4, 0, 0), (11, 26, 9), (30, 40, 8)], false),
    ];
    follows(Mode::Official, 14_103_725_385_481_676_032, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: the id of somebody who is no member and in no directory any more is free at once.
#[test]
fn an_id_that_nobody_has_any_more_is_free_for_whoever_has_the_name_now() {
    let begin = [14, 29, 250, 30, 3, 4, 32, 223, 75].map(|how| (0, 0, how));
    let steps = [
        (vec![(10, 27, 0)], false),
        (vec![(3, 60, 0)], false),
        (vec![(3, 72, 0), (11, 165, 13), (25, 196, 9)], false),
    ];
    follows(Mode::Official, 7_338_353_649_053_261_952, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: a leaver whom a limit keeps keeps the id, too.
#[test]
fn a_newcomer_does_not_get_the_id_of_somebody_who_is_held_back() {
    let begin = [(0, 0, 0), (0, 0, 44)];
    let steps = [(vec![], false), (vec![(11, 0, 1)], false), (vec![(11, 56, 2)], false)];
    follows(Mode::VaultwardenRead, 11_258_962_246_968_173_216, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: where the server refuses a leaver another id, the newcomer at the name does not become the leaver.
#[test]
fn a_leaver_whom_the_server_refuses_another_id_keeps_it() {
    let begin = [1, 9, 6, 23].map(|how| (0, 0, how));
    let steps = [
        (vec![(9, 12, 24), (0, 0, 10)], false),
        (vec![(3, 40, 0), (4, 0, 0), (4, 0, 0), (11, 181, 95), (38, 45, 0)], false),
        (vec![], false),
    ];
    follows(Mode::Official, 845_949_156_891_804_384, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: nobody is invited under the address of somebody whom the server does not let go.
#[test]
fn nobody_is_invited_twice_where_a_removal_is_refused() {
    let begin = [66, 39, 0, 1].map(|how| (0, 0, how));
    let steps = [
        (vec![(3, 57, 0)], false),
        (vec![(38, 101, 0), (4, 0, 0)], false),
        (vec![(10, 159, 95)], false),
        (vec![(30, 11, 0)], false),
    ];
    follows(Mode::Official, 4_955_654_256_058_171_392, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: who returns with another address, whose id somebody exchanged, is told by the membership.
#[test]
fn who_returns_under_an_exchanged_id_is_the_one_that_the_plan_restores() {
    let joins = [159, 21, 4, 78, 59, 23, 9, 94];
    let begin = joins.map(|how| (0, 0, how));
    let steps = [
        (vec![], false),
        (vec![(0, 0, 108), (10, 36, 0), (0, 0, 75), (7, 54, 0), (9, 74, 221)], false),
        (vec![(33, 61, 7), (4, 204, 0)], false),
    ];
    follows(Mode::VaultwardenRead, 6_445_477_679_134_737_176, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: where nobody can look, an import that was cut off left two people of the ledger under one address. A third
/// one with it was compared with the first of them; and the limits counted both.
#[test]
fn an_import_that_was_cut_off_leaves_one_person_under_an_address() {
    let begin = [3, 52, 20, 1, 11].map(|how| (0, 0, how));
    let steps = [
        (vec![(11, 25, 12), (32, 42, 0)], false),
        (vec![(42, 0, 0), (12, 0, 0), (30, 216, 11), (30, 0, 0), (12, 0, 0), (30, 110, 0)], false),
        (vec![], false),
        (vec![(30, 152, 61)], false),
    ];
    follows(Mode::Vaultwarden, 916_881_373_489_266_688, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: who is disabled is wanted where the settings want such people, and has an address, too.
#[test]
fn a_leaver_whose_address_a_disabled_newcomer_has_stays_on_a_server_without_revoke() {
    let begin = [(0, 0, 0), (0, 0, 1)];
    let steps = [
        (vec![(0, 0, 89)], false),
        (vec![(11, 0, 2), (3, 0, 0), (11, 14, 59), (10, 0, 0)], false),
        (vec![(11, 0, 229), (0, 0, 0), (10, 45, 0)], false),
        (vec![(0, 0, 0), (4, 27, 0)], false),
    ];
    follows_with(Mode::Official, (12_798_009_240_139_686_520, 56), &begin, &steps);
}

/// The product was wrong: whom another connector of a shared organization has is that one's, also once the id is cleared.
#[test]
fn a_cleared_id_of_another_connector_makes_nobody_ours_again() {
    let begin = [(0, 0, 11), (0, 0, 140), (0, 0, 12), (4, 0, 0), (0, 0, 2), (0, 0, 178), (44, 0, 0)];
    let steps = [
        (vec![(11, 193, 34), (11, 15, 3), (3, 0, 0)], false),
        (vec![(11, 112, 46), (29, 184, 44)], false),
        (vec![(7, 125, 0), (29, 136, 103)], false),
    ];
    follows_with(Mode::Official, (6_299_960_793_863_190_528, 192), &begin, &steps);
}

/// The judge was wrong: who is known again by the membership once a stranger with the same id is overwritten goes in the run after.
#[test]
fn overwriting_comes_to_rest_after_a_stranger_with_the_same_id_is_gone() {
    let begin = [(0, 0, 66), (0, 0, 17)];
    let steps =
        [(vec![(44, 0, 0), (11, 109, 4), (34, 11, 76)], false), (vec![(29, 82, 223), (11, 2, 5)], false)];
    follows(Mode::VaultwardenRead, 16_260_545_275_938_471_936, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// With the settings of the second number, too.
fn follows_with(mode: Mode, (settings, more): (u64, u8), begin: &[Event], steps: &[(Vec<Event>, bool)]) {
    let judged = follows_counted((mode, settings, more), begin, steps, &Reached::default());
    assert!(judged.is_ok(), "{}", judged.err().map(|it| it.to_string()).unwrap_or_default());
}

/// The product was wrong: whom the server does not let back took the last seat from a newcomer.
#[test]
fn who_is_not_let_back_takes_no_seat_from_a_newcomer() {
    let begin = [6, 73, 88].map(|how| (0, 0, how));
    let steps = [
        (vec![], false),
        (vec![(35, 106, 12), (27, 62, 8)], false),
        (vec![(8, 52, 0), (0, 0, 21)], false),
        (vec![(10, 124, 0)], false),
        (vec![(37, 106, 0)], false),
        (vec![(30, 12, 0), (38, 114, 0), (5, 93, 0)], false),
    ];
    follows(Mode::Official, 7_891_496_748_013_901_502, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The product was wrong: of two ids that the server refused one membership, each was asked for in each run.
#[test]
fn two_ids_that_are_refused_come_to_rest() {
    let begin = [(0, 0, 9), (0, 0, 7), (4, 29, 0), (0, 0, 10), (0, 0, 0), (0, 0, 39), (4, 158, 0)];
    let steps = [
        (vec![(37, 75, 0)], false),
        (vec![(11, 35, 11), (38, 11, 0)], false),
        (vec![(37, 15, 0), (30, 151, 0), (10, 182, 32)], false),
        (vec![], true),
        (vec![(20, 0, 0), (33, 113, 132)], false),
    ];
    follows(Mode::Official, 3_640_706_582_244_822_721, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: in a shared organization, an id that a run of ours gave to another one is no other connector's.
#[test]
fn exchanged_ids_are_ours_in_a_shared_organization_too() {
    let begin = [(0, 0, 2), (0, 0, 3), (44, 0, 0)];
    let steps = [(vec![(7, 84, 0)], false), (vec![(33, 94, 80), (35, 175, 162), (5, 6, 0)], false)];
    follows_with(Mode::VaultwardenRead, (3_690_583_609_549_117_016, 192), &begin, &steps);
}

/// The product was wrong: an import that overwrites and was cut off lists everybody by what was shown, which exchanges nobody.
#[test]
fn an_import_that_was_cut_off_exchanges_nobody() {
    let begin = [(0, 0, 0), (0, 0, 1), (0, 0, 3)];
    let steps = [
        (vec![(3, 2, 0), (8, 0, 0)], false),
        (vec![(0, 0, 14), (35, 1, 242), (35, 80, 74), (33, 32, 109)], false),
        (vec![], false),
        (vec![], false),
        (vec![(0, 0, 2), (42, 0, 0)], false),
    ];
    follows(Mode::Official, 242_872_535_713_052_896, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property, the judge's fault: who had the id of a leaver all the time did not get it from the one who lost it.
#[test]
fn a_copy_of_an_id_is_no_move_when_the_first_one_is_cleared() {
    let begin = [(0, 0, 29), (0, 0, 30), (0, 0, 3), (0, 0, 4)];
    let steps = [
        (vec![(44, 0, 0), (34, 2, 136), (4, 220, 0), (40, 80, 192)], false),
        (vec![(3, 0, 0)], false),
        (vec![(29, 111, 61)], true),
    ];
    follows(Mode::Official, 4_576_962_625_532_329_984, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: of two members with one id the first run takes the one over whose address the directory tells, too.
#[test]
fn of_two_with_one_id_whoever_has_the_address_is_taken_over() {
    let begin = [(0, 0, 0), (0, 0, 1), (0, 0, 8), (0, 0, 2), (44, 0, 0)];
    let steps = [(vec![(34, 111, 212)], false), (vec![(0, 0, 3), (29, 86, 0), (11, 105, 59)], false)];
    follows(Mode::VaultwardenRead, 703_845_571_940_581_376, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: an entry that was there before, with another address, is not the leaver whose address it has now.
#[test]
fn whoever_was_known_before_takes_no_leavers_place() {
    let begin = [(0, 0, 75), (0, 0, 0), (0, 0, 76)];
    let steps = [(vec![(0, 0, 64), (30, 8, 0)], false), (vec![(39, 14, 45), (3, 1, 0)], false)];
    follows(Mode::Official, 9_937_778_235_810_061_344, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}

/// The judge was wrong: whoever has the address of a membership that cannot be told apart waits, whatever the directory answers.
#[test]
fn nobody_gets_a_membership_that_cannot_be_told_apart() {
    let begin = [38, 71, 19, 39, 78, 105].map(|how| (0, 0, how));
    let steps = [
        (vec![], false),
        (vec![(39, 185, 103), (0, 0, 0), (0, 0, 53), (0, 0, 2)], false),
        (vec![], false),
        (vec![(11, 64, 3), (33, 32, 56), (3, 0, 0), (32, 0, 0)], false),
        (vec![(10, 51, 0)], false),
    ];
    follows(Mode::VaultwardenRead, 9_214_514_273_389_215_744, &begin, &steps)
        .unwrap_or_else(|it| panic!("{it}"));
}

/// Found by the property: the seat of a leaver who gives the id free as well counts as free.
#[test]
fn the_seat_of_who_gives_a_name_free_is_free() {
    let begin = [0, 82, 113, 2].map(|how| (0, 0, how));
    let steps = [
        (vec![(3, 4, 0), (6, 190, 0)], false),
        (vec![(11, 3, 87), (38, 2, 0)], false),
        (vec![(3, 70, 0), (0, 0, 19)], false),
        (vec![(11, 7, 90)], true),
    ];
    follows(Mode::Official, 7_424_794_872_104_138_272, &begin, &steps).unwrap_or_else(|it| panic!("{it}"));
}
