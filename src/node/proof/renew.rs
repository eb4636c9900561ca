//! Own certificates that are followed by others in time; how that goes is said in
//! [`crate::certs::renewal`].

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::clock::local_time;
use super::super::registered::strangers_to;
use super::{Problems, Proof, StartProblems, TLS_PLACE, signing_place};
use crate::certs::files::{self, Access, Existing};
use crate::certs::renewal::{self, Done, Haste, Renewable, RenewalError, Stage};
use crate::certs::{CertsError, Identity, Unfit, certificates_to_pem, unfit};
use crate::config::{Config, IdentityFiles};
use crate::disk::Alone;
use crate::package::{CertificateInfo, Trust, TrustError, Usage};
use crate::types::{Digest, Lang, OfficeNumber, code};

/// What became of the renewal of one of our certificates.
#[derive(Debug)]
pub struct Renewed {
    /// The file of the certificate.
    pub file: PathBuf,
    /// What was done, or why nothing.
    pub outcome: Result<Done, RenewalError>,
    /// How far it is now.
    pub stage: Stage,
}

/// Our identities, each file once, with how they are called in problems.
fn renewables(config: &Config) -> Vec<(String, Renewable<'_>)> {
    let tls = config.offices.first().map(|office| {
        let usages = vec![Usage::Tls];
        (
            TLS_PLACE.to_owned(),
            Renewable { files: &config.tls.identity, office: office.number, usages },
        )
    });
    let mut found: Vec<_> = tls.into_iter().collect();
    for office in &config.offices {
        match found.iter_mut().find(|(_, known)| *known.files == office.signing) {
            Some((_, known)) if known.usages.contains(&Usage::Signing) => {}
            Some((_, known)) => known.usages.push(Usage::Signing),
            None => {
                let usages = vec![Usage::Signing];
                let one = Renewable { files: &office.signing, office: office.number, usages };
                found.push((signing_place(office.number), one));
            }
        }
    }
    found
}

/// Why what an authority sent is not put into the place of the next certificate.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Nothing is waited for.
    #[error("no certificate is waited for here")]
    NotAsked,
    /// It is none for our key, or cannot be written.
    #[error(transparent)]
    Certs(#[from] CertsError),
    /// Nobody can accept it.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Partners who trust as we do would not accept it.
    #[error("partners would not accept it: {0}")]
    NotAccepted(TrustError),
    /// Our own authorities or lists cannot be used.
    #[error("{}", .0.text(Lang::En))]
    Trust(StartProblems),
}

impl AnswerError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (_, Self::Certs(error)) => error.text(lang),
            (_, Self::Unfit(why)) => why.text(lang),
            (_, Self::Trust(problems)) => problems.text(lang),
            (Lang::Ja, Self::NotAsked) => {
                "この証明書については、認証局に何も依頼していません。".to_owned()
            }
            (_, Self::NotAccepted(why)) => {
                let info = code::find(why.code());
                let meaning =
                    info.map_or_else(|| why.to_string(), |info| info.meaning(lang).to_owned());
                let to_do = info.map(|info| info.to_do(lang)).unwrap_or_default();
                match lang {
                    Lang::Ja => format!(
                        "この証明書は、相手に受け付けられません: {meaning}（{why}）。{to_do}"
                    ),
                    Lang::En => format!("partners would not accept it: {meaning} ({why}). {to_do}"),
                }
            }
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// Puts what an authority sent for the certificate in `file` where the next one belongs, if it is one
/// for our key that partners will accept. `name` is what faults call it. It is taken into use by
/// [`renew`].
pub(super) fn put_answer(
    config: &Config,
    file: &Path,
    (name, bytes): (&Path, &[u8]),
    trust: &Trust,
    now: Timestamp,
) -> Result<(), AnswerError> {
    let known = renewables(config).into_iter().find(|(_, one)| one.files.certificate() == file);
    let (_, renewable) = known.ok_or(AnswerError::NotAsked)?;
    let answer = renewal::answer(renewable.files, name, bytes)?;
    let (place, identity) = answer.ok_or(AnswerError::NotAsked)?;
    unfit(&identity, now)?;
    for usage in &renewable.usages {
        speaks(trust, &identity, renewable.office, *usage, now)
            .map_err(AnswerError::NotAccepted)?;
    }
    let pem = certificates_to_pem(identity.chain());
    Ok(files::write(&place, pem.as_bytes(), Access::Public, Existing::Replace)?)
}

