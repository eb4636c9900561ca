//! The tables of the standard (`spec/` at the top of the repository), loaded and self-checked.
//!
//! Data is schema: lengths, formats, what is required, code lists, send units and the values of
//! CSVバージョン come from these tables. Only what ties several items together is code, in
//! [`rules`](crate::rules).
//!
//! # Errors
//!
//! Loading collects every problem, each with its file and line ([`SpecError`]); a [`Spec`] that
//! exists is consistent.

mod builtin;
mod codes;
mod format;
mod glyphs;
mod known_item;
mod layout;
mod load;
mod table;
mod unit;

pub use codes::{Code, CodeTable, ServiceTypeEntry};
pub use format::Format;
pub use glyphs::{Glyph, Glyphs};
pub use known_item::KnownItem;
pub use layout::{Item, Layout};
pub use table::{SpecError, SpecProblem};
pub use unit::{Family, SendUnit};

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::types::{Digest, Edition, FileKind, ServiceMonth, ServiceType};

/// All tables of the standard.
#[derive(Debug, Clone)]
pub struct Spec {
    layouts: BTreeMap<(Edition, FileKind), Layout>,
    service_types: BTreeMap<ServiceType, ServiceTypeEntry>,
    /// With their official names.
    care_management: BTreeMap<ServiceType, String>,
    units: Vec<SendUnit>,
    versions: Vec<CsvVersion>,
    glyphs: Glyphs,
    digest: Digest,
}

/// A value of CSVバージョン (R-VER-01, R-VER-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvVersion {
    /// The six digits.
    pub value: String,
    /// The edition whose layouts apply; absent where we have no layouts.
    pub edition: Option<Edition>,
    /// 適用開始年月: the first サービス提供年月.
    pub first_month: ServiceMonth,
    /// Whether files carry it today.
    pub state: VersionState,
}

/// Whether a value of CSVバージョン is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// What conformant output carries.
    Current,
    /// Published once, then replaced; accepted with a warning (README A-22).
    Tolerated,
    /// An old edition without layouts here.
    Superseded,
}

impl Spec {
    /// 居宅介護支援, the one kind of care manager that V3 knows.
    pub const HOME_CARE_MANAGEMENT: &str = "43";

    /// The tables that are compiled into the program.
    ///
    /// They are parsed once. Were they broken, a test of this module would fail, so the error
    /// never reaches a user of a release.
    pub fn builtin() -> Result<&'static Self, &'static SpecError> {
        static BUILTIN: OnceLock<Result<Spec, SpecError>> = OnceLock::new();
        BUILTIN
            .get_or_init(|| {
                let files = builtin::FILES
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                    .collect();
                Self::parse(&files)
            })
            .as_ref()
    }

