//! The files that proof is built from, each kept as it was when it last could be used.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use super::{Pins, Problems, RelayPins, TLS_PLACE, signing_place};
use crate::certs::{self, CertsError, Identity, fetched, renewal};
use crate::config::{Config, IdentityFiles, Office};
use crate::package::{CertificateInfo, ListInfo, TrustSources, read_list};
use crate::types::{Digest, Lang, NumberRule, OfficeNumber, code};

/// When a file was last changed, and its size; nothing where there is none.
pub(in crate::node) type Stamp = Option<(SystemTime, u64)>;

pub(super) struct Sources {
    roots: BTreeMap<PathBuf, Vec<CertificateDer<'static>>>,
    lists: BTreeMap<PathBuf, Vec<CertificateRevocationListDer<'static>>>,
    /// Whether a list could not be used and no former one of its file is there.
    list_missing: bool,
    pub(super) tls: Option<Arc<Identity>>,
    pub(super) signing: BTreeMap<OfficeNumber, Arc<Identity>>,
    named: Named,
}

/// The files as the configuration named them. What is named only now has no former content.
struct Named {
    lists: BTreeSet<PathBuf>,
    tls: IdentityFiles,
    signing: BTreeMap<OfficeNumber, IdentityFiles>,
}

impl Named {
    fn of(config: &Config) -> Self {
        let signing = config.offices.iter().map(|own| (own.number, own.signing.clone()));
        Self {
            lists: config.tls.revocation_lists.iter().cloned().collect(),
            tls: config.tls.identity.clone(),
            signing: signing.collect(),
        }
    }
}

impl Sources {
    /// Reads everything. Where something cannot be used, `former` stays and it is among the
    /// `faults`; where there is no former one, it is among the `problems`, but for a list that a
    /// newer one may replace at any time.
    pub(super) fn load(
        config: &Config,
        former: Option<&Self>,
        problems: &mut Problems,
        faults: &mut Problems,
    ) -> Self {
        let mut sources = Self {
            roots: BTreeMap::new(),
            lists: BTreeMap::new(),
            list_missing: false,
            tls: None,
            signing: BTreeMap::new(),
            named: Named::of(config),
        };
        for path in &config.tls.roots {
            let former = former.and_then(|former| former.roots.get(path)).cloned();
            let loaded = certs::load_certificates(path);
            let taken = take("tls.roots", loaded, former, problems, faults);
            sources.roots.extend(taken.map(|roots| (path.clone(), roots)));
        }
        for path in &config.tls.revocation_lists {
            let former_lists = former.and_then(|former| former.lists.get(path)).cloned();
            let taken = match certs::load_revocation_lists(path) {
                Ok(lists) => Some(lists),
                Err(error @ (CertsError::Io { .. } | CertsError::NotAFile { .. }))
                    if former.is_none_or(|former| !former.named.lists.contains(path)) =>
                {
                    problems.certs::<()>("tls.revocation_lists", Err(error));
                    None
                }
                Err(error) => {
                    tell_list(path, &error, former_lists.is_some(), faults);
                    former_lists
                }
            };
            sources.list_missing |= taken.is_none();
            sources.lists.extend(taken.map(|lists| (path.clone(), lists)));
        }
        for url in &config.tls.revocation_list_urls {
            let path = fetched::path(&config.node.data, url);
            let former_lists = former.and_then(|former| former.lists.get(&path)).cloned();
            // That it does not come is told by those who fetch it.
            let taken = certs::load_revocation_lists(&path).ok().or(former_lists);
            sources.list_missing |= taken.is_none();
            sources.lists.extend(taken.map(|lists| (path, lists)));
        }
        let tls = former.filter(|former| former.has_tls_of(config));
        let tls = tls.and_then(|former| former.tls.clone());
        let loaded = certs::load(&config.tls.identity).map(Arc::new);
        sources.tls = take(TLS_PLACE, loaded, tls, problems, faults);
        for office in &config.offices {
            let place = signing_place(office.number);
            let former = former.filter(|former| former.has_signing_of(office));
            let former = former.and_then(|former| former.signing.get(&office.number)).cloned();
            let loaded = certs::load(&office.signing).map(Arc::new);
            let taken = take(&place, loaded, former, problems, faults);
            sources.signing.extend(taken.map(|identity| (office.number, identity)));
        }
        sources
    }

    /// Whether the files for TLS are those of a configuration.
    pub(super) fn has_tls_of(&self, config: &Config) -> bool {
        self.named.tls == config.tls.identity
    }

    /// Whether the files with which an office signs are those that it names.
    pub(super) fn has_signing_of(&self, office: &Office) -> bool {
        self.named.signing.get(&office.number) == Some(&office.signing)
    }

    pub(super) fn trust(&self, config: &Config, (pins, relays): (Pins, RelayPins), vouched: Pins) -> TrustSources {
        TrustSources {
            roots: self.roots.values().flatten().cloned().collect(),
            naming: naming(config, |path| self.roots.get(path).cloned().unwrap_or_default()),
            revocation_lists: self.lists.values().flatten().cloned().collect(),
            revocation_grace: config.tls.revocation_grace,
            revocation_strict: config.tls.revocation_strict || self.list_missing,
            pins,
            relays,
            vouched,
        }
    }

