//! One client's conversation: binds, searches, extended operations, and the faults that were asked for.
//!
//! Requests are answered one after the other, as most servers do for one connection; only abandon and goodbye are
//! seen while an answer is held back.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapBindResponse, LdapCompareRequest, LdapExtendedRequest,
    LdapExtendedResponse, LdapOp, LdapResult, LdapResultCode, LdapSearchResultEntry,
    LdapSearchResultReference, LdapSearchScope, OID_WHOAMI,
};
use ldap3_proto::{DisconnectionNotice, LdapMsg};

use super::attributes::Selection;
use super::channel::{Channel, End, Waited};
use super::codec::{Control, Operation, Paging, Request, Search};
use super::dn::Dn;
use super::entry::Entry;
use super::fault::{Action, At, Place};
use super::log::LoggedOperation;
use super::matching::{has_value, matches};
use super::options::{Anonymous, ClientCertificate};
use super::root_dse::{self, OID_MANAGE_REFERRALS, OID_PAGING, OID_SHOW_DELETED, OID_START_TLS};
use super::search::{Cursors, Found, Page, View, find, limit, result};
use super::shared::Shared;

/// Message ids of requests begin at 1 (RFC 4511, 4.1.1.1).
const NO_REQUEST: i32 = 0;

/// What a web server would say: a client that found the wrong port gets this.
const GARBAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: keep-alive\r\n\
Content-Length: 94\r\n\r\n<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1></body></html>\r\n";

pub(super) struct Session {
    shared: Arc<Shared>,
    channel: Channel,
    number: u64,
    /// The name bound as; `None` for nobody.
    bound: Option<String>,
    cursors: Cursors,
}

