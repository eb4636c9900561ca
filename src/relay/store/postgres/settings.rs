//! How PostgreSQL is reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::RelayStoreError;
use super::tls::Tls;
use crate::certs::{load_certificates, load_password};
use crate::types::Lang;

/// How long a connection, or its turn, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// No statement takes longer, nor waits longer for a row that another one holds. What offices ask finds its
/// rows by the same index whatever the values are: a plan is made once.
const OPTIONS: &str = "-c statement_timeout=20s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s -c client_min_messages=warning -c plan_cache_mode=force_generic_plan";

/// What a relay and its commands call themselves there.
pub(super) const NAME: &str = "renkei relay";

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// `postgresql://user@host:port/database?sslmode=require`
    pub url: String,
    /// A file whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// The authority that issued the certificate of the server.
    pub root: Option<PathBuf>,
    /// The most connections of this instance.
    pub connections: u16,
}

impl PostgresSettings {
    /// Reads the files, and says what cannot be used of all this.
    pub(super) fn open(&self) -> Result<(Config, Tls, Pool), RelayStoreError> {
        let wrong = |text: String| RelayStoreError::Settings(text);
        let mut config: Config = self
            .url
            .parse()
            .map_err(|_| wrong("store.postgres is no address of PostgreSQL".to_owned()))?;
        if let Some(file) = &self.password_file {
            let password = load_password(file).map_err(|error| wrong(error.text(Lang::En)))?;
            config.password(password.as_bytes());
        }
        let local = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let is_local = config.get_hosts().iter().all(local);
        if !is_local && config.get_ssl_mode() != SslMode::Require {
            let text = "store.postgres leads to another machine and needs sslmode=require";
            return Err(wrong(text.to_owned()));
        }
        let mut roots = RootCertStore::empty();
        if let Some(file) = &self.root {
            let certificates =
                load_certificates(file).map_err(|error| wrong(error.text(Lang::En)))?;
            for certificate in certificates {
                let added = roots.add(certificate);
                added.map_err(|_| wrong(format!("{} cannot be used", file.display())))?;
            }
        } else if config.get_ssl_mode() == SslMode::Require {
            let text = "store.root has to name the authority of the server's certificate";
            return Err(wrong(text.to_owned()));
        } else {
            // Without an authority no certificate could be believed.
            config.ssl_mode(SslMode::Disable);
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = Tls::new(tls);
        config.application_name(NAME);
        config.options(OPTIONS);
        config.connect_timeout(PATIENCE);
        // A server that is gone without a word is noticed, also by who has sent something already.
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(10));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(20));
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), tls.clone(), manager);
        let pool = Pool::builder(manager)
            .max_size(usize::from(self.connections.max(1)))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok((config, tls, pool))
    }
}
