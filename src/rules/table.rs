//! The rule table: enum, codes, severities, clauses and every text about a rule.
//!
//! It is the one place where a rule is described. From it come `spec/RULES.md`, the messages of
//! findings, and the duty of a failing and a passing case under `tests/conformance/cases/`. Codes
//! are never used again for another rule; the code of a rule that goes stays reserved here.

use crate::types::{Edition, Severity};

use super::rule::{Level, RuleInfo, RuleText};

macro_rules! rules {
    ($(
        $variant:ident $code:literal $name:literal
        $level:ident $severity:ident since $since:ident clause $clause:literal
        ja { $ja_message:literal $ja_why:literal $ja_fix:literal }
        en { $en_message:literal $en_why:literal $en_fix:literal }
        bad $bad:literal good $good:literal
    )+) => {
        /// A rule of the checker.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $en_message] $variant,)+
        }

        const COUNT: usize = [$($code),+].len();

        /// Every rule, in the order of levels.
        pub static TABLE: [RuleInfo; COUNT] = [$(RuleInfo {
            rule: Rule::$variant,
            code: $code,
            name: $name,
            level: Level::$level,
            severity: Severity::$severity,
            since: Edition::$since,
            clause: $clause,
            ja: RuleText { message: $ja_message, why: $ja_why, fix: $ja_fix },
            en: RuleText { message: $en_message, why: $en_why, fix: $en_fix },
            bad: $bad,
            good: $good,
        },)+];
    };
}

