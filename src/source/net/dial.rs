//! From a name to a connection worth speaking on.
//!
//! One address after the other is tried a quarter of a second apart (RFC 8305), so that a broken
//! IPv6 costs no timeout. The kernel watches for a dead peer by itself (TCP keep-alive), which
//! wakes nobody here. Everything has one limit of time.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rustix::net::sockopt;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::unconnected::{InClear, Unconnected};
use super::{Channel, Fault, Security, Server, tls};

/// How long connecting or encrypting may take, before the server counts as silent: room for a
/// name server that is asked again and for a SYN lost four times on a bad network.
const LIMIT: Duration = Duration::from_secs(30);
/// How long one address has before the next is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);
/// Addresses of one name that are tried at all.
const ADDRESSES: usize = 8;
/// How long a connection is idle before the kernel asks whether the peer still lives.
const IDLE: Duration = Duration::from_secs(240);
/// How long it waits between two of its questions, and how often it asks.
const ASKING: (Duration, u32) = (Duration::from_secs(15), 4);
/// How much is read at once: rustls by itself asks the system for 4 KiB each time, a third of a
/// record.
const BLOCK: usize = 32 << 10;
/// What is kept of an answer that may not be TLS at all.
const OVERHEARD: usize = 64;

/// Connects. With [`Security::Tls`] the channel is encrypted and the server believed; with the
/// others it is bare, and [`Security::StartTls`] is followed by [`upgrade`], before which nothing
/// must be said but that TLS is wanted.
///
/// # Errors
///
/// When nobody answers in time, or when the certificate is not believed.
pub async fn connect(server: &Server) -> Result<Channel, Fault> {
    within(LIMIT, async {
        let tcp = dial(server).await?;
        match server.security {
            Security::Tls => handshake(server, Box::new(tcp)).await,
            Security::StartTls | Security::Plain => Ok(Box::new(tcp) as Channel),
        }
    })
    .await
}

/// Encrypts a bare channel after the server agreed to (STARTTLS). Whoever calls it makes sure that
/// nothing was read beyond that agreement, forgets all that the server said before, and asks for
/// it again. What is on its way already is an injection, since a server waits for the client then.
///
/// # Errors
///
/// As [`connect`], and when something was said before encryption began.
pub async fn upgrade(mut bare: Channel, server: &Server) -> Result<Channel, Fault> {
    within(LIMIT, async {
        match bare.read(&mut [0]).now_or_never() {
            None => handshake(server, bare).await,
            Some(Ok(0)) => Err(Unconnected::Ended),
            Some(Ok(_)) => Err(Unconnected::Injected),
            Some(Err(error)) => Err(Unconnected::of_io(&error)),
        }
    })
    .await
}

async fn within(
    limit: Duration,
    work: impl Future<Output = Result<Channel, Unconnected>>,
) -> Result<Channel, Fault> {
    Ok(timeout(limit, work).await.unwrap_or(Err(Unconnected::Silent))?)
}

async fn dial(server: &Server) -> Result<TcpStream, Unconnected> {
    let addresses =
        lookup_host((name(server), server.port)).await.map_err(|error| unknown(&error))?;
    let mut addresses: Vec<SocketAddr> = addresses.take(ADDRESSES).collect();
    if server.security == Security::Plain {
        addresses.retain(|address| address.ip().to_canonical().is_loopback());
        if addresses.is_empty() {
            return Err(Unconnected::Unprotected);
        }
    }
    let tcp = first_of(addresses).await?;
    prepare(&tcp).map_err(|error| Unconnected::of_io(&error))?;
    Ok(tcp)
}

/// The resolver's errors differ in their words alone.
fn unknown(error: &io::Error) -> Unconnected {
    match error.to_string().contains("Temporary failure") {
        true => Unconnected::NoNameServer,
        false => Unconnected::NoName,
    }
}

/// The first connection that comes about; else what is most telling of what went wrong.
async fn first_of(addresses: Vec<SocketAddr>) -> Result<TcpStream, Unconnected> {
    let mut left = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut worst = None;
    loop {
        let next = left.next();
        let more = next.is_some();
        trying.extend(next.map(TcpStream::connect));
        let done = match more {
            true => tokio::select! {
                done = trying.next() => done,
                () = sleep(STAGGER) => continue,
            },
            false => trying.next().await,
        };
        match done {
            Some(Ok(tcp)) => return Ok(tcp),
            // A refusal tells more than a network that is not there, as IPv6 often is not.
            Some(Err(error)) => match (Unconnected::of_io(&error), &worst) {
                (_, Some(Unconnected::Refused)) => {}
                (kind, _) => worst = Some(kind),
            },
            None => return Err(worst.unwrap_or(Unconnected::NoName)),
        }
    }
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    sockopt::set_socket_keepalive(tcp, true)?;
    sockopt::set_tcp_keepidle(tcp, IDLE)?;
    sockopt::set_tcp_keepintvl(tcp, ASKING.0)?;
    sockopt::set_tcp_keepcnt(tcp, ASKING.1)?;
    Ok(())
}

async fn handshake(server: &Server, bare: Channel) -> Result<Channel, Unconnected> {
    let name = ServerName::try_from(name(server).to_owned()).map_err(|_| Unconnected::NoHost)?;
    let config = tls::config(&server.trust).map_err(Unconnected::Unprepared)?;
    let bare = BufReader::with_capacity(BLOCK, bare);
    let bare = Overhear { inner: bare, heard: Some(Vec::new()) };
    match TlsConnector::from(Arc::new(config)).connect(name, bare).into_fallible().await {
        Ok(mut tls) => {
            tls.get_mut().0.heard = None;
            Ok(Box::new(tls))
        }
        Err((error, bare)) => Err(match Unconnected::of(&error) {
            Some(Unconnected::InClear(_)) => {
                Unconnected::InClear(InClear::told_by(&bare.heard.unwrap_or_default()))
            }
            Some(why) => why,
            None => Unconnected::of_io(&error),
        }),
    }
}

/// The name without the dot at its end, which no certificate has.
fn name(server: &Server) -> &str {
    server.host.trim_end_matches('.')
}

/// A stream whose first bytes are kept until they are known to be TLS.
#[derive(Debug)]
struct Overhear<S> {
    inner: S,
    heard: Option<Vec<u8>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Overhear<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Some(heard) = &mut self.heard {
            let new = buffer.filled().get(before..).unwrap_or_default();
            heard.extend(new.iter().take(OVERHEARD.saturating_sub(heard.len())));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overhear<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
