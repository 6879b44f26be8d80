//! The form that publishes a video.
//!
//! It has all fields that other clients were seen to send. Those that this
//! crate does not offer are empty or off. Nothing is checked here; the builder
//! has done that before the first byte was sent.

use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::choice::Licence;
use crate::{error::Error, snapshot::Visibility};

/// What is said of a video, checked by the builder.
#[derive(Clone, Debug)]
pub(super) struct Details {
    pub(super) title: String,
    pub(super) description: String,
    /// Separated by commas.
    pub(super) tags: String,
    /// Decimal; none for the user's own profile.
    pub(super) channel: Option<u64>,
    pub(super) category: u64,
    pub(super) secondary_category: Option<u64>,
    pub(super) visibility: Visibility,
    pub(super) scheduled_for: Option<OffsetDateTime>,
    pub(super) licence: Licence,
}

/// What is said of the sending (`file_meta`): the file, and how long it took.
#[derive(Clone, Debug)]
pub(super) struct FileMeta {
    pub(super) name: String,
    pub(super) modified_ms: u64,
    pub(super) size: u64,
    pub(super) content_type: &'static str,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) chunks: u64,
}

/// The instant as the wire has it: in UTC, in whole seconds, as RFC 3339.
pub(super) fn instant(at: OffsetDateTime) -> Result<String, Error> {
    let whole = at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).map_err(|error| Error::config(error.to_string()))?;
    whole.format(&Rfc3339).map_err(|_| Error::config("the schedule cannot be written as a date; choose one of this century"))
}

/// All fields. Whoever calls it has accepted Rumble's terms.
pub(super) fn fields(details: &Details, file: &str, thumbnail: &str, meta: &FileMeta) -> Result<Vec<(&'static str, String)>, Error> {
    let Details { title, description, tags, channel, category, secondary_category, visibility, scheduled_for, licence } = details;
    let FileMeta { name, modified_ms, size, content_type, start_ms, end_ms, chunks } = meta;
    let speed = u128::from(*size) * 1000 / u128::from(end_ms.saturating_sub(*start_ms).max(1));
    let file_meta = json!({
        "name": name, "modified": modified_ms, "size": size, "type": content_type, "time_start": start_ms,
        "speed": u64::try_from(speed).unwrap_or(u64::MAX), "num_chunks": chunks, "time_end": end_ms,
    });
    // What waits for its time is private until then.
    let visibility = if scheduled_for.is_some() { Visibility::Private.as_str() } else { visibility.as_str() };
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let fields = [
        ("title", title.clone()),
        ("description", description.clone()),
        ("video[]", file.to_owned()),
        ("featured", licence.number().to_string()),
        ("rights", "1".into()),
        ("terms", "1".into()),
        ("facebookUpload", String::new()),
        ("vimeoUpload", String::new()),
        ("infoWho", String::new()),
        ("infoWhen", String::new()),
        ("infoWhere", String::new()),
        ("infoExtUser", String::new()),
        ("tags", tags.clone()),
        ("channelId", number(*channel).unwrap_or_else(|| "0".into())),
        ("siteChannelId", category.to_string()),
        ("mediaChannelId", number(*secondary_category).unwrap_or_default()),
        ("isGamblingRelated", "false".into()),
        ("set_default_channel_id", "0".into()),
        ("sendPush", "0".into()),
        ("setFeaturedForUser", "0".into()),
        ("setFeaturedForChannel", "0".into()),
        ("related_video_url", String::new()),
        ("visibility", visibility.to_owned()),
        ("availability", "free".into()),
        ("file_meta", file_meta.to_string()),
        ("schedulerDatetime", scheduled_for.map(instant).transpose()?.unwrap_or_default()),
        ("thumb", thumbnail.to_owned()),
    ];
    Ok(fields.into())
}

/// The kind of a file by its extension, in small letters. One that is not known
/// is called bytes.
pub(super) fn content_type(extension: &str) -> &'static str {
    match extension {
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "avi" => "video/x-msvideo",
        "mpg" | "mpeg" => "video/mpeg",
        "wmv" => "video/x-ms-wmv",
        "flv" => "video/x-flv",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}
