//! What a rule is about in one whole sentence, where nothing is known of the finding itself.

use crate::types::Lang;

use super::rule::RuleInfo;

/// Titles of the rules whose message is no sentence any more without what a finding fills in.
const TITLES: &[(&str, &str, &str)] = &[
    ("L1-NAME-002", "ファイルの拡張子が違います。", "The extension of the file is wrong."),
    ("L1-NAME-003", "ファイル名の形が違います。", "The file name is malformed."),
    ("L1-NAME-004", "ファイル名の形が違います。", "The file name is malformed."),
    (
        "L1-NAME-008",
        "V3 にはないファイルですが、ファイル名が V3 の形です。",
        "V3 has no such file, but the name has the form of V3.",
    ),
    (
        "L1-NAME-009",
        "ファイル名のサービス種類コードは、連携の対象ではありません。",
        "The service type in the file name is not one that is exchanged.",
    ),
    (
        "L1-NAME-010",
        "ファイル名のサービス種類コードの向きが、ファイルの送り方と合いません。",
        "The service types in the name do not fit the way the file travels.",
    ),
    (
        "L1-ENC-009",
        "ファイルの文字コードが MS932（Shift_JIS）ではありません。",
        "The file is not encoded in MS932 (Shift_JIS).",
    ),
    (
        "L1-ENC-005",
        "MS932 に割り当てのないバイトがあります。",
        "There are bytes that are no character of MS932.",
    ),
    ("L1-CSV-004", "項目の数が違います。", "The number of items is wrong."),
    ("L1-CSV-006", "空の行があります。", "There are blank lines."),
    ("L1-CSV-007", "行の終わりが LF のレコードがあります。", "Records end in LF."),
    ("L1-CSV-008", "行の終わりが CR だけのレコードがあります。", "Records end in CR alone."),
    (
        "L1-CSV-010",
        "1 つのレコードが安全のための上限を超えています。",
        "A record is longer than the safety limit.",
    ),
    (
        "L1-VER-001",
        "CSVバージョンが取り込める版ではありません。",
        "CSVバージョン is none that can be imported.",
    ),
    (
        "L1-VER-002",
        "CSVバージョンが 4.0版の発出時の値です。",
        "CSVバージョン is the value as first published with 4.0.",
    ),
    (
        "L1-VER-004",
        "CSVバージョンとファイル名の版が違います。",
        "CSVバージョン and the file name are of different editions.",
    ),
    (
        "L1-VER-005",
        "CSVバージョンがサービス提供年月に合いません。",
        "CSVバージョン does not fit the service month.",
    ),
    ("L2-ITEM-003", "文字数が多すぎます。", "The text is too long."),
    (
        "L2-ITEM-004",
        "文字数がレイアウトの長さを超えています。",
        "The text is longer than the layout says.",
    ),
    (
        "L2-FMT-001",
        "決められた桁数の半角数字ではありません。",
        "Not the fixed number of half-width digits.",
    ),
    ("L3-CODE-001", "コード表にない値です。", "The value is not in the code list."),
    (
        "L3-CODE-002",
        "もう 1 つの要介護状態区分の表にだけあるコードです。",
        "The code is only in the other list of 要介護状態区分.",
    ),
    ("L3-CODE-003", "連携の対象外のサービス種類です。", "The service type is not exchanged."),
    (
        "L3-CODE-004",
        "サービス種類が標準仕様の一覧にありません。",
        "The service type is not in the list of the standard.",
    ),
    ("L4-USAGE-002", "終了時刻が開始時刻より後ではありません。", "The end is not after the start."),
    (
        "L4-USAGE-004",
        "日割対象日の終わりより後に 1 があります。",
        "日割対象日 has a 1 after its last day.",
    ),
    (
        "L4-EQUIP-004",
        "明細判別コードの要らないサービス種類に、それが入っています。",
        "明細判別コード is filled for a service type that has none.",
    ),
    (
        "L4-HOSO-002",
        "種類別支給限度額の枠が前から順に使われていません。",
        "A slot of the limits by type is in use, and one before it is empty.",
    ),
    (
        "L4-HOSO-003",
        "種類別支給限度額の枠に、サービス種類コードか支給限度基準額がありません。",
        "A slot of the limits by type lacks the type or the limit.",
    ),
    (
        "L4-HOSO-006",
        "限度超単位数が計算と合いません。",
        "限度超単位数 does not agree with total and limit.",
    ),
    (
        "L4-HOSO-007",
        "合計限度超単位数が計算と合いません。",
        "合計限度超単位数 does not agree with the slots.",
    ),
    (
        "L4-SIKYU-008",
        "サービス単位が、単位数 × 回数と合いません。",
        "The amount is not units × count.",
    ),
    (
        "L4-SIKYU-009",
        "割引後の単位数が計算と合いません。",
        "The units after the discount do not agree with units and rate.",
    ),
    (
        "L4-SIKYU-010",
        "種類支給限度基準内の単位数が計算と合いません。",
        "The units within the limit of the type do not agree.",
    ),
    (
        "L4-SIKYU-011",
        "区分支給限度基準内の単位数が計算と合いません。",
        "The units within 区分支給限度 do not agree.",
    ),
    (
        "L4-SIKYU-012",
        "費用総額が、単位数 × 単位数単価と合いません。",
        "The cost is not units × price, rounded down.",
    ),
    (
        "L4-SIKYU-013",
        "給付率が 0 から 100 の範囲にありません。",
        "給付率 is not between 0 and 100.",
    ),
    (
        "L4-SIKYU-014",
        "請求額が、費用総額 × 給付率と合いません。",
        "The claim is not cost × rate, rounded down.",
    ),
    (
        "L4-SIKYU-015",
        "利用者の負担額が計算と合いません。",
        "What the user pays is not cost less claim.",
    ),
    (
        "L4-SIKYU-016",
        "限度を超えた分の負担額が計算と合いません。",
        "What the user pays over the limit does not agree with the units and the price.",
    ),
    (
        "L4-SIKYU-017",
        "短期入所の利用日数の合計が合いません。",
        "The days of short stays do not come to their total.",
    ),
    (
        "L4-DATE-001",
        "期間の終わりが始まりより前の日付です。",
        "The end of the period is before its start.",
    ),
    (
        "L4-DATE-002",
        "認定日が有効期間の終わりより後の日付です。",
        "The date of certification is after the end of its period.",
    ),
    ("L4-DATE-003", "日付の前後が合いません。", "A date is after one that it should precede."),
    (
        "L4-PLAN-001",
        "コードに対応して書く内容が空です。",
        "The text that goes with the code is empty.",
    ),
    (
        "L4-PLAN-002",
        "コードに対応しない内容の欄に記入があります。",
        "A text is filled that does not go with the code.",
    ),
    (
        "L4-NUM-001",
        "1〜99 の通番がないか 0 です。",
        "A serial number from 1 to 99 is missing or 0.",
    ),
    (
        "L4-KYO3-002",
        "週間サービス計画表の予定に必要な項目がありません。",
        "The entry of the weekly plan lacks an item.",
    ),
    (
        "L4-YOBO-001",
        "基本チェックリストの該当数が、その領域の質問の数を超えています。",
        "The count is higher than the questions that the checklist has on the subject.",
    ),
    ("L5-EQUIP-001", "明細判別コードの値が違います。", "明細判別コード should be another."),
    (
        "L5-REP-001",
        "レコードを見分ける項目がすべて同じレコードがあります。",
        "All that tells records apart is the same in two records.",
    ),
    (
        "L5-SIKYU-003",
        "サービス種類に複数の行がありますが、小計の行がありません。",
        "The user has several rows of a service type and no subtotal.",
    ),
    ("L5-SIKYU-004", "小計が合いません。", "A subtotal does not agree with its rows."),
    (
        "L5-SIKYU-007",
        "全合計に含まれている金額の項目が空です。",
        "An item is empty, though the grand total has a value for this row.",
    ),
    ("L5-SIKYU-006", "全合計が合いません。", "The grand total does not agree with the rows."),
    (
        "L5-KEY-001",
        "同じキー（保険者番号・被保険者番号・日付または年月）のレコードがあります。",
        "Two records have the same key (insurer, insured, date or month).",
    ),
    ("L5-KEY-002", "まったく同じ内容のレコードがあります。", "A record repeats another."),
    ("L5-NUM-001", "番号の組が同じレコードがあります。", "Two records have the same numbers."),
    (
        "L5-NUM-004",
        "番号が同じ前の行と文章が違います。",
        "The text differs from an earlier row with the same number.",
    ),
    (
        "L5-NUM-005",
        "番号が同じ前の行にある文章を繰り返しています。",
        "The text repeats an earlier row with the same number.",
    ),
    ("L5-NUM-002", "通番が 1 から続いていません。", "The numbers do not run on from 1."),
    (
        "L6-NAME-001",
        "ファイル名の年月と中身が違います。",
        "The month of the file name is not that of the contents.",
    ),
    (
        "L6-NAME-006",
        "送信先の事業所に、ファイル名のサービス種類のサービスが 1 つもありません。",
        "The recipient has no service of the type in the file name.",
    ),
    ("L6-UNIT-001", "必要なファイルがそろっていません。", "Files of the set are missing."),
    (
        "L6-UNIT-002",
        "同じ連番の他のファイルと一緒には送らないファイルがあります。",
        "No send unit holds these files together.",
    ),
    ("L6-UNIT-003", "同じ連番に複数の送信単位があります。", "Several send units share the serial."),
    (
        "L6-UNIT-004",
        "ファイル名が、同じ送信単位の他のファイルと合いません。",
        "The file name does not fit the other files of the send unit.",
    ),
    (
        "L6-USAGE-002",
        "この利用者は他の表にありますが、第6表にありません。",
        "The user is in another file and not in 第6表.",
    ),
    (
        "L6-USAGE-003",
        "この利用者が、一緒に送る他のファイルにありません。",
        "The user is missing in another file of the send unit.",
    ),
    (
        "L6-USAGE-004",
        "サービスの回数が第6表と第7表で違います。",
        "第6表 and 第7表 differ in how often a service is used.",
    ),
    (
        "L6-USAGE-005",
        "サービスコードの単位数が第7表と違います。",
        "The units of a service code are not those of 第7表.",
    ),
    (
        "L6-USAGE-007",
        "区分支給限度基準内単位数の合計が、利用者補足情報の区分支給限度基準額を超えています。",
        "区分支給限度基準内単位数 exceed the limit in 利用者補足情報.",
    ),
    (
        "L6-USAGE-008",
        "短期入所の前月までの利用日数が、一緒に送る他のファイルと違います。",
        "The days of short stays before this month differ between the files.",
    ),
    (
        "L6-JOIN-001",
        "対応するレコードが、一緒に送る他のファイルにありません。",
        "There is no record in another file that this one belongs to.",
    ),
    (
        "L6-JOIN-002",
        "この利用者のレコードが、一緒に送る他のファイルにありません。",
        "Another file has no record of this user.",
    ),
    (
        "L6-JOIN-003",
        "項目の値が、一緒に送る他のファイルと違います。",
        "An item differs from the other files of the send unit.",
    ),
    (
        "L6-JOIN-004",
        "項目の値が、同じ計画の第1表と違います。",
        "An item differs from 第1表 of the same plan.",
    ),
    (
        "L6-DEL-001",
        "この削除は、一緒に検査したデータより連番が後です。取り込むと、そのデータも削除されます。",
        "The serial of this deletion is later than that of data checked with it, which it will withdraw.",
    ),
    (
        "L7-TEXT-006",
        "MS932 に 2 つの符号がある文字が、Windows の書かない方の符号で書かれています。",
        "A character with two codes in MS932 is written with the one that Windows does not write.",
    ),
    (
        "L7-TEXT-001",
        "文章の中に文字参照や「<br>」などの記号が残っています。",
        "A character reference or a tag such as <br> is left in a text.",
    ),
    ("L7-TEXT-008", "長すぎる文章があります。", "A text is too long."),
    (
        "L8-JSK-001",
        "前の実績にあったサービスコードが、この実績にはありません。",
        "The actuals lack service codes that earlier ones had.",
    ),
    (
        "L8-JSK-002",
        "この利用者のその月の予定は、やり取りされたことがありません。",
        "No plan of the month about this user was ever exchanged.",
    ),
    (
        "L8-DEL-001",
        "この削除が指すものは、届いたことがないか、すでに削除されています。",
        "What this deletion names was never delivered, or is deleted already.",
    ),
    (
        "L8-DATE-001",
        "これより新しい日付のものがもう届いています。",
        "One of a later date was delivered already.",
    ),
    (
        "L8-ID-001",
        "同じ被保険者番号の利用者の生年月日か性別が、前にやり取りしたものと違います。",
        "The date of birth or sex of the user with this insured number is not the one exchanged before.",
    ),
    (
        "L8-ID-002",
        "同じ利用者が、前は別の保険者番号でやり取りされています。",
        "The same user was exchanged under another insurer before.",
    ),
];