    /// The lists in use, with their files.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&Path, ListInfo)> {
        self.lists.iter().flat_map(|(path, lists)| {
            let infos = lists.iter().filter_map(|list| read_list(list).ok());
            infos.map(move |info| (path.as_path(), info))
        })
    }

    /// Tells the log what was taken up; says whether anything was.
    pub(super) fn tell_changes(&self, former: &Self) -> bool {
        let mut is_new = false;
        let mut changed =
            |place: &str, new: &[CertificateDer<'_>], old: Option<&[CertificateDer<'_>]>| {
                if old == Some(new) {
                    return;
                }
                is_new = true;
                for info in new.iter().take(1).filter_map(|der| CertificateInfo::of(der).ok()) {
                    let (sha256, until) = (info.sha256, info.not_after);
                    tracing::info!(place, %sha256, %until, "a new certificate was taken up");
                }
            };
        let chain = |identity: &Arc<Identity>| identity.chain().to_vec();
        let (new, old) = (self.tls.as_ref().map(chain), former.tls.as_ref().map(chain));
        changed(TLS_PLACE, &new.unwrap_or_default(), old.as_deref());
        for (office, identity) in &self.signing {
            let old = former.signing.get(office).map(chain);
            let place = signing_place(*office);
            changed(&place, identity.chain(), old.as_deref());
        }
        for (path, roots) in &self.roots {
            changed(&path.display().to_string(), roots, former.roots.get(path).map(Vec::as_slice));
        }
        for (path, lists) in &self.lists {
            let old = former.lists.get(path);
            let new = lists.iter().filter(|list| !old.is_some_and(|old| old.contains(list)));
            for list in new {
                is_new = true;
                let Ok(info) = read_list(list) else { continue };
                let (path, sha256) = (path.display(), Digest::of(list));
                let (this_update, next_update) = (info.this_update, info.next_update);
                tracing::info!(
                    %path, %sha256, %this_update, %next_update,
                    "a new revocation list was taken up"
                );
            }
        }
        is_new
    }
}

/// The authorities that do not put the office number into the common name.
pub(super) fn naming(
    config: &Config,
    mut certificates_of: impl FnMut(&Path) -> Vec<CertificateDer<'static>>,
) -> Vec<(CertificateDer<'static>, NumberRule)> {
    let places = config.tls.office_numbers.iter();
    let named = places.flat_map(|place| {
        let certificates = certificates_of(&place.authority).into_iter();
        certificates.map(|certificate| (certificate, place.rule.clone()))
    });
    named.collect()
}

/// What changes when a file that proof is built from is replaced.
pub(in crate::node) fn stamps(config: &Config) -> Vec<Stamp> {
    let identities =
        std::iter::once(&config.tls.identity).chain(config.offices.iter().map(|own| &own.signing));
    let next: Vec<_> = identities.clone().flat_map(renewal::files_of).collect();
    let identities = identities.flat_map(IdentityFiles::paths).map(Path::to_owned);
    let lists = fetched::list_files(config);
    let proxy = config.network.proxy.iter().flat_map(|proxy| &proxy.login);
    let proxy = proxy.map(|login| &login.password_file);
    let paths = config.tls.roots.iter().chain(&lists).chain(&next).chain(proxy).cloned();
    let paths: Vec<PathBuf> = paths.chain(identities).collect();
    paths.iter().map(|path| stamp(path).ok()).collect()
}

fn stamp(path: &Path) -> io::Result<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.modified()?, metadata.len()))
}

fn take<T>(
    place: &str,
    loaded: Result<T, CertsError>,
    former: Option<T>,
    problems: &mut Problems,
    faults: &mut Problems,
) -> Option<T> {
    match (loaded, former) {
        (Ok(new), _) => Some(new),
        (Err(error), None) => problems.certs(place, Err(error)),
        (Err(error), Some(former)) => {
            let ja = format!("{}これまでの証明書を使い続けます。", error.text(Lang::Ja));
            let en = format!("{error}; what was read before stays in use");
            faults.add(code::CERTIFICATE_UNUSABLE, place, ja, en);
            Some(former)
        }
    }
}

fn tell_list(path: &Path, error: &CertsError, former: bool, faults: &mut Problems) {
    let (ja, en) = if former {
        ("これまでのリストを使い続けます。", "the list that was read before stays in use")
    } else {
        (
            "失効リストのない認証局の証明書はすべて拒否します（登録した証明書の相手とは送受信できます）。正しいリストに置き換えてください。",
            "certificates of authorities without a list are refused until it is mended, pinned ones are served; put the right list there",
        )
    };
    let about = format!("tls.revocation_lists {}", path.display());
    let ja = format!("{}{ja}", error.text(Lang::Ja));
    faults.add(code::REVOCATION_LIST_UNUSABLE, &about, ja, format!("{error}; {en}"));
}
