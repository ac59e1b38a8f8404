//! Bodies: read whole up to a limit, or as a list whose entries are taken one by one while they arrive.
//!
//! A long list is never held as text: what is kept are its entries, so that the limit is one of entries, and one entry may have a
//! limit of its own. The price is a thread that parses beside the one that receives; a short one, as the members of most groups are,
//! does without.

use bytes::Bytes;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufReader, Read};
use tokio::sync::mpsc::{Receiver, channel};

/// Pieces of a body that wait for the parser.
const WAITING: usize = 4;

/// The beginning of a body that is kept to tell what it is.
const HEAD: usize = 512;

/// A list that is no longer than so many bytes is parsed at once.
const SHORT: usize = 64 * 1024;

/// A body, or why there is none.
#[derive(Debug)]
pub enum BodyError {
    /// It is larger than allowed, or one of its entries is.
    TooLarge(usize),
    /// It is a list of more entries than allowed, or of longer ones than so many can be.
    TooMany(usize),
    /// The connection ended or the time ran out first.
    Cut(reqwest::Error),
}

/// Reads a body of at most `limit` bytes; one that announces more is not read at all.
///
/// # Errors
/// [`BodyError`] when it is larger, or ends before its announced length.
pub async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::Cut(error.without_url()))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How the error of a list begins that goes on in another answer.
pub const PART: &str = "it is a part of a list";

/// How much of a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// Entries.
    pub entries: usize,
    /// Bytes of one entry as it arrives.
    pub entry_bytes: usize,
    /// Bytes that all entries keep together.
    pub kept_bytes: usize,
    /// Bytes that arrive in all.
    pub bytes: usize,
}

/// A body that is no list of what was asked for.
#[derive(Debug)]
pub struct NoList {
    /// How it begins.
    pub head: Vec<u8>,
    /// Where and why it cannot be read.
    pub error: serde_json::Error,
}

/// Reads a list, or the list under `data` of an object, while it arrives. `kept` tells how many bytes of text an entry keeps.
///
/// # Errors
/// [`BodyError`] when it is longer than allowed or ends before its announced length; the inner error when it is no list.
pub async fn read_list<T: DeserializeOwned + Send + 'static>(
    mut response: reqwest::Response,
    limits: ListLimits,
    kept: fn(&T) -> usize,
) -> Result<Result<Vec<T>, NoList>, BodyError> {
    if response.content_length().is_some_and(|announced| announced > limits.bytes as u64) {
        return Err(BodyError::TooLarge(limits.bytes));
    }
    let short = SHORT.min(limits.bytes).min(limits.entry_bytes);
    let mut begun = Vec::new();
    while begun.len() <= short {
        match response.chunk().await.map_err(|error| BodyError::Cut(error.without_url()))? {
            Some(chunk) => begun.extend_from_slice(&chunk),
            None => return parse_short(&begun, limits, kept),
        }
    }
    let (sender, receiver) = channel(WAITING);
    sender.try_send(begun.into()).expect("room for the first piece");
    let parser = tokio::task::spawn_blocking(move || parse(receiver, limits, kept));
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::Cut(error.without_url()))? {
        // The parser has seen enough.
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    drop(sender);
    parser.await.expect("a parser runs to its end")
}

/// What arrives, seen by the parser and by what it reads from.
struct Met {
    pieces: RefCell<Receiver<Bytes>>,
    head: RefCell<Vec<u8>>,
    all_bytes: Cell<usize>,
    tally: Tally,
}

/// What the parser has met of it.
#[derive(Default)]
struct Tally {
    /// Bytes since the last entry began.
    bytes: Cell<usize>,
    over: Cell<Option<Over>>,
}

#[derive(Clone, Copy)]
enum Over {
    Entry,
    Entries,
    All,
}

impl Met {
    /// The next piece; None at the end.
    fn piece(&self) -> Option<Bytes> {
        let piece = self.pieces.borrow_mut().blocking_recv()?;
        let mut head = self.head.borrow_mut();
        let missing = HEAD.saturating_sub(head.len());
        head.extend(piece.iter().take(missing));
        Some(piece)
    }

