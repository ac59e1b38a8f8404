//! Looks an LDAP server over: the sign-in, what the server can do, the search bases, a few people and groups.

use super::LdapDirectory;
use super::connect::Connection;
use super::entry::Entry;
use super::error::LdapReadError;
use super::incremental::{Offer, offer};
use super::name::{self, is_within};
use super::password::PasswordWarning;
use super::reader::Reader;
use super::request::Request;
use super::selection::{Filters, Reading, base_setting, without_range};
use crate::ReadError;
use crate::probe::{Check, Concern, Finding, Grade};
use bwdc_base::event::Events;
use bwdc_core::settings::{Bind, Security};
use bwdc_core::snapshot::ReadScope;
use ldap3::Scope;

/// In seconds.
const DAY: i64 = 24 * 3600;
/// People and groups in a sample.
const SAMPLE: i32 = 20;
const SCOPE: ReadScope = ReadScope { people: true, groups: true, deleted: true, stable_ids: true };

impl LdapDirectory {
    /// Signs in, asks what the server is, looks for the search bases and reads a few people and groups.
    pub async fn probe(&self, events: Events<'_>) -> Vec<Finding> {
        let filters = match Filters::prepare(&self.layout) {
            Ok(filters) => filters,
            Err(error) => return vec![Finding::new(Check::People, "", failed(error))],
        };
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => return vec![Finding::new(Check::SignIn, self.place(), failed(error))],
        };
        let settings = self.found.get().unwrap_or(&self.settings);
        let reading = Reading {
            settings,
            layout: &self.layout,
            filters: &filters,
            scope: SCOPE,
            since: None,
            now: self.clock.now(),
        };
        let mut findings =
            vec![signed_in(&connection, reading), service(&mut connection, reading, events).await];
        findings.push(changes(&mut connection, reading).await);
        let bases = bases(&mut connection, reading).await;
        // What a base is about is said once, and not again by all that would be read below it.
        let lost: Vec<String> =
            bases.iter().filter(|it| it.is_failure()).map(|it| it.subject.clone()).collect();
        findings.extend(bases);
        findings.extend(people(&mut connection, reading, &lost, events).await);
        findings.extend(groups(&mut connection, reading, &lost, events).await);
        connection.close().await;
        findings
    }

    /// What stands in for a server that was not found.
    pub fn place(&self) -> String {
        self.settings.located_in.clone().unwrap_or_else(|| self.settings.hostname.clone())
    }
}

fn failed(error: LdapReadError) -> Grade {
    Grade::Failed(Box::new(ReadError::from(error)))
}

fn signed_in(connection: &Connection, reading: Reading<'_>) -> Finding {
    let settings = reading.settings;
    let grade = if let Some(warning) = connection.password_warning {
        Grade::Concern(match warning {
            PasswordWarning::Grace { left } => Concern::PasswordEnded { left },
            PasswordWarning::Ends { seconds } => Concern::PasswordEnds {
                at: warning.ends_at(reading.now).unwrap_or(reading.now),
                days: seconds / DAY,
            },
        })
    } else if reading.settings.shows_password() {
        Grade::Concern(Concern::ClearText)
    } else if settings.security != Security::ClearText && settings.tls.allow_unauthorized {
        Grade::Concern(Concern::CertificateNotVerified)
    } else {
        Grade::Good
    };
    let way = match &settings.bind {
        Bind::Simple { .. } => "name and password",
        Bind::CurrentUser => "Kerberos",
        Bind::External => "SASL EXTERNAL",
        Bind::Anonymous => "anonymous",
    };
    Finding::new(Check::SignIn, connection.server(), grade).with("by", way).with("as", connection.username())
}

async fn service(connection: &mut Connection, reading: Reading<'_>, events: Events<'_>) -> Finding {
    let offered = connection.offers_pages();
    if offered && let Some(base) = reading.layout.user_bases.first() {
        // A page of people, since the account may not be allowed what the server offers.
        let mut request = Reader::keeping(reading, events).people_request(
            base.clone(),
            &reading.filters.people,
            base_setting(base, reading.settings, reading.layout.user_base_setting),
        );
        request.one_page = true;
        let mut pages = connection.search(request);
        // Whatever else is wrong is told by what reads people.
        while let Ok(Some(_)) = pages.next().await {}
    }
    let pages = connection.offers_pages();
    let grade = if pages { Grade::Good } else { without_pages(connection, reading).await };
    let told = match connection.page_refused {
        Some(code) => format!("refused to this account ({code})"),
        None => if pages { "yes" } else { "no" }.to_owned(),
    };
    Finding::new(Check::Service, connection.server(), grade)
        .with("software", connection.vendor().unwrap_or("it does not say"))
        .with("paged results", told)
}

