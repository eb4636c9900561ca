//! How a claimed unit ends: packed, held, or given back.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::super::context::{blocking, wake};
use super::super::conversion::OutboundSet;
use super::super::folders::DropFolders;
use super::super::judge::{self, Judgement};
use super::notes::{self, About};
use super::{Outbound, OutboundFault, UnitKey};
use crate::config::Peer;
use crate::folder::{Claim, ClaimedFile, Fault, FolderError, Kept, Released, Seen};
use crate::package::{
    Manifest, ManifestFile, ManifestFormat, PackError, Party, Signer, pack_described,
};
use crate::store::{HeldRow, NewOutgoing, PackedSet, UnitSummary};
use crate::types::{Digest, FileName, FileSerial, Hashed, Lang, MessageId, OfficeNumber, code};

/// What is told of a package that became durable.
pub(super) struct Packed {
    id: MessageId,
    partner: OfficeNumber,
    serial: FileSerial,
    sequence: u64,
}

impl Packed {
    pub(super) const fn of(new: &NewOutgoing) -> Self {
        Self { id: new.id, partner: new.partner, serial: new.serial, sequence: new.sequence }
    }
}

impl Outbound {
    /// Makes the unit a durable package; only then may its files be let go. `false` if the package
    /// would be larger than is allowed: it is more than its files.
    pub(super) async fn pack(
        &self,
        (serial, peer): (FileSerial, &Peer),
        claim: &Arc<Claim>,
        set: OutboundSet,
        now: Timestamp,
    ) -> Result<bool, OutboundFault> {
        let context = &self.context;
        let sequence = context.store.next_sequence(self.folders.office, peer.office).await?;
        let OutboundSet { files, judgement, converted_from } = set;
        let mut new =
            self.signed((serial, peer), claim.id(), (files, &judgement), sequence, now).await?;
        new.unit.converted_from = converted_from;
        if !self.fits(&new) {
            return Ok(false);
        }
        let packed = Packed::of(&new);
        context.store.pack(new, now).await?;
        self.packed(&packed);
        Ok(true)
    }

    /// Whether the package is not larger than is allowed.
    pub(super) fn fits(&self, new: &NewOutgoing) -> bool {
        let size = u64::try_from(new.package.len()).unwrap_or(u64::MAX);
        size <= self.context.config.limits.package_size
    }

    /// A durable package is on its way.
    pub(super) fn packed(&self, Packed { id, partner, serial, sequence }: &Packed) {
        let office = self.folders.office;
        wake(&self.context.wake.dispatch, &(office, *partner));
        tracing::info!(%id, %office, %partner, %serial, sequence, "packed");
    }

    /// The signed package of a unit.
    pub(super) async fn signed(
        &self,
        (serial, peer): (FileSerial, &Peer),
        id: MessageId,
        (files, judgement): (Arc<Vec<ClaimedFile>>, &Judgement),
        sequence: u64,
        now: Timestamp,
    ) -> Result<NewOutgoing, OutboundFault> {
        let context = &self.context;
        let (office, partner) = (self.folders.office, peer.office);
        let expires_at = now.checked_add(context.config.timing.expiry).unwrap_or(Timestamp::MAX);
        let own = context.config.office(office);
        let proof = context.proof();
        let signer =
            Arc::clone(proof.usable_signer(office, now).map_err(|_| OutboundFault::Internal)?);
        let manifest = Manifest {
            format: ManifestFormat::V1,
            message_id: id,
            sequence,
            sender: Party {
                office,
                service_types: own.map(|own| own.service_types.clone()).unwrap_or_default(),
                certificate: Some(signer.certificate_sha256()),
            },
            recipient: Party {
                office: partner,
                service_types: peer.service_types.clone(),
                certificate: peer.signing_certificates.first().copied(),
            },
            created_at: now,
            expires_at,
            kind: judgement.kind(),
            edition: judgement.edition().ok_or(OutboundFault::Internal)?,
            months: judgement.months(),
            serial,
            supersedes: None,
            files: Vec::new(),
        };
        let digests: Vec<_> = files.iter().map(|file| judgement.sha256(&file.name)).collect();
        let (package, manifest, manifest_sha256) = blocking(move || {
            let listed = (1..)
                .zip(files.iter().zip(digests))
                .map(|(n, (file, known))| {
                    let sha256 = known.unwrap_or_else(|| Digest::of(&file.bytes));
                    ManifestFile::describe_known(n, &file.name, file.bytes.len(), sha256)
                })
                .collect::<Result<_, _>>()
                .map_err(PackError::from)?;
            let manifest = Manifest { files: listed, ..manifest };
            let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
            let (package, digest) = packed(&manifest, &bytes, &signer, now)?;
            Ok::<_, PackError>((package, manifest, digest))
        })
        .await
        .ok_or(OutboundFault::Internal)??;
        Ok(NewOutgoing {
            id,
            office,
            partner,
            sequence,
            serial,
            unit: UnitSummary {
                kind: manifest.kind,
                edition: Some(manifest.edition),
                converted_from: None,
                months: manifest.months,
                files: judge::listed_files(&manifest.files),
                records: judgement.records(),
                findings: judgement.findings(),
            },
            expires_at,
            package_sha256: package.sha256(),
            manifest_sha256,
            package: package.bytes().clone(),
        })
    }

