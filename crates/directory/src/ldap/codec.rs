//! LDAP messages in their wire form (RFC 4511, in BER), where the library does not read or write them itself.

use super::error::Outcome;
use bytes::BytesMut;
use ldap3::asn1::{PL, StructureTag, TagClass, Types, parse_tag, write};
use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The entry in its wire form.
pub(super) fn encode(tag: StructureTag) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    // Writing into memory cannot fail.
    let _ = write::encode_into(&mut bytes, tag);
    bytes.into()
}

/// The entry of a wire form; None when the bytes are none.
pub(super) fn decode(bytes: &[u8]) -> Option<StructureTag> {
    parse_tag(bytes).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, tag)| tag)
}

/// A string of bytes.
pub(super) fn octets(value: &[u8]) -> StructureTag {
    universal(Types::OctetString, PL::P(value.to_vec()))
}

/// An element of one of the types of ASN.1 itself.
pub(super) fn universal(kind: Types, payload: PL) -> StructureTag {
    StructureTag { class: TagClass::Universal, id: kind as u64, payload }
}

/// Reads one message; None when it makes no sense.
pub(super) async fn read_message(stream: &mut TcpStream) -> io::Result<Option<StructureTag>> {
    const LARGEST: usize = 1 << 16;
    let mut message = vec![0; 2];
    stream.read_exact(&mut message).await?;
    let mut length = usize::from(message[1]);
    if length >= 0x80 {
        let mut bytes = vec![0; length - 0x80];
        stream.read_exact(&mut bytes).await?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        message.extend(bytes);
    }
    if length > LARGEST {
        return Ok(None);
    }
    let head = message.len();
    message.resize(head + length, 0);
    stream.read_exact(&mut message[head..]).await?;
    Ok(parse_tag(&message).ok().map(|(_, tag)| tag))
}

/// The result of an answer of this kind, and all its fields.
pub(super) fn response(message: &StructureTag, kind: u64) -> Option<(Outcome, &[StructureTag])> {
    let PL::C(parts) = &message.payload else { return None };
    let response = parts.get(1).filter(|response| response.id == kind)?;
    let PL::C(fields) = &response.payload else { return None };
    match fields.as_slice() {
        [StructureTag { payload: PL::P(code), .. }, _, StructureTag { payload: PL::P(text), .. }, ..] => {
            let outcome = Outcome {
                code: code.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)),
                text: String::from_utf8_lossy(text).into_owned(),
            };
            Some((outcome, fields))
        }
        _ => None,
    }
}
