//! The formats of items (`spec/README.md`, format vocabulary).

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)+) => {
        /// What the characters of an item must look like.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format {
            $($(#[$doc])* $variant,)+
        }

        impl Format {
            /// The format that a word of the tables names.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The word of the tables.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

formats! {
    /// A calendar month, YYYYMM.
    Month = "yyyymm";
    /// A calendar month or `000000`.
    MonthOrZero = "yyyymm_or_zero";
    /// A calendar date, YYYYMMDD.
    Date = "yyyymmdd";
    /// A calendar date or `00000000`.
    DateOrZero = "yyyymmdd_or_zero";
    /// A time of day, HHMM, 0000 to 2400.
    Time = "hhmm";
    /// A time of day, or 9999 for services without a time (R-FLD-05).
    TimeOr9999 = "hhmm_or_9999";
    /// Digits.
    Digits = "digits";
    /// 被保険者番号: ten digits, or H and nine digits (R-FLD-01).
    InsuredNumber = "insured_no";
    /// 事業所番号: ten digits or capital letters (README A-08).
    OfficeNumber = "office_no";
    /// 郵便番号: NNN-NNNN.
    PostalCode = "postal";
    /// One code of the item's table.
    Code = "code";
    /// A whole number.
    Integer = "integer";
    /// A number with two decimals.
    Decimal = "decimal_99.99";
    /// サービスコード: six digits or capital letters; with a code table also the forms in it.
    ServiceCode = "service_code";
    /// サービス種類コード: two digits or capital letters.
    ServiceType = "service_type";
    /// TAISコード and 福祉用具届出コード: five digits, a hyphen, six digits (README A-15).
    EquipmentCode = "tais_code";
    /// 日割対象日: 31 characters, each 0 or 1 (R-FLD-04).
    Bits31 = "bits31";
    /// Half-width letters and digits.
    Alphanumeric = "alnum";
    /// Any characters.
    Chars = "chars";
    /// Telephone number: digits and hyphens.
    Phone = "phone";
    /// Free text.
    Free = "free";
    /// Not used; written empty, ignored on import.
    Unused = "unused";
}
