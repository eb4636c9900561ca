//! A row of 第7表 with its numbers.

use std::ops::BitOrAssign;

use crate::spec::{KnownItem, Layout};

use crate::rules::subjects::Judged;
use crate::rules::subjects::person::{Person, PersonItems, Spot, Whose, number};

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident = $item:ident;)+) => {
        /// A column of numbers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($(#[$doc])* $variant,)+
        }

        impl Column {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// 項目名.
            pub(super) const fn name(self) -> &'static str {
                self.item().name()
            }

            const fn item(self) -> KnownItem {
                match self { $(Self::$variant => KnownItem::$item,)+ }
            }
        }
    };
}

columns! {
    /// Units of one time.
    Units = Units;
    /// Per cent.
    DiscountRate = DiscountRate;
    Discounted = Discounted;
    /// Times or days.
    Count = RowCount;
    /// Units, or yen where the service has a fixed price.
    Amount = Amount;
    /// Units that count against 区分支給限度.
    Managed = Managed;
    TypeOver = TypeOver;
    TypeWithin = TypeWithin;
    AreaOver = AreaOver;
    AreaWithin = AreaWithin;
    /// Hundredths of a yen for one unit.
    Price = Price;
    /// Yen, as are all that follow but the days.
    Cost = Cost;
    /// Per cent.
    BenefitRate = BenefitRate;
    Claim = Claim;
    FixedShare = FixedShare;
    Share = Share;
    FullShare = FullShare;
    DaysBefore = DaysBefore;
    DaysPlanned = DaysPlanned;
    DaysTotal = DaysTotal;
}

/// What a row is, told by its サービスコード (R-FLD-07, R-FLD-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Form {
    /// A service.
    Detail,
    /// ??AAAA
    Within,
    /// ??EEEE
    Outside,
    /// ??ZZZZ
    OverThirty,
    /// 999999
    Total,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Number(i64),
    /// It has a finding of its own.
    Doubtful,
}

#[derive(Debug, Clone, Copy)]
struct Packed {
    value: i32,
    /// From the beginning of the first column.
    start: u16,
    length: u8,
}

const EMPTY: i32 = i32::MIN;
const DOUBTFUL: i32 = i32::MIN + 1;
const COLUMNS: usize = Column::ALL.len();

/// Columns that nothing is concluded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bad(u32);

impl Bad {
    pub(super) fn of(columns: &[Column]) -> Self {
        Self(columns.iter().fold(0, |bits, column| bits | 1 << *column as u32))
    }

    pub(super) const fn contains(self, column: Column) -> bool {
        self.0 & (1 << column as u32) != 0
    }
}

impl BitOrAssign for Bad {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A row, small enough to be kept until the last one was seen.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) person: Person,
    pub(super) code: [u8; 6],
    pub(super) office: [u8; 10],
    pub(super) satellite: [u8; 2],
    pub(super) form: Form,
    pub(super) over_thirty: bool,
    /// Its service type is none that is exchanged, or its site or whether it is from the 31st day of
    /// a stay cannot be read, which is told: nothing is added up with it.
    pub(super) unknown: bool,
    /// Of the whole row, to find one that stands there twice.
    pub(super) print: u64,
    pub(super) whose: Whose,
    code_spot: Spot,
    /// From サービス事業所コード to サービスコード, in bytes.
    office_back: u16,
    first_column: Spot,
    cells: [Packed; COLUMNS],
}

/// Where a layout has what a row needs.
#[derive(Debug, Clone)]
pub(super) struct RowItems {
    pub(super) person: PersonItems,
    pub(super) code: usize,
    pub(super) office: usize,
    satellite: usize,
    pub(super) over_thirty: usize,
    pub(super) columns: [usize; COLUMNS],
}

impl Form {
    pub(super) fn of(code: &[u8]) -> Self {
        match code {
            b"999999" => Self::Total,
            [_, _, b'A', b'A', b'A', b'A'] => Self::Within,
            [_, _, b'E', b'E', b'E', b'E'] => Self::Outside,
            [_, _, b'Z', b'Z', b'Z', b'Z'] => Self::OverThirty,
            _ => Self::Detail,
        }
    }

    /// Whether the row adds others up.
    pub(super) const fn is_sum(self) -> bool {
        !matches!(self, Self::Detail)
    }
}

impl RowItems {
    pub(super) fn of(layout: &Layout) -> Self {
        let mut columns = [0; COLUMNS];
        for (place, column) in columns.iter_mut().zip(Column::ALL) {
            *place = layout.place(column.item());
        }
        Self {
            person: PersonItems::of(layout),
            code: layout.place(KnownItem::ServiceCode),
            office: layout.place(KnownItem::RowOffice),
            satellite: layout.place(KnownItem::Satellite),
            over_thirty: layout.place(KnownItem::OverThirty),
            columns,
        }
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: Column) -> usize {
        #[expect(clippy::indexing_slicing, reason = "there is a place for each column")]
        self.columns[column as usize]
    }

    /// What stands in a column of a record.
    pub(super) fn cell(&self, record: &Judged<'_>, column: Column) -> Cell {
        match record.good(self.place(column)) {
            None => Cell::Doubtful,
            Some([]) => Cell::Empty,
            Some(value) => column.read(value).map_or(Cell::Doubtful, Cell::Number),
        }
    }

