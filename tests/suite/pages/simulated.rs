//! The simulator's pages, which follow from what happens.

use std::time::Duration;

use rumble_live::{
    ErrorKind, Response, StreamId,
    pages::{LiveState, Pages},
    sim::Sim,
};

/// What the player is told.
async fn state(sim: &Sim, stream: &StreamId) -> LiveState {
    Pages::over(sim.clone()).stream_status(stream).await.unwrap().live
}

#[tokio::test]
async fn livestream_goes_through_all_its_states() {
    let sim = Sim::new(1);
    let stream = sim.schedule_stream("Tea & <lamps> \"late\"");
    assert_eq!(state(&sim, &stream).await, LiveState::Upcoming);
    sim.go_live(&stream);
    assert_eq!(state(&sim, &stream).await, LiveState::Live);
    sim.advance(Duration::from_secs(90));
    sim.end_stream(&stream);
    let status = Pages::over(sim.clone()).stream_status(&stream).await.unwrap();
    assert_eq!((status.live, status.duration), (LiveState::WasLive, Some(Duration::from_secs(90))));
    assert_eq!(status.title, "Tea & <lamps> \"late\"");
    assert_eq!(state(&sim, &"1".into()).await, LiveState::Gone);
}

#[tokio::test]
async fn list_of_the_channel_shows_what_has_happened() {
    let sim = Sim::new(1);
    let list = async || Pages::over(sim.clone()).newest_videos(&sim.creator()).await.unwrap();
    assert!(list().await.is_empty() && list().await.was_sent());
    let first = sim.start_stream("</script><script>alert(1)</script>");
    sim.advance(Duration::from_secs(3600));
    sim.end_stream(&first);
    let second = sim.start_stream("Second");
    let videos = list().await;
    let told: Vec<_> = videos.iter().map(|video| (&video.id, video.live, video.duration)).collect();
    let an_hour = Some(Duration::from_secs(3600));
    assert_eq!(told, [(&second, Some(LiveState::Live), None), (&first, Some(LiveState::Replay), an_hour)]);
    assert_eq!(videos[1].title, "</script><script>alert(1)</script>");
    assert_eq!(videos[0].url, sim.watch_url(&second));
    let of_the_user = Pages::over(sim.clone()).newest_videos(&"user/SimulatedHarbor".parse().unwrap()).await.unwrap();
    assert_eq!(of_the_user, videos);
    let live = Pages::over(sim.clone()).live_video(&sim.creator()).await.unwrap();
    assert_eq!(live.unwrap().id, second);
    sim.stop_stream(&second);
    assert_eq!(Pages::over(sim.clone()).live_video(&sim.creator()).await.unwrap(), None);
}

#[tokio::test]
async fn announced_livestream_is_upcoming_in_the_list_too() {
    let sim = Sim::new(1);
    sim.schedule_stream("Late shift");
    let videos = Pages::over(sim.clone()).newest_videos(&sim.creator()).await.unwrap();
    assert_eq!(videos[0].live, Some(LiveState::Upcoming));
}

#[tokio::test]
async fn ordinary_video_is_shown_everywhere_and_is_never_live() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("Harbour lights");
    sim.advance(Duration::from_secs(60));
    let videos = ["Lamp repair, part one", "Lamp repair, part two"].map(|title| sim.publish_video(title, Duration::from_secs(600)));
    let listed = Pages::over(sim.clone()).newest_videos(&sim.creator()).await.unwrap();
    let told: Vec<_> = listed.iter().map(|video| (&video.id, video.live, video.duration)).collect();
    let length = Some(Duration::from_secs(600));
    let ordinary = Some(LiveState::NotLive);
    assert_eq!(told, [(&videos[1], ordinary, length), (&videos[0], ordinary, length), (&stream, Some(LiveState::Live), None)]);
    let resolved = Pages::over(sim.clone()).resolve(&sim.watch_url(&videos[0])).await.unwrap();
    assert_eq!((&resolved.id, resolved.title.as_str()), (&videos[0], "Lamp repair, part one"));
    assert_eq!(state(&sim, &videos[0]).await, LiveState::NotLive);
    let channel_without_streams = Sim::new(2);
    channel_without_streams.publish_video("Lamp repair", Duration::from_secs(600));
    let live = Pages::over(channel_without_streams.clone()).live_video(&channel_without_streams.creator()).await.unwrap();
    assert_eq!(live, None);
}

#[tokio::test]
async fn livestream_that_has_ended_is_over_to_its_player_and_in_the_list() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("Harbour lights");
    sim.end_stream(&stream);
    let listed = Pages::over(sim.clone()).newest_videos(&sim.creator()).await.unwrap()[0].live.unwrap();
    let played = state(&sim, &stream).await;
    assert!(listed.is_over() && played.is_over() && listed != played, "{listed} {played}");
}

#[tokio::test]
async fn every_address_of_a_livestream_leads_to_it() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("Harbour lights");
    let watch = sim.watch_url(&stream);
    assert!(!watch.contains(stream.as_str()), "the code of {watch} is not the id");
    let embed = format!("https://rumble.com/embed/v{stream}/?pub=4");
    let short = watch.replace("rumble.com/", "rumble.com/shorts/").replace("-simulated.html", "");
    for url in [&watch, &format!("{watch}?e9s=src_v1"), &embed, &short] {
        assert_eq!(Pages::over(sim.clone()).resolve(url).await.unwrap().id, stream, "{url}");
    }
    for url in [&format!("https://rumble.com/v{stream}-simulated.html"), "https://rumble.com/", "no url"] {
        assert_eq!(Pages::over(sim.clone()).resolve(url).await.unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
}

#[tokio::test]
async fn what_is_queued_for_the_pages_is_theirs_alone() {
    let sim = Sim::new(1);
    let stream = sim.start_stream("Harbour lights");
    sim.fail_page_next(403);
    sim.answer_page_next(Response::ok("{}"));
    sim.fail_next(502);
    let mut kinds = Vec::new();
    for _ in 0..2 {
        kinds.push(Pages::over(sim.clone()).stream_status(&stream).await.unwrap_err().kind());
    }
    assert_eq!(kinds, [ErrorKind::Challenge, ErrorKind::Decode]);
    assert_eq!(state(&sim, &stream).await, LiveState::Live);
    assert_eq!((sim.page_requests(), sim.answers()), (3, 0));
    let unknown = Pages::over(sim.clone()).newest_videos(&"c/SomebodyElse".parse().unwrap()).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Config);
}
