//! Registering partners, renaming and removing them: what the command `renkei partner` and the page do
//! in the same way.
//!
//! Before anything is written, the whole configuration is read as it would be then.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::certs;
use crate::config::{
    Config, Draft, PARTNERS, PartnerFile, Peer, SourceError, Sources, partner_text, problems_text,
};
use crate::disk::Alone;
use crate::node::cards::{self, Partner};
use crate::package::card::{CardFault, MAX_CARD, SignedCard};
use crate::package::{Trust, TrustSources};
use crate::store::{Store, StoreError};
use crate::types::text::is_office_name;
use crate::types::{Digest, Lang, OfficeNumber, PeerUrl, Problems, io_text};

/// Why partners stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is wrong, or would be.
    #[error("{}", problems_text(.path, .problems, Lang::En))]
    Config {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        problems: Problems,
    },
    /// Nobody knows the partner.
    #[error("the partner {0} is not registered")]
    Unknown(OfficeNumber),
    /// It stands in the configuration itself.
    #[error("the partner {0} is a [[peer]] of the configuration; change it there")]
    ByHand(OfficeNumber),
    /// The card is our own.
    #[error("this is the card of your own office; name the one that you got from the partner")]
    OwnOffice,
    /// The card says no way to its office.
    #[error(
        "the card does not say where the office is reached, nor a relay of ours, and nobody can connect to this node; ask the partner to set [node] url or its [[relay]] and to make the card again, or set node.listen"
    )]
    NoWay,
    /// The card is not one to be taken.
    #[error(transparent)]
    Card(#[from] CardFault),
    /// Not a name of an office.
    #[error("a name has up to 100 characters that are all visible")]
    Name,
    /// Somebody else has changed partners meanwhile.
    #[error("the partners have changed meanwhile, so nothing was written; try again")]
    Changed,
    /// The folder of the partners cannot be written to.
    #[error("cannot write to the folder {}: {error}", .folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PartnerError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (_, Self::Source(error)) => error.text(lang),
            (_, Self::Config { path, problems }) => problems_text(path, problems, lang),
            (_, Self::Card(fault)) => fault.text(lang),
            (Lang::Ja, Self::Unknown(partner)) => {
                format!("相手 {partner} は登録されていません。")
            }
            (Lang::Ja, Self::ByHand(partner)) => format!(
                "相手 {partner} は設定ファイルの [[peer]] に書かれています。設定ファイルを直してください。"
            ),
            (Lang::Ja, Self::OwnOffice) => {
                "自事業所のカードです。相手から受け取ったカードを指定してください。".to_owned()
            }
            (Lang::Ja, Self::NoWay) => "この事業所カードには接続先も、こちらと同じ中継サーバーもなく、こちらの renkei も接続を受けません（node.listen がありません）。相手に、設定の [node] url か [[relay]] を書いてからカードを作り直してもらってください。".to_owned(),
            (Lang::Ja, Self::Name) => {
                "名前は 100 文字までで、改行や見えない文字は使えません。".to_owned()
            }
            (Lang::Ja, Self::Changed) => "その間に相手の登録が変わったため、何も変更していません。もう一度やり直してください。".to_owned(),
            (_, Self::Folder { folder, error }) => {
                let (folder, why) = (folder.display(), io_text(error, lang));
                match lang {
                    Lang::Ja => format!("フォルダー {folder} に書けません: {why}。"),
                    Lang::En => format!("cannot write to the folder {folder}: {why}"),
                }
            }
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// A configuration in order, with the texts that it was read from.
#[derive(Debug)]
pub struct Book {
    sources: Sources,
    config: Config,
}

/// What is known of a card that somebody wants to register.
#[derive(Debug)]
pub struct Candidate {
    /// The card.
    pub card: SignedCard,
    /// The partner that it makes.
    pub peer: Peer,
    /// What is registered of the office so far.
    pub held: Option<Partner>,
    /// What it takes to register it.
    pub standing: Standing,
}

/// What it takes to register a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the one that is registered.
    Same,
    /// It is signed with the registered key: nothing has to be compared.
    Trusted,
    /// Two people have to compare the digits.
    ToCompare,
    /// The same, although the office is registered: it has made new keys, or is somebody else.
    OtherHand,
}

