//! Mutates JSON by replacing one of its words with another. Random bytes seldom
//! make a number of another kind, or a date at the edge of the calendar.

use libfuzzer_sys::fuzzer_mutate;

/// Values at the edges of types, numbers and the calendar, and characters that
/// need repair.
const EDGES: [&str; 24] = [
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "0.5",
    "255",
    "1001",
    "4294967295",
    "253402300799",
    "253402300800",
    "-62167219201",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "\"0000-01-01T00:00:00+14:00\"",
    "\"9999-12-31T23:59:59-14:00\"",
    "\"\u{7f}\\n\u{2028}\"",
    "\"\\ud83d\\ude00\\ude00\"",
];

/// Half of the time, replaces a word with an edge or with another word of the
/// same text. Otherwise it leaves the mutation to the fuzzer.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut state = u64::from(seed);
    let mut draw = |among: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % among
    };
    let words = words(&data[..size]);
    if draw(2) == 0 || words.is_empty() {
        return fuzzer_mutate(data, size, max_size);
    }
    let (start, end) = words[draw(words.len())];
    let (from, until) = words[draw(words.len())];
    let word = if draw(2) == 0 { EDGES[draw(EDGES.len())].as_bytes().to_vec() } else { data[from..until].to_vec() };
    let mutated = [&data[..start], &word, &data[end..size]].concat();
    let size = mutated.len().min(max_size);
    data[..size].copy_from_slice(&mutated[..size]);
    size
}

/// The places of the strings, numbers and names: the start and the end of each.
fn words(text: &[u8]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        at += 1;
        if text[start] == b'"' {
            while at < text.len() && text[at] != b'"' {
                at += if text[at] == b'\\' { 2 } else { 1 };
            }
            at = (at + 1).min(text.len());
        } else if is_plain(text[start]) {
            at += text[at..].iter().take_while(|byte| is_plain(**byte)).count();
        } else {
            continue;
        }
        words.push((start, at));
    }
    words
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
