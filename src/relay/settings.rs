//! What of the configuration is taken up while the relay runs: certificates, authorities, offices and
//! limits. Addresses, the folder, the log and the store need a new start.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::RelayError;
use super::offices::{Offices, Sources};
use super::own::OwnCertificates;
use super::service::{Granted, Terms};
use super::store::Quota;
use crate::certs::{self, Identity};
use crate::config::RelayConfig;
use crate::link::{Limits, TlsSettings, TlsVersions};
use crate::package;

/// A configuration and the files that it names, read before anything changes.
pub(super) struct Settings {
    pub(super) sources: Sources,
    pub(super) granted: Arc<Granted>,
    pub(super) limits: Limits,
    pub(super) office_rate: u32,
    pub(super) remember: SignedDuration,
    pub(super) own: Arc<OwnCertificates>,
    identity: Identity,
    versions: TlsVersions,
}

impl Settings {
    /// Reads the files.
    pub(super) fn load(config: &RelayConfig) -> Result<Self, RelayError> {
        let (identity, signing) =
            (certs::load(&config.tls.identity)?, certs::load(&config.signing)?);
        let own =
            OwnCertificates::new([(&config.tls.identity, &identity), (&config.signing, &signing)])?;
        let signer = signing.signer()?;
        let versions = if config.tls.allow_tls12 {
            TlsVersions::Tls13AndHighSecurity12
        } else {
            TlsVersions::Tls13
        };
        Ok(Self {
            sources: Sources::load(config)?,
            granted: Arc::new(Granted { terms: terms(config), signer }),
            limits: limits(config),
            office_rate: config.limits.office_rate,
            remember: config.remember,
            own: Arc::new(own),
            identity,
            versions,
        })
    }

    /// The settings of TLS with which these offices are known.
    pub(super) fn tls(&self, offices: &Offices) -> TlsSettings {
        TlsSettings {
            chain: self.identity.chain().to_vec(),
            key: self.identity.key(),
            trust: Arc::clone(&offices.trust),
            versions: self.versions,
            strangers: true,
        }
    }
}

fn terms(config: &RelayConfig) -> Terms {
    let limits = &config.limits;
    Terms {
        package: package::Limits {
            package_bytes: usize::try_from(limits.package_size).unwrap_or(usize::MAX),
            ..package::Limits::default()
        },
        quota: Quota {
            bytes: limits.office_store,
            messages: limits.office_messages.into(),
            beside: limits.office_store,
        },
        keep: limits.keep,
    }
}

/// What the link grants.
fn limits(config: &RelayConfig) -> Limits {
    let granted = &config.limits;
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let defaults = Limits::default();
    Limits {
        package_bytes: granted.package_size,
        body_memory: granted.body_memory,
        connections: number(granted.connections),
        partner_connections: Some(number(granted.office_connections)),
        // Offices that introduce themselves are guests too, and a balancer has one address for all.
        guests: defaults.guests.max(number(granted.connections) / 16),
        request_timeout: Duration::from_secs(30),
        ..defaults
    }
}
