//! The same over real sockets.

use rumble_live::{
    Endpoints, ErrorKind,
    session::Session,
    sim::{Loss, Server, Sim},
};

use super::on_air;

async fn served() -> (Sim, rumble_live::StreamId, Server, Session) {
    let (sim, stream) = on_air();
    let server = sim.serve().await.unwrap();
    let session = Session::builder().endpoints(Endpoints::at(server.url()).unwrap()).build(sim.session("captain")).unwrap();
    (sim, stream, server, session)
}

#[tokio::test]
async fn message_is_sent_over_a_connection_that_is_kept() {
    let (sim, stream, server, session) = served().await;
    session.who().await.unwrap();
    for number in 0..3 {
        session.chat(&stream).unwrap().send(&number.to_string()).await.unwrap();
    }
    assert_eq!((sim.times_posted("0"), sim.session_requests(), server.connections()), (1, 4, 1));
}

#[tokio::test]
async fn answer_that_is_lost_on_a_kept_connection_is_unclear_and_nothing_is_sent_again() {
    for loss in [Loss::Before, Loss::After, Loss::Within(0), Loss::Within(10)] {
        let (sim, stream, _server, session) = served().await;
        // On the connection of the one before, which an HTTP client might take for stale.
        session.who().await.unwrap();
        sim.lose_session_answer_next(loss);
        let error = session.chat(&stream).unwrap().send("ahoy").await.unwrap_err();
        assert_eq!((error.kind(), sim.times_posted("ahoy")), (ErrorKind::Unclear, 1), "{loss:?}");
    }
}

#[tokio::test]
async fn server_that_is_not_there_is_told_as_that_and_not_as_unclear() {
    let (_, stream, server, session) = served().await;
    drop(server);
    tokio::task::yield_now().await;
    let error = session.chat(&stream).unwrap().send("ahoy").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:#}");
}

#[tokio::test]
async fn renewed_token_is_taken_from_a_server_on_this_machine_too() {
    let (sim, _, _server, session) = served().await;
    let before = session.token();
    sim.renew_session("captain");
    session.who().await.unwrap();
    assert_ne!(session.token(), before);
    session.who().await.unwrap();
}
