//! The pages over real sockets.

use rumble_live::{
    Client, Endpoints, ErrorKind, Pool,
    pages::{LiveState, Pages},
    sim::Sim,
};

#[tokio::test]
async fn pages_of_several_accounts_are_read_over_http() {
    let (sim, other) = (Sim::new(1), Sim::new(2));
    let (stream, of_the_other) = (sim.start_stream("Harbour lights"), other.schedule_stream("Late shift"));
    let server = sim.serve().await.unwrap();
    let (url, pool) = (server.add(&other), Pool::new());
    // A client for each request, so that none waits for the one before.
    let pages = || Client::builder(&*url).pool(&pool).build().unwrap().pages();
    let endpoints = Endpoints::at(server.url()).unwrap();
    assert_eq!(pages().resolve(&sim.watch_url(&stream)).await.unwrap().id, stream);
    let status = Pages::new().with_endpoints(endpoints).stream_status(&of_the_other).await.unwrap();
    assert_eq!((status.live, status.title.as_str()), (LiveState::Upcoming, "Late shift"));
    let videos = pages().newest_videos(&sim.creator()).await.unwrap();
    assert_eq!(videos.iter().map(|video| &video.id).collect::<Vec<_>>(), [&stream]);
    sim.fail_page_next(403);
    assert_eq!(pages().live_video(&sim.creator()).await.unwrap_err().kind(), ErrorKind::Challenge);
    assert_eq!((sim.page_requests(), other.page_requests(), server.connections()), (3, 1, 2));
}