/// What the account's size limit does, where there are no pages: whether it lies above what there is, and only that can be seen.
async fn without_pages(connection: &mut Connection, reading: Reading<'_>) -> Grade {
    const LIMITS: [u32; 3] = [3, 4, 11];
    let is_limit = |error: &LdapReadError| matches!(error, LdapReadError::Refused { outcome, .. } if LIMITS.contains(&outcome.code));
    let mut whole = 0;
    for base in &reading.layout.user_bases {
        let setting = base_setting(base, reading.settings, reading.layout.user_base_setting);
        let filter = reading.filters.people.clone();
        let mut pages =
            connection.search(Request::new(base.clone(), Scope::Subtree, filter, &["1.1"], setting));
        loop {
            match pages.next().await {
                Ok(Some(_)) => whole += 1,
                Ok(None) => break,
                Err(error @ LdapReadError::Refused { .. }) if is_limit(&error) => return failed(error),
                // Whatever else is wrong is told by what reads people.
                Err(_) => return Grade::Concern(Concern::NoPages { whole: None }),
            }
        }
    }
    Grade::Concern(Concern::NoPages { whole: Some(whole) })
}

async fn changes(connection: &mut Connection, reading: Reading<'_>) -> Finding {
    // Reading everything each time is right, and nothing that anybody has to do something about.
    let (grade, how) = match offer(connection, reading).await {
        Ok(Offer::Numbers) => (Grade::Good, "uSNChanged".to_owned()),
        Ok(Offer::Synchronization) => (Grade::Good, "content synchronization (RFC 4533)".to_owned()),
        Ok(Offer::Nothing) => (Grade::Good, "not offered by the server".to_owned()),
        Ok(Offer::NotWith(setting, value)) => {
            let of = if value.is_empty() { String::new() } else { format!(" ({value})") };
            (Grade::Good, format!("not with {setting}{of}"))
        }
        Ok(Offer::DeletedHidden) => {
            let right = "List Contents and Read Property on CN=Deleted Objects".to_owned();
            (Grade::Concern(Concern::RightMissing { right }), "not without the deleted entries".to_owned())
        }
        Ok(Offer::ChangesHidden) => {
            let right = "read on the attribute entryCSN".to_owned();
            (Grade::Concern(Concern::RightMissing { right }), "not without entryCSN".to_owned())
        }
        Err(error) => (failed(error), "unknown".to_owned()),
    };
    let check = if matches!(grade, Grade::Concern(Concern::RightMissing { .. })) {
        Check::Right
    } else {
        Check::Service
    };
    Finding::new(check, connection.server(), grade).with("incremental reads", how)
}

