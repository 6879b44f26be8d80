//! Connections of browsers: how many there may be, how much may wait in each,
//! and for how long.

use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time::sleep,
};
use tokio_io_timeout::TimeoutStream;

/// How many connections may be open. Any more are closed at once.
const MOST_OPEN: usize = 256;
/// How much may wait for a page that does not read. The socket holds as much
/// again.
const BUFFER: u32 = 64 * 1024;
/// How long a page may read nothing of what waits for it. It then reconnects by
/// itself, and gets what it has missed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a browser may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait when no connection can be taken, for example when the
/// process has too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// Listens on 127.0.0.1 only.
pub(crate) fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // A restart then need not wait until the connections of the last run are forgotten. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Connections inherit it.
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(1024)
}

/// Serves for ever.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MOST_OPEN));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(MOST_OPEN, "a connection was closed because too many are open");
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            if let Err(error) = connection(stream, router).await {
                tracing::debug!(%error, "a connection has broken");
            }
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, router: Router) -> hyper::Result<()> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER as usize)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
        .await
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{
        body::{Body, Bytes},
        routing::get,
    };
    use futures::stream;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn page_that_never_reads_is_dropped() {
        let endless = || async { Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024])))) };
        let listener = listen(0).unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut page = socket.connect(listener.local_addr().unwrap()).await.unwrap();
        page.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        connection(stream, Router::new().route("/", get(endless))).await.unwrap_err();
    }
}
