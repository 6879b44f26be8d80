//! What goes wrong between the first byte and the published video.

use rumble_live::{
    BoxFuture, Error, ErrorKind, Request, Response, Transport,
    http::{HeaderValue, StatusCode, header},
    session::Session,
    sim::{Loss, Sim},
    upload::{FieldErrors, Step, Thumbnail},
};
use tokio::time::{Duration, Instant};

use super::{Film, captain, draft, in_three, run, sparse};

#[tokio::test(start_paused = true)]
async fn chunk_that_fails_twice_is_sent_again_and_progress_never_falls() {
    let faults: [fn(&Sim); 6] = [
        |sim| sim.fail_upload_next(Step::Chunks, 502),
        |sim| sim.lose_upload_answer_next(Step::Chunks, Loss::Before),
        |sim| sim.lose_upload_answer_next(Step::Chunks, Loss::After),
        |sim| sim.lose_upload_answer_next(Step::Chunks, Loss::Silence),
        |sim| sim.fail_upload_next(Step::Chunks, 503),
        |sim| {
            let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(header::RETRY_AFTER, 30.into());
            sim.answer_upload_next(Step::Chunks, busy);
        },
    ];
    for fault in faults {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(1_000_000));
        let mut upload = in_three(&session, &film).await;
        let mut told = Vec::new();
        while let Some(progress) = upload.next().await {
            // The second chunk fails, twice.
            if progress.step == Step::Chunks
                && progress.chunk == 1
                && told.last().is_some_and(|last: &rumble_live::upload::Progress| last.chunk == 0)
            {
                fault(&sim);
                fault(&sim);
            }
            told.push(progress);
        }
        upload.finish().await.unwrap();
        assert_eq!((sim.upload_requests(Step::Chunks), sim.upload_requests(Step::Publish)), (5, 1));
        assert_eq!((sim.uploads()[0].file.size, &sim.uploads()[0].file.md5), (1_000_000, &film.md5()));
        let sent: Vec<_> = told.iter().map(|progress| progress.sent).collect();
        assert!(sent.is_sorted() && sent.last() == Some(&1_000_000), "{sent:?}");
        assert!(told.iter().map(|progress| progress.chunk).is_sorted());
        let failures: Vec<_> = told.iter().map(|progress| progress.failures).filter(|failures| *failures > 0).collect();
        assert!(failures.contains(&1) && failures.contains(&2) && failures.iter().max() == Some(&2), "{failures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn chunk_that_always_fails_ends_the_upload_after_five_times_with_nothing_published() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    (0..9).for_each(|_| sim.fail_upload_next(Step::Chunks, 502));
    let begun = Instant::now();
    let error = in_three(&session, &film).await.finish().await.unwrap_err();
    assert_eq!((error.kind(), sim.upload_requests(Step::Chunks), sim.upload_requests(Step::Merge)), (ErrorKind::Server, 5, 0));
    let waited = begun.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_secs(25)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn parts_that_the_server_has_dropped_are_told_as_that() {
    for step in [Step::Chunks, Step::Merge] {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(1000));
        let mut upload = in_three(&session, &film).await;
        while upload.next().await.is_some_and(|progress| progress.step < step || step == Step::Chunks && progress.chunk < 1) {}
        sim.drop_upload_parts();
        let error = upload.finish().await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::FileGone, false));
        assert!(error.to_string().contains("begin the upload anew"), "{error}");
        assert!(sim.upload_requests(step) <= 2 && sim.upload_requests(Step::Publish) == 0);
        // Which works.
        in_three(&session, &film).await.finish().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn merge_without_a_name_is_told_as_parts_that_are_gone() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    sim.answer_upload_next(Step::Merge, Response::ok(""));
    assert_eq!(in_three(&session, &film).await.finish().await.unwrap_err().kind(), ErrorKind::FileGone);
}

