//! The names of the fields that a recording keeps: those that this crate reads.
//!
//! It is a list of what is kept and not of what is cut, because a field that
//! nobody has heard of yet may hold a secret. A test reads the source of this
//! crate and fails if a field that is decoded is missing from the list. A name
//! in the list is kept wherever it stands, so a name that is harmless in one
//! answer and secret in another must not be in it.

/// Sorted, for the binary search.
const KEPT: [&str; 152] = [
    "amount_cents",
    "amount_dollars",
    "author",
    "author_name",
    "author_url",
    "badge",
    "badges",
    "bg2",
    "blocks",
    "by",
    "can_moderate",
    "categories",
    "channel_id",
    "channel_name",
    "channel_picture",
    "channel_title",
    "channels",
    "chat",
    "chat_mode",
    "code",
    "color",
    "colors",
    "comment_id",
    "config",
    "countdown_seconds",
    "created_on",
    "creator_channel_id",
    "creator_user_id",
    "current_channel_avatar_url",
    "current_channel_name",
    "data",
    "description",
    "dislikes",
    "duration",
    "emotes",
    "en",
    "enable",
    "endpoint",
    "error",
    "errors",
    "expires_on",
    "fg",
    "file",
    "followed_on",
    "followers",
    "gift_purchase_notification",
    "gift_type",
    "gifted_subs",
    "gifts",
    "has_unread_notifications",
    "i",
    "icons",
    "id",
    "image.1",
    "is_deleted",
    "is_follower",
    "is_live",
    "is_primary",
    "is_short",
    "is_subs_only",
    "items",
    "label",
    "latest_follower",
    "latest_gifted_sub",
    "latest_message",
    "latest_rant",
    "latest_subscriber",
    "levels",
    "likes",
    "live",
    "live_gate",
    "live_placeholder",
    "livestream_has_dvr",
    "livestream_status",
    "livestreams",
    "logged_in",
    "main",
    "max_num_results",
    "message",
    "message_ids",
    "message_length_max",
    "messages",
    "msg",
    "name",
    "notification",
    "now",
    "num_followers",
    "num_followers_total",
    "num_gifted_subs",
    "num_items",
    "num_subscribers",
    "num_subscribers_total",
    "num_viewers",
    "object_type",
    "on",
    "pinned_message",
    "price_cents",
    "price_dollars",
    "primary",
    "products",
    "profile_pic_url",
    "pubDate",
    "purchased_by",
    "raid",
    "raid_notification",
    "rant",
    "rants",
    "recent_followers",
    "recent_gifted_subs",
    "recent_messages",
    "recent_rants",
    "recent_subscribers",
    "relative_url",
    "remaining_gifts",
    "request_id",
    "scheduled_on",
    "secondary",
    "slug",
    "start_ts",
    "subscribed_on",
    "subscribers",
    "subscribers_only_chat",
    "subscription",
    "success",
    "sys",
    "target_channel_avatar_url",
    "target_channel_name",
    "target_url",
    "target_video_title",
    "text",
    "thumb",
    "thumbnail_url",
    "time",
    "timecode",
    "title",
    "total_gifts",
    "type",
    "updated_on",
    "upload",
    "upload_date",
    "url",
    "user",
    "user_id",
    "user_ids",
    "username",
    "users",
    "vid",
    "video",
    "video_id",
    "views",
    "visibility",
    "watching_now",
];

/// Maps whose keys are not names of fields, such as badges by their names. A
/// scalar is kept there only if its key is a number.
const BY_ANY_KEY: [&str; 2] = ["badges", "icons"];
/// Fields that hold objects or lists. A scalar in their place is nothing that
/// this crate knows, so it is cut.
const CONTAINERS: [&str; 9] = ["channels", "chat", "config", "data", "livestreams", "messages", "rants", "upload", "users"];

/// What happens to the values in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Values of known fields are kept.
    Known,
    /// Values are kept under any key, except a scalar under a key that is not a
    /// number.
    AnyKey,
}

impl Keeping {
    /// What happens to what lies inside the value of this field; `None` if the
    /// value is cut.
    pub(super) fn of(self, field: &str, is_scalar: bool) -> Option<Self> {
        let is_kept = match self {
            Self::Known => KEPT.binary_search(&field).is_ok() && !(is_scalar && CONTAINERS.contains(&field)),
            Self::AnyKey => !is_scalar || field.bytes().all(|byte| byte.is_ascii_digit()),
        };
        is_kept.then_some(if BY_ANY_KEY.contains(&field) { Self::AnyKey } else { Self::Known })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn names_are_in_order_so_that_they_can_be_found() {
        assert!(KEPT.is_sorted());
    }

    /// The fields of all wire objects, as the source of this crate defines
    /// them.
    fn fields_below(folder: &Path, fields: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fields_below(&path, fields);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for object in source.split("\nwire! {\n").skip(1) {
                let lines = object.split("\n}\n").next().unwrap().lines().map(str::trim);
                let lines: Vec<_> = lines.filter(|line| !line.starts_with("//") && !line.contains("struct ")).collect();
                for (place, line) in lines.iter().enumerate() {
                    let Some((name, _)) = line.split_once(": ") else { continue };
                    let renamed = place.checked_sub(1).and_then(|before| lines[before].strip_prefix("#[serde(rename = \""));
                    let renamed = renamed.and_then(|rest| rest.split('"').next());
                    let name = name.rsplit(' ').next().unwrap().trim_start_matches("r#");
                    fields.push(renamed.unwrap_or(name).to_owned());
                }
            }
        }
    }

    #[test]
    fn every_field_that_is_read_is_kept() {
        let mut fields = Vec::new();
        fields_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut fields);
        assert!(fields.len() > 200, "{}", fields.len());
        // Pieces of pages are read, but never kept.
        let missing: Vec<_> = fields.iter().filter(|field| *field != "html" && Keeping::Known.of(field, false).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn secrets_are_not_kept() {
        for field in
            ["stream_key", "server_url", "key", "api_key", "session", "token", "password", "totp_id", "user_key", "salts", "email", "html"]
        {
            assert_eq!(Keeping::Known.of(field, true), None, "{field}");
        }
    }
}
