//! The manifest: what the sender signs.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json::{self, MAX_SAFE_INTEGER};
use crate::attachment::{DocumentKind, FileType, Title};
use crate::types::{
    Digest, Edition, FileName, FileSerial, MessageId, OfficeNumber, PersonKey, ServiceMonth,
    ServiceType,
};

/// The most service types that a party may list; the standard knows fewer than 100.
const MAX_SERVICE_TYPES: usize = 100;
/// The most months that one send unit may cover.
const MAX_MONTHS: usize = 120;
/// Attachments are numbered above this, sets up to it: so one that is missing is no gap among sets.
const LAST_OF_SETS: u64 = 1 << 52;

/// The format of a manifest. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ManifestFormat {
    /// A set of the standard.
    #[default]
    #[serde(rename = "renkei.package/1")]
    V1,
    /// Attachments: the names of their files are ours, and what people call them stands beside.
    #[serde(rename = "renkei.attachments/1")]
    Attachments,
    /// A set of the standard that a person downloaded from the official WEB service. Nobody signed it;
    /// it stays in the store of the office and never travels.
    #[serde(rename = "renkei.download/1")]
    Download,
}

impl ManifestFormat {
    /// The names of the formats that we write and read.
    pub const IDS: [&str; 2] = ["renkei.package/1", Self::ATTACHMENTS];

    /// The name of the format of attachments, which nodes of before do not read.
    pub const ATTACHMENTS: &str = "renkei.attachments/1";
}

/// Who sends what to whom: the JSON document that the signature covers.
///
/// Fields that a reader does not know are ignored, so that a later version may add information
/// without cutting off nodes that were not updated yet; they stay part of the signed bytes. What
/// would change how a package is treated must come as another [`ManifestFormat`], which older
/// nodes refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `renkei.package/1`
    pub format: ManifestFormat,
    /// The id that the sender chose; the same in every attempt to deliver.
    pub message_id: MessageId,
    /// 1, 2, 3 … per sender and recipient; at most 2⁵³ − 1. A gap shows that something is missing.
    /// Attachments count on from [`Manifest::FIRST_ATTACHMENT`].
    pub sequence: u64,
    /// The office that signs.
    pub sender: Party,
    /// The office that the files are for.
    pub recipient: Party,
    /// When the package was made.
    #[serde(deserialize_with = "json::time")]
    pub created_at: Timestamp,
    /// When the sender stops trying; later than `created_at`.
    #[serde(deserialize_with = "json::time")]
    pub expires_at: Timestamp,
    /// The id of the send unit's kind, such as `K1`: 1 to 16 of `[A-Za-z0-9_-]`.
    pub kind: String,
    /// The edition of the standard that the files follow; attachments follow none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub edition: Option<Edition>,
    /// サービス提供年月 that the files are about; empty where the kind has none.
    pub months: Vec<ServiceMonth>,
    /// ファイル連番 of the send unit; of attachments, when they were packed.
    pub serial: FileSerial,
    /// ファイル連番 of the set of the same sender that attachments belong to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub set: Option<FileSerial>,
    /// The package that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub supersedes: Option<MessageId>,
    /// The files, in the order of `n`.
    pub files: Vec<ManifestFile>,
}

/// An office as one end of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// 事業所番号
    pub office: OfficeNumber,
    /// サービス種類コード under which the office takes part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_types: Vec<ServiceType>,
    /// SHA-256 of the certificate (DER) that the office signs with. Always there for the office
    /// that signs; for the other one it is what the signer knew, and nothing is decided by it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub certificate: Option<Digest>,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// 1, 2, 3 …: the entry `files/0001` and so on.
    pub n: u32,
    /// The name as the care software wrote it; a name of the standard, one path component.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes as they are; nothing is decoded on the way.
    pub sha256: Digest,
    /// `text/csv` or `image/jpeg`; of an attachment that of its type.
    pub media: String,
    /// What an attachment is to people; nothing for the files of a set.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub document: Option<AttachedDocument>,
}

