//! A connection to `PostgreSQL` that is cut in the middle of a COMMIT, before
//! or after the server has it, or on which no answer comes.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::block_in_place,
};

use crate::{
    kills::happen,
    postgres::{Server, url},
    program::{Account, Database, Program, recording, refusal},
    truth::{assert_is_whole, wait_until_stored},
};

/// What happens to a request.
enum Fate {
    Passed,
    /// Cut off before the server gets it.
    CutBefore,
    /// Cut off before its answer comes back.
    CutAfter,
    /// No answer comes back, and both connections stay open until the client
    /// closes its own.
    Unanswered,
}

/// Forwards to the server.
struct Proxy {
    port: u16,
}

impl Proxy {
    async fn start(server: u16, fate: impl Fn(&[u8]) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fate = Arc::new(fate);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&fate)));
            }
        });
        Self { port }
    }

    fn database(&self) -> Database {
        Database::Server(url(self.port))
    }
}

async fn forward(mut client: TcpStream, server: u16, fate: Arc<impl Fn(&[u8]) -> Fate>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let fate = fate(&asked[..length]);
                if matches!(fate, Fate::CutBefore) {
                    return;
                }
                server.write_all(&asked[..length]).await.unwrap();
                if matches!(fate, Fate::Passed) {
                    continue;
                }
                // The server has carried it out by now.
                assert!(server.read(&mut answered).await.unwrap() > 0);
                while matches!(fate, Fate::Unanswered) && client.read(&mut asked).await.is_ok_and(|length| length > 0) {}
                return;
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn contains(asked: &[u8], text: &[u8]) -> bool {
    asked.windows(text.len()).any(|bytes| bytes == text)
}

/// Its tables exist before any connection is cut.
fn start_with_tables(account: &Account) -> Option<Server> {
    let server = Server::start()?;
    let mut program = Program::start(&mut recording(account, &server.database(), &["--polls-only"]));
    block_in_place(|| {
        program.line("stored");
        program.end();
    });
    Some(server)
}

/// Of every three commits, one is cut off before the server gets it, and one
/// before its answer comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    let account = Account::serve().await;
    let Some(server) = start_with_tables(&account) else { return };
    let (cut, commits) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let counter = Arc::clone(&cut);
    let proxy = Proxy::start(server.port, move |asked| {
        if !contains(asked, b"COMMIT\0") {
            return Fate::Passed;
        }
        match commits.fetch_add(1, SeqCst) % 3 {
            0 => return Fate::Passed,
            1 => counter.fetch_add(1, SeqCst),
            _ => {
                counter.fetch_add(1, SeqCst);
                return Fate::CutAfter;
            }
        };
        Fate::CutBefore
    })
    .await;
    let mut program = Program::start(&mut recording(&account, &proxy.database(), &["--polls-only"]));
    let happening = happen(&account);
    while cut.load(SeqCst) < 12 {
        block_in_place(|| program.line("stored"));
    }
    happening.abort();
    let database = server.database();
    wait_until_stored(&account.sim, &database, Some(&server)).await;
    let said = block_in_place(|| program.end());
    assert_is_whole(&account.sim, &database, Some(&server)).await;
    assert!(!said.contains("already"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_on_which_no_answer_comes_is_closed_and_its_lock_is_had_by_the_next_one() {
    let account = Account::serve().await;
    let Some(server) = start_with_tables(&account) else { return };
    let (is_mute, locks) = (Arc::new(AtomicBool::new(false)), AtomicUsize::new(0));
    let mute = Arc::clone(&is_mute);
    let proxy = Proxy::start(server.port, move |asked| {
        // The first of the locks was asked for at the start.
        let is_unanswered = contains(asked, b"COMMIT\0") && mute.swap(false, SeqCst)
            || contains(asked, b"pg_try_advisory_lock") && locks.fetch_add(1, SeqCst) == 1;
        if is_unanswered { Fate::Unanswered } else { Fate::Passed }
    })
    .await;
    let mut program = Program::start(&mut recording(&account, &proxy.database(), &["--polls-only"]));
    block_in_place(|| program.line("recording to"));
    is_mute.store(true, SeqCst);
    account.sim.follow("ada");
    let said = block_in_place(|| [program.line("not stored yet"), program.line("not stored yet"), program.line("stored after")]);
    assert!(said[..2].iter().all(|said| said.contains("the server does not answer")), "{said:?}");
    let database = server.database();
    wait_until_stored(&account.sim, &database, Some(&server)).await;
    block_in_place(|| program.end());
    assert_is_whole(&account.sim, &database, Some(&server)).await;
}

/// Processes that are stopped.
struct Halted(Vec<String>);

impl Halted {
    fn new(processes: Vec<String>) -> Self {
        assert!(Command::new("kill").arg("-STOP").args(&processes).status().unwrap().success());
        Self(processes)
    }
}

/// A test that fails must not leave a stopped process behind, because nothing
/// could end it.
impl Drop for Halted {
    fn drop(&mut self) {
        drop(Command::new("kill").arg("-CONT").args(&self.0).status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_stands_still_is_told_and_has_all_when_it_goes_on() {
    let account = Account::serve().await;
    let Some(server) = Server::start() else { return };
    let database = server.database();
    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    let client = server.connect().await;
    let backend = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'archive'";
    let backend = client.query_one(backend, &[]).await.unwrap().get(0);
    let server_process = std::fs::read_to_string(server.path("data/postmaster.pid")).unwrap().lines().next().unwrap().to_owned();
    let halted = Halted::new(vec![server_process, backend]);
    account.sim.follow("ada");
    block_in_place(|| {
        let said = refusal(&mut recording(&account, &database, &[]));
        assert!(said.contains("the server does not answer"), "{said}");
        for _ in 0..2 {
            let said = program.line("not stored yet");
            assert!(said.contains("the server does not answer"), "{said}");
        }
    });
    drop(halted);
    block_in_place(|| program.line("stored after"));
    wait_until_stored(&account.sim, &database, Some(&server)).await;
    block_in_place(|| program.end());
    assert_is_whole(&account.sim, &database, Some(&server)).await;
}
