//! Why no connection came about, in words that say what to do.

use std::{error::Error as StdError, io, iter::successors};

use rustls::CertificateError;

use crate::error::{Error, ErrorKind, PROXY_PASSWORD};

/// An error of kind `Connect`, with a text that fits its cause. Whether there is a proxy in between decides who is meant.
pub(super) fn no_connection(cause: impl StdError + Send + Sync + 'static, by_proxy: bool) -> Error {
    match reason(&cause, by_proxy) {
        Some(text) => Error::caused_by(ErrorKind::Connect, text, cause),
        None => Error::new(ErrorKind::Connect, cause),
    }
}

fn reason(error: &(dyn StdError + 'static), by_proxy: bool) -> Option<&'static str> {
    let chain = || successors(Some(error), |error| (*error).source());
    let proxy = chain().filter_map(|error| proxy(&error.to_string())).last();
    chain().find_map(of_tls).or(match proxy {
        Some(Proxy::Answered(text)) => Some(text),
        Some(Proxy::Involved) => Some(chain().find_map(|error| of_network(error, true)).unwrap_or(PROXY_FAILED)),
        None => chain().find_map(|error| of_network(error, by_proxy)),
    })
}

/// What rustls found fault with.
fn of_tls(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    Some(match innermost(error).downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(fault) => of_certificate(fault),
        rustls::Error::InvalidMessage(_) => {
            "what answers at this port does not speak TLS; check host, port and https:// of the API URL, and any proxy"
        }
        _ => "no TLS connection to the server could be agreed on; check what stands between, such as a proxy or a virus scanner",
    })
}

/// What an I/O error was made of, which its `source` skips.
fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => innermost(inner),
        None => error,
    }
}

fn of_certificate(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired; check this machine's clock, and if it is right, wait for the server to be mended"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check this machine's clock"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another host; check the host of the API URL, and whether something on the way answers in its place"
        }
        // A bad signature: there is an issuer of that name, but it has not signed this.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => UNKNOWN_ISSUER,
        // A certificate that signs others cannot be a server's own, unless it was made by hand.
        CertificateError::Other(fault) if format!("{fault:?}").contains("CaUsedAsEndEntity") => UNKNOWN_ISSUER,
        CertificateError::Revoked => "the server's certificate was revoked; wait for the server to be mended",
        _ => "the server's certificate cannot be trusted; check what stands between, such as a proxy or a virus scanner",
    }
}

const UNKNOWN_ISSUER: &str = "the server's certificate is self-signed or of an unknown issuer; if a proxy or virus scanner opens TLS \
     connections here, let the system trust its root certificate";

enum Proxy {
    /// It was reached, and said no.
    Answered(&'static str),
    Involved,
}

/// What hyper-util and reqwest say of proxies, whose error types are not public.
fn proxy(text: &str) -> Option<Proxy> {
    match text {
        "tunnel error: proxy authorization required" => Some(Proxy::Answered(PROXY_PASSWORD)),
        "tunnel error: unsuccessful" => Some(Proxy::Answered("the proxy does not let this machine through to the server; check its rules")),
        // Its cause is not told.
        "SOCKS error: failed to create underlying connection" => Some(Proxy::Answered(PROXY_DOWN)),
        _ if text.starts_with("tunnel error") || text.contains("socks proxy") => Some(Proxy::Involved),
        _ => None,
    }
}

const PROXY_DOWN: &str = "the proxy is down, or listens at another port; check HTTPS_PROXY, ALL_PROXY and the proxy itself";
const PROXY_FAILED: &str = "the proxy does not pass the connection on; check HTTPS_PROXY, ALL_PROXY and the proxy itself";

const TIMED_OUT: &str = "no connection came about in time; check the network and any proxy or firewall";

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
    Some(match (error.downcast_ref::<io::Error>()?.kind(), by_proxy) {
        (io::ErrorKind::ConnectionRefused, true) => PROXY_DOWN,
        (io::ErrorKind::ConnectionRefused, false) => "the server refuses the connection; it is down, or the API URL names another port",
        (io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown, true) => {
            "there is no way to the proxy; check the network and HTTPS_PROXY, ALL_PROXY"
        }
        (io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown, false) => {
            "there is no way to the server; check the network of this machine"
        }
        (io::ErrorKind::TimedOut, _) => TIMED_OUT,
        _ => return None,
    })
}