#[tokio::test(start_paused = true)]
async fn publishing_whose_answer_is_lost_is_unclear_and_never_repeated() {
    for loss in [Loss::Before, Loss::After, Loss::Within(0), Loss::Within(200), Loss::Silence] {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(1000));
        sim.lose_upload_answer_next(Step::Publish, loss);
        let error = in_three(&session, &film).await.finish().await.unwrap_err();
        assert_eq!((error.kind(), sim.upload_requests(Step::Publish)), (ErrorKind::Unclear, 1), "{loss:?}");
        assert!(error.to_string().contains("among the account's own videos") && error.to_string().contains("Duplicate"), "{error}");
        assert_eq!(sim.uploads().len(), usize::from(loss != Loss::Before));
        // The second try says whether it was.
        let again = in_three(&session, &film).await.finish().await;
        assert_eq!(again.is_ok(), loss == Loss::Before);
        if let Err(error) = again {
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Refused, "Rumble refused: video: Duplicate video"));
        }
        assert_eq!(sim.uploads().len(), 1);
    }
}

/// Panics where an address holds a word, once that request has reached the site.
struct Panics(Sim, &'static str);

impl Transport for Panics {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let panics = request.url.expose().contains(self.1);
        Box::pin(async move {
            let answer = self.0.send(request).await;
            assert!(!panics, "a layer above the connection");
            answer
        })
    }
}