    /// How the body begins, however little of it was parsed.
    fn whole_head(&self) -> Vec<u8> {
        while self.head.borrow().len() < HEAD && self.piece().is_some() {}
        self.head.take()
    }
}

fn parse<T: DeserializeOwned>(
    pieces: Receiver<Bytes>,
    limits: ListLimits,
    kept: fn(&T) -> usize,
) -> Result<Result<Vec<T>, NoList>, BodyError> {
    let met = Met {
        pieces: RefCell::new(pieces),
        head: RefCell::default(),
        all_bytes: Cell::default(),
        tally: Tally::default(),
    };
    let chunks = Chunks { chunk: Bytes::new(), limits, met: &met };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(chunks));
    let read = read(&mut json, List { limits, tally: &met.tally, kept });
    let over = met.tally.over.get();
    outcome(read, over, limits, || met.whole_head())
}

/// Parses a list that arrived as a whole, and is too short for an entry of it to be too large.
fn parse_short<T: DeserializeOwned>(
    body: &[u8],
    limits: ListLimits,
    kept: fn(&T) -> usize,
) -> Result<Result<Vec<T>, NoList>, BodyError> {
    let tally = Tally::default();
    let read = read(&mut serde_json::Deserializer::from_slice(body), List { limits, tally: &tally, kept });
    outcome(read, tally.over.get(), limits, || body[..body.len().min(HEAD)].to_vec())
}

fn read<'de, R: serde_json::de::Read<'de>, T: DeserializeOwned>(
    json: &mut serde_json::Deserializer<R>,
    list: List<'_, T>,
) -> Result<Vec<T>, serde_json::Error> {
    let entries = list.deserialize(&mut *json)?;
    json.end().map(|()| entries)
}

fn outcome<T>(
    read: Result<Vec<T>, serde_json::Error>,
    over: Option<Over>,
    limits: ListLimits,
    head: impl FnOnce() -> Vec<u8>,
) -> Result<Result<Vec<T>, NoList>, BodyError> {
    match (read, over) {
        (_, Some(Over::Entry)) => Err(BodyError::TooLarge(limits.entry_bytes)),
        (_, Some(Over::All)) => Err(BodyError::TooLarge(limits.bytes)),
        (_, Some(Over::Entries)) => Err(BodyError::TooMany(limits.entries)),
        (Ok(entries), None) => Ok(Ok(entries)),
        (Err(error), None) => Ok(Err(NoList { head: head(), error })),
    }
}

/// A body as its pieces arrive.
struct Chunks<'m> {
    chunk: Bytes,
    limits: ListLimits,
    met: &'m Met,
}

impl Read for Chunks<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.met.piece() {
                Some(piece) => self.chunk = piece,
                None => return Ok(0),
            }
        }
        let piece = self.chunk.split_to(self.chunk.len().min(into.len()));
        into[..piece.len()].copy_from_slice(&piece);
        let bytes = self.met.tally.bytes.get() + piece.len();
        self.met.tally.bytes.set(bytes);
        let all = self.met.all_bytes.get() + piece.len();
        self.met.all_bytes.set(all);
        let over = if bytes > self.limits.entry_bytes {
            Over::Entry
        } else if all > self.limits.bytes {
            Over::All
        } else {
            return Ok(piece.len());
        };
        self.met.tally.over.set(Some(over));
        Err(io::Error::other("it is too large"))
    }
}

