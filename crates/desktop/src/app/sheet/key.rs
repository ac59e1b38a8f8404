//! A key that is typed: the new secret of the organization's, or a person's own, by which the organization is read.

use super::{Outcome, Page, PageButton, PageField, Press, SheetPage, failed, said};
use crate::app::Notice;
use crate::job::Overview;
use bwdc_engine::organization::ApiKey;
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_messages::account;
use bwdc_messages::desktop::label;
use bwdc_messages::line::{Line, Tone};
use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The organization's, after it was rotated: only its secret is new.
    Organization,
    /// A person's, who may look at the organization.
    Observer,
}

/// What was typed.
pub(super) struct KeySheet {
    kind: KeyKind,
    client_id: String,
    secret: String,
    missing: bool,
    busy: bool,
    notice: Option<Notice>,
}

impl Drop for KeySheet {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl KeySheet {
    pub(super) fn new(kind: KeyKind) -> Self {
        let (client_id, secret) = (String::new(), String::new());
        Self { kind, client_id, secret, missing: false, busy: false, notice: None }
    }

    fn fields(&self) -> Vec<PageField> {
        let error = |text: &str| match self.missing && text.trim().is_empty() {
            true => label("key.missing"),
            false => String::new(),
        };
        let secret = PageField {
            label: label(match self.kind {
                KeyKind::Organization => "key.new-secret",
                KeyKind::Observer => "sign-in.client-secret",
            }),
            value: self.secret.clone(),
            error: error(&self.secret),
            secret: true,
            ..PageField::default()
        };
        if self.kind == KeyKind::Organization {
            return vec![secret];
        }
        let client_id = PageField {
            label: label("key.personal-id"),
            placeholder: label("key.personal-id-example"),
            value: self.client_id.clone(),
            error: error(&self.client_id),
            ..PageField::default()
        };
        vec![client_id, secret]
    }
}

impl SheetPage for KeySheet {
    fn page(&self, overview: &Overview) -> Page {
        let (title, help) = match self.kind {
            KeyKind::Organization => ("key.renew-title", "key.renew-help"),
            KeyKind::Observer => ("key.observer-title", "key.observer-help"),
        };
        let mut page = Page { title: label(title), notice: self.notice.clone(), ..Page::default() };
        page.head.push(Line::plain(label(help)));
        if let (KeyKind::Organization, Some(client_id)) = (self.kind, overview.state.client_id.as_ref()) {
            page.head.push(Line::new(bwdc_messages::desktop::signed_in(client_id), Tone::Faint));
        }
        if let (KeyKind::Observer, Some(observer)) = (self.kind, overview.state.observer.as_ref()) {
            page.head.push(Line::new(account::observed_as(observer), Tone::Faint));
        }
        page.fields = self.fields();
        if self.busy {
            page.busy = label("key.busy");
        } else {
            page.buttons = vec![PageButton::new(Press::Next, label("save")).primary()];
        }
        page
    }

    fn press(&mut self, _press: Press) -> Outcome {
        let has_id = self.kind == KeyKind::Organization || !self.client_id.trim().is_empty();
        self.missing = !has_id || self.secret.trim().is_empty();
        if self.missing || self.busy {
            return Outcome::Stay;
        }
        self.busy = true;
        self.notice = None;
        let client_secret = SecretString::from(self.secret.trim());
        Outcome::Job(match self.kind {
            KeyKind::Organization => SharedJob::Renew(client_secret),
            KeyKind::Observer => {
                SharedJob::Observe(ApiKey { client_id: self.client_id.trim().to_owned(), client_secret })
            }
        })
    }

    fn typed(&mut self, field: usize, text: &str) {
        if self.kind == KeyKind::Observer && field == 0 {
            text.clone_into(&mut self.client_id);
        } else {
            self.secret.zeroize();
            text.clone_into(&mut self.secret);
        }
        self.missing = false;
    }

    fn report(&mut self, what: Happened) -> Outcome {
        match what {
            Happened::State(_) => Outcome::Close(Some(said(match self.kind {
                KeyKind::Organization => account::renewed(),
                KeyKind::Observer => account::observed(),
            }))),
            Happened::Failed(error) => {
                self.busy = false;
                self.notice = Some(failed(*error));
                Outcome::Stay
            }
            _ => Outcome::Stay,
        }
    }
}
