//! What a moderator can do to somebody else.

use std::time::Duration;

use rumble_live::{
    ErrorKind,
    session::{MuteFor, SessionChat},
    sim::Role,
};

use super::{builder, captain, on_air};

#[tokio::test(start_paused = true)]
async fn somebody_who_is_muted_cannot_write_until_it_is_over() {
    for (length, is_over) in [(MuteFor::FiveMinutes, true), (MuteFor::Livestream, false), (MuteFor::Good, false)] {
        let (sim, stream) = on_air();
        sim.set_role("captain", Role::Moderator);
        let moderator = captain(&sim).chat(&stream).unwrap();
        let viewer: SessionChat = builder(&sim, sim.session("ada")).build().unwrap().chat(&stream).unwrap();
        viewer.send("buy my book").await.unwrap();
        moderator.mute("ada", length).await.unwrap();
        assert_eq!(viewer.send("buy it").await.unwrap_err().to_string(), "Rumble refused: You are muted (status 403)");
        sim.advance(Duration::from_secs(300));
        assert_eq!(viewer.send("buy it").await.is_ok(), is_over, "{length:?}");
        assert_eq!(viewer.mute("captain", length).await.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(moderator.mute(" ", length).await.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test(start_paused = true)]
async fn raid_is_confirmed_by_the_owner_only() {
    let (sim, stream) = on_air();
    let chat = captain(&sim).chat(&stream).unwrap();
    assert_eq!(chat.confirm_raid().await.unwrap_err().kind(), ErrorKind::Refused);
    sim.set_role("captain", Role::Owner);
    chat.confirm_raid().await.unwrap();
}
