//! What no ordinary client shows: silence, delays, abandoned operations, bytes that are not LDAP. Seen on the bare socket.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is how a test speaks, its helpers included"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bwdc_sandbox::ldap::{Action, At, Fault, LoggedOperation, Options, ResultCode, Server};
use bytes::BytesMut;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapCompareRequest, LdapDerefAliases, LdapExtendedRequest, LdapFilter,
    LdapOp, LdapResult, LdapSearchRequest, LdapSearchScope,
};
use ldap3_proto::{LdapCodec, LdapMsg};
use tokio_util::codec::{Decoder as _, Encoder as _};

const LDIF: &str = "dn: dc=x\ndc: x\n\ndn: cn=a,dc=x\ncn: a\n\ndn: cn=b,dc=x\ncn: b\n";
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for an answer on the loopback interface, short enough to wait for none.
const MOMENT: Duration = Duration::from_millis(200);

struct Client {
    stream: TcpStream,
    inbound: BytesMut,
    codec: LdapCodec,
}

impl Client {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, inbound: BytesMut::new(), codec: LdapCodec::default() }
    }

    fn send(&mut self, id: i32, operation: LdapOp) {
        let mut bytes = BytesMut::new();
        self.codec.encode(LdapMsg::new(id, operation), &mut bytes).unwrap();
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next message, or `None` when the server ended the connection.
    fn receive(&mut self) -> Option<LdapMsg> {
        loop {
            if let Some(message) = self.codec.decode(&mut self.inbound).unwrap() {
                return Some(message);
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).expect("an answer in time");
            if read == 0 {
                return None;
            }
            self.inbound.extend_from_slice(&bytes[..read]);
        }
    }

    fn is_silent(&mut self) -> bool {
        self.stream.set_read_timeout(Some(MOMENT)).unwrap();
        let read = self.stream.read(&mut [0; 1]);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!(read, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    fn bind(&mut self, id: i32) -> LdapResult {
        let cred = LdapBindCred::Simple(String::new());
        self.send(id, LdapOp::BindRequest(LdapBindRequest { version: 3, dn: String::new(), cred }));
        match self.receive().expect("an answer").op {
            LdapOp::BindResponse(response) => response.res,
            other => panic!("{other:?}"),
        }
    }
}

fn search(base: &str) -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest {
        base: base.to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::Present("cn".to_owned()),
        attrs: vec![],
    })
}

fn start() -> Server {
    Server::start_blocking(Options { start_tls: true, ..Options::anonymous(LDIF) }).unwrap()
}

#[test]
fn silence_after_accept_and_after_bind() {
    let server = start();
    server.inject(Fault::new(At::Accept, Action::Silence).once());
    let mut client = Client::connect(&server);
    client.send(1, search("dc=x"));
    assert!(client.is_silent());

    server.inject(Fault::new(At::Page(1), Action::Silence).once());
    let mut client = Client::connect(&server);
    assert_eq!(client.bind(1).code, ResultCode::Success);
    client.send(2, search("dc=x"));
    assert!(client.is_silent());
}

#[test]
fn an_answer_can_come_late_and_be_given_up_meanwhile() {
    let server = start();
    let delay = Duration::from_millis(300);
    server.inject(Fault::new(At::Search(1), Action::Delay(delay)));
    let mut client = Client::connect(&server);
    let begun = Instant::now();
    client.send(1, search("dc=x"));
    assert!(matches!(client.receive().unwrap().op, LdapOp::SearchResultEntry(_)));
    assert!(begun.elapsed() >= delay);
    server.clear_faults();

    server.inject(Fault::new(At::Search(1), Action::Delay(PATIENCE * 60)));
    let mut client = Client::connect(&server);
    client.send(7, search("dc=x"));
    client.send(8, LdapOp::AbandonRequest(7));
    client.send(9, search("cn=a,dc=x"));
    assert_eq!(client.receive().unwrap().msgid, 9);
    assert!(server.log().iter().any(|each| matches!(each, LoggedOperation::Abandon { .. })));
}

#[test]
fn start_tls_can_be_refused() {
    let server = start();
    for code in [ResultCode::ProtocolError, ResultCode::Unavailable] {
        server.inject(Fault::new(At::StartTls, Action::answer(code.clone())).once());
        let mut client = Client::connect(&server);
        let name = "1.3.6.1.4.1.1466.20037".to_owned();
        client.send(1, LdapOp::ExtendedRequest(LdapExtendedRequest { name, value: None }));
        let LdapOp::ExtendedResponse(response) = client.receive().unwrap().op else { panic!("no answer") };
        assert_eq!(response.res.code, code);
        assert_eq!(client.bind(2).code, ResultCode::Success, "the connection goes on");
    }
}

