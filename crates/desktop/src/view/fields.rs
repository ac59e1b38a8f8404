//! The fields of the form for the markup. One that stays keeps its place, so that typing in it is not disturbed by what shows or
//! hides around it.

use super::ui::{FieldKind, FormField};
use crate::app::{Shown, ShownKind};
use slint::{Model as _, ModelRc, SharedString, VecModel};
use std::cell::RefCell;
use std::rc::Rc;

/// The fields as they were last shown.
#[derive(Default)]
pub(super) struct FieldModel {
    pub(super) model: Rc<VecModel<FormField>>,
    shown: RefCell<Vec<Shown>>,
}

impl FieldModel {
    /// Shows these.
    pub(super) fn show(&self, fields: Vec<Shown>) {
        let mut shown = self.shown.borrow_mut();
        let same = |a: &Shown, b: &Shown| a.name == b.name && a.label == b.label;
        let start = shown.iter().zip(&fields).take_while(|(a, b)| same(a, b)).count();
        let rest = shown.len().min(fields.len()) - start;
        let end = shown.iter().rev().zip(fields.iter().rev()).take(rest);
        let end = end.take_while(|(a, b)| same(a, b)).count();
        for number in (start..shown.len() - end).rev() {
            self.model.remove(number);
            shown.remove(number);
        }
        for (number, field) in fields.iter().enumerate().take(fields.len() - end).skip(start) {
            self.model.insert(number, form_field(field));
            shown.insert(number, field.clone());
        }
        for (number, field) in fields.into_iter().enumerate() {
            if shown[number] != field {
                self.model.set_row_data(number, form_field(&field));
                shown[number] = field;
            }
        }
    }
}

fn form_field(field: &Shown) -> FormField {
    let choices: Vec<SharedString> = field.choices.iter().map(|it| it.as_str().into()).collect();
    FormField {
        name: field.name.into(),
        label: field.label.as_str().into(),
        help: field.help.as_str().into(),
        kind: match field.kind {
            ShownKind::Line => FieldKind::Text,
            ShownKind::Switch => FieldKind::Switch,
            ShownKind::Choice => FieldKind::Choice,
            ShownKind::Secret => FieldKind::Secret,
            ShownKind::Heading => FieldKind::Heading,
        },
        value: field.value.as_str().into(),
        placeholder: field.placeholder.as_str().into(),
        error: field.error.as_str().into(),
        note: field.note.as_str().into(),
        changed: field.changed,
        locked: field.locked,
        choices: ModelRc::new(VecModel::from(choices)),
        choice: field.choice.map_or(-1, |it| it as i32),
        button: field.button.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, value: &str) -> Shown {
        Shown { name, label: name.to_owned(), value: value.to_owned(), ..Shown::default() }
    }

    fn names(model: &FieldModel) -> Vec<String> {
        model.model.iter().map(|it| format!("{}={}", it.name, it.value)).collect()
    }

    #[test]
    fn fields_come_and_go_around_those_that_stay() {
        let model = FieldModel::default();
        model.show(vec![field("a", "1"), field("b", "2"), field("d", "4")]);
        assert_eq!(names(&model), ["a=1", "b=2", "d=4"]);
        model.show(vec![field("a", "9"), field("c", "3"), field("d", "4")]);
        assert_eq!(names(&model), ["a=9", "c=3", "d=4"]);
        model.show(vec![field("d", "5")]);
        assert_eq!(names(&model), ["d=5"]);
        model.show(Vec::new());
        assert!(names(&model).is_empty());
    }
}
