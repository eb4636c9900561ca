//! Makes durable packages of good units.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::super::context::{Context, blocking};
use super::super::conversion::OutboundSet;
use super::super::wake::wake;
use super::fault::OutboundFault;
use super::key::UnitKey;
use super::machine::Good;
use super::take::OnDisk;
use crate::package::{
    Manifest, ManifestFile, ManifestFormat, PackError, Party, Signer, pack_described,
};
use crate::store::{NewOutgoing, UnitSummary};
use crate::types::{Digest, FileSerial, Hashed, MessageId, OfficeNumber};

/// So many packages are signed at a time.
const AT_A_TIME: usize = 8;

/// What came of packing units.
pub(super) enum PackOutcome {
    /// They are durable packages.
    Packed,
    /// One of them would be larger as a package than is allowed: it is more than its files.
    TooLarge,
}

/// Makes the units of `office` durable packages, all or none; only then may their files be let go.
pub(super) async fn pack(
    context: &Arc<Context>,
    office: OfficeNumber,
    units: &[Good<OnDisk>],
    now: Timestamp,
) -> Result<PackOutcome, OutboundFault> {
    let _alone = context.packing(office).await;
    let mut last: BTreeMap<OfficeNumber, u64> = BTreeMap::new();
    let mut signing = Vec::new();
    for unit in units {
        let (_, partner) = unit.key.way().ok_or(OutboundFault::Internal)?;
        let sequence = match last.get(&partner) {
            Some(last) => last + 1,
            None => context.store.next_sequence(office, partner).await?,
        };
        last.insert(partner, sequence);
        let UnitKey::Unit { serial, .. } = unit.key else {
            return Err(OutboundFault::Internal);
        };
        let named = Named { id: unit.claim.claim.id(), serial, office, partner, sequence };
        signing.push(signed(context, named, &unit.set.set, now));
    }
    let signed: Vec<_> = stream::iter(signing).buffered(AT_A_TIME).collect().await;
    let signed = signed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let size = |new: &NewOutgoing| u64::try_from(new.package.len()).unwrap_or(u64::MAX);
    if signed.iter().any(|new| size(new) > context.config().limits.package_size) {
        return Ok(PackOutcome::TooLarge);
    }
    let packed: Vec<_> =
        signed.iter().map(|new| (new.id, new.partner, new.serial, new.sequence)).collect();
    context.store.pack_all(signed, now).await?;
    for (id, partner, serial, sequence) in packed {
        wake(&context.wake.dispatch, &(office, partner));
        tracing::info!(%id, %office, %partner, %serial, sequence, "packed");
    }
    Ok(PackOutcome::Packed)
}

/// What a package is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) id: MessageId,
    pub(super) serial: FileSerial,
    pub(super) office: OfficeNumber,
    pub(super) partner: OfficeNumber,
    pub(super) sequence: u64,
}

/// The signed package of a set.
pub(super) async fn signed(
    context: &Arc<Context>,
    named: Named,
    set: &OutboundSet,
    now: Timestamp,
) -> Result<NewOutgoing, OutboundFault> {
    let Named { id, serial, office, partner, sequence } = named;
    let config = context.config();
    let by_hand = config.by_hand(partner);
    let (service_types, certificate) = match (config.peer(partner), by_hand) {
        (Some(peer), _) => (&peer.service_types, peer.signing_certificates.first().copied()),
        (None, Some(partner)) => (&partner.service_types, None),
        (None, None) => return Err(OutboundFault::Internal),
    };
    let OutboundSet { files, judgement, converted_from, quoted } = set;
    let files = Arc::clone(files);
    let expires_at = now.checked_add(config.timing.expiry).unwrap_or(Timestamp::MAX);
    let own = config.office(office);
    let proof = context.proof();
    let signer = Arc::clone(proof.usable_signer(office, now).map_err(|_| OutboundFault::Internal)?);
    let manifest = Manifest {
        format: ManifestFormat::V1,
        message_id: id,
        sequence,
        sender: Party {
            office,
            service_types: own.map(|own| own.service_types.clone()).unwrap_or_default(),
            certificate: Some(signer.certificate_sha256()),
        },
        recipient: Party { office: partner, service_types: service_types.clone(), certificate },
        created_at: now,
        expires_at,
        kind: judgement.kind(),
        edition: Some(judgement.edition().ok_or(OutboundFault::Internal)?),
        months: judgement.months(),
        serial,
        set: None,
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
            converted_from: *converted_from,
            quoted: *quoted,
            ..judgement.unit(&manifest)
        },
        by_hand: by_hand.map(|partner| partner.channel),
        expires_at,
        package_sha256: package.sha256(),
        manifest_sha256,
        package: package.bytes().clone(),
    })
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
