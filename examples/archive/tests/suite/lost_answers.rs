//! A connection to `PostgreSQL` that is cut in the middle of a COMMIT, before the server has it or after.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::block_in_place,
};

use crate::{
    kills::happen,
    postgres::{Server, url},
    program::{Account, Database, Program, recording},
    truth::{assert_is_whole, wait_until_stored},
};

/// Forwards to the server. Of each three commits one is cut off before the server gets it, and one before its answer comes back.
struct Proxy {
    port: u16,
    cut: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, commits) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&cut);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&commits), Arc::clone(&counter)));
            }
        });
        Self { port, cut }
    }
}

async fn forward(mut client: TcpStream, server: u16, commits: Arc<AtomicUsize>, cut: Arc<AtomicUsize>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(1..) = read else { return };
                let asked = &asked[..read.unwrap()];
                if asked.windows(7).any(|bytes| bytes == b"COMMIT\0") {
                    match commits.fetch_add(1, SeqCst) % 3 {
                        1 => {
                            cut.fetch_add(1, SeqCst);
                            return;
                        }
                        2 => {
                            cut.fetch_add(1, SeqCst);
                            server.write_all(asked).await.unwrap();
                            // The server has stored it by now.
                            assert!(server.read(&mut answered).await.unwrap() > 0);
                            return;
                        }
                        _ => {}
                    }
                }
                server.write_all(asked).await.unwrap();
            }
            read = server.read(&mut answered) => {
                let Ok(1..) = read else { return };
                if client.write_all(&answered[..read.unwrap()]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    // Its tables are there before any connection is cut.
    let database = server.database();
    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    block_in_place(|| program.end());

    let proxy = Proxy::start(server.port).await;
    let cut = Database::Server(url(proxy.port));
    let mut program = Program::start(&mut recording(&account, &cut, &["--polls-only"]));
    let happening = happen(&account);
    while proxy.cut.load(SeqCst) < 12 {
        block_in_place(|| program.line("stored"));
    }
    happening.abort();
    wait_until_stored(&account.sim, &database, Some(&server)).await;
    let said = block_in_place(|| program.end());
    assert_is_whole(&account.sim, &database, Some(&server)).await;
    assert!(!said.contains("already"), "{said}");
}
