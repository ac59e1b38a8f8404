use super::desk::Desk;

#[test]
fn a_plan_is_shown_in_parts_searched_explained_and_applied() {
    let desk = Desk::configured();
    desk.press("Plan");
    desk.press("Compare Now");
    desk.idle();
    assert!(desk.shows("Within the limits"));
    let counts = desk.view.app(|app| app.plan.counts());
    assert!(counts[0] > 20 && counts[1] > 20, "{counts:?}");
    assert!(desk.stage.organization.members().len() < counts[1], "nothing was sent");
    desk.press(&format!("Added {}", counts[1]));
    desk.fill("Search", "zzz");
    assert!(desk.shows("Nothing here matches the search."));
    desk.fill("Search", "");
    let first = desk.view.app(|app| app.plan.shown.0[0].title.clone());
    desk.press(&first);
    let (title, detail) = desk.view.app(|app| app.plan.detail()).expect("the detail");
    assert_eq!(title, first);
    assert!(detail.contains("External id: ") && desk.shows(&detail), "{detail}");
    desk.press("Apply");
    assert!(desk.shows("Apply this plan?"));
    desk.press("Apply");
    desk.idle();
    assert!(desk.stage.organization.members().len() >= counts[1] - counts[4], "{counts:?}");
}

#[test]
fn what_the_limits_refuse_is_approved_by_typing_its_number_and_by_nothing_else() {
    let desk = Desk::configured();
    desk.press("Sync Now");
    desk.idle();
    let confirmed: Vec<String> =
        desk.stage.organization.members().iter().map(|it| it.email.clone()).collect();
    for email in &confirmed {
        desk.stage.organization.confirm(email);
    }
    for name in ["amina.diabarra", "aoi.sanabe", "aurelie.montfaucard"] {
        let gone = format!("uid={name},ou=People,{}", desk.stage.company.suffix);
        desk.stage.directory.delete(&gone).expect("people leave");
    }
    desk.stage.set(&[("limits.removals", "1"), ("leavers.gone", "remove")]).expect("settings");
    desk.press("Plan");
    desk.press("Compare Now");
    desk.idle();
    assert!(
        desk.shows("Refused: a sync would send nothing"),
        "{} {}",
        desk.view.app(|app| app.plan.verdict()),
        desk.view.app(|app| app.plan.summary())
    );
    assert!(!desk.shows("Apply"));
    let before = desk.stage.organization.members().len();
    desk.press("Approve …");
    desk.fill("3 people would lose access. To approve this, type 3", "2");
    desk.press("Approve and Apply");
    assert!(desk.shows("The number is 3."));
    assert_eq!(desk.stage.organization.members().len(), before);
    desk.fill("3 people would lose access. To approve this, type 3", "3");
    desk.press("Approve and Apply");
    desk.idle();
    let notice = desk.view.app(|app| app.notice.clone()).expect("what it did");
    assert!(notice.text.starts_with("Synced. "), "{notice:?}");
}