    /// Lets the files of a durable package go. The store knows the claim, so that what fails here
    /// is done with the next look or the next start.
    pub(super) async fn let_go(&mut self, claim: &Arc<Claim>) -> Result<(), OutboundFault> {
        let gone = Arc::clone(claim);
        let finished = blocking(move || gone.finish()).await.ok_or(OutboundFault::Internal)?;
        self.let_gone(claim, finished).await
    }

    /// What comes after the attempt to let the files of a durable package go.
    pub(super) async fn let_gone(
        &mut self,
        claim: &Arc<Claim>,
        finished: Result<(), FolderError>,
    ) -> Result<(), OutboundFault> {
        let ended = match finished {
            Err(error) if error.fault() == Fault::Changed => self.end(claim).await,
            ended => ended.map_err(OutboundFault::Folder),
        };
        self.left_over |= ended.is_err();
        match ended {
            // What is wrong with one claim keeps no new set back.
            Err(OutboundFault::Folder(error)) => {
                let id = claim.id();
                tracing::warn!(%id, code = error.code(), %error, "a packed set stays in work");
                Ok(())
            }
            ended => ended,
        }
    }

    /// Ends a claim as the store says: gives it back, or lets it go.
    pub(super) async fn end(&self, claim: &Arc<Claim>) -> Result<(), OutboundFault> {
        let store = &self.context.store;
        let packed = store.packed_set(claim.id()).await?;
        let at = (self.context.lang(), self.context.now());
        let (folders, ending) = (Arc::clone(&self.folders), Arc::clone(claim));
        let ended = blocking(move || end_claim(&folders, &ending, packed.as_ref(), at)).await;
        let held = ended.ok_or(OutboundFault::Internal)??;
        self.note_held(claim, held).await
    }

    /// Stores the row of files of a claim that were copied into the hold folder, and then deletes
    /// them.
    pub(super) async fn note_held(
        &self,
        claim: &Arc<Claim>,
        held: Option<CopiedToHold>,
    ) -> Result<(), OutboundFault> {
        let Some(CopiedToHold { row, files }) = held else { return Ok(()) };
        self.context.store.hold(row).await?;
        let claim = Arc::clone(claim);
        Ok(blocking(move || claim.discard(&files)).await.ok_or(OutboundFault::Internal)??)
    }

    /// Puts the unit into the hold folder with its report. The row comes when the folder is there,
    /// and the files go when the row is there: what fails in between is done again without a trace.
    pub(super) async fn hold(
        &self,
        key: &UnitKey,
        claim: &Arc<Claim>,
        judgement: &Judgement,
        files: &[ClaimedFile],
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        let office = self.folders.office;
        let (unit, partner, serial) = match key {
            UnitKey::Unit { serial, sender, recipient } => {
                (judge::unit_name(*serial, *sender, *recipient), Some(*recipient), Some(*serial))
            }
            UnitKey::Stranger { .. } => (judge::stranger_name(now), None, None),
        };
        let to = partner.map(|partner| {
            let name = self.context.config.name(partner);
            let name = name.map(|name| format!(" {name}")).unwrap_or_default();
            let serial = serial.map(|serial| serial.to_string()).unwrap_or_default();
            match self.context.lang() {
                Lang::Ja => format!("{partner}{name}（連番 {serial}）"),
                Lang::En => format!("{partner}{name} (file serial {serial})"),
            }
        });
        let notes = judgement.reports(to.as_deref(), self.context.lang());
        let (folders, held) = (Arc::clone(&self.folders), Arc::clone(claim));
        let kept = blocking(move || {
            let notes: Vec<(&str, &[u8])> =
                notes.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            held.copy_to(&folders.hold, &unit, &notes)
        });
        let kept = kept.await.ok_or(OutboundFault::Internal)??;
        let folder = folder_name(&kept);
        let reason = judgement.codes();
        tracing::warn!(%office, folder, reason, "held");
        let row = HeldRow {
            at: now,
            office,
            partner,
            serial,
            unit: UnitSummary {
                kind: judgement.kind(),
                edition: judgement.edition(),
                converted_from: None,
                months: judgement.months(),
                // The name of a stranger may be that of a person.
                files: if serial.is_some() {
                    judge::unit_files(&borrowed(files))
                } else {
                    Vec::new()
                },
                records: judgement.records(),
                findings: judgement.findings(),
            },
            reason,
            folder,
        };
        self.context.store.hold(row).await?;
        let claim = Arc::clone(claim);
        blocking(move || claim.finish()).await.ok_or(OutboundFault::Internal)??;
        Ok(())
    }
}

