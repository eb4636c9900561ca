//! Forms that bring files: read piece by piece, and no more of them than is wanted.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{Bytes, BytesMut};

use super::guard::{Sealed, Visitor};
use super::layout::message;
use super::state::Shared;

/// The longest text of a field in bytes.
const TEXT: usize = 1 << 10;

/// Fields of a form.
const FIELDS: usize = 20;

/// Room for what stands between the parts of a form.
const BETWEEN: u64 = 64 << 10;

/// What of a form is still read.
pub(super) struct Budget(u64);

impl Budget {
    /// So many bytes.
    pub(super) const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    fn takes(&mut self, piece: &[u8]) -> Result<(), Unreadable> {
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.0 = self.0.checked_sub(length).ok_or(Unreadable::TooMuch)?;
        Ok(())
    }
}

/// Why a form cannot be read.
pub(super) enum Unreadable {
    Broken(MultipartError),
    TooMuch,
}

impl From<MultipartError> for Unreadable {
    fn from(error: MultipartError) -> Self {
        Self::Broken(error)
    }
}

/// The text of a field, cut where it is too long for any.
pub(super) async fn text(mut field: Field<'_>, budget: &mut Budget) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await? {
        budget.takes(&piece)?;
        let room = TEXT.saturating_sub(bytes.len());
        bytes.extend(piece.iter().take(room));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of a file; none if there are more than `limit`, which are read to the end all the same, as
/// far as the budget goes, so that the browser hears of it.
pub(super) async fn bounded(
    mut field: Field<'_>,
    limit: u64,
    budget: &mut Budget,
) -> Result<Option<Bytes>, Unreadable> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = Some(BytesMut::new());
    while let Some(piece) = field.chunk().await? {
        budget.takes(&piece)?;
        let fits = |bytes: &BytesMut| bytes.len().saturating_add(piece.len()) <= limit;
        bytes = bytes.filter(fits);
        if let Some(bytes) = &mut bytes {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes.map(BytesMut::freeze))
}

/// A form with fields and one file.
pub(super) struct OneFile {
    fields: BTreeMap<String, String>,
    /// The file; empty where none was chosen, none if it is larger than it may be.
    pub(super) bytes: Option<Bytes>,
}

impl OneFile {
    /// Reads a form of this session whose file, called `file`, has at most `limit` bytes; otherwise what
    /// to answer.
    pub(super) async fn read(
        shared: &Shared,
        visitor: &Visitor,
        mut form: Multipart,
        limit: usize,
    ) -> Result<Self, Response> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        // Twice as much is read as is taken, so that a file which is too large is told of.
        let mut budget = Budget::new(limit.saturating_mul(2).saturating_add(BETWEEN));
        let refused = |error: Unreadable| unreadable(shared, &error);
        let mut read = Self { fields: BTreeMap::new(), bytes: Some(Bytes::new()) };
        while let Some(field) = form.next_field().await.map_err(|error| refused(error.into()))? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                // Nothing of a file is read before it is known who sends it.
                visitor.is_sealed(shared, &read.sealed())?;
                read.bytes = bounded(field, limit, &mut budget).await.map_err(refused)?;
                continue;
            }
            let text = text(field, &mut budget).await.map_err(refused)?;
            read.fields.insert(name, text);
            if read.fields.len() > FIELDS {
                return Err(refused(Unreadable::TooMuch));
            }
        }
        visitor.is_sealed(shared, &read.sealed())?;
        Ok(read)
    }

    /// A field; empty where it is missing.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// What every form carries.
    pub(super) fn sealed(&self) -> Sealed {
        Sealed::new(self.field("csrf").to_owned(), self.field("form").to_owned())
    }
}

/// What is said of a form that cannot be read.
pub(super) fn unreadable(shared: &Shared, error: &Unreadable) -> Response {
    let text = shared.lang().pick(
        "送られた内容を読み取れませんでした。ファイルが大きすぎるか、途中で切れました。もう一度操作してください。",
        "What was sent cannot be read: it is too large or broke off. Try again.",
    );
    let status = match error {
        Unreadable::Broken(error) => error.status(),
        Unreadable::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
    };
    message(shared, status, text)
}
