//! What a script sets of uploads, and looks at.
//!
//! Faults are queued for each step by itself, so that a test can spoil the
//! merging without counting the chunks before it.

use super::{
    state::{Spoiled, UploadedVideo},
    wire::errors_page,
};
use crate::{
    Response,
    sim::{
        Loss, Sim,
        fault::{Fault, Next},
    },
    upload::{Step, UploadToken},
};

/// # Uploads
///
/// Videos that users upload to the simulated site. Their bytes are counted and
/// hashed, and not kept, so a test may upload gigabytes. Feature `upload`.
///
/// The site refuses a video without a title or without accepted terms, and a
/// second one with the same bytes ("Duplicate video"). It does not look into
/// the file, which may hold anything.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::upload::{Licence, Step};
/// use rumble_live::{Error, session::Session, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn chunk_that_fails_is_sent_again() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let path = std::env::temp_dir().join("rumble-live-doc-chunk.mp4");
///     std::fs::write(&path, "not really a film").unwrap();
///     sim.fail_upload_next(Step::Chunks, 502);
///     let upload = session.upload(&path).title("Night shift").category(15);
///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
///     let video = upload.start().await?.finish().await?;
///     assert_eq!(sim.uploads()[0].id, video.id);
///     assert_eq!(sim.upload_requests(Step::Chunks), 2);
///     assert_eq!(sim.uploads()[0].file.size, 17);
///     Ok(())
/// }
/// ```
impl Sim {
    /// The videos that were published so far, the oldest first. Empty if there
    /// are none. An upload that failed or was dropped before it was published
    /// is not among them.
    ///
    /// [`UploadedVideo`] has an example.
    #[must_use]
    pub fn uploads(&self) -> Vec<UploadedVideo> {
        self.world().uploads.published.clone()
    }

    /// How many requests of this step there were, with whatever answer. Those
    /// of [`Step::Host`] are [`session_requests`](Self::session_requests). With
    /// it you see what is repeated and what is not.
    #[must_use]
    pub fn upload_requests(&self, step: Step) -> u64 {
        self.world().uploads.requests.get(&step).copied().unwrap_or_default()
    }

    /// Queues one answer with this status and a small HTML page for a request
    /// of this step, which is not done. [`Step::Host`] is a request of the
    /// session: see [`fail_session_next`](Self::fail_session_next). Over
    /// sockets, the step [`Whole`](Step::Whole) is that of the account that
    /// [`serve`](Self::serve) was called on.
    ///
    /// A chunk is tried five times in all, so queue five to end an upload. A
    /// merging and a publishing are tried once.
    ///
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_upload_next(&self, step: Step, status: u16) {
        let fault = Fault::status(status);
        self.world().uploads.spoil(step, Spoiled::Answer(Next::Fault(fault)));
    }

    /// Queues one answer as it is given for a request of this step, which is
    /// not done. For example, a 429 with `Retry-After` makes an uploader wait
    /// before it sends the chunk again.
    pub fn answer_upload_next(&self, step: Step, answer: Response) {
        self.world().uploads.answer_next(step, answer);
    }

