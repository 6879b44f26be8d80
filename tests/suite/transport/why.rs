//! Why there is no connection: each cause is told apart in words that say what to do, over real sockets and real TLS.

use std::{env, fs, future::pending, process::Command, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rumble_live::{Client, Error, ErrorKind};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use crate::server::{KEY, Reply, Server, closed_port, serve_one, snapshot, within};

/// The variables that choose proxies and roots; a test runs without those of this machine.
const VARIABLES: [&str; 8] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// A URL that only a proxy can answer, so that nothing leaves this machine.
fn rumble() -> String {
    format!("https://rumble.com/-livestream-api/get-data?key={KEY}")
}

/// What a client says that asks `url` in a process of its own, with these variables.
async fn ask(url: &str, variables: &[(&str, &str)]) -> String {
    let alone = ["--exact", "transport::why::asks_for_the_tests_above", "--ignored", "--nocapture"];
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(alone).env("WHY_URL", url);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let answer = said.lines().find_map(|line| line.split_once("answer: ")).map(|(_, answer)| answer.to_owned());
    answer.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test]
#[ignore = "run in a process of its own by the tests below"]
async fn asks_for_the_tests_above() {
    let client = Client::builder(env::var("WHY_URL").unwrap()).allow_plain_http().build().unwrap();
    match within(client.snapshot()).await {
        Ok(snapshot) => println!("answer: {}", snapshot.now()),
        Err(error) => println!("answer: {} {}", error.kind(), checked(&error)),
    }
}

/// The report, which holds the text and no secret.
fn checked(error: &Error) -> String {
    let report = error.report();
    assert!(report.starts_with(&error.to_string()), "{report}");
    let all = format!("{report} {error:?}");
    assert!(!all.contains(KEY) && !all.contains(PASSWORD), "{report}");
    report
}

/// A server that speaks TLS with a certificate of that make, and the file in which its issuer stands.
struct Tls {
    port: u16,
    roots: tempfile::NamedTempFile,
}

impl Tls {
    /// Signed by an issuer of its own, for `localhost` and until long from now, unless `set` says otherwise.
    async fn signed(set: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut issuer = CertificateParams::new([]).unwrap();
        issuer.distinguished_name.push(DnType::CommonName, format!("Harbour {}", fastrand::u64(..)));
        issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(issuer, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        set(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Self::serve(certificate.der().clone(), &key, &issuer.pem()).await
    }

    /// Signed by itself.
    async fn self_signed(is_ca: IsCa) -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let other = CertificateParams::new([]).unwrap().self_signed(&KeyPair::generate().unwrap()).unwrap();
        Self::serve(certificate.der().clone(), &key, &other.pem()).await
    }

    async fn serve(certificate: CertificateDer<'static>, key: &KeyPair, roots: &str) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                // A handshake that fails is what most of these tests are about.
                tokio::spawn(async move {
                    if let Ok(socket) = acceptor.accept(socket).await {
                        serve_one(socket, &Reply::json(snapshot(&[]))).await;
                    }
                });
            }
        });
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, roots).unwrap();
        Self { port, roots: file }
    }

    /// What a client says that trusts the issuer.
    async fn ask(&self) -> String {
        let roots = self.roots.path().to_str().unwrap();
        ask(&format!("https://localhost:{}/-livestream-api/get-data?key={KEY}", self.port), &[("SSL_CERT_FILE", roots)]).await
    }
}

