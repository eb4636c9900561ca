//! Receipts: signed statements about what became of a package.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::text::turns_direction;
use crate::types::{Digest, MessageId};

use super::cms::Verified;
use super::envelope::check_signer;
use super::json::MAX_SAFE_INTEGER;
use super::{
    Limits, Package, PackageFault, PackageRef, Party, Signer, SignerError, Trust, VerifiedSigner,
    cms, json,
};

/// The most findings in one receipt; how many more there were is counted.
const MAX_FINDINGS: usize = 100;
/// The most characters of a finding's message.
const MAX_MESSAGE: usize = 500;
/// The most characters of a rule's code.
const MAX_RULE: usize = 64;
/// The most codes that stand in for the findings.
const MAX_CODES: usize = 8;
/// The most characters of a file's name; the names of the standard have fewer.
const MAX_FILE: usize = 128;

/// The format of a receipt. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ReceiptFormat {
    /// The first and only one.
    #[default]
    #[serde(rename = "renkei.receipt/1")]
    V1,
}

impl ReceiptFormat {
    /// The name of the format that we write and read.
    pub const ID: &str = "renkei.receipt/1";
}

/// What happened, after the evidence events of ETSI EN 319 522-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReceiptKind {
    /// The package was verified and lies durably at the recipient. Signed by the recipient.
    ContentConsignment,
    /// The files are in the recipient's import folder. Signed by the recipient.
    ContentHandover,
    /// The files are not in the import folder, for the reason that the findings name, and a person
    /// at the recipient has to do something. Not the last word: another one of these, a handover or
    /// a rejection follows. Signed by the recipient.
    ContentHandoverFailure,
    /// The recipient does not take the package. Signed by the recipient.
    Rejection,
    /// The package was not delivered in time. Signed by the sender, about its own attempts: it
    /// proves nothing against the recipient.
    Expiry,
    /// A relay took the package over. It never counts as delivery.
    RelayAcceptance,
    /// A kind that only a newer partner knows. It says nothing to us, but those behind it name it, so
    /// that it belongs to the proof. Signed by the recipient; never by us.
    #[serde(other)]
    Other,
}

impl ReceiptKind {
    /// Whether it is the last word of a recipient about a package.
    pub const fn is_last(self) -> bool {
        matches!(self, Self::ContentHandover | Self::Rejection)
    }

    /// Every kind that we know.
    pub const ALL: [Self; 6] = [
        Self::ContentConsignment,
        Self::ContentHandover,
        Self::ContentHandoverFailure,
        Self::Rejection,
        Self::Expiry,
        Self::RelayAcceptance,
    ];

    /// The name, as it stands in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentConsignment => "ContentConsignment",
            Self::ContentHandover => "ContentHandover",
            Self::ContentHandoverFailure => "ContentHandoverFailure",
            Self::Rejection => "Rejection",
            Self::Expiry => "Expiry",
            Self::RelayAcceptance => "RelayAcceptance",
            Self::Other => "Other",
        }
    }

    /// The kind of this name, if it is one that we know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The outcome that a receipt of this kind states.
    pub const fn outcome(self) -> ReceiptResult {
        match self {
            Self::ContentConsignment | Self::ContentHandover => ReceiptResult::Accepted,
            Self::ContentHandoverFailure => ReceiptResult::Held,
            Self::Rejection => ReceiptResult::Rejected,
            Self::Expiry => ReceiptResult::Expired,
            Self::RelayAcceptance => ReceiptResult::Relayed,
            Self::Other => ReceiptResult::Other,
        }
    }

    /// Whether the receipt proves that the recipient has the package.
    pub const fn proves_delivery(self) -> bool {
        matches!(self, Self::ContentConsignment | Self::ContentHandover)
    }
}

/// What became of the package, for readers that do not know every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptResult {
    /// The recipient has it.
    Accepted,
    /// The recipient keeps it back.
    Held,
    /// The recipient refuses it.
    Rejected,
    /// It was not delivered in time.
    Expired,
    /// It is on its way.
    Relayed,
    /// Of a kind that we do not know.
    #[serde(other)]
    Other,
}

/// A receipt's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// `renkei.receipt/1`
    pub format: ReceiptFormat,
    /// What happened.
    pub kind: ReceiptKind,
    /// The id of the package.
    pub message_id: MessageId,
    /// Of the whole container.
    pub package_sha256: Digest,
    /// Of the sealed bytes in which it came, where it came sealed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub sealed_sha256: Option<Digest>,
    /// Of `manifest.json`.
    pub manifest_sha256: Digest,
    /// Who sent the package.
    pub sender: Party,
    /// For whom the package is.
    pub recipient: Party,
    /// When it happened.
    #[serde(deserialize_with = "json::time")]
    pub at: Timestamp,
    /// Follows from `kind`, where we know that.
    pub result: ReceiptResult,
    /// Why a package was refused, or what was noticed; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<ReceiptFinding>,
    /// How many findings more there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings_omitted: u64,
    /// SHA-256 of the receipt before this one for the same package.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub previous: Option<Digest>,
}

