//! Says why a connection failed, and what to do about it.
//!
//! Everything here is about the text of an error of kind `Connect`. The kind is
//! clear; but "error sending request" helps nobody who has an expired
//! certificate or a proxy that wants a password.
//!
//! The cause is deep in a chain of errors of reqwest, hyper, rustls and the
//! system. Where a type is public it is looked for by type, and otherwise by
//! its text, which a new version may change. Then the standard text stands,
//! and the tests in `tests/suite` that provoke each failure say so. TLS goes
//! first, then what a proxy answered, then the network.

use std::{error::Error as StdError, io, iter::successors};

use rustls::CertificateError;

use crate::error::{Error, ErrorKind, PROXY_PASSWORD};

/// An error of kind `Connect` with a text that fits its cause. With `by_proxy`,
/// the text names the proxy instead of the server.
pub(super) fn no_connection(cause: impl StdError + Send + Sync + 'static, by_proxy: bool) -> Error {
    match reason(&cause, by_proxy) {
        Some(text) => Error::caused_by(ErrorKind::Connect, text, cause),
        None => Error::new(ErrorKind::Connect, cause),
    }
}

/// The text for the most telling error of a chain. `None` if none is known.
fn reason(error: &(dyn StdError + 'static), by_proxy: bool) -> Option<&'static str> {
    let chain = || successors(Some(error), |error| (*error).source());
    let proxy = chain().filter_map(|error| proxy(&error.to_string())).last();
    // TLS with the server itself begins only after the proxy has let the connection through.
    let to_proxy = matches!(proxy, Some(Proxy::Involved));
    let tls = chain().find_map(of_tls).map(|text| if to_proxy { PROXY_TLS } else { text });
    tls.or(match proxy {
        Some(Proxy::Answered(text)) => Some(text),
        Some(Proxy::Involved) => Some(chain().find_map(|error| of_network(error, true)).unwrap_or(PROXY_FAILED)),
        None => chain().find_map(|error| of_network(error, by_proxy)),
    })
}

/// The text for an error of rustls.
fn of_tls(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    Some(match innermost(error).downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(fault) => of_certificate(fault),
        rustls::Error::InvalidMessage(_) => {
            "what answers at this port does not speak TLS; check host, port and https:// of the API URL, and any proxy"
        }
        _ => "TLS could not be set up with the server; check what is in between, such as a proxy or a virus scanner",
    })
}

/// The error inside an I/O error, which `source` skips.
fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => innermost(inner),
        None => error,
    }
}

/// The text for a certificate that is not trusted, by what is wrong with it.
fn of_certificate(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired; check this machine's clock, and if it is right, wait until the server is fixed"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check this machine's clock"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another host; check the host of the API URL, and whether something on the way answers in its place"
        }
        // Bad signature: an issuer of that name is known, but it did not sign this certificate.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => UNKNOWN_ISSUER,
        // Only a hand-made certificate signs others and is also a server's own.
        CertificateError::Other(fault) if format!("{fault:?}").contains("CaUsedAsEndEntity") => UNKNOWN_ISSUER,
        CertificateError::Revoked => "the server's certificate was revoked; wait until the server is fixed",
        _ => "the server's certificate cannot be trusted; check what is in between, such as a proxy or a virus scanner",
    }
}

const UNKNOWN_ISSUER: &str = "the server's certificate is self-signed or of an unknown issuer; if a proxy or virus scanner opens TLS \
     connections here, let the system trust its root certificate";

