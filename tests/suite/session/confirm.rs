//! What became of a message whose answer was lost.

use std::time::Duration;

use futures::{FutureExt as _, poll};
use rumble_live::{
    ErrorKind, StreamId,
    chat::{Chat, ChatEvent},
    session::{Fate, Outgoing, Session},
    sim::{Loss, Sim},
};
use tokio::time::{Instant, timeout};

use super::{captain, on_air};

async fn reader(sim: &Sim, stream: &StreamId) -> Chat {
    let mut chat = Chat::builder(stream).transport(sim.clone()).open();
    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Ready(_)))));
    chat
}

/// A message of which it is not clear whether it was sent.
async fn unclear(sim: &Sim, session: &Session, stream: &StreamId, loss: Loss) -> Outgoing {
    sim.lose_session_answer_next(loss);
    let mut message = session.chat(stream).unwrap().message("ahoy").unwrap();
    assert_eq!(message.send().await.unwrap_err().kind(), ErrorKind::Unclear);
    assert_eq!(message.send().await.unwrap_err().kind(), ErrorKind::Config, "it is sent once");
    message
}

/// The texts that come without a wait.
fn texts(chat: &mut Chat) -> Vec<String> {
    std::iter::from_fn(|| chat.next().now_or_never()?)
        .filter_map(|event| match event.unwrap() {
            ChatEvent::Message(message) => Some(message.text),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn message_that_was_said_is_known_by_its_mark_and_the_chat_goes_on_as_it_was() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let mut chat = reader(&sim, &stream).await;
    sim.message(&stream, "ada", "before");
    let message = unclear(&sim, &session, &stream, Loss::After).await;
    sim.message(&stream, "ada", "after");
    let Fate::Said(id) = message.confirm(&mut chat).await else { panic!("it was said") };
    assert!(!id.as_str().is_empty());
    assert_eq!(texts(&mut chat), ["before", "ahoy", "after"]);
    assert_eq!(sim.times_posted("ahoy"), 1);
}

#[tokio::test(start_paused = true)]
async fn message_that_was_lost_is_looked_for_fifteen_seconds_and_not_sent_again() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let mut chat = reader(&sim, &stream).await;
    sim.message(&stream, "eve", "ahoy");
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    let start = Instant::now();
    assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
    assert_eq!((start.elapsed().as_secs(), sim.times_posted("ahoy")), (15, 1));
    assert_eq!(texts(&mut chat), ["ahoy"]);
}

#[tokio::test(start_paused = true)]
async fn message_in_a_later_backlog_is_probably_it() {
    let sim = Sim::on_wall_clock(1);
    let stream = sim.start_stream("Harbour lights");
    let session = captain(&sim);
    session.who().await.unwrap();
    let mut chat = reader(&sim, &stream).await;
    sim.message(&stream, "ada", "before");
    assert_eq!(texts(&mut chat), ["before"]);
    sim.cut_chat(0);
    let message = unclear(&sim, &session, &stream, Loss::After).await;
    assert!(matches!(message.confirm(&mut chat).await, Fate::Probably(_)));
    assert_eq!(texts(&mut chat), ["ahoy"]);
}

#[tokio::test(start_paused = true)]
async fn search_that_is_dropped_loses_nothing_of_the_chat() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    let mut chat = reader(&sim, &stream).await;
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    (0..3).for_each(|number| sim.message(&stream, "ada", &number.to_string()));
    {
        let mut search = Box::pin(message.confirm(&mut chat));
        assert!(poll!(&mut search).is_pending());
        assert!(timeout(Duration::from_secs(1), search).await.is_err());
    }
    assert_eq!(texts(&mut chat), ["0", "1", "2"]);
}

/// An account by this machine's clock, and a reader whose connection breaks, so that it reads a backlog without marks.
async fn by_the_clock() -> (Sim, StreamId, Session, Chat) {
    let sim = Sim::on_wall_clock(1);
    let stream = sim.start_stream("Harbour lights");
    let session = captain(&sim);
    let chat = reader(&sim, &stream).await;
    sim.cut_chat(0);
    (sim, stream, session, chat)
}

#[tokio::test(start_paused = true)]
async fn session_finds_out_whose_it_is_to_know_its_message_again() {
    let (sim, stream, session, mut chat) = by_the_clock().await;
    let message = unclear(&sim, &session, &stream, Loss::After).await;
    assert!(matches!(message.confirm(&mut chat).await, Fate::Probably(_)));
    // One that was answered has said it too.
    let (sim, stream, session, mut chat) = by_the_clock().await;
    session.chat(&stream).unwrap().send("first").await.unwrap();
    let message = unclear(&sim, &session, &stream, Loss::After).await;
    let requests = sim.session_requests();
    assert!(matches!(message.confirm(&mut chat).await, Fate::Probably(_)));
    assert_eq!(sim.session_requests(), requests);
}

#[tokio::test(start_paused = true)]
async fn message_that_is_known_as_sent_is_not_taken_for_another() {
    let (sim, stream, session, mut chat) = by_the_clock().await;
    session.chat(&stream).unwrap().send("ahoy").await.unwrap();
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
}

#[tokio::test(start_paused = true)]
async fn equal_message_of_somebody_else_is_not_taken_for_it() {
    let (sim, stream, session, mut chat) = by_the_clock().await;
    sim.message(&stream, "eve", "ahoy");
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
}

#[tokio::test(start_paused = true)]
async fn equal_message_of_another_session_is_known_by_its_mark_and_one_of_earlier_by_its_stamp() {
    let (sim, stream) = on_air();
    let session = captain(&sim);
    session.who().await.unwrap();
    let mut chat = reader(&sim, &stream).await;
    captain(&sim).chat(&stream).unwrap().send("ahoy").await.unwrap();
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
    // The simulated clock is months away from this machine's.
    sim.cut_chat(0);
    let message = unclear(&sim, &session, &stream, Loss::Before).await;
    assert_eq!(message.confirm(&mut chat).await, Fate::Unknown);
}
