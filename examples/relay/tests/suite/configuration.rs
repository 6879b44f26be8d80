//! Whatever is wrong with a configuration is named.

use std::{ffi::OsString, path::Path};

use relay::config::Config;

fn lookup(name: &str) -> Option<OsString> {
    match name {
        "URL" => Some("https://hooks.example/hunter2".into()),
        "SECRET" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        "SHORT" => Some("whsec_aHVudGVyMg==".into()),
        "EMPTY" => Some(" ".into()),
        "NO_URL" => Some("hunter2".into()),
        "FTP" => Some("ftp://hooks.example/hunter2".into()),
        _ => None,
    }
}

fn faults(text: &str) -> Vec<(usize, String)> {
    let faults = Config::parse(text, Path::new("/nowhere"), &lookup).expect_err(text);
    faults.into_iter().map(|fault| (fault.line, fault.words)).collect()
}

#[test]
fn each_fault_is_named_with_its_line_and_quotes_no_secret() {
    let good = "[[destination]]\nname = \"a\"\ntype = \"slack\"\nurl_env = \"URL\"\n";
    assert!(Config::parse(good, Path::new(""), &lookup).is_ok());
    let with = |more: &str| format!("{good}{more}");
    let webhook = |more: &str| format!("{}{more}", good.replace("slack", "webhook"));
    let url = |line: &str| good.replace("url_env = \"URL\"", line);
    for (text, line, words) in [
        (String::new(), 1, "there is no [[destination]]"),
        (with("colour = 1\n"), 5, "colour"),
        (with("kinds = [\"follow\"]\n"), 5, "follow"),
        (with("least = -1\n"), 5, "not an amount"),
        (with("least = \"5\"\n"), 5, "invalid type"),
        (with("least = 0.001\n"), 5, "parts of a cent"),
        (with("least = 5\nkinds = [\"follower\", \"gifted_subs\"]\n"), 5, "kinds has neither rant nor subscriber"),
        (with("kinds = []\n"), 5, "nothing is ever sent there"),
        (with("kinds = [\"rant\"]\n[destination.templates]\nfollower = \"hi\"\n"), 7, "kinds leaves out follower"),
        (with("embed = true\n"), 5, "embed is for type = \"discord\" only"),
        (with("action = \"x\"\n"), 5, "action is for type = \"streamerbot\" only"),
        (with("secret_env = \"SECRET\"\n"), 5, "secret_env is for type = \"webhook\" only"),
        (with("[destination.quiet]\nfrom = \"10 pm\"\nuntil = \"08:00\"\nzone = \"UTC\"\n"), 6, "not a time of day"),
        (with("[destination.quiet]\nfrom = \"22:00\"\nuntil = \"22:00\"\nzone = \"UTC\"\n"), 7, "end when they begin"),
        (with("[destination.quiet]\nfrom = \"22:00\"\nuntil = \"08:00\"\nzone = \"Berlin\"\n"), 8, "no time zone \"Berlin\""),
        (with("[destination.quiet]\nfrom = \"22:00\"\n"), 5, "until"),
        (with("[destination.templates]\nrant = \"{{ usr }}\"\n"), 6, "the template of \"a\" for rant: there is no usr here"),
        (with("[destination.templates]\nrant = \"\"\"\n{{ user }}\n{% if\n\"\"\"\n"), 8, "the template of \"a\" for rant"),
        (with("[destination.templates]\nmessage = \"x\"\n"), 6, "message"),
        (with(good), 6, "two destinations are called \"a\""),
        (good.replace("\"a\"", "\"a b\""), 2, "letters, digits"),
        (good.replace("slack", "irc"), 3, "irc"),
        (url(""), 1, "\"a\" needs url_env or url_file"),
        (url("url = \"https://hooks.example/hunter2\""), 4, "put it into an environment variable"),
        (url("url_env = \"https://hooks.example/hunter2\""), 4, "the name of an environment variable"),
        (url("url_file = \"https://hooks.example/hunter2\""), 4, "the name of a file"),
        (url("url_env = \"NONE\""), 4, "there is no environment variable NONE"),
        (url("url_env = \"EMPTY\""), 4, "EMPTY is empty"),
        (url("url_env = \"NO_URL\""), 4, "NO_URL has no URL"),
        (url("url_env = \"FTP\""), 4, "FTP has no URL"),
        (url("url_file = \"url.txt\""), 4, "/nowhere/url.txt"),
        (with("url_file = \"url.txt\"\n"), 5, "not both"),
        (webhook(""), 1, "\"a\" needs secret_env or secret_file"),
        (webhook("secret = \"whsec_hunter2\"\n"), 5, "put the secret into an environment variable"),
        (webhook("secret_env = \"whsec_aHVudGVyMg==\"\n"), 5, "the name of an environment variable"),
        (webhook("secret_env = \"SHORT\"\n"), 5, "SHORT: a key has 24 to 64 bytes"),
        ("[[destination]]\nname = \"a\"\ntype = \"streamerbot\"\n".into(), 1, "one of action (a name) and action_id"),
        ("[[destination]\n".into(), 1, ""),
    ] {
        assert_named(&text, line, words);
    }
}

