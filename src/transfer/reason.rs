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
    ("file-too-large", "ファイルが大きすぎます", "a file is too large"),
    (
        "same-name-in-drop",
        "大文字・小文字だけが違う同じ名前のファイルがあります",
        "two files have the same name but for the letter case",
    ),
    (
        "manifest-mismatch",
        "送信側のソフトが書いた目録が、ファイルの内容と一致しません",
        "the manifest says otherwise than the files",
    ),
    (
        "changed-after-packing",
        "送信の手続きのあとでファイルが変えられました。相手に届くのは変えられる前の内容です",
        "the files were changed after they were packed; the partner gets what they were before",
    ),
    (
        "overtaken-in-drop",
        "処理中に、同じ名前で中身の違うファイルが送信用フォルダーに入れられました。ここにあるのは古いほうです",
        "newer files of the same names came into the drop folder; these are the older ones",
    ),
    ("rejected", "相手が受け取りを拒否しました", "the recipient rejected it"),
    (
        "expired",
        "期限までに相手の受領証が届きませんでした",
        "no receipt of the partner came in time",
    ),
    ("peer-unreachable", "相手につながりません", "the partner cannot be reached"),
    ("peer-connection-broken", "通信が途中で切れました", "the connection broke off"),
    ("peer-timeout", "相手から時間内に返事がありません", "the partner did not answer in time"),
    ("peer-busy", "相手が混み合っています", "the partner is busy"),
    ("peer-refuses", "相手が受け取りません", "the partner does not take it"),
    (
        "peer-protocol-fault",
        "相手の返事を読み取れません",
        "the answer of the partner cannot be understood",
    ),
    (
        "peer-certificate-not-accepted",
        "相手の証明書を確認できません",
        "the certificate of the partner is not accepted",
    ),
    (
        "own-certificate-not-accepted",
        "相手がこちらの証明書を受け付けません",
        "the partner does not accept our certificate",
    ),
    (
        "peer-tls-failed",
        "相手と暗号化通信（TLS）を始められません",
        "no TLS connection with the partner",
    ),
];

/// What a code means; nothing for one that is not known here, such as that of a rule. A partner's
/// own code may stand behind it after a colon.
pub fn reason(code: &str, lang: Lang) -> Option<&'static str> {
    let code = code.split(':').next().unwrap_or_default();
    let known = REASONS.iter().find(|(known, _, _)| *known == code);
    known.map(|(_, ja, en)| lang.pick(ja, en))
}
