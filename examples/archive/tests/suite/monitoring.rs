//! What a monitoring system gets.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tokio::task::block_in_place;

use crate::program::{Account, PATIENCE, Program, file, recording};

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks until the answer is this one.
fn get_until(address: &str, path: &str, is_it: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = get(address, path);
        if is_it(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "{path}: {answer}");
    }
}

pub(crate) fn wait_for_status(address: &str, status: &str) {
    get_until(address, "/healthz", |answer| answer.split(' ').nth(1) == Some(status));
}

pub(crate) fn address(program: &mut Program) -> String {
    program.line("monitoring: ").split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_served_where_they_are_asked_for() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let program = block_in_place(|| {
        let mut program = Program::start(&mut recording(&account, &database, &["--monitor", "0"]));
        let address = address(&mut program);
        wait_for_status(&address, "200");
        account.sim.follow("ada");
        let told = "rumble_live_events_total{kind=\"follower\"} 1";
        let metrics = get_until(&address, "/metrics", |metrics| metrics.contains(told));
        let (_, metrics) = metrics.split_once("\r\n\r\n").unwrap();
        assert!(!metrics.contains("ada") && !metrics.contains(account.key()));
        let mut promtool =
            Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
        let checked = promtool.wait_with_output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
        account.sim.fail_for(Duration::from_secs(3600), 502);
        wait_for_status(&address, "503");
        program
    });
    program.kill();
}