/// Reads a list, or an object with one.
struct List<'m, T> {
    limits: ListLimits,
    tally: &'m Tally,
    kept: fn(&T) -> usize,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        Self { limits: self.limits, tally: self.tally, kept: self.kept }
    }
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        let mut entries = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "data" => entries = Some(map.next_value_seed(self.clone())?),
                // No list that is read here has pages; one that says so is not complete.
                "continuationToken" if map.next_value::<Option<IgnoredAny>>()?.is_some() => {
                    return Err(A::Error::custom(PART));
                }
                "continuationToken" => {}
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        entries.ok_or_else(|| A::Error::missing_field("data"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let (mut entries, mut kept) = (Vec::new(), 0);
        loop {
            self.tally.bytes.set(0);
            let Some(entry) = list.next_element::<T>()? else { return Ok(entries) };
            kept += (self.kept)(&entry);
            if entries.len() == self.limits.entries || kept > self.limits.kept_bytes {
                self.tally.over.set(Some(Over::Entries));
                return Err(A::Error::custom("too many entries"));
            }
            entries.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a body that arrives in pieces of this many bytes.
    fn read(body: &str, piece: usize, limits: ListLimits) -> Result<Result<Vec<u32>, NoList>, BodyError> {
        let (sender, receiver) = channel(body.len() + 1);
        for chunk in body.as_bytes().chunks(piece) {
            sender.try_send(Bytes::copy_from_slice(chunk)).expect("room for all pieces");
        }
        drop(sender);
        parse(receiver, limits, |&number: &u32| number as usize)
    }

    /// The same of a body that arrives at once.
    fn read_short(body: &str, limits: ListLimits) -> Result<Result<Vec<u32>, NoList>, BodyError> {
        parse_short(body.as_bytes(), limits, |&number: &u32| number as usize)
    }

    const LIMITS: ListLimits = ListLimits { entries: 3, entry_bytes: 64, kept_bytes: 10_000, bytes: 10_000 };

    #[test]
    fn a_list_is_read_alone_or_out_of_an_object_however_it_arrives() {
        for piece in [1, 7, 1000] {
            for body in ["[1,2,3]", r#"{"object":"list","data":[1,2,3],"more":{"data":[9]}}"#] {
                let entries = read(body, piece, LIMITS).expect("within limits").expect("a list");
                assert_eq!(entries, [1, 2, 3], "{body} in pieces of {piece}");
                assert_eq!(read_short(body, LIMITS).expect("within limits").expect("a list"), entries);
            }
        }
    }

    #[test]
    fn a_list_that_goes_on_is_left_at_its_limit() {
        assert!(matches!(read("[1,2,3,4]", 2, LIMITS), Err(BodyError::TooMany(3))));
        assert!(matches!(read("[1,9999,1]", 2, LIMITS), Err(BodyError::TooMany(3))), "long ones");
        for body in ["[1,2,3,4]", "[1,9999,1]"] {
            assert!(matches!(read_short(body, LIMITS), Err(BodyError::TooMany(3))), "{body}");
        }
        let all = ListLimits { bytes: 12, ..LIMITS };
        assert!(matches!(read("[1,2,3]      ", 2, all), Err(BodyError::TooLarge(12))));
        let long = format!("[1,{}", " ".repeat(20_000));
        assert!(matches!(read(&long, 4096, LIMITS), Err(BodyError::TooLarge(64))));
    }

    #[test]
    fn a_list_that_goes_on_elsewhere_is_none() {
        let whole = read(r#"{"data":[1],"continuationToken":null}"#, 3, LIMITS).expect("within limits");
        assert_eq!(whole.expect("a list"), [1]);
        let part = read(r#"{"data":[1],"continuationToken":"x"}"#, 3, LIMITS).expect("within limits");
        assert!(part.expect_err("a part").error.to_string().starts_with(PART));
    }

    #[test]
    fn what_is_no_list_is_told_by_how_it_begins() {
        for (body, begins) in
            [("<html>", "<html>"), ("{}", "{}"), ("[1,2", "[1,2"), ("", ""), ("[1] [2]", "[1]")]
        {
            let error = read(body, 3, LIMITS).expect("within limits").expect_err("no list");
            assert!(error.head.starts_with(begins.as_bytes()), "{body}: {:?}", error.head);
            let short = read_short(body, LIMITS).expect("within limits").expect_err("no list");
            assert_eq!(short.head, body.as_bytes());
        }
    }
}