/// The package of files that a manifest has just described, or that lay in a package that was opened;
/// and the digest of the manifest.
pub(in super::super) fn packed(
    manifest: &Manifest,
    files: &[&[u8]],
    signer: &Signer,
    now: Timestamp,
) -> Result<(Hashed, Digest), PackError> {
    let digest = Digest::of(&manifest.to_bytes()?);
    Ok((Hashed::from(Bytes::from(pack_described(manifest, files, signer, now)?)), digest))
}

pub(super) fn borrowed(files: &[ClaimedFile]) -> Vec<(&str, &[u8])> {
    files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect()
}

/// Files of a claim of which copies lie in the hold folder: when their row is stored, they are to be
/// discarded.
pub(in super::super) struct CopiedToHold {
    pub(in super::super) row: HeldRow,
    /// As they were before they were copied.
    pub(in super::super) files: Vec<Seen>,
}

/// Gives a claim back to the drop folder. Files in whose place others have come are held.
pub(super) fn release(
    folders: &DropFolders,
    claim: &Claim,
    (lang, now): (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    let unit = format!("{}-returned", claim.id());
    let note = notes::returned(lang);
    let files = claim.as_they_are();
    let Released { kept, .. } = claim.release(&folders.hold, &unit, &note.files())?;
    let Some(kept) = kept else { return Ok(None) };
    tracing::warn!(id = %claim.id(), "files are held: newer ones have come in their place");
    // A claim has files of one set.
    let name = claim.files().iter().find_map(|file| FileName::parse(file.name()).ok());
    let row = HeldRow {
        at: now,
        office: folders.office,
        partner: name.as_ref().map(|name| name.recipient),
        serial: name.as_ref().map(|name| name.serial),
        unit: UnitSummary::default(),
        reason: code::OVERTAKEN_IN_DROP.to_owned(),
        folder: folder_name(&kept),
    };
    Ok(Some(CopiedToHold { row, files }))
}

/// The folder of a kept set as its row has it.
pub(super) fn folder_name(kept: &Kept) -> String {
    kept.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Ends a claim that was left in the work folder: `packed` is what the store made of it.
pub(in super::super) fn end_claim(
    folders: &DropFolders,
    claim: &Claim,
    packed: Option<&PackedSet>,
    at: (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    match packed {
        Some(packed) => let_go(folders, claim, packed, at),
        None => release(folders, claim, at),
    }
}

/// Lets the files of a durable package go. Those that somebody wrote to since they were read are not
/// what was signed: they go to the hold folder.
fn let_go(
    folders: &DropFolders,
    claim: &Claim,
    packed: &PackedSet,
    (lang, now): (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    // The files of a converted set are others than those that were signed.
    let is_signed = |name: &str| match packed.unit.converted_from {
        None => packed.unit.files.iter().find(|file| file.name == name),
        Some(_) => None,
    };
    // Before they are looked at: what is written to them from now on shows when they are discarded.
    let files = claim.as_they_are();
    let changed = claim.changed(|name| is_signed(name).map(|file| (file.size, file.sha256)))?;
    if changed.is_empty() {
        return claim.finish().map(|()| None);
    }
    let signed: Vec<(String, u64)> = changed
        .iter()
        .map(|file| {
            let size = is_signed(file.name()).map_or(file.stamp().size(), |signed| signed.size);
            (file.name().to_owned(), size)
        })
        .collect();
    let (partner, serial) = (packed.partner, packed.serial);
    let unit = format!("{}-changed", judge::unit_name(serial, folders.office, partner));
    let note = notes::changed(About { partner, serial, lang }, &signed);
    let kept = claim.copy(&changed, &folders.hold, &unit, &note.files())?;
    let office = folders.office;
    tracing::warn!(%office, %partner, %serial,
        "files were changed after they were packed: the partner gets what they were before");
    let row = HeldRow {
        at: now,
        office,
        partner: Some(partner),
        serial: Some(serial),
        unit: packed.unit.clone(),
        reason: code::CHANGED_AFTER_PACKING.to_owned(),
        folder: folder_name(&kept),
    };
    Ok(Some(CopiedToHold { row, files }))
}
