//! Forms with files, as they are sent (`multipart/form-data`), one of which may
//! be streamed.
//!
//! By hand, for reqwest's own go to reqwest alone, and the crates that write
//! such forms belong to other HTTP clients. Forms of this crate need little:
//! names that it chooses, and bytes. What is written here is read by another
//! crate in the simulator.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use http::HeaderValue;

use crate::{
    error::{Error, ErrorKind},
    transport::Body,
};

/// The bytes of one part, as they come.
type Chunks = BoxStream<'static, Result<Bytes, Error>>;

/// A form that is made part by part.
pub(super) struct Form {
    boundary: String,
    parts: Vec<Chunks>,
    length: u64,
}

impl Form {
    /// An empty form, with a boundary of its own.
    pub(super) fn new(random: &mut fastrand::Rng) -> Self {
        // So many bits stand in no file by chance.
        let boundary = format!("rumble-live-{:032x}", random.u128(..));
        Self { boundary, parts: Vec::new(), length: 0 }
    }

    /// Adds a field with a text, which may have line breaks.
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.push(format!("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{value}\r\n", self.boundary, quoted(name)));
        self
    }

    /// Adds a file that is in memory.
    pub(super) fn file(self, name: &str, file_name: &str, content_type: &str, content: Bytes) -> Self {
        let length = content.len() as u64;
        self.streamed_file(name, file_name, content_type, length, stream::iter([Ok(content)]).boxed())
    }

    /// Adds a file of so many bytes that is read as it is sent. If it has more
    /// or fewer, the body ends with an error.
    pub(super) fn streamed_file(mut self, name: &str, file_name: &str, content_type: &str, length: u64, content: Chunks) -> Self {
        let (name, file_name) = (quoted(name), quoted(file_name));
        self.push(format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: {content_type}\r\n\r\n",
            self.boundary
        ));
        self.length += length;
        self.parts.push(content);
        self.push("\r\n".to_owned());
        self
    }

    fn push(&mut self, text: String) {
        self.length += text.len() as u64;
        self.parts.push(stream::iter([Ok(text.into())]).boxed());
    }

    /// The value of `Content-Type`, and what to send.
    pub(super) fn finish(mut self) -> Result<(HeaderValue, Body), Error> {
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .map_err(|error| Error::new(ErrorKind::Config, error))?;
        self.push(format!("--{}--\r\n", self.boundary));
        Ok((content_type, Body::sized_stream(self.length, stream::iter(self.parts).flatten())))
    }
}

/// As browsers quote the names of fields and files. Nothing else need be
/// quoted: a quotation mark would end the name, and a line break the header.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn form_is_as_long_as_it_says_and_its_names_cannot_break_out() {
        let form = Form::new(&mut fastrand::Rng::with_seed(1)).text("title", "a\r\nb").file(
            "video",
            "x\"; name=\"title\r\n.mp4",
            "video/mp4",
            "bytes".into(),
        );
        let (content_type, body) = form.finish().unwrap();
        let length = body.length().unwrap();
        let sent = block_on(body.collect(10_000)).unwrap();
        assert_eq!(sent.len() as u64, length);
        let text = String::from_utf8(sent.to_vec()).unwrap();
        assert_eq!(text.matches("Content-Disposition").count(), 2);
        assert!(text.contains("filename=\"x%22; name=%22title%0D%0A.mp4\""), "{text}");
        let boundary = content_type.to_str().unwrap().split_once("boundary=").unwrap().1.to_owned();
        assert!(text.ends_with(&format!("\r\nbytes\r\n--{boundary}--\r\n")), "{text}");
    }
}
