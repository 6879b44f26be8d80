//! What is checked before anything is sent.

use rumble_live::{
    ErrorKind, Visibility,
    sim::Sim,
    time::{Duration, OffsetDateTime},
    upload::{Licence, Thumbnail, UploadBuilder},
};

use super::{Film, captain, draft};

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_unless_the_caller_accepts_the_terms() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let upload = session.upload(&film.path).title("Night").category(15).licence(Licence::RumbleOnly);
    let error = upload.start().await.unwrap_err();
    assert_eq!((error.kind(), sim.session_requests()), (ErrorKind::Config, 0));
    assert!(error.to_string().contains("accept_terms()"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn setting_that_cannot_work_is_told_before_anything_is_sent() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let [empty, text, large] =
        [film.beside("empty.mp4", b""), film.beside("a.txt", b"x"), film.beside("large.png", &vec![0; (16 << 20) + 1])];
    let base = || draft(&session, &film.path);
    let without = || session.upload(&film.path).accept_terms();
    let cases: Vec<(UploadBuilder, &str)> = vec![
        (without().category(15).licence(Licence::RumbleOnly), "no title"),
        (without().title("a").licence(Licence::RumbleOnly), "no category"),
        (without().title("a").category(15), "no licence"),
        (base().title(" \n"), "no title"),
        (base().title("é".repeat(101)), "101 characters"),
        (base().tags(["retro", "a,b"]), "comma"),
        (base().tags([" "]), "empty"),
        (base().channel("no number"), "Session::channels"),
        (base().visibility(Visibility::Other("secret".into())), "public, unlisted or private"),
        (base().schedule(OffsetDateTime::now_utc() - Duration::SECOND), "in the past"),
        (base().chunk_size(0), "chunk_size"),
        (base().chunk_size(50_000_001), "chunk_size"),
        (base().thumbnail(Thumbnail::File(text)), "png, jpg"),
        (base().thumbnail(Thumbnail::File(film.path.with_file_name("none.png"))), "none.png"),
        (base().thumbnail(Thumbnail::File(large)), "large.png"),
        (draft(&session, &empty), "empty.mp4"),
        (draft(&session, &film.path.with_file_name("none.mp4")), "none.mp4"),
        (draft(&session, film.folder.path()), "cannot be read"),
    ];
    for (upload, words) in cases {
        let error = upload.start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{words}");
        assert!(format!("{error:#}").contains(words), "{words}: {error:#}");
    }
    assert_eq!(sim.session_requests(), 0);
    base().title("é".repeat(100)).start().await.unwrap().finish().await.unwrap();
}
