//! Why something is held or refused, in words.

use crate::types::Lang;

/// Codes with what an office worker reads, in Japanese and in English: short, to stand in brackets
/// or in a table.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "import-name-taken",
        "取込フォルダーに同じ名前で中身の違うファイルがあります",
        "another file of the same name lies in the import folder",
    ),
    (
        "import-file-unreadable",
        "取込フォルダーにある同じ名前のファイルを読み取れません",
        "the file of the same name in the import folder cannot be read",
    ),
    (
        "store-damaged",
        "受信側に保存したパッケージが壊れています。送信側で renkei retry を実行すると送り直せます",
        "the stored package is damaged at the recipient; renkei retry at the sender sends it again",
    ),
    (
        "store-failed",
        "受信側に保存したパッケージを読み取れません",
        "the stored package cannot be read at the recipient",
    ),
    (
        "no-longer-kept",
        "保存期間を過ぎ、パッケージが残っていません",
        "the package is no longer kept",
    ),
    (
        "dismissed-by-recipient",
        "相手の担当者が受け取らないと決めました",
        "a person at the recipient dismissed it",
    ),
    ("folder-disk-full", "ディスクの空き容量が足りません", "the disk is full"),
    ("folder-denied", "取込フォルダーに書き込めません", "the import folder cannot be written to"),
    ("folder-missing", "取込フォルダーが見つかりません", "the import folder is not there"),
    (
        "folder-not-a-folder",
        "取込フォルダーの場所に別のものがあります",
        "something else stands where the import folder should be",
    ),
    ("folder-locked", "ほかのソフトがファイルを使用中です", "another program has a file open"),
    (
        "folder-changed",
        "配置の途中でファイルが変えられました",
        "a file was changed while it was being placed",
    ),
    (
        "folder-io",
        "取込フォルダーの読み書きに失敗しました",
        "reading or writing the import folder failed",
    ),
    ("internal", "内部エラーです", "an internal fault"),
    ("unit-too-large", "ファイルの合計が大きすぎます", "the files together are too large"),
    ("unit-too-many-files", "ファイルの数が多すぎます", "there are too many files"),
    (
        "not-this-office",
        "送信元の事業所番号が、このフォルダーの事業所ではありません",
        "the sender is not the office of this folder",
    ),
    (
        "unknown-partner",
        "送信先が相手として登録されていません",
        "the addressee is no registered partner",
    ),
    (
        "edition-not-accepted",
        "相手が取り込める版に変換できません",
        "the files cannot be converted to the edition that the partner imports",
    ),
];

/// What a code means; nothing for one that is not known here, such as that of a rule.
pub fn reason(code: &str, lang: Lang) -> Option<&'static str> {
    let known = REASONS.iter().find(|(known, _, _)| *known == code);
    known.map(|(_, ja, en)| lang.pick(ja, en))
}
