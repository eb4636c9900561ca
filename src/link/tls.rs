//! Our side of TLS: versions, suites, certificate and key, reloadable while connections live.
//!
//! After 「TLS暗号設定ガイドライン」 (IPA / CRYPTREC) 高セキュリティ型: TLS 1.3, and TLS 1.2 only
//! where it is asked for by name, then with ephemeral keys and AES-GCM alone.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{
    CipherSuite, ClientConfig, ConfigBuilder, ServerConfig, SupportedProtocolVersion, WantsVerifier,
};

use super::party::Party;
use super::verify::{AcceptedClients, MeantServer};
use crate::package::Trust;
use crate::types::Clock;

/// The one protocol that is spoken inside.
const HTTP_1_1: &[u8] = b"http/1.1";

const ONLY_1_3: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
/// For servers that are no nodes.
pub(super) const ONLY_SAFE: &[&SupportedProtocolVersion] = FROM_1_2;
const FROM_1_2: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// The suites of 高セキュリティ型 for TLS 1.2.
const SUITES_1_2: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

/// The groups of the key exchange, the best first: where both can, what is recorded today stays
/// secret for those who will have a quantum computer (ML-KEM of FIPS 203 beside X25519).
const GROUPS: [&dyn SupportedKxGroup; 4] = [X25519MLKEM768, X25519, SECP256R1, SECP384R1];

/// Which versions of TLS are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TlsVersions {
    /// TLS 1.3.
    #[default]
    Tls13,
    /// TLS 1.3, and TLS 1.2 with ECDHE and AES-GCM, for partners behind old equipment.
    Tls13AndHighSecurity12,
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// Everything that can change while the node runs.
pub struct TlsSettings {
    /// Our certificate first, then its issuers, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first certificate.
    pub key: PrivateKeyDer<'static>,
    /// Who may speak to us, and for whom.
    pub trust: Arc<Trust>,
    /// The versions of TLS.
    pub versions: TlsVersions,
    /// Whether the handshake lets in certificates that nobody has registered, so that those who show
    /// them can say who they are. They speak for no partner.
    pub strangers: bool,
}

/// Our TLS settings cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TlsError {
    /// The key cannot be read or belongs to another certificate.
    #[error("the TLS key does not fit the TLS certificate: {0}")]
    Key(rustls::Error),
    /// The cryptography offers nothing for the chosen versions.
    #[error("the TLS versions cannot be set up: {0}")]
    Versions(rustls::Error),
}

/// TLS for the server and the clients of one node, reloadable.
///
/// After [`Tls::reload`] new connections use the new settings; requests in flight finish; idle
/// connections of the client are dropped; and the server judges the peers of its open connections
/// again before their next request.
#[derive(Debug)]
pub struct Tls {
    clock: Clock,
    current: RwLock<Arc<TlsState>>,
}

impl Tls {
    /// Checks the settings and makes them current.
    pub fn new(settings: TlsSettings, clock: Clock) -> Result<Arc<Self>, TlsError> {
        let state = TlsState::new(settings, &clock)?;
        Ok(Arc::new(Self { clock, current: RwLock::new(Arc::new(state)) }))
    }

    /// Makes other settings current; on an error the old ones stay.
    pub fn reload(&self, settings: TlsSettings) -> Result<(), TlsError> {
        let state = Arc::new(TlsState::new(settings, &self.clock)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    /// The settings of this moment. Two states are the same settings when they are the same `Arc`.
    pub(super) fn state(&self) -> Arc<TlsState> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The cryptography with what 高セキュリティ型 allows.
pub(super) fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suite.tls13().is_some() || SUITES_1_2.contains(&suite.suite()));
    provider.kx_groups = GROUPS.to_vec();
    provider
}

/// Settings in the form in which rustls uses them.
pub(super) struct TlsState {
    pub(super) trust: Arc<Trust>,
    pub(super) server: Arc<ServerConfig>,
    client: ConfigBuilder<ClientConfig, WantsVerifier>,
    certified: Arc<SingleCertAndKey>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for TlsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsState").finish_non_exhaustive()
    }
}

impl TlsState {
    fn new(settings: TlsSettings, clock: &Clock) -> Result<Self, TlsError> {
        let TlsSettings { chain, key, trust, versions, strangers } = settings;
        let mut provider = provider();
        if versions == TlsVersions::Tls13 {
            provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        }
        let provider = Arc::new(provider);
        let versions = match versions {
            TlsVersions::Tls13 => ONLY_1_3,
            TlsVersions::Tls13AndHighSecurity12 => FROM_1_2,
        };
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(TlsError::Key)?;
        let certified = Arc::new(SingleCertAndKey::from(certified));
        let time: Arc<dyn TimeProvider> = Arc::new(clock.clone());

        let clients = AcceptedClients {
            trust: Arc::clone(&trust),
            provider: Arc::clone(&provider),
            strangers,
        };
        let mut server =
            ServerConfig::builder_with_details(Arc::clone(&provider), Arc::clone(&time))
                .with_protocol_versions(versions)
                .map_err(TlsError::Versions)?
                .with_client_cert_verifier(Arc::new(clients))
                .with_cert_resolver(Arc::clone(&certified) as _);
        server.alpn_protocols = vec![HTTP_1_1.to_vec()];
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;

        let client = ClientConfig::builder_with_details(Arc::clone(&provider), time)
            .with_protocol_versions(versions)
            .map_err(TlsError::Versions)?;
        Ok(Self { trust, server: Arc::new(server), client, certified, provider })
    }

    /// How to reach a node of an office, or a relay.
    pub(super) fn client_for(&self, meant: Party) -> ClientConfig {
        let server = MeantServer {
            meant,
            trust: Arc::clone(&self.trust),
            provider: Arc::clone(&self.provider),
        };
        let mut config = self
            .client
            .clone()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(server))
            .with_client_cert_resolver(Arc::clone(&self.certified) as _);
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        config.resumption = Resumption::disabled();
        config
    }
}
