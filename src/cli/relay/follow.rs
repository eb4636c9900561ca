//! Has a relay that runs go by its configuration and its certificates as they are now.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::read;
use crate::config::RelayConfig;
use crate::relay::Relay;
use crate::types::Lang;
use crate::work::systemd;

/// So often the files are looked at. What changed is taken up when two looks find the same, because
/// editors write in several steps.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// When a file was written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

/// What a relay goes by.
pub(super) struct Follower<'a> {
    path: &'a Path,
    /// With what it was started.
    started: &'a RelayConfig,
    files: Vec<PathBuf>,
    taken_up: Vec<Stamp>,
    seen: Vec<Stamp>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(path: &'a Path, started: &'a RelayConfig) -> Self {
        let files = files(path, started);
        let stamps: Vec<_> = files.iter().map(|file| stamp(file)).collect();
        Self { path, started, files, taken_up: stamps.clone(), seen: stamps }
    }

    /// Takes up what changed, once it has come to rest.
    pub(super) async fn look(&mut self, relay: &Relay) {
        let now: Vec<_> = self.files.iter().map(|file| stamp(file)).collect();
        let is_settled = now == self.seen;
        self.seen = now;
        if is_settled && self.seen != self.taken_up {
            self.take_up(relay).await;
        }
    }

    /// Takes up what the files say now, or leaves everything as it is.
    pub(super) async fn take_up(&mut self, relay: &Relay) {
        systemd::reloading();
        let file = self.path.display();
        self.taken_up = self.files.iter().map(|file| stamp(file)).collect();
        // The log is English.
        match read(self.path, Lang::En) {
            Err(error) => tracing::error!(%error, "{file} is not taken up"),
            Ok(config) => {
                self.files = files(self.path, &config);
                self.taken_up = self.files.iter().map(|file| stamp(file)).collect();
                if let Err(error) = relay.apply(&config).await {
                    tracing::error!(%error, "{file} is not taken up");
                } else {
                    tracing::info!("{file} was taken up");
                    self.tell_rest(&config);
                }
            }
        }
        self.seen.clone_from(&self.taken_up);
        systemd::ready();
    }

    /// What needs a new start.
    fn tell_rest(&self, config: &RelayConfig) {
        let started = self.started;
        let others = [
            ("node", config.node != started.node),
            ("status", config.status != started.status),
            ("store", config.store != started.store),
        ];
        for (section, _) in others.into_iter().filter(|(_, differs)| *differs) {
            tracing::warn!("[{section}] is not taken up before the relay is started anew");
        }
        if config.store != started.store {
            tracing::warn!("what is kept goes to another store with renkei relay move-store");
        }
    }
}

/// The configuration and the files that it names.
fn files(path: &Path, config: &RelayConfig) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    let identities = [&config.tls.identity, &config.signing];
    files.extend(identities.iter().flat_map(|files| files.paths()).map(Path::to_owned));
    files.extend(config.tls.roots.iter().cloned());
    files.extend(config.tls.revocation_lists.iter().cloned());
    files
}

fn stamp(file: &Path) -> Stamp {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}
