//! A downloaded set as the store takes it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::node::judge::Judgement;
use crate::package::{
    Manifest, ManifestFault, ManifestFile, ManifestFormat, PackError, Party, pack_downloaded,
};
use crate::store::{Content, IncomingRow, NewIncoming};
use crate::transfer::Incoming;
use crate::types::{
    CameBy, Digest, DigestBuilder, FileName, FileSerial, MessageId, OfficeNumber, ServiceType,
};

/// A downloaded set is nobody's to give up; the form asks for a time all the same.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(1);

/// Where a set stands that is stored.
#[derive(Clone, Copy)]
pub(super) enum Stance {
    Ready,
    /// A person decides, for this code.
    Held(&'static str),
}

#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) office: OfficeNumber,
    pub(super) sender: OfficeNumber,
    pub(super) serial: FileSerial,
    pub(super) at: Timestamp,
}

/// The id of a set: the same files for the same office have the same one, however often they are
/// downloaded.
pub(super) fn id_of(named: Named, files: &[(String, Vec<u8>)]) -> MessageId {
    let Named { office, sender, serial, .. } = named;
    let mut builder = DigestBuilder::new();
    for text in [office.as_str(), sender.as_str(), serial.as_str()] {
        builder.update(text.as_bytes());
    }
    for (name, bytes) in files {
        builder.update(name.to_ascii_uppercase().as_bytes());
        builder.update(Digest::of(bytes).as_raw());
    }
    let moment = serial.moment().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    let at = moment.map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp());
    MessageId::of_contents(at.max(Timestamp::UNIX_EPOCH), builder.finish())
}

/// The set as the store takes it.
pub(super) fn make(
    id: MessageId,
    named: Named,
    config: &Config,
    (files, judgement): (&[(String, Vec<u8>)], &Judgement),
    stance: Stance,
) -> Result<NewIncoming, PackError> {
    let Named { office, sender, serial, at } = named;
    let described =
        (1..).zip(files).map(|(n, (name, bytes))| ManifestFile::describe(n, name, bytes));
    // Of files that cannot be read their names still tell it.
    let by_name = || Some(FileName::parse(&files.first()?.0).ok()?.edition());
    let manifest = Manifest {
        format: ManifestFormat::Download,
        message_id: id,
        sequence: 0,
        sender: party(sender, config),
        recipient: party(office, config),
        created_at: at,
        expires_at: at.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX),
        kind: judgement.kind(),
        edition: judgement.edition().or_else(by_name),
        months: judgement.months(),
        serial,
        set: None,
        supersedes: None,
        files: described.collect::<Result<_, ManifestFault>>()?,
    };
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let package = pack_downloaded(&manifest, &bytes)?;
    let (state, detail) = match stance {
        Stance::Ready => (Incoming::committed(at), String::new()),
        Stance::Held(code) => (Incoming::Held, code.to_owned()),
    };
    Ok(NewIncoming {
        id: manifest.message_id,
        sender,
        office,
        sequence: 0,
        serial,
        unit: judgement.unit(&manifest),
        state,
        detail,
        package_sha256: Digest::of(&package),
        manifest_sha256: Digest::of(&manifest.to_bytes()?),
        content: Content::Whole(package.into()),
        receipt: None,
        came_by: CameBy::Web,
        folder: String::new(),
    })
}

pub(super) fn row_of(new: &NewIncoming) -> IncomingRow {
    IncomingRow {
        id: new.id,
        sender: new.sender,
        office: new.office,
        sequence: new.sequence,
        serial: new.serial,
        state: new.state,
        created_at: Timestamp::UNIX_EPOCH,
        package_sha256: new.package_sha256,
        manifest_sha256: new.manifest_sha256,
        came_by: new.came_by,
    }
}

fn party(office: OfficeNumber, config: &Config) -> Party {
    let own = config.office(office).map(|it| &it.service_types);
    let peer = config.peer(office).map(|it| &it.service_types);
    let by_hand = config.by_hand(office).map(|it| &it.service_types);
    let service_types: Vec<ServiceType> = own.or(peer).or(by_hand).cloned().unwrap_or_default();
    Party { office, service_types, certificate: None }
}
