//! Upload videos: in chunks as a logged-in user, or in one request with a
//! token. Feature `upload`.
//!
//! [`Session::upload`](crate::session::Session::upload) does what the site's
//! own upload page does. It is unofficial: Rumble documents nothing of it, and
//! may change it without notice. [`SimpleUpload`] uses the API that Rumble
//! documents, with a token that Rumble hands out, at present perhaps to nobody.
//! Nothing here was run against the real service by its authors.
//!
//! ```test_harness
//! use rumble_live::{
//!     Error, Visibility, session::Session, sim::Sim, upload::Licence,
//! };
//!
//! #[tokio::test]
//! async fn video_is_uploaded() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let session = Session::builder()
//!         .transport(sim.clone())
//!         .build(sim.session("captain"))?;
//!     let path = std::env::temp_dir().join("rumble-live-doc-upload.mp4");
//!     std::fs::write(&path, "not really a film").unwrap();
//!
//!     let upload = session
//!         .upload(&path)
//!         .title("Late levels by lamplight")
//!         .tags(["retro", "lamplight"])
//!         .category(15)
//!         .visibility(Visibility::Public)
//!         .licence(Licence::RumbleOnly)
//!         .accept_terms();
//!     let mut upload = upload.start().await?;
//!     while let Some(progress) = upload.next().await {
//!         println!("{progress}");
//!     }
//!     let video = upload.finish().await?;
//!     assert_eq!(sim.uploads()[0].id, video.id);
//!     Ok(())
//! }
//! ```
//!
//! # Which of the two
//!
//! | | `Session::upload` | `SimpleUpload` |
//! |---|---|---|
//! | documented by Rumble | no | yes |
//! | needs | a logged-in session | a token that Rumble sends by mail |
//! | sends | one request for each chunk, and four more | one request |
//! | if a request fails | a chunk is sent again | nothing is sent again |
//! | tags, categories, visibility, schedule | yes | no |
//! | captions, an id of your own | no | yes |
//! | licences | all four | `PersonalUse` and `RumbleOnly` |
//!
//! Both give an [`Upload`], so the code that shows progress and reads the
//! outcome is the same.
//!
//! # How it goes
//!
//! 1. A service of the site names the host that takes videos. That host is used
//!    only if it is https and belongs to the site; otherwise the video goes to
//!    the site itself. All further steps go to that one host.
//! 2. The file is sent in chunks of 5,000,000 bytes, one after another, as it
//!    is read: memory does not grow with the file. A chunk that fails is sent
//!    again, up to five times in all, more slowly each time. Each chunk has a
//!    name, so sending one twice should do no harm.
//! 3. The host puts the chunks together, and makes thumbnails or takes one.
//! 4. The video is published. After that Rumble processes it for some minutes.
//!
//! Only the first step waits for its turn among the requests of the session, so
//! a bot can chat meanwhile. A session has one upload at a time.
//!
//! Only the caller accepts Rumble's terms, by [`UploadBuilder::accept_terms`].
//! There is no default for the licence either: whoever uploads must choose one.
//!
//! # How long it may take
//!
//! There is no limit on the whole, because the file may be large and the line
//! slow. What is limited is how long nothing may happen:
//!
//! - While a chunk or a file goes out: one minute without a byte.
//! - Once a chunk has gone out: one minute for its answer, and one second more
//!   for each 65,536 bytes of it, in case a proxy on the way sends it on more
//!   slowly. A [`SimpleUpload`] gets 15 minutes in place of the one.
//! - For the thumbnail: three minutes. For merging and for publishing: 15
//!   minutes each.
//!
//! Finding the host, sending a chunk and the thumbnail are tried five times
//! each before the upload gives up. The pauses are 1, 2, 4 and 8 seconds, each
//! up to half as much longer at random. If the server asks for a longer one by
//! `Retry-After`, it gets that, up to 15 minutes. Only failures that may pass
//! are tried again: no connection, a broken one, a timeout, a 429 or a 5xx.
//!
//! # Errors
//!
//! - [`Config`](crate::ErrorKind::Config): a setting cannot work, or the file
//!   could not be read, or it was changed while it was sent. Nothing was
//!   published.
//! - [`FileGone`](crate::ErrorKind::FileGone): Rumble has lost the chunks.
//!   Begin anew; nothing was published.
//! - [`Refused`](crate::ErrorKind::Refused): Rumble refused the video.
//!   [`FieldErrors::of`] tells why, field by field.
//! - [`Unclear`](crate::ErrorKind::Unclear): no good answer came to a request
//!   that is never repeated. If the last [`Progress::step`] was
//!   [`Merge`](Step::Merge), nothing was published. If it was
//!   [`Publish`](Step::Publish), or [`Whole`](Step::Whole) for a
//!   [`SimpleUpload`], the video may be published: look for it among the
//!   account's own videos. Rumble was seen to refuse a second try of the same
//!   video with "Duplicate…"; then the first one got through.
//! - [`SessionGone`](crate::ErrorKind::SessionGone) and
//!   [`Challenge`](crate::ErrorKind::Challenge): as for any request of a
//!   session. Nothing was published.
//! - Other kinds: a request failed; those that are repeated failed five times.
//!   Nothing was published.
//!
//! Here the answer to the publishing is lost. The bot asks for the same video
//! once more, and the refusal tells that it was there already:
//!
//! ```
//! use rumble_live::session::Session;
//! use rumble_live::sim::{Loss, Sim};
//! use rumble_live::{
//!     ErrorKind,
//!     upload::{FieldErrors, Licence, Step},
//! };
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sim = Sim::running(42);
//!     let session = Session::builder()
//!         .transport(sim.clone())
//!         .build(sim.session("captain"))?;
//!     let film = std::env::temp_dir().join("rumble-live-doc-unclear.mp4");
//!     std::fs::write(&film, "not really a film")?;
//!     let draft = || {
//!         session
//!             .upload(&film)
//!             .title("Night shift")
//!             .category(15)
//!             .licence(Licence::RumbleOnly)
//!             .accept_terms()
//!     };
//!
//!     sim.lose_upload_answer_next(Step::Publish, Loss::After);
//!     let error = draft().start().await?.finish().await.unwrap_err();
//!     assert_eq!(error.kind(), ErrorKind::Unclear);
//!
//!     let error = draft().start().await?.finish().await.unwrap_err();
//!     assert_eq!(error.kind(), ErrorKind::Refused);
//!     let fields = FieldErrors::of(&error).unwrap();
//!     assert_eq!(fields.get("video").unwrap().message, "Duplicate video");
//!     assert_eq!(sim.uploads().len(), 1);
//!     Ok(())
//! }
//! ```
//!
//! # What is assumed
//!
//! - The hosts take what Rumble's app and other clients were seen to send. One
//!   of those clients first fetched a cookie `PHPSESSID` from `/upload.php`,
//!   and publishing failed without it; others publish without, and so does this
//!   one.
//! - A chunk may be sent twice. A merging counts its chunks from 0. Files of up
//!   to 15 GB are taken, as in those clients.
//!
//! An upload cannot be resumed in another process.
//!
//! # Test it
//!
//! The simulator takes videos too, counts and hashes them, and fails at any
//! step; see [`Sim::uploads`](crate::sim::Sim::uploads).

mod answer;
mod builder;
mod choice;
mod fields;
mod form;
mod multipart;
mod plan;
mod progress;
mod run;
mod running;
mod sending;
mod simple;
mod source;
mod steps;

pub use self::{
    answer::Uploaded,
    builder::UploadBuilder,
    choice::{Licence, Thumbnail},
    fields::{FieldError, FieldErrors},
    progress::{Progress, Step},
    running::Upload,
    simple::{SimpleUpload, SimpleUploadBuilder, UploadToken},
};
