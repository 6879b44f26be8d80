//! The body of a request or an answer.
//!
//! One type for both directions and for both forms: bytes that are there, and a
//! stream. A live chat reads an answer chunk by chunk, everybody else collects
//! it. Whoever reads a body relies on three rules: no chunk is empty, nothing
//! comes after an error or the end, and a stated length is kept or ends in an
//! error.
//!
//! There are no limits of time here; `exchange` wraps a body for that.

use std::{
    any::Any,
    error::Error as StdError,
    fmt, mem,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::{Stream, stream::BoxStream};
use futures_util::{StreamExt as _, stream};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind};

/// The body of a [`Request`](crate::Request) or a
/// [`Response`](crate::Response): bytes in memory, or a stream of chunks.
///
/// It is a `Stream` of chunks in order. It also implements `http_body::Body`,
/// so hyper, reqwest and tower accept it as it is. Dropping a body before its
/// end ends the exchange.
///
/// `Debug` shows at most its length, and never the content.
///
/// A `&'static str`, a `String`, a `Vec<u8>` and `Bytes` convert into it, and
/// [`empty`](Self::empty) is the default. A chunk is never empty. After an
/// error nothing more comes.
///
/// # Examples
///
/// ```
/// use futures::{StreamExt, executor::block_on, stream};
/// use rumble_live::Body;
///
/// let chunks = stream::iter(["{\"now\":", " 1789417800}"])
///     .map(|chunk| Ok(chunk.into()));
/// assert_eq!(
///     block_on(Body::stream(chunks).collect(100)).unwrap(),
///     "{\"now\": 1789417800}"
/// );
/// assert!(block_on(Body::from("longer than ten bytes").collect(10)).is_err());
/// ```
///
/// Read chunk by chunk, as for an answer that has no end:
///
/// ```
/// use futures::{StreamExt, executor::block_on, stream};
/// use rumble_live::{Body, Error};
///
/// async fn longest_line(mut body: Body) -> Result<usize, Error> {
///     let (mut longest, mut length) = (0, 0);
///     while let Some(chunk) = body.next().await {
///         for byte in chunk? {
///             length = if byte == b'\n' { 0 } else { length + 1 };
///             longest = longest.max(length);
///         }
///     }
///     Ok(longest)
/// }
///
/// let lines = ["data: 1\nda", "ta: 234\n"].map(|chunk| Ok(chunk.into()));
/// let body = Body::stream(stream::iter(lines));
/// assert_eq!(block_on(longest_line(body)).unwrap(), 9);
/// ```
pub struct Body(Inner);

/// A stream that has ended or failed becomes empty bytes, so it is dropped and
/// nothing comes after it.
enum Inner {
    Bytes(Bytes),
    Stream {
        /// The mutex is never locked. It only makes `Body` `Sync`, so a future
        /// that holds `&Body` across an `await` is `Send`.
        chunks: Mutex<BoxStream<'static, Result<Bytes, Error>>>,
        /// How many bytes are still to come, if known.
        length: Option<u64>,
    },
}

impl Body {
    /// A body without bytes. Its [`length`](Self::length) is zero.
    #[must_use]
    pub fn empty() -> Self {
        Self(Inner::Bytes(Bytes::new()))
    }

    /// A stream of chunks of unknown length. An `Err` ends it: what the stream
    /// would yield after that is not asked for. Empty chunks are skipped.
    ///
    /// # Examples
    ///
    /// An answer that breaks off, for a test:
    ///
    /// ```
    /// use futures::{StreamExt, executor::block_on, stream};
    /// use rumble_live::{Body, Error, ErrorKind};
    ///
    /// let cut = Error::new(ErrorKind::Transport, "cut");
    /// let chunks = [Ok("half of ".into()), Err(cut), Ok("an answer".into())];
    /// let mut body = Body::stream(stream::iter(chunks));
    /// block_on(async {
    ///     assert_eq!(body.next().await.unwrap().unwrap(), "half of ");
    ///     let error = body.next().await.unwrap().unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Transport);
    ///     assert!(body.next().await.is_none());
    /// });
    /// ```
    pub fn stream(chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self::of(chunks, None)
    }

    /// A stream of chunks with `length` bytes in total, such as a file to
    /// upload. If it turns out longer or shorter, it ends with an error of kind
    /// [`Transport`](ErrorKind::Transport). Prefer it to
    /// [`stream`](Self::stream) for requests, because a server may refuse a
    /// body of unknown length.
    ///
    /// # Examples
    ///
    /// A file that became shorter while it was read is not sent as if it were
    /// whole:
    ///
    /// ```
    /// use futures::{executor::block_on, stream};
    /// use rumble_live::Body;
    ///
    /// let body = Body::sized_stream(5, stream::iter([Ok("1234".into())]));
    /// assert_eq!(body.length(), Some(5));
    /// assert!(block_on(body.collect(100)).is_err());
    /// ```
    pub fn sized_stream(length: u64, chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self::of(chunks, Some(length))
    }

