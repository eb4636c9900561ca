//! Makes durable packages of attachments.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::super::context::{Context, blocking};
use super::super::judge::listed_files;
use super::super::scanner::{Scanned, scan};
use super::super::wake::wake;
use super::fault::OutboundFault;
use super::pack::packed;
use crate::attachment::{FileType, judge};
use crate::control::Answer;
use crate::package::{AttachedDocument, Manifest, ManifestFile, ManifestFormat, PackError, Party};
use crate::store::{NewOutgoing, UnitSummary};
use crate::types::{Digest, FileSerial, Lang, MessageId, OfficeNumber, code};

/// A file that was judged and scanned, and is to be sent.
pub(super) struct Attachment {
    /// The id of its package.
    pub(super) id: MessageId,
    pub(super) partner: OfficeNumber,
    pub(super) document: AttachedDocument,
    pub(super) file_type: FileType,
    pub(super) bytes: Bytes,
    /// The set that it belongs to.
    pub(super) set: Option<FileSerial>,
}

/// What a person wants to send.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Our office.
    pub office: OfficeNumber,
    /// Who gets it.
    pub partner: OfficeNumber,
    /// What it is to people.
    pub document: AttachedDocument,
    /// The set that it belongs to.
    pub set: Option<FileSerial>,
    /// The file.
    pub bytes: Bytes,
}

/// Makes an attachment a durable package; only then may its file be let go.
pub(super) async fn attach(
    context: &Arc<Context>,
    office: OfficeNumber,
    attachment: Attachment,
    now: Timestamp,
) -> Result<(), OutboundFault> {
    let Attachment { id, partner, document, file_type, bytes, set } = attachment;
    let config = context.config();
    let peer = config.peer(partner).ok_or(OutboundFault::Internal)?;
    let own = config.office(office).ok_or(OutboundFault::Internal)?;
    let serial = FileSerial::at(now).ok_or(OutboundFault::Internal)?;
    let proof = context.proof();
    let signer = Arc::clone(proof.usable_signer(office, now).map_err(|_| OutboundFault::Internal)?);
    let months = document.month.into_iter().collect();
    let _alone = context.packing(office).await;
    let sequence = context.store.next_attachment(office, partner).await?;
    let manifest = Manifest {
        format: ManifestFormat::Attachments,
        message_id: id,
        sequence,
        sender: Party {
            office,
            service_types: own.service_types.clone(),
            certificate: Some(signer.certificate_sha256()),
        },
        recipient: Party {
            office: partner,
            service_types: peer.service_types.clone(),
            certificate: peer.signing_certificates.first().copied(),
        },
        created_at: now,
        expires_at: now.checked_add(config.timing.expiry).unwrap_or(Timestamp::MAX),
        kind: Manifest::ATTACHMENTS.to_owned(),
        edition: None,
        months,
        serial,
        set,
        supersedes: None,
        files: Vec::new(),
    };
    let made = blocking(move || {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let file = ManifestFile::attachment(1, document, file_type, (size, Digest::of(&bytes)));
        let manifest = Manifest { files: vec![file], ..manifest };
        let (package, digest) = packed(&manifest, &[&bytes], &signer, now)?;
        Ok::<_, PackError>((package, manifest, digest))
    });
    let (package, manifest, manifest_sha256) = made.await.ok_or(OutboundFault::Internal)??;
    let new = NewOutgoing {
        id,
        office,
        partner,
        sequence,
        serial,
        unit: UnitSummary {
            kind: manifest.kind,
            months: manifest.months,
            files: listed_files(&manifest.files),
            ..UnitSummary::default()
        },
        by_hand: None,
        expires_at: manifest.expires_at,
        package_sha256: package.sha256(),
        manifest_sha256,
        package: package.bytes().clone(),
    };
    context.store.pack(new, now).await?;
    wake(&context.wake.dispatch, &(office, partner));
    tracing::info!(%id, %office, %partner, sequence, "an attachment was packed");
    Ok(())
}

/// Judges what a person wants to send, has it scanned, and makes it a package.
pub(in super::super) async fn attach_new(context: &Arc<Context>, new: NewAttachment) -> Answer {
    let NewAttachment { office, partner, document, set, bytes } = new;
    let config = context.config();
    let settings = &config.attachments;
    let types = settings.types.as_slice();
    let file_type = match judge(&document.title, &bytes, types, settings.file_size) {
        Ok(file_type) => file_type,
        Err(refused) => {
            return Answer::refused(refused.code(), refused.text(Lang::Ja), refused.text(Lang::En));
        }
    };
    if config.office(office).is_none() || config.peer(partner).is_none() {
        return in_words(code::UNKNOWN_PARTNER);
    }
    match scan(context, bytes.clone()).await {
        Scanned::Clean => {}
        Scanned::Found => return in_words(code::ATTACHMENT_INFECTED),
        Scanned::Failed => return in_words(code::ATTACHMENT_SCANNER),
    }
    let now = context.now();
    if !context.time.believes(now) || context.proof().usable_signer(office, now).is_err() {
        return in_words(code::ATTACHMENT_WAITS);
    }
    let id = MessageId::new(now);
    let attachment = Attachment { id, partner, document, file_type, bytes, set };
    match attach(context, office, attachment, now).await {
        Ok(()) => Answer::done(
            code::ATTACHMENT_QUEUED,
            "添付ファイルを送信待ちにしました。",
            "the attachment waits to be sent",
        ),
        Err(fault) => {
            tracing::warn!(%office, %partner, code = fault.code(), %fault,
                "an attachment cannot be packed");
            in_words(code::ATTACHMENT_WAITS)
        }
    }
}

/// That something was not done, as the table of codes says it.
fn in_words(code: &'static str) -> Answer {
    let text = |lang| {
        let to_do = code::find(code).map(|info| info.to_do(lang)).unwrap_or_default();
        let meaning = code::meaning(code, lang).unwrap_or_default();
        match lang {
            Lang::Ja => format!("{meaning}。{to_do}"),
            Lang::En => format!("{meaning}. {to_do}"),
        }
    };
    Answer::refused(code, text(Lang::Ja), text(Lang::En))
}
