//! Which file: typed, or chosen folder by folder. It needs no dialog of the desktop, so that it is there over every remote desktop.

use super::{Outcome, Page, PageButton, PageField, Press, SheetPage};
use crate::app::{Notice, Tone};
use crate::job::Overview;
use crate::rows::Listed;
use bwdc_jobs::job::{Happened, Job as SharedJob};
use bwdc_messages::desktop::{RowSign, RowText, label};
use bwdc_messages::setup::{SetupDone, SetupWork};
use secrecy::ExposeSecret as _;
use std::rc::Rc;

/// What becomes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileUse {
    /// Its path is the value of a setting.
    Path(&'static str),
    /// It is the key file of a Google service account, whose address and key fill two settings.
    GoogleKey,
    /// It is a file of settings, which fill the form.
    Settings,
}

/// The choice of a file.
pub(super) struct FileSheet {
    purpose: FileUse,
    path: String,
    found: Vec<String>,
    rows: Rc<Listed>,
    busy: bool,
    notice: Option<Notice>,
}

impl FileSheet {
    pub(super) fn begin(purpose: FileUse, path: String) -> (Self, SharedJob) {
        let job = SharedJob::Files(path.clone());
        (Self { purpose, path, found: Vec::new(), rows: Rc::default(), busy: true, notice: None }, job)
    }

    fn look(&mut self) -> Outcome {
        self.busy = true;
        Outcome::Job(SharedJob::Files(self.path.clone()))
    }

    fn take(&mut self) -> Outcome {
        let path = self.path.trim().to_owned();
        match self.purpose {
            _ if path.is_empty() => Outcome::Stay,
            _ if path.ends_with(std::path::is_separator) => self.look(),
            FileUse::Path(name) => Outcome::Fill(vec![(name, path)]),
            FileUse::GoogleKey => {
                self.busy = true;
                Outcome::Job(SharedJob::Setup(SetupWork::KeyFile(path)))
            }
            FileUse::Settings => {
                self.busy = true;
                Outcome::Job(SharedJob::ReadSettings(path.into()))
            }
        }
    }

    fn show(&mut self, found: Vec<String>) {
        let row = |path: &String| RowText {
            title: path.clone(),
            sign: if path.ends_with('/') { RowSign::Folder } else { RowSign::None },
            ..RowText::default()
        };
        self.rows = Rc::new(Listed(found.iter().map(row).collect()));
        self.found = found;
    }
}

impl SheetPage for FileSheet {
    fn page(&self, _overview: &Overview) -> Page {
        let title = match self.purpose {
            FileUse::Path(_) => "files.choose",
            FileUse::GoogleKey => "files.key-file",
            FileUse::Settings => "files.settings",
        };
        let mut page = Page { title: label(title), notice: self.notice.clone(), ..Page::default() };
        page.fields = vec![PageField {
            label: label("ask.file"),
            help: label("files.help"),
            value: self.path.clone(),
            ..PageField::default()
        }];
        page.rows = Some((Rc::clone(&self.rows), true));
        if self.busy {
            page.busy = label("page.waits");
        } else {
            page.buttons = vec![
                PageButton::new(Press::Refresh, label("files.look")),
                PageButton::new(Press::Next, label("files.take")).primary(),
            ];
        }
        page
    }

    fn press(&mut self, press: Press) -> Outcome {
        self.notice = None;
        match press {
            Press::Refresh => self.look(),
            Press::Next => self.take(),
            _ => Outcome::Stay,
        }
    }

    fn typed(&mut self, _field: usize, text: &str) {
        text.clone_into(&mut self.path);
    }

    fn chosen(&mut self, number: usize) -> Outcome {
        match self.found.get(number) {
            Some(path) if !self.busy => {
                self.path.clone_from(path);
                self.take()
            }
            _ => Outcome::Stay,
        }
    }

    fn report(&mut self, what: Happened) -> Outcome {
        self.busy = false;
        match what {
            Happened::Files(found) => self.show(found),
            Happened::SettingsRead(values) => return Outcome::Fill(values),
            Happened::Setup(done) => match *done {
                SetupDone::KeyFile { client_email, key } => {
                    let key = key.expose_secret().to_owned();
                    return Outcome::Fill(vec![("gsuite.clientEmail", client_email), ("gsuite.key", key)]);
                }
                SetupDone::Failed(text) => self.notice = Some(Notice::new(Tone::Bad, text)),
                _ => {}
            },
            Happened::Failed(error) => self.notice = Some(super::failed(*error)),
            _ => {}
        }
        Outcome::Stay
    }
}