    /// A stream whose length may be known.
    pub(crate) fn of(chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static, length: Option<u64>) -> Self {
        Self(Inner::Stream { chunks: Mutex::new(chunks.boxed()), length })
    }

    /// Wraps a body of the `http_body` crate. Drops trailers. An [`Error`] of
    /// this crate stays as it is. Others become errors of kind
    /// [`Transport`](ErrorKind::Transport), or `Connect` or `Timeout` if they
    /// contain an I/O error that says so. The length is taken over if the body
    /// states it. A [`Body`] comes back as it is.
    ///
    /// # Examples
    ///
    /// A body of this crate comes back as it is. Bodies of hyper and reqwest
    /// are taken in the same way:
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use rumble_live::{Body, Bytes};
    ///
    /// let body = Body::from_http(Body::from("hi"));
    /// assert_eq!(body.length(), Some(2));
    /// assert_eq!(block_on(body.collect(100)).unwrap(), Bytes::from("hi"));
    /// ```
    pub fn from_http<B>(body: B) -> Self
    where
        B: http_body::Body<Data: Into<Bytes>, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        let mut body = Some(body);
        match (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>().and_then(Option::take) {
            Some(own) => own,
            None => body.map_or_else(Self::empty, |body| Self::from_http_with(body, |error| Error::foreign(error.into()))),
        }
    }

    /// The same with another way to make an error of this crate. The pool uses
    /// it to take the URL out of reqwest's errors.
    pub(super) fn from_http_with<B>(body: B, failed: impl Fn(B::Error) -> Error + Send + 'static) -> Self
    where
        B: http_body::Body<Data: Into<Bytes>> + Send + 'static,
    {
        let length = body.size_hint().exact();
        let mut body = Box::pin(body);
        let chunks = stream::poll_fn(move |context| {
            loop {
                match ready!(body.as_mut().poll_frame(context)) {
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Poll::Ready(Some(Ok(data.into())));
                        }
                    }
                    Some(Err(error)) => return Poll::Ready(Some(Err(failed(error)))),
                    None => return Poll::Ready(None),
                }
            }
        });
        Self::of(chunks, length)
    }

    /// The whole body, if it is in memory. If you have read from it, what is
    /// left. `None` for a stream, whose bytes are not there yet; read those
    /// with [`collect`](Self::collect).
    ///
    /// # Examples
    ///
    /// A transport in a test can look at what a bot sends without taking it
    /// away:
    ///
    /// ```
    /// use futures::stream;
    /// use rumble_live::Body;
    ///
    /// let form = Body::from("rating=1&user=ada");
    /// assert!(
    ///     form.as_bytes()
    ///         .is_some_and(|bytes| bytes.ends_with(b"=ada"))
    /// );
    /// assert_eq!(form.length(), Some(17));
    ///
    /// let video = Body::sized_stream(1 << 30, stream::pending());
    /// assert!(video.as_bytes().is_none());
    /// assert_eq!(video.length(), Some(1 << 30));
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Bytes(bytes) => Some(bytes),
            Inner::Stream { .. } => None,
        }
    }

    /// The length in bytes, if it is known before reading. If you have read
    /// from it, the length of what is left. A compressed answer states no
    /// length, because only the compressed one is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Inner::Bytes(bytes) => Some(as_u64(bytes.len())),
            Inner::Stream { length, .. } => *length,
        }
    }

    /// Reads the body to its end. Returns what is left of it if you have read
    /// from it before, and nothing if it is empty. A body of one chunk is not
    /// copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`] as soon as it is longer than `cap` bytes, which
    /// ends the exchange. Also any error of the stream.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the exchange.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use rumble_live::{ErrorKind, Response};
    ///
    /// let answer = || Response::ok(r#"{"now": 1789417800}"#).body;
    /// let body = block_on(answer().collect(1024)).unwrap();
    /// assert!(body.starts_with(b"{"));
    /// let error = block_on(answer().collect(8)).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TooLarge);
    /// ```
    pub async fn collect(mut self, cap: usize) -> Result<Bytes, Error> {
        let Some(first) = self.next().await.transpose()? else { return Ok(Bytes::new()) };
        if first.len() > cap {
            return Err(Error::too_large(cap));
        }
        let Some(second) = self.next().await.transpose()? else { return Ok(first) };
        let mut next = Some(second);
        let mut all = first.to_vec();
        while let Some(chunk) = next {
            if all.len().saturating_add(chunk.len()) > cap {
                return Err(Error::too_large(cap));
            }
            all.extend_from_slice(&chunk);
            next = self.next().await.transpose()?;
        }
        Ok(all.into())
    }
}