    /// Queues one loss of the answer to a request of this step, and with
    /// [`Loss::Before`] of the request itself.
    ///
    /// # Examples
    ///
    /// When the answer to the publishing is lost, the video is there. A program
    /// that uploads it again is refused, and one that does not look tells its
    /// user the wrong thing:
    ///
    /// ```test_harness
    /// use rumble_live::sim::{Loss, Sim};
    /// use rumble_live::upload::{Licence, Step};
    /// use rumble_live::{Error, ErrorKind, session::Session};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn video_may_be_there_after_an_error() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let path =
    ///         std::env::temp_dir().join("rumble-live-doc-lost-answer.mp4");
    ///     std::fs::write(&path, "not really a film").unwrap();
    ///     sim.lose_upload_answer_next(Step::Publish, Loss::After);
    ///     for kind in [ErrorKind::Unclear, ErrorKind::Refused] {
    ///         let upload =
    ///             session.upload(&path).title("Night shift").category(15);
    ///         let upload = upload.licence(Licence::RumbleOnly).accept_terms();
    ///         let error = upload.start().await?.finish().await.unwrap_err();
    ///         assert_eq!(error.kind(), kind);
    ///     }
    ///     assert_eq!(sim.uploads().len(), 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn lose_upload_answer_next(&self, step: Step, loss: Loss) {
        self.world().uploads.spoil(step, Spoiled::Lost(loss));
    }

    /// Queues one refusal of a publishing, in these words for this field. The
    /// file was sent by then, and nothing is published.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::upload::{FieldErrors, Licence};
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn refusal_names_the_field() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let path = std::env::temp_dir().join("rumble-live-doc-refusal.mp4");
    ///     std::fs::write(&path, "not really a film").unwrap();
    ///     sim.refuse_upload_next("title", "This title is taken");
    ///     let upload =
    ///         session.upload(&path).title("Night shift").category(15);
    ///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
    ///     let error = upload.start().await?.finish().await.unwrap_err();
    ///     let title =
    ///         FieldErrors::of(&error).and_then(|fields| fields.get("title"));
    ///     assert_eq!(
    ///         title.map(|title| title.message.as_str()),
    ///         Some("This title is taken")
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn refuse_upload_next(&self, field: &str, words: &str) {
        self.answer_upload_next(Step::Publish, Response::ok(errors_page(&[(field, words)])));
    }

    /// Forgets all chunks that were sent, as a server does that clears its
    /// disk: a further chunk of these uploads, and their merging, is answered
    /// with `FileGone`. An upload that begins afterwards is not affected.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::upload::{Licence, Step};
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn lost_chunks_end_the_upload() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let path =
    ///         std::env::temp_dir().join("rumble-live-doc-lost-chunks.mp4");
    ///     std::fs::write(&path, "not really a film").unwrap();
    ///     let upload =
    ///         session.upload(&path).title("Night shift").category(15);
    ///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
    ///     let mut upload = upload.start().await?;
    ///     while upload.next().await.is_some_and(|at| at.step < Step::Merge) {}
    ///     sim.drop_upload_parts();
    ///     let error = upload.finish().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::FileGone);
    ///     assert!(sim.uploads().is_empty());
    ///     Ok(())
    /// }
    /// ```
    pub fn drop_upload_parts(&self) {
        self.world().uploads.parts.values_mut().for_each(|parts| parts.before.clear());
    }

    /// Whether chunks, merging and publishing are answered in JSON, as Rumble's
    /// app gets it. False unless set: then they are answered in plain text and
    /// with a page.
    ///
    /// # Examples
    ///
    /// The app is told less, so a program must not count on the URL:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn answer_of_the_app_has_no_url() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.upload_answers_in_json(true);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let path = std::env::temp_dir().join("rumble-live-doc-app.mp4");
    ///     std::fs::write(&path, "not really a film").unwrap();
    ///     let upload =
    ///         session.upload(&path).title("Night shift").category(15);
    ///     let upload = upload.licence(Licence::RumbleOnly).accept_terms();
    ///     let video = upload.start().await?.finish().await?;
    ///     assert_eq!((video.url, &video.id), (None, &sim.uploads()[0].id));
    ///     Ok(())
    /// }
    /// ```
    pub fn upload_answers_in_json(&self, yes: bool) {
        self.world().uploads.answers_in_json = yes;
    }

    /// A token for a [`SimpleUpload`](crate::upload::SimpleUpload) of this
    /// user. Each call gives another one, and all of them work.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::upload::{Licence, SimpleUpload};
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn film_goes_out_with_its_captions() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let uploads = SimpleUpload::new(sim.upload_token("captain"))
    ///         .transport(sim.clone());
    ///     let film = std::env::temp_dir().join("rumble-live-doc-token.mp4");
    ///     let captions =
    ///         std::env::temp_dir().join("rumble-live-doc-token.vtt");
    ///     std::fs::write(&film, "not really a film").unwrap();
    ///     std::fs::write(&captions, "WEBVTT").unwrap();
    ///     let upload = uploads
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .captions("en", &captions);
    ///     let upload = upload.licence(Licence::PersonalUse).start().await?;
    ///     upload.finish().await?;
    ///
    ///     let published = sim.uploads().remove(0);
    ///     assert_eq!(published.username, "captain");
    ///     assert_eq!(published.more_files["cc_en"].size, 6);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn upload_token(&self, username: &str) -> UploadToken {
        let mut world = self.world();
        let number = world.uploads.tokens.len() + 1;
        let token = format!("SIMULATED{}{number:0>31}", world.user_id.as_str());
        world.uploads.tokens.insert(token.clone(), username.to_owned());
        UploadToken::of_simulator(token)
    }
}
