//! By token, as Rumble documents it.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::StreamExt as _;
use rumble_live::{
    Body, BoxFuture, Endpoints, Error, ErrorKind, Request, Response, Transport,
    http::StatusCode,
    sim::{Loss, Sim},
    upload::{FieldErrors, Licence, SimpleUpload, SimpleUploadBuilder, Step, Upload},
};
use tokio::{sync::Notify, time::sleep};

use super::{
    super::ear::{Ear, names},
    Film, run,
    site::{Exchange, Site},
};

/// How many bytes pass before a body waits.
const BEGINNING: usize = 100_000;
const TOKEN: &str = "FAKE00000000000000000000000000000000TOKE";

fn uploads(site: &Site) -> SimpleUpload {
    SimpleUpload::new(TOKEN.parse().unwrap()).transport(site.clone())
}

fn draft(uploads: &SimpleUpload, path: &Path) -> SimpleUploadBuilder {
    uploads.upload(path).title("Late levels by lamplight").description("the whole run").licence(Licence::PersonalUse)
}

fn of_sim(sim: &Sim) -> SimpleUpload {
    SimpleUpload::new(sim.upload_token("captain")).transport(sim.clone())
}

/// Sends the beginning of a body, and the rest when it is told to.
struct Gated(Sim, Arc<Notify>);

impl Transport for Gated {
    fn send(&self, mut request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let body = std::mem::take(&mut request.body);
        let (length, open) = (body.length().unwrap(), Arc::clone(&self.1));
        let begun = Arc::<AtomicUsize>::default();
        let chunks = body.then(move |chunk| {
            let (open, begun) = (Arc::clone(&open), Arc::clone(&begun));
            async move {
                // What stands before the video is shorter.
                let before = begun.fetch_add(chunk.as_ref().map_or(0, Bytes::len), Relaxed);
                if before < BEGINNING && begun.load(Relaxed) >= BEGINNING {
                    open.notified().await;
                }
                chunk
            }
        });
        request.body = Body::sized_stream(length, chunks);
        self.0.send(request)
    }
}

/// An upload of a megabyte that is on its way, and what opens the way for the rest of it.
async fn on_its_way(sim: &Sim, film: &Film) -> (Upload, Arc<Notify>) {
    let open = Arc::<Notify>::default();
    let uploads = SimpleUpload::new(sim.upload_token("captain")).transport(Gated(sim.clone(), Arc::clone(&open)));
    let mut upload = draft(&uploads, &film.path).start().await.unwrap();
    while upload.next().await.unwrap().sent == 0 {}
    (upload, open)
}

#[tokio::test(start_paused = true)]
async fn video_is_sent_in_one_form_and_read_by_another_hand_as_it_is() {
    let sim = Sim::running(1);
    let film = Film::named("my \"run\".mp4", 1_000_000);
    let (picture, captions) = (film.beside("front.jpg", b"<jpg bytes>"), film.beside("en.vtt", b"WEBVTT"));
    let upload = draft(&of_sim(&sim), &film.path).channel("7104422").guid("my-own-id-1").thumbnail(picture).captions("en", captions);
    let (told, outcome) = run(upload.start().await.unwrap()).await;
    let video = outcome.unwrap();
    let published = sim.uploads().pop().unwrap();
    assert_eq!((&published.id, published.username.as_str(), published.file.size), (&video.id, "captain", 1_000_000));
    assert_eq!((published.file.md5, published.file.name.as_str()), (film.md5(), "my %22run%22.mp4"));
    let fields: Vec<_> = published.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("channel_id", "7104422"),
        ("description", "the whole run"),
        ("guid", "my-own-id-1"),
        ("license_type", "0"),
        ("title", "Late levels by lamplight"),
    ];
    assert_eq!(fields, expected);
    assert_eq!((published.thumbnail.unwrap().size, published.more_files["cc_en"].size), (11, 6));
    let sent: Vec<_> = told.iter().map(|progress| progress.sent).collect();
    assert!(sent.is_sorted() && sent.last() == Some(&1_000_000) && told.iter().all(|progress| progress.step == Step::Whole));
}

