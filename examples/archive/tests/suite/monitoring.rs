//! What a monitoring system is told.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

use crate::program::{Account, Program, file, recording};

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_served_where_they_are_asked_for() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let program = tokio::task::block_in_place(|| {
        let mut program = Program::start(&mut recording(&account, &database, &["--monitor", "0"]));
        let line = program.line("monitoring: ");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        while !get(&address, "/healthz").starts_with("HTTP/1.0 200") {}
        account.sim.follow("ada");
        let told = "rumble_live_events_total{kind=\"follower\"} 1";
        let metrics = std::iter::repeat_with(|| get(&address, "/metrics")).find(|metrics| metrics.contains(told)).unwrap();
        let (_, metrics) = metrics.split_once("\r\n\r\n").unwrap();
        assert!(!metrics.contains("ada") && !metrics.contains(account.key()));
        let mut promtool =
            Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
        let checked = promtool.wait_with_output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
        account.sim.fail_for(std::time::Duration::from_secs(3600), 502);
        while !get(&address, "/healthz").starts_with("HTTP/1.0 503") {}
        program
    });
    program.kill();
}
