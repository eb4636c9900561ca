//! Whom a relay knows.
//!
//! By a pinned certificate of the configuration, by an authority whose certificates carry the office
//! number, or by a card that the operator approved. Whom the operator refuses is known in no way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::store::{Positions, RelayStore, RelayStoreError, Standing};
use crate::certs::{self, CertsError};
use crate::config::RelayConfig;
use crate::link::Caller;
use crate::package::card::{CardCertificate, SignedCard};
use crate::package::{Trust, TrustSources, Usage};
use crate::types::{Clock, Digest, Instant, OfficeNumber};

/// What trust is built from, as the files of the configuration have it.
pub(super) struct Sources {
    of_config: TrustSources,
    pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
}

impl Sources {
    /// Reads the files.
    pub(super) fn load(config: &RelayConfig) -> Result<Self, CertsError> {
        let (mut roots, mut naming, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for path in &config.tls.roots {
            let certificates = certs::load_certificates(path)?;
            let places = config.tls.office_numbers.iter().filter(|place| place.authority == *path);
            for place in places {
                let all = certificates.iter().cloned();
                naming.extend(all.map(|certificate| (certificate, place.rule.clone())));
            }
            roots.extend(certificates);
        }
        for path in &config.tls.revocation_lists {
            lists.extend(certs::load_revocation_lists(path)?);
        }
        let of_config = TrustSources {
            roots,
            naming,
            revocation_lists: lists,
            revocation_grace: config.tls.revocation_grace,
            revocation_strict: config.tls.revocation_strict,
            ..TrustSources::default()
        };
        let pins = config.offices.iter();
        let pins =
            pins.map(|office| (office.number, office.tls_certificates.iter().copied().collect()));
        Ok(Self { of_config, pins: pins.collect() })
    }
}

/// An office of the store.
#[derive(Debug, Clone)]
struct Known {
    standing: Standing,
    serial: u64,
    /// The TLS certificates of its card, where the operator approved it by that.
    pins: BTreeSet<Digest>,
    /// The certificate that signed this card.
    signer: Option<Digest>,
}

/// So old the judgement on a certificate may be, as that on a connection.
const RECHECK: Duration = Duration::from_mins(1);

/// More judgements are not kept.
const JUDGED: usize = 20_000;

/// Which certificates spoke for which offices, and when that was judged: verifying a chain costs more
/// than a usual request.
type Judged = Arc<Mutex<HashMap<(Digest, OfficeNumber), Instant>>>;

/// The offices of this moment.
#[derive(Clone)]
pub(super) struct Offices {
    pub(super) trust: Arc<Trust>,
    stored: BTreeMap<OfficeNumber, Known>,
    configured: BTreeSet<OfficeNumber>,
    /// Those that a certificate is pinned for, in the order in which it is taken to be theirs.
    by_pin: HashMap<Digest, Vec<OfficeNumber>>,
    judged: Judged,
}

impl Offices {
    /// Those of the configuration and those of the store. Cards that `former` has read are not read
    /// again.
    pub(super) async fn load<S: RelayStore>(
        sources: &Sources,
        store: &S,
        rows: &[Positions],
        former: Option<&Self>,
    ) -> Result<Self, RelayStoreError> {
        let mut stored = BTreeMap::new();
        for row in rows {
            let before = former.and_then(|former| former.stored.get(&row.office));
            let is_as_before = before.is_some_and(|before| {
                (before.standing, before.serial) == (row.standing, row.serial)
            });
            let known = match (row.standing, before) {
                (Standing::Approved, Some(before)) if is_as_before => before.clone(),
                (Standing::Approved, _) => {
                    let card = store.card(row.office).await?;
                    let card = card.and_then(|card| SignedCard::open(&card).ok());
                    Known {
                        standing: row.standing,
                        serial: row.serial,
                        pins: card.as_ref().map(tls_of).unwrap_or_default(),
                        signer: card.map(|card| card.signer().sha256()),
                    }
                }
                (standing @ (Standing::Known | Standing::Refused), _) => {
                    Known { serial: row.serial, ..Known::without_card(standing) }
                }
            };
            stored.insert(row.office, known);
        }
        let mut pins = sources.pins.clone();
        for (office, known) in &stored {
            pins.entry(*office).or_default().extend(&known.pins);
        }
        pins.retain(|office, _| {
            stored.get(office).is_none_or(|known| known.standing != Standing::Refused)
        });
        let mut by_pin: HashMap<Digest, Vec<OfficeNumber>> = HashMap::new();
        for (office, digests) in &pins {
            for digest in digests {
                by_pin.entry(*digest).or_default().push(*office);
            }
        }
        for (digest, offices) in by_pin.iter_mut().filter(|(_, offices)| offices.len() > 1) {
            let before = former.and_then(|former| former.by_pin.get(digest));
            // The operator's word counts before that of a card, and who had it before others.
            offices.sort_by_key(|office| {
                let is_configured =
                    sources.pins.get(office).is_some_and(|pins| pins.contains(digest));
                let place = before.and_then(|all| all.iter().position(|one| one == office));
                (!is_configured, place.unwrap_or(usize::MAX), *office)
            });
        }
        let of_config = TrustSources { pins, ..sources.of_config.clone() };
        let trust = Trust::new(of_config).map_err(|error| RelayStoreError::Settings {
            ja: format!("設定の tls.roots の認証局の証明書を使えません（{error}）。"),
            en: format!("the authorities of tls.roots cannot be used: {error}"),
        })?;
        Ok(Self {
            trust: Arc::new(trust),
            stored,
            configured: sources.pins.keys().copied().collect(),
            by_pin,
            judged: Judged::default(),
        })
    }

