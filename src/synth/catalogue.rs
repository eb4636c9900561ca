//! The services that invented people use, one for every サービス種類 that is exchanged.
//!
//! Units and prices are of the order of the real ones; the item parts of the codes are partly
//! real, partly invented, for nothing here is a table of charges.

use crate::types::ServiceType;

/// One kind of service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// サービス種類コード.
    pub(super) code: &'static str,
    /// What an office is called and a plan says.
    pub(super) word: &'static str,
    pub(super) shape: Shape,
    /// 単位数単価 in hundredths of a yen.
    pub(super) price: u32,
}

/// How a service is used and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// On some days of the week, at a time: item code, units, minutes, and an add-on per visit.
    Visits(&'static str, u32, u32, Option<(&'static str, u32)>),
    /// The same, with a fixed amount of yen per visit instead of a share (総合事業, 定額).
    FixedShare(&'static str, u32, u32, u32),
    /// Some days in a row, without a time: item code and units of a day.
    Stay(&'static str, u32),
    /// Once a month, for a part of the limit in per cent, without a time: item codes of a whole
    /// month and of a part that is counted by days.
    Monthly(&'static str, &'static str, u32),
    /// Pieces of equipment for the month.
    Equipment,
    /// A few times, outside the limit (区分支給限度外): item code and units.
    OutsideLimit(&'static str, u32),
}

const fn entry(code: &'static str, word: &'static str, shape: Shape, price: u32) -> Entry {
    Entry { code, word, shape, price }
}

use Shape::{Equipment, FixedShare, Monthly, OutsideLimit, Stay, Visits};

/// Every service type of `spec/service_types.csv` that is exchanged; a test holds it to that.
pub(super) const CATALOGUE: &[Entry] = &[
    entry("11", "訪問介護", Visits("1211", 387, 60, None), 1140),
    entry("12", "訪問入浴介護", Visits("1111", 1266, 50, None), 1140),
    entry("13", "訪問看護", Visits("1111", 471, 30, None), 1140),
    entry("14", "訪問リハビリテーション", Visits("1111", 616, 40, None), 1110),
    entry("15", "通所介護", Visits("2442", 777, 420, Some(("5301", 40))), 1090),
    entry("16", "通所リハビリテーション", Visits("1441", 762, 370, Some(("5606", 60))), 1110),
    entry("17", "福祉用具貸与", Equipment, 1000),
    entry("21", "短期入所生活介護", Stay("1211", 704), 1110),
    entry("22", "短期入所療養介護（老健）", Stay("1211", 830), 1090),
    entry("23", "短期入所療養介護（病院等）", Stay("1211", 795), 1090),
    entry("2A", "短期入所療養介護（医療院）", Stay("1211", 894), 1090),
    entry("31", "居宅療養管理指導", OutsideLimit("1111", 515), 1000),
    entry("71", "夜間対応型訪問介護", Visits("1121", 372, 30, None), 1140),
    entry("76", "定期巡回・随時対応型訪問介護看護", Monthly("1111", "2111", 40), 1140),
    entry("72", "認知症対応型通所介護", Visits("1341", 994, 420, Some(("5301", 40))), 1110),
    entry("78", "地域密着型通所介護", Visits("2441", 815, 420, Some(("5301", 40))), 1090),
    entry("73", "小規模多機能型居宅介護", Monthly("1111", "2111", 62), 1110),
    entry("68", "小規模多機能型居宅介護（短期利用）", Stay("1111", 640), 1110),
    entry("77", "看護小規模多機能型居宅介護", Monthly("1111", "2111", 70), 1110),
    entry("79", "看護小規模多機能型居宅介護（短期利用）", Stay("1111", 638), 1110),
    entry("27", "特定施設入居者生活介護（短期利用）", Stay("1111", 609), 1090),
    entry("28", "地域密着型特定施設（短期利用）", Stay("1111", 612), 1090),
    entry("38", "認知症対応型共同生活介護（短期利用）", Stay("1111", 793), 1090),
    entry("62", "介護予防訪問入浴介護", Visits("1111", 856, 50, None), 1140),
    entry("63", "介護予防訪問看護", Visits("1111", 451, 30, None), 1140),
    entry("64", "介護予防訪問リハビリテーション", Visits("1111", 298, 20, None), 1110),
    entry("66", "介護予防通所リハビリテーション", Monthly("1111", "2111", 45), 1110),
    entry("67", "介護予防福祉用具貸与", Equipment, 1000),
    entry("24", "介護予防短期入所生活介護", Stay("1211", 529), 1110),
    entry("25", "介護予防短期入所療養介護（老健）", Stay("1211", 613), 1090),
    entry("26", "介護予防短期入所療養介護（病院等）", Stay("1211", 576), 1090),
    entry("2B", "介護予防短期入所療養介護（医療院）", Stay("1211", 649), 1090),
    entry("34", "介護予防居宅療養管理指導", OutsideLimit("1111", 515), 1000),
    entry("74", "介護予防認知症対応型通所介護", Visits("1341", 861, 420, None), 1110),
    entry("75", "介護予防小規模多機能型居宅介護", Monthly("1111", "2111", 66), 1110),
    entry("69", "介護予防小規模多機能型（短期利用）", Stay("1111", 424), 1110),
    entry("39", "介護予防認知症対応型共同生活介護（短期利用）", Stay("1111", 789), 1090),
    entry("A1", "訪問型サービス（みなし）", Visits("2411", 287, 45, None), 1140),
    entry("A2", "訪問型サービス（独自）", Visits("2411", 287, 45, None), 1140),
    entry("A3", "訪問型サービス（独自／定率）", Visits("1001", 220, 45, None), 1000),
    entry("A4", "訪問型サービス（独自／定額）", FixedShare("1001", 200, 45, 300), 1000),
    entry("A5", "通所型サービス（みなし）", Visits("1113", 436, 180, None), 1090),
    entry("A6", "通所型サービス（独自）", Visits("1113", 436, 180, None), 1090),
    entry("A7", "通所型サービス（独自／定率）", Visits("1001", 350, 120, None), 1000),
    entry("A8", "通所型サービス（独自／定額）", FixedShare("1001", 330, 120, 400), 1000),
];

/// What people use beside the service of the addressee.
pub(super) const BESIDE_CARE: &[&str] = &["11", "15", "17", "13"];
pub(super) const BESIDE_SUPPORT: &[&str] = &["67", "A6", "63", "A2"];
pub(super) const BESIDE_LOCAL: &[&str] = &["A6", "A2"];

/// The entry of a service type.
pub(super) fn find(code: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.code == code)
}

impl Entry {
    pub(super) fn service_type(&self) -> Option<ServiceType> {
        self.code.parse().ok()
    }

    /// Whether the units count against 区分支給限度基準額.
    pub(super) const fn within_limit(&self) -> bool {
        !matches!(self.shape, OutsideLimit(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    #[test]
    fn every_service_type_that_is_exchanged_is_there_once() {
        let spec = Spec::builtin().expect("consistent");
        let table = include_str!("../../spec/service_types.csv");
        let codes = table.lines().skip(1).filter_map(|line| line.split(',').next());
        for code in codes {
            let exchanged = spec.service_type(code.as_bytes()).expect("known").in_scope;
            let entries = CATALOGUE.iter().filter(|entry| entry.code == code).count();
            assert_eq!(entries, usize::from(exchanged), "{code}");
        }
        for code in [BESIDE_CARE, BESIDE_SUPPORT, BESIDE_LOCAL].concat() {
            assert!(find(code).is_some_and(|entry| entry.service_type().is_some()), "{code}");
        }
    }
}