/// One finding in a receipt: the place and the rule, never a value of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFinding {
    /// The code of the rule, or of the fault; 1 to 64 of `[A-Za-z0-9_.-]`.
    pub rule: String,
    /// The name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub file: Option<String>,
    /// The physical line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub line: Option<u64>,
    /// The number of the item, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub item: Option<u32>,
    /// What is wrong, without values; at most 500 characters.
    pub message: String,
}

/// A receipt whose signature and signer were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The document.
    pub receipt: Receipt,
    /// Of the whole message, as the next receipt names it in `previous`.
    pub sha256: Digest,
    /// Who signed it.
    pub signer: VerifiedSigner,
}

impl Receipt {
    /// A receipt about `package`, without findings.
    pub fn about(package: &Package, kind: ReceiptKind, at: Timestamp) -> Self {
        Self {
            sender: package.manifest().sender.clone(),
            recipient: package.manifest().recipient.clone(),
            ..Self::of(&package.reference(), kind, at)
        }
    }

    /// The same about a package whose bytes are not at hand: of the parties it says the office
    /// alone.
    pub fn of(reference: &PackageRef, kind: ReceiptKind, at: Timestamp) -> Self {
        let party = |office| Party { office, service_types: Vec::new(), certificate: None };
        Self {
            format: ReceiptFormat::V1,
            kind,
            message_id: reference.message_id,
            package_sha256: reference.package_sha256,
            sealed_sha256: None,
            manifest_sha256: reference.manifest_sha256,
            sender: party(reference.sender),
            recipient: party(reference.recipient),
            at,
            result: kind.outcome(),
            findings: Vec::new(),
            findings_omitted: 0,
            previous: None,
        }
    }

    /// Adds findings, the first hundred of them; texts are cut to what a receipt may hold.
    #[must_use]
    pub fn with_findings(mut self, findings: impl IntoIterator<Item = ReceiptFinding>) -> Self {
        for finding in findings {
            if self.findings.len() < MAX_FINDINGS {
                self.findings.push(finding.trimmed());
            } else {
                self.findings_omitted += 1;
            }
        }
        self
    }

    /// The codes of its findings, each once, joined with commas; at most so many as there is room
    /// for in a line. Safe to be logged and shown: a code has none but plain characters.
    pub fn codes(&self) -> String {
        let mut codes: Vec<&str> = Vec::new();
        for finding in &self.findings {
            if codes.len() < MAX_CODES && !codes.contains(&finding.rule.as_str()) {
                codes.push(&finding.rule);
            }
        }
        codes.join(",")
    }

    /// Names the receipt before this one for the same package.
    #[must_use]
    pub const fn after(mut self, previous: Option<Digest>) -> Self {
        self.previous = previous;
        self
    }

    /// Signs the receipt: CMS with the document inside. The party that signs is given the
    /// signer's certificate.
    pub fn sign(&self, signer: &Signer, now: Timestamp) -> Result<Vec<u8>, SignerError> {
        let mut document = self.clone();
        let party = match self.kind {
            ReceiptKind::Expiry => &mut document.sender,
            ReceiptKind::ContentConsignment
            | ReceiptKind::ContentHandover
            | ReceiptKind::ContentHandoverFailure
            | ReceiptKind::Rejection
            | ReceiptKind::RelayAcceptance
            | ReceiptKind::Other => &mut document.recipient,
        };
        party.certificate = Some(signer.certificate_sha256());
        let content = serde_json::to_vec(&document).map_err(|_| SignerError::Sign)?;
        cms::sign_attached(signer, &content, now)
    }