/// What an error says about a proxy.
enum Proxy {
    /// The proxy answered, and refused.
    Answered(&'static str),
    /// It happened on the way to the proxy or through it.
    Involved,
}

/// Matches what hyper-util and reqwest say about proxies, because their error
/// types are not public.
fn proxy(text: &str) -> Option<Proxy> {
    match text {
        "tunnel error: proxy authorization required" => Some(Proxy::Answered(PROXY_PASSWORD)),
        "tunnel error: unsuccessful" | "SOCKS error: connection not allowed" => Some(Proxy::Answered(PROXY_REFUSES)),
        "SOCKS error: credentials not accepted" => {
            Some(Proxy::Answered("the proxy does not accept the user name and password of ALL_PROXY"))
        }
        "SOCKS error: server does not support user/pass authentication" => Some(Proxy::Answered(SOCKS_LOGIN)),
        "SOCKS error: server implements authentication incorrectly" => {
            Some(Proxy::Answered("the proxy takes no user name and password; leave them out of ALL_PROXY"))
        }
        "SOCKS error: general server failure"
        | "SOCKS error: network unreachable"
        | "SOCKS error: host unreachable"
        | "SOCKS error: connection refused"
        | "SOCKS error: ttl expired" => {
            Some(Proxy::Answered("the proxy cannot reach the server; check the host of the API URL and the proxy's network"))
        }
        // This error does not say whether the proxy is down, has no such name or took too long.
        "SOCKS error: failed to create underlying connection" => Some(Proxy::Answered(SOCKS_OUT_OF_REACH)),
        _ if text.starts_with("tunnel error") || text.contains("socks proxy") => Some(Proxy::Involved),
        _ => None,
    }
}

const PROXY_REFUSES: &str = "the proxy does not let this machine through to the server; check its rules";
const PROXY_TLS: &str = "TLS could not be set up with the proxy; check the certificate of the proxy that HTTPS_PROXY or ALL_PROXY names";
const SOCKS_LOGIN: &str = "the proxy accepts no login that was offered; it may need a user name and password: set ALL_PROXY to \
     socks5h://user:password@host:port";
const SOCKS_OUT_OF_REACH: &str = "the proxy cannot be reached: it is down, listens at another port, or its name cannot be found; check ALL_PROXY and the \
     proxy itself";
const PROXY_DOWN: &str = "the proxy is down, or listens at another port; check HTTPS_PROXY, ALL_PROXY and the proxy itself";
const PROXY_FAILED: &str = "the proxy does not pass the connection on; check HTTPS_PROXY, ALL_PROXY and the proxy itself";

/// The numbers that Unix systems use when the machine, or the process, has too
/// many files open. The standard library has no kind for them.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

const TIMED_OUT: &str = "the connection was not established in time; check the network and any proxy or firewall";

/// The text for an error of the network: the name, the route, the port, or the
/// limits of this process.
fn of_network(error: &(dyn StdError + 'static), by_proxy: bool) -> Option<&'static str> {
    if error.to_string() == "dns error" {
        return Some(if by_proxy {
            "the name of the proxy cannot be found; check HTTPS_PROXY, ALL_PROXY and the name service"
        } else {
            "the server's name cannot be found; check the network, the name service and the host of the API URL"
        });
    }
    if error.to_string() == "operation timed out" {
        return Some(TIMED_OUT);
    }
    let error = error.downcast_ref::<io::Error>()?;
    if cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE)) {
        return Some(
            "this process or machine cannot open any more files or connections; raise the limit, with ulimit -n or LimitNOFILE of systemd",
        );
    }
    Some(match (error.kind(), by_proxy) {
        (io::ErrorKind::ConnectionRefused, true) => PROXY_DOWN,
        (io::ErrorKind::ConnectionRefused, false) => "the server refuses the connection; it is down, or the API URL names another port",
        (io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown, true) => {
            "the proxy is unreachable; check the network and HTTPS_PROXY, ALL_PROXY"
        }
        (io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown, false) => {
            "the server is unreachable; check the network of this machine"
        }
        (io::ErrorKind::TimedOut, _) => TIMED_OUT,
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn too_many_open_files_points_at_the_limit() {
        for number in [ENFILE, EMFILE] {
            let error = no_connection(io::Error::from_raw_os_error(number), false);
            assert!(error.to_string().contains("ulimit -n"), "{error}");
        }
    }
}
