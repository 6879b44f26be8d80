//! An upload that is dropped, wherever it is.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use rumble_live::{
    sim::Sim,
    upload::{Step, Upload},
};
use tokio::time::sleep;

use super::{Film, captain, in_three};

fn poll_once(upload: &mut Upload) -> Poll<Option<rumble_live::upload::Progress>> {
    pin!(upload.next()).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn upload_that_is_dropped_after_any_progress_has_published_nothing_unless_it_was_publishing() {
    for count in 0.. {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(100_000));
        let mut upload = in_three(&session, &film).await;
        let mut last = None;
        for _ in 0..count {
            last = upload.next().await;
        }
        let is_over = count > 0 && last.is_none();
        drop(upload);
        sleep(Duration::from_secs(60)).await;
        // That the publishing comes next is told before it begins.
        assert_eq!((sim.uploads().len(), sim.upload_requests(Step::Publish)), (usize::from(is_over), u64::from(is_over)), "{count}");
        if is_over {
            assert!(count > 8, "{count}");
            break;
        }
        in_three(&session, &film).await.finish().await.unwrap();
        assert_eq!((sim.uploads().len(), &sim.uploads()[0].file.md5), (1, &film.md5()));
    }
}

#[tokio::test(start_paused = true)]
async fn upload_that_is_dropped_after_any_poll_is_published_once_at_most() {
    let mut published = 0;
    for count in 0.. {
        let sim = Sim::running(1);
        let (session, film) = (captain(&sim), Film::of(1000));
        let mut upload = in_three(&session, &film).await;
        let mut is_over = false;
        let mut is_publishing = false;
        for _ in 0..count {
            match poll_once(&mut upload) {
                Poll::Ready(None) => is_over = true,
                Poll::Ready(Some(progress)) => is_publishing |= progress.step == Step::Publish,
                Poll::Pending => {}
            }
            sleep(Duration::from_millis(10)).await;
        }
        drop(upload);
        sleep(Duration::from_secs(60)).await;
        let (videos, requests) = (sim.uploads().len(), sim.upload_requests(Step::Publish));
        assert!(videos <= 1 && requests <= 1 && (is_publishing || requests == 0), "{count}: {videos} of {requests}");
        published += videos;
        if is_over {
            break;
        }
        let other = Film::of(1001);
        in_three(&session, &other).await.finish().await.unwrap();
        assert_eq!(sim.uploads().len(), videos + 1);
    }
    assert!(published > 0);
}

#[tokio::test(start_paused = true)]
async fn upload_that_nobody_polls_does_not_begin_and_goes_on_when_it_is_polled() {
    let sim = Sim::running(1);
    let (session, film) = (captain(&sim), Film::of(1000));
    let mut upload = in_three(&session, &film).await;
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(sim.session_requests(), 0);
    upload.next().await;
    upload.next().await;
    sleep(Duration::from_secs(3600)).await;
    upload.finish().await.unwrap();
    assert_eq!(sim.uploads().len(), 1);
}
