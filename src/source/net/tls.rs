//! From a server's name to a connection that may be talked over.
//!
//! TLS is not here yet: a server with [`Security::Tls`] or [`Security::StartTls`] is refused until
//! it is, and never spoken to in the clear.

use std::net::IpAddr;

use tokio::net::TcpStream;

use super::{Channel, Fault, Security, Server};

/// Connects. With [`Security::Tls`] the channel is encrypted and the server known; with the others
/// it is bare, and [`Security::StartTls`] is followed by [`upgrade`].
///
/// # Errors
///
/// When nobody answers, or when the certificate is not believed.
pub async fn connect(server: &Server) -> Result<Channel, Fault> {
    let loopback = server.host == "localhost"
        || server.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match server.security {
        Security::Plain if loopback => {}
        Security::Plain => {
            return Err(Fault::Insecure("an unencrypted connection is for this machine alone"));
        }
        Security::Tls | Security::StartTls => {
            return Err(Fault::Insecure("this version has no encrypted connections yet"));
        }
    }
    let connected = TcpStream::connect((server.host.as_str(), server.port)).await;
    let stream = connected.map_err(|error| Fault::Unreachable(error.to_string()))?;
    // A failure to set it costs a delay of some packets, nothing else.
    stream.set_nodelay(true).ok();
    Ok(Box::new(stream))
}

/// Encrypts a bare channel, of which everything read so far is forgotten.
///
/// # Errors
///
/// When the certificate is not believed, or the connection ends.
pub async fn upgrade(bare: Channel, server: &Server) -> Result<Channel, Fault> {
    drop((bare, server));
    Err(Fault::Insecure("this version has no encrypted connections yet"))
}
