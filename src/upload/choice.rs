//! What a caller chooses of a video: its licence, its thumbnail.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which rights Rumble gets in a video (`featured`; `license_type` of a
/// [`SimpleUpload`](super::SimpleUpload)). Rumble's terms say what each means;
/// there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Licence {
    /// Personal use, not for sale (0).
    PersonalUse,
    /// Exclusive management by Rumble (5). Not by a `SimpleUpload`.
    ExclusiveManagement,
    /// Rumble only (6).
    RumbleOnly,
    /// Everywhere but on `YouTube` (7). Not by a `SimpleUpload`.
    AllButYouTube,
}

impl Licence {
    /// The number of the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::PersonalUse => 0,
            Self::ExclusiveManagement => 5,
            Self::RumbleOnly => 6,
            Self::AllButYouTube => 7,
        }
    }
}

/// The picture that stands for a video.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Thumbnail {
    /// One of those that Rumble makes of the video, by its place, counted
    /// from 0. Three are usual; where there are fewer it is the last, and where
    /// there is none the video has none yet.
    Automatic(usize),
    /// A file of one's own: png, jpg, gif or webp, of 16 MiB at most. It is
    /// read when the upload starts.
    File(PathBuf),
}

impl Default for Thumbnail {
    /// The first that Rumble makes.
    fn default() -> Self {
        Self::Automatic(0)
    }
}
