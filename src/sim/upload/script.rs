//! What a script sets of uploads, and looks at.

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
/// hashed, and not kept. Feature `upload`.
///
/// ```test_harness
/// use rumble_live::{Error, session::Session, sim::Sim, upload::{Licence, Step}};
///
/// #[tokio::test(start_paused = true)]
/// async fn chunk_that_fails_is_sent_again() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
///     let path = std::env::temp_dir().join("rumble-live-doc-chunk.mp4");
///     std::fs::write(&path, "not really a film").unwrap();
///     sim.fail_upload_next(Step::Chunks, 502);
///     let upload = session.upload(&path).title("Night shift").category(15).licence(Licence::RumbleOnly).accept_terms();
///     let video = upload.start().await?.finish().await?;
///     assert_eq!(sim.uploads()[0].id, video.id);
///     assert_eq!((sim.upload_requests(Step::Chunks), sim.uploads()[0].file.size), (2, 17));
///     Ok(())
/// }
/// ```
impl Sim {
    /// The videos that were published so far.
    #[must_use]
    pub fn uploads(&self) -> Vec<UploadedVideo> {
        self.world().uploads.published.clone()
    }

    /// How many requests of this step there were, with whatever answer. Those
    /// of [`Step::Host`] are [`session_requests`](Self::session_requests).
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
    /// # Panics
    ///
    /// If `status` is not in 200 to 599.
    #[track_caller]
    pub fn fail_upload_next(&self, step: Step, status: u16) {
        let fault = Fault::status(status);
        self.world().uploads.spoil(step, Spoiled::Answer(Next::Fault(fault)));
    }

    /// Queues one answer as it is given for a request of this step, which is
    /// not done.
    pub fn answer_upload_next(&self, step: Step, answer: Response) {
        self.world().uploads.answer_next(step, answer);
    }

    /// Queues one loss of the answer to a request of this step, and with
    /// [`Loss::Before`] of the request itself.
    pub fn lose_upload_answer_next(&self, step: Step, loss: Loss) {
        self.world().uploads.spoil(step, Spoiled::Lost(loss));
    }

    /// Queues one refusal of a publishing, in these words for this field.
    pub fn refuse_upload_next(&self, field: &str, words: &str) {
        self.answer_upload_next(Step::Publish, Response::ok(errors_page(&[(field, words)])));
    }

    /// Forgets all chunks that were sent, as a server does that clears its
    /// disk: a further chunk is answered with `FileGone`.
    pub fn drop_upload_parts(&self) {
        self.world().uploads.parts.values_mut().for_each(|parts| parts.before.clear());
    }

    /// Whether chunks, merging and publishing are answered in JSON, as Rumble's
    /// app gets it. False unless set: then they are answered in plain text and
    /// with a page.
    pub fn upload_answers_in_json(&self, yes: bool) {
        self.world().uploads.answers_in_json = yes;
    }

    /// A token for a [`SimpleUpload`](crate::upload::SimpleUpload) of this
    /// user.
    #[must_use]
    pub fn upload_token(&self, username: &str) -> UploadToken {
        let mut world = self.world();
        let number = world.uploads.tokens.len() + 1;
        let token = format!("SIMULATED{}{number:0>31}", world.user_id.as_str());
        world.uploads.tokens.insert(token.clone(), username.to_owned());
        UploadToken::of_simulator(token)
    }
}