/// What an attachment is to people. It is in the package alone: never in names, logs or addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedDocument {
    /// What its sender calls it: a file name.
    pub title: Title,
    /// The kind of document, in the words of its sender.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub kind: Option<DocumentKind>,
    /// The month that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub month: Option<ServiceMonth>,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub person: Option<PersonKey>,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// The manifest follows a format that we do not know.
    #[error("the format is neither renkei.package/1 nor renkei.attachments/1")]
    Format,
    /// There is more of it than the limits allow.
    #[error("{got} bytes are more than the limit {limit}")]
    TooLarge {
        /// The most bytes that are taken.
        limit: usize,
        /// So many there were.
        got: usize,
    },
    /// The bytes are not JSON of the expected shape. What was found is not repeated.
    #[error("line {line}, column {column}: {}", wanted(.member))]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// The member that is wrong or missing, as `files[0].size`; empty where none can be named.
        member: String,
    },
    /// One field has a value that is not allowed.
    #[error("field {field}: expected {expected}")]
    Field {
        /// The name of the field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// One entry of `files` has a value that is not allowed.
    #[error("file {n}: expected {expected}")]
    File {
        /// The place in the list, from 1.
        n: usize,
        /// What it must be.
        expected: &'static str,
    },
}

fn wanted(member: &str) -> String {
    if member.is_empty() {
        "not the expected JSON".to_owned()
    } else {
        format!("expected the member {member} of the manifest")
    }
}

impl Manifest {
    /// The `kind` of packages of attachments.
    pub const ATTACHMENTS: &str = "ATT";

    /// The first `sequence` of attachments, which are counted apart from sets.
    pub const FIRST_ATTACHMENT: u64 = LAST_OF_SETS + 1;

    /// Whether it describes attachments and no set of the standard.
    pub fn is_of_attachments(&self) -> bool {
        self.format == ManifestFormat::Attachments
    }

    /// Whether it describes a set that was downloaded, which nobody signed.
    pub fn is_downloaded(&self) -> bool {
        self.format == ManifestFormat::Download
    }

    /// Whom attachments are about, and of which month.
    pub fn about(&self) -> impl Iterator<Item = (Option<PersonKey>, Option<ServiceMonth>)> {
        let documents = self.files.iter().filter_map(|file| file.document.as_ref());
        documents.map(|document| (document.person, document.month))
    }

    /// Reads and checks the bytes of a `manifest.json`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestFault> {
        let manifest: Self =
            json::read(bytes).map_err(|json::Fault { line, column, member }| {
                if names_other_format(bytes) {
                    ManifestFault::Format
                } else {
                    ManifestFault::Json { line, column, member }
                }
            })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The bytes to sign; checked as [`Self::parse`] checks them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestFault> {
        self.check()?;
        // Only a value that is not JSON at all could fail, and there is none in the type.
        serde_json::to_vec(self).map_err(|_| ManifestFault::Json {
            line: 0,
            column: 0,
            member: String::new(),
        })
    }