#[tokio::test(start_paused = true)]
async fn request_and_answers_are_those_of_the_documentation() {
    let film = Film::of(1000);
    let ask = async |name: &str| {
        let site = Site::new([Exchange::of("upload-simple", name).answer()]);
        let outcome = draft(&uploads(&site), &film.path).start().await.unwrap().finish().await;
        let asked = site.asked().pop().unwrap();
        let exchange = Exchange::of("upload-simple", name);
        assert_eq!((asked.method.as_str(), asked.url.as_str()), ("POST", exchange.request()["url"].as_str().unwrap()));
        assert!(asked.header("content-type").starts_with("multipart/form-data; boundary="));
        assert_eq!((asked.lengths.0, asked.header("cookie")), (Some(asked.lengths.1), ""));
        outcome
    };
    let video = ask("success").await.unwrap();
    assert_eq!((video.id.as_str(), video.embed_url.as_deref()), ("7c1f4q", Some("https://rumble.com/embed/v7c1f4q/?pub=abc1")));
    assert_eq!(video.url.as_deref(), Some("https://rumble.com/v7b8x3c-late-levels-by-lamplight.html?mref=abc1&mc=xyz9"));
    assert!(video.embed.is_some() && video.embed_script.is_some());
    assert_eq!(ask("video id without int").await.unwrap().id, "7c1f4q");

    let map = ask("field errors, as a map").await.unwrap_err();
    let fields = FieldErrors::of(&map).unwrap();
    let title = fields.get("title").unwrap();
    assert_eq!((title.code.as_deref(), title.message.as_str()), (Some("REQUIRED"), "Title is required"));
    assert_eq!(fields.get("").unwrap().internal_code.as_deref(), Some("E-0001"));

    let list = ask("field errors, as a list").await.unwrap_err();
    assert_eq!((list.kind(), list.to_string().as_str()), (ErrorKind::Refused, "Rumble refused: SOMETHING_WENT_WRONG"));
    let token = ask("bad token").await.unwrap_err();
    assert_eq!(token.to_string(), "Rumble refused: access_token: access token or user not found");
    assert_eq!(FieldErrors::of(&token).unwrap().get("access_token").unwrap().code.as_deref(), Some("unauthorized_client"));
}

