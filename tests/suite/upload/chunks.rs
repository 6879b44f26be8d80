//! In chunks, as a logged-in user.

use rumble_live::{sim::Sim, upload::Step};

use super::{Film, captain, in_three, run};

#[tokio::test(start_paused = true)]
async fn video_is_published_byte_by_byte_as_the_file_is() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1_000_000));
    let (told, outcome) = run(in_three(&session, &film).start().await.unwrap()).await;
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
}
