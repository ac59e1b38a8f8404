//! Requests off the wire and answers onto it.
//!
//! Framing and most messages are the protocol crate's. Search requests are decoded here, because that crate keeps
//! assertion values as text and drops the list of attributes unless it is built strict; and controls are, because it
//! forgets whether paging was critical.

use bytes::{Buf, BytesMut};
use ldap3_lber::common::TagClass;
use ldap3_lber::structure::StructureTag;
use ldap3_lber::{Err as ParseError, Parser};
use ldap3_proto::LdapMsg;
use ldap3_proto::proto::{LdapOp, LdapSearchScope};

use super::filter::Filter;

/// Larger requests are refused.
const MAX_REQUEST: usize = 4 << 20;
const MAX_DEPTH: usize = 100;

/// What a client asks.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: i32,
    pub(super) operation: Operation,
    pub(super) controls: Vec<Control>,
}

#[derive(Debug)]
pub(super) enum Operation {
    Search(Search),
    Other(LdapOp),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    pub(super) base: String,
    pub(super) scope: LdapSearchScope,
    pub(super) size_limit: usize,
    pub(super) types_only: bool,
    pub(super) filter: Filter,
    pub(super) attributes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Control {
    pub(super) oid: String,
    pub(super) critical: bool,
    pub(super) value: Option<Vec<u8>>,
}

/// Paging as asked for (RFC 2696).
#[derive(Debug, Clone)]
pub(super) struct Paging {
    pub(super) size: usize,
    pub(super) cookie: Vec<u8>,
}

/// What came is not LDAP; the connection ends.
#[derive(Debug, thiserror::Error)]
#[error("not an LDAP request")]
pub(super) struct ProtocolError;

/// Takes the next whole request out of the buffer; `None` when more bytes are needed.
pub(super) fn decode(buffer: &mut BytesMut) -> Result<Option<Request>, ProtocolError> {
    const SEQUENCE: u8 = 0x30;
    match buffer.first() {
        None => return Ok(None),
        Some(&SEQUENCE) if buffer.len() <= MAX_REQUEST => {}
        Some(_) => return Err(ProtocolError),
    }
    let (tag, size) = match Parser::new(MAX_DEPTH).parse(buffer) {
        Ok((rest, tag)) => (tag, buffer.len() - rest.len()),
        Err(ParseError::Incomplete(_)) => return Ok(None),
        Err(_) => return Err(ProtocolError),
    };
    buffer.advance(size);
    request(tag).ok_or(ProtocolError).map(Some)
}

fn request(tag: StructureTag) -> Option<Request> {
    let mut parts = tag.expect_constructed()?.into_iter();
    let (id, operation, controls) = (parts.next()?, parts.next()?, parts.next());
    let controls = match controls {
        Some(list) => list.expect_constructed()?.into_iter().map(control).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    let number = i32::try_from(integer(id.clone())?).ok()?;
    let operation = match (operation.class, operation.id) {
        (TagClass::Application, 3) => Operation::Search(search(operation)?),
        // The requests of RFC 4511; the protocol crate prints others to standard output.
        (TagClass::Application, 0 | 2 | 6 | 8 | 10 | 12 | 14 | 16 | 23) => {
            let payload = ldap3_lber::structure::PL::C(vec![id, operation]);
            let message = StructureTag { class: TagClass::Universal, id: 16, payload };
            Operation::Other(LdapMsg::try_from(message).ok()?.op)
        }
        _ => return None,
    };
    Some(Request { id: number, operation, controls })
}

fn control(tag: StructureTag) -> Option<Control> {
    let mut oid = None;
    let (mut critical, mut value) = (false, None);
    for part in tag.expect_constructed()? {
        match (part.id, &oid) {
            (4, None) => oid = Some(String::from_utf8(part.expect_primitive()?).ok()?),
            (1, _) => critical = part.expect_primitive()?.first().is_some_and(|byte| *byte != 0),
            (4, Some(_)) => value = Some(part.expect_primitive()?),
            _ => return None,
        }
    }
    Some(Control { oid: oid?, critical, value })
}

fn search(tag: StructureTag) -> Option<Search> {
    let parts = <[StructureTag; 8]>::try_from(tag.expect_constructed()?).ok()?;
    let [base, scope, _aliases, size_limit, _time_limit, types_only, filter, attributes] = parts;
    let attributes = attributes.expect_constructed()?.into_iter().map(text).collect::<Option<_>>()?;
    Some(Search {
        base: text(base)?,
        scope: LdapSearchScope::try_from(integer(scope)?).ok()?,
        size_limit: usize::try_from(integer(size_limit)?).ok()?,
        types_only: types_only.expect_primitive()?.first().is_some_and(|byte| *byte != 0),
        filter: Filter::decode(filter)?,
        attributes,
    })
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(tag.expect_primitive()?).ok()
}

fn integer(tag: StructureTag) -> Option<i64> {
    let bytes = tag.expect_primitive()?;
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let start = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
    Some(bytes.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte)))
}