#[test]
fn secret_in_the_wrong_place_is_told_by_its_line_alone() {
    let good = "[[destination]]\nname = \"a\"\ntype = \"slack\"\nurl_env = \"URL\"\n";
    let with = |more: &str| format!("{good}{more}");
    let webhook = |more: &str| format!("{}{more}", good.replace("slack", "webhook"));
    for (text, line, words) in [
        (webhook("secret_env = \"whsec_hunter2aHVudGVyMg\"\n"), 5, "the name of an environment variable"),
        (webhook("secret_env = \"WHSEC_hunter2aHVudGVyMg\"\n"), 5, "the name of an environment variable"),
        (webhook("secret_env = \"hunter2aHVudGVyMg\"\n"), 5, "no environment variable with the name that secret_env gives here"),
        (webhook("secret_file = \"whsec_hunter2\"\n"), 5, "the name of a file"),
        (good.replace("\"slack\"", "\"https://hooks.example/hunter2\""), 3, "unknown variant, expected"),
        (with("kinds = [\"https://hooks.example/hunter2\"]\n"), 5, "unknown variant, expected"),
        (with("least = \"https://hooks.example/hunter2\"\n"), 5, "invalid type: string, expected"),
        (with("\"https://hooks.example/hunter2\" = 1\n"), 5, "unknown field, expected"),
        (good.replace("\"a\"", "\"https://hooks.example/hunter2\"").replace("url_env = \"URL\"", ""), 1, "this destination needs url_env"),
        (good.replace("\"a\"", "\"hunter2.x\"") + "[destination.templates]\nrant = \"{{ x }}\"\n", 6, "the template of this destination"),
    ] {
        assert_named(&text, line, words);
    }
}

fn assert_named(text: &str, line: usize, words: &str) {
    let faults = faults(text);
    let is_named = faults.iter().any(|(at, said)| *at == line && said.contains(words));
    assert!(is_named, "{text}\n{faults:#?}");
    assert!(!format!("{faults:?}").contains("hunter2") && !format!("{faults:?}").contains("aHVudGVy"), "{faults:#?}");
}

#[test]
fn all_faults_are_named_together() {
    let text = "[[destination]]\nname = \"a\"\ntype = \"slack\"\nurl_env = \"NONE\"\nleast = -1\n[[destination]]\nname = \"a\"\ntype = \"webhook\"\nurl_env = \"URL\"\n";
    let lines: Vec<_> = faults(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 5, 6, 7]);
}

#[test]
fn secrets_are_read_from_files_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("url"), "https://hooks.example/hunter2\n").unwrap();
    let text = "[[destination]]\nname = \"a\"\ntype = \"slack\"\nurl_file = \"url\"\n";
    let config = Config::parse(text, folder.path(), &lookup).unwrap();
    assert_eq!(config.destinations[0].url.reveal(), "https://hooks.example/hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}