rules! {
    UnknownFileName "L1-NAME-001" "unknown-file-name"
    L1 Error since V3 clause "R-FN-01"
    ja {
        "ファイル名が標準仕様のどのファイルにも当たりません。"
        "ファイル名の先頭（接頭辞）でファイルの種類を見分けるため、取り込めません。"
        "介護ソフトが出力したままのファイル名に戻してください。"
    }
    en {
        "The file name is none of the standard."
        "The prefix of the name tells what a file holds; without it nothing can be imported."
        "Give the file the name that the care software wrote."
    }
    bad "利用票4月分.CSV"
    good "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV"

    WrongExtension "L1-NAME-002" "wrong-extension"
    L1 Error since V3 clause "R-FN-01"
    ja {
        "{kind} のファイルの拡張子は {expected} です。"
        "拡張子が違うファイルは受信側で選べません。"
        "拡張子を 決められたもの（.CSV、画像は .jpg） にしてください。"
    }
    en {
        "A file of kind {kind} ends in {expected}."
        "The receiving software does not offer files with another extension."
        "Give the file its extension: .CSV, or .jpg for a picture."
    }
    bad "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.TXT"
    good "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV"

    WrongNameParts "L1-NAME-003" "wrong-name-parts"
    L1 Error since V3 clause "R-FN-01, R-FN-02, R-FN-05, R-FN-06"
    ja {
        "ファイル名を「_」で区切った部分が接頭辞の後に {got} 個あります。V4.1 は {expected_v41} 個、V3 は {expected_v3} 個です。"
        "ファイル名から対象年月・事業所番号・連番を読み取れません。"
        "対象年月の要否と、送信元・送信先のサービス種類コード（V4.1）の有無を確かめてください。"
    }
    en {
        "After the prefix the name has {got} parts between underscores; V4.1 has {expected_v41}, V3 has {expected_v3}."
        "Month, offices and serial cannot be read from the name."
        "See whether this kind carries a month, and whether both service types are there (V4.1)."
    }
    bad "UPPLAN_202604_1370000018_1370000026_11_20260326111500.CSV"
    good "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV"

    MalformedNamePart "L1-NAME-004" "malformed-name-part"
    L1 Error since V3 clause "R-FN-02, R-FN-03, R-FN-04, R-FN-05, R-FN-06, R-FN-07"
    ja {
        "ファイル名の {part} が決められた形（{expected}）ではありません。"
        "ファイル名から宛先や対象年月を読み取れません。サービス種類コードは 2 桁です（4.0版の 3 桁は 4.1版で改められました）。"
        "介護ソフトの出力設定（事業所番号・サービス種類・対象年月）を確かめて出力し直してください。"
    }
    en {
        "{part} in the file name is not of the form {expected}."
        "Addressee or month cannot be read. Service types have 2 characters (the 3 digits of 4.0 were replaced in 4.1)."
        "Correct the office number, service type or month in the care software and export again."
    }
    bad "UPPLAN_202613_1370000018_43_1370000026_11_20260326111500.CSV"
    good "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV"

    UnrealSerial "L1-NAME-005" "unreal-serial"
    L1 Error since V3 clause "R-FN-04"
    ja {
        "ファイル連番が実在する日時（YYYYMMDDHHMMSS）ではありません。"
        "連番は取込の順番を決めます。日時でない連番は順番を狂わせます。"
        "出力した日時を 14 桁の連番として付けてください。"
    }
    en {
        "The file serial is no real date and time (YYYYMMDDHHMMSS)."
        "The serial orders the import; one that is no time breaks the order."
        "Use the date and time of the export, 14 digits."
    }
    bad "DLT1KYO_1370000018_43_1370000026_11_20260231090000.CSV"
    good "DLT1KYO_1370000018_43_1370000026_11_20260228090000.CSV"

    NameLetterCase "L1-NAME-006" "name-in-another-letter-case"
    L1 Info since V3 clause "R-FN-01"
    ja {
        "ファイル名の大文字・小文字が標準仕様の書き方と違います。"
        "標準仕様は大文字・小文字の扱いを定めていません。区別する受信側では取り込めないことがあります。"
        "接頭辞と .CSV は大文字、画像の .jpg は小文字で出力してください。"
    }
    en {
        "Letters in the file name are in another case than in the standard."
        "The standard is silent on letter case; a receiver that tells them apart may not import the file."
        "Write the prefix and .CSV in capitals, .jpg in small letters."
    }
    bad "dlt1kyo_1370000018_43_1370000026_11_20260327090000.csv"
    good "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV"

    MonthInUpkihonName "L1-NAME-007" "month-in-upkihon-name"
    L1 Warning since V4_1 clause "A-13"
    ja {
        "利用者基本情報のファイル名に「000000」が入っています。"
        "別添1 の例にだけある形で、別紙の規約にはありません。規約どおりに読む受信側では取り込めません。"
        "「000000_」を除いたファイル名で出力してください。"
    }
    en {
        "The name of 利用者基本情報 carries 000000."
        "Only an example in 別添1 has it, the rule in 別紙 does not; a receiver that follows the rule cannot import the file."
        "Leave 000000_ out of the name."
    }
    bad "UPKIHON_000000_1300000013_46_1370000083_A6_20260327102500.CSV"
    good "UPKIHON_1300000013_46_1370000083_A6_20260327102500.CSV"

    KindNotInEdition "L1-NAME-008" "kind-not-in-edition"
    L1 Error since V3 clause "R-VER-06, R-ROLE-04"
    ja {
        "{kind} は V3 にはないファイルですが、ファイル名が V3 の形（サービス種類コードなし）です。"
        "第3表と介護予防のファイルは V4.0 で加わりました。V3 のソフトは取り込めません。"
        "V4.1 の形のファイル名（サービス種類コード付き）で出力してください。"
    }
    en {
        "V3 has no {kind}, but the name has the form of V3 (no service types)."
        "第3表 and the 介護予防 files came with 4.0; software for V3 cannot import them."
        "Export with the names of V4.1, with service types."
    }
    bad "UP3KYO_1370000018_1370000026_20260326101500.CSV"
    good "UP3KYO_1370000018_43_1370000026_11_20260326101500.CSV"

    UnknownTypeInName "L1-NAME-009" "unknown-service-type-in-name"
    L1 Warning since V4_1 clause "R-FN-02, A-19"
    ja {
        "ファイル名のサービス種類コード「{type}」は、連携の対象となる種類でも居宅介護支援等（43・46・AF）でもありません。"
        "受信側が自事業所宛てのファイルと判断できないことがあります。"
        "送信元・送信先のサービス種類コードを確かめてください。"
    }
    en {
        "The service type {type} in the file name is neither one that is exchanged nor a care manager (43, 46, AF)."
        "The receiver may not see that the file is addressed to it."
        "Check the service types of sender and recipient."
    }
    bad "DLT1KYO_1370000018_43_1370000026_51_20260327090000.CSV"
    good "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV"

    TypesPointTheWrongWay "L1-NAME-010" "service-types-point-the-wrong-way"
    L1 Warning since V4_1 clause "A-11, R-FN-02"
    ja {
        "ファイル名のサービス種類コードの向きが {kind} の送り方と合いません（{side}が居宅介護支援等ではありません）。"
        "種類コードは直前の事業所のものです。原文の実績の例は向きが逆で、製品によって読み方が違います。"
        "計画・利用票は送信元に、実績は送信先に、居宅介護支援等の種類コード（43・46・AF）を付けてください。"
    }
    en {
        "The service types in the name do not fit the way {kind} travels: the {side} is no care manager."
        "A type belongs to the office that it stands behind. The example for actuals in the source has them swapped, and products differ."
        "Give the care manager (43, 46, AF) as sender of plans and as recipient of actuals."
    }
    bad "UPJSK_202604_1370000026_43_1370000018_11_20260502101500.CSV"
    good "UPJSK_202604_1370000026_11_1370000018_43_20260502101500.CSV"

    Utf8Bom "L1-ENC-001" "utf8-byte-order-mark"
    L1 Error since V3 clause "R-ENC-01, R-ENC-04"
    ja {
        "ファイルの先頭に UTF-8 の BOM（EF BB BF）があります。"
        "ファイルは MS932（Shift_JIS）でなければなりません。先頭の項目が壊れて読まれます。"
        "MS932 で出力し直してください。表計算ソフトなどで保存し直したファイルは送らないでください。"
    }
    en {
        "The file begins with the byte order mark of UTF-8 (EF BB BF)."
        "Files are MS932 (Shift_JIS); the first item would be read with rubbish before it."
        "Export in MS932. Do not send files that were saved again in a spreadsheet."
    }
    bad "EF BB BF 32 30 32 34 30 37 2C"
    good "32 30 32 34 30 37 2C"

    Utf8Text "L1-ENC-002" "utf8-text"
    L1 Error since V3 clause "R-ENC-01, R-ENC-04"
    ja {
        "ファイルの文字コードが UTF-8 です。MS932（Shift_JIS）でなければなりません。"
        "氏名や文章がすべて文字化けします。"
        "MS932 で出力し直してください。"
    }
    en {
        "The file is encoded in UTF-8; it must be MS932 (Shift_JIS)."
        "Names and texts come out garbled."
        "Export in MS932."
    }
    bad "試験 = E8 A9 A6 E9 A8 93"
    good "試験 = 8E 8E 8C B1"

    Utf16Text "L1-ENC-003" "utf16-text"
    L1 Error since V3 clause "R-ENC-01, R-ENC-04"
    ja {
        "ファイルの文字コードが UTF-16 です。MS932（Shift_JIS）でなければなりません。"
        "CSV として読めません。"
        "MS932 で出力し直してください。"
    }
    en {
        "The file is encoded in UTF-16; it must be MS932 (Shift_JIS)."
        "It cannot be read as CSV."
        "Export in MS932."
    }
    bad "FF FE 32 00 30 00 32 00"
    good "32 30 32 34 30 37 2C"

    UserDefinedCharacter "L1-ENC-004" "user-defined-character"
    L1 Error since V3 clause "R-ENC-02, R-ENC-03"
    ja {
        "外字（{bytes}）が使われています。"
        "外字は登録したパソコンでしか正しく表示されず、相手側では別の字や空白になります。"
        "MS932 にある字（常用の異体字やかな）に置き換えて出力してください。"
    }
    en {
        "A user-defined character ({bytes}) is used."
        "Only the computer on which it was registered shows it; elsewhere it is another character or blank."
        "Replace it with a character of MS932 before the export."
    }
    bad "F0 40（外字領域 F040〜F9FC）"
    good "8D E9（崎）など MS932 の字"

    UndefinedBytes "L1-ENC-005" "undefined-bytes"
    L1 Error since V3 clause "R-ENC-01, R-ENC-02"
    ja {
        "MS932 に割り当てのないバイト（{bytes}）があります。"
        "文字として読めず、受信側で「・」や「?」に化けるか、取込が止まります。"
        "元のデータのその文字を MS932 の字に直して出力し直してください。"
    }
    en {
        "The bytes {bytes} are no character of MS932."
        "They cannot be read; the receiver shows rubbish or stops."
        "Mend the character in the source data and export again."
    }
    bad "81 AD"
    good "81 AC（〓）"

    CutCharacter "L1-ENC-006" "cut-character"
    L1 Error since V3 clause "R-ENC-01, R-CSV-11"
    ja {
        "全角文字の 1 バイト目（{bytes}）だけがあり、2 バイト目がありません。"
        "文字の途中で切られています。項目の長さは文字数で数えます。"
        "バイト数ではなく文字数で切り詰めるように出力側を直してください。"
    }
    en {
        "The first byte of a character ({bytes}) stands without its second."
        "A text was cut in the middle of a character. Lengths count characters, not bytes."
        "Cut texts by characters, not by bytes."
    }
    bad "8E 8E 8C（「試」の後の半端な 1 バイト）"
    good "8E 8E 8C B1（試験）"

    NulByte "L1-ENC-007" "nul-byte"
    L1 Error since V3 clause "R-ENC-02"
    ja {
        "文字ではないバイト 00（NUL）があります。"
        "多くのソフトはここで文字列が終わったとみなし、残りを失います。"
        "元のデータから NUL を除いて出力し直してください。"
    }
    en {
        "There is a byte 00 (NUL)."
        "Much software takes it for the end of the text and loses the rest."
        "Remove it from the source data and export again."
    }
    bad "31 00 31"
    good "31 31"

    ControlCharacter "L1-ENC-008" "control-character"
    L1 Warning since V3 clause "R-ENC-02"
    ja {
        "制御文字（{bytes}）があります。"
        "改行（CR・LF）のほかの制御文字について標準仕様は何も定めておらず、画面や取込が乱れることがあります。"
        "タブなどの制御文字を空白に置き換えて出力してください。"
    }
    en {
        "There is a control character ({bytes})."
        "The standard says nothing of control characters other than line breaks; screens and imports may be upset."
        "Replace tabs and other control characters with blanks."
    }
    bad "転倒予防<09>服薬管理"
    good "転倒予防　服薬管理"

    EmptyFile "L1-CSV-001" "empty-file"
    L1 Error since V3 clause "R-CSV-09"
    ja {
        "ファイルにレコードが 1 件もありません。"
        "取り込むものがありません。出力に失敗した可能性があります。"
        "データを選び直して出力してください。送るものがなければ送らないでください。"
    }
    en {
        "The file holds no record."
        "There is nothing to import; the export probably failed."
        "Export again; send nothing when there is nothing to send."
    }
    bad "（0 バイトのファイル）"
    good "202407,131011,0000900011,20260325"

    UnclosedQuote "L1-CSV-002" "unclosed-quote"
    L1 Error since V3 clause "R-CSV-02, R-CSV-04"
    ja {
        "引用符「\"」で始まった項目が閉じられないままファイルが終わっています。"
        "ここから後のレコードがすべて 1 つの項目として読まれます。"
        "項目を「\"」で閉じ、文章の中の「\"」は 2 つ重ねて出力してください。"
    }
    en {
        "An item that a double quote began is not closed before the end of the file."
        "Everything after it is read as one item."
        "Close the item, and double each quote inside a text."
    }
    bad "\"見守り・介助,1"
    good "\"見守り・介助\",1"

    StrayQuote "L1-CSV-003" "stray-quote"
    L1 Error since V3 clause "R-CSV-02, R-CSV-04"
    ja {
        "引用符「\"」の位置が正しくありません。"
        "項目の区切りがずれて読まれます。"
        "文章は「\"」で囲み、文章の中の「\"」は 2 つ重ねて出力してください。"
    }
    en {
        "A double quote stands where none may stand."
        "Items are cut at wrong places."
        "Enclose the text in double quotes and double each quote inside it."
    }
    bad "\"本人：\"自宅\"で暮らしたい\""
    good "\"本人：\"\"自宅\"\"で暮らしたい\""

    WrongItemCount "L1-CSV-004" "wrong-item-count"
    L1 Error since V3 clause "I-03, R-CSV-01"
    ja {
        "項目が {got} 個あります。{kind}（{edition}）は {expected} 個です。"
        "項目がずれて別の項目として取り込まれるか、取込が止まります。"
        "レイアウトどおりの個数で出力してください。空の項目も区切りのカンマは省けません。"
    }
    en {
        "The record has {got} items; {kind} ({edition}) has {expected}."
        "Items shift into others, or the import stops."
        "Export with the items of the layout; empty items keep their commas."
    }
    bad "202407,131011,0000900011"
    good "202407,131011,0000900011,20260325"

    HeaderLine "L1-CSV-005" "header-line"
    L1 Warning since V3 clause "R-CSV-09, A-06"
    ja {
        "先頭の行が項目名の見出しになっています。"
        "標準仕様に見出し行はありません。データとして読む受信側では取込エラーになります。"
        "見出し行を出力しないでください。"
    }
    en {
        "The first line holds the names of the items."
        "The standard has no header line; a receiver that reads it as data reports an error."
        "Do not write a header line."
    }
    bad "CSVバージョン,保険者番号,被保険者番号,…"
    good "202407,131011,0000900011,…"

    BlankLine "L1-CSV-006" "blank-line"
    L1 Warning since V3 clause "R-CSV-07, R-CSV-09"
    ja {
        "空の行が {count} 行あります。"
        "空の行を項目数の足りないレコードとして読む受信側があります。"
        "空の行を出力しないでください。"
    }
    en {
        "There are {count} blank line(s)."
        "Some receivers read a blank line as a record without items."
        "Do not write blank lines."
    }
    bad "レコードの後の何もない行"
    good "レコードだけの行"

    LineEndsNotCrlf "L1-CSV-007" "line-ends-not-crlf"
    L1 Info since V3 clause "R-CSV-07"
    ja {
        "行の終わりが LF のレコードが {count} 件あります（CR LF は {crlf} 件）。"
        "標準仕様は行の終わりを定めていません。CR LF がもっとも確実です。"
        "CR LF で出力することをお勧めします。"
    }
    en {
        "{count} record(s) end in LF, {crlf} in CR LF."
        "The standard does not name a line end; CR LF is the safest."
        "Write CR LF."
    }
    bad "…,20260325<LF>"
    good "…,20260325<CR><LF>"

    LineEndsCr "L1-CSV-008" "line-ends-cr"
    L1 Warning since V3 clause "R-CSV-07"
    ja {
        "行の終わりが CR だけのレコードが {count} 件あります。"
        "CR だけを行の終わりとして読まないソフトが多く、全体が 1 行になります。"
        "CR LF で出力してください。"
    }
    en {
        "{count} record(s) end in CR alone."
        "Most software does not take CR alone for a line end and reads one long line."
        "Write CR LF."
    }
    bad "…,20260325<CR>"
    good "…,20260325<CR><LF>"

    NoFinalLineEnd "L1-CSV-009" "no-final-line-end"
    L1 Info since V3 clause "R-CSV-07"
    ja {
        "最後のレコードの後に行の終わりがありません。"
        "標準仕様は定めていません。ファイルが途中で切れていないか確かめる手がかりがありません。"
        "最後のレコードの後にも CR LF を付けて出力することをお勧めします。"
    }
    en {
        "The last record has no line end."
        "The standard is silent; without it nobody can see whether the file was cut."
        "Write CR LF after the last record too."
    }
    bad "…,20260325"
    good "…,20260325<CR><LF>"

    RecordTooLong "L1-CSV-010" "record-too-long"
    L1 Error since V3 clause "A-07"
    ja {
        "1 つのレコードが安全のための上限（{limit} バイト）を超えています。"
        "引用符の閉じ忘れなどで壊れたファイルと考えられます。このレコードは検査できません。"
        "引用符の対応を確かめて出力し直してください。"
    }
    en {
        "A record is longer than the safety limit of {limit} bytes."
        "The file is probably broken, for example by a quote that was not closed; the record cannot be judged."
        "Check the quotes and export again."
    }
    bad "17,000,000 バイトのレコード"
    good "数百バイトのレコード"

    UnquotedFreeText "L1-CSV-011" "unquoted-free-text"
    L1 Warning since V3 clause "R-CSV-02, A-06"
    ja {
        "自由記述の項目が引用符「\"」で囲まれていません。"
        "標準仕様は自由記述を「\"」で囲むと定めています。カンマや改行が入ったときに項目がずれます。"
        "自由記述の項目は「\"」で囲んで出力してください。"
    }
    en {
        "A free-text item is not enclosed in double quotes."
        "The standard encloses free text; items shift as soon as a comma or line break is in it."
        "Enclose free text in double quotes."
    }
    bad "131011,例示　ケア子,"
    good "131011,\"例示　ケア子\","

    NotAJpeg "L1-IMG-001" "not-a-jpeg"
    L1 Error since V4_1 clause "R-IMG-01"
    ja {
        "家族構成画像が JPEG ではありません（先頭が FF D8 FF ではありません）。"
        "受信側で画像を表示できません。"
        "JPEG 形式で保存し直してください。拡張子を変えるだけでは JPEG になりません。"
    }
    en {
        "The family picture is no JPEG (it does not begin with FF D8 FF)."
        "The receiver cannot show it."
        "Save the picture as JPEG; changing the extension is not enough."
    }
    bad "89 50 4E 47（PNG）"
    good "FF D8 FF E0（JPEG）"

    UnknownCsvVersion "L1-VER-001" "unknown-csv-version"
    L1 Error since V3 clause "R-VER-01, R-VER-02, A-22"
    ja {
        "CSVバージョンが取り込める版（{expected}）ではありません。"
        "項目の並びが分からないため取り込めません。"
        "標準仕様 V4.1 は 202407、V3 は 202208 で出力してください。"
    }
    en {
        "CSVバージョン is none of {expected}."
        "The order of the items is unknown, so nothing can be imported."
        "Write 202407 for V4.1 and 202208 for V3."
    }
    bad "202410,131011,…"
    good "202407,131011,…"

    CsvVersionOf40 "L1-VER-002" "csv-version-of-4-0"
    L1 Warning since V4_1 clause "R-VER-02, A-22"
    ja {
        "CSVバージョンが 4.0版の発出時の値です。4.1版の値は {expected} です。"
        "4.1版で値が改められました。厳しく見る受信側では取り込めません。"
        "202407 で出力するよう介護ソフトを更新してください。"
    }
    en {
        "CSVバージョン is the value as first published with 4.0; 4.1 has {expected}."
        "The value was changed in 4.1; a strict receiver refuses the old one."
        "Update the care software so that it writes 202407."
    }
    bad "202504,131011,…"
    good "202407,131011,…"

    MixedCsvVersions "L1-VER-003" "mixed-csv-versions"
    L1 Error since V3 clause "R-VER-04"
    ja {
        "CSVバージョンが先頭のレコードと違います。"
        "1 つのファイルに版を混ぜることはできません。"
        "版ごとにファイルを分けて出力してください。"
    }
    en {
        "CSVバージョン differs from the first record."
        "One file never mixes versions."
        "Export each version to a file of its own."
    }
    bad "1 行目 202407、2 行目 202208"
    good "全行 202407"

    CsvVersionDoesNotFitName "L1-VER-004" "csv-version-does-not-fit-name"
    L1 Error since V3 clause "I-04, R-FN-02, R-VER-06"
    ja {
        "CSVバージョンは {contents} の値ですが、ファイル名は {name} の形です。"
        "サービス種類コードの付いた名前は V4.1、付かない名前は V3 です。受信側がどちらで読むか決まりません。"
        "ファイル名と中身を同じ版で出力してください。"
    }
    en {
        "CSVバージョン is of {contents}, the file name has the form of {name}."
        "Names with service types are V4.1, names without V3; the receiver cannot tell which to read."
        "Export name and contents in one edition."
    }
    bad "DLT1KYO_1370000018_1370000026_20260327090000.CSV に 202407"
    good "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV に 202407"

    CsvVersionOutsideItsMonths "L1-VER-005" "csv-version-outside-its-months"
    L1 Warning since V3 clause "R-VER-01, R-VER-03, I-04"
    ja {
        "サービス提供年月 {month} に適用される CSVバージョンは {expected} です。"
        "版の切替は送信日ではなくサービス提供年月で決まります。"
        "対象年月に合った版で出力してください。"
    }
    en {
        "For the service month {month} the CSVバージョン is {expected}."
        "The service month decides which version applies, not the day of sending."
        "Export in the version of the month."
    }
    bad "2025年3月分に 202407"
    good "2025年3月分に 202208"

    RequiredItemEmpty "L2-ITEM-001" "required-item-empty"
    L2 Error since V3 clause "R-CSV-06"
    ja {
        "必須の項目が空です。"
        "標準仕様で必須とされた項目がないと取り込めません。"
        "値を入れて出力し直してください。"
    }
    en {
        "A required item is empty."
        "Without an item that the standard requires the record cannot be imported."
        "Enter the value and export again."
    }
    bad "202407,,0000900011,20260325"
    good "202407,131011,0000900011,20260325"

    ExpectedItemEmpty "L2-ITEM-002" "expected-item-empty"
    L2 Warning since V3 clause "A-02, A-03"
    ja {
        "入力が求められている項目が空です。"
        "必須かどうかの読み方が分かれる項目です。必須とみる受信側では取り込めません。"
        "値を入れて出力することをお勧めします。"
    }
    en {
        "An item that is expected is empty."
        "Readings differ on whether it is required; a receiver that takes it for required cannot import the record."
        "Enter the value."
    }
    bad "UPPLAN の単位数が空"
    good "UPPLAN の単位数が 0"

    ItemTooLong "L2-ITEM-003" "item-too-long"
    L2 Error since V3 clause "R-CSV-11"
    ja {
        "{got} 文字あります。最大 {expected} 文字です。"
        "長い値は切り捨てられるか、取込が止まります。"
        "決められた長さに収めて出力してください。"
    }
    en {
        "{got} characters; at most {expected} are allowed."
        "Longer values are cut, or the import stops."
        "Keep to the length."
    }
    bad "サービス回数 100"
    good "サービス回数 1"

    ItemLongerThanTable "L2-ITEM-004" "item-longer-than-table"
    L2 Info since V3 clause "A-01, R-VER-07"
    ja {
        "{got} 文字あります。レイアウトの長さは {expected} 文字ですが、{accept} 文字まで受け入れます。"
        "版の間で長さの記述が違うため、短い方で作られた受信側では取り込めないことがあります。"
        "レイアウトの長さ以内で出力すると、どの版の受信側でも取り込めます。"
    }
    en {
        "{got} characters; the layout says {expected}, up to {accept} are accepted."
        "Editions differ on this length; a receiver made for the shorter one may refuse."
        "Keep to the length of the layout and every receiver takes it."
    }
    bad "前月までの利用日数 100"
    good "前月までの利用日数 99"

    UnusedItemFilled "L2-ITEM-005" "unused-item-filled"
    L2 Info since V3 clause "R-CSV-06"
    ja {
        "使用しない項目に値が入っています。"
        "取り込むときは無視されます。"
        "空で出力してください。"
    }
    en {
        "An item that is not used holds a value."
        "It is ignored on import."
        "Leave it empty."
    }
    bad "識別子 1"
    good "識別子 空"

    NotDigits "L2-FMT-001" "not-the-digits-of-its-length"
    L2 Error since V3 clause "R-CSV-11"
    ja {
        "半角数字 {expected} 桁ではありません。"
        "値として読めないため取り込めません。"
        "先頭の 0 も含めて決められた桁数の半角数字で出力してください。"
    }
    en {
        "Not {expected} half-width digits."
        "The value cannot be read, so it cannot be imported."
        "Write all digits, leading zeros included."
    }
    bad "13101"
    good "131011"

    UnrealMonth "L2-FMT-002" "unreal-month"
    L2 Error since V3 clause "R-UNIT-02, R-CSV-11"
    ja {
        "実在する年月（YYYYMM の半角数字 6 桁）ではありません。"
        "値として読めないため取り込めません。"
        "西暦 4 桁と月 2 桁で出力してください。"
    }
    en {
        "No real month (YYYYMM, 6 half-width digits)."
        "The value cannot be read, so it cannot be imported."
        "Write four digits of the Gregorian year and two of the month."
    }
    bad "202613"
    good "202604"

    UnrealDate "L2-FMT-003" "unreal-date"
    L2 Error since V3 clause "R-CSV-11"
    ja {
        "実在する日付（YYYYMMDD の半角数字 8 桁）ではありません。"
        "値として読めないため取り込めません。"
        "西暦 4 桁、月 2 桁、日 2 桁で、実在する日付を出力してください。"
    }
    en {
        "No real date (YYYYMMDD, 8 half-width digits)."
        "The value cannot be read, so it cannot be imported."
        "Write a date that exists: year, month, day."
    }
    bad "20260431"
    good "20260430"

    UnrealTime "L2-FMT-004" "unreal-time"
    L2 Error since V3 clause "R-FLD-05, A-23"
    ja {
        "時刻（HHMM の半角数字 4 桁、0000〜2400）ではありません。"
        "値として読めないため取り込めません。"
        "24 時間制の 4 桁で出力してください。時間表示のないサービスは 9999 です（第6表）。"
    }
    en {
        "No time of day (HHMM, 4 half-width digits, 0000 to 2400)."
        "The value cannot be read, so it cannot be imported."
        "Write four digits of the 24-hour clock; 9999 for services without a time (第6表)."
    }
    bad "900"
    good "0900"

    TimeIs2400 "L2-FMT-005" "time-is-2400"
    L2 Info since V3 clause "A-23"
    ja {
        "時刻が 2400 です。"
        "標準仕様は 24 時の書き方を定めていません。0000 とだけ読む受信側があります。"
        "そのままでも受け入れます。相手側の扱いを確かめてください。"
    }
    en {
        "The time is 2400."
        "The standard does not say how to write midnight at the end of a day; some receivers only know 0000."
        "It is accepted; ask the partner how the software takes it."
    }
    bad "終了時刻 2400"
    good "終了時刻 2359"

    NotAnInteger "L2-FMT-006" "not-an-integer"
    L2 Error since V3 clause "R-CSV-10, R-CSV-11"
    ja {
        "半角数字の整数ではありません。"
        "値として読めないため取り込めません。"
        "桁区切りのカンマ、小数点、単位、全角数字を使わずに出力してください。"
    }
    en {
        "Not a whole number in half-width digits."
        "The value cannot be read, so it cannot be imported."
        "Write no separators, decimals, units or full-width digits."
    }
    bad "３８７"
    good "387"

    NegativeNumber "L2-FMT-007" "negative-number"
    L2 Info since V3 clause "A-23"
    ja {
        "負の数です。"
        "標準仕様は負の数の書き方を定めていません。減算のコードでは使われます。"
        "減算でなければ値を確かめてください。"
    }
    en {
        "The number is negative."
        "The standard is silent on negative numbers; deductions use them."
        "Check the value unless it is a deduction."
    }
    bad "単位数 -47"
    good "単位数 47"

    MalformedDecimal "L2-FMT-008" "malformed-decimal"
    L2 Error since V3 clause "R-CSV-11"
    ja {
        "小数点以下 2 桁の数（例 10.00）ではありません。"
        "値として読めないため取り込めません。"
        "10.00 や 11.40 のように小数点以下 2 桁で出力してください。"
    }
    en {
        "Not a number with two decimals, such as 10.00."
        "The value cannot be read, so it cannot be imported."
        "Write two decimals: 10.00, 11.40."
    }
    bad "11.4"
    good "11.40"

    MalformedInsuredNumber "L2-FMT-009" "malformed-insured-number"
    L2 Error since V3 clause "R-FLD-01"
    ja {
        "被保険者番号は半角数字 10 桁、または H と半角数字 9 桁です。"
        "誰のデータか分からず、利用者に結び付けられません。"
        "先頭の 0 も含めて 10 桁で出力してください。"
    }
    en {
        "The insured number has 10 half-width digits, or H and 9 digits."
        "Nobody can tell whose data it is."
        "Write all 10 characters, leading zeros included."
    }
    bad "900011"
    good "0000900011"

    MalformedOfficeNumber "L2-FMT-010" "malformed-office-number"
    L2 Error since V3 clause "R-FN-02, A-08"
    ja {
        "事業所番号は半角の数字（または英大文字）10 文字です。"
        "どの事業所のことか分からず、取り込めません。"
        "10 文字の事業所番号で出力してください。"
    }
    en {
        "An office number has 10 half-width digits (or capital letters)."
        "Nobody can tell which office is meant."
        "Write the 10 characters of the office number."
    }
    bad "137000001"
    good "1370000018"

    MalformedPostalCode "L2-FMT-011" "malformed-postal-code"
    L2 Error since V3 clause "R-CSV-11"
    ja {
        "郵便番号は NNN-NNNN の形（半角 8 文字）です。"
        "値として読めないため取り込めません。"
        "ハイフンを入れて半角で出力してください。"
    }
    en {
        "A postal code has the form NNN-NNNN, 8 half-width characters."
        "The value cannot be read, so it cannot be imported."
        "Write it half-width with its hyphen."
    }
    bad "1009999"
    good "100-9999"

    OddPhoneNumber "L2-FMT-012" "odd-phone-number"
    L2 Warning since V3 clause "R-CSV-11"
    ja {
        "電話番号に半角の数字とハイフン以外の文字があります。"
        "標準仕様は書式を定めていませんが、数字とハイフンだけを受け入れる受信側があります。"
        "半角の数字とハイフンで出力してください。"
    }
    en {
        "The telephone number holds more than half-width digits and hyphens."
        "The standard leaves the format blank, but some receivers take only these."
        "Write half-width digits and hyphens."
    }
    bad "03(0000)0000"
    good "03-0000-0000"

    MalformedServiceCode "L2-FMT-013" "malformed-service-code"
    L2 Error since V3 clause "R-FLD-07, R-FLD-08"
    ja {
        "サービスコードは半角の英数字 6 文字です。"
        "どのサービスか分からず、取り込めません。"
        "サービス種類 2 文字と項目 4 文字を続けて出力してください。"
    }
    en {
        "A service code has 6 half-width letters and digits."
        "Nobody can tell which service is meant."
        "Write the type (2) and the item (4) without a gap."
    }
    bad "11-1211"
    good "111211"

    MalformedServiceType "L2-FMT-014" "malformed-service-type"
    L2 Error since V3 clause "R-FN-02, R-DEL-04"
    ja {
        "サービス種類コードは半角の英数字 2 文字です。"
        "どのサービスか分からず、取り込めません。"
        "2 文字の種類コードで出力してください。"
    }
    en {
        "A service type has 2 half-width letters or digits."
        "Nobody can tell which service is meant."
        "Write the 2 characters of the type."
    }
    bad "1"
    good "11"

    MalformedEquipmentCode "L2-FMT-015" "malformed-equipment-code"
    L2 Error since V4_1 clause "R-FLD-02, A-15"
    ja {
        "TAISコード・福祉用具届出コードは「5 桁-6 桁」（12 文字）です。"
        "どの用具か分からず、取り込めません。"
        "半角数字 5 桁、ハイフン、半角数字 6 桁で出力してください。"
    }
    en {
        "An equipment code (TAIS or notification) has five digits, a hyphen and six digits."
        "Nobody can tell which product is meant."
        "Write half-width digits with a hyphen: 5-6."
    }
    bad "99991000010"
    good "99991-000010"

    WideHyphen "L2-FMT-016" "wide-hyphen-in-equipment-code"
    L2 Warning since V4_1 clause "A-15"
    ja {
        "TAISコード・福祉用具届出コードのハイフンが半角ではありません。"
        "原文の例は全角ですが、半角で照合する受信側では用具が見つかりません。"
        "半角のハイフン「-」で出力してください。"
    }
    en {
        "The hyphen of the equipment code is not the half-width one."
        "The example in the source is full-width, but a receiver that looks the code up half-width does not find the product."
        "Write the half-width hyphen."
    }
    bad "99991－000010"
    good "99991-000010"

    MalformedDailyBits "L2-FMT-017" "malformed-daily-bits"
    L2 Error since V3 clause "R-FLD-04"
    ja {
        "日割対象日は 0 と 1 の 31 文字です。"
        "何日が日割の対象か読み取れません。"
        "31 日に満たない月も 31 文字で出力してください。日割りでなければ空にします。"
    }
    en {
        "日割対象日 has 31 characters, each 0 or 1."
        "Nobody can tell which days count."
        "Write 31 characters in every month, or nothing when the item does not apply."
    }
    bad "0000000000"
    good "1111111111111110000000000000000"

    NotAlphanumeric "L2-FMT-018" "not-alphanumeric"
    L2 Error since V3 clause "R-FLD-06, R-CSV-11"
    ja {
        "半角の英数字ではありません。"
        "値として読めないため取り込めません。"
        "半角の英数字で出力してください。"
    }
    en {
        "Not half-width letters and digits."
        "The value cannot be read, so it cannot be imported."
        "Write half-width letters and digits."
    }
    bad "サテライト枝番 ①"
    good "サテライト枝番 1"

    UnknownCode "L3-CODE-001" "unknown-code"
    L3 Error since V3 clause "R-CSV-11"
    ja {
        "{table} のコードにありません。使えるのは {allowed} です。"
        "何を表すか分からず、取り込めません。"
        "コード表にある値で出力してください。"
    }
    en {
        "Not a code of {table}. Allowed: {allowed}."
        "Nobody can tell what it means."
        "Write a code of the table."
    }
    bad "利用者性別 3"
    good "利用者性別 1"

    CodeOfAnotherList "L3-CODE-002" "code-of-another-list"
    L3 Warning since V3 clause "A-25"
    ja {
        "{table} にはなく、別の要介護状態区分の表にあるコードです。"
        "利用者基本情報と他のファイルでは要介護状態区分の表が違います。厳しく見る受信側では取り込めません。"
        "このファイルのコード表にある値で出力してください。"
    }
    en {
        "Not a code of {table}, but one of the other list of 要介護状態区分."
        "利用者基本情報 and the other files have different lists; a strict receiver refuses the code."
        "Write a code of the list of this file."
    }
    bad "UPKIHON の要介護状態区分 06"
    good "UPKIHON の要介護状態区分 12"

    ServiceTypeOutOfScope "L3-CODE-003" "service-type-out-of-scope"
    L3 Warning since V3 clause "R-OUT-03"
    ja {
        "サービス種類 {type}（{name}）は連携の対象外です。"
        "対象外のサービスのレコードは出力しないと定められています。"
        "このサービスのレコードを出力しないでください。"
    }
    en {
        "Service type {type} ({name}) is not exchanged."
        "Services of such a type produce no record."
        "Leave the records of this service out."
    }
    bad "サービスコード 511111"
    good "サービスコード 111211"

    UnknownServiceType "L3-CODE-004" "unknown-service-type"
    L3 Warning since V3 clause "R-OUT-03"
    ja {
        "サービス種類 {type} は標準仕様の一覧にありません。"
        "受信側のマスタにない種類は取り込めません。"
        "サービスコードを確かめてください。新しい種類であれば仕様の更新を確かめてください。"
    }
    en {
        "Service type {type} is not in the list of the standard."
        "A type that the receiver does not know cannot be imported."
        "Check the code; if the type is new, look for a newer list."
    }
    bad "サービスコード 991111"
    good "サービスコード 111211"

    SupplementBelongsNowhere "L4-HOSO-001" "supplement-belongs-nowhere"
    L4 Error since V3 clause "I-12, R-REL-01, R-REL-02"
    ja {
        "居宅サービス計画作成（変更）日と対象年月は、どちらか一方だけを入れ、他方を 0 とします。"
        "利用者補足情報が計画書（1〜3表）と利用票（6表・7表）のどちらに付くか決まりません。"
        "計画書に付けるときは対象年月を 000000、利用票に付けるときは作成（変更）日を 00000000 にしてください。"
    }
    en {
        "Exactly one of plan date (No.4) and month (No.63) is set, the other is all zeros."
        "Nobody can tell whether the supplement goes with the plan (1〜3表) or the usage slip (6表, 7表)."
        "Write month 000000 with a plan, date 00000000 with a usage slip."
    }
    bad "作成（変更）日 00000000、対象年月 000000"
    good "作成（変更）日 00000000、対象年月 202604"

    SeveralServiceMonths "L5-MONTH-001" "several-service-months"
    L5 Error since V3 clause "R-UNIT-02, R-UNIT-03"
    ja {
        "1 つのファイルに複数の年月（{months}）が入っています。"
        "このファイルは 1 つのサービス提供年月だけを入れると定められています。"
        "年月ごとにファイルを分けて出力してください。"
    }
    en {
        "The file holds several months ({months})."
        "This file holds one service month only."
        "Export each month to a file of its own."
    }
    bad "202604 と 202605 が混在"
    good "202604 だけ"

    MonthDiffersFromName "L6-NAME-001" "month-differs-from-name"
    L6 Error since V3 clause "I-01, R-FN-05, R-FN-06, I-12"
    ja {
        "ファイル名の年月は {name} ですが、中身は {contents} です。"
        "どの月のデータとして取り込むか決まりません。"
        "ファイル名を変えず、介護ソフトから出力し直してください。"
    }
    en {
        "The name says {name}, the contents say {contents}."
        "Nobody can tell which month the data is for."
        "Do not rename files; export again."
    }
    bad "UPPLAN_202604_… に対象年月 202605"
    good "UPPLAN_202604_… に対象年月 202604"

    UserUnrelatedToRecipient "L6-NAME-002" "user-unrelated-to-recipient"
    L6 Warning since V3 clause "I-05, R-OUT-04"
    ja {
        "この利用者には送信先事業所（{recipient}）のサービスがありません。"
        "送信先に関わりのない利用者の情報は送らないと定められています。個人情報の誤送信になるおそれがあります。"
        "送信先の事業所と利用者の選び方を確かめてください。"
    }
    en {
        "This user has no service of the recipient ({recipient})."
        "Users without relation to the recipient are not sent; it may be a leak of personal data."
        "Check the recipient and which users were chosen."
    }
    bad "送信先 1370000026、サービス事業者コードは 1370000042 だけ"
    good "送信先 1370000026、サービス事業者コードに 1370000026 がある"

    ActualsOfAnotherOffice "L6-NAME-003" "actuals-of-another-office"
    L6 Warning since V3 clause "I-06"
    ja {
        "実績の事業者が送信元（{sender}）と違います。"
        "他の事業所の実績を送っている可能性があります。"
        "送信元の事業所の実績だけを出力してください。"
    }
    en {
        "The office of the actuals is not the sender ({sender})."
        "Perhaps actuals of another office are being sent."
        "Export the actuals of the sending office only."
    }
    bad "送信元 1370000026、サービス事業者コード 1370000042"
    good "送信元 1370000026、サービス事業者コード 1370000026"

    ActualsOfAnotherType "L6-NAME-004" "actuals-of-another-service-type"
    L6 Warning since V4_1 clause "I-06, A-10"
    ja {
        "サービス種類がファイル名の送信元サービス種類コード（{sender_type}）と違います。"
        "1 つの種類ごとに 1 ファイルと読む受信側では取り込めないことがあります。"
        "サービス種類ごとにファイルを分けて出力してください。"
    }
    en {
        "The service type is not the one of the sender in the name ({sender_type})."
        "A receiver that expects one type per file may not import it."
        "Export one file per service type."
    }
    bad "UPJSK_…_1370000026_11_… にサービスコード 131211"
    good "UPJSK_…_1370000026_11_… にサービスコード 111211"

    MissingFile "L6-UNIT-001" "missing-file"
    L6 Error since V3 clause "R-SET-01"
    ja {
        "送信単位 {unit}（{title}）に必要な {kind}（{name}）がありません。"
        "そろっていない送信単位は取り込めません。"
        "同じ連番で出力されたファイルをすべて一緒に置いてください。"
    }
    en {
        "The send unit {unit} ({title}) lacks {kind} ({name})."
        "An incomplete send unit cannot be imported."
        "Put all files that were exported with the same serial together."
    }
    bad "UPPLAN と UPSIKYU だけ"
    good "UPPLAN と UPSIKYU と UPHOSOKU"

    UnknownCombination "L6-UNIT-002" "unknown-combination"
    L6 Error since V3 clause "R-SET-01, R-DEL-01, R-ORD-01"
    ja {
        "{kinds} は、同じ連番の他のファイルと一緒に送る送信単位にありません。"
        "削除は単独で送ります。組み合わせの決まりにないファイルは取込の順番が決まりません。"
        "別の連番で送り直してください。"
    }
    en {
        "{kinds}: no send unit holds this beside the other files of the same serial."
        "Deletions travel alone; outside the fixed combinations the order of import is open."
        "Send it with a serial of its own."
    }
    bad "DLTPLAN と UPPLAN が同じ連番"
    good "DLTPLAN の後に別の連番で UPPLAN"

    SeveralUnitsShareSerial "L6-UNIT-003" "several-units-share-serial"
    L6 Warning since V3 clause "R-SET-01, R-UNIT-03"
    ja {
        "同じ連番に複数の送信単位（{units}）があります。"
        "連番は 1 つの送信単位を束ねます。受信側によっては片方しか取り込みません。"
        "送信単位ごとに連番を分けて出力することをお勧めします。"
    }
    en {
        "Several send units ({units}) share the serial."
        "A serial ties one send unit together; some receivers import only one of them."
        "Give each send unit a serial of its own."
    }
    bad "2026年4月分と5月分の利用票が同じ連番"
    good "月ごとに別の連番"

    UnitFilesDiffer "L6-UNIT-004" "unit-files-differ"
    L6 Error since V3 clause "R-SET-01, R-FN-05, R-FN-07"
    ja {
        "同じ送信単位の他のファイルとファイル名の {parts} が違います。"
        "同じ送信単位のファイルと見分けられず、そろわないものとして扱われます。"
        "一緒に送るファイルは、まとめて出力し直してください。"
    }
    en {
        "In the file name {parts} differ(s) from the other files of the send unit."
        "The file is not seen as part of the unit, which then is incomplete."
        "Export all files of the unit again, together."
    }
    bad "UPPLAN_202604_… と UPSIKYU_202605_…"
    good "UPPLAN_202604_… と UPSIKYU_202604_…"

    DuplicateFile "L6-UNIT-005" "duplicate-file"
    L6 Error since V3 clause "R-SET-01, R-UNIT-01"
    ja {
        "同じ名前のファイルが 2 つあります。"
        "どちらを取り込むか決まりません。"
        "1 つだけを残してください。"
    }
    en {
        "There are two files of the same name."
        "Nobody can tell which to import."
        "Keep one of them."
    }
    bad "DLT1KYO_….CSV と dlt1kyo_….csv"
    good "DLT1KYO_….CSV だけ"

    MissingImage "L6-IMG-001" "missing-image"
    L6 Warning since V4_1 clause "I-13, R-REL-04"
    ja {
        "家族構成画像のファイルが送信単位にありません。"
        "受信側で家族構成図を表示できません。画像がない場合の扱いは標準仕様にありません。"
        "画像ファイルを同じ連番で一緒に送るか、画像ファイル名を空にしてください。"
    }
    en {
        "The family picture that is named is not in the send unit."
        "The receiver cannot show it; the standard is silent on missing pictures."
        "Send the picture with the same serial, or leave its name empty."
    }
    bad "画像ファイル名だけがあり、画像がない"
    good "画像ファイル名と画像がある"

    UnreferencedImage "L6-IMG-002" "unreferenced-image"
    L6 Warning since V4_1 clause "I-13, R-IMG-02"
    ja {
        "どの利用者基本情報からも参照されていない画像です。"
        "誰の家族構成図か分からず、取り込まれません。"
        "利用者基本情報の画像ファイル名（No.62）にこのファイル名を入れて出力してください。"
    }
    en {
        "No 利用者基本情報 names this picture."
        "Nobody can tell whose family it shows; it is not imported."
        "Write its name into item 62 of 利用者基本情報."
    }
    bad "画像だけがあり、No.62 が空"
    good "No.62 に画像ファイル名がある"

    ImageNameDoesNotFit "L6-IMG-003" "image-name-does-not-fit"
    L6 Warning since V4_1 clause "I-13, R-FN-07"
    ja {
        "家族構成画像のファイル名が、利用者基本情報のファイル名に枝番を付けた形ではありません。"
        "画像を利用者に結び付けられません。"
        "UPKIHON_IMAGE_ の後を利用者基本情報のファイル名と同じにし、4 桁の枝番と .jpg を付けてください。"
    }
    en {
        "The name of the family picture is not that of 利用者基本情報 with a branch number."
        "The picture cannot be tied to the user."
        "After UPKIHON_IMAGE_ repeat the parts of the 利用者基本情報, then a 4-digit branch and .jpg."
    }
    bad "kazoku.jpg"
    good "UPKIHON_IMAGE_1300000013_46_1370000083_A6_20260327102500_0001.jpg"
}