    /// The row, where it can be told whose and what it is.
    pub(super) fn read(&self, record: &Judged<'_>, print: u64) -> Option<Row> {
        let person = self.person.read(record)?;
        let (code, unreadable) = if let Some(code) = record.good(self.code) {
            (code, false)
        } else {
            // A code of a type that nobody knows may still be a 全合計 that is written wrongly.
            let code = record.record.item(self.code);
            let formed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
            code.iter().all(formed).then_some((code, true))?
        };
        // Neither of them says whether there is a row: only nothing is added up with it.
        let (satellite, over_thirty) = (record.good(self.satellite), record.good(self.over_thirty));
        let unknown = unreadable || satellite.is_none() || over_thirty.is_none();
        let first_column = Spot::of(record, self.place(Column::Units));
        let spans = record.record.spans();
        let start_of = |place: usize| spans.get(place).map_or(0, |span| span.start());
        let base = start_of(self.place(Column::Units));
        let mut cells = [Packed { value: EMPTY, start: 0, length: 0 }; COLUMNS];
        for (cell, column) in cells.iter_mut().zip(Column::ALL) {
            let span = spans.get(self.place(*column)).copied().unwrap_or_default();
            *cell = Packed {
                value: match self.cell(record, *column) {
                    Cell::Empty => EMPTY,
                    Cell::Number(value) => i32::try_from(value).unwrap_or(DOUBTFUL),
                    Cell::Doubtful => DOUBTFUL,
                },
                start: u16::try_from(span.start().saturating_sub(base)).unwrap_or(u16::MAX),
                length: u8::try_from(span.len()).unwrap_or(u8::MAX),
            };
        }
        let mut suffix = [0; 2];
        for (place, byte) in suffix.iter_mut().zip(satellite.unwrap_or_default()) {
            *place = *byte;
        }
        Some(Row {
            person,
            code: code.try_into().ok()?,
            office: record.good(self.office)?.try_into().ok()?,
            satellite: suffix,
            form: Form::of(code),
            over_thirty: over_thirty == Some(b"1"),
            unknown,
            print,
            whose: self.person.spots(record),
            code_spot: Spot::of(record, self.code),
            office_back: start_of(self.code)
                .checked_sub(start_of(self.office))
                .and_then(|bytes| u16::try_from(bytes).ok())
                .unwrap_or_default(),
            first_column,
            cells,
        })
    }
}

impl Column {
    fn read(self, value: &[u8]) -> Option<i64> {
        if self == Self::Price {
            // Two decimals: the format was checked.
            let digits: Vec<u8> = value.iter().copied().filter(|byte| *byte != b'.').collect();
            return number(&digits);
        }
        number(value)
    }
}

impl Row {
    /// サービス種類.
    pub(super) fn kind(&self) -> &[u8] {
        self.code.get(..2).unwrap_or_default()
    }

    /// Whether the code is that of a sum as far as it goes, and of none that the source knows.
    pub(super) fn has_unknown_form(&self) -> bool {
        let letters = self.code.get(2..).unwrap_or_default();
        self.form == Form::Detail && letters.iter().all(u8::is_ascii_uppercase)
    }

    const fn packed(&self, column: Column) -> Packed {
        #[expect(clippy::indexing_slicing, reason = "there is a cell for each column")]
        self.cells[column as usize]
    }

    /// What stands in a column.
    pub(super) fn cell(&self, column: Column) -> Cell {
        match self.packed(column).value {
            EMPTY => Cell::Empty,
            DOUBTFUL => Cell::Doubtful,
            value => Cell::Number(i64::from(value)),
        }
    }

    /// The number in a column, where there is one.
    pub(super) fn number(&self, column: Column) -> Option<i64> {
        match self.cell(column) {
            Cell::Number(value) => Some(value),
            Cell::Empty | Cell::Doubtful => None,
        }
    }

    /// Where a column stands.
    pub(super) fn spot(&self, column: Column, items: &RowItems) -> Spot {
        let Packed { start, length, .. } = self.packed(column);
        self.first_column.shifted(u64::from(start), u16::from(length), items.place(column))
    }

    /// Where サービス事業所コード stands.
    pub(super) fn office_spot(&self, items: &RowItems) -> Spot {
        self.code_spot.before(u64::from(self.office_back), 10, items.office)
    }

    /// Where サービスコード stands.
    pub(super) const fn code_spot(&self) -> Spot {
        self.code_spot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_the_code() {
        assert_eq!(Form::of(b"999999"), Form::Total);
        assert_eq!(Form::of(b"A6AAAA"), Form::Within);
        assert_eq!(Form::of(b"11EEEE"), Form::Outside);
        assert_eq!(Form::of(b"21ZZZZ"), Form::OverThirty);
        assert_eq!(Form::of(b"111211"), Form::Detail);
    }

    #[test]
    fn prices_are_hundredths() {
        assert_eq!(Column::Price.read(b"11.40"), Some(1140));
        assert_eq!(Column::Cost.read(b"57353"), Some(57353));
    }
}
