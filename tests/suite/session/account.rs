//! What concerns the user's own account.

use rumble_live::{Client, ErrorKind, Response, sim::Role};

use super::{captain, on_air, recorder::Recorder};

#[tokio::test(start_paused = true)]
async fn session_knows_whose_it_is_and_what_they_have() {
    let (sim, _) = on_air();
    let session = captain(&sim);
    assert!(session.who().await.unwrap().user_id.decimal().is_some());
    assert_eq!(session.username().await.unwrap(), "captain");
    assert_eq!(session.channels().await.unwrap()[0].id, "7104422");
    let categories = session.categories().await.unwrap();
    assert_eq!((categories[0].slug.as_str(), categories[0].is_primary, categories[1].viewers), ("gaming", true, Some(40)));
}

#[tokio::test(start_paused = true)]
async fn categories_are_told_to_anybody() {
    let (sim, _) = on_air();
    let session = captain(&sim);
    sim.end_sessions("captain");
    assert_eq!(session.categories().await.unwrap().len(), 2);
    assert_eq!(session.channels().await.unwrap_err().kind(), ErrorKind::SessionGone);
}

#[tokio::test(start_paused = true)]
async fn no_categories_are_an_empty_list_and_no_list_is_an_error() {
    let categories = async |data: &str| Recorder::new([Response::ok(format!(r#"{{"data":{data}}}"#))]).session().categories().await;
    assert!(categories(r#"{"items":[]}"#).await.unwrap().is_empty());
    let some = categories(r#"{"items":[{"id":15},{"title":"no id"},7]}"#).await.unwrap();
    assert_eq!((some.len(), some.skipped()), (1, 2));
    for data in ["{}", "null", r#"{"items":null}"#] {
        assert_eq!(categories(data).await.unwrap_err().kind(), ErrorKind::Decode, "{data}");
    }
}

#[tokio::test(start_paused = true)]
async fn key_that_is_reset_is_dead_at_once() {
    let (sim, _) = on_air();
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let session = captain(&sim);
    assert_eq!(session.reset_api_key(None).await.unwrap_err().kind(), ErrorKind::Refused);
    client.snapshot().await.unwrap();
    sim.set_role("captain", Role::Owner);
    session.reset_api_key(None).await.unwrap();
    assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::Unauthorized);
}

#[tokio::test(start_paused = true)]
async fn session_that_is_over_says_so() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    session.log_out().await.unwrap();
    session.log_out().await.unwrap();
    // Another session of the same user goes on.
    let other = captain(&sim);
    captain(&sim).log_out().await.unwrap();
    other.who().await.unwrap();
    for error in [session.who().await.unwrap_err(), session.chat(&stream).unwrap().send("ahoy").await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::SessionGone);
        assert!(error.to_string().contains("copy the cookie u_s again") && !error.is_transient());
    }
}