impl RuleInfo {
    /// What it says of any finding, in a whole sentence without holes.
    pub fn title(&self, lang: Lang) -> String {
        let title = TITLES.iter().find(|(code, ..)| *code == self.code);
        title.map_or_else(
            || without_asides(self.text(lang).message),
            |(_, ja, en)| lang.pick(ja, en).to_owned(),
        )
    }
}

/// The message without what stands in brackets, or behind a semicolon, and has a hole.
fn without_asides(message: &str) -> String {
    let mut text = message.to_owned();
    for (open, close) in [("（", "）"), (" (", ")"), ("; {count}", " in this file")] {
        while let Some((before, rest)) = text.split_once(open)
            && let Some((inside, after)) = rest.split_once(close)
            && (open.contains('{') || inside.contains('{'))
        {
            text = format!("{before}{after}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLE;
    use super::*;

    #[test]
    fn no_title_has_a_hole() {
        for info in &TABLE {
            for lang in [Lang::Ja, Lang::En] {
                let title = info.title(lang);
                assert!(!title.contains(['{', '}', '…']), "{}: {title}", info.code);
                assert!(title.ends_with(lang.pick("。", ".")), "{}: {title}", info.code);
            }
        }
        for (code, ..) in TITLES {
            assert!(TABLE.iter().any(|info| info.code == *code), "{code}");
        }
    }
}
