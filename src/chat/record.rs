//! Turns bytes into records: server-sent events, however the bytes are cut into
//! reads.
//!
//! `sse-core` follows the specification: LF, CR and CRLF, a byte order mark,
//! comments, several data lines, a character cut in two. It replaces what is
//! not UTF-8 and limits what it keeps. This module adds one thing: a record
//! that is too long is reported, and takes no memory once it is over.

use std::num::NonZeroUsize;

use bytes::Bytes;
use sse_core::{PayloadTooLargeError, SseDecoder, SseEvent};

/// The most bytes of data in one record. The first record of a connection holds
/// the whole backlog.
pub(crate) const LONGEST: usize = 1024 * 1024;
/// The decoder keeps a buffer as large as its largest record, and every later
/// record that it returns has a buffer of that size. A buffer larger than this
/// is dropped.
const KEPT: usize = 64 * 1024;

/// What the blank line at the end of a record completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The data, with its lines joined by `\n`.
    Data(String),
    /// It was longer than [`LONGEST`] and is not kept.
    TooLong,
}

/// The records of one connection. A new connection needs a new one, because
/// what the old one left incomplete never continues.
#[derive(Debug)]
pub(crate) struct Records {
    decoder: SseDecoder,
    /// Whether the decoder's buffer may be too large to keep.
    is_stretched: bool,
}

impl Records {
    /// Before the first byte of a connection, where a byte order mark may
    /// stand.
    pub(crate) fn new() -> Self {
        Self { decoder: decoder(), is_stretched: false }
    }

    /// Takes what belongs to the next record from the front of `bytes`, and
    /// returns the record when it is complete. `None` when `bytes` is used up.
    pub(crate) fn next(&mut self, bytes: &mut Bytes) -> Option<Record> {
        loop {
            match self.decoder.next(bytes)? {
                Ok(SseEvent::Message(message)) => {
                    self.is_stretched |= message.data.capacity() > KEPT;
                    self.rest();
                    return Some(Record::Data(message.data));
                }
                Ok(SseEvent::Retry(_)) => {}
                Err(PayloadTooLargeError) => {
                    self.is_stretched = true;
                    return Some(Record::TooLong);
                }
            }
        }
    }

    /// Drops a large buffer between two records. A fresh decoder differs from
    /// this one in only two ways: it takes the second half of a CRLF for a
    /// blank line, which ends nothing, and it skips a byte order mark.
    fn rest(&mut self) {
        if self.is_stretched {
            *self = Self::new();
        }
    }
}