    /// Whether the package may still be delivered at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    fn check(&self) -> Result<(), ManifestFault> {
        let field = |allowed: bool, field, expected| {
            if allowed { Ok(()) } else { Err(ManifestFault::Field { field, expected }) }
        };
        if self.is_downloaded() {
            field(self.sequence == 0, "sequence", "0")?;
            field(self.sender.certificate.is_none(), "sender.certificate", "no certificate")?;
        } else {
            field(
                (1..=MAX_SAFE_INTEGER).contains(&self.sequence),
                "sequence",
                "a number from 1 to 2^53 - 1",
            )?;
            field(
                self.sender.certificate.is_some(),
                "sender.certificate",
                "the SHA-256 of the signing certificate",
            )?;
        }
        for (name, party) in
            [("sender.service_types", &self.sender), ("recipient.service_types", &self.recipient)]
        {
            field(party.service_types.len() <= MAX_SERVICE_TYPES, name, "at most 100")?;
        }
        field(self.created_at < self.expires_at, "expires_at", "a time after created_at")?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        field(
            (1..=16).contains(&self.kind.len()) && self.kind.bytes().all(token),
            "kind",
            "1 to 16 of [A-Za-z0-9_-]",
        )?;
        field(self.months.len() <= MAX_MONTHS, "months", "at most 120")?;
        field(self.supersedes != Some(self.message_id), "supersedes", "another message")?;
        field(!self.files.is_empty(), "files", "at least one")?;
        match self.format {
            ManifestFormat::V1 | ManifestFormat::Download => {
                field(self.edition.is_some(), "edition", "v3 or v4.1")?;
                self.check_files()
            }
            ManifestFormat::Attachments => {
                field(self.sequence > LAST_OF_SETS, "sequence", "a number above 2^52")?;
                field(self.kind == Self::ATTACHMENTS, "kind", "ATT")?;
                field(self.edition.is_none(), "edition", "no edition")?;
                self.check_attachments()
            }
        }
    }

    fn check_attachments(&self) -> Result<(), ManifestFault> {
        for (n, file) in (1_usize..).zip(&self.files) {
            let must = |allowed: bool, expected| {
                if allowed { Ok(()) } else { Err(ManifestFault::File { n, expected }) }
            };
            must(usize::try_from(file.n) == Ok(n), "n to count from 1")?;
            must(file.size <= MAX_SAFE_INTEGER, "a size of at most 2^53 - 1")?;
            let found = FileType::of_media_type(&file.media);
            must(found.is_some(), "the media type of an attachment")?;
            let name = found.map(|found| ManifestFile::attachment_name(file.n, found));
            must(name.as_deref() == Some(file.name.as_str()), "a name such as ATT_0001.pdf")?;
            must(file.document.is_some(), "document, with a title")?;
        }
        Ok(())
    }

    fn check_files(&self) -> Result<(), ManifestFault> {
        let mut names = HashSet::with_capacity(self.files.len());
        for (n, file) in (1_usize..).zip(&self.files) {
            let must = |allowed: bool, expected| {
                if allowed { Ok(()) } else { Err(ManifestFault::File { n, expected }) }
            };
            must(usize::try_from(file.n) == Ok(n), "n to count from 1")?;
            must(file.size <= MAX_SAFE_INTEGER, "a size of at most 2^53 - 1")?;
            // A name of the standard is ASCII letters, digits and underscores with one dot before
            // its extension: it cannot climb out of a folder nor be a device of Windows.
            let name = FileName::parse(&file.name);
            must(name.is_ok(), "a file name of the standard")?;
            if let Ok(name) = name {
                must(name.sender == self.sender.office, "the sender's office in the name")?;
                must(
                    name.recipient == self.recipient.office,
                    "the recipient's office in the name",
                )?;
                must(name.serial == self.serial, "the package's file serial in the name")?;
                must(file.media == name.kind.media_type(), "the media type of its kind")?;
            }
            // Windows does not tell upper from lower case.
            must(names.insert(file.name.to_ascii_uppercase()), "a name that occurs once")?;
        }
        Ok(())
    }
}

impl ManifestFile {
    /// Describes the attachment at place `n`, counted from 1.
    pub fn attachment(
        n: u32,
        document: AttachedDocument,
        file_type: FileType,
        (size, sha256): (u64, Digest),
    ) -> Self {
        let (name, media) =
            (Self::attachment_name(n, file_type), file_type.media_type().to_owned());
        Self { n, name, size, sha256, media, document: Some(document) }
    }

    /// What the file is called among people: the title of an attachment, the name of any other file.
    pub fn title(&self) -> &str {
        self.document.as_ref().map_or(&self.name, |document| document.title.reveal())
    }

    /// The name of an attachment where no title may stand.
    fn attachment_name(n: u32, file_type: FileType) -> String {
        format!("ATT_{n:04}.{}", file_type.id())
    }

    /// Describes the file at place `n`, counted from 1.
    pub fn describe(n: u32, name: &str, bytes: &[u8]) -> Result<Self, ManifestFault> {
        Self::describe_known(n, name, bytes.len(), Digest::of(bytes))
    }

    /// The same from its size in bytes and its digest.
    pub fn describe_known(
        n: u32,
        name: &str,
        size: usize,
        sha256: Digest,
    ) -> Result<Self, ManifestFault> {
        let fault = |expected| ManifestFault::File { n: usize::try_from(n).unwrap_or(0), expected };
        let parsed = FileName::parse(name).map_err(|_| fault("a file name of the standard"))?;
        Ok(Self {
            n,
            name: name.to_owned(),
            size: u64::try_from(size).map_err(|_| fault("a smaller file"))?,
            sha256,
            media: parsed.kind.media_type().to_owned(),
            document: None,
        })
    }
}

/// Whether `bytes` are JSON that says it follows another format than ours.
fn names_other_format(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    serde_json::from_slice::<Head>(bytes)
        .is_ok_and(|head| !ManifestFormat::IDS.contains(&head.format.as_str()))
}