    /// Verifies a signed receipt: the signature, the document, and that the certificate speaks at
    /// `now` for the party whose statement it is. A relay's receipt is refused.
    ///
    /// Which package it answers is for [`Self::check_answers`].
    pub fn open(
        message: &[u8],
        trust: &Trust,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<VerifiedReceipt, PackageFault> {
        let (signed, receipt) = Self::read(message, limits)?;
        receipt.verify(message, signed, trust, now)
    }

    /// What a receipt says whose signature verifies, and until when the certificates in it hold;
    /// whom to believe is not decided. For receipts of our own.
    pub fn stated(message: &[u8], limits: &Limits) -> Result<(Self, Timestamp), PackageFault> {
        let (signed, receipt) = Self::read(message, limits)?;
        Ok((receipt, signed.until()))
    }

    /// SHA-256 of the certificate with which a receipt is signed whose signature verifies; whom to
    /// believe is not decided.
    pub fn signed_with(message: &[u8], limits: &Limits) -> Result<Digest, PackageFault> {
        let (signed, _) = Self::read(message, limits)?;
        Ok(Digest::of(&signed.certificate))
    }

    /// The document of a receipt whose signature verifies; whom to believe is not decided yet.
    pub(super) fn read(message: &[u8], limits: &Limits) -> Result<(Verified, Self), PackageFault> {
        check_size(message, limits)?;
        let (signed, content) = cms::verify_attached(message)?;
        Ok((signed, Self::parse(content)?))
    }

    /// What a receipt says whose signature nobody has looked at: for whoever only carries it.
    ///
    /// # Errors
    ///
    /// `bad-signature` for what is no CMS message, `bad-receipt`.
    pub fn unverified(message: &[u8], limits: &Limits) -> Result<Self, PackageFault> {
        check_size(message, limits)?;
        Self::parse(cms::attached_content(message)?)
    }

    fn parse(content: &[u8]) -> Result<Self, PackageFault> {
        let receipt: Self = json::read(content)
            .map_err(|_| PackageFault::Receipt { expected: "a document renkei.receipt/1" })?;
        receipt.check()?;
        Ok(receipt)
    }

    /// Decides whether the one who signed `message` may speak for the party of this receipt.
    pub(super) fn verify(
        self,
        message: &[u8],
        signed: Verified,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<VerifiedReceipt, PackageFault> {
        let signer = check_signer(signed, self.signing_party()?, trust, now)?;
        Ok(VerifiedReceipt { sha256: Digest::of(message), receipt: self, signer })
    }

    /// Whose statement it is. A relay's is refused.
    pub fn signing_party(&self) -> Result<&Party, PackageFault> {
        match self.kind {
            ReceiptKind::ContentConsignment
            | ReceiptKind::ContentHandover
            | ReceiptKind::ContentHandoverFailure
            | ReceiptKind::Rejection
            | ReceiptKind::Other => Ok(&self.recipient),
            ReceiptKind::Expiry => Ok(&self.sender),
            ReceiptKind::RelayAcceptance => Err(PackageFault::RelayReceipt),
        }
    }

    /// Refuses a receipt that is about another package than `package`.
    pub fn check_answers(&self, package: &PackageRef) -> Result<(), PackageFault> {
        let same = [
            ("message_id", self.message_id == package.message_id),
            ("package_sha256", self.package_sha256 == package.package_sha256),
            ("manifest_sha256", self.manifest_sha256 == package.manifest_sha256),
            ("sender", self.sender.office == package.sender),
            ("recipient", self.recipient.office == package.recipient),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(PackageFault::OtherPackage { what }),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), PackageFault> {
        let must = |allowed: bool, expected| {
            if allowed { Ok(()) } else { Err(PackageFault::Receipt { expected }) }
        };
        let fits = self.kind == ReceiptKind::Other || self.result == self.kind.outcome();
        must(fits, "the result of its kind")?;
        must(self.findings.len() <= MAX_FINDINGS, "at most 100 findings")?;
        let mut numbers = self.findings.iter().filter_map(|finding| finding.line);
        let are_safe = self.findings_omitted <= MAX_SAFE_INTEGER
            && numbers.all(|line| line <= MAX_SAFE_INTEGER);
        must(are_safe, "numbers of at most 2^53 - 1")?;
        must(
            self.findings.iter().all(ReceiptFinding::is_plain),
            "findings with a rule code and short texts without control characters",
        )
    }
}

impl ReceiptFinding {
    /// A fault that no rule of the standard knows, by its stable code; of which file, and what it is
    /// in words without values.
    pub fn of_fault(code: &str, file: Option<String>, message: impl Into<String>) -> Self {
        Self { rule: code.to_owned(), file, line: None, item: None, message: message.into() }
    }

    fn trimmed(mut self) -> Self {
        self.rule = self.rule.chars().filter(|c| is_rule_character(*c)).take(MAX_RULE).collect();
        if self.rule.is_empty() {
            self.rule.push('-');
        }
        let cut = |text: &str, most| {
            text.chars().filter(|character| !is_unfit(*character)).take(most).collect::<String>()
        };
        self.message = cut(&self.message, MAX_MESSAGE);
        self.file = self.file.map(|name| cut(&name, MAX_FILE));
        self
    }

    fn is_plain(&self) -> bool {
        let short = |text: &str, most| text.chars().count() <= most && !text.chars().any(is_unfit);
        (1..=MAX_RULE).contains(&self.rule.len())
            && self.rule.chars().all(is_rule_character)
            && short(&self.message, MAX_MESSAGE)
            && self.file.as_ref().is_none_or(|name| short(name, MAX_FILE))
    }
}

const fn is_rule_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

/// Control characters, and those that turn the direction of the text around them.
fn is_unfit(character: char) -> bool {
    character.is_control() || turns_direction(character)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn check_size(message: &[u8], limits: &Limits) -> Result<(), PackageFault> {
    if message.len() > limits.receipt_bytes {
        return Err(PackageFault::Receipt { expected: "no more bytes than the limit" });
    }
    Ok(())
}
