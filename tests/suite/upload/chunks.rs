//! In chunks, as a logged-in user, where all goes well.

use rumble_live::{
    Visibility,
    sim::Sim,
    time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339},
    upload::{Step, Thumbnail},
};

use super::{Film, captain, draft, in_three, run};

#[tokio::test(start_paused = true)]
async fn video_is_published_byte_by_byte_as_the_file_is() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1_000_000));
    let (told, outcome) = run(in_three(&session, &film).await).await;
    let video = outcome.unwrap();
    let published = sim.uploads().pop().unwrap();
    assert_eq!((&published.id, published.username.as_str()), (&video.id, "captain"));
    assert_eq!((published.file.size, published.file.md5), (1_000_000, film.md5()));
    assert_eq!(video.title.as_deref(), Some("Late levels by lamplight"));
    assert!(video.url.unwrap().starts_with("https://rumble.com/v"));
    assert!(video.embed.unwrap().starts_with("<iframe "));
    let steps: Vec<_> = told.iter().map(|progress| progress.step).collect();
    assert!(steps.is_sorted() && steps.contains(&Step::Publish), "{steps:?}");
    let last = told.last().unwrap();
    assert_eq!((last.sent, last.total, last.chunk, last.chunks), (1_000_000, 1_000_000, 2, 3));
    assert_eq!(sim.upload_requests(Step::Chunks), 3);
}

#[tokio::test(start_paused = true)]
async fn answers_of_the_app_are_read_as_those_of_the_web_are() {
    let sim = Sim::running(1);
    sim.upload_answers_in_json(true);
    let (session, film) = (captain(&sim), Film::of(100_000));
    let video = in_three(&session, &film).await.finish().await.unwrap();
    assert_eq!(video.id, sim.uploads()[0].id);
    assert_eq!(video.url, None, "the app is not told");
}

#[tokio::test(start_paused = true)]
async fn hostile_title_comes_back_as_it_is_and_changes_nothing() {
    let sim = Sim::running(1);
    let session = captain(&sim);
    for (number, title) in [
        r#"",fid:1,url:""#,
        r#""}, 1); uf.response.setSuccess({fid:1"#,
        "</script><script>uf.response.setSuccess({fid:1}, 1)",
        "back\\slash \u{2028} 'quote' 🌊 /* */ //",
    ]
    .into_iter()
    .enumerate()
    {
        let film = Film::of(1000 + number);
        let video = draft(&session, &film.path).title(title).start().await.unwrap().finish().await.unwrap();
        assert_eq!((video.title.as_deref(), &video.id), (Some(title), &sim.uploads()[number].id));
    }
}

#[tokio::test(start_paused = true)]
async fn scheduled_video_is_private_until_then() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let at = OffsetDateTime::now_utc() + Duration::days(7);
    draft(&session, &film.path).visibility(Visibility::Public).schedule(at).start().await.unwrap().finish().await.unwrap();
    let fields = &sim.uploads()[0].fields;
    assert_eq!((fields["visibility"].as_str(), fields["availability"].as_str()), ("private", "free"));
    assert_eq!(fields["schedulerDatetime"], at.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap());
    let other = Film::of(1001);
    draft(&session, &other.path).visibility(Visibility::Unlisted).start().await.unwrap().finish().await.unwrap();
    let fields = &sim.uploads()[1].fields;
    assert_eq!((fields["visibility"].as_str(), fields["schedulerDatetime"].as_str()), ("unlisted", ""));
}

#[tokio::test(start_paused = true)]
async fn thumbnail_is_one_of_rumble_s_or_a_file_of_one_s_own() {
    let sim = Sim::running(1);
    let session = captain(&sim);
    for (place, key) in [(0, "t0"), (2, "t2"), (9, "t2")] {
        let film = Film::of(1000 + place);
        draft(&session, &film.path).thumbnail(Thumbnail::Automatic(place)).start().await.unwrap().finish().await.unwrap();
        let video = sim.uploads().pop().unwrap();
        assert_eq!((video.fields["thumb"].as_str(), video.thumbnail), (key, None));
    }
    let film = Film::of(2000);
    let picture = film.beside("Front.PNG", b"not really a picture");
    draft(&session, &film.path).thumbnail(Thumbnail::File(picture)).start().await.unwrap().finish().await.unwrap();
    let thumbnail = sim.uploads().pop().unwrap().thumbnail.unwrap();
    assert_eq!((thumbnail.size, thumbnail.md5), (20, format!("{:x}", md5::compute("not really a picture"))));
    assert!(thumbnail.name.starts_with("ct-") && thumbnail.name.to_ascii_lowercase().ends_with(".png"), "{}", thumbnail.name);
}

#[tokio::test(start_paused = true)]
async fn session_has_one_upload_at_a_time() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let mut first = in_three(&session, &film).await;
    first.next().await;
    let error = draft(&session.clone(), &film.path).start().await.unwrap_err();
    assert!(error.to_string().contains("another upload"), "{error}");
    while first.next().await.is_some() {}
    // It is over, though nobody has asked how it ended.
    let other = Film::of(1001);
    in_three(&session, &other).await.finish().await.unwrap();
    first.finish().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn chat_of_the_session_does_not_wait_for_an_upload() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let (session, film) = (captain(&sim), Film::of(1000));
    let mut upload = in_three(&session, &film).await;
    while upload.next().await.unwrap().step < Step::Merge {}
    session.chat(&stream).unwrap().send("it is on its way").await.unwrap();
    upload.finish().await.unwrap();
}
