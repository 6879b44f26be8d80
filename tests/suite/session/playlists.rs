//! Playlists.

use rumble_live::{ErrorKind, Response, Visibility, session::PlaylistDraft};

use super::{builder, captain, on_air, recorder::Recorder};

#[tokio::test(start_paused = true)]
async fn playlist_is_made_filled_changed_and_deleted() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let draft = PlaylistDraft::new("Lamplight", Visibility::Unlisted).description("all levels");
    let id = session.add_playlist(&draft).await.unwrap().id;
    session.add_to_playlist(&id, &stream).await.unwrap();
    let playlist = session.playlist(&id).await.unwrap();
    assert_eq!((playlist.title.as_str(), playlist.description.as_str(), playlist.length), ("Lamplight", "all levels", Some(1)));
    assert_eq!((&playlist.videos[0].id, playlist.videos[0].title.as_str()), (&stream, "Harbour lights"));
    session.edit_playlist(&id, &PlaylistDraft::new("Night", Visibility::Private)).await.unwrap();
    session.remove_from_playlist(&id, &stream).await.unwrap();
    let playlists = session.playlists().await.unwrap();
    assert_eq!((playlists.len(), playlists[0].title.as_str(), playlists[0].videos.len()), (1, "Night", 0));
    assert_eq!(playlists[0].visibility, Some(Visibility::Private));
    session.delete_playlist(&id).await.unwrap();
    assert_eq!(session.playlists().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn playlist_of_somebody_else_is_refused() {
    let (sim, stream) = on_air();
    let (session, ada) = (captain(&sim), builder(&sim).build(sim.session("ada")).unwrap());
    let draft = PlaylistDraft::new("Lamplight", Visibility::Public);
    let id = ada.add_playlist(&draft).await.unwrap().id;
    for error in [
        session.playlist(&id).await.unwrap_err(),
        session.edit_playlist(&id, &draft).await.unwrap_err(),
        session.delete_playlist(&id).await.unwrap_err(),
        session.add_to_playlist(&id, &stream).await.unwrap_err(),
        session.remove_from_playlist(&id, &stream).await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "Rumble refused: No such playlist (status 200)");
    }
    assert_eq!(session.add_playlist(&PlaylistDraft::new(" ", Visibility::Public)).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(session.add_to_playlist(&id, "no id").await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn all_playlists_are_listed_though_an_answer_shows_twenty() {
    let (sim, _) = on_air();
    let session = captain(&sim);
    for number in 0..45 {
        session.add_playlist(&PlaylistDraft::new(number.to_string(), Visibility::Public)).await.unwrap();
    }
    let titles: Vec<_> = session.playlists().await.unwrap().into_iter().map(|playlist| playlist.title).collect();
    assert_eq!(titles, (0..45).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn playlists_come_to_an_end_where_the_server_shows_the_same_ones_for_ever() {
    let items: Vec<_> = (0..20).map(|number| serde_json::json!({"id": number.to_string()})).collect();
    let body = serde_json::json!({"data": {"items": items}}).to_string();
    let recorder = Recorder::new((0..3).map(|_| Response::ok(body.clone())));
    assert_eq!(recorder.session().playlists().await.unwrap().len(), 20);
    assert_eq!(recorder.asked().len(), 2);
}