#[tokio::test(start_paused = true)]
async fn request_that_breaks_is_unclear_and_never_repeated() {
    for loss in [Loss::Before, Loss::After, Loss::Within(10), Loss::Silence] {
        let sim = Sim::running(1);
        let film = Film::of(1000);
        sim.lose_upload_answer_next(Step::Whole, loss);
        let error = draft(&of_sim(&sim), &film.path).start().await.unwrap().finish().await.unwrap_err();
        assert_eq!((error.kind(), sim.upload_requests(Step::Whole)), (ErrorKind::Unclear, 1), "{loss:?}");
        assert!(error.to_string().contains("among the account's own videos"), "{error}");
        assert_eq!(sim.uploads().len(), usize::from(loss != Loss::Before));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_none_are_told_apart() {
    let film = Film::of(1000);
    let cases: [(Result<Response, Error>, ErrorKind); 9] = [
        (Ok(Response::new(StatusCode::FORBIDDEN, "<title>Just a moment...</title>")), ErrorKind::Challenge),
        (Ok(Response::new(StatusCode::TOO_MANY_REQUESTS, "")), ErrorKind::RateLimited),
        (Ok(Response::new(StatusCode::BAD_GATEWAY, "<html>")), ErrorKind::Unclear),
        (Ok(Response::ok("<html>")), ErrorKind::Unclear),
        (Ok(Response::ok("{}")), ErrorKind::Unclear),
        (Ok(Response::ok(r#"{"success": true, "video_id": "no id!"}"#)), ErrorKind::Unclear),
        (Ok(Response::new(StatusCode::PAYLOAD_TOO_LARGE, "")), ErrorKind::Status),
        (Ok(Response::new(StatusCode::REQUEST_TIMEOUT, "")), ErrorKind::Unclear),
        (Err(Error::new(ErrorKind::Connect, format!("no way for {TOKEN}"))), ErrorKind::Connect),
    ];
    for (number, (answer, kind)) in cases.into_iter().enumerate() {
        let site = Site::that([answer]);
        let error = draft(&uploads(&site), &film.path).start().await.unwrap().finish().await.unwrap_err();
        assert_eq!((error.kind(), site.asked().len()), (kind, 1), "{number}: {error:#}");
        assert!(!format!("{error:?} {error:#}").contains(TOKEN), "{error:?}");
    }
    let said = format!(r#"{{"success": false, "errors": {{"title": {{"message": "for {TOKEN}"}}}}}}"#);
    let site = Site::new([Response::ok(said)]);
    let error = draft(&uploads(&site), &film.path).start().await.unwrap().finish().await.unwrap_err();
    assert_eq!(error.to_string(), "Rumble refused: title: for <redacted>");
}

#[tokio::test(start_paused = true)]
async fn setting_that_cannot_work_is_told_before_anything_is_sent() {
    let site = Site::new([]);
    let film = Film::of(1000);
    let (text, sub) = (film.beside("a.txt", b"x"), film.beside("a.srt", b"x"));
    let plain = Endpoints::at("http://rumble.com").unwrap();
    for (upload, words) in [
        (uploads(&site).upload(&film.path).licence(Licence::RumbleOnly), "no title"),
        (uploads(&site).upload(&film.path).title("a"), "no licence"),
        (draft(&uploads(&site), &film.path).licence(Licence::AllButYouTube), "PersonalUse and RumbleOnly"),
        (draft(&uploads(&site), &film.path).channel("x"), "channel"),
        (draft(&uploads(&site), &film.path).channel("0"), "channel"),
        (draft(&uploads(&site), &film.path).captions("en", &text), "vtt, srt"),
        (draft(&uploads(&site), &film.path).captions("e n", &sub), "short word"),
        (draft(&uploads(&site), &film.path).thumbnail(&text), "png, jpg"),
        (draft(&uploads(&site), &film.path.with_file_name("none")), "none"),
        (draft(&uploads(&site).endpoints(plain), &film.path), "plain http"),
        (draft(&uploads(&site).user_agent("a\nb"), &film.path), "user agent"),
    ] {
        let error = upload.start().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Config && format!("{error:#}").contains(words), "{words}: {error:#}");
    }
    assert!(site.asked().is_empty());
    for token in ["", "short", "two words and more", "ünäscii-and-more"] {
        assert!(token.parse::<rumble_live::upload::UploadToken>().is_err(), "{token}");
    }
}

#[tokio::test(start_paused = true)]
async fn answer_that_says_neither_yes_nor_no_is_unclear_and_not_a_refusal() {
    let film = Film::of(1000);
    for (answer, kind) in [
        (r#"{"success": 1, "errors": [], "video_id": "7c1f4q"}"#, None),
        (r#"{"success": "ok", "errors": {}}"#, Some(ErrorKind::Unclear)),
        (r#"{"success": null, "video_id": "7c1f4q"}"#, Some(ErrorKind::Unclear)),
        (r#"{"success": 0}"#, Some(ErrorKind::Refused)),
        (r#"{"errors": {"title": {"code": "REQUIRED"}}}"#, Some(ErrorKind::Refused)),
    ] {
        let site = Site::new([Response::ok(answer)]);
        let outcome = draft(&uploads(&site), &film.path).start().await.unwrap().finish().await;
        assert_eq!(outcome.err().map(|error| error.kind()), kind, "{answer}");
    }
    let site = Site::new([Response::new(StatusCode::FORBIDDEN, r#"{"success": false}"#)]);
    let error = draft(&uploads(&site), &film.path).start().await.unwrap().finish().await.unwrap_err();
    assert_eq!(error.to_string(), "Rumble refused: it gave no reason (status 403)");
}

#[tokio::test(start_paused = true)]
async fn file_that_is_changed_while_it_is_sent_by_token_is_not_published() {
    let later = SystemTime::now() + Duration::from_secs(10);
    let changes: [fn(&File, SystemTime); 2] = [|file, _| file.set_len(2_000_000).unwrap(), |file, later| file.set_modified(later).unwrap()];
    for change in changes {
        let sim = Sim::running(1);
        let film = Film::of(1_000_000);
        let (upload, open) = on_its_way(&sim, &film).await;
        change(&File::options().write(true).open(&film.path).unwrap(), later);
        open.notify_one();
        let error = upload.finish().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("was changed"), "{error:#}");
        assert!(sim.uploads().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn upload_by_token_that_is_dropped_before_it_began_sends_nothing() {
    let sim = Sim::running(1);
    let film = Film::of(1_000_000);
    let mut upload = draft(&of_sim(&sim), &film.path).start().await.unwrap();
    assert_eq!(upload.next().await.unwrap().step, Step::Whole);
    drop(upload);
    sleep(Duration::from_secs(60)).await;
    assert_eq!((sim.upload_requests(Step::Whole), sim.uploads().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn upload_by_token_that_is_dropped_while_it_is_sent_ends_its_request_and_says_so_to_the_log() {
    let ear = Ear::default();
    let _guard = ear.listen();
    let sim = Sim::running(1);
    let (upload, open) = on_its_way(&sim, &Film::of(1_000_000)).await;
    drop(upload);
    open.notify_one();
    sleep(Duration::from_secs(60)).await;
    assert!(sim.uploads().is_empty());
    assert_eq!(names(&ear.take()), ["session_unclear"]);
}
