//! The chat over real sockets.
#![cfg(feature = "http")]

use std::time::Duration;

use rumble_live::{
    Endpoints, ErrorKind, Pool,
    chat::{Chat, ChatBuilder, ChatEvent},
    sim::{Activity, Sim},
};

use super::{STREAM, brief, init, message, messages};
use crate::server::{PAGE, Reply, Server, gzip, within};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8; charset=utf-8\r\n";

/// Begins a chat that says this.
fn chat(said: &str) -> Reply {
    Reply::raw(format!("{HEAD}\r\n{said}"))
}

fn builder(server: &Server) -> ChatBuilder {
    Chat::builder(STREAM).endpoints(Endpoints::at(server.url()).unwrap())
}

async fn briefs(chat: &mut Chat, count: usize) -> Vec<String> {
    let mut briefs = Vec::new();
    while briefs.len() < count {
        let event = within(chat.next()).await.expect("the chat goes on").expect("no error is final here");
        briefs.push(brief(&event));
    }
    briefs
}

#[tokio::test]
async fn chat_of_the_simulator_is_read_as_it_happens() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let server = sim.serve().await.unwrap();
    let mut chat = Chat::builder(&stream).endpoints(Endpoints::at(server.url()).unwrap()).transport(Pool::new()).open();
    assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
    sim.message(&stream, "ada", "hi");
    let said = within(chat.next()).await.unwrap().unwrap();
    assert_eq!(said.to_string(), format!("[{stream}] ada: hi"));
    sim.cut_chat(10);
    sim.message(&stream, "ada", "this record is cut");
    assert_eq!(briefs(&mut chat, 2).await, ["transport 1", "resumed 1"]);
    let said = within(chat.next()).await.unwrap().unwrap();
    assert_eq!(said.to_string(), format!("[{stream}] ada: this record is cut"));
    assert!(chat.emotes().await.unwrap().get("r+smiley").is_some());
    drop(chat);
    within(async {
        while sim.open_chats() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(server.connections(), 3, "two for the chat and one for the emotes");
}

#[tokio::test]
async fn chat_in_small_pieces_is_heard_and_one_that_breaks_is_made_anew() {
    let said = [init(&[message(1)]), messages(&[message(2)])].concat();
    let pieces = Reply::raw(format!("{HEAD}\r\n")).then_drip(said, 7, Duration::from_millis(1)).then_reset();
    let chunked = |said: &str| format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{said}\r\n", said.len());
    // It ends within a chunk, which is no clean end.
    let cut = Reply::raw(chunked(&init(&[message(1), message(2), message(3)]))).then_close();
    let server = Server::start([pieces, cut, chat(&init(&[message(3), message(4)])).then_hang()]).await;
    let mut chat = builder(&server).open();
    assert_eq!(briefs(&mut chat, 8).await, ["ready", "2", "transport 1", "resumed 1", "3", "transport 1", "resumed 1", "4"]);
    assert!(server.seen().heads.iter().all(|head| head.starts_with("GET /chat/api/chat/443484890/stream HTTP/1.1\r\n")));
    drop(chat);
    server.until(|seen| seen.closed == seen.connections).await;
}

#[tokio::test]
async fn absence_refusal_and_pages_are_told_apart() {
    let server =
        Server::start([Reply::http("502 Bad Gateway", PAGE), Reply::http("403 Forbidden", PAGE), chat(&init(&[])).then_hang()]).await;
    assert_eq!(briefs(&mut builder(&server).open(), 4).await, ["server 1", "challenge 2", "resumed 2", "ready"]);
    let server = Server::start([Reply::raw("HTTP/1.1 204 No Content\r\n\r\n")]).await;
    assert_eq!(briefs(&mut builder(&server).open(), 1).await, ["status 1"]);
    let server = Server::start([Reply::http("400 Bad Request", "{}")]).await;
    let mut chat = builder(&server).open();
    let error = within(chat.next()).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("status 400"), "{error}");
    assert!(chat.next().await.is_none());
}

#[tokio::test]
async fn server_that_asks_for_a_break_gets_it() {
    let server = Server::start([Reply::raw("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")]).await;
    let event = within(builder(&server).open().next()).await.unwrap().unwrap();
    let ChatEvent::Interrupted(trouble) = event else { panic!("{event}") };
    assert_eq!(trouble.kind, ErrorKind::RateLimited);
    assert!(trouble.retry_in >= Duration::from_secs(7), "{trouble}");
}

#[tokio::test]
async fn bomb_takes_neither_memory_nor_the_chat() {
    let bomb = [init(&[]).as_bytes(), b"data: ", &vec![b'x'; 8 << 20], b"\n\n", messages(&[message(1)]).as_bytes()].concat();
    let bomb = gzip(bomb);
    assert!(bomb.len() < 64 << 10);
    let head = format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let server = Server::start([Reply::raw([head.as_bytes(), &bomb].concat()).then_hang()]).await;
    let mut chat = builder(&server).open();
    assert_eq!(briefs(&mut chat, 2).await, ["ready", "1"]);
    assert_eq!(chat.skipped(), 1);
}

#[tokio::test]
async fn chats_share_a_pool_with_each_other_and_a_client() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let streams = [sim.start_stream("a"), sim.start_stream("b")];
    let server = sim.serve().await.unwrap();
    let client = rumble_live::Client::new(server.url()).unwrap();
    let mut chats = streams.each_ref().map(|stream| client.chat(stream));
    for chat in &mut chats {
        assert_eq!(briefs(chat, 1).await, ["ready"]);
    }
    client.snapshot().await.unwrap();
    assert_eq!((server.connections(), sim.open_chats()), (3, 2));
    for stream in &streams {
        sim.end_stream(stream);
    }
    for chat in &mut chats {
        assert_eq!(briefs(chat, 1).await, ["transport 1"]);
    }
}
