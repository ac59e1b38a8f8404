//! What the console opens for a next step: a form at its setting, or the part that a command stands for.

use super::account::{AccountView, sign_in_view};
use super::approval::ApprovalView;
use super::doctor::DoctorView;
use super::form::FormView;
use super::history::HistoryView;
use super::place::{Place, place_of};
use super::plan::PlanView;
use super::profiles::ProfilesView;
use super::repair::RepairView;
use super::run::RunView;
use super::service::ServiceView;
use super::setup::SetupView;
use crate::desk::{Desk, View};
use bwdc_messages::setup::SetupExtent;
use bwdc_messages::{NextStep, Step};

/// The view for a step; None: it is done elsewhere.
pub(crate) fn view_of(next: &NextStep, desk: &mut Desk) -> Option<Box<dyn View>> {
    let form = |form: Option<FormView>| form.map(|it| Box::new(it) as Box<dyn View>);
    let words = match &next.step {
        Step::Set { setting, value } => return form(FormView::at(setting, value.as_deref(), desk)),
        Step::EnterSecret { setting } => return form(FormView::at(setting, None, desk)),
        Step::Open(_) | Step::Say(_) => return None,
        Step::Run(words) => words,
    };
    Some(match place_of(words)? {
        Place::SignIn => sign_in_view(desk),
        Place::Account => Box::new(AccountView::default()),
        Place::Sync => Box::new(RunView::begin(None, None, desk)),
        Place::Plan => Box::new(PlanView::begin(desk)),
        Place::Approval => Box::new(ApprovalView::begin(desk)),
        Place::Doctor => Box::new(DoctorView::begin(desk)),
        Place::History => Box::new(HistoryView::begin(desk)),
        Place::Service => Box::new(ServiceView::begin(desk)),
        Place::Repair => Box::new(RepairView::begin(desk)),
        Place::Setup => Box::new(SetupView::begin(SetupExtent::Whole, desk)),
        Place::Profiles => Box::new(ProfilesView::begin(desk)),
        Place::Kind => {
            let number =
                words.split_whitespace().nth(2).filter(|it| it.chars().all(|it| it.is_ascii_digit()));
            return form(FormView::at("directory", number, desk));
        }
    })
}
