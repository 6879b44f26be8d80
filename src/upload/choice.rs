//! What a caller chooses of a video: its licence, its thumbnail.
//!
//! Both are plain values that are checked elsewhere: a licence by the builder
//! of either upload, a thumbnail when the upload starts and its file is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which rights Rumble gets in a video (`featured`; `license_type` of a
/// [`SimpleUpload`](super::SimpleUpload)). Rumble's terms say what each means;
/// there is no default, because rights that were given away may not come back.
///
/// The JSON form is the name in snake case, so a bot can have the licence in
/// its settings.
///
/// # Examples
///
/// ```
/// use rumble_live::upload::Licence;
///
/// let licence: Licence = serde_json::from_str("\"rumble_only\"").unwrap();
/// assert_eq!((licence, licence.number()), (Licence::RumbleOnly, 6));
/// assert!(serde_json::from_str::<Licence>("\"public_domain\"").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Licence {
    /// Personal use, not for sale (0).
    PersonalUse,
    /// Exclusive management by Rumble (5). A `SimpleUpload` does not offer it.
    ExclusiveManagement,
    /// Rumble only (6).
    RumbleOnly,
    /// Everywhere but on `YouTube` (7). A `SimpleUpload` does not offer it. The
    /// JSON form is `all_but_you_tube`.
    AllButYouTube,
}

impl Licence {
    /// The number of the wire: 0, 5, 6 or 7.
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
///
/// # Examples
///
/// The picture that lies beside the film, or else the second of those that
/// Rumble makes:
///
/// ```
/// use rumble_live::upload::Thumbnail;
/// use std::path::Path;
///
/// fn thumbnail_of(film: &Path) -> Thumbnail {
///     let picture = film.with_extension("jpg");
///     if picture.is_file() {
///         Thumbnail::File(picture)
///     } else {
///         Thumbnail::Automatic(1)
///     }
/// }
///
/// let thumbnail = thumbnail_of(Path::new("no-such-film.mp4"));
/// assert_eq!(thumbnail, Thumbnail::Automatic(1));
/// assert_eq!(Thumbnail::default(), Thumbnail::Automatic(0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Thumbnail {
    /// One of those that Rumble makes of the video, by its place, counted
    /// from 0. Three are usual; where there are fewer it is the last, and where
    /// there is none the video has none yet.
    Automatic(usize),
    /// A file of one's own: png, jpg, gif or webp, of 16 MiB at most. It is
    /// read when the upload starts. Its kind is told by the extension of its
    /// name, in upper or lower case; the content is not looked at.
    File(PathBuf),
}

impl Default for Thumbnail {
    /// The first that Rumble makes.
    fn default() -> Self {
        Self::Automatic(0)
    }
}
