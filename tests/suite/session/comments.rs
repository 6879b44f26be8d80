//! Comments, and the address of a video.

use rumble_live::{ErrorKind, sim::Role};

use super::{builder, captain, on_air};

#[tokio::test(start_paused = true)]
async fn comment_is_added_pinned_deleted_and_restored() {
    let (sim, stream) = on_air();
    sim.set_role("captain", Role::Owner);
    let (captain, ada) = (captain(&sim), builder(&sim).build(sim.session("ada")).unwrap());
    let first = ada.comment(&stream, "first <b>&").await.unwrap();
    let second = captain.reply(&stream, first, "ahoy").await.unwrap();
    let texts = async || captain.comments(&stream).await.unwrap().into_iter().map(|comment| comment.text).collect::<Vec<_>>();
    assert_eq!(texts().await, ["first <b>&", "ahoy"]);
    captain.pin_comment(second).await.unwrap();
    assert_eq!(texts().await, ["ahoy", "first <b>&"]);
    captain.unpin_comment(second).await.unwrap();
    captain.delete_comment(first).await.unwrap();
    assert_eq!(texts().await, ["ahoy"]);
    captain.restore_comment(first).await.unwrap();
    assert_eq!(texts().await, ["first <b>&", "ahoy"]);
    assert_eq!(ada.pin_comment(first).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(ada.delete_comment(second).await.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(ada.delete_comment(7.into()).await.unwrap_err().to_string(), "Rumble refused: There is no such comment (status 200)");
}

#[tokio::test(start_paused = true)]
async fn comment_that_cannot_work_is_not_sent() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    for (video, text) in [(stream.as_str(), " "), ("no id", "ahoy"), ("", "ahoy")] {
        assert_eq!(session.comment(video, text).await.unwrap_err().kind(), ErrorKind::Config);
    }
    assert_eq!(session.comments("no id").await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(sim.session_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn video_has_an_address() {
    let (sim, stream) = on_air();
    let url = captain(&sim).share_url(&stream).await.unwrap();
    // The code in the address is not the id of the video.
    assert!(url.starts_with("https://rumble.com/v") && url.ends_with("-simulated.html") && !url.contains(stream.as_str()), "{url}");
    assert_eq!(captain(&sim).share_url("zzzzz").await.unwrap_err().kind(), ErrorKind::Refused);
}