#[test]
fn what_is_not_ldap_is_told_so_and_cut_off() {
    let server = start();
    let mut client = Client::connect(&server);
    client.stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let notice = client.receive().unwrap();
    let LdapOp::ExtendedResponse(response) = notice.op else { panic!("no notice") };
    assert_eq!((notice.msgid, response.res.code), (0, ResultCode::ProtocolError));
    assert!(client.receive().is_none());
}

#[test]
fn who_am_i_compare_and_writes_are_answered() {
    let options = Options::with_bind(LDIF, "reader@example.test", "pw");
    let server = Server::start_blocking(options).unwrap();
    let mut client = Client::connect(&server);
    client.send(1, search("dc=x"));
    let LdapOp::SearchResultDone(refused) = client.receive().unwrap().op else { panic!("not done") };
    assert_eq!(refused.code, ResultCode::StrongerAuthRequired);

    let cred = LdapBindCred::Simple("pw".to_owned());
    let dn = "READER@example.test".to_owned();
    client.send(2, LdapOp::BindRequest(LdapBindRequest { version: 3, dn, cred }));
    assert!(
        matches!(client.receive().unwrap().op, LdapOp::BindResponse(r) if r.res.code == ResultCode::Success)
    );

    let name = ldap3_proto::proto::OID_WHOAMI.to_owned();
    client.send(3, LdapOp::ExtendedRequest(LdapExtendedRequest { name, value: None }));
    let LdapOp::ExtendedResponse(identity) = client.receive().unwrap().op else { panic!("no identity") };
    assert_eq!(identity.value.unwrap(), b"u:READER@example.test");

    let compare = |dn: &str, val: &str| {
        LdapOp::CompareRequest(LdapCompareRequest { dn: dn.into(), atype: "cn".into(), val: val.into() })
    };
    for (number, (dn, value, code)) in [
        ("CN=A,dc=x", "A", ResultCode::CompareTrue),
        ("cn=a,dc=x", "b", ResultCode::CompareFalse),
        ("dc=x", "b", ResultCode::NoSuchAttribute),
        ("cn=no,dc=x", "b", ResultCode::NoSuchObject),
    ]
    .into_iter()
    .enumerate()
    {
        client.send(10 + i32::try_from(number).unwrap(), compare(dn, value));
        let LdapOp::CompareResult(answer) = client.receive().unwrap().op else { panic!("no answer") };
        assert_eq!(answer.code, code);
    }
    client.send(20, LdapOp::DelRequest("cn=a,dc=x".to_owned()));
    assert!(
        matches!(client.receive().unwrap().op, LdapOp::DelResponse(r) if r.code == ResultCode::UnwillingToPerform)
    );
    assert_eq!(server.entry_count(), 3);
}

#[test]
fn stopping_ends_connections_and_frees_the_port() {
    let server = start();
    let port = server.port();
    let mut client = Client::connect(&server);
    assert_eq!(client.bind(1).code, ResultCode::Success);
    server.stop();
    assert!(client.receive().is_none());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn goodbyes_are_logged() {
    let server = start();
    let mut client = Client::connect(&server);
    client.send(1, LdapOp::UnbindRequest);
    assert!(client.receive().is_none());
    let closed = |log: &[LoggedOperation]| log.contains(&LoggedOperation::Closed { connection: 1 });
    assert!(server.wait_for(closed, PATIENCE));
    assert!(server.log().contains(&LoggedOperation::Unbind { connection: 1 }));
    assert!(!server.wait_for(|log| log.len() > 100, MOMENT));
}

#[tokio::test]
async fn a_server_starts_inside_a_runtime_and_serves_a_client_that_blocks_it() {
    let server = Server::start(Options::anonymous(LDIF)).await.unwrap();
    let mut client = Client::connect(&server);
    assert_eq!(client.bind(1).code, ResultCode::Success);
    let failed = Server::start(Options::anonymous("dn: dc=x\nno colon\n")).await.unwrap_err();
    let source = std::error::Error::source(&failed).and_then(|inner| inner.source()).unwrap();
    assert_eq!(source.to_string(), "line 2: a colon is missing");
}

#[test]
fn twenty_thousand_people_and_two_thousand_groups_are_served() {
    let spec = bwdc_sandbox::data::Spec { users: 20_000, groups: 2_000, ..Default::default() };
    let mut text = Vec::new();
    bwdc_sandbox::data::write_ldif(&spec, &mut text).unwrap();
    let begun = Instant::now();
    let server = Server::start_blocking(Options::anonymous(String::from_utf8(text).unwrap())).unwrap();
    let loaded = begun.elapsed();
    let mut client = Client::connect(&server);
    client.send(1, search("ou=People,dc=example,dc=test"));
    let mut entries = 0;
    while let LdapOp::SearchResultEntry(_) = client.receive().unwrap().op {
        entries += 1;
    }
    assert_eq!(entries, 20_000);
    println!("loaded in {loaded:?}, read after {:?}", begun.elapsed());
    assert!(loaded < Duration::from_secs(20), "{loaded:?}");
}