impl Control {
    /// Reads the value of the paging control; `None` when it is malformed.
    pub(super) fn paging(&self) -> Option<Paging> {
        let (_, tag) = Parser::new(MAX_DEPTH).parse(self.value.as_deref()?).ok()?;
        let [size, cookie] = <[StructureTag; 2]>::try_from(tag.expect_constructed()?).ok()?;
        Some(Paging { size: usize::try_from(integer(size)?).ok()?, cookie: cookie.expect_primitive()? })
    }
}

/// Appends a message to the buffer.
pub(super) fn encode(message: LdapMsg, buffer: &mut BytesMut) {
    let tag: StructureTag = message.into();
    let before = buffer.len();
    if ldap3_lber::write::encode_into(buffer, tag).is_err() {
        // Half a message would be read as garbage.
        buffer.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use ldap3_proto::control::LdapControl;
    use ldap3_proto::proto::{LdapDerefAliases, LdapFilter, LdapSearchRequest, LdapSubstringFilter};

    use super::*;

    fn sent(filter: LdapFilter, ctrl: Vec<LdapControl>) -> BytesMut {
        let search = LdapSearchRequest {
            base: "dc=x".into(),
            scope: LdapSearchScope::OneLevel,
            aliases: LdapDerefAliases::Never,
            sizelimit: 300,
            timelimit: 0,
            typesonly: true,
            filter,
            attrs: vec!["cn".into(), "+".into()],
        };
        let mut buffer = BytesMut::new();
        encode(LdapMsg { msgid: 40_000, op: LdapOp::SearchRequest(search), ctrl }, &mut buffer);
        buffer
    }

    #[test]
    fn a_search_arrives_whole() {
        let filter = LdapFilter::And(vec![
            LdapFilter::Present("mail".into()),
            LdapFilter::Not(Box::new(LdapFilter::Equality("cn".into(), "a*(b)\\".into()))),
            LdapFilter::Or(vec![
                LdapFilter::Substring("sn".into(), LdapSubstringFilter::from("a*b*c")),
                LdapFilter::GreaterOrEqual("n".into(), "1".into()),
                LdapFilter::LessOrEqual("n".into(), "2".into()),
                LdapFilter::Approx("n".into(), "é".into()),
            ]),
        ]);
        let paging = LdapControl::SimplePagedResults { size: 500, cookie: vec![1, 255] };
        let mut buffer = sent(filter, vec![paging]);
        let request = decode(&mut buffer).unwrap().unwrap();
        assert!(buffer.is_empty());
        assert_eq!(request.id, 40_000);
        assert!(!request.controls[0].critical);
        let paging = request.controls[0].paging().unwrap();
        assert_eq!((paging.size, paging.cookie), (500, vec![1, 255]));
        let Operation::Search(search) = request.operation else { panic!("not a search") };
        assert_eq!(search.scope, LdapSearchScope::OneLevel);
        assert_eq!((search.size_limit, search.types_only), (300, true));
        assert_eq!(search.attributes, ["cn", "+"]);
        let text = "(&(mail=*)(!(cn=a\\2a\\28b\\29\\5c))(|(sn=a*b*c)(n>=1)(n<=2)(n~=é)))";
        assert_eq!(search.filter.to_string(), text);
    }

    #[test]
    fn half_a_request_waits_and_nonsense_ends() {
        let whole = sent(LdapFilter::Present("cn".into()), vec![]);
        for length in 0..whole.len() {
            let mut part = BytesMut::from(&whole[..length]);
            assert!(decode(&mut part).unwrap().is_none());
            assert_eq!(part.len(), length);
        }
        assert!(decode(&mut BytesMut::from(&b"GET / HTTP/1.1\r\n\r\n"[..])).is_err());
        assert!(decode(&mut BytesMut::from(&[0x30, 0x02, 0x05, 0x00][..])).is_err());
    }

    #[test]
    fn negative_and_long_integers_are_read() {
        let tag = |bytes: &[u8]| StructureTag {
            class: TagClass::Universal,
            id: 2,
            payload: ldap3_lber::structure::PL::P(bytes.to_vec()),
        };
        assert_eq!(integer(tag(&[0xff])), Some(-1));
        assert_eq!(integer(tag(&[0x00, 0x80])), Some(128));
        assert_eq!(integer(tag(&[0; 9])), None);
    }
}
