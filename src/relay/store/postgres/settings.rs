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
use crate::certs::{CertsError, load_certificates, load_password};
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
        let wrong = |ja: String, en: String| RelayStoreError::Settings { ja, en };
        let file = |error: &CertsError| wrong(error.text(Lang::Ja), error.text(Lang::En));
        // What is always verified here has names of its own elsewhere.
        if ["sslmode=verify-ca", "sslmode=verify-full"].iter().any(|mode| self.url.contains(mode)) {
            return Err(wrong(
                "[store] postgres の sslmode は require と書いてください。サーバーの証明書とホスト名は、[store] root の認証局でいつも確かめます。".to_owned(),
                "write sslmode=require in store.postgres: certificate and host name of the server are always verified, by the authority of store.root".to_owned(),
            ));
        }
        let mut config: Config = self.url.parse().map_err(|_| {
            wrong(
                "[store] postgres は PostgreSQL のアドレスではありません（例 postgresql://renkei@db.example.jp:5432/renkei?sslmode=require）。".to_owned(),
                "store.postgres is no address of PostgreSQL, such as postgresql://renkei@db.example.jp:5432/renkei?sslmode=require".to_owned(),
            )
        })?;
        if let Some(path) = &self.password_file {
            let password = load_password(path).map_err(|error| file(&error))?;
            config.password(password.as_bytes());
        }
        let local = |host: &Host| match host {
            Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        let is_local = config.get_hosts().iter().all(local);
        if !is_local && config.get_ssl_mode() != SslMode::Require {
            return Err(wrong(
                "[store] postgres は別の機械を指しているので、sslmode=require が必要です。"
                    .to_owned(),
                "store.postgres leads to another machine and needs sslmode=require".to_owned(),
            ));
        }
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.root {
            for certificate in load_certificates(path).map_err(|error| file(&error))? {
                roots.add(certificate).map_err(|_| {
                    let path = path.display();
                    wrong(
                        format!("[store] root の証明書 {path} を使えません。"),
                        format!("the certificate {path} of store.root cannot be used"),
                    )
                })?;
            }
        } else if config.get_ssl_mode() == SslMode::Require {
            return Err(wrong(
                "[store] root に、サーバーの証明書を発行した認証局の証明書を書いてください。"
                    .to_owned(),
                "store.root has to name the authority of the server's certificate".to_owned(),
            ));
        } else {
            // Without an authority no certificate could be believed.
            config.ssl_mode(SslMode::Disable);
        }
        let unusable = |error: String| {
            wrong(format!("[store] の設定を使えません（{error}）。"), format!("[store]: {error}"))
        };
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
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
            .map_err(|error| unusable(error.to_string()))?;
        Ok((config, tls, pool))
    }
}

/// Host, port and name of the database.
pub(super) fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => String::new(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().unwrap_or_default())
}
