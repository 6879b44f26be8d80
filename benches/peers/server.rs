//! Serves an evening over sockets on loopback: to everybody what is shown at that moment.

use std::{future::pending, io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep_until},
};

use crate::evening::{Evening, Record, Shown};

pub(crate) struct Server {
    listener: TcpListener,
    evening: Arc<Evening>,
    start: Instant,
}

impl Server {
    pub(crate) async fn bind(evening: Arc<Evening>) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0").await?, evening, start: Instant::now() })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The evening begins at `start`.
    pub(crate) async fn serve(mut self, start: Instant) -> io::Result<()> {
        self.start = start;
        let server = Arc::new(self);
        loop {
            let (stream, _) = server.listener.accept().await?;
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                // A client may go at any time.
                server.answer(stream).await.ok();
            });
        }
    }

    async fn answer(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufStream::new(stream);
        while let Some(path) = request(&mut stream).await? {
            let now = self.start.elapsed();
            if path.contains("/chat/") {
                return self.show(stream, self.evening.chat_at(now)).await;
            }
            let poll = self.evening.poll_at(now);
            sleep_until(self.start + poll.at).await;
            let Shown::Answer { status, body } = &poll.shown else { break };
            whole(&mut stream, *status, body).await?;
        }
        Ok(())
    }

    /// Each record of a live chat at its moment.
    async fn show(&self, mut stream: BufStream<TcpStream>, records: Vec<Record>) -> io::Result<()> {
        for Record { at, shown } in records {
            sleep_until(self.start + at).await;
            match shown {
                Shown::Answer { status: 200, .. } => {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8; charset=utf-8\r\n").await?;
                    stream.write_all(b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                }
                Shown::Answer { status, body } => return whole(&mut stream, status, &body).await,
                Shown::Bytes(bytes) => {
                    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
                    stream.write_all(&bytes).await?;
                    stream.write_all(b"\r\n").await?;
                }
                Shown::End => {
                    stream.write_all(b"0\r\n\r\n").await?;
                    return stream.shutdown().await;
                }
                Shown::Broken => return stream.get_ref().set_zero_linger(),
            }
            stream.flush().await?;
        }
        // The last connection stays open.
        pending().await
    }
}

/// The path of the next request, if there is one.
async fn request(stream: &mut BufStream<TcpStream>) -> io::Result<Option<String>> {
    let mut path = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line.trim_end().is_empty() {
            return Ok(path);
        }
        path = path.or_else(|| line.split(' ').nth(1).map(ToOwned::to_owned));
    }
}

async fn whole(stream: &mut BufStream<TcpStream>, status: u16, body: &str) -> io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status} Recorded\r\n").as_bytes()).await?;
    if status != 204 {
        stream.write_all(format!("content-length: {}\r\n", body.len()).as_bytes()).await?;
    }
    stream.write_all(b"\r\n").await?;
    stream.write_all(body.as_bytes()).await?;
    stream.flush().await
}
