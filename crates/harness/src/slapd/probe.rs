//! Free ports, and whether a server on one of them is the one that was started.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Holds both ports at once, so that they differ.
pub(super) fn free_ports() -> io::Result<[u16; 2]> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let second = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok([first.local_addr()?.port(), second.local_addr()?.port()])
}

/// Says whether the server on `port` accepts a simple bind (RFC 4511, section 4.2).
pub(crate) fn binds(port: u16, dn: &str, password: &str) -> bool {
    let bind =
        [element(0x02, &[3]), element(0x04, dn.as_bytes()), element(0x80, password.as_bytes())].concat();
    let message = element(0x30, &[element(0x02, &[1]), element(0x60, &bind)].concat());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let answer = || -> io::Result<[u8; 10]> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(&message)?;
        let mut head = [0; 10];
        stream.read_exact(&mut head)?;
        Ok(head)
    };
    // LDAPMessage, message id 1, BindResponse, ENUMERATED success.
    matches!(answer(), Ok([0x30, _, 0x02, 0x01, 0x01, 0x61, _, 0x0a, 0x01, 0x00]))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let mut bytes = vec![tag, 0x82, high, low];
    bytes.extend_from_slice(content);
    bytes
}