#[tokio::test(start_paused = true)]
async fn transport_that_panics_after_it_has_sent_what_must_not_be_repeated_leaves_it_unclear() {
    for (word, published) in [("merge=", 0), ("form=1", 1)] {
        let sim = Sim::running(1);
        let session = Session::builder().transport(Panics(sim.clone(), word)).build(sim.session("captain")).unwrap();
        let error = in_three(&session, &Film::of(1000)).await.finish().await.unwrap_err();
        assert_eq!((error.kind(), sim.uploads().len()), (ErrorKind::Unclear, published), "{word}: {error:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn failure_of_a_chunk_is_told_before_the_wait_and_without_a_rate() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    sim.answer_upload_next(Step::Chunks, Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(header::RETRY_AFTER, 900.into()));
    let begun = Instant::now();
    let mut upload = in_three(&session, &film).await;
    let failed = loop {
        let progress = upload.next().await.unwrap();
        if progress.failures > 0 {
            break progress;
        }
    };
    assert_eq!((failed.failures, failed.rate), (1, None));
    assert!(begun.elapsed() < Duration::from_secs(60));
    upload.finish().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(900));
}

#[tokio::test(start_paused = true)]
async fn odd_answers_to_what_must_not_be_repeated_are_unclear() {
    for (step, words) in [(Step::Merge, "Nothing was published"), (Step::Publish, "may have been")] {
        for answer in [
            Response::ok("<html>Hello</html>"),
            Response::ok("{}"),
            Response::new(StatusCode::BAD_GATEWAY, ""),
            Response::new(StatusCode::FOUND, ""),
        ] {
            let sim = Sim::running(1);
            let (session, film) = (captain(&sim), Film::of(1000));
            let shown = format!("{answer:?}");
            sim.answer_upload_next(step, answer);
            let error = in_three(&session, &film).await.finish().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unclear, "{step:?}: {shown}: {error}");
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(sim.upload_requests(step), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn merging_whose_answer_is_lost_is_unclear_and_never_repeated() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    sim.lose_upload_answer_next(Step::Merge, Loss::After);
    let error = in_three(&session, &film).await.finish().await.unwrap_err();
    assert_eq!((error.kind(), sim.upload_requests(Step::Merge), sim.upload_requests(Step::Publish)), (ErrorKind::Unclear, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn refusal_is_told_field_by_field_in_the_server_s_words_without_what_breaks_a_line() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    sim.refuse_upload_next("title", "This title\n is \u{1b}[31mtaken\u{7}");
    let error = in_three(&session, &film).await.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.to_string(), "Rumble refused: title: This title is [31mtaken");
    assert_eq!(format!("{error:#}"), error.to_string());
    let fields = FieldErrors::of(&error).unwrap();
    assert_eq!((fields.as_slice().len(), fields.get("title").unwrap().message.as_str()), (1, "This title is [31mtaken"));
    assert_eq!((sim.upload_requests(Step::Publish), sim.uploads()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn session_that_ends_and_challenge_pages_are_told_as_what_they_are_at_every_step() {
    const LOGIN: &str = "<!doctype html><form action=\"https://auth.rumble.com/login\"></form>";
    let to_the_login =
        || Response::new(StatusCode::FOUND, "").header(header::LOCATION, HeaderValue::from_static("https://auth.rumble.com?x=1"));
    for step in [Step::Chunks, Step::Merge, Step::Thumbnail, Step::Publish] {
        for (answer, kind) in [
            (to_the_login(), ErrorKind::SessionGone),
            (Response::ok(LOGIN), ErrorKind::SessionGone),
            (Response::ok(r#"{"user": {"id": null, "logged_in": false}}"#), ErrorKind::SessionGone),
            (Response::new(StatusCode::UNAUTHORIZED, ""), ErrorKind::SessionGone),
            (Response::new(StatusCode::FORBIDDEN, "<title>Just a moment...</title>"), ErrorKind::Challenge),
            (Response::new(StatusCode::NOT_FOUND, ""), ErrorKind::Status),
        ] {
            let sim = Sim::running(1);
            let (session, film) = (captain(&sim), Film::of(1000));
            sim.answer_upload_next(step, answer);
            let error = in_three(&session, &film).await.finish().await.unwrap_err();
            assert_eq!((error.kind(), sim.upload_requests(step), sim.uploads().len()), (kind, 1, 0), "{step:?}: {error}");
        }
    }
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    sim.end_sessions("captain");
    assert_eq!(in_three(&session, &film).await.finish().await.unwrap_err().kind(), ErrorKind::SessionGone);
    assert_eq!(sim.upload_requests(Step::Chunks), 0);
}

#[tokio::test(start_paused = true)]
async fn thumbnail_that_is_refused_is_told_and_nothing_is_published() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let picture = film.beside("front.jpg", b"x");
    sim.answer_upload_next(Step::Thumbnail, Response::ok(r#"{"ref":"FAILED (e:1)"}"#));
    let error = draft(&session, &film.path).thumbnail(Thumbnail::File(picture)).start().await.unwrap().finish().await.unwrap_err();
    assert_eq!(error.to_string(), "Rumble refused: thumb: FAILED (e:1)");
    assert_eq!(sim.upload_requests(Step::Publish), 0);
    // One that fails is asked for again, for that does no harm.
    sim.fail_upload_next(Step::Thumbnail, 502);
    in_three(&session, &film).await.finish().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn file_that_is_changed_meanwhile_is_not_published() {
    let changes: [fn(&std::path::Path); 2] = [
        |path| std::fs::File::options().write(true).open(path).unwrap().set_len(10).unwrap(),
        |path| std::fs::write(path, vec![7; 200_000]).unwrap(),
    ];
    for change in changes {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(100_000));
        let mut upload = in_three(&session, &film).await;
        while upload.next().await.unwrap().chunk < 1 {}
        change(&film.path);
        let error = upload.finish().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("was changed"), "{error:#}");
        assert_eq!((sim.upload_requests(Step::Merge), sim.upload_requests(Step::Publish)), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn token_that_is_renewed_by_an_upload_host_is_used_from_then_on() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let other = sim.session("captain");
    let cookie = format!("u_s={}; path=/; domain=.rumble.com", other.expose());
    sim.answer_upload_next(Step::Chunks, Response::ok("").header(header::SET_COOKIE, cookie.parse().unwrap()));
    let (_, outcome) = run(in_three(&session, &film).await).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::FileGone, "the first chunk was not taken");
    assert_eq!(session.token(), other);
}

#[tokio::test(start_paused = true)]
async fn plan_of_the_largest_video_is_made_at_once() {
    let sim = Sim::running(1);
    let folder = tempfile::tempdir().unwrap();
    let path = sparse(&folder, 15_000_000_000);
    let mut upload = draft(&captain(&sim), &path).start().await.unwrap();
    assert_eq!(upload.next().await.unwrap().chunks, 3000);
}
