//! The TLS of a page that other computers reach: TLS 1.3, no client certificates, a certificate that
//! can be replaced while the page is served.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::time_provider::TimeProvider;

use super::error::PageError;
use crate::certs;
use crate::config::IdentityFiles;
use crate::types::Clock;

/// When each file was last changed, and its size.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// What new connections use.
pub(super) struct PageTls {
    files: IdentityFiles,
    clock: Clock,
    current: RwLock<(Stamp, Arc<ServerConfig>)>,
}

impl PageTls {
    /// Reads the certificate and its key. Blocks.
    pub(super) fn open(files: IdentityFiles, clock: Clock) -> Result<Self, PageError> {
        let stamp = stamp(&files);
        let config = load(&files, &clock)?;
        Ok(Self { files, clock, current: RwLock::new((stamp, config)) })
    }

    /// What a connection that begins now uses.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Reads the files again, if they were replaced; on an error those from before stay, and are read
    /// again the next time. Says whether they were read. Blocks.
    pub(super) fn renew(&self) -> Result<bool, PageError> {
        let found = stamp(&self.files);
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 == found {
            return Ok(false);
        }
        let config = load(&self.files, &self.clock)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (found, config);
        Ok(true)
    }
}

fn load(files: &IdentityFiles, clock: &Clock) -> Result<Arc<ServerConfig>, PageError> {
    let identity = certs::load(files)?;
    let time: Arc<dyn TimeProvider> = Arc::new(clock.clone());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(identity.chain().to_vec(), identity.key())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn stamp(files: &IdentityFiles) -> Stamp {
    files.paths().map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    })
}