#[track_caller]
fn assert_says(answer: &str, words: &[&str]) {
    for word in words {
        assert!(answer.contains(word), "{word:?} is not in: {answer}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn certificate_that_is_sound_is_trusted() {
    assert_eq!(Tls::signed(|_| {}).await.ask().await, "2026-01-02 3:00:00.0 +00:00:00");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn certificate_that_has_expired_or_is_not_valid_yet_points_at_the_clock() {
    let expired = Tls::signed(|params| params.not_after = date_time_ymd(2001, 1, 1)).await.ask().await;
    assert_says(&expired, &["connect ", "has expired", "check this machine's clock", "invalid peer certificate"]);
    let early = Tls::signed(|params| params.not_before = date_time_ymd(4000, 1, 1)).await.ask().await;
    assert_says(&early, &["connect ", "not valid yet", "check this machine's clock", "invalid peer certificate"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn certificate_for_another_host_is_named_as_such() {
    let other = Tls::signed(|params| *params = CertificateParams::new(["harbour.example".to_owned()]).unwrap()).await.ask().await;
    assert_says(&other, &["connect ", "for another host"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn certificate_that_nobody_known_has_signed_is_named_as_such() {
    let server = Tls::signed(|_| {}).await;
    let elsewhere = Tls::signed(|_| {}).await;
    let unknown = Tls { port: server.port, roots: elsewhere.roots }.ask().await;
    assert_says(&unknown, &["connect ", "self-signed or of an unknown issuer"]);
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        assert_says(&Tls::self_signed(is_ca).await.ask().await, &["connect ", "self-signed or of an unknown issuer"]);
    }
}

/// The report of a client in this process.
async fn fails(url: &str) -> String {
    let error = within(Client::builder(url).allow_plain_http().build().unwrap().snapshot()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    checked(&error)
}

#[tokio::test]
async fn refused_port_unknown_name_and_a_server_without_tls_are_told_apart() {
    let (_socket, url) = closed_port();
    assert_says(&fails(&url).await, &["refuses the connection", "(os error "]);
    let nowhere = format!("http://does-not-exist.invalid/-livestream-api/get-data?key={KEY}");
    assert_says(&ask(&nowhere, &[]).await, &["connect ", "name cannot be found", "dns error"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut socket = listener.accept().await.unwrap().0;
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        pending::<()>().await;
    });
    assert_says(&fails(&format!("https://127.0.0.1:{port}/?key={KEY}")).await, &["does not speak TLS"]);
}

/// A SOCKS5 proxy that answers like this, whatever it is asked, and its address.
async fn socks(answers: &'static [&'static [u8]]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut socket = listener.accept().await.unwrap().0;
        for answer in answers {
            assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
            socket.write_all(answer).await.unwrap();
        }
        pending::<()>().await;
    });
    address
}

const PASSWORD: &str = "hunter2-of-the-proxy";

#[tokio::test]
async fn what_a_socks_proxy_says_is_told_apart_and_its_password_is_not_told() {
    const WITH_PASSWORD: &[u8] = &[5, 2];
    const ACCEPTED: &[u8] = &[1, 0];
    let cases: [(&'static [&'static [u8]], &str); 5] = [
        (&[&[5, 0]], "takes no user name and password"),
        (&[WITH_PASSWORD, &[1, 1]], "does not accept the user name and password"),
        (&[&[5, 255]], "accepts no login"),
        (&[WITH_PASSWORD, ACCEPTED, &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]], "does not let this machine through"),
        (&[WITH_PASSWORD, ACCEPTED, &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]], "proxy cannot reach the server"),
    ];
    for (answers, words) in cases {
        let proxy = format!("socks5h://ada:{PASSWORD}@{}", socks(answers).await);
        assert_says(&ask(&rumble(), &[("ALL_PROXY", &proxy)]).await, &["connect ", words]);
    }
    for (name, proxy) in [
        ("ALL_PROXY", format!("socks5h://ada:{PASSWORD}@does-not-exist.invalid:1")),
        ("HTTPS_PROXY", format!("http://ada:{PASSWORD}@does-not-exist.invalid:1")),
    ] {
        assert_says(&ask(&rumble(), &[(name, &proxy)]).await, &["connect ", "the proxy", "name"]);
    }
    let proxy = Server::start([Reply::http("407 Proxy Authentication Required", "")]).await;
    let proxy = proxy.url().split("/-").next().unwrap().replace("http://", &format!("http://ada:{PASSWORD}@"));
    assert_says(&ask(&rumble(), &[("HTTPS_PROXY", &proxy)]).await, &["connect ", "wants a password"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn certificate_of_a_proxy_is_not_taken_for_that_of_the_server() {
    let proxy = Tls::self_signed(IsCa::NoCa).await;
    let roots = proxy.roots.path().to_str().unwrap();
    let variables = [("HTTPS_PROXY", &*format!("https://localhost:{}", proxy.port)), ("SSL_CERT_FILE", roots)];
    assert_says(&ask(&rumble(), &variables).await, &["connect ", "certificate of the proxy"]);
}

#[tokio::test]
async fn proxy_that_is_down_wants_a_password_or_refuses_is_told_apart() {
    let (_socket, closed) = closed_port();
    let closed = closed.split('/').nth(2).unwrap().to_owned();
    let plain = rumble().replace("https://rumble.com", "http://rumble.invalid");
    for (url, name, scheme) in [(&rumble(), "HTTPS_PROXY", "http"), (&plain, "HTTP_PROXY", "http"), (&plain, "http_proxy", "http")] {
        let down = ask(url, &[(name, &format!("{scheme}://{closed}"))]).await;
        assert_says(&down, &["connect ", "the proxy is down"]);
    }
    let down = ask(&rumble(), &[("ALL_PROXY", &format!("socks5h://{closed}"))]).await;
    assert_says(&down, &["connect ", "the proxy cannot be reached"]);
    assert_says(&ask(&rumble(), &[("HTTPS_PROXY", "http://does-not-exist.invalid:1")]).await, &["connect ", "name of the proxy"]);
    for (status, words) in
        [("407 Proxy Authentication Required", "wants a password"), ("403 Forbidden", "does not let this machine through")]
    {
        let proxy = Server::start([Reply::http(status, "")]).await;
        let proxy = proxy.url().split("/-").next().unwrap().to_owned();
        assert_says(&ask(&rumble(), &[("HTTPS_PROXY", &proxy)]).await, &["connect ", words]);
    }
    let proxy = Server::start([Reply::http("407 Proxy Authentication Required", "")]).await;
    let url = proxy.url().split("/-").next().unwrap().to_owned();
    assert_says(&ask(&plain, &[("HTTP_PROXY", &url)]).await, &["status ", "wants a password", "407"]);
}
