//! Servers that DNS lists for a domain.

use super::servers::NOBODY;
use super::{PASSWORD, READER, SCOPE, Setup, people};
use crate::hint::hint;
use bwdc_engine::directory::ldap::LdapReadError;
use bwdc_engine::directory::{Directory, ReadError};
use bwdc_sandbox::ldap::{Options, Server};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// A name server that knows the same list for every name but one.
struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

const UNKNOWN: &str = "unknown.example.test";

impl NameServer {
    /// Lists these ports of this machine, with their priorities.
    fn start(listed: &'static [(u16, u16)], ports: Vec<u16>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let (name, end) = question(&buffer[..length]);
                let known = !name.ends_with(UNKNOWN);
                heard.lock().unwrap().push(name);
                let records: Vec<_> = if known {
                    listed
                        .iter()
                        .zip(&ports)
                        .map(|((priority, weight), port)| (*priority, *weight, *port))
                        .collect()
                } else {
                    Vec::new()
                };
                let _ = socket.send_to(&answer(&buffer[..end], &records, known), from);
            }
        });
        Self { address, asked }
    }
}

/// The name that is asked for, and where the question ends (RFC 1035, section 4.1.2).
fn question(message: &[u8]) -> (String, usize) {
    let mut labels = Vec::new();
    let mut place = 12;
    while message[place] != 0 {
        let end = place + 1 + usize::from(message[place]);
        labels.push(String::from_utf8_lossy(&message[place + 1..end]).into_owned());
        place = end;
    }
    (labels.join("."), place + 5)
}

fn answer(question: &[u8], records: &[(u16, u16, u16)], known: bool) -> Vec<u8> {
    let mut message = question.to_vec();
    message[2..4].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }]);
    message[4..12].copy_from_slice(&[0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    for (priority, weight, port) in records {
        let target = b"\x09localhost\0";
        message.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 6 + target.len() as u8]);
        for number in [priority, weight, port] {
            message.extend(number.to_be_bytes());
        }
        message.extend(target);
    }
    message
}

async fn sandbox(count: usize) -> Server {
    Server::start(Options::with_bind(people(count), READER, PASSWORD)).await.unwrap()
}

fn located(name_server: &NameServer, change: impl FnOnce(&mut Setup)) -> Directory {
    let mut setup = Setup::new(0, READER, PASSWORD);
    setup.settings.hostname = String::new();
    setup.settings.located_in = Some("example.test".to_owned());
    change(&mut setup);
    let Directory::Ldap(directory) = setup.directory() else { unreachable!() };
    Directory::Ldap(directory.with_name_server(name_server.address))
}

async fn count(directory: &Directory) -> usize {
    directory.read(SCOPE, &|_| ()).await.unwrap().people().len()
}

async fn failure(directory: &Directory) -> LdapReadError {
    match directory.read(SCOPE, &|_| ()).await.err().unwrap() {
        ReadError::Ldap(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_servers_of_a_domain_are_asked_in_the_order_of_their_records() {
    let (near, far) = (sandbox(3).await, sandbox(5).await);
    let names = NameServer::start(&[(10, 0), (0, 100)], vec![far.port(), near.port()]);
    assert_eq!(count(&located(&names, |_| ())).await, 3);
    assert_eq!(names.asked.lock().unwrap()[..], ["_ldap._tcp.example.test"]);
    let names = NameServer::start(&[(10, 0), (0, 100)], vec![far.port(), NOBODY]);
    let directory = located(&names, |_| ());
    assert_eq!(count(&directory).await, 5, "the next one, where the first is not there");
    assert_eq!(count(&directory).await, 5);
    assert_eq!(names.asked.lock().unwrap().len(), 1, "a run stays with the server that it found");
}

#[tokio::test]
async fn active_directory_and_its_catalog_are_listed_under_names_of_their_own() {
    let server = sandbox(2).await;
    let names = NameServer::start(&[(0, 0)], vec![server.port()]);
    let directory = located(&names, |setup| setup.settings.active_directory = true);
    assert_eq!(count(&directory).await, 2);
    let catalog = located(&names, |setup| setup.settings.port = 3268);
    let error = failure(&catalog).await;
    assert!(error.to_string().contains("localhost:3268"), "the port of the settings counts: {error}");
    assert_eq!(
        names.asked.lock().unwrap()[..],
        ["_ldap._tcp.dc._msdcs.example.test", "_gc._tcp.example.test"]
    );
}

#[tokio::test]
async fn a_domain_without_servers_is_named() {
    let names = NameServer::start(&[], Vec::new());
    let error = failure(&located(&names, |_| ())).await;
    assert!(
        error.to_string().ends_with("(SRV record `_ldap._tcp.example.test`): it lists no server"),
        "{error}"
    );
    assert!(hint(&error).unwrap().contains("`ldap.hostname`"));
    let unknown = located(&names, |setup| setup.settings.located_in = Some(UNKNOWN.to_owned()));
    let error = failure(&unknown).await;
    assert!(error.to_string().ends_with("there is no such record"), "{error}");
}

#[tokio::test]
async fn a_silent_name_server_is_left_at_the_limit() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let names = NameServer { address: silent.local_addr().unwrap(), asked: Arc::default() };
    let error = failure(&located(&names, |setup| setup.time_limits.connect = 1)).await;
    assert!(error.to_string().contains("no name server answered within 1 s"), "{error}");
}