/// A card from the bytes of a file.
///
/// # Errors
///
/// They are no card.
pub fn read_card(bytes: &[u8]) -> Result<SignedCard, CardFault> {
    if bytes.len() > MAX_CARD {
        return Err(CardFault::TooLarge { limit: MAX_CARD });
    }
    SignedCard::open(bytes)
}

/// How many packages wait to be sent to a partner.
///
/// # Errors
///
/// The store cannot be read.
pub async fn waiting(store: &Store, partner: OfficeNumber) -> Result<u64, StoreError> {
    let status = store.status().await?;
    let of_partner = status.waiting.iter().filter(|waiting| waiting.partner == partner);
    Ok(of_partner.map(|waiting| waiting.count).sum())
}

impl Book {
    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not in order.
    pub fn open(path: &Path) -> Result<Self, PartnerError> {
        let sources = Sources::read(path)?;
        let config = whole(&sources)?;
        Ok(Self { sources, config })
    }

    /// What it says.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The texts that it was read from.
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A partner that stands in a file of its own.
    ///
    /// # Errors
    ///
    /// It is not there, or stands elsewhere.
    pub fn held(&self, partner: OfficeNumber) -> Result<Partner, PartnerError> {
        let by_hand = || match self.config.peer(partner) {
            Some(_) => PartnerError::ByHand(partner),
            None => PartnerError::Unknown(partner),
        };
        cards::partner(&self.config.home, partner).ok_or_else(by_hand)
    }

    /// Says what it takes to register a card.
    ///
    /// # Errors
    ///
    /// Why it is not to be registered.
    pub fn judge(&self, card: SignedCard, now: Timestamp) -> Result<Candidate, PartnerError> {
        card.check_time(now)?;
        let partner = card.card().office;
        if self.config.office(partner).is_some() && self.config.offices.len() == 1 {
            return Err(PartnerError::OwnOffice);
        }
        let held = match self.held(partner) {
            Ok(held) => Some(held),
            Err(PartnerError::Unknown(_)) => None,
            Err(error) => return Err(error),
        };
        let former = held.as_ref().and_then(|held| held.card.as_ref());
        let is_same = former.is_some_and(|old| old.sha256() == card.sha256());
        let peer = match cards::peer_of(&card, held.as_ref(), cards::OwnWays::of(&self.config)) {
            Ok(peer) => peer,
            Err(cards::NoWay) => return Err(PartnerError::NoWay),
        };
        let standing = match self.replaces(held.as_ref(), &card, now) {
            _ if is_same => Standing::Same,
            None => Standing::ToCompare,
            Some(Ok(())) => Standing::Trusted,
            Some(Err(fault @ CardFault::Older { .. })) => return Err(fault.into()),
            Some(Err(_)) => Standing::OtherHand,
        };
        Ok(Candidate { card, peer, held, standing })
    }

    /// Whether the card takes the place of the one that is registered; nothing where none is. Only the
    /// certificates that are registered for the partner are asked.
    fn replaces(
        &self,
        held: Option<&Partner>,
        card: &SignedCard,
        now: Timestamp,
    ) -> Option<Result<(), CardFault>> {
        let Partner { peer, card: old } = held?;
        let old = old.as_ref()?;
        let pins = [(peer.office, peer.signing_certificates.iter().copied().collect())].into();
        // Where a list cannot be read nobody knows what was revoked: people compare the digits.
        let files = certs::fetched::list_files(&self.config);
        let lists = files.iter().map(|path| certs::load_revocation_lists(path));
        let lists = lists.collect::<Result<Vec<_>, _>>().ok()?;
        let sources = TrustSources {
            pins,
            revocation_lists: lists.into_iter().flatten().collect(),
            revocation_grace: self.config.tls.revocation_grace,
            ..TrustSources::default()
        };
        let trust = Trust::new(sources).ok()?;
        Some(card.replaces(old, &trust, now))
    }

    /// Registers a card; that it was compared where it has to be is for the caller.
    ///
    /// # Errors
    ///
    /// Why nothing was written.
    pub fn register(&self, candidate: &Candidate) -> Result<(), PartnerError> {
        self.put(&candidate.peer, Some(&candidate.card))
    }