/// Whether partners who trust as we do would believe an identity.
fn speaks(
    trust: &Trust,
    identity: &Identity,
    office: OfficeNumber,
    usage: Usage,
    now: Timestamp,
) -> Result<(), TrustError> {
    let (own, chain) = identity.chain().split_first().ok_or(TrustError::Unreadable)?;
    trust.speaks_for(own, chain, office, usage, now)
}

/// Does what is due, or what a person wants; of the certificate in one file alone where one is named.
/// `trust` is that of TLS and that of signatures.
pub(in crate::node) fn renew(
    config: &Config,
    only: Option<&Path>,
    haste: Haste,
    trust: (&Trust, &Trust),
    now: Timestamp,
) -> Vec<(String, Renewed)> {
    let one = |(place, renewable): (String, Renewable<'_>)| {
        let accepts = |identity: &Identity, usage| {
            let trust = if usage == Usage::Tls { trust.0 } else { trust.1 };
            speaks(trust, identity, renewable.office, usage, now)
        };
        let unaware =
            if haste == Haste::Take { unaware(config, renewable.files) } else { Vec::new() };
        let outcome = if unaware.is_empty() {
            let _alone = alone(&renewable, haste, now);
            renewal::advance(&renewable, haste, now, accepts)
        } else {
            Err(RenewalError::NotEverywhere { partners: unaware })
        };
        let stage = renewal::stage(renewable.files);
        (place, Renewed { file: renewable.files.certificate().to_owned(), outcome, stage })
    };
    let is_meant = |(_, one): &(String, Renewable<'_>)| {
        only.is_none_or(|only| one.files.certificate() == only)
    };
    renewables(config).into_iter().filter(is_meant).map(one).collect()
}

/// Keeps node, page and command from renewing the same certificate at once, where there is anything to
/// do. Whoever cannot lock the folder cannot write there either, and that is told.
fn alone(renewable: &Renewable<'_>, haste: Haste, now: Timestamp) -> Option<Alone> {
    let folder = renewable.files.certificate().parent()?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let is_to_do = haste != Haste::InTime || has_to_do(renewable, now);
    is_to_do.then(|| Alone::in_folder(folder).ok()).flatten()
}

/// The partners that have not said that they know the certificate which we made to follow this one.
/// May block.
pub(in crate::node) fn unaware(config: &Config, files: &IdentityFiles) -> Vec<OfficeNumber> {
    let Stage::Prepared { certificate, .. } = renewal::stage(files) else { return Vec::new() };
    let speaks = *files == config.tls.identity;
    let own = config.offices.iter().filter(|office| speaks || office.signing == *files);
    let own: Vec<_> = own.map(|office| office.number).collect();
    strangers_to(config, &own, Digest::of(&certificate))
}

/// Does what time asks for, tells the log, and returns what is in the way.
pub(in crate::node) fn renew_in_time(config: &Config, proof: &Proof, now: Timestamp) -> Problems {
    let mut problems = Problems::default();
    let trust = (proof.tls_trust.as_ref(), proof.trust.as_ref());
    for (place, Renewed { file, outcome, .. }) in renew(config, None, Haste::InTime, trust, now) {
        let file = file.display();
        match outcome {
            Ok(Done::Nothing) => {}
            Ok(Done::Begun) => tracing::info!(place, %file, "the renewal of a certificate began"),
            Ok(Done::Taken) => {
                tracing::info!(place, %file, "a renewed certificate is in its place");
            }
            // It is told already that the identity cannot be read.
            Err(RenewalError::Certs(error)) if is_of_present(&error, config) => {}
            Err(error) => {
                let (ja, en) = words(&error);
                problems.add(code::CERTIFICATE_RENEWAL_FAILED, &place, ja, en);
            }
        }
    }
    problems
}

/// Whether a fault is one of the files in use.
fn is_of_present(error: &CertsError, config: &Config) -> bool {
    let Some(path) = error.path() else { return false };
    renewables(config).iter().any(|(_, known)| known.files.paths().contains(&path))
}

