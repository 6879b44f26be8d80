//! Neither the key of the account nor the password of the database is in any output.

use tokio::task::block_in_place;

use crate::{
    postgres::{PASSWORD, Server},
    program::{Account, Program, command, recording, run},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_and_password_are_in_no_output_even_where_all_is_logged_and_the_server_crashes() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    let database = server.database();
    let mut program = Program::start(recording(&account, &database, &[]).env("RUST_LOG", "trace"));
    let said = block_in_place(|| {
        program.line("stored");
        server.crash();
        account.sim.follow("ada");
        program.line("not stored yet");
        server.start_again();
        program.line("are stored after");
        program.end()
    });
    let (is_good, printed, log) = block_in_place(|| run(command(&database, &["report"]).env("RUST_LOG", "trace")));
    assert!(is_good && log.len() > 1000, "{log}");
    let said = said + &printed + &log;
    for secret in [account.key(), PASSWORD, "s3cret"] {
        assert!(!said.contains(secret), "{secret}");
    }
}