    /// Parses the tables from the texts of their files, by name relative to the folder, with `/`
    /// between parts (`v4.1/UPPLAN.csv`). Files that are no tables are ignored.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Self, SpecError> {
        load::load(files)
    }

    /// The layout of a kind in an edition; none for pictures and for kinds that the edition does
    /// not have. 第6表 実績 has the layout of 第6表 予定 (別紙).
    pub fn layout(&self, edition: Edition, kind: FileKind) -> Option<&Layout> {
        self.layouts.get(&(edition, kind))
    }

    /// Whether an edition has a kind at all.
    pub fn has_kind(&self, edition: Edition, kind: FileKind) -> bool {
        self.units.iter().any(|unit| unit.edition == edition && unit.knows(kind))
    }

    /// A service type by its two characters.
    pub fn service_type(&self, code: &[u8]) -> Option<&ServiceTypeEntry> {
        self.service_types.get(&ServiceType::from_bytes(code).ok()?)
    }

    /// The official name of a service type, also of those of care managers.
    pub fn service_name(&self, code: ServiceType) -> Option<&str> {
        let service = self.service_types.get(&code).map(|entry| &entry.name);
        service.or_else(|| self.care_management.get(&code)).map(String::as_str)
    }

    /// The service types of offices that exchange files, with their official names: care managers, then
    /// services.
    pub fn office_types(&self) -> impl Iterator<Item = (ServiceType, &str)> {
        let managers = self.care_management.iter().map(|(code, name)| (*code, name.as_str()));
        let services = self.service_types.iter().filter(|(_, entry)| entry.in_scope);
        managers.chain(services.map(|(code, entry)| (*code, entry.name.as_str())))
    }

    /// Whether a code in a file name stands for a care manager (README A-19).
    pub fn is_care_management(&self, code: ServiceType) -> bool {
        self.care_management.contains_key(&code)
    }

    /// Whether a service type belongs to 予防給付 or 総合事業.
    pub fn is_preventive(&self, code: ServiceType) -> bool {
        self.service_types.get(&code).is_some_and(|entry| entry.preventive)
    }

    /// The service types of 予防給付 and 総合事業.
    pub fn preventive_types(&self) -> impl Iterator<Item = ServiceType> {
        self.service_types.iter().filter(|(_, entry)| entry.preventive).map(|(code, _)| *code)
    }

    /// The send units of an edition.
    pub fn units(&self, edition: Edition) -> impl Iterator<Item = &SendUnit> {
        self.units.iter().filter(move |unit| unit.edition == edition)
    }

    /// Which send units can hold a file: those of one family share kinds, those of different
    /// families never go together. `with_month` tells the two uses of UPHOSOKU apart (R-FN-05).
    pub fn family(&self, edition: Edition, kind: FileKind, with_month: bool) -> Option<Family> {
        unit::family(&self.units, edition, kind, with_month)
    }

    /// A value of CSVバージョン.
    pub fn version(&self, value: &[u8]) -> Option<&CsvVersion> {
        self.versions.iter().find(|version| version.value.as_bytes() == value)
    }

    /// The values of CSVバージョン that conformant output carries, oldest first.
    pub fn current_versions(&self) -> impl Iterator<Item = &CsvVersion> {
        self.versions.iter().filter(|version| version.state == VersionState::Current)
    }

    /// What is written instead of characters that MS932 does not have (R-ENC-03).
    pub const fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// Whether offices of these service types exchange data of 介護予防, which V3 does not know:
    /// a service of 予防給付 or 総合事業, or a care manager other than 居宅介護支援.
    pub fn is_preventive_exchange(&self, types: (ServiceType, ServiceType)) -> bool {
        let manager =
            |code| self.is_care_management(code) && code.as_str() != Self::HOME_CARE_MANAGEMENT;
        [types.0, types.1].into_iter().any(|code| self.is_preventive(code) || manager(code))
    }

    /// The digest over all tables, whatever their line ends: two programs with the same one know the
    /// same standard.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The value of CSVバージョン that applies to a サービス提供年月 (R-VER-03); none before the first.
    pub fn version_of_month(&self, month: ServiceMonth) -> Option<&CsvVersion> {
        self.versions
            .iter()
            .filter(|version| version.state != VersionState::Tolerated)
            .filter(|version| version.first_month <= month)
            .max_by_key(|version| version.first_month)
    }

    /// Every layout.
    pub fn layouts(&self) -> impl Iterator<Item = &Layout> {
        self.layouts.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BTreeMap<String, String> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        builtin::FILES.iter().map(own).collect()
    }

    #[test]
    fn the_builtin_tables_are_consistent() {
        let spec = Spec::builtin().unwrap_or_else(|error| panic!("{error}"));
        let items = |edition, kind| spec.layout(edition, kind).map(|layout| layout.items.len());
        assert_eq!(items(Edition::V4_1, FileKind::Upplan), Some(25));
        assert_eq!(items(Edition::V4_1, FileKind::Upjsk), Some(25));
        assert_eq!(items(Edition::V3, FileKind::Upplan), Some(22));
        assert_eq!(items(Edition::V4_1, FileKind::Upkihon), Some(71));
        assert_eq!(items(Edition::V3, FileKind::Up3kyo), None);
        assert_eq!(items(Edition::V4_1, FileKind::UpkihonImage), None);
        assert_eq!(spec.units(Edition::V3).count(), 6);
        assert!(!spec.has_kind(Edition::V3, FileKind::Upkihon));
    }

    #[test]
    fn the_digest_tells_tables_apart_and_not_line_ends() {
        let digest = |change: fn(&str) -> String| {
            let mut files = files();
            files.insert("notes.csv".to_owned(), "no table".to_owned());
            let codes = files.get_mut("codes.csv").expect("the table");
            *codes = change(codes);
            Spec::parse(&files).expect("consistent").digest()
        };
        let builtin = Spec::builtin().expect("consistent").digest();
        assert_eq!(digest(|text| text.replace('\n', "\r\n")), builtin);
        assert_ne!(digest(|text| text.replacen("要支援", "要支援　", 1)), builtin);
    }

    #[test]
    fn the_values_of_the_types_are_current() {
        let spec = Spec::builtin().expect("consistent");
        let current: Vec<_> =
            spec.current_versions().map(|version| version.value.as_str()).collect();
        assert_eq!(current, Edition::ALL.map(Edition::csv_version));
    }

    #[test]
    fn the_builtin_list_holds_every_table() {
        let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
        let mut on_disk: Vec<String> = Vec::new();
        for folder in ["", "v3/", "v4.1/"] {
            for entry in std::fs::read_dir(top.join(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|extension| extension == "csv") {
                    let name = path.file_name().expect("a name").to_string_lossy();
                    on_disk.push(format!("{folder}{name}"));
                }
            }
        }
        on_disk.sort();
        assert_eq!(files().into_keys().collect::<Vec<_>>(), on_disk);
    }

    #[test]
    fn every_problem_is_reported_with_its_line() {
        let mut files = files();
        let plan = files.get_mut("v4.1/UPPLAN.csv").expect("the table");
        *plan = plan.replace("\n5,対象年月,6,", "\n6,対象年月,x,").replace("yyyymmdd,", "date,");
        let units = files.get_mut("send_units.csv").expect("the table");
        *units = units.replace("UPSIKYU;UPHOSOKU,", "UPSIKYUU;UPHOSOKU,");
        let names = files.get_mut("filenames.csv").expect("the table");
        *names = names.replace("UP1KYO_0300000100_43_", "UP1KYO_030000010_43_");
        files.remove("codes.csv");
        let error = Spec::parse(&files).expect_err("broken");
        let text = error.to_string();
        for expected in [
            "v4.1/UPPLAN.csv:6: ",
            "v4.1/UPPLAN.csv:5: ",
            "v4.1/UPPLAN.csv:11: ",
            "send_units.csv:3: ",
            "filenames.csv:3: ",
            "codes.csv: ",
        ] {
            assert!(text.contains(expected), "no {expected} in\n{text}");
        }
    }

    #[test]
    fn an_item_that_the_code_speaks_of_and_a_table_lacks_is_told() {
        for item in KnownItem::ALL {
            let kinds = FileKind::ALL.iter().filter(|kind| item.is_in(Edition::V4_1, **kind));
            assert!(kinds.count() > 0, "{item:?} is in no file");
        }
        let mut files = files();
        let plan = files.get_mut("v4.1/UPPLAN.csv").expect("the table");
        *plan = plan.replace(",サービス利用日,", ",サービス利用曰,");
        let error = Spec::parse(&files).expect_err("misspelt").to_string();
        assert!(error.contains("v4.1/UPPLAN.csv: expected the item サービス利用日"), "{error}");
    }

    #[test]
    fn hostile_tables_are_refused_without_panic() {
        for text in ["", "\"", "a,b\n1", "no,name\n\0,\u{feff}\n", &"x,".repeat(10_000)] {
            for name in files().keys() {
                let mut files = files();
                files.insert(name.clone(), text.to_owned());
                assert!(Spec::parse(&files).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn files_of_one_unit_share_a_family() {
        let spec = Spec::builtin().expect("consistent");
        let family = |kind, month| spec.family(Edition::V4_1, kind, month);
        assert!(family(FileKind::Up1kyo, false).is_some());
        assert_eq!(family(FileKind::Up1kyo, false), family(FileKind::Uphosoku, false));
        assert_eq!(family(FileKind::Upplan, true), family(FileKind::Uphosoku, true));
        assert_ne!(family(FileKind::Uphosoku, false), family(FileKind::Uphosoku, true));
        assert_eq!(family(FileKind::UpkihonImage, false), family(FileKind::UpyoboSub, false));
        assert_ne!(family(FileKind::Dlt1kyo, false), family(FileKind::Up1kyo, false));
        assert_eq!(spec.family(Edition::V3, FileKind::Up3kyo, false), None);
    }
}
