//! TLS in front of a server that speaks none itself, by one of the certificates of the tests.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::servers::process::said;

/// The authority of the tests and what it signed.
pub(super) struct Authority(PathBuf);

impl Authority {
    pub(super) fn in_folder(folder: &Path) -> Self {
        let certificates = folder.join("ca");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/ca.sh");
        said(Command::new("bash").arg(script).arg(&certificates));
        Self(certificates)
    }

    /// Its own certificate.
    pub(super) fn file(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let pem = |end: &str| fs::read(self.0.join(format!("{name}.{end}"))).unwrap();
        let certificate = CertificateDer::from_pem_slice(&pem("pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&pem("key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Takes what comes encrypted to a port where it is not.
pub(super) struct Front {
    pub(super) port: u16,
    #[expect(dead_code, reason = "held as long as the front stands")]
    end: oneshot::Sender<()>,
}

impl Front {
    /// Listens at a port, or at any for 0, and shows the certificate of that name.
    pub(super) fn at(port: u16, authority: &Authority, name: &str, target: u16) -> Self {
        let acceptor = authority.acceptor(name);
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (end, ended) = oneshot::channel::<()>();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, acceptor, target) => {}
                    _ = ended => {}
                }
            });
        });
        Self { port, end }
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, target: u16) {
    while let Ok((client, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Whoever does not like the certificate goes away.
            let Ok(mut client) = acceptor.accept(client).await else { return };
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await;
            let Ok(mut server) = server else { return };
            drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
        });
    }
}