async fn bases(connection: &mut Connection, reading: Reading<'_>) -> Vec<Finding> {
    let layout = reading.layout;
    let mut asked: Vec<(&str, &'static str)> = Vec::new();
    for (bases, setting) in
        [(&layout.user_bases, layout.user_base_setting), (&layout.group_bases, layout.group_base_setting)]
    {
        for base in bases {
            if !asked.iter().any(|(known, _)| known == base) {
                asked.push((base, base_setting(base, reading.settings, setting)));
            }
        }
    }
    let mut findings = Vec::new();
    for (base, setting) in asked {
        let filter = "(objectClass=*)".to_owned();
        let request = Request::new(base.to_owned(), Scope::Base, filter, &["1.1"], setting);
        let mut pages = connection.search(request);
        let grade = match pages.next().await {
            Ok(Some(_)) => cut_root(base, reading).unwrap_or(Grade::Good),
            Ok(None) => Grade::Concern(Concern::NothingFound),
            Err(error) => failed(error),
        };
        let finding = Finding::new(Check::SearchBase, base, grade).with("setting", setting);
        findings.push(match reading.settings.cut_from_root() {
            Some(cut) => finding.with("left out of ldap.rootPath", cut),
            None => finding,
        });
    }
    findings
}

/// Where what is left out of the root makes a search look beside it: whoever named a unit there sees all around it, too.
fn cut_root(base: &str, reading: Reading<'_>) -> Option<Grade> {
    let left_out = reading.settings.cut_from_root()?;
    let within = name::normalized(base)
        .zip(name::normalized(&reading.settings.root_path))
        .is_some_and(|(base, root)| is_within(&base, &root));
    (!within).then(|| Grade::Concern(Concern::RootCut { left_out: left_out.to_owned() }))
}

/// How often each attribute was there in a sample.
struct Sample {
    entries: usize,
    present: Vec<usize>,
}

async fn people(
    connection: &mut Connection,
    reading: Reading<'_>,
    lost: &[String],
    events: Events<'_>,
) -> Option<Finding> {
    let layout = reading.layout;
    let address = &layout.email_attributes;
    let mut wanted: Vec<(&[String], &'static str)> = Vec::new();
    // Who has no address of their own has one that is composed.
    let first_half = layout.email_prefix_attribute.iter();
    let either: Vec<String> = first_half.chain(address).cloned().collect();
    let id: Vec<String> = layout.id_attribute.iter().map(|it| it.name().to_owned()).collect();
    // Of a composed address the setting that may be chosen, which in an Active Directory is that of the address itself.
    let setting = layout.address_settings.last().copied().unwrap_or("sync.userEmailAttribute");
    wanted.push((&either, setting));
    if !id.is_empty() {
        wanted.push((&id, "ldap.id-attribute"));
    }
    let bases: Vec<&String> = layout.user_bases.iter().filter(|it| !lost.contains(it)).collect();
    if bases.is_empty() {
        return None;
    }
    let requests = bases.into_iter().map(|base| {
        let setting = base_setting(base, reading.settings, layout.user_base_setting);
        Reader::keeping(reading, events).people_request(base.clone(), &reading.filters.people, setting)
    });
    let sample = sample(connection, requests.collect(), &wanted).await;
    Some(judge(Check::People, &reading.filters.people, sample, &wanted))
}

async fn groups(
    connection: &mut Connection,
    reading: Reading<'_>,
    lost: &[String],
    events: Events<'_>,
) -> Option<Finding> {
    let layout = reading.layout;
    let name = [layout.group_name_attribute.clone(), "cn".to_owned()];
    let member = [without_range(&layout.member_attribute).to_owned()];
    let mut wanted: Vec<(&[String], &'static str)> = vec![(&name, "sync.groupNameAttribute")];
    if layout.member_of_attribute.is_none() {
        wanted.push((&member, "sync.memberAttribute"));
    }
    let bases: Vec<&String> = layout.group_bases.iter().filter(|it| !lost.contains(it)).collect();
    if bases.is_empty() {
        return None;
    }
    let requests = bases.into_iter().map(|base| {
        let setting = base_setting(base, reading.settings, layout.group_base_setting);
        Reader::keeping(reading, events).group_request(base.clone(), &reading.filters.groups, setting)
    });
    let sample = sample(connection, requests.collect(), &wanted).await;
    Some(judge(Check::Groups, &reading.filters.groups, sample, &wanted))
}

async fn sample(
    connection: &mut Connection,
    requests: Vec<Request>,
    wanted: &[(&[String], &'static str)],
) -> Result<Sample, LdapReadError> {
    let mut sample = Sample { entries: 0, present: vec![0; wanted.len()] };
    for mut request in requests {
        request.enough = Some(SAMPLE);
        let mut pages = connection.search(request);
        while let Some(tag) = pages.next().await? {
            let Some(entry) = Entry::parse(&tag) else { continue };
            sample.entries += 1;
            for (count, (attributes, _)) in sample.present.iter_mut().zip(wanted) {
                let there = attributes.iter().any(|it| entry.values(it).next().is_some());
                *count += usize::from(there);
            }
        }
    }
    Ok(sample)
}

fn judge(
    check: Check,
    filter: &str,
    sample: Result<Sample, LdapReadError>,
    wanted: &[(&[String], &'static str)],
) -> Finding {
    let sample = match sample {
        Ok(sample) => sample,
        Err(error) => return Finding::new(check, filter, failed(error)),
    };
    let missing = sample.present.iter().zip(wanted).find(|(count, _)| **count == 0);
    let grade = match missing {
        _ if sample.entries == 0 => Grade::Concern(Concern::NothingFound),
        Some((_, (attributes, setting))) => {
            let attribute = attributes.first().cloned().unwrap_or_default();
            Grade::Concern(Concern::AttributeMissing { attribute, setting })
        }
        None => Grade::Good,
    };
    let finding = Finding::new(check, filter, grade).with("looked at", sample.entries.to_string());
    wanted.iter().zip(&sample.present).fold(finding, |finding, ((_, setting), count)| {
        finding.with(setting, format!("in {count} of {}", sample.entries))
    })
}