    /// The same, and those that became known here since `former` and are not in the store's rows yet.
    pub(super) fn and_new_of(self, current: &Self, former: &Self) -> Self {
        let new = current.stored.keys().filter(|office| !former.stored.contains_key(*office));
        new.fold(self, |offices, office| offices.with(*office))
    }

    /// The same, and one more that an authority made known.
    pub(super) fn with(&self, office: OfficeNumber) -> Self {
        let mut more = self.clone();
        more.stored.entry(office).or_insert(Known::without_card(Standing::Known));
        more
    }

    /// Tells the log what the operator decided since `former`.
    pub(super) fn tell_changes(&self, former: &Self) {
        for (office, known) in &self.stored {
            let before = former.stored.get(office).map(|known| known.standing);
            if before == Some(known.standing) {
                continue;
            }
            match (known.standing, known.signer) {
                (Standing::Approved, Some(signer)) => {
                    tracing::info!(%office, %signer, "the operator approved the office");
                }
                (Standing::Approved, None) => {
                    tracing::warn!(%office, "the office is approved, and its card cannot be read");
                }
                (Standing::Refused, _) => {
                    tracing::info!(%office, "the operator refused the office");
                }
                (Standing::Known, _) if before.is_some() => {
                    tracing::info!(%office, "the operator refuses the office no more");
                }
                (Standing::Known, _) => {}
            }
        }
    }

    /// Whether the store has other offices by now, or other cards of them.
    pub(super) fn differ_from(&self, rows: &[Positions]) -> bool {
        rows.len() != self.stored.len()
            || rows.iter().any(|row| {
                self.stored.get(&row.office).is_none_or(|known| {
                    (known.standing, known.serial) != (row.standing, row.serial)
                })
            })
    }

    /// Whether packages are taken for an office.
    pub(super) fn knows(&self, office: OfficeNumber) -> bool {
        match self.stored.get(&office) {
            Some(known) => known.standing != Standing::Refused,
            None => self.configured.contains(&office),
        }
    }

    /// Whether the store has a row of it.
    pub(super) fn has_row(&self, office: OfficeNumber) -> bool {
        self.stored.contains_key(&office)
    }

    /// The serial of its card, if it has one.
    pub(super) fn serial(&self, office: OfficeNumber) -> Option<u64> {
        self.stored.get(&office).map(|known| known.serial).filter(|serial| *serial > 0)
    }

    /// Whether it is known by its card alone.
    pub(super) fn is_approved(&self, office: OfficeNumber) -> bool {
        self.stored.get(&office).is_some_and(|known| known.standing == Standing::Approved)
    }

    /// Whether a certificate speaks for an office.
    pub(super) fn speaks_for(
        &self,
        peer: &Caller,
        office: OfficeNumber,
        now: jiff::Timestamp,
    ) -> bool {
        let is_refused =
            self.stored.get(&office).is_some_and(|known| known.standing == Standing::Refused);
        if is_refused {
            return false;
        }
        let Caller { certificate, chain, certificate_sha256, .. } = peer;
        let (key, moment) = ((*certificate_sha256, office), Clock::running());
        let judged = || self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if judged().get(&key).is_some_and(|at| moment.saturating_duration_since(*at) < RECHECK) {
            return true;
        }
        let speaks = self.trust.speaks_for(certificate, chain, office, Usage::Tls, now).is_ok();
        if speaks {
            let mut judged = judged();
            if judged.len() >= JUDGED {
                judged.clear();
            }
            judged.insert(key, moment);
        }
        speaks
    }

    /// The office that a certificate speaks for. Of several it is the one that the certificate itself
    /// names: any office may put any certificate into its card.
    pub(super) fn of(&self, peer: &Caller, now: jiff::Timestamp) -> Option<OfficeNumber> {
        let named = self.trust.named_office(&peer.certificate, &peer.chain, Usage::Tls, now);
        let pinned = self.by_pin.get(&peer.certificate_sha256).into_iter().flatten().copied();
        let mut offices = named.into_iter().chain(pinned);
        offices.find(|office| self.speaks_for(peer, *office, now))
    }
}

impl Known {
    const fn without_card(standing: Standing) -> Self {
        Self { standing, serial: 0, pins: BTreeSet::new(), signer: None }
    }
}

/// The TLS certificates of a card.
fn tls_of(card: &SignedCard) -> BTreeSet<Digest> {
    card.card().certificates.tls.iter().map(CardCertificate::sha256).collect()
}
