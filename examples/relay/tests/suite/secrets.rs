//! No secret is shown, whatever goes wrong.

use std::{fs, time::Duration};

use tokio::time::{sleep, timeout};

use crate::{
    program::{Account, destination, run},
    receiver::{Act, PATIENCE, Receiver, Seen},
};

/// A part of each URL.
const TOKEN: &str = "hunter2-token";
const SECRET: &str = "aHVudGVyMi1zZWNyZXQtb2YtdGhlLWhhcmJvdXI=";

/// Fails in turn, and quotes the path in what it says.
async fn receiver() -> Receiver {
    let mut count = 0;
    let script = move |seen: &Seen| {
        count += 1;
        let echo = format!("{{\"message\": \"Cannot POST /{}\", \"code\": 10015}}", seen.path);
        match count % 6 {
            0 => Act::Say(410, String::new(), echo),
            1 => Act::Say(500, String::new(), echo),
            2 => Act::Say(308, format!("location: /{}\r\n", seen.path), echo),
            3 => Act::Cut,
            4 => Act::Say(200, "transfer-encoding: chunked\r\n".into(), echo),
            _ => Act::Answer(204),
        }
    };
    Receiver::start(script).await
}

/// All files of the account except the one that holds a URL.
fn content(account: &Account) -> String {
    let files = fs::read_dir(account.folder.path()).unwrap().map(|file| file.unwrap().path()).filter(|file| !file.ends_with("url"));
    files.map(|file| String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned()).collect()
}

fn assert_no_secret(said: &str, account: &Account) {
    for secret in [TOKEN, SECRET, "hunter2", account.key()] {
        let place = said.find(secret);
        assert!(
            place.is_none(),
            "{secret} in {:?}",
            place.map(|place| said[place.saturating_sub(300)..].chars().take(500).collect::<String>())
        );
    }
}

#[tokio::test]
async fn no_secret_is_in_any_output_or_file() {
    let account = Account::serve().await;
    let receiver = receiver().await;
    account.write("url", &receiver.url(&format!("{TOKEN}-of-a-file?token={TOKEN}")));
    let config = destination("a", "webhook", "secret_env = \"SECRET\"")
        + &destination("b", "discord", "").replace("url_env = \"URL_B\"", "url_file = \"url\"")
        + &destination("c", "slack", "")
        + &destination("d", "slack", "");
    account.write("relay.toml", &config);
    let set = |command: &mut tokio::process::Command| {
        command.env("RUST_LOG", "trace").env("SECRET", format!("whsec_{SECRET}"));
        command.env("URL_A", receiver.url(TOKEN)).env("URL_C", format!("http://harbour.invalid/{TOKEN}"));
        command.env("URL_D", format!("https://user:{TOKEN}@{}/{TOKEN}", receiver.address));
    };
    let relay = account.relay(set).await;
    let pid = relay.process.id().unwrap();
    for name in 0..6 {
        account.sim.follow(&format!("viewer{name}"));
    }
    let mut said = String::new();
    timeout(PATIENCE, async {
        while !["410", "500", "308", "the connection broke", "cannot be reached", "its host name cannot be found"]
            .iter()
            .all(|why| said.contains(why))
        {
            said += &run(&mut account.command(&["status"])).await.1;
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{said}"));
    said += &String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/cmdline")).unwrap());
    // The files while the relay runs, and afterwards.
    said += &content(&account);
    let (status, told) = relay.end_by("TERM").await;
    assert!(status.success(), "{told}");
    assert!(told.contains("TRACE") && told.len() > 10_000);
    said += &told;
    said += &content(&account);
    for command in ["test", "check", "retry"] {
        let mut command = account.command(&[command]);
        set(&mut command);
        said += &run(&mut command).await.1;
    }
    // Secrets in the wrong places.
    account.write(
        "relay.toml",
        &config.replace("\"SECRET\"", &format!("\"whsec_{SECRET}\"")).replace("\"URL_C\"", &format!("\"http://{TOKEN}\"")),
    );
    said += &run(&mut account.command(&[])).await.1;
    assert_no_secret(&said, &account);
}
