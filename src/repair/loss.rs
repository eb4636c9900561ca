//! What a conversion could not carry over, and what the other edition asks for in addition.
//!
//! No values: both lists may go into reports and logs.

use serde::{Serialize, Serializer};

/// Why something does not go over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LossKind {
    /// The other edition has no such file.
    KindNotInEdition,
    /// The other edition does not know the exchange of 介護予防.
    PreventiveNotInEdition,
    /// The other edition has no such item; the values that were not empty are left out.
    ItemNotInEdition,
    /// The other edition has fewer digits for the item; the values are written as they are, for
    /// shortening them would make other values of them.
    DoesNotFit,
}

impl LossKind {
    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KindNotInEdition => "file-not-in-edition",
            Self::PreventiveNotInEdition => "preventive-not-in-edition",
            Self::ItemNotInEdition => "item-not-in-edition",
            Self::DoesNotFit => "does-not-fit",
        }
    }
}

/// Why the result is not complete in the other edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GapKind {
    /// The send unit needs a file that the first edition does not have (R-SET).
    MissingFile,
    /// 福祉用具貸与 needs a TAISコード or 福祉用具届出コード, which the first edition does not have
    /// (R-FLD-02).
    MissingEquipmentCode,
}

impl GapKind {
    /// The stable word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingFile => "missing-file",
            Self::MissingEquipmentCode => "missing-equipment-code",
        }
    }
}

/// Something that does not go over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Why.
    pub kind: LossKind,
    /// The file as it was.
    pub file: String,
    /// The first record; absent where the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// 項目番号 in the file as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u16>,
    /// 項目名.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_name: Option<String>,
    /// How many values that are not empty, or how many records of a whole file; 0 for a picture.
    pub count: u64,
}

/// Something that the other edition asks for in addition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// The new file: the one that is missing, or the one with the records.
    pub file: String,
    /// The first record; absent where the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// How many records, or 1 for a file.
    pub count: u64,
}

impl Serialize for LossKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for GapKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
