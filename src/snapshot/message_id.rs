//! The id of a line of chat.
//!
//! Only the live chat has it. Its text is kept as it was sent, unlike that of
//! the ids in `id`: an id of this kind has been seen as a decimal number only,
//! and what a request sends back must be the same text. `Display` escapes what
//! could break a line.

use std::{borrow::Borrow, convert::Infallible, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::one_line::OneLine;

/// The id of a chat message (`messages[].id`), as text: a decimal number of
/// about 19 digits. It is cheap to clone.
///
/// Equal ids name the same message, on every connection and in every process.
/// If the wire sends a number, the text is decimal. Treat it as opaque: this
/// crate never calculates with it.
///
/// The JSON form is the text. You can look up a `&str` in a map with these ids
/// as keys.
///
/// # Examples
///
/// A page takes down what was deleted:
///
/// ```
/// use std::collections::HashMap;
/// use rumble_live::{MessageDeleted, MessageId};
///
/// let mut shown = HashMap::new();
/// shown.insert(MessageId::from("1742900000000000001"), "buy my book");
/// assert_eq!(shown.get("1742900000000000001"), Some(&"buy my book"));
///
/// let deleted = MessageDeleted::new("7c1f4q", ["1742900000000000001"]);
/// for id in &deleted.message_ids {
///     shown.remove(id);
/// }
/// assert!(shown.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// The id as text, exactly as the chat sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for MessageId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for MessageId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&MessageId> for MessageId {
    fn from(id: &MessageId) -> Self {
        id.clone()
    }
}

impl FromStr for MessageId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl AsRef<str> for MessageId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for MessageId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for MessageId {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for MessageId {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl PartialEq<String> for MessageId {
    fn eq(&self, other: &String) -> bool {
        &*self.0 == other.as_str()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(f)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
