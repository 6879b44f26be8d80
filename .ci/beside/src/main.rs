//! A bot that has a reqwest of its own beside this crate, and rustls with another provider. Cargo builds one reqwest and one rustls for all.

fn main() {
    // It finds the cryptography of its TLS without being told.
    drop(reqwest::Client::new());
    rumble_live::Client::new("https://rumble.com/-livestream-api/get-data?key=any").expect("a client of this crate");
    // Rustls by itself has to be told, for there are two.
    rustls::crypto::ring::default_provider().install_default().expect("nobody has chosen before");
    drop(rustls::ClientConfig::builder());
    rumble_live::Client::new("https://rumble.com/-livestream-api/get-data?key=any").expect("another client of this crate");
    println!("all clients are set up");
}
