//! How a file is cut into chunks, and what they are called. No I/O.
//!
//! All chunks but the last have the same size, and none is empty: the size of
//! the file and of a chunk decide everything, so a chunk that is sent again is
//! the same bytes under the same name. Names are formed as other clients form
//! them. The instant and the number in them keep the uploads of one user apart.

/// How many bytes a chunk has unless set otherwise.
pub(super) const CHUNK: u64 = 5_000_000;
/// And at most: the largest that a client was seen to send.
pub(super) const LARGEST_CHUNK: u64 = 50_000_000;

/// The chunks of a file, which is not empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    size: u64,
    chunk: u64,
}

/// A piece of a file: where it begins, and how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Plan {
    /// The plan for a file of so many bytes. A size of 0 for the chunks counts
    /// as 1.
    pub(super) fn new(size: u64, chunk: u64) -> Self {
        Self { size, chunk: chunk.max(1) }
    }

    pub(super) fn size(self) -> u64 {
        self.size
    }

    pub(super) fn chunk_size(self) -> u64 {
        self.chunk
    }

    /// How many chunks there are. None is empty.
    pub(super) fn count(self) -> u64 {
        self.size.div_ceil(self.chunk)
    }

    /// The chunk of this number, counted from 0.
    pub(super) fn piece(self, number: u64) -> Piece {
        let offset = number.saturating_mul(self.chunk).min(self.size);
        Piece { offset, length: self.chunk.min(self.size - offset) }
    }
}

/// What an upload and its parts are called: when it began, and a number at
/// random.
#[derive(Clone, Debug)]
pub(super) struct Names {
    stem: String,
    extension: String,
}

impl Names {
    pub(super) fn new(start_ms: u64, random: u32, extension: &str) -> Self {
        Self { stem: format!("{start_ms}-{random}"), extension: extension.to_owned() }
    }

    /// All of it: `1789412400123-154321.mp4`.
    pub(super) fn upload(&self) -> String {
        format!("{}.{}", self.stem, self.extension)
    }

    /// A chunk, counted from 0: `0_1789412400123-154321.mp4`.
    pub(super) fn chunk(&self, number: u64) -> String {
        format!("{number}_{}", self.upload())
    }

    /// A picture of one's own: `ct-1789412400123-154321.png`.
    pub(super) fn thumbnail(&self, extension: &str) -> String {
        format!("ct-{}.{extension}", self.stem)
    }
}

/// The extension of a file's name in small letters, if it is one that can stand
/// in a URL.
pub(super) fn extension(file_name: &str) -> Option<String> {
    let (stem, extension) = file_name.rsplit_once('.')?;
    let is_plain = !stem.is_empty() && (1..=8).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_cut_into_chunks_none_of_which_is_empty() {
        for (size, chunk, count, last) in [
            (1, 10_000_000, 1, 1),
            (9_999_999, 10_000_000, 1, 9_999_999),
            (10_000_000, 10_000_000, 1, 10_000_000),
            (10_000_001, 10_000_000, 2, 1),
            (23_000_001, 10_000_000, 3, 3_000_001),
            (20_000_000, 5_000_000, 4, 5_000_000),
            (15_000_000_000, 5_000_000, 3000, 5_000_000),
        ] {
            let plan = Plan::new(size, chunk);
            assert_eq!((plan.count(), plan.piece(count - 1).length), (count, last), "{size} in {chunk}");
            assert_eq!((0..count).map(|number| plan.piece(number).length).sum::<u64>(), size);
            assert_eq!(plan.piece(count - 1).offset, (count - 1) * chunk);
        }
    }

    #[test]
    fn names_are_those_of_other_clients() {
        let names = Names::new(1_789_412_400_123, 154_321, "mp4");
        assert_eq!(names.upload(), "1789412400123-154321.mp4");
        assert_eq!(names.chunk(0), "0_1789412400123-154321.mp4");
        assert_eq!(names.thumbnail("png"), "ct-1789412400123-154321.png");
    }

    #[test]
    fn extension_holds_nothing_but_letters_and_digits() {
        assert_eq!(extension("Run.MP4").as_deref(), Some("mp4"));
        assert_eq!(extension("a.b.webm").as_deref(), Some("webm"));
        for name in ["run", ".mp4", "run.", "run.mp4?x=1", "run.a/b", "run.ünder", "run.toolongext"] {
            assert_eq!(extension(name), None, "{name}");
        }
    }
}
