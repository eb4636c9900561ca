//! Which settings there are, what they are called, and what they are now.

use toml_edit::{Document, Item, Table, TableLike};

use crate::config::{Config, Office, Profile, duration_text, size_text};
use crate::types::{Lang, OfficeNumber};

/// What a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A folder that need not be named; empty where none is.
    OptionalFolder,
    /// A duration, as `2s`.
    Duration,
    /// A size, as `64MiB`.
    Size,
    /// A number.
    Number,
    /// The name of an import profile; empty where none is named.
    Profile,
}

/// A setting as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in forms: `timing.settle`, `office.1370000018.drop`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The office whose setting it is.
    pub office: Option<OfficeNumber>,
    /// What it is.
    pub kind: Kind,
    /// What people call it.
    pub label: &'static str,
    /// What it does, where the name does not say it.
    pub note: &'static str,
    /// What it is: as it stands in the file, or what holds without that.
    pub value: String,
}

/// Where a setting stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `timing`, `limits` or `office`.
    pub table: &'static str,
    /// A table in it.
    pub within: Option<&'static str>,
    /// The key.
    pub key: &'static str,
}

/// A setting that there is.
struct Key {
    place: Place,
    kind: Kind,
    label: [&'static str; 2],
    note: [&'static str; 2],
    /// What holds where the file does not say it.
    holds: fn(&Config, Option<&Office>) -> String,
}

const fn key(
    table: &'static str,
    key: &'static str,
    kind: Kind,
    label: [&'static str; 2],
    note: [&'static str; 2],
    holds: fn(&Config, Option<&Office>) -> String,
) -> Key {
    Key { place: Place { table, within: None, key }, kind, label, note, holds }
}

const fn profile(label: [&'static str; 2], note: [&'static str; 2]) -> Key {
    let place = Place { table: "office", within: Some("import_habits"), key: "profile" };
    Key { place, kind: Kind::Profile, label, note, holds: |_, _| String::new() }
}

fn folder(office: Option<&Office>, folder: fn(&Office) -> &std::path::Path) -> String {
    office.map(|office| folder(office).display().to_string()).unwrap_or_default()
}

/// Every setting of an office.
const OF_OFFICE: [Key; 7] = [
    key(
        "office",
        "drop",
        Kind::Folder,
        ["送信用フォルダー", "Drop folder"],
        ["介護ソフトが書き出すフォルダーです。", "Where the care software writes."],
        |_, office| folder(office, |office| &office.drop),
    ),
    key(
        "office",
        "import",
        Kind::Folder,
        ["取込フォルダー", "Import folder"],
        ["介護ソフトが読み込むフォルダーです。", "Where the care software reads."],
        |_, office| folder(office, |office| &office.import),
    ),
    key(
        "office",
        "import_actuals",
        Kind::Folder,
        ["実績の取込フォルダー", "Import folder of actuals"],
        [
            "実績を別に取り込むときだけ、取込フォルダーと別のものにします。",
            "Another one than the import folder only where actuals are imported apart.",
        ],
        |_, office| folder(office, |office| &office.import_actuals),
    ),
    key(
        "office",
        "hold",
        Kind::Folder,
        ["保留フォルダー", "Hold folder"],
        [
            "送信や取込を止めたものを、理由と一緒に置きます。",
            "Where refused sets go, each with its report.",
        ],
        |_, office| folder(office, |office| &office.hold),
    ),
    key(
        "office",
        "work",
        Kind::Folder,
        ["作業用フォルダー", "Work folder"],
        [
            "renkei だけが使います。送信用フォルダーと同じドライブに置きます。",
            "For renkei alone; on the same volume as the drop folder.",
        ],
        |_, office| folder(office, |office| &office.work),
    ),
    key(
        "office",
        "downloads",
        Kind::OptionalFolder,
        ["ブラウザーのダウンロード先", "Downloads folder of the browser"],
        [
            "WEBサービスからダウンロードしたものを取り込むときだけ書きます。このフォルダーは読むだけです。",
            "Only where what is downloaded from the WEB service is to be taken in. It is only read.",
        ],
        |_, office| {
            let downloads = office.and_then(|office| office.downloads.as_ref());
            downloads.map(|folder| folder.display().to_string()).unwrap_or_default()
        },
    ),
    profile(
        ["取込の型", "Import profile"],
        [
            "介護ソフトがファイルを取り込むときの習慣に合わせます。",
            "How the care software takes files in.",
        ],
    ),
];

/// Every setting of the node.
const OF_NODE: [Key; 12] = [
    key(
        "timing",
        "scan_interval",
        Kind::Duration,
        ["送信用フォルダーを見る間隔", "Looks at the drop folder every"],
        ["", ""],
        |config, _| duration_text(config.timing.scan_interval),
    ),
    key(
        "timing",
        "settle",
        Kind::Duration,
        ["書き終わりを待つ時間", "A file stands still before it is taken for"],
        ["", ""],
        |config, _| duration_text(config.timing.settle),
    ),
    key(
        "timing",
        "settle_unknown",
        Kind::Duration,
        [
            "書き終わりが分からないときに待つ時間",
            "The same where nobody can tell whether it is written",
        ],
        ["", ""],
        |config, _| duration_text(config.timing.settle_unknown),
    ),
    key(
        "timing",
        "set_wait",
        Kind::Duration,
        ["そろわないファイルを待つ時間", "An incomplete set waits for its files for"],
        ["", ""],
        |config, _| duration_text(config.timing.set_wait),
    ),
    key(
        "timing",
        "order_wait",
        Kind::Duration,
        ["先に届くはずのものを待つ時間", "A package waits for the one before it for"],
        ["", ""],
        |config, _| duration_text(config.timing.order_wait),
    ),
    key(
        "timing",
        "expiry",
        Kind::Duration,
        ["届かないものをあきらめるまでの時間", "A package waits for its receipt for"],
        ["", ""],
        |config, _| duration_text(config.timing.expiry),
    ),
    key(
        "limits",
        "file_size",
        Kind::Size,
        ["1 ファイルの上限", "Largest file"],
        ["", ""],
        |config, _| size_text(config.limits.file_size),
    ),
    key(
        "limits",
        "unit_files",
        Kind::Number,
        ["1 回に送れるファイルの数", "Files of a set"],
        ["", ""],
        |config, _| config.limits.unit_files.to_string(),
    ),
    key(
        "limits",
        "in_flight",
        Kind::Number,
        ["1 つの相手に同時に送る数", "Packages under way to a partner"],
        ["", ""],
        |config, _| config.limits.in_flight.to_string(),
    ),
    key(
        "limits",
        "store_size",
        Kind::Size,
        ["台帳の上限", "Largest store"],
        ["0B にすると、ディスクの空きまで使います。", "0B: as large as the disk."],
        |config, _| size_text(config.limits.store_size),
    ),
    key(
        "limits",
        "partner_store",
        Kind::Size,
        ["1 つの相手から預かる上限", "Kept of one partner"],
        ["", ""],
        |config, _| size_text(config.limits.partner_store),
    ),
    key(
        "limits",
        "partner_rate",
        Kind::Size,
        ["1 つの相手から 1 時間に受け取る上限", "Taken from one partner in an hour"],
        ["", ""],
        |config, _| size_text(config.limits.partner_rate),
    ),
];

/// The settings of a configuration as they are now.
pub(super) fn settings(text: &str, config: &Config, lang: Lang) -> Vec<Setting> {
    let document = Document::parse(text).ok();
    let root = document.as_ref().map(|document| document.as_table() as &dyn TableLike);
    let mut found = Vec::new();
    for office in &config.offices {
        let table = root.and_then(|root| of_office(root, office.number));
        let of_office = OF_OFFICE.iter().map(|key| {
            let name = format!("office.{}.{}", office.number, key.place.key);
            setting(key, name, table, (config, Some(office)), lang)
        });
        found.extend(of_office);
    }
    found.extend(OF_NODE.iter().map(|key| {
        let table = root.and_then(|root| root.get(key.place.table)?.as_table_like());
        let name = format!("{}.{}", key.place.table, key.place.key);
        setting(key, name, table, (config, None), lang)
    }));
    found
}

/// The table of an office.
fn of_office(root: &dyn TableLike, number: OfficeNumber) -> Option<&dyn TableLike> {
    let mut tables = root.get("office")?.as_array_of_tables()?.iter();
    tables.find(|table| is_of(table, number)).map(|table| table as &dyn TableLike)
}

/// Whether a table `[[office]]` is that of an office.
pub(super) fn is_of(table: &Table, number: OfficeNumber) -> bool {
    table.get("number").and_then(Item::as_str) == Some(number.as_str())
}

fn setting(
    key: &Key,
    name: String,
    table: Option<&dyn TableLike>,
    (config, office): (&Config, Option<&Office>),
    lang: Lang,
) -> Setting {
    let Key { place, kind, label, note, holds } = key;
    let table = match place.within {
        Some(within) => table.and_then(|table| table.get(within)?.as_table_like()),
        None => table,
    };
    let item = table.and_then(|table| table.get(place.key));
    let said = item.and_then(|item| {
        item.as_str().map(str::to_owned).or_else(|| item.as_integer().map(|it| it.to_string()))
    });
    Setting {
        name,
        place: *place,
        office: office.map(|office| office.number),
        kind: *kind,
        label: lang.pick(label[0], label[1]),
        note: lang.pick(note[0], note[1]),
        value: said.unwrap_or_else(|| holds(config, office)),
    }
}

impl Setting {
    /// What a person may choose, each with its words; nothing where they write.
    pub fn choices(&self, lang: Lang) -> Vec<(&'static str, String)> {
        if self.kind != Kind::Profile {
            return Vec::new();
        }
        let title = |profile: &Profile| profile.words(lang).title.clone();
        let all = Profile::all().map(|profile| (profile.name, title(&profile)));
        let none = self.value.is_empty().then(|| ("", lang.pick("指定なし", "none").to_owned()));
        none.into_iter().chain(all).collect()
    }
}
