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
        "拡張子を .CSV（画像は .jpg）に直してください。"
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
        "ファイル名の{part}が決められた形（{expected}）ではありません。"
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
        "連番は取込の順番を決めます。日時でない連番では、正しい順番で取り込めません。"
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
    L1 Warning since V3 clause "R-FN-01"
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
        "介護ソフトから MS932 で出力し直してください。表計算ソフトなどで保存し直したファイルは送らないでください。renkei fix で MS932 の写しを作ることもできます。"
    }
    en {
        "The file begins with the byte order mark of UTF-8 (EF BB BF)."
        "Files are MS932 (Shift_JIS); the first item would be read with rubbish before it."
        "Export in MS932. Do not send files that were saved again in a spreadsheet. `renkei fix` can write a copy in MS932."
    }
    bad "EF BB BF 32 30 32 34 30 37 2C"
    good "32 30 32 34 30 37 2C"

    Utf8Text "L1-ENC-002" "utf8-text"
    L1 Error since V3 clause "R-ENC-01, R-ENC-04"
    ja {
        "ファイルの文字コードが UTF-8 です。MS932（Shift_JIS）でなければなりません。"
        "氏名や文章がすべて文字化けします。"
        "介護ソフトから MS932 で出力し直してください。renkei fix で MS932 の写しを作ることもできます。"
    }
    en {
        "The file is encoded in UTF-8; it must be MS932 (Shift_JIS)."
        "Names and texts come out garbled."
        "Export in MS932. `renkei fix` can write a copy in MS932."
    }
    bad "試験 = E8 A9 A6 E9 A8 93"
    good "試験 = 8E 8E 8C B1"

    Utf16Text "L1-ENC-003" "utf16-text"
    L1 Error since V3 clause "R-ENC-01, R-ENC-04"
    ja {
        "ファイルの文字コードが UTF-16 です。MS932（Shift_JIS）でなければなりません。"
        "CSV として読めません。"
        "介護ソフトから MS932 で出力し直してください。"
    }
    en {
        "The file is encoded in UTF-16; it must be MS932 (Shift_JIS)."
        "It cannot be read as CSV."
        "Export in MS932."
    }
    bad "FF FE 32 00 30 00 32 00"
    good "32 30 32 34 30 37 2C"

    OtherJapaneseEncoding "L1-ENC-009" "other-japanese-encoding"
    L1 Error since V3 clause "R-ENC-01"
    ja {
        "ファイルの文字コードが {encoding} です。MS932（Shift_JIS）でなければなりません。"
        "漢字やかなが別の文字になって取り込まれます。"
        "MS932 で出力し直してください。"
    }
    en {
        "The file is encoded in {encoding}; it must be MS932 (Shift_JIS)."
        "Its text is imported as other characters."
        "Export in MS932."
    }
    bad "訪問 = CB AC CC E4（EUC-JP）"
    good "訪問 = 96 4B 96 E2"

    NotText "L1-ENC-010" "not-a-text-file"
    L1 Error since V3 clause "R-ENC-01, R-CSV-01"
    ja {
        "CSV ではなく、別の種類のファイル（{kind}）です。"
        "名前だけを変えたファイルや保存し直したファイルは取り込めません。"
        "介護ソフトが出力した CSV をそのまま置いてください。"
    }
    en {
        "This is no CSV but another kind of file ({kind})."
        "A file that was renamed or saved by another program cannot be imported."
        "Use the CSV as the care software wrote it."
    }
    bad "50 4B 03 04（ZIP、Excel）"
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
    good "8D E8（崎）など MS932 の字"

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
        "元のデータから NUL を除いて出力し直してください。ファイルの終わりが NUL だけのときは、出力の途中で電源が切れた可能性があります。"
    }
    en {
        "There is a byte 00 (NUL)."
        "Much software takes it for the end of the text and loses the rest."
        "Remove it from the source data and export again; an end of nothing but NUL is what a power cut leaves of a file."
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
        "引用符「\"」が、項目の最初でも最後でもないところに 1 つだけあります。"
        "項目の区切りがずれて読まれます。"
        "文章は「\"」で囲み、文章の中の「\"」は 2 つ重ねて出力してください。"
    }
    en {
        "A single double quote stands neither at the beginning nor at the end of an item."
        "Items are cut at wrong places."
        "Enclose the text in double quotes and double each quote inside it."
    }
    bad "\"本人：\"自宅\"で暮らしたい\""
    good "\"本人：\"\"自宅\"\"で暮らしたい\""

    WrongItemCount "L1-CSV-004" "wrong-item-count"
    L1 Error since V3 clause "I-03, R-CSV-01"
    ja {
        "項目が {got} 個あります。{kind}（{edition}）の項目は {expected} 個です。"
        "項目がずれて別の項目として取り込まれるか、取込が止まります。"
        "レイアウトどおりの個数で出力してください。空の項目もカンマは省けません。文章の中のカンマで項目が増えている場合は、文章を「\"」で囲みます。"
    }
    en {
        "The record has {got} items; {kind} ({edition}) has {expected}."
        "Items shift into others, or the import stops."
        "Export with the items of the layout; empty items keep their commas, and a text with commas stands in double quotes."
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
    L1 Warning since V3 clause "R-CSV-07"
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

    PictureCut "L1-IMG-002" "picture-cut"
    L1 Warning since V4_1 clause "R-IMG-01"
    ja {
        "家族構成画像が途中で切れています（JPEG の終わりを示す FF D9 がありません）。"
        "受信側で画像の一部または全部が表示されません。"
        "元の画像を開いて全体が見えることを確かめ、保存し直してから出力してください。"
    }
    en {
        "The family picture is cut off (the end mark FF D9 of a JPEG is missing)."
        "The receiver sees a part of it, or nothing."
        "Open the original picture, see that it is whole, save it again and export."
    }
    bad "FF D8 FF E0 …（FF D9 なし）"
    good "FF D8 FF E0 … FF D9"

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
        "CSVバージョンが先頭のレコード（{expected}）と違います。"
        "1 つのファイルに版を混ぜることはできません。"
        "版ごとにファイルを分けて出力してください。"
    }
    en {
        "CSVバージョン differs from the first record ({expected})."
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

    SenderIsRecipient "L1-NAME-011" "sender-is-recipient"
    L1 Warning since V4_1 clause "R-FN-02, I-55"
    ja {
        "ファイル名の送信元と送信先が同じ事業所・同じサービス種類です。"
        "自事業所あてのファイルになっています。送信先を選び間違えた可能性があります。"
        "送信先の事業所番号とサービス種類コードを確かめて出力し直してください。"
    }
    en {
        "Sender and recipient in the file name are the same office with the same service type."
        "The file is addressed to its own sender; probably the wrong recipient was chosen."
        "Check office number and service type of the recipient and export again."
    }
    bad "DLT1KYO_1370000018_43_1370000018_43_20260327090000.CSV"
    good "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV"

    PlanToCareManager "L1-NAME-012" "plan-addressed-to-care-manager"
    L1 Warning since V4_1 clause "R-SET-K1, R-ROLE-01, I-55"
    ja {
        "居宅サービス計画の送信先サービス種類コードが居宅介護支援等（{type}）です。"
        "居宅サービス計画（1〜3表）は居宅介護支援事業所からサービス事業所へ送るものです。受信側に取り込む機能がないことがあります。"
        "送信先のサービス種類コードを、サービス事業所のものにして出力し直してください。"
    }
    en {
        "A 居宅サービス計画 is addressed to a care manager ({type})."
        "These plans (1〜3表) go from care managers to service offices; the receiver may have no way to import it."
        "Address the file to the service office, with its service type."
    }
    bad "UP1KYO_1370000018_43_1370000034_43_20260326101500.CSV"
    good "UP1KYO_1370000018_43_1370000026_11_20260326101500.CSV"

    RequiredItemEmpty "L2-ITEM-001" "required-item-empty"
    L2 Error since V3 clause "T-REQ"
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
    L2 Warning since V3 clause "T-REQ, A-02, A-03"
    ja {
        "入力が求められている項目が空です。"
        "必須とも任意とも読める項目です（または「必要」とだけ定められた項目です）。必須とみる受信側では取り込めません。"
        "値を入れて出力することをお勧めします。"
    }
    en {
        "An item that is expected is empty."
        "The source can be read as requiring it or not (or has it as 必要, not 必須); a receiver that takes it for required cannot import the record."
        "Enter the value."
    }
    bad "UPPLAN の単位数が空"
    good "UPPLAN の単位数が 0"

    ItemTooLong "L2-ITEM-003" "item-too-long"
    L2 Error since V3 clause "T-LEN, R-CSV-11"
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
    L2 Info since V3 clause "T-LEN, A-01, R-VER-07"
    ja {
        "{got} 文字あります。レイアウトの長さは {expected} 文字ですが、{accept} 文字まで受け入れます。"
        "長さの読み方が分かれる項目です（前月までの利用日数は V4.1 の表が 2 桁、V3.2 の改訂履歴が 5 桁です）。短い方で作られた受信側では取り込めないことがあります。"
        "レイアウトの長さ以内で出力すると、どの版の受信側でも取り込めます。"
    }
    en {
        "{got} characters; the layout says {expected}, up to {accept} are accepted."
        "This length can be read in two ways (the days before this month have 2 digits in the table of V4.1 and 5 in the history of V3.2); a receiver made for the shorter one may refuse."
        "Keep to the length of the layout and every receiver takes it."
    }
    bad "前月までの利用日数 100"
    good "前月までの利用日数 99"

    UnusedItemFilled "L2-ITEM-005" "unused-item-filled"
    L2 Info since V3 clause "T-NOTE"
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
    L2 Error since V3 clause "T-FMT, T-LEN"
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
    L2 Error since V3 clause "T-FMT"
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
    L2 Error since V3 clause "T-FMT"
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
    L2 Error since V3 clause "T-FMT, R-FLD-05, A-23"
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
        "標準仕様は 24 時の書き方を定めていません。2400 を取り込む受信側と、0000〜2359 だけを取り込む受信側があります。"
        "日の終わりを 2400 と書くか、翌日の 0000 と書くかは受信側によります。このままでも受け入れますが、相手側の扱いを確かめてください。"
    }
    en {
        "The time is 2400."
        "The standard does not say how to write midnight at the end of a day; some receivers take 2400, some only 0000 to 2359."
        "It is accepted; ask the partner whether 2400 or 0000 of the next day is imported."
    }
    bad "終了時刻 2400"
    good "終了時刻 2330"

    NotAnInteger "L2-FMT-006" "not-an-integer"
    L2 Error since V3 clause "T-FMT, R-CSV-10"
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
        "減算のコードであれば、このままで構いません。減算でなければ値を確かめてください。"
    }
    en {
        "The number is negative."
        "The standard is silent on negative numbers; deductions use them."
        "Check the value unless it is a deduction."
    }
    bad "単位数 -47"
    good "単位数 47"

    MalformedDecimal "L2-FMT-008" "malformed-decimal"
    L2 Error since V3 clause "T-FMT"
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
    L2 Error since V3 clause "T-FMT, A-08"
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
    L2 Error since V3 clause "T-FMT"
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
    L2 Warning since V3 clause "T-FMT"
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
    L2 Error since V3 clause "T-FMT, R-FLD-07, R-FLD-08"
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
    bad "11-211"
    good "111211"

    MalformedServiceType "L2-FMT-014" "malformed-service-type"
    L2 Error since V3 clause "T-FMT"
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
    L2 Error since V4_1 clause "T-FMT, A-15"
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
    L2 Error since V3 clause "T-FMT, R-FLD-06"
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

    PaddedValue "L2-FMT-019" "padded-value"
    L2 Warning since V3 clause "R-CSV-10"
    ja {
        "値の前か後ろに半角空白、または数の前に「+」が付いています。"
        "標準仕様は空白と正の符号について何も定めていません。取り除いて読む受信側と、値として読めずに取り込まない受信側があります。"
        "空白や「+」を付けずに出力してください。値がない項目は空にします。"
    }
    en {
        "There are blanks around the value, or a plus sign before the number."
        "The standard says nothing of blanks and plus signs: some receivers remove them, others cannot read the value."
        "Write the value without them; an item without a value stays empty."
    }
    bad "サービス回数「 1」"
    good "サービス回数「1」"

    UnknownCode "L3-CODE-001" "unknown-code"
    L3 Error since V3 clause "T-CODE"
    ja {
        "「{table}」のコードにない値です。使えるのは {allowed} です。"
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
    L3 Warning since V3 clause "T-CODE, A-25"
    ja {
        "「{table}」の表にはなく、もう 1 つの要介護状態区分の表にだけあるコードです。"
        "要介護状態区分の表は、利用者基本情報（01 非該当があり、06 事業対象者がない）と、ほかのファイル（その逆）で違います。厳しく見る受信側では取り込めません。"
        "このファイルのコード表にある値で出力してください。"
    }
    en {
        "Not a code of {table}, but one of the other list of 要介護状態区分."
        "利用者基本情報 has 01 and lacks 06, the other files the reverse; a strict receiver refuses the code."
        "Write a code of the list of this file."
    }
    bad "UPKIHON の要介護状態区分 06"
    good "UPKIHON の要介護状態区分 12"

    ServiceTypeOutOfScope "L3-CODE-003" "service-type-out-of-scope"
    L3 Error since V3 clause "R-OUT-03"
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

    SumCodeOfAService "L3-CODE-005" "sum-code-of-a-service"
    L3 Error since V3 clause "R-FLD-07, R-FLD-08, T-FMT"
    ja {
        "サービスコードが、第7表の小計・合計のコードです。"
        "AAAA・EEEE・ZZZZ で終わるコードと 999999 は第7表の小計・全合計のもので、サービスを表しません。"
        "利用したサービスのサービスコードにしてください。"
    }
    en {
        "The service code is that of a sum of 第7表."
        "Codes that end in AAAA, EEEE or ZZZZ, and 999999, are sums of 第7表; they are no service."
        "Write the code of the service."
    }
    bad "11AAAA"
    good "111211"

    SupplementBelongsNowhere "L4-HOSO-001" "supplement-belongs-nowhere"
    L4 Error since V3 clause "I-12, R-REL-01, R-REL-02"
    ja {
        "居宅サービス計画作成（変更）日と対象年月の、両方が入っているか、両方が 0 です。"
        "利用者補足情報が計画書（1〜3表）と利用票（6表・7表）のどちらに付くか決まりません。"
        "計画書に付けるときは対象年月を 000000、利用票に付けるときは作成（変更）日を 00000000 にしてください。"
    }
    en {
        "居宅サービス計画作成（変更）日 and 対象年月 are both set, or both all zeros; exactly one of them must be set."
        "Nobody can tell whether the supplement goes with the plan (1〜3表) or the usage slip (6表, 7表)."
        "Write month 000000 with a plan, date 00000000 with a usage slip."
    }
    bad "作成（変更）日 00000000、対象年月 000000"
    good "作成（変更）日 00000000、対象年月 202604"

    ServiceDayOutsideMonth "L4-USAGE-001" "service-day-outside-month"
    L4 Error since V3 clause "I-02, R-UNIT-02"
    ja {
        "サービス利用日が対象年月（{month}）の日ではありません。"
        "別の月の予定や実績として扱われ、請求や給付管理の月を誤ります。"
        "サービス利用日か対象年月を直し、月ごとにファイルを分けて出力してください。"
    }
    en {
        "The service day is not a day of the month of the record ({month})."
        "The visit would count for another month, and be billed there."
        "Correct the day or the month; each month goes into a file of its own."
    }
    bad "対象年月 202604、サービス利用日 20260501"
    good "対象年月 202604、サービス利用日 20260430"

    EndNotAfterStart "L4-USAGE-002" "end-not-after-start"
    L4 Warning since V3 clause "A-23, I-53"
    ja {
        "終了時刻 {end} が開始時刻 {start} より後ではありません。"
        "日をまたぐサービスの書き方は標準仕様に定めがありません。翌日の時刻と読む受信側と、誤りと読む受信側があります。"
        "時刻を確かめてください。夜間に日をまたぐサービスであれば、このままで構いません。"
    }
    en {
        "The end {end} is not after the start {start}."
        "The standard is silent on services past midnight: some read the end as of the next day, some as a mistake."
        "Check the times; for a service over midnight nothing needs to change."
    }
    bad "開始 1000、終了 0900"
    good "開始 0900、終了 1000"

    OnlyOneTime "L4-USAGE-003" "only-one-time-is-9999"
    L4 Warning since V3 clause "R-FLD-05, I-53"
    ja {
        "開始時刻と終了時刻の片方だけが 9999 です。"
        "9999 は時間表示のないサービスに使います。片方だけでは時間のあるサービスかどうか決まりません。"
        "時間表示のないサービスは両方を 9999 に、それ以外は両方に時刻を入れてください。"
    }
    en {
        "Only one of start and end is 9999."
        "9999 stands for a service without times; with one time nobody can tell which it is."
        "Write 9999 in both items, or a time in both."
    }
    bad "開始 0900、終了 9999"
    good "開始 9999、終了 9999"

    DailyBitsBeyondMonth "L4-USAGE-004" "daily-bits-beyond-month"
    L4 Warning since V3 clause "I-11, R-FLD-04"
    ja {
        "日割対象日の {days} 日より後に 1 があります。"
        "その月にない日が日割りの対象になります。"
        "月の末日より後は 0 にしてください（31 日に満たない月も 31 文字です）。"
    }
    en {
        "日割対象日 has a 1 after day {days}."
        "A day that the month does not have would count."
        "Write 0 after the last day of the month; there are always 31 characters."
    }
    bad "4月の 31 文字目が 1"
    good "4月の 31 文字目は 0"

    DailyBitsWithoutDay "L4-USAGE-005" "daily-bits-without-day"
    L4 Warning since V3 clause "R-FLD-04, I-53"
    ja {
        "日割対象日がすべて 0 です。"
        "日割対象日は日割り算定のときだけ入れます。すべて 0 では、日割りで対象日がないのか、日割りでないのか決まりません。"
        "日割りでなければ空にし、日割りであれば対象の日を 1 にしてください。"
    }
    en {
        "日割対象日 is all zeros."
        "It is written for services by the day only; all zeros say neither that it applies nor that it does not."
        "Leave it empty where it does not apply, or mark the days."
    }
    bad "0000000000000000000000000000000"
    good "空、または 1111111111111110000000000000000"

    OverThirtyDaysElsewhere "L4-USAGE-006" "over-thirty-days-of-another-service"
    L4 Warning since V3 clause "I-53"
    ja {
        "短期入所ではないサービスの３０日超区分が 1 です。"
        "３０日超は連続した短期入所の 31 日目からを表します。他のサービスでは全額自己負担の扱いを誤ります。"
        "３０日超区分を 0 にするか、サービスコードを確かめてください。"
    }
    en {
        "３０日超区分 is 1 for a service that is no short stay."
        "It marks days from the 31st of a stay; elsewhere the user would be charged in full by mistake."
        "Write 0, or check the service code."
    }
    bad "サービスコード 111211、３０日超区分 1"
    good "サービスコード 211111、３０日超区分 1"

    CountIsZero "L4-USAGE-007" "count-is-zero"
    L4 Warning since V3 clause "I-53"
    ja {
        "実績のサービス回数が 0 です。"
        "提供しなかったサービスのレコードは要りません。0 回のまま請求に取り込まれることがあります。"
        "提供した回数を入れるか、レコードを出力しないでください。"
    }
    en {
        "サービス回数 of the actuals is 0."
        "A service that was not given has no record; one of no times may end up in a claim."
        "Write how often the service was given, or no record."
    }
    bad "0"
    good "1"

    EquipmentWithoutCode "L4-EQUIP-001" "equipment-without-code"
    L4 Error since V4_1 clause "R-FLD-02, A-16"
    ja {
        "福祉用具貸与なのに、TAISコードも福祉用具届出コードもありません。"
        "サービス種類 17 と 67 では、どちらかが必須と定められています。"
        "貸与する商品の TAISコード、取得していない商品は福祉用具届出コードを入れて出力してください。"
    }
    en {
        "Rented equipment has neither TAISコード nor 福祉用具届出コード."
        "For service types 17 and 67 one of the two is mandatory."
        "Enter the code of the article in the care software and export again."
    }
    bad "サービスコード 171003、TAISコード 空"
    good "サービスコード 171003、TAISコード 99993-000042"

    BothEquipmentCodes "L4-EQUIP-002" "both-equipment-codes"
    L4 Info since V4_1 clause "A-24, R-FLD-02"
    ja {
        "TAISコードと福祉用具届出コードの両方が入っています。"
        "標準仕様は「どちらか」とし、両方ある場合を定めていません。どちらを優先するかは受信側によります。"
        "TAISコードがある商品は TAISコードだけを出力することをお勧めします。"
    }
    en {
        "Both TAISコード and 福祉用具届出コード are filled."
        "The standard asks for one of them and is silent on both; which one counts depends on the receiver."
        "Write only the TAISコード where there is one."
    }
    bad "99993-000042 と 00001-000010"
    good "99993-000042 だけ"

    EquipmentCodeElsewhere "L4-EQUIP-003" "equipment-code-of-another-service"
    L4 Info since V4_1 clause "A-24, R-FLD-02"
    ja {
        "福祉用具貸与ではないのに、用具のコードが入っています。"
        "TAISコードと福祉用具届出コードはサービス種類 17 と 67 の項目です。他の種類での扱いは標準仕様に定めがありません。"
        "福祉用具貸与でなければ空で出力してください。"
    }
    en {
        "A code of equipment is filled for another service."
        "Both codes belong to service types 17 and 67; the standard is silent on others."
        "Leave it empty for other services."
    }
    bad "サービスコード 111211、TAISコード 99993-000042"
    good "サービスコード 111211、TAISコード 空"

    DetailNumberElsewhere "L4-EQUIP-004" "detail-number-of-another-service"
    L4 Error since V3 clause "R-FLD-03"
    ja {
        "サービス種類 {type} に明細判別コードが入っています。"
        "明細判別コードは福祉用具貸与（17）だけに入れ、他は空と定められています。67 は標準仕様に書かれていませんが、取り込めるものとして扱います。"
        "福祉用具貸与でなければ空で出力してください。"
    }
    en {
        "明細判別コード is filled for service type {type}."
        "It is for rented equipment (17) only and empty otherwise. The standard does not mention 67, which is accepted."
        "Leave it empty for other services."
    }
    bad "サービスコード 111211、明細判別コード 1"
    good "サービスコード 171007、明細判別コード 1"

    LimitSlotsOutOfOrder "L4-HOSO-002" "limit-slots-out-of-order"
    L4 Error since V3 clause "R-FLD-16"
    ja {
        "種類別支給限度額の枠 {slot} が使われていますが、それより前の枠が空いています。"
        "枠は 1 から順に詰めて入れると定められています。空いた枠までしか読まない受信側があります。"
        "枠 1 から詰めて出力してください。"
    }
    en {
        "Slot {slot} of the limits by type is in use, and one before it is empty."
        "Slots are filled from the first; some receivers read up to the first empty one."
        "Fill the slots from the first."
    }
    bad "枠 1 が空、枠 2 に 15"
    good "枠 1 に 15、枠 2 は空"

    LimitSlotIncomplete "L4-HOSO-003" "limit-slot-incomplete"
    L4 Warning since V3 clause "R-FLD-16, I-52"
    ja {
        "種類別支給限度額の枠 {slot} に、サービス種類コードか支給限度基準額がありません。"
        "どの種類の限度額か、限度額がいくらかが決まりません。"
        "種類と限度額をそろえて入れるか、枠を空にしてください。"
    }
    en {
        "Slot {slot} of the limits by type lacks the type or the limit."
        "Nobody can tell which type is limited, or to what."
        "Write both, or leave the slot empty."
    }
    bad "サービス種類コード 15、支給限度基準額 空"
    good "サービス種類コード 15、支給限度基準額 5000"

    LimitSlotTypeRepeated "L4-HOSO-004" "limit-slot-type-repeated"
    L4 Warning since V3 clause "R-FLD-16, I-52"
    ja {
        "同じサービス種類の枠が 2 つあります。"
        "どちらの限度額で管理するか決まりません。"
        "種類ごとに 1 つの枠にまとめてください。"
    }
    en {
        "Two slots are for the same service type."
        "Nobody can tell which limit applies."
        "Write one slot per type."
    }
    bad "枠 1 と枠 2 がともに 15"
    good "枠 1 に 15、枠 2 に 16"

    LimitSlotShortStay "L4-HOSO-005" "limit-slot-of-a-medical-stay"
    L4 Warning since V3 clause "T-NOTE, R-FLD-16"
    ja {
        "短期入所療養介護の枠のサービス種類コードが 22 ではありません。"
        "種類別支給限度額では、短期入所療養介護はまとめて 22 と入れると定められています。"
        "サービス種類コードを 22 にしてください。"
    }
    en {
        "The slot of a medical short stay is not of type 22."
        "All medical short stays share one limit, written as 22."
        "Write 22 into the type of the slot."
    }
    bad "１サービス種類コード 2A"
    good "１サービス種類コード 22"

    LimitSlotOverDiffers "L4-HOSO-006" "limit-slot-over-differs"
    L4 Warning since V3 clause "I-52"
    ja {
        "限度超単位数が {got} ですが、合計単位数と支給限度基準額からは {expected} になります。"
        "種類別の限度管理の結果が受信側の計算と合わなくなります。"
        "限度超単位数・合計単位数・支給限度基準額を確かめてください。"
    }
    en {
        "限度超単位数 is {got}; total and limit give {expected}."
        "The receiver's own limit control will come to another result."
        "Check the three numbers."
    }
    bad "基準額 5000、合計 5500、超 400"
    good "基準額 5000、合計 5500、超 500"

    LimitSlotsSumDiffers "L4-HOSO-007" "limit-slots-sum-differs"
    L4 Warning since V3 clause "I-52"
    ja {
        "合計限度超単位数が {got} ですが、各枠の限度超単位数の合計は {expected} です。"
        "種類別の限度管理の結果が受信側の計算と合わなくなります。"
        "各枠と合計を確かめてください。"
    }
    en {
        "合計限度超単位数 is {got}; the slots come to {expected}."
        "The receiver's own limit control will come to another result."
        "Check the slots and their sum."
    }
    bad "枠 1 の超 500、合計 600"
    good "枠 1 の超 500、合計 500"

    PeriodReversed "L4-HOSO-008" "certification-period-reversed"
    L4 Warning since V3 clause "I-14"
    ja {
        "限度額適用終了年月日が限度額適用開始年月日より前です。"
        "限度額の適用期間を決められません。"
        "開始と終了の日付を確かめてください。"
    }
    en {
        "限度額適用終了年月日 is before 限度額適用開始年月日."
        "The period of the limit cannot be told."
        "Check both dates."
    }
    bad "開始 20261001、終了 20260930"
    good "開始 20251001、終了 20270930"

    TooYoung "L4-HOSO-009" "younger-than-forty"
    L4 Warning since V3 clause "I-52"
    ja {
        "限度額適用開始年月日に 40 歳になっていない生年月日です。"
        "介護保険の対象は 40 歳からです。生年月日か限度額適用開始年月日の誤りと思われます。"
        "生年月日と限度額適用開始年月日を確かめてください。"
    }
    en {
        "By this date of birth the person is not 40 when the limit starts."
        "Care insurance begins at 40; one of the dates is probably wrong."
        "Check date of birth and start of the limit."
    }
    bad "生年月日 20030505、開始 20251001"
    good "生年月日 19400505、開始 20251001"

    CertifiedWithoutCareLevel "L4-HOSO-010" "certified-without-care-level"
    L4 Warning since V3 clause "I-52"
    ja {
        "認定状況区分が「認定済」なのに、要介護状態区分がありません。"
        "認定済みであれば帳票に要介護度が印字されます。受信側で限度額を確かめられません。"
        "要介護状態区分を入れて出力してください。"
    }
    en {
        "認定状況区分 says certified, and 要介護状態区分 is empty."
        "The printed form shows the care level of a certified user; without it the limit cannot be checked."
        "Write the care level."
    }
    bad "認定状況区分 2、要介護状態区分 空"
    good "認定状況区分 2、要介護状態区分 22"

    HalfACareLevelChange "L4-HOSO-011" "half-a-care-level-change"
    L4 Info since V3 clause "T-NOTE, I-52"
    ja {
        "要介護状態変更日と前回要介護状態区分の片方だけが入っています。"
        "区分変更のときに使う組の項目です。片方だけでは変更の前後が分かりません。"
        "区分変更があれば両方を入れ、なければ両方を空にしてください。"
    }
    en {
        "Only one of 要介護状態変更日 and 前回要介護状態区分 is filled."
        "They tell a change of care level together; one alone does not."
        "Write both, or neither."
    }
    bad "変更日 20260415、前回区分 空"
    good "変更日 20260415、前回区分 21"

    DaysGoBackwards "L4-HOSO-012" "stay-days-go-backwards"
    L4 Warning since V3 clause "I-52"
    ja {
        "入所累積利用日数が入所前月迄利用日数より少なくなっています。"
        "累積は前月までの日数に当月分を足したものです。"
        "2 つの日数を確かめてください。"
    }
    en {
        "入所累積利用日数 is less than 入所前月迄利用日数."
        "The running total includes the days before."
        "Check both numbers."
    }
    bad "前月迄 20、累積 15"
    good "前月迄 20、累積 27"

    TotalNamesAnOffice "L4-SIKYU-001" "total-names-an-office"
    L4 Error since V3 clause "R-FLD-07"
    ja {
        "全合計の行（999999）のサービス事業所コードが 9999999999 ではありません。"
        "全合計の行は 9999999999 固定と定められています。事業所の行として取り込まれるおそれがあります。"
        "全合計の行のサービス事業所コードを 9999999999 にしてください。"
    }
    en {
        "The row of the grand total (999999) names an office."
        "In that row サービス事業所コード is fixed as 9999999999; it might be imported as a row of the office."
        "Write 9999999999 in the row of the grand total."
    }
    bad "サービスコード 999999、事業所コード 1370000026"
    good "サービスコード 999999、事業所コード 9999999999"

    RowNamesNoOffice "L4-SIKYU-002" "row-names-no-office"
    L4 Error since V3 clause "R-FLD-07"
    ja {
        "全合計ではない行のサービス事業所コードが 9999999999 です。"
        "9999999999 は全合計の行だけの値です。どの事業所のサービスか分かりません。"
        "サービス事業所コードに事業所番号を、全合計の行であればサービスコードに 999999 を入れてください。"
    }
    en {
        "A row that is no grand total has office 9999999999."
        "That value is for the grand total only; nobody can tell whose service this is."
        "Write the office, or service code 999999 if the row is the grand total."
    }
    bad "サービスコード 111211、事業所コード 9999999999"
    good "サービスコード 111211、事業所コード 1370000026"

    SumRowHasUnits "L4-SIKYU-003" "sum-row-has-units"
    L4 Error since V3 clause "R-FLD-09"
    ja {
        "小計・全合計の行の単位数が 0 ではありません。"
        "小計・全合計の行の単位数は 0 固定と定められています。二重に計上されるおそれがあります。"
        "小計・全合計の行の単位数を 0 にしてください。"
    }
    en {
        "単位数 of a subtotal or total is not 0."
        "In these rows it is fixed as 0; it might be counted twice."
        "Write 0 in this item."
    }
    bad "サービスコード 11AAAA、単位数 387"
    good "サービスコード 11AAAA、単位数 0"

    SumRowHasDiscount "L4-SIKYU-004" "sum-row-has-discount"
    L4 Error since V3 clause "R-FLD-09"
    ja {
        "小計・全合計の行に割引後率か割引後単位数が入っています。"
        "小計・全合計の行では空と定められています。"
        "小計・全合計の行の割引後率と割引後単位数を空にしてください。"
    }
    en {
        "A subtotal or total has 割引後率 or 割引後単位数."
        "In these rows both are fixed as empty."
        "Leave both empty."
    }
    bad "サービスコード 999999、割引後率 100"
    good "サービスコード 999999、割引後率 空"

    OutsideRowHasManagedUnits "L4-SIKYU-005" "outside-row-has-managed-units"
    L4 Warning since V3 clause "R-FLD-10, I-54"
    ja {
        "区分支給対象外（EEEE）・30日超過分（ZZZZ）の小計に給付管理単位数が入っています。"
        "給付管理単位数は、区分支給限度外のサービスでは空と定められています。ただし、大規模型の通所サービスや、小規模多機能・看護小規模多機能の同一建物居住者のサービスを含まない場合は、値があってもよいと読めるため、製品によって違います（そのため EEEE では情報、ZZZZ では警告です）。"
        "給付管理単位数を空にすると、どの受信側でも取り込めます。"
    }
    en {
        "A subtotal of services outside the limit (EEEE, ZZZZ) has 給付管理単位数."
        "For services outside 区分支給限度 it is fixed as empty. Where there are no services of 大規模型通所系 or of 同一建物居住者 the source leaves it to the exporting software, so products differ: a notice on EEEE, a warning on ZZZZ."
        "Leave it empty, and every receiver takes it."
    }
    bad "サービスコード 11EEEE、給付管理単位数 500"
    good "サービスコード 11EEEE、給付管理単位数 空"

    OverThirtyOnSumRow "L4-SIKYU-006" "over-thirty-days-on-sum-row"
    L4 Warning since V3 clause "R-FLD-08, I-54"
    ja {
        "30日超過分の小計（ZZZZ）ではない小計・全合計の行の３０日超区分が 1 です。"
        "30日超過分は ZZZZ の小計に分けます。行の種類と区分が合いません。"
        "３０日超区分を 0 にするか、サービスコードを ZZZZ の形にしてください。"
    }
    en {
        "３０日超区分 is 1 on a sum that is not the one of days over thirty (ZZZZ)."
        "Such days have their own subtotal; the row contradicts itself."
        "Write 0, or use the ZZZZ form."
    }
    bad "サービスコード 21AAAA、３０日超区分 1"
    good "サービスコード 21ZZZZ、３０日超区分 1"

    OfficeItemNotFixed "L4-SIKYU-007" "office-item-not-fixed"
    L4 Info since V3 clause "A-05"
    ja {
        "事業所コードの項目が 9999999999 でも空でもありません。"
        "9999999999 固定と読むのが自然ですが、原文の表からは次の項目（入力者コード）の固定値とも読めます。厳しく読む受信側では取り込めません。"
        "事業所コードは 9999999999、入力者コードは空で出力することをお勧めします。"
    }
    en {
        "事業所コード is neither 9999999999 nor empty."
        "The source reads most naturally as fixing it to 9999999999, but the value may belong to the next item; a strict receiver may refuse others."
        "Write 9999999999 here and leave 入力者コード empty."
    }
    bad "事業所コード 1370000018"
    good "事業所コード 9999999999"

    ProductDiffers "L4-SIKYU-008" "units-times-count-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、単位数 × 回数 = サービス単位 からは {expected} になります。"
        "計算式は標準仕様にありませんが、帳票の計算と合いません。受信側で計算し直すと違う値になります。"
        "単位数・回数／日数・サービス単位金額を確かめてください。"
    }
    en {
        "{column} is {got}; units × count = amount gives {expected}."
        "The standard gives no formula, but the printed form has this one; a receiver that calculates comes to another value."
        "Check 単位数, 回数／日数 and サービス単位金額."
    }
    bad "単位数 387、回数 13、サービス単位 5000"
    good "単位数 387、回数 13、サービス単位 5031"

    DiscountDiffers "L4-SIKYU-009" "discount-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、単位数と割引後率からは {expected} になります。"
        "割引の計算が受信側と合わなくなります。割引後率の単位は標準仕様に書かれていないため、％と読んでいます。"
        "単位数・割引後率・割引後単位数を確かめてください。"
    }
    en {
        "{column} is {got}; units and rate give {expected}."
        "The receiver's discount will differ. The standard does not give the unit of the rate; it is read as per cent."
        "Check 単位数, 割引後率 and 割引後単位数."
    }
    bad "単位数 400、割引後率 90、割引後単位数 380"
    good "単位数 400、割引後率 90、割引後単位数 360"

    TypeLimitDiffers "L4-SIKYU-010" "type-limit-split-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、給付管理単位数から種類支給限度基準の超過分を引くと {expected} になります。"
        "種類支給限度基準の超過分と基準内の合計が、もとの単位数と合いません。"
        "種類支給限度基準の超・内の単位数を確かめてください。"
    }
    en {
        "{column} is {got}; managed units less the part over the limit of the type is {expected}."
        "The parts over and within the limit do not add up."
        "Check both parts."
    }
    bad "給付管理 5000、種類超 500、種類内 4000"
    good "給付管理 5000、種類超 500、種類内 4500"

    AreaLimitDiffers "L4-SIKYU-011" "area-limit-split-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、区分支給限度基準の超過分と基準内の関係からは {expected} になります。"
        "区分支給限度基準の超過分と基準内の合計が、給付管理単位数（種類の管理があれば種類内の単位数）と合いません。"
        "区分支給限度基準の超・内の単位数と給付管理単位数を確かめてください。"
    }
    en {
        "{column} is {got}; the parts over and within 区分支給限度 give {expected}."
        "They do not add up to the managed units."
        "Check both parts and 給付管理単位数."
    }
    bad "給付管理 5031、区分超 0、区分内 5000"
    good "給付管理 5031、区分超 0、区分内 5031"

    CostDiffers "L4-SIKYU-012" "cost-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、単位数 × 単位数単価（1円未満切捨て）= 費用総額 からは {expected} になります。"
        "利用者負担や請求額が受信側の計算と合わなくなります。限度内・給付管理・対象外を含む単位数のどれで計算しても合いません。"
        "単位数単価と費用総額を確かめてください。"
    }
    en {
        "{column} is {got}; units × price, rounded down, gives {expected}."
        "Claim and own share will differ at the receiver. None of the numbers of units in the row gives this cost."
        "Check 単位数単価 and 費用総額."
    }
    bad "限度内 5031、単価 11.40、費用総額 57300"
    good "限度内 5031、単価 11.40、費用総額 57353"

    ImpossibleBenefitRate "L4-SIKYU-013" "impossible-benefit-rate"
    L4 Warning since V3 clause "I-50"
    ja {
        "給付率 {got} は 0 から 100 の範囲にありません。"
        "標準仕様に単位（％）の定めはありませんが、帳票の給付率は百分率です。"
        "給付率を百分率の整数で出力してください。"
    }
    en {
        "給付率 {got} is not between 0 and 100."
        "The standard does not give the unit, but the printed form has a percentage."
        "Write a whole percentage."
    }
    bad "給付率 900"
    good "給付率 90"

    ClaimDiffers "L4-SIKYU-014" "claim-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、費用総額 × 給付率（1円未満切捨て）= 請求額 からは {expected} になります。"
        "保険請求額と利用者負担が受信側の計算と合わなくなります。"
        "費用総額・給付率・保険／事業費請求額を確かめてください。"
    }
    en {
        "{column} is {got}; cost × rate, rounded down, gives {expected}."
        "Claim and own share will differ at the receiver."
        "Check 費用総額, 給付率 and 保険／事業費請求額."
    }
    bad "費用総額 57353、給付率 90、請求額 51600"
    good "費用総額 57353、給付率 90、請求額 51617"

    ShareDiffers "L4-SIKYU-015" "own-share-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、費用総額から請求額を引くと {expected} になります。"
        "利用者に伝える負担額が受信側の計算と合わなくなります。0 の場合は公費による負担と考えられるため、情報としてお知らせします。"
        "利用者負担と請求額を確かめてください。"
    }
    en {
        "{column} is {got}; cost less claim is {expected}."
        "The user is told another amount than the receiver calculates. 0 may mean public expense and is only noted."
        "Check own share and claim."
    }
    bad "費用総額 57353、請求額 51617、利用者負担 5700"
    good "費用総額 57353、請求額 51617、利用者負担 5736"

    FullShareDiffers "L4-SIKYU-016" "full-share-differs"
    L4 Warning since V3 clause "I-50"
    ja {
        "{column}が {got} ですが、限度を超えた単位数と単価からは {expected} になります。"
        "全額を利用者が負担する金額が受信側の計算と合わなくなります。"
        "限度基準超の単位数と全額負担分を確かめてください。"
    }
    en {
        "{column} is {got}; the units over the limit and the price give {expected}."
        "The amount that the user pays in full will differ at the receiver."
        "Check the units over the limit and the full share."
    }
    bad "区分超 0、全額負担分 1000"
    good "区分超 0、全額負担分 0"

    DaysDiffer "L4-SIKYU-017" "stay-days-do-not-add-up"
    L4 Warning since V3 clause "I-50, A-01"
    ja {
        "{column}が {got} ですが、前月までの利用日数と当月の計画利用日数の合計は {expected} です。"
        "短期入所の利用日数の管理が受信側と合わなくなります。"
        "3 つの日数を確かめてください。"
    }
    en {
        "{column} is {got}; days before and days planned come to {expected}."
        "The count of days of short stays will differ at the receiver."
        "Check the three numbers."
    }
    bad "前月まで 20、当月 7、累積 26"
    good "前月まで 20、当月 7、累積 27"

    CertificationReversed "L4-DATE-001" "certification-reversed"
    L4 Warning since V3 clause "I-14"
    ja {
        "{here}が{there}（{expected}）より前の日付です。"
        "期間が逆になっているため、有効な期間として扱えません。"
        "開始日と終了日を確かめて直してください。"
    }
    en {
        "The end of the period ({here}) is before its start ({there} {expected})."
        "A period that runs backwards is valid on no day."
        "Check start and end."
    }
    bad "認定有効期間 20260401〜20250331"
    good "認定有効期間 20260401〜20270331"

    CertifiedAfterItsEnd "L4-DATE-002" "certified-after-its-end"
    L4 Warning since V3 clause "I-30"
    ja {
        "{here}が{there}（{expected}）より後の日付です。"
        "認定有効期間が終わった後の認定日は、どちらかの入力誤りと考えられます。"
        "認定日と期間の終了日を確かめて直してください。"
    }
    en {
        "The date of certification ({here}) is after the end of its period ({there} {expected})."
        "One of the two dates is probably wrong."
        "Check both dates."
    }
    bad "認定日 20271001、認定有効期間終了日 20270930"
    good "認定日 20251001、認定有効期間終了日 20270930"

    FirstDateTooLate "L4-DATE-003" "first-date-too-late"
    L4 Warning since V3 clause "I-30"
    ja {
        "{here}が{there}（{expected}）より後の日付です。"
        "最初（前回）の日付が今回より後になることはありません。"
        "2 つの日付を確かめて直してください。"
    }
    en {
        "{here} is after {there} ({expected})."
        "What came first, or last time, cannot be later than this time."
        "Check both dates."
    }
    bad "初回居宅サービス計画作成日 20260401、居宅サービス計画作成（変更）日 20260325"
    good "初回居宅サービス計画作成日 20241001、居宅サービス計画作成（変更）日 20260325"

    ImplausibleBirthDate "L4-DATE-004" "implausible-birth-date"
    L4 Warning since V3 clause "I-30"
    ja {
        "利用者の生年月日が、計画・相談の日や対象年月より後か、120 年より前です。"
        "年の入力誤りと考えられます。生年月日で利用者を照合する受信側では別人とみなされます。"
        "生年月日を確かめて直してください。"
    }
    en {
        "The birth date is after the plan, consultation or month, or more than 120 years before it."
        "The year is probably wrong; a receiver that matches people by birth date takes this for somebody else."
        "Check the birth date."
    }
    bad "利用者生年月日 20400505"
    good "利用者生年月日 19400505"

    ContentMissing "L4-PLAN-001" "reason-missing"
    L4 Warning since V3 clause "I-31"
    ja {
        "{code}が {asks} のときに書く内容が空です。"
        "このコードのときに内容を書く項目です（そう読めるだけの項目もあります）。空では、受信側に理由や状況が伝わりません。"
        "内容を入力して出力し直してください。"
    }
    en {
        "The text that goes with {code} = {asks} is empty."
        "With this code the standard asks for the text, or is read to; without it the receiver does not learn the reason."
        "Enter the text and export again."
    }
    bad "生活援助中心型の算定理由 3、その他理由 空"
    good "生活援助中心型の算定理由 3、その他理由「退院直後のため」"

    ContentNotAskedFor "L4-PLAN-002" "reason-not-asked-for"
    L4 Info since V3 clause "I-31"
    ja {
        "{code}が {asks} ではないのに、その内容の欄に記入があります。"
        "標準仕様は決まったコードのときに書く欄としていますが、ほかのコードのときに空とするかは明記していません。表示する受信側と、表示しない受信側があります。"
        "コードと内容のどちらが正しいか確かめてください。"
    }
    en {
        "The text that goes with {code} = {asks} is filled, but the code is another."
        "The standard has this text for that code and does not say that it is empty otherwise; some receivers show it, some do not."
        "See which of the two is right."
    }
    bad "生活援助中心型の算定理由 1、その他理由 あり"
    good "生活援助中心型の算定理由 1、その他理由 空"

    CoverageNotStated "L4-PLAN-003" "coverage-not-stated"
    L4 Info since V3 clause "A-17, T-CODE"
    ja {
        "サービスのある行の保険対象区分が空です（このファイルで {count} 行）。"
        "標準仕様のコードには N（対象外）がありますが、データ配置例では対象外の行が空です。空を N と読む受信側と、区分が書かれていないと読む受信側があります。"
        "保険給付の対象なら Y など、対象外なら N を出力すると、どの受信側でも同じに読まれます。"
    }
    en {
        "保険対象区分 is empty in a row that has a service; {count} row(s) in this file."
        "The codes have N (not insured), and the examples leave the item empty where a service is not insured. Some receivers read empty as N, others as not stated."
        "Write N where the service is not insured and the other code where it is; every receiver reads that alike."
    }
    bad "サービス内容「買い物の付き添い」、保険対象区分 空"
    good "サービス内容「買い物の付き添い」、保険対象区分 N"

    RecordWithoutContent "L4-FORM-001" "record-without-content"
    L4 Warning since V3 clause "I-34"
    ja {
        "キーや番号のほかに何も書かれていないレコードです。"
        "帳票に印字するものがなく、受信側で空の行になります。"
        "内容を入力するか、このレコードを出力しないでください。"
    }
    en {
        "Nothing but key and numbers is filled in this record."
        "There is nothing to print; the receiver shows an empty row."
        "Enter the contents, or leave the record out."
    }
    bad "第3表の No.6〜13 がすべて空"
    good "第3表の No.6〜9 に訪問介護の予定"

    NumberNotFrom1To99 "L4-NUM-001" "number-not-from-1-to-99"
    L4 Warning since V3 clause "R-FLD-15, R-YOBO-05, I-32"
    ja {
        "{item}がないか 0 です。1〜99 の通番を入れる項目です。"
        "番号がないと、帳票の並び順と、どの課題・目標の行かが決まりません。"
        "すべての行に 1 からの通番を入れて出力してください。"
    }
    en {
        "{item} is missing or 0; it is a serial number from 1 to 99."
        "Without it the order of the rows, and to which need or goal they belong, is open."
        "Number every row, beginning with 1."
    }
    bad "課題ＮＯ 空"
    good "課題ＮＯ 1"

    SeveralGroupsFilled "L4-KYO3-001" "several-groups-filled"
    L4 Warning since V4_1 clause "I-10"
    ja {
        "1 つのレコードに、週間サービス（No.6〜9）・日常生活上の活動（No.10〜12）・週単位以外のサービス（No.13）のうち 2 つ以上が入っています。"
        "データ配置例からは、1 つのレコードは 1 種類だけを表すと読めます。受信側によっては片方しか取り込みません。"
        "種類ごとにレコードを分けて出力してください。"
    }
    en {
        "The record holds more than one of weekly service (6–9), daily activity (10–12) and service outside the week (13)."
        "By the examples a record stands for one of them; some receivers import only one."
        "Write a record for each."
    }
    bad "介護サービス内容と主な日常生活上の活動が同じレコード"
    good "別々のレコード"

    WeeklyEntryIncomplete "L4-KYO3-002" "weekly-entry-incomplete"
    L4 Warning since V4_1 clause "I-35"
    ja {
        "週間サービス計画表の予定に{item}がありません。"
        "内容・曜日・開始・終了がそろわないと、表のどこに置くか決まりません。"
        "足りない項目を入力して出力し直してください。"
    }
    en {
        "The entry of the weekly plan lacks {item}."
        "Without contents, weekday, start and end nobody can tell where it stands in the table."
        "Enter what is missing and export again."
    }
    bad "訪問介護、曜日 1、開始 0900、終了 空"
    good "訪問介護、曜日 1、開始 0900、終了 1000"

    WeeklyEndNotAfterStart "L4-KYO3-003" "weekly-end-not-after-start"
    L4 Info since V4_1 clause "I-35, A-23"
    ja {
        "終了時間が開始時間より後ではありません。"
        "日をまたぐ予定の書き方は標準仕様にありません。翌日の時刻と読む受信側と、誤りと読む受信側があります。"
        "日をまたぐ予定であれば、そのままでも受け入れます。そうでなければ時刻を直してください。"
    }
    en {
        "The end is not after the start."
        "The standard does not say how to write what runs past midnight; some receivers read the next day, some an error."
        "Past midnight it is accepted as it is; otherwise correct the times."
    }
    bad "開始 2200、終了 0600"
    good "開始 0900、終了 1000"

    ChecklistCountTooHigh "L4-YOBO-001" "checklist-count-too-high"
    L4 Warning since V4_1 clause "I-41"
    ja {
        "基本チェックリストの該当数が、その領域の質問の数（{most}）を超えています。"
        "該当数は該当した質問の数です。領域を取り違えた可能性があります。"
        "該当数を確かめて直してください。"
    }
    en {
        "The count is higher than the {most} questions that the checklist has on the subject."
        "It counts the questions that apply; perhaps the subjects were mixed up."
        "Check the count."
    }
    bad "該当数(栄養改善) 3"
    good "該当数(栄養改善) 2"

    IssueWithoutBackground "L4-YOBO-002" "issue-without-background"
    L4 Info since V4_1 clause "I-41"
    ja {
        "領域における課題が「有」ですが、課題（背景・原因）が空です。"
        "必須の項目ではありませんが、受信側は何が課題か分かりません。"
        "課題（背景・原因）を書くか、課題の有無を確かめてください。"
    }
    en {
        "There is an issue in this area (有), but its background is empty."
        "The item is not required, but the receiver does not learn what the issue is."
        "Enter the background, or check whether there is an issue."
    }
    bad "課題の有無 1、課題（背景・原因） 空"
    good "課題の有無 1、課題（背景・原因）「膝の痛み」"

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

    DetailNumbersOutOfSequence "L5-EQUIP-001" "detail-numbers-out-of-sequence"
    L5 Warning since V3 clause "R-FLD-03"
    ja {
        "明細判別コードは {expected} になるところが {got} です。"
        "同じ利用者・事業所・サービスコード・単位数の福祉用具は、1 から順に番号を付けて見分けます。番号が重なったり抜けたりすると、予定と実績を結び付けられません。"
        "1 から順に番号を付け直して出力してください。使わない場合はすべて空にします。"
    }
    en {
        "明細判別コード should be {expected} and is {got}."
        "Articles of one user, office, code and number of units are told apart by numbers from 1; with gaps or repeats plan and actuals cannot be matched."
        "Number them from 1, or leave all of them empty."
    }
    bad "1 と 3"
    good "1 と 2"

    DuplicateRecord "L5-REP-001" "duplicate-record"
    L5 Warning since V3 clause "I-53"
    ja {
        "{first} 番目のレコードと、レコードを見分ける項目（利用者・年月・日時・サービスなど）がすべて同じです。"
        "同じサービスが二重に取り込まれるおそれがあります。重複の扱いは標準仕様に定めがありません。"
        "重複したレコードを除いて出力してください。同じ日に複数回であれば、時刻・サービス回数・明細判別コードで区別します。"
    }
    en {
        "All that tells records apart (person, month, day, time, service and so on) is the same as in record {first}."
        "The service may be imported twice; the standard is silent on repeated records."
        "Leave the repetition out. Several visits on a day differ by time, count or 明細判別コード."
    }
    bad "同じ利用者・日・時刻・サービスコードの 2 行"
    good "1 行だけ"

    TotalMissing "L5-SIKYU-001" "total-missing"
    L5 Error since V3 clause "R-FLD-07, I-07"
    ja {
        "この利用者の全合計の行（999999）がありません。"
        "全合計の行は必ず出力すると定められています。"
        "サービスコード 999999、事業所コード 9999999999 の行を利用者ごとに出力してください。"
    }
    en {
        "The user has no row of the grand total (999999)."
        "It must always be there."
        "Write a row with service code 999999 and office 9999999999 for each user."
    }
    bad "明細の行だけ"
    good "明細の行と 999999 の行"

    SeveralTotals "L5-SIKYU-002" "several-totals"
    L5 Warning since V3 clause "I-07, R-FLD-07"
    ja {
        "この利用者の全合計の行（999999）が 2 つ以上あります。"
        "どちらの合計を取り込むか決まりません。"
        "全合計の行は利用者ごとに 1 つだけ出力してください。"
    }
    en {
        "The user has more than one row of the grand total (999999)."
        "Nobody can tell which one counts."
        "Write one per user."
    }
    bad "999999 の行が 2 つ"
    good "999999 の行が 1 つ"

    SubtotalMissing "L5-SIKYU-003" "subtotal-missing"
    L5 Error since V3 clause "R-FLD-08"
    ja {
        "この利用者のサービス種類 {type} に複数の行がありますが、小計の行（{type}AAAA）がありません。"
        "同じ種類のコードが複数行になるときは、小計の行が必須です。"
        "サービス種類 2 文字に AAAA を付けたサービスコードの行（小計）を出力してください。"
    }
    en {
        "The user has several rows of service type {type} and no subtotal ({type}AAAA)."
        "It is mandatory when a type has several code rows."
        "Write a row whose service code is the service type followed by AAAA."
    }
    bad "152442 と 155301 の行だけ"
    good "152442、155301、15AAAA の行"

    SubtotalDiffers "L5-SIKYU-004" "subtotal-differs"
    L5 Warning since V3 clause "R-FLD-08, I-54"
    ja {
        "小計 {code} の{column}が合いません。ここは {got} ですが、計算では {expected} になります。"
        "小計がその種類の行の合計と違うと、受信側の計算と合わなくなります。"
        "小計の行と、その種類の明細の行を確かめてください。"
    }
    en {
        "Subtotal {code}: {column} here is {got}; the rows give {expected}."
        "A subtotal that is not the sum of its rows contradicts what the receiver calculates."
        "Check the subtotal and the rows of its type."
    }
    bad "5031 と 895 の小計が 5900"
    good "5031 と 895 の小計が 5926"

    SubtotalWithoutRows "L5-SIKYU-005" "subtotal-without-rows"
    L5 Warning since V3 clause "R-FLD-08, I-54"
    ja {
        "小計・合計（{code}）のもとになる行がありません。"
        "同じ被保険者番号・事業所・サービス種類の明細の行がない小計は、何の合計か分かりません。"
        "被保険者番号・事業所コード・サービスコードを確かめてください。"
    }
    en {
        "There is nothing that this sum ({code}) adds up."
        "No row has the same user, office and service type."
        "Check the number of the user, the office and the code."
    }
    bad "13AAAA があり、種類 13 の行がない"
    good "13AAAA と種類 13 の行がある"

    AmountMissing "L5-SIKYU-007" "amount-missing-in-a-row"
    L5 Warning since V3 clause "R-FLD-07, I-54"
    ja {
        "{column}が空です。全合計にはこの行の {expected} が含まれています。"
        "空の金額や単位数は 0 として取り込まれ、受信側の計算と全合計が合わなくなります。"
        "この行の空の項目に値を出力するか、全合計を確かめてください。"
    }
    en {
        "{column} is empty, though the grand total has {expected} for this row."
        "An empty amount is imported as 0 and no longer adds up to the grand total."
        "Fill in the empty item of this row, or correct the grand total."
    }
    bad "明細の行のサービス単位金額が空、全合計にはその分も入っている"
    good "明細の行と全合計の両方に入っている"

    TotalDiffers "L5-SIKYU-006" "total-differs"
    L5 Warning since V3 clause "R-FLD-07, I-54"
    ja {
        "全合計の{column}が {got} ですが、各行の合計は {expected} です。"
        "全合計が各行の合計と違うと、受信側の計算と合わなくなります。"
        "全合計の行と各行を確かめてください。"
    }
    en {
        "Grand total: {column} is {got}; the rows come to {expected}."
        "A total that is not the sum of its rows contradicts what the receiver calculates."
        "Check the total and the rows."
    }
    bad "5031 と 3085 の合計が 8000"
    good "5031 と 3085 の合計が 8116"

    DuplicateKey "L5-KEY-001" "duplicate-key"
    L5 Warning since V3 clause "I-38, R-REL-01, R-REL-02, R-REL-04, R-REL-05, R-UPD-04"
    ja {
        "レコード {first} と同じキー（保険者番号・被保険者番号・日付または年月）のレコードです。"
        "同じキーのデータは置き換えられるため、どちらが残るかは受信側によります。"
        "同じ利用者の同じ計画（利用者補足情報は同じ計画または同じ月）は 1 レコードだけにして出力してください。"
    }
    en {
        "The record has the same key (insurer, insured, date or month) as record {first}."
        "Data with the same key replaces the earlier; which one stays depends on the receiver."
        "Export one record per person and plan, of 利用者補足情報 one per person and plan or month."
    }
    bad "同じ利用者・同じ作成日の第1表が 2 件"
    good "利用者・作成日ごとに 1 件"

    DuplicateRow "L5-KEY-002" "duplicate-row"
    L5 Warning since V4_1 clause "I-34"
    ja {
        "レコード {first} とまったく同じ内容のレコードです。"
        "受信側で同じ行が 2 つ並ぶか、片方が捨てられます。"
        "重複したレコードを除いて出力してください。"
    }
    en {
        "The record repeats record {first}."
        "The receiver shows the row twice or drops one."
        "Leave the repetition out."
    }
    bad "月曜 0900〜1000 訪問介護 が 2 件"
    good "月曜 0900〜1000 訪問介護 が 1 件"

    DuplicateNumbers "L5-NUM-001" "duplicate-numbers"
    L5 Error since V3 clause "I-08, R-YOBO-05"
    ja {
        "番号の組（{numbers}）がレコード {first} と同じです。"
        "同じ計画の中では番号の組で行を見分け、並べます。同じ組があると片方が失われるか、順番が決まりません。受け取ったファイルと介護予防の別表では警告です。"
        "行ごとに番号を振り直して出力してください。"
    }
    en {
        "The numbers {numbers} are those of record {first}."
        "Inside a plan rows are told apart and ordered by their numbers; one of the two may be lost. In received files, and in the sub-table of 介護予防, it is a warning."
        "Give each row numbers of its own."
    }
    bad "課題 1・目標 1・内容 1 の行が 2 つ"
    good "課題 1・目標 1・内容 1 と 2"

    NumbersNotContiguous "L5-NUM-002" "numbers-not-contiguous"
    L5 Warning since V3 clause "R-FLD-15, I-32"
    ja {
        "通番が 1 から続いていません（{expected} がありません）。"
        "1〜99 の通番とされています。行が抜けているか、番号の振り方（全体の通し番号など）が違う可能性があります。"
        "行が抜けていないか確かめ、課題・目標の中で 1 から振り直してください。"
    }
    en {
        "The numbers do not run on from 1: {expected} is missing."
        "They are serial numbers; a row may have been lost, or they were counted across the plan instead of inside what they number."
        "See whether a row is missing; number from 1 inside each need or goal."
    }
    bad "課題ＮＯ 1、3"
    good "課題ＮＯ 1、2"

    NumberWithoutText "L5-NUM-003" "number-without-text"
    L5 Warning since V3 clause "I-33"
    ja {
        "この課題ＮＯのどの行にも課題が書かれていません。"
        "同じ課題の 2 行目以降は空でかまいませんが、1 つも書かれていないと何の課題か分かりません。"
        "課題を入力するか、課題ＮＯを確かめてください。"
    }
    en {
        "No row with this 課題ＮＯ has the text of the need."
        "Following rows may leave it out, but without any text nobody knows what the need is."
        "Enter the need, or check the number."
    }
    bad "課題ＮＯ 2 の行の課題がすべて空"
    good "課題ＮＯ 2 の 1 行目に課題"

    RepeatedTextDiffers "L5-NUM-004" "repeated-text-differs"
    L5 Warning since V3 clause "R-FLD-15, R-YOBO-05, I-33"
    ja {
        "{number}が同じ前の行と文章が違います。"
        "同じ番号の行は 1 つの欄として印字されるため、どちらの文章か決まりません。"
        "文章をそろえる（または 2 行目以降を空にする）か、番号を分けて出力してください。"
    }
    en {
        "The text differs from an earlier row with the same {number}."
        "Rows of one number are printed as one cell; nobody can tell which text holds."
        "Write the same text, or none, on following rows, or give them another number."
    }
    bad "課題ＮＯ 1 の行に違う課題が 2 つ"
    good "課題ＮＯ 1 の 2 行目の課題は空"

    RepeatedTextNotLeftOut "L5-NUM-005" "repeated-text-not-left-out"
    L5 Warning since V4_1 clause "R-YOBO-05"
    ja {
        "{number}が同じ前の行にある文章を繰り返しています。"
        "支援計画書の別表では、2 行目以降は番号だけを繰り返し、ほかの項目は空にすると定められています。"
        "同じ番号の 2 行目以降は文章を空にして出力してください。"
    }
    en {
        "The text repeats an earlier row with the same {number}."
        "In this table following rows repeat the number only and leave the other items empty."
        "Leave the text empty on following rows of a number."
    }
    bad "課題ＮＯ 1 の 2 行目に同じ総合的課題"
    good "課題ＮＯ 1 の 2 行目の総合的課題は空"

    MonthDiffersFromName "L6-NAME-001" "month-differs-from-name"
    L6 Error since V3 clause "I-01, R-FN-05, R-FN-06, I-12"
    ja {
        "ファイル名の年月は {name} ですが、中身は {contents} です。"
        "どの月のデータとして取り込むか決まりません。"
        "ファイル名を手で変えず、対象年月を確かめて介護ソフトから出力し直してください。"
    }
    en {
        "The name says {name}, the contents say {contents}."
        "Nobody can tell which month the data is for."
        "Do not rename files; check the month and export again."
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

    RecipientOfAnotherType "L6-NAME-006" "recipient-of-another-service-type"
    L6 Warning since V4_1 clause "R-FN-02, R-UNIT-01, I-05"
    ja {
        "送信先の事業所 {recipient} のサービスに、ファイル名の送信先サービス種類コード {type} のものが 1 つもありません。"
        "受信側はファイル名の種類コードで取り込む先を選ぶことがあります。種類の違う事業所に届きます。"
        "送信先のサービス種類コードを、その事業所が受け持つサービスの種類に合わせてください。"
    }
    en {
        "Office {recipient}, the recipient, has no service of type {type}, which the file name gives it."
        "A receiver may choose where to import by the type in the name."
        "Give the recipient the service type of the services that it has."
    }
    bad "UPPLAN_…_1370000026_13_… に、事業所 1370000026 のサービスは 111211 だけ"
    good "UPPLAN_…_1370000026_11_… に、事業所 1370000026 のサービスコード 111211"

    MissingFile "L6-UNIT-001" "missing-file"
    L6 Error since V3 clause "R-SET-01, R-SET-K1, R-SET-K2, R-SET-Y1, R-SET-Y2, R-SET-Y3, R-SET-Y4, R-SET-V3"
    ja {
        "送信単位 {unit}「{title}」に必要な {kind}「{name}」がありません。"
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
    L6 Error since V3 clause "R-SET-01, R-SET-K3, R-SET-K4, R-SET-S2, R-SET-Y5, R-SET-Y6, R-DEL-01"
    ja {
        "{kinds} を、同じ連番の他のファイルと一緒に送る送信単位はありません。"
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
        "ファイル名の{parts}が、同じ送信単位の他のファイルと違います。"
        "同じ送信単位のファイルと見分けられず、そろわないものとして扱われます。"
        "一緒に送るファイルは、まとめて出力し直してください。"
    }
    en {
        "In the file name, {parts}: not as in the other files of the send unit."
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

    SubTableMissing "L6-UNIT-006" "sub-table-missing"
    L6 Warning since V4_1 clause "R-YOBO-04, R-SET-Y2, R-SET-Y3"
    ja {
        "介護予防サービス・支援計画書の別表（UPYOBO_SUB）がありません。"
        "原則として、計画書のファイル 1 つに別表のファイルが 1 つ付きます。ないと支援計画の内容が伝わりません。"
        "計画書と同じ連番で UPYOBO_SUB も出力してください。"
    }
    en {
        "UPYOBO_SUB, the sub-table of the preventive plan, is missing."
        "In principle one file of plans goes with one file of its sub-table, which holds what is planned."
        "Export UPYOBO_SUB with the same serial number."
    }
    bad "UPYOBO だけ"
    good "UPYOBO と UPYOBO_SUB"

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

    PlanOfAnotherManager "L6-USAGE-001" "plan-of-another-manager"
    L6 Warning since V3 clause "R-FLD-17, T-NOTE"
    ja {
        "居宅介護支援事業所の番号が、ファイル名にある居宅介護支援事業所（{manager}）と違います。"
        "プラン担当業者コードと更新業者コードは、第6表（予定）・第7表・利用者補足情報では送信元の、実績のプラン担当業者コードは送信先の居宅介護支援事業所です。受信側で別の事業所のデータとして扱われるおそれがあります。"
        "事業所番号の設定と、送信先の選び方を確かめてください。"
    }
    en {
        "The number of the care manager is not the one of the file name ({manager})."
        "Plans name the sender, actuals name the recipient; otherwise the data counts for another office."
        "Check the office numbers and the choice of recipient."
    }
    bad "送信元 1370000018、更新業者コード 1370000091"
    good "送信元 1370000018、更新業者コード 1370000018"

    PersonWithoutUsageSlip "L6-USAGE-002" "person-without-usage-slip"
    L6 Error since V3 clause "R-REL-02, I-09"
    ja {
        "この利用者は {kind} にありますが、第6表にありません。"
        "第7表と利用者補足情報は、保険者番号・被保険者番号・対象年月で第6表に結び付きます。相手のないレコードは取り込めません。"
        "保険者番号と被保険者番号を確かめ、同じ利用者で出力し直してください。"
    }
    en {
        "This user is in {kind} and not in 第6表."
        "第7表 and 利用者補足情報 are joined to 第6表 by insurer, insured and month; without it they cannot be imported."
        "Check both numbers and export the same users."
    }
    bad "UPPLAN に 0000900011、UPHOSOKU に 0000900012"
    good "どちらも 0000900011"

    PersonIncomplete "L6-USAGE-003" "person-incomplete"
    L6 Warning since V3 clause "R-REL-02, R-SET-K2, R-SET-Y4, R-ROLE-01, I-51"
    ja {
        "この利用者が{missing}にありません。"
        "第6表・第7表・利用者補足情報は 1 組で送ります。どの利用者も 3 つのファイルにあるとは標準仕様に書かれていませんが、欠けた内容は受信側で補えません。氏名などは利用者補足情報にしかありません。"
        "同じ利用者を選んで、3 つのファイルをまとめて出力し直してください。"
    }
    en {
        "This user is missing in {missing}."
        "第6表, 第7表 and 利用者補足情報 go together. The standard does not say that each user is in all three, but what is missing the receiver has from nowhere else; only the last one has the name."
        "Export the three files for the same users."
    }
    bad "UPPLAN に 2 人、UPHOSOKU に 1 人"
    good "どのファイルも同じ 2 人"

    ServicesDiffer "L6-USAGE-004" "services-differ-from-slip"
    L6 Warning since V3 clause "I-51, R-OUT-02"
    ja {
        "この利用者の事業所 {office} のサービスコード {code} は、第6表で {planned} 回、第7表で {billed} 回です。"
        "第6表と第7表は同じサービスを表します。回数の合計が違うと、どちらが正しいか決まりません（月単位・包括のサービスは比べていません）。"
        "第6表の日と第7表の回数を確かめてください。"
    }
    en {
        "Office {office}, service code {code}: {planned} times in 第6表, {billed} times in 第7表."
        "Both tables are about the same services. Monthly services are not compared."
        "Check the days of 第6表 and the count of 第7表."
    }
    bad "第6表に 12 日、第7表の回数 13"
    good "第6表に 13 日、第7表の回数 13"

    UnitsDiffer "L6-USAGE-005" "units-differ-from-slip"
    L6 Warning since V3 clause "I-51"
    ja {
        "この利用者のサービスコード {code} の単位数が {got} ですが、第7表では {expected} です。"
        "同じサービスの単位数は第6表（割引後）と第7表で同じです。率で計算する加算・月単位・包括のサービスは比べていません。"
        "第6表と第7表の単位数を確かめてください。"
    }
    en {
        "Service code {code}: {got} units here, {expected} in 第7表."
        "One service has the same units in 第6表 (after discount) and 第7表. Rates and monthly services are not compared."
        "Check the units in both tables."
    }
    bad "第6表 378 単位、第7表 387 単位"
    good "どちらも 387 単位"

    OverThirtyDaysDiffer "L6-USAGE-006" "over-thirty-days-differ"
    L6 Warning since V3 clause "I-51"
    ja {
        "この利用者の３０日超区分 1 の行が、第6表と第7表の片方にしかありません。"
        "30日超過分は第6表と第7表の両方で区別します。片方だけでは全額負担の日が決まりません。"
        "３０日超区分を確かめてください。"
    }
    en {
        "Only one of 第6表 and 第7表 has rows with ３０日超区分 1 for this user."
        "Days over thirty are marked in both tables; otherwise nobody can tell which days are paid in full."
        "Check ３０日超区分."
    }
    bad "第6表に 1 の行、第7表は 0 だけ"
    good "どちらにも 1 の行"

    MoreThanTheLimit "L6-USAGE-007" "within-limit-exceeds-limit"
    L6 Warning since V3 clause "I-51"
    ja {
        "区分支給限度基準内単位数の合計 {got} が、利用者補足情報の区分支給限度基準額 {limit} を超えています。"
        "限度を超えた分は基準超の単位数に分けます。"
        "限度額と、基準超・基準内の単位数を確かめてください。"
    }
    en {
        "区分支給限度基準内単位数 come to {got}; the limit in 利用者補足情報 is {limit}."
        "What exceeds the limit belongs to the units over it."
        "Check the limit and both numbers of units."
    }
    bad "限度額 19705、基準内 20000"
    good "限度額 19705、基準内 19705、基準超 295"

    StayDaysDiffer "L6-USAGE-008" "stay-days-differ"
    L6 Warning since V3 clause "I-51, A-01"
    ja {
        "この利用者の短期入所の前月までの利用日数が {got} ですが、一緒に送る他のファイルでは {expected} です。"
        "第6表・第7表・利用者補足情報の前月までの日数は同じものです。"
        "前月までの利用日数を確かめてください。"
    }
    en {
        "The days of short stays before this month are {got} here and {expected} in the other files."
        "第6表, 第7表 and 利用者補足情報 state the same number."
        "Check the number."
    }
    bad "第7表 20、利用者補足情報 12"
    good "どちらも 20"

    PlanOfAnotherOffice "L6-NAME-005" "plan-of-another-office"
    L6 Warning since V3 clause "I-36"
    ja {
        "計画を作成・更新した居宅介護支援事業所の番号が、ファイル名の送信元（{sender}）と違います。"
        "他の事業所の計画を送っているか、ファイル名の送信元が誤っている可能性があります。"
        "送信元の事業所と、計画の介護支援事業者コード・更新業者コードを確かめてください。"
    }
    en {
        "The office that made or changed the plan is not the sender in the file name ({sender})."
        "Perhaps the plan of another office is being sent, or the sender in the name is wrong."
        "Check the sender and the codes of the care manager in the plan."
    }
    bad "送信元 1370000018、介護支援事業者コード 1370000034"
    good "送信元 1370000018、介護支援事業者コード 1370000018"

    MissingParent "L6-JOIN-001" "missing-parent"
    L6 Error since V3 clause "I-09, R-REL-01, R-REL-04, R-REL-05"
    ja {
        "このレコードに対応する {parent}「{name}」のレコードがありません（{item}が合いません{there}）。"
        "レコードは、保険者番号・被保険者番号・日付の 3 つが同じものどうしを結び付けて取り込みます。相手がないと、どの計画のものか分からず取り込めません。"
        "3 つの項目を結び付く相手のファイルと同じ値にして、まとめて出力し直してください。"
    }
    en {
        "{parent} ({name}) has no record that this one belongs to: {item} differs{there}."
        "Records are joined by insurer, insured and date; without its parent this one cannot be imported."
        "Give the three items the values of the file that it belongs to, and export all files again."
    }
    bad "第1表の作成（変更）日 20260325、第2表 20260326"
    good "第1表・第2表とも 20260325"

    MissingDependants "L6-JOIN-002" "missing-dependants"
    L6 Warning since V3 clause "I-38, R-REL-01, R-REL-05, R-OUT-01"
    ja {
        "この利用者の {kind}「{name}」のレコードがありません。"
        "帳票に表示される内容はすべて出力するとされています。受信側では計画の一部が欠けます。"
        "この利用者を選んで、計画のファイルをまとめて出力し直してください。帳票にその表がなければ、このままで構いません。"
    }
    en {
        "{kind} ({name}) has no record of this user."
        "Everything that the form shows is exported; at the receiver a part of the plan is missing."
        "Export all files of the plan for this user; nothing needs to change if the form does not have that table."
    }
    bad "第1表に利用者 2 人、第2表に 1 人"
    good "第1表・第2表とも 2 人"

    ParentDiffers "L6-JOIN-003" "parent-differs-from-dependants"
    L6 Error since V3 clause "I-09, R-REL-01, R-REL-04"
    ja {
        "{item}が、一緒に送る他のファイル（{expected}）と違います。"
        "他のファイルの値は互いに同じで、このレコードだけが違います。結び付ける先がなく、取り込めません。"
        "他のファイルと同じ値にして出力し直してください。"
    }
    en {
        "{item} differs from the other files of the send unit ({expected})."
        "The other files agree with each other; none of their records can be joined to this one."
        "Give the item the value of the other files and export again."
    }
    bad "第1表 20260326、第2表・第3表・補足 20260325"
    good "すべて 20260325"

    ValuesDifferBetweenFiles "L6-JOIN-004" "values-differ-between-files"
    L6 Warning since V3 clause "I-37"
    ja {
        "{item}が {got} ですが、同じ計画の第1表では {expected} です。"
        "同じ利用者の同じ計画なのに値が違うと、どちらで取り込むか決まりません。"
        "第1表と利用者補足情報の値を確かめてそろえてください。"
    }
    en {
        "{item} is {got}; 第1表 of the same plan has {expected}."
        "For one person and one plan there are two values; nobody can tell which to import."
        "Check both files and use one value."
    }
    bad "第1表の要介護状態区分 22、利用者補足情報 23"
    good "どちらも 22"

    DeletionAfterItsTarget "L6-DEL-001" "deletion-after-its-target"
    L6 Info since V3 clause "I-39, R-ORD-01, R-DEL-01, R-REL-06, R-REL-07, R-REL-08"
    ja {
        "この削除は、一緒に検査した {kind} より連番が後です。取り込むと、そのデータも削除されます。"
        "取込は連番の順です。削除してから送り直すときは、削除の連番を前にします。"
        "送り直しであれば、削除を先に出力してください。取り消しであればそのままでかまいません。"
    }
    en {
        "The serial of this deletion is later than that of the {kind} checked with it, which it will withdraw."
        "Units are imported by serial; to send something again the deletion goes first."
        "Export the deletion first if the data is sent again; leave it if the data is to go."
    }
    bad "UP1KYO …101500 の後に DLT1KYO …102000"
    good "DLT1KYO …101000 の後に UP1KYO …101500"

    ImageNamedTwice "L6-IMG-004" "image-named-twice"
    L6 Warning since V4_1 clause "R-IMG-02"
    ja {
        "同じ家族構成画像を前のレコードも指しています。"
        "画像は 1 レコードに 1 つが原則です。別の利用者の家族構成図を取り込むおそれがあります。"
        "レコードごとに枝番の違う画像を出力してください。"
    }
    en {
        "An earlier record names the same family picture."
        "There is one picture per record; the family of another user may be shown."
        "Export a picture with a branch number of its own for each record."
    }
    bad "2 人の利用者が …_0001.jpg"
    good "…_0001.jpg と …_0002.jpg"

    ActualsInTheFuture "L7-USAGE-001" "actuals-in-the-future"
    L7 Info since V3 clause "I-53, R-FLD-17"
    ja {
        "サービス利用日が、ファイル連番の日より後です。"
        "実績は行ったサービスの記録です。まだ来ていない日の実績は、後で変わっても相手に伝わりません。"
        "実績が確定してから送るか、変わったときに送り直してください。"
    }
    en {
        "The service day is after the day of the file serial."
        "Actuals are about services that were given; what changes after sending is not passed on."
        "Send actuals when they are final, or again after a change."
    }
    bad "連番 20260420…、サービス利用日 20260429"
    good "連番 20260502…、サービス利用日 20260429"

    UnusualPrice "L7-SIKYU-001" "unusual-unit-price"
    L7 Info since V3 clause "I-56"
    ja {
        "単位数単価が 10.00 円から 11.40 円の範囲にありません。"
        "単価は地域とサービスの種類で決まり、今の告示ではこの範囲です。"
        "事業所の地域区分と単価の設定を確かめてください。"
    }
    en {
        "単位数単価 is not between 10.00 and 11.40 yen."
        "The price depends on region and service; by today's regulation it is in this range."
        "Check the region and the price of the office."
    }
    bad "単位数単価 1.14"
    good "単位数単価 11.40"

    UnusualLimit "L7-HOSO-001" "unusual-limit"
    L7 Info since V3 clause "I-56"
    ja {
        "区分支給限度基準額が、要介護状態区分の告示の額（{expected}）と違います。"
        "区分変更の月や経過措置では違う額になることがあります。"
        "要介護状態区分と区分支給限度基準額を確かめてください。"
    }
    en {
        "区分支給限度基準額 is not the one of the care level by regulation ({expected})."
        "In a month of change, or under a transitional rule, it may differ."
        "Check care level and limit."
    }
    bad "要介護２、限度額 16765"
    good "要介護２、限度額 19705"

    PeriodMissesMonth "L7-HOSO-002" "period-misses-month"
    L7 Info since V3 clause "I-52"
    ja {
        "対象年月が、限度額の適用期間に入っていません。"
        "認定の更新が済んでいないか、古い認定の情報が送られている可能性があります。"
        "認定の情報を確かめてください。"
    }
    en {
        "The month is outside the period of the limit."
        "The certification may not have been renewed, or an old one is being sent."
        "Check the certification."
    }
    bad "対象年月 202604、適用終了 20260331"
    good "対象年月 202604、適用終了 20270930"

    MarkupInText "L7-TEXT-001" "markup-in-text"
    L7 Warning since V3 clause "I-40, R-ENC-03"
    ja {
        "文章の中に「&#…;」や「<br>」などの記号が残っています（このファイルで {count} 項目）。"
        "MS932 にない文字や改行を置き換えたときの名残とみられ、受信側ではそのまま表示されます。"
        "元の文字を MS932 にある字に直して出力してください。"
    }
    en {
        "A character reference or tag (&#…;, <br>) is left in a text; {count} item(s) in this file."
        "It is probably what became of a character outside MS932 or of a line break; the receiver shows it as it is."
        "Replace the character with one of MS932 before the export."
    }
    bad "&#134071;田　花子"
    good "吉田　花子"

    PlaceholderInName "L7-TEXT-002" "placeholder-in-name"
    L7 Info since V3 clause "I-40, R-ENC-03"
    ja {
        "利用者の氏名に「?」「〓」「□」など、書けない字の代わりとみられる記号があります（このファイルで {count} 項目）。"
        "代わりの字の選び方は標準仕様にありませんが、氏名で照合する受信側では別人とみなされます。"
        "読める字（常用の異体字やかな）に置き換えて出力することをお勧めします。"
    }
    en {
        "The name of a user holds ?, 〓 or □, probably in place of a character; {count} item(s) in this file."
        "The standard leaves the substitute open, but a receiver that matches names takes this for somebody else."
        "Use a common variant or kana instead."
    }
    bad "試験　〓子"
    good "試験　花子"

    FuriganaNotKana "L7-TEXT-003" "furigana-not-kana"
    L7 Warning since V3 clause "I-40"
    ja {
        "利用者氏名のフリガナに漢字が入っています（このファイルで {count} 項目）。"
        "フリガナで並べ替え・検索をする受信側では、利用者が見つかりません。"
        "フリガナをかなで入力して出力し直してください。"
    }
    en {
        "The furigana of a name hold kanji; {count} item(s) in this file."
        "A receiver that sorts or searches by furigana does not find the user."
        "Enter the furigana in kana and export again."
    }
    bad "フリガナ「試験　花子」"
    good "フリガナ「ｼｹﾝ ﾊﾅｺ」"

    BlanksAroundName "L7-TEXT-004" "blanks-around-name"
    L7 Info since V3 clause "I-40, R-CSV-10"
    ja {
        "氏名や事業所名の前後に空白があります（このファイルで {count} 項目）。"
        "前後の空白の扱いは標準仕様にありません。取り除く受信側と、別の名前とみなす受信側があります。"
        "前後の空白を除いて出力することをお勧めします。"
    }
    en {
        "A name begins or ends with a blank; {count} item(s) in this file."
        "The standard is silent on them; some receivers strip them, others take the name for another."
        "Leave the blanks out."
    }
    bad "「試験　花子　」"
    good "「試験　花子」"

    HalfWidthKanaInName "L7-TEXT-005" "half-width-kana-in-name"
    L7 Info since V3 clause "I-40"
    ja {
        "利用者の氏名に半角カナがあります（このファイルで {count} 項目）。"
        "標準仕様は禁じていませんが、全角に直して保存する受信側では照合できないことがあります。"
        "氏名は全角で出力することをお勧めします。"
    }
    en {
        "The name of a user holds half-width kana; {count} item(s) in this file."
        "The standard allows it, but a receiver that stores full-width kana may not match it."
        "Write names full-width."
    }
    bad "ﾐﾎﾝ　太郎"
    good "ミホン　太郎"

    SecondCodeOfCharacter "L7-TEXT-006" "second-code-of-character"
    L7 Info since V3 clause "I-40, R-ENC-01"
    ja {
        "MS932 に 2 つの符号がある文字が、Windows の書かない方の符号（NEC 選定 IBM 拡張文字など）で書かれています（このファイルで {count} 項目）。"
        "どちらも正しい MS932 ですが、バイトで照合する受信側では同じ文字と分かりません。"
        "Windows の書く符号（IBM 拡張文字 FA40〜FC4B など）で出力すると確実です。"
    }
    en {
        "A character with two codes in MS932 is written with the one that Windows does not write; {count} item(s) in this file."
        "Both are right, but a receiver that compares bytes does not see that the characters are the same."
        "Write the code that Windows writes, as FA40 to FC4B for the IBM extensions."
    }
    bad "髙 = EE E0"
    good "髙 = FB FC"

    CarriageReturnInText "L7-TEXT-007" "carriage-return-in-text"
    L7 Info since V3 clause "I-40, R-CSV-08"
    ja {
        "文章の中の改行が CR だけです（このファイルで {count} 項目）。"
        "文章の中の改行の形は標準仕様にありませんが、CR だけの改行は表示されないことがあります。"
        "改行は CR LF で出力することをお勧めします。"
    }
    en {
        "A line break inside a text is CR alone; {count} item(s) in this file."
        "The standard does not name the form of line breaks in texts, but many programs do not show this one."
        "Write CR LF."
    }
    bad "一行目<CR>二行目"
    good "一行目<CR><LF>二行目"

    VeryLongText "L7-TEXT-008" "very-long-text"
    L7 Info since V3 clause "I-40, A-07"
    ja {
        "{most} 文字を超える文章があります（このファイルで {count} 項目）。"
        "標準仕様に上限はありませんが、受信側の製品には上限があり、切り捨てられることがあります。"
        "文章を短くするか、相手側で全文が取り込まれたか確かめてください。"
    }
    en {
        "A text has more than {most} characters; {count} item(s) in this file."
        "The standard has no limit, but products do and may cut the text."
        "Shorten it, or ask whether all of it arrived."
    }
    bad "5,000 文字の援助の方針"
    good "500 文字の援助の方針"

    CodedItemQuoted "L7-CSV-001" "coded-item-quoted"
    L7 Info since V3 clause "I-40, R-CSV-05, A-06"
    ja {
        "自由記述でない項目が引用符「\"」で囲まれています（このファイルで {count} レコード）。"
        "標準仕様は自由記述だけを囲むと定め、ほかの項目については何も述べていません。囲まない前提で読む受信側があります。"
        "引用符は自由記述の項目だけに付けて出力することをお勧めします。"
    }
    en {
        "An item that is no free text is enclosed in double quotes; {count} record(s) in this file."
        "The standard encloses free text and is silent on the rest; some receivers expect no quotes there."
        "Enclose free text only."
    }
    bad "\"202407\",\"131011\",…"
    good "202407,131011,…"

    SameNameOtherBytes "L8-SER-001" "same-name-other-bytes"
    L8 Warning since V3 clause "R-FN-04, R-ORD-01"
    ja {
        "同じ名前（同じ連番）で中身の違うファイルが、前にやり取りされています。"
        "連番は出力した日時で、同じ連番のファイルは一つのはずです。受信側では、前のファイルと同じものとみなされるか、取込フォルダーで名前がぶつかります。"
        "内容を直したときは、介護ソフトで出力し直し、新しい連番のファイルを送ってください。"
    }
    en {
        "Another file of this very name, and so of this serial, was exchanged before."
        "A serial is the time of an export and belongs to one; the recipient takes the file for the former one, or cannot place it beside it."
        "Export again after a correction, so that the file gets a serial of its own."
    }
    bad "送信済みのファイルをテキストエディターで直し、同じ名前で送る"
    good "介護ソフトで直して出力し直す（連番が変わる）"

    ActualsLoseServices "L8-JSK-001" "actuals-lose-services"
    L8 Warning since V3 clause "R-JSK-01"
    ja {
        "連番 {serial} の {month} の実績にあったサービスコード {codes} が、この実績にはありません。"
        "実績は利用者・年月・事業所・サービス種類ごとに丸ごと置き換わります。記録ソフトの出力のように加算のない実績を後から送ると、請求ソフトの実績が消えます。"
        "取り消したいサービスでなければ、すべてのサービスと加算を含む実績を出力し直してください。"
    }
    en {
        "The actuals of {month} in serial {serial} had the service codes {codes}, which these do not have."
        "Actuals replace those of the same user, month, office and service type as a whole: an export without add-ons, as of a records program, wipes out the one of the billing program."
        "Unless these services were not given after all, export actuals with all services and add-ons."
    }
    bad "111111 と 116275 を送った後に、111111 だけの実績を送る"
    good "訂正した実績にも 111111 と 116275 を入れて送る"

    ActualsWithoutPlan "L8-JSK-002" "actuals-without-plan"
    L8 Warning since V3 clause "R-JSK-01, R-REL-03"
    ja {
        "この利用者の {month} の予定は、やり取りされたことがありません。"
        "同じ相手とのほかの利用者の予定は届いています。利用者の番号違いか、送り先の違いの可能性があります。受信側では予定と突き合わせられません。"
        "被保険者番号と送信先を確かめ、予定がまだなら居宅介護支援事業所に送ってもらってください。"
    }
    en {
        "No plan of {month} about this user was ever exchanged."
        "Plans about other users were; the number of the user or the addressee may be wrong, and the recipient has nothing to hold the actuals against."
        "See whether insured number and addressee are right, or have the care manager send the plan."
    }
    bad "予定を受け取っていない利用者の実績を送る"
    good "予定を受け取った利用者の実績を送る"

    DeletionOfUnknown "L8-DEL-001" "deletion-of-what-was-never-delivered"
    L8 Warning since V3 clause "R-DEL-05, R-DEL-06, R-REL-06, R-REL-07, R-REL-08"
    ja {
        "この削除が指す {kind} は、届いたことがないか、すでに削除されています。"
        "受信側には消すものがなく、エラーになるか、何も起きません。キー（作成日・年月・事業所・サービス種類）が違うと、消したいものが残ります。"
        "送ったときと同じキーで削除を出力し直してください。相手に届いていないものの削除は要りません。"
    }
    en {
        "The {kind} that this deletion names was never delivered, or is deleted already."
        "The recipient has nothing to delete; with another key (date, month, office, service type) what should go stays."
        "Export the deletion with the key that was sent. What was never delivered needs none."
    }
    bad "作成日 2026-03-25 の計画を送り、2026-03-26 の削除を送る"
    good "作成日 2026-03-25 の計画を送り、同じ日付の削除を送る"

    OlderPlanAfterNewer "L8-DATE-001" "older-plan-after-newer"
    L8 Warning since V3 clause "R-ORD-01, R-UPD-01"
    ja {
        "連番 {serial} で、これより新しい日付（{day}）のものがもう届いています。"
        "受信側で古い計画が最新として表示されることがあります。古いファイルの送り間違いの可能性があります。"
        "最新の計画を出力し直してください。古い計画を意図して送るときは、そのままで構いません。"
    }
    en {
        "One of a later date ({day}) was delivered already, with serial {serial}."
        "The recipient may show the older one as the newest; an old file may have been sent by mistake."
        "Export the newest plan. Where the older one is meant, nothing needs to be done."
    }
    bad "作成日 2026-04-01 の計画の後に、2025-10-01 の計画を送る"
    good "作成日 2026-04-01 の計画の後に、2026-10-01 の計画を送る"

    BirthOrSexDiffers "L8-ID-001" "birth-or-sex-differs"
    L8 Warning since V3 clause "R-REL-01"
    ja {
        "同じ被保険者番号の利用者の{what}が、前にやり取りしたもの（連番 {serial}）と違います。"
        "被保険者番号を取り違えている可能性があります。受信側では、別の利用者の情報を書き換えるおそれがあります。"
        "介護保険被保険者証で番号・生年月日・性別を確かめてください。前のものが誤りなら、そのままで構いません。"
    }
    en {
        "The {what} of the user with this insured number is not the one exchanged before, with serial {serial}."
        "The number may be somebody else's, and the recipient would overwrite that person."
        "Compare number, date of birth and sex with the insurance card. Where the former was wrong, nothing needs to be done."
    }
    bad "前は 1940-01-01 生まれ、今回は 1941-01-01 生まれ"
    good "前も今回も 1940-01-01 生まれ"

    InsurerDiffers "L8-ID-002" "insurer-differs"
    L8 Warning since V3 clause "R-REL-01, R-FLD-14"
    ja {
        "同じ被保険者番号・生年月日・性別の利用者が、前（連番 {serial}）は保険者番号 {insurer} でやり取りされています。"
        "保険者番号はすべてのキーの一部です。違うと、受信側では別の利用者として登録されます。"
        "介護保険被保険者証で保険者番号を確かめてください。転居などで保険者が変わったときは、そのままで構いません。"
    }
    en {
        "The user with this insured number, date of birth and sex was exchanged under the insurer {insurer} before, with serial {serial}."
        "The insurer is part of every key: with another one the recipient has another user."
        "Compare with the insurance card. Where the insurer changed, nothing needs to be done."
    }
    bad "前は保険者番号 131011、今回は 131016"
    good "前も今回も保険者番号 131011"
}