/// A decoder that reports records longer than [`LONGEST`] and drops them.
fn decoder() -> SseDecoder {
    const LIMIT: NonZeroUsize = NonZeroUsize::new(LONGEST).unwrap();
    SseDecoder::with_limit(LIMIT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The records of `reads`; each item is one read.
    fn records<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Vec<Record> {
        let mut records = Records::new();
        let mut found = Vec::new();
        for read in reads {
            let mut bytes = Bytes::copy_from_slice(read);
            while let Some(record) = records.next(&mut bytes) {
                found.push(record);
            }
            assert!(bytes.is_empty());
        }
        found
    }

    fn data(text: &str) -> Record {
        Record::Data(text.to_owned())
    }

    #[test]
    fn specification_is_followed() {
        for (bytes, expected) in [
            ("data: a\n\n", vec!["a"]),
            ("\u{feff}data: a\r\n\r\n", vec!["a"]),
            ("data: a\rdata:  b\r\r: -1\r\rdata\r\r", vec!["a\n b", ""]),
            (":\n\n: -1\n\n:-1\nid: 7\nretry: 1\nevent: x\ndata:a\nother: y\n\n", vec!["a"]),
            ("data: a\n:in between\ndata: b\n\n\n\n", vec!["a\nb"]),
            ("data: not complete\n", vec![]),
            ("event: alone\n\n", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(data).collect();
            assert_eq!(records([bytes.as_bytes()]), expected, "{bytes:?}");
            assert_eq!(records(bytes.as_bytes().chunks(1)), expected, "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn broken_characters_cost_themselves_alone() {
        assert_eq!(records([&b"data: a\xffb\n\ndata: c\n\n"[..]]), [data("a\u{fffd}b"), data("c")]);
    }

    #[test]
    fn record_of_the_greatest_length_is_read_and_a_longer_one_is_told_once() {
        let whole = "x".repeat(LONGEST);
        let bytes = format!("data: {whole}\n\ndata: {whole}x\ndata: more\n\ndata: next\n\n");
        for width in [1000, 4096, bytes.len()] {
            let found = records(bytes.as_bytes().chunks(width));
            assert_eq!(found.len(), 3);
            assert_eq!(found[0], Record::Data(whole.clone()));
            assert_eq!(found[1..], [Record::TooLong, data("next")]);
        }
    }

    #[test]
    fn line_without_an_end_takes_no_memory() {
        let mut records = Records::new();
        let read = Bytes::from(vec![b'x'; 64 * 1024]);
        let mut told = 0;
        for start in ["data: ", ": ", "other: ", "event: ", "id: "] {
            let mut bytes = Bytes::from(start);
            assert_eq!(records.next(&mut bytes), None);
            for _ in 0..100 {
                let mut bytes = read.clone();
                told += usize::from(records.next(&mut bytes) == Some(Record::TooLong));
            }
            let mut bytes = Bytes::from("\n\ndata: a\n\n");
            assert_eq!(records.next(&mut bytes), Some(data("a")), "{start}");
        }
        assert_eq!(told, 3);
    }

    #[test]
    fn small_record_after_a_large_one_is_small() {
        let mut records = Records::new();
        let mut bytes = Bytes::from(format!("data: {}\r\n\r\ndata: a\r\n\r\n", "x".repeat(LONGEST)));
        records.next(&mut bytes);
        let Some(Record::Data(small)) = records.next(&mut bytes) else { panic!("no second record") };
        assert!(small.capacity() < KEPT, "{}", small.capacity());
    }

    /// Lines as a server, or a broken one, might send them.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => "data: ?[a-zé🌊 :]{0,12}".prop_map(String::into_bytes),
            2 => Just(Vec::new()),
            1 => ": ?-?1?".prop_map(String::into_bytes),
            1 => "(id|event|retry|data|daté|\u{feff}data)(: ?[0-9a]{0,3})?".prop_map(String::into_bytes),
            1 => proptest::collection::vec(any::<u8>().prop_filter("no line end", |byte| !matches!(byte, b'\r' | b'\n')), 0..6),
        ]
    }

    /// The specification, implemented word by word on the whole stream.
    fn naive(bytes: &[u8]) -> Vec<Record> {
        let text = String::from_utf8_lossy(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)).into_owned();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut found = Vec::new();
        let mut lines: Vec<&str> = Vec::new();
        let Some((complete, _)) = text.rsplit_once('\n') else { return found };
        for line in complete.split('\n') {
            let (name, value) = line.split_once(':').map_or((line, ""), |(name, value)| (name, value.strip_prefix(' ').unwrap_or(value)));
            if line.is_empty() {
                if !lines.is_empty() {
                    found.push(Record::Data(lines.join("\n")));
                }
                lines.clear();
            } else if name == "data" {
                lines.push(value);
            }
        }
        found
    }

    proptest! {
        #[test]
        fn every_way_of_cutting_gives_the_records_of_the_specification(
            lines in proptest::collection::vec((line(), prop_oneof![Just("\n"), Just("\r"), Just("\r\n")]), 0..30),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let bytes: Vec<u8> = lines.into_iter().flat_map(|(line, end)| [line, end.into()].concat()).collect();
            let expected = naive(&bytes);
            prop_assert_eq!(&records([&bytes[..]]), &expected);
            prop_assert_eq!(&records(bytes.chunks(1)), &expected);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            prop_assert_eq!(&records(cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]])), &expected);
        }
    }
}
