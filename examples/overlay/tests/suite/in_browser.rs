//! What people see in a browser.

use std::path::Path;

use chromiumoxide::page::ScreenshotParams;

use crate::{
    browser::Browser,
    overlay::{Account, Overlay},
};

/// Names and texts that would do harm if they were taken for markup, styles or
/// addresses.
const HOSTILE: [&str; 6] = [
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=1</script>",
    "</p></section><h1 id=injected>",
    "\"><svg onload=window.pwned=1>",
    "javascript:window.pwned=1",
    "&lt;b&gt; {{7*7}} ${pwned=1} \u{202e}",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_events_are_each_shown_once() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let browser = Browser::start().await;
    let tab = browser.open(&overlay.url("?seconds=0.05")).await;
    tab.log_alerts().await;
    let stream = account.sim.start_stream("Harbour lights");
    let mut expected = Vec::new();
    for round in 0..10 {
        for number in 0..20 {
            let name = format!("{round}-{number}");
            match number {
                0..6 => account.sim.follow(&name),
                6..10 => account.sim.subscribe(&name, 500),
                10..14 => account.sim.gift(&stream, &name, 5),
                _ => account.sim.rant(&stream, &name, "for the boat fund", 1000),
            }
            expected.push(name);
        }
        tab.until(&format!("log.length >= {}", expected.len())).await;
    }
    // An alert that came twice would be before this one.
    account.sim.follow("the last");
    expected.push("the last".into());
    tab.until("log.includes('the last')").await;
    let mut shown = tab.log().await;
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_and_texts_stay_text() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let browser = Browser::start().await;
    let tab = browser.open(&overlay.url("?seconds=600")).await;
    tab.log_alerts().await;
    let elements = "[...document.querySelectorAll('body *')].map((element) => element.localName).filter((name) => \
                    !['article', 'b', 'div', 'h2', 'i', 'p', 'section', 'span', 'ul'].includes(name))";
    let stream = account.sim.start_stream("Harbour lights");
    for hostile in HOSTILE {
        account.sim.message(&stream, hostile, hostile);
    }
    tab.until(&format!("document.querySelectorAll('.line').length === {}", HOSTILE.len())).await;
    let lines: Vec<(String, String)> = tab
        .eval("[...document.querySelectorAll('.line')].map((line) => [line.children[0].textContent, line.children[1].textContent])")
        .await;
    assert_eq!(lines, HOSTILE.map(|hostile| (hostile.to_owned(), hostile.to_owned())));
    account.sim.rant(&stream, HOSTILE[0], HOSTILE[1], 500);
    tab.until("document.querySelector('.alert .text') !== null").await;
    let shown: (String, String) =
        tab.eval("[document.querySelector('.alert .name').textContent, document.querySelector('.alert .text').textContent]").await;
    assert_eq!(shown, (HOSTILE[0].to_owned(), HOSTILE[1].to_owned()));
    assert!(tab.text().await.contains(HOSTILE[0]));
    assert_eq!(tab.eval::<Vec<String>>(elements).await, [""; 0]);
    assert!(tab.eval::<bool>("window.pwned === undefined && document.getElementById('injected') === null").await);
    // Even a mistake in the page could not make markup of it: the browser refuses.
    assert!(tab.eval::<bool>("(() => { try { document.body.innerHTML = '<b>'; return false } catch { return true } })()").await);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn query_chooses_parts_and_looks_and_what_is_unknown_is_named() {
    let account = Account::serve().await;
    let overlay = Overlay::start_with(&account, 0, None, |command| {
        command.args(["--goal", "500"]);
    })
    .await;
    let browser = Browser::start().await;
    let all = browser.open(&overlay.url("?seconds=0.05")).await;
    all.log_alerts().await;
    let some = browser.open(&overlay.url("?only=rants,goal&accent=ff8800&size=32&goal=50&seconds=0.05")).await;
    some.log_alerts().await;
    let wrong = browser.open(&overlay.url("?only=rents&size=big&colour=red&accent=%3Cimg%3E")).await;
    wrong.until("document.getElementById('complaints').childElementCount === 4").await;

    let stream = account.sim.start_stream("Harbour lights");
    account.sim.follow("ada");
    account.sim.message(&stream, "bea", "hi");
    account.sim.rant(&stream, "cy", "for the boat fund", 5000);
    for tab in [&all, &some] {
        tab.until("log.includes('cy')").await;
    }
    all.until("log.includes('ada') && document.querySelectorAll('.line').length === 2").await;
    all.until("!document.getElementById('viewers').hidden").await;
    all.until("document.getElementById('target').textContent === '500'").await;
    assert_eq!(some.log().await, ["cy"]);
    assert_eq!(some.eval::<u32>("document.querySelectorAll('.line').length").await, 0);
    assert!(some.eval::<bool>("document.getElementById('viewers').hidden").await);
    some.until("document.getElementById('target').textContent === '50'").await;
    let looks: (String, String) = some
        .eval("[getComputedStyle(document.documentElement).getPropertyValue('--accent'), getComputedStyle(document.body).fontSize]")
        .await;
    assert_eq!(looks, ("#ff8800".to_owned(), "32px".to_owned()));

    let complaints: Vec<String> =
        wrong.eval("[...document.getElementById('complaints').children].map((complaint) => complaint.textContent)").await;
    for (complaint, named) in complaints.iter().zip(["“rents”", "size=big", "?colour", "accent=<img>"]) {
        assert!(complaint.contains(named), "{complaint}");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn test_button_shows_an_alert_and_asks_nothing_of_the_account() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let browser = Browser::start().await;
    let page = browser.open(&overlay.url("")).await;
    page.log_alerts().await;
    let control = browser.open(&overlay.url("control")).await;
    control.until("document.getElementById('state').textContent.includes('followers')").await;
    assert!(control.eval::<bool>("document.querySelector('[data-cents=\"10000\"]').click(), true").await);
    page.until("log.length === 1").await;
    page.until("document.querySelector('.alert[data-tier=\"5\"]') !== null").await;
    control.until("document.getElementById('tested').textContent.includes('sent')").await;
    assert!(control.eval::<bool>("document.querySelector('#parts input[value=chat]').click(), true").await);
    assert_eq!(control.eval::<String>("document.getElementById('url').value").await, overlay.url("?only=alerts,goal,viewers"));
    assert_eq!(account.sim.history(), []);
    browser.close().await;
}

/// Makes the picture of the README again:
/// `cargo test -p overlay picture -- --ignored`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "makes the picture of the README"]
async fn picture_of_the_readme() {
    let account = Account::serve().await;
    for number in 0..381 {
        account.sim.follow(&format!("follower {number}"));
    }
    let overlay = Overlay::start(&account).await;
    let browser = Browser::start().await;
    let tab = browser.open(&overlay.url("?background=2b3a4a&seconds=600&lines=6")).await;
    tab.log_alerts().await;
    let stream = account.sim.start_stream("Harbour lights");
    for (name, text) in [
        ("BrassTeapot", "good evening everyone"),
        ("Jørgen_i_nord", "¡qué bonito!"),
        ("cedar_and_salt", "first time here, what did I miss?"),
        ("PebblePete", "a whole harbour, apparently"),
        ("Mélodie", "the music is lovely today"),
        ("VelvetVole", "left, left, LEFT"),
    ] {
        account.sim.message(&stream, name, text);
    }
    account.sim.rant(&stream, "LanternLou", "For the boat fund. Best hour of my day, keep it up!", 5000);
    account.sim.message(&stream, "NimbusNora", "who else is cooking while watching?");
    account.sim.message(&stream, "<b>Ken</b>", "nice hat <img src=x onerror=alert(1)>");
    tab.until("log.length === 1 && document.querySelectorAll('.line').length === 6").await;
    tab.until("!document.getElementById('viewers').hidden").await;
    tab.until("document.getAnimations().every((animation) => animation.playState === 'finished')").await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshot.png");
    tab.0.save_screenshot(ScreenshotParams::builder().build(), file).await.unwrap();
    browser.close().await;
}