/// Why a renewal does not go on, and what to do.
pub(in crate::node) fn words(error: &RenewalError) -> (String, String) {
    match error {
        RenewalError::Certs(error) => (
            format!("証明書の更新を進められません。{}", error.text(Lang::Ja)),
            format!("the renewal of a certificate does not go on: {error}"),
        ),
        RenewalError::NotEverywhere { partners } => {
            let partners: Vec<_> = partners.iter().map(ToString::to_string).collect();
            let (many, partners) = (partners.len(), partners.join(", "));
            (
                format!(
                    "まだ切り替えていません。次の証明書が届いたことを確認できない相手が {many} 件あります: {partners}。切り替えると、その相手とは送受信できなくなります。事業所カードで登録した相手には、双方の renkei が動いていれば数分で届きます。手で登録した相手には新しい SHA-256 を登録してもらってください。登録が済んでいるなら renkei certs renew --take --anyway（画面では「届いていなくても切り替える」）で切り替えられます。"
                ),
                format!(
                    "nothing was switched: {many} partners have not said that they have the next certificate ({partners}), and nothing could be exchanged with them. Those registered by card get it within minutes while both nodes run; have the others register its SHA-256. When they have, use it with renkei certs renew --take --anyway"
                ),
            )
        }
        RenewalError::NotAccepted { path, why } => {
            let path = path.display();
            let meaning = code::find(why.code()).map(|info| info.meaning(Lang::Ja));
            (
                format!(
                    "認証局から届いた証明書 {path} は、このままでは使えません: {}。正しければ renkei certs renew --take で切り替えられます。",
                    meaning.unwrap_or_default()
                ),
                format!(
                    "the certificate {path} that came from the authority would not be accepted: {why}; if it is right all the same, renkei certs renew --take uses it"
                ),
            )
        }
    }
}

/// Whether there is anything to do, by what can be read of the files.
pub(in crate::node) fn is_due(config: &Config, now: Timestamp) -> bool {
    renewables(config).iter().any(|(_, renewable)| has_to_do(renewable, now))
}

/// The same of one certificate.
fn has_to_do(renewable: &Renewable<'_>, now: Timestamp) -> bool {
    match renewal::stage(renewable.files) {
        Stage::Answered => true,
        Stage::Prepared { at, .. } => at <= now,
        Stage::Requested { answer, .. } => answer.exists(),
        Stage::None => {
            let certificates = crate::certs::load_certificates(renewable.files.certificate());
            let info = certificates.ok().and_then(|all| CertificateInfo::of(all.first()?).ok());
            info.is_some_and(|info| renewal::is_due(info.not_before, info.not_after, now))
        }
    }
}

/// Finishes what a crash left undone, before anything is read.
pub(in crate::node) fn finish(config: &Config) {
    for (place, renewable) in renewables(config) {
        match renewal::finish(renewable.files) {
            Ok(false) => {}
            Ok(true) => tracing::info!(place, "a renewed certificate is in its place"),
            // Whoever reads the pair tells what is wrong with it.
            Err(error) => tracing::warn!(place, %error, "a renewal could not be finished"),
        }
    }
}

/// How far the renewals are, by the file of the certificate.
pub(super) fn stages(config: &Config) -> Vec<(PathBuf, Stage)> {
    let all = renewables(config).into_iter();
    all.map(|(_, known)| (known.files.certificate().to_owned(), renewal::stage(known.files)))
        .collect()
}

/// What a person has to do for the renewal of the certificate in `file`.
pub(super) fn to_do(stages: &[(PathBuf, Stage)], file: &Path) -> (String, String) {
    let stage = stages.iter().find(|(known, _)| known == file).map(|(_, stage)| stage);
    match stage {
        Some(Stage::Prepared { certificate, at }) => {
            let (sha256, at) = (Digest::of(certificate), local_time(*at));
            (
                format!(
                    "次の証明書（SHA-256 {sha256}）を用意してあります。事業所カードで登録した相手には自動で伝わります。ほかの相手には、今の値と並べて登録してもらってください。{at} に自動で切り替わります。全員の登録が済んだら renkei certs renew --take ですぐに切り替えられます。"
                ),
                format!(
                    "the next one is prepared (SHA-256 {sha256}): partners with our card learn of it by themselves, have the others register it beside the present one. It is used from {at} on by itself, or at once with renkei certs renew --take when all have done so"
                ),
            )
        }
        Some(Stage::Requested { request, answer }) => {
            let (request, answer) = (request.display(), answer.display());
            (
                format!(
                    "{request} を認証局に出し、届いた証明書を {answer} として置いてください。自動で切り替わります。"
                ),
                format!(
                    "send {request} to the authority and save what comes back as {answer}; it is used by itself"
                ),
            )
        }
        Some(Stage::Answered | Stage::None) | None => {
            ("新しい証明書を準備してください。".to_owned(), "get a new one".to_owned())
        }
    }
}