/// What is left of a search's faults once the time they take has passed.
#[derive(Default)]
struct Twist {
    cut_after: Option<usize>,
    answer: Option<(usize, LdapResult)>,
    lose_cookie: bool,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, channel: Channel, number: u64) -> Self {
        Self { shared, channel, number, bound: None, cursors: Cursors::default() }
    }

    /// Converses until one side ends it.
    pub(super) async fn run(mut self, ldaps: bool) {
        let connection = self.number;
        self.shared.log.push(LoggedOperation::Connected { connection, ldaps });
        if self.converse(ldaps).await == End::NotLdap {
            self.channel
                .put(DisconnectionNotice::gen_response(LdapResultCode::ProtocolError, "not an LDAP request"));
            if self.channel.flush().await.is_err() {
                tracing::trace!("the client was gone already");
            }
        }
        self.channel.close().await;
        self.shared.log.push(LoggedOperation::Closed { connection });
    }

    async fn converse(&mut self, ldaps: bool) -> End {
        let faults = self.shared.faults.strike(&At::Accept);
        if let Err(end) = self.suffer(faults, NO_REQUEST).await {
            return end;
        }
        if ldaps {
            let Some(tls) = &self.shared.tls else { return End::Closed };
            if let Err(end) = self.channel.encrypt(Arc::clone(&tls.config)).await {
                return end;
            }
        }
        loop {
            let answered = match self.channel.receive().await {
                Ok(request) => self.answer(request).await,
                Err(end) => Err(end),
            };
            match answered {
                Ok(()) => {}
                Err(end) => return end,
            }
        }
    }

    /// Goes through what strikes outside searches; a result to answer with comes back.
    async fn suffer(&mut self, actions: Vec<Action>, id: i32) -> Result<Option<LdapResult>, End> {
        for action in actions {
            match action {
                // Before a handshake nothing that comes can be read as a request.
                Action::Delay(time) if id == NO_REQUEST => tokio::time::sleep(time).await,
                Action::Delay(time) => {
                    self.channel.wait(id, time).await?;
                }
                Action::Silence => return Err(self.channel.ignore().await),
                Action::Cut { .. } => return Err(End::Closed),
                Action::Garbage => return Err(self.garbage().await),
                Action::Answer { code, message, .. } => return Ok(Some(result(code, &message))),
                Action::Referral(addresses) => return Ok(Some(referral(addresses))),
                Action::LoseCookie => {}
            }
        }
        Ok(None)
    }

    async fn garbage(&mut self) -> End {
        self.channel.put_bytes(GARBAGE);
        match self.channel.flush().await {
            Ok(()) => self.channel.ignore().await,
            Err(end) => end,
        }
    }

    async fn answer(&mut self, request: Request) -> Result<(), End> {
        let Request { id, operation, controls } = request;
        let operation = match operation {
            Operation::Search(search) => return self.search(id, search, &controls).await,
            Operation::Other(operation) => operation,
        };
        let connection = self.number;
        let read_only = result(LdapResultCode::UnwillingToPerform, "the directory is read only");
        let answer = match operation {
            LdapOp::BindRequest(bind) => return self.bind(id, bind).await,
            LdapOp::UnbindRequest => {
                self.shared.log.push(LoggedOperation::Unbind { connection });
                return Err(End::Closed);
            }
            LdapOp::AbandonRequest(_) => {
                self.shared.log.push(LoggedOperation::Abandon { connection });
                return Ok(());
            }
            LdapOp::ExtendedRequest(extended) if extended.name == OID_START_TLS => {
                return self.start_tls(id).await;
            }
            LdapOp::ExtendedRequest(extended) => LdapOp::ExtendedResponse(self.extended(extended)),
            LdapOp::CompareRequest(compare) => LdapOp::CompareResult(self.compare(&compare)),
            LdapOp::AddRequest(_) => LdapOp::AddResponse(read_only),
            LdapOp::DelRequest(_) => LdapOp::DelResponse(read_only),
            LdapOp::ModifyRequest(_) => LdapOp::ModifyResponse(read_only),
            LdapOp::ModifyDNRequest(_) => LdapOp::ModifyDNResponse(read_only),
            _ => return Err(End::NotLdap),
        };
        self.send(id, answer).await
    }

    async fn send(&mut self, id: i32, operation: LdapOp) -> Result<(), End> {
        self.channel.put(LdapMsg::new(id, operation));
        self.channel.flush().await
    }

    async fn bind(&mut self, id: i32, bind: LdapBindRequest) -> Result<(), End> {
        let method = match &bind.cred {
            LdapBindCred::SASL(sasl) => sasl.mechanism.clone(),
            LdapBindCred::Simple(_) | LdapBindCred::Unsupported => "simple".to_owned(),
        };
        self.shared.log.push(LoggedOperation::Bind {
            connection: self.number,
            name: bind.dn.clone(),
            method,
            encrypted: self.channel.is_encrypted(),
        });
        self.bound = None;
        let faults = self.shared.faults.strike(&At::Bind);
        let outcome = match self.suffer(faults, id).await? {
            Some(result) => Err(result),
            None => self.check(&bind),
        };
        let res = match outcome {
            Ok(name) => {
                self.bound = name;
                result(LdapResultCode::Success, "")
            }
            Err(refused) => refused,
        };
        self.send(id, LdapOp::BindResponse(LdapBindResponse { res, saslcreds: None })).await
    }

    fn check(&self, bind: &LdapBindRequest) -> Result<Option<String>, LdapResult> {
        let refuse = |code, message| Err(result(code, message));
        let options = &self.shared.options;
        if bind.version != 3 {
            return refuse(LdapResultCode::ProtocolError, "only LDAP version 3 is spoken");
        }
        let password = match &bind.cred {
            LdapBindCred::Simple(password) => password,
            LdapBindCred::SASL(sasl) if sasl.mechanism.eq_ignore_ascii_case("EXTERNAL") => {
                let has_certificate =
                    self.channel.is_encrypted() && options.client_certificate == ClientCertificate::Required;
                return match has_certificate {
                    true => Ok(Some("cn=connector".to_owned())),
                    false => {
                        refuse(LdapResultCode::InappropriateAuthentication, "there is no client certificate")
                    }
                };
            }
            LdapBindCred::SASL(_) | LdapBindCred::Unsupported => {
                return refuse(
                    LdapResultCode::AuthMethodNotSupported,
                    "this way to authenticate is not known",
                );
            }
        };
        if bind.dn.is_empty() && password.is_empty() {
            return match options.anonymous {
                Anonymous::Allowed => Ok(None),
                Anonymous::Refused => {
                    refuse(LdapResultCode::InappropriateAuthentication, "anonymous bind disallowed")
                }
            };
        }
        if password.is_empty() {
            return refuse(
                LdapResultCode::UnwillingToPerform,
                "unauthenticated bind (name without password) disallowed",
            );
        }
        if options.bind_needs_encryption && !self.channel.is_encrypted() {
            return refuse(LdapResultCode::StrongerAuthRequired, "signing or encryption is required to bind");
        }
        let wanted = Dn::parse(&bind.dn).ok();
        let known = options.credentials.iter().any(|credential| {
            let same_name = match (&wanted, Dn::parse(&credential.name)) {
                (Some(wanted), Ok(name)) => *wanted == name,
                _ => credential.name.to_lowercase() == bind.dn.to_lowercase(),
            };
            same_name && credential.password == *password
        });
        if known { Ok(Some(bind.dn.clone())) } else { refuse(LdapResultCode::InvalidCredentials, "") }
    }

    async fn start_tls(&mut self, id: i32) -> Result<(), End> {
        self.shared.log.push(LoggedOperation::StartTls { connection: self.number });
        let faults = self.shared.faults.strike(&At::StartTls);
        let refused = match self.suffer(faults, id).await? {
            Some(result) => Some(result),
            None if self.channel.is_encrypted() => {
                Some(result(LdapResultCode::OperationsError, "TLS is established already"))
            }
            None if self.channel.has_more() => {
                Some(result(LdapResultCode::OperationsError, "other operations are outstanding"))
            }
            None if !self.shared.options.start_tls => {
                Some(result(LdapResultCode::ProtocolError, "unsupported extended operation"))
            }
            None => None,
        };
        let accepted = refused.is_none();
        let res = refused.unwrap_or_else(|| result(LdapResultCode::Success, ""));
        let response = LdapExtendedResponse { res, name: Some(OID_START_TLS.to_owned()), value: None };
        self.send(id, LdapOp::ExtendedResponse(response)).await?;
        match &self.shared.tls {
            Some(tls) if accepted => self.channel.encrypt(Arc::clone(&tls.config)).await,
            _ => Ok(()),
        }
    }

    fn extended(&self, request: LdapExtendedRequest) -> LdapExtendedResponse {
        let who_am_i = request.name == OID_WHOAMI;
        self.shared.log.push(LoggedOperation::Extended { connection: self.number, oid: request.name });
        if !who_am_i {
            let res = result(LdapResultCode::ProtocolError, "unsupported extended operation");
            return LdapExtendedResponse { res, name: None, value: None };
        }
        let identity = match &self.bound {
            None => String::new(),
            Some(name) if Dn::parse(name).is_ok() => format!("dn:{name}"),
            Some(name) => format!("u:{name}"),
        };
        let res = result(LdapResultCode::Success, "");
        LdapExtendedResponse { res, name: None, value: Some(identity.into_bytes()) }
    }

    fn may_read(&self) -> Result<(), LdapResult> {
        if self.bound.is_some() || self.shared.options.anonymous == Anonymous::Allowed {
            return Ok(());
        }
        Err(result(LdapResultCode::StrongerAuthRequired, "authentication required"))
    }

    fn compare(&self, request: &LdapCompareRequest) -> LdapResult {
        if let Err(refused) = self.may_read() {
            return refused;
        }
        let Ok(dn) = Dn::parse(&request.dn) else {
            return result(LdapResultCode::InvalidDNSyntax, "invalid DN");
        };
        let tree = self.shared.tree.read().unwrap_or_else(PoisonError::into_inner);
        let code = match tree.get(&dn) {
            None => LdapResultCode::NoSuchObject,
            Some(entry) if entry.values(&request.atype).next().is_none() => LdapResultCode::NoSuchAttribute,
            Some(entry) if has_value(entry, &request.atype, &request.val) => LdapResultCode::CompareTrue,
            Some(_) => LdapResultCode::CompareFalse,
        };
        result(code, "")
    }

    /// Answers a search: 1. log it, 2. let the faults of its place strike, 3. find, cut and send.
    async fn search(&mut self, id: i32, search: Search, controls: &[Control]) -> Result<(), End> {
        let asked = Asked::read(controls, self.shared.options.without_paging);
        let paging = asked.as_ref().ok().and_then(|asked| asked.paging.clone());
        let page = paging.as_ref().map_or(1, |paging| self.cursors.page_number(paging));
        self.shared.log.push(LoggedOperation::Search {
            connection: self.number,
            base: search.base.clone(),
            scope: search.scope.clone(),
            filter: search.filter.to_string(),
            attributes: search.attributes.clone(),
            page_size: paging.as_ref().map(|paging| paging.size),
            page,
            size_limit: search.size_limit,
        });
        let asked = match asked {
            Ok(asked) => asked,
            Err(refused) => return self.send(id, LdapOp::SearchResultDone(refused)).await,
        };
        if search.base.is_empty() && search.scope == LdapSearchScope::Base {
            let actions = self.shared.faults.strike(&At::RootEntry);
            return match self.suffer(actions, id).await? {
                Some(result) => self.send(id, LdapOp::SearchResultDone(result)).await,
                None => self.root_dse(id, &search).await,
            };
        }
        let faults = self.shared.faults.strike_search(&Place { base: &search.base, page });
        let Some(twist) = self.twist(faults, id).await? else { return Ok(()) };
        let mut outcome = match self.find(&search, &asked) {
            Ok(outcome) => outcome,
            Err(refused) => return self.send(id, LdapOp::SearchResultDone(refused)).await,
        };
        let mut cut = false;
        if let Some((after, result)) = twist.answer {
            outcome.found.entries.truncate(after);
            outcome.found.references.clear();
            outcome.result = result;
            outcome.cookie.clear();
        }
        if let Some(after) = twist.cut_after {
            outcome.found.entries.truncate(after);
            cut = true;
        }
        if twist.lose_cookie {
            outcome.cookie.clear();
        }
        self.send_page(id, &search, outcome, asked.paging.is_some(), cut).await
    }

    async fn twist(&mut self, actions: Vec<Action>, id: i32) -> Result<Option<Twist>, End> {
        let mut twist = Twist::default();
        for action in actions {
            match action {
                Action::Delay(time) => {
                    if self.wait(id, time).await? == Waited::Abandoned {
                        return Ok(None);
                    }
                }
                Action::Silence => return Err(self.channel.ignore().await),
                Action::Garbage => return Err(self.garbage().await),
                Action::Cut { after_entries } => twist.cut_after = Some(after_entries),
                Action::Answer { code, message, after_entries } => {
                    twist.answer = Some((after_entries, result(code, &message)));
                }
                Action::Referral(addresses) => twist.answer = Some((0, referral(addresses))),
                Action::LoseCookie => twist.lose_cookie = true,
            }
        }
        Ok(Some(twist))
    }

    async fn wait(&mut self, id: i32, time: Duration) -> Result<Waited, End> {
        let waited = self.channel.wait(id, time).await?;
        if waited == Waited::Abandoned {
            self.shared.log.push(LoggedOperation::Abandon { connection: self.number });
        }
        Ok(waited)
    }

    fn find(&mut self, search: &Search, asked: &Asked) -> Result<Page, LdapResult> {
        self.may_read()?;
        let options = &self.shared.options;
        let tree = self.shared.tree.read().unwrap_or_else(PoisonError::into_inner);
        let found = || find(&tree, options, search, asked.view);
        // A page that holds the client's whole size limit makes paging pointless (RFC 2696, section 3).
        let paging = asked.paging.as_ref().filter(|paging| {
            search.size_limit == 0 || paging.size < search.size_limit || !paging.cookie.is_empty()
        });
        match paging {
            Some(paging) => self.cursors.page(options, search, paging, found),
            None => {
                let mut found = found()?;
                let result = limit(&mut found, options, search);
                Ok(Page { found, result, cookie: Vec::new() })
            }
        }
    }

    async fn send_page(
        &mut self,
        id: i32,
        search: &Search,
        page: Page,
        paged: bool,
        cut: bool,
    ) -> Result<(), End> {
        let Page { found: Found { entries, references }, result, cookie } = page;
        let selection =
            Selection::new(&search.attributes, search.types_only, self.shared.options.value_limit);
        for entry in &entries {
            let operation = LdapOp::SearchResultEntry(shown(entry, &selection));
            self.channel.put(LdapMsg::new(id, operation));
            if self.channel.flush_piece(id).await? == Waited::Abandoned {
                self.shared.log.push(LoggedOperation::Abandon { connection: self.number });
                return self.channel.flush().await;
            }
        }
        if cut {
            self.channel.flush().await?;
            return Err(End::Closed);
        }
        for uri in references {
            let reference = LdapSearchResultReference { uris: vec![uri] };
            self.channel.put(LdapMsg::new(id, LdapOp::SearchResultReference(reference)));
        }
        let mut done = LdapMsg::new(id, LdapOp::SearchResultDone(result));
        if paged {
            done.ctrl.push(LdapControl::SimplePagedResults { size: 0, cookie });
        }
        self.channel.put(done);
        self.channel.flush().await
    }

    async fn root_dse(&mut self, id: i32, search: &Search) -> Result<(), End> {
        let (entry, taken) = {
            let tree = self.shared.tree.read().unwrap_or_else(PoisonError::into_inner);
            let entry = Entry::root(root_dse::record(&self.shared.options, tree.naming_contexts()));
            let taken = matches(&search.filter, &entry, &tree);
            (entry, taken)
        };
        if taken {
            let selection = Selection::new(&search.attributes, search.types_only, None);
            self.channel.put(LdapMsg::new(id, LdapOp::SearchResultEntry(shown(&entry, &selection))));
        }
        self.send(id, LdapOp::SearchResultDone(result(LdapResultCode::Success, ""))).await
    }
}

/// The controls of a search that this server knows.
struct Asked {
    paging: Option<Paging>,
    view: View,
}

impl Asked {
    fn read(controls: &[Control], without_paging: bool) -> Result<Self, LdapResult> {
        let mut asked = Self { paging: None, view: View::default() };
        for control in controls {
            match control.oid.as_str() {
                OID_PAGING if !without_paging => {
                    let paging = control.paging();
                    asked.paging = Some(paging.ok_or_else(|| {
                        result(LdapResultCode::ProtocolError, "paged results control could not be decoded")
                    })?);
                }
                OID_MANAGE_REFERRALS => asked.view.manage_referrals = true,
                OID_SHOW_DELETED => asked.view.show_deleted = true,
                _ if control.critical => {
                    let message = format!("control {} is not known", control.oid);
                    return Err(result(LdapResultCode::UnavailableCriticalExtension, &message));
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn shown(entry: &Entry, selection: &Selection) -> LdapSearchResultEntry {
    LdapSearchResultEntry { dn: entry.dn().to_owned(), attributes: selection.of(entry) }
}

fn referral(addresses: Vec<String>) -> LdapResult {
    let mut referral = result(LdapResultCode::Referral, "");
    referral.referral = addresses;
    referral
}