impl Body {
    /// Reads from the start until there are `most` bytes or `time` is over. If
    /// the stream fails, returns what came before. For looking at what kind of
    /// answer it is, where a failure to read it says nothing. The last chunk
    /// may exceed `most`.
    pub(crate) async fn beginning(mut self, most: usize, time: Duration) -> Vec<u8> {
        let mut bytes = Vec::new();
        let end = Instant::now() + time;
        while bytes.len() < most
            && let Ok(Some(Ok(chunk))) = timeout_at(end, self.next()).await
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Error>;

    /// The next chunk, which is never empty.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Inner::Bytes(bytes) => Poll::Ready(Some(mem::take(bytes)).filter(|bytes| !bytes.is_empty()).map(Ok)),
            Inner::Stream { chunks, length } => {
                let item = ready!(chunks.get_mut().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context));
                let item = match (item, &length) {
                    (Some(Ok(chunk)), Some(left)) if as_u64(chunk.len()) > *left => Some(Err(wrong_length("longer"))),
                    (None, Some(1..)) => Some(Err(wrong_length("shorter"))),
                    (item, _) => item,
                };
                let Some(Ok(chunk)) = &item else {
                    // Nothing comes after the end or an error.
                    self.0 = Inner::Bytes(Bytes::new());
                    return Poll::Ready(item);
                };
                *length = length.map(|left| left.saturating_sub(as_u64(chunk.len())));
                if chunk.is_empty() {
                    // Yield to others: a stream of only empty chunks must not block its thread.
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(item)
            }
        }
    }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The error of a stream that breaks the length it was said to have.
fn wrong_length(how: &str) -> Error {
    Error::new(ErrorKind::Transport, format!("the body is {how} than its stated length"))
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.poll_next(context).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.as_bytes().is_some_and(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    /// A body in memory. It copies nothing.
    fn from(bytes: T) -> Self {
        Self(Inner::Bytes(bytes.into()))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length() {
            Some(length) => write!(f, "Body({length} bytes)"),
            None => f.write_str("Body(a stream)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, executor::block_on, future::poll_fn};

    use super::*;

    fn chunks<const N: usize>(chunks: [&'static str; N]) -> Body {
        Body::stream(stream::iter(chunks).map(|chunk| Ok(chunk.into())))
    }

    fn read(body: Body, cap: usize) -> Result<Bytes, ErrorKind> {
        block_on(body.collect(cap)).map_err(|error| error.kind())
    }

    #[test]
    fn body_of_any_make_is_read_up_to_the_cap_and_no_farther() {
        for body in [|| Body::from("12345"), || chunks(["12345"]), || chunks(["", "1", "", "234", "5", ""])] {
            assert_eq!(read(body(), 5).unwrap(), "12345");
            assert_eq!(read(body(), 4), Err(ErrorKind::TooLarge));
        }
        for body in [Body::empty(), Body::default(), chunks([]), chunks(["", ""])] {
            assert_eq!(read(body, 0).unwrap(), "");
        }
    }

    #[test]
    fn nothing_comes_after_an_error_or_the_end() {
        let parts = [Ok("1".into()), Err(Error::new(ErrorKind::Transport, "cut")), Ok("2".into())];
        let mut body = Body::stream(stream::iter(parts));
        let mut next = || body.next().now_or_never().unwrap();
        assert_eq!(next().unwrap().unwrap(), "1");
        assert!(next().unwrap().is_err());
        assert!(next().is_none() && next().is_none());
    }

    #[test]
    fn length_is_what_is_left() {
        let mut body = Body::sized_stream(3, stream::iter(["1", "23"]).map(|chunk| Ok(chunk.into())));
        for left in [3, 2, 0] {
            assert_eq!(http_body::Body::size_hint(&body).exact(), Some(left));
            assert_eq!(format!("{body:?}"), format!("Body({left} bytes)"));
            let _ = body.next().now_or_never().unwrap();
        }
        assert!(http_body::Body::is_end_stream(&body));
        assert_eq!(format!("{:?}", chunks(["secret"])), "Body(a stream)");
    }

    #[test]
    fn stream_of_another_length_than_it_was_said_to_have_is_an_error() {
        for length in [2, 4] {
            let body = Body::sized_stream(length, stream::iter(["1", "23"]).map(|chunk| Ok(chunk.into())));
            assert_eq!(read(body, 100), Err(ErrorKind::Transport));
        }
    }

    #[test]
    fn stream_of_empty_chunks_leaves_the_thread_to_others() {
        let mut body = Body::stream(stream::repeat_with(|| Ok(Bytes::new())));
        assert!(body.next().now_or_never().is_none());
    }

    #[test]
    fn own_errors_and_bytes_that_are_there_go_through_as_they_are() {
        let timeout = Body::stream(stream::once(async { Err(Error::new(ErrorKind::Timeout, "slow")) }));
        assert_eq!(read(Body::from_http(timeout), 100), Err(ErrorKind::Timeout));
        assert!(Body::from_http(Body::from("123")).as_bytes().is_some());
    }

    #[test]
    fn body_of_the_http_body_crate_goes_through_both_ways() {
        let mut body = Body::from_http(Body::from_http(chunks(["1", "23"])));
        let frame = poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut body), context)).now_or_never().unwrap();
        assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), "1");
        assert_eq!(read(body, 2).unwrap(), "23");
        assert_eq!(Body::from_http(Body::from("123")).length(), Some(3));
    }
}