    /// Gives a partner another name.
    ///
    /// # Errors
    ///
    /// Why nothing was written.
    pub fn rename(&self, partner: OfficeNumber, name: &str) -> Result<(), PartnerError> {
        let held = self.held(partner)?;
        if !is_office_name(name) {
            return Err(PartnerError::Name);
        }
        let peer = Peer { name: Some(name.to_owned()), ..held.peer };
        self.put(&peer, held.card.as_ref())
    }

    /// Removes a partner and its card. What waits for it is for the caller.
    ///
    /// # Errors
    ///
    /// Why nothing was removed.
    pub fn remove(&self, partner: OfficeNumber) -> Result<(), PartnerError> {
        self.held(partner)?;
        let _alone = self.alone()?;
        cards::remove(&self.config.home, partner).map(drop).map_err(|error| self.folder(error))
    }

    /// Registers partners without cards, all of them or none where anything is wrong.
    ///
    /// # Errors
    ///
    /// Why not all of them were written.
    pub fn put_all(&self, peers: &[&Peer]) -> Result<(), PartnerError> {
        self.write(peers, None)
    }

    fn put(&self, peer: &Peer, card: Option<&SignedCard>) -> Result<(), PartnerError> {
        self.write(&[peer], card)
    }

    fn write(&self, peers: &[&Peer], card: Option<&SignedCard>) -> Result<(), PartnerError> {
        let mut with = self.sources.clone();
        for peer in peers {
            with.put(PartnerFile::new(peer.office, partner_text(peer, None)));
        }
        whole(&with)?;
        let _alone = self.alone()?;
        for peer in peers {
            cards::put(&self.config.home, peer, card).map_err(|error| self.folder(error))?;
        }
        Ok(())
    }

    /// Waits until nobody else writes partners, and makes sure that they are as they were read:
    /// meanwhile the node may have taken a newer card.
    fn alone(&self) -> Result<Alone, PartnerError> {
        let alone = cards::alone(&self.config.home).map_err(|error| self.folder(error))?;
        if Sources::read(&self.sources.path)?.partners == self.sources.partners {
            return Ok(alone);
        }
        Err(PartnerError::Changed)
    }

    fn folder(&self, error: io::Error) -> PartnerError {
        PartnerError::Folder { folder: self.config.home.join(PARTNERS), error }
    }
}

/// A configuration without problems.
fn whole(sources: &Sources) -> Result<Config, PartnerError> {
    let Draft { config, problems } = sources.draft();
    if problems.is_empty() {
        return Ok(config);
    }
    Err(PartnerError::Config { path: sources.path.clone(), problems: Problems(problems) })
}

impl Candidate {
    /// What becomes different of a partner that is registered: the name of each thing, what it was and
    /// what it will be.
    pub fn changes(&self, lang: Lang) -> Vec<(&'static str, String, String)> {
        let Some(Partner { peer: old, .. }) = &self.held else { return Vec::new() };
        let peer = &self.peer;
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let url = |url: &Option<PeerUrl>| url.as_ref().map(ToString::to_string).unwrap_or_default();
        let pins =
            |digests: &[Digest]| digests.iter().map(Digest::short).collect::<Vec<_>>().join(", ");
        let types = |peer: &Peer| {
            let types = peer.service_types.iter().map(ToString::to_string);
            types.collect::<Vec<_>>().join(", ")
        };
        let edition =
            |peer: &Peer| peer.edition.map(|edition| edition.to_string()).unwrap_or_default();
        let facts = [
            (lang.pick("名称", "name"), text(&old.name), text(&peer.name)),
            (lang.pick("接続先", "reached at"), url(&old.url), url(&peer.url)),
            (lang.pick("中継サーバー", "relay"), url(&old.relay), url(&peer.relay)),
            (lang.pick("サービス種類", "service types"), types(old), types(peer)),
            (lang.pick("取り込める版", "edition"), edition(old), edition(peer)),
            (lang.pick("送信単位", "send units"), old.takes.join(", "), peer.takes.join(", ")),
            (
                lang.pick("TLS 証明書", "TLS certificates"),
                pins(&old.tls_certificates),
                pins(&peer.tls_certificates),
            ),
            (
                lang.pick("署名証明書", "signing certificates"),
                pins(&old.signing_certificates),
                pins(&peer.signing_certificates),
            ),
        ];
        facts.into_iter().filter(|(_, old, new)| old != new).collect()
    }
}
