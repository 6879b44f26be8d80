//! Neither the key of the account nor the password of the database is in any
//! output.

use tokio::task::block_in_place;

use crate::{
    postgres::{CERTIFICATE, KEY, PASSWORD, Server, url},
    program::{Account, Database, Program, command, recording, refusal, run},
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
        program.line("stored after");
        program.end()
    });
    let (is_good, printed, log) = block_in_place(|| run(command(&database, &["report"]).env("RUST_LOG", "trace")));
    assert!(is_good && log.len() > 1000, "{log}");
    let said = said + &printed + &log;
    for secret in [account.key(), PASSWORD, "s3cret"] {
        assert!(!said.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_by_tls_is_made_only_to_a_server_whose_certificate_is_trusted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = [(CERTIFICATE, made.cert.pem()), (KEY, made.signing_key.serialize_pem())];
    let Some(server) = Server::start_with(&files) else { return };
    let account = Account::serve().await;
    let database = Database::Server(url(server.port).replace("127.0.0.1", "localhost") + "?sslmode=require");
    block_in_place(|| {
        let said = refusal(&mut recording(&account, &database, &[]));
        assert!(said.contains("cannot connect") && said.contains("certificate"), "{said}");
        let trusting = |command: &mut std::process::Command| Program::start(command.env("SSL_CERT_FILE", server.path(CERTIFICATE)));
        let mut program = trusting(&mut recording(&account, &database, &[]));
        program.line("stored");
        program.end();
    });
}
