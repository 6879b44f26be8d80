//! A bot that has a reqwest of its own beside this crate. Cargo builds one reqwest for both, and that must find the cryptography of its TLS.

fn main() {
    drop(reqwest::Client::new());
    rumble_live::Client::new("https://rumble.com/-livestream-api/get-data?key=any").expect("a client of this crate");
    println!("both clients are set up");
}
