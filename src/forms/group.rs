//! Whom the rows are about, and which of them make one set of forms.

use std::collections::BTreeMap;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::read::{File, UnitName};
use super::row::Row;

/// What rows that belong together are about; in the order of printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// 第1表 to 第3表, by 計画作成（変更）日.
    Plan,
    /// 第6表 and 第7表, by 対象年月.
    Month,
    /// 利用者基本情報, by 相談日.
    Basics,
    /// 介護予防サービス・支援計画書, by 計画作成（変更）日.
    Prevention,
    /// What is withdrawn, by what is withdrawn.
    Deletion,
}

impl Topic {
    /// What a row is about, and the item that says of which day or month.
    fn of(row: &Row<'_>) -> (Self, KnownItem) {
        use FileKind as Kind;
        match row.kind() {
            Kind::Up1kyo | Kind::Up2kyo | Kind::Up3kyo => (Self::Plan, KnownItem::PlanDate),
            // With a plan its month is 000000, with a month its plan is 00000000 (R-FN-05).
            Kind::Uphosoku if is_zero(row.look(KnownItem::ServiceMonth)) => {
                (Self::Plan, KnownItem::PlanDate)
            }
            Kind::Upplan | Kind::Upjsk | Kind::Upsikyu | Kind::Uphosoku => {
                (Self::Month, KnownItem::ServiceMonth)
            }
            Kind::Upkihon | Kind::UpkihonSub1 | Kind::UpkihonSub2 | Kind::UpkihonImage => {
                (Self::Basics, KnownItem::ConsultedOn)
            }
            Kind::Upyobo | Kind::UpyoboSub => (Self::Prevention, KnownItem::PreventionPlanDate),
            Kind::Dlt1kyo => (Self::Deletion, KnownItem::PlanDate),
            Kind::Dltplan | Kind::Dltjsk => (Self::Deletion, KnownItem::DeletedMonth),
            Kind::Dltkihon => (Self::Deletion, KnownItem::ConsultedOn),
            Kind::Dltyobo => (Self::Deletion, KnownItem::PreventionPlanDate),
        }
    }
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

/// One person as the files name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserKey {
    pub(super) insurer: String,
    pub(super) insured: String,
}

/// What makes rows one set: the topic, its day or month, and the send unit they came in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BundleKey {
    pub(super) topic: Topic,
    pub(super) date: String,
    pub(super) unit: Option<UnitName>,
}

/// The rows of one set, by the kind of file, in the order of the files.
#[derive(Default)]
pub(super) struct Bundle<'s> {
    rows: BTreeMap<FileKind, Vec<Row<'s>>>,
}

impl<'s> Bundle<'s> {
    /// The rows of a kind.
    pub(super) fn rows(&self, kind: FileKind) -> &[Row<'s>] {
        self.rows.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Every row.
    pub(super) fn all(&self) -> impl Iterator<Item = &Row<'s>> {
        self.rows.values().flatten()
    }
}

/// Everything about one person.
#[derive(Default)]
pub(super) struct User<'s> {
    pub(super) bundles: BTreeMap<BundleKey, Bundle<'s>>,
    /// 利用者氏名, from whatever set has it; empty where none has.
    pub(super) name: String,
    /// The names of 居宅介護支援事業者 by their numbers, as 第1表 has them.
    pub(super) managers: BTreeMap<String, String>,
}

/// Forms take over names of so many bytes from other sets; no name that the standard allows is
/// longer, and each form would have a copy of one that is.
const LONGEST_NAME: usize = 1_000;

impl User<'_> {
    /// Looks up once what forms take over from other sets: each looking through all of them would
    /// take as long as there are forms times sets.
    fn look_up(&mut self) {
        let rows = || self.bundles.values().flat_map(Bundle::all);
        let is_name = |name: &&str| !name.is_empty() && name.len() <= LONGEST_NAME;
        let names = rows().flat_map(|row| {
            [KnownItem::UserName, KnownItem::PreventionUser].map(|item| row.look(item))
        });
        let name = names.into_iter().find(is_name).unwrap_or_default().to_owned();
        let mut managers = BTreeMap::new();
        for row in rows().filter(|row| row.kind() == FileKind::Up1kyo) {
            let (code, name) =
                (row.look(KnownItem::ManagerOffice), row.look(KnownItem::ManagerName));
            if is_name(&name) && !managers.contains_key(code) {
                managers.insert(code.to_owned(), name.to_owned());
            }
        }
        (self.name, self.managers) = (name, managers);
    }
}

/// The rows by person, in the order in which care software prints: 保険者番号, 被保険者番号.
pub(super) fn group<'s>(files: &[File<'_>], rows: Vec<Row<'s>>) -> BTreeMap<UserKey, User<'s>> {
    let mut users: BTreeMap<UserKey, User<'s>> = BTreeMap::new();
    for row in rows {
        let key = UserKey {
            insurer: row.look(KnownItem::Insurer).to_owned(),
            insured: row.look(KnownItem::Insured).to_owned(),
        };
        let (topic, date) = Topic::of(&row);
        let date = row.look(date).to_owned();
        let unit = files.get(row.file).and_then(|file| file.unit);
        let user = users.entry(key).or_default();
        let bundle = user.bundles.entry(BundleKey { topic, date, unit }).or_default();
        bundle.rows.entry(row.kind()).or_default().push(row);
    }
    users.values_mut().for_each(User::look_up);
    users
}
