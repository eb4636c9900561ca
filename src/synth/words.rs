//! Words for invented people. Nobody is called so, nobody lives there.
//!
//! The texts hold on purpose what software stumbles over and the standard allows: commas, double
//! quotes, line breaks, half-width kana, characters of NEC row 13 and of the IBM extensions, and
//! characters whose second byte is `\` or `|` (R-CSV-03, R-CSV-04, R-ENC-01).

/// Family names with their kana.
pub(super) const FAMILY_NAMES: &[(&str, &str)] = &[
    ("架空", "ｶｸｳ"),
    ("見本", "ﾐﾎﾝ"),
    ("例示", "ﾚｲｼﾞ"),
    ("模擬", "ﾓｷﾞ"),
    ("仮名", "ｶﾒｲ"),
    ("作例", "ｻｸﾚｲ"),
    ("想定", "ｿｳﾃｲ"),
    ("髙例", "ﾀｶﾚｲ"),
    ("例﨑", "ﾚｲｻﾞｷ"),
    ("表示", "ﾋｮｳｼﾞ"),
    ("予行", "ﾖｺｳ"),
    ("試験", "ｼｹﾝ"),
];

/// Given names with their kana; women first.
pub(super) const GIVEN_NAMES: [&[(&str, &str)]; 2] = [
    &[
        ("花子", "ﾊﾅｺ"),
        ("ハル", "ﾊﾙ"),
        ("みつ", "ﾐﾂ"),
        ("文江", "ﾌﾐｴ"),
        ("キヨ", "ｷﾖ"),
        ("妙子", "ﾀｴｺ"),
        ("ヱイ", "ｴｲ"),
        ("千曽子", "ﾁｿｺ"),
    ],
    &[
        ("太郎", "ﾀﾛｳ"),
        ("一郎", "ｲﾁﾛｳ"),
        ("十四男", "ﾄｼｵ"),
        ("善吉", "ｾﾞﾝｷﾁ"),
        ("正", "ﾀﾀﾞｼ"),
        ("圭二", "ｹｲｼﾞ"),
        ("能成", "ﾖｼﾅﾘ"),
        ("禄助", "ﾛｸｽｹ"),
    ],
];

/// Care managers and staff.
pub(super) const STAFF: &[&str] =
    &["架空　ケア太", "見本　支援子", "例示　相談員", "模擬　担当", "想定　専門員"];

/// First lines of addresses.
pub(super) const PLACES: &[&str] = &[
    "架空県見本市例示町",
    "架空県見本市模擬台",
    "架空県例示郡見本村大字想定",
    "架空都試験区表示本町",
    "架空府予行市ソ連橋通",
];

/// Second lines of addresses; often there is none.
pub(super) const BUILDINGS: &[&str] =
    &["", "", "", "見本荘２０２", "ﾒｿﾞﾝ架空305", "コーポ\"例示\" 1-A", "Ｂ棟①－３"];

/// How facilities are called; the kind of service stands before it.
pub(super) const FACILITIES: &[&str] =
    &["あおば", "すみれ", "\"ひだまり\"", "ｽﾃｰｼｮﾝ見本", "ポプラ", "さくら、架空店", "㈱例示"];

/// What people and families want.
pub(super) const WISHES: &[&str] = &[
    "庭の手入れを続けたい",
    "もう一度、孫と\"散歩\"に行きたい",
    "転ばずに家で暮らしたい",
    "友人と囲碁を打ちたい（週1回、公民館）",
    "自分で入浴できるようになりたい",
    "食事の支度を、無理のない範囲で続けたい",
    "薬を飲み忘れないようにしたい",
    "ﾃﾞｲｻｰﾋﾞｽで体操をしたい",
];

/// Aims.
pub(super) const AIMS: &[&str] = &[
    "屋外を15分続けて歩ける",
    "玄関から庭まで見守りで歩ける",
    "週２回入浴できる",
    "①服薬を確認する　②体重を量る",
    "室内を\"つえ\"なしで移動できる",
    "地域の集まりに月１回、出かける",
    "夜間のトイレに一人で行ける",
];

/// What is done.
pub(super) const HELP: &[&str] = &[
    "歩行の見守り、室内の環境整備",
    "入浴介助, 機能訓練",
    "掃除・洗濯・買い物を本人と行う",
    "健康状態の確認（血圧 130/80 ～）",
    "服薬の声かけ",
    "手すり・歩行器の使い方の確認",
    "ソフト食の提供, 口腔体操",
];

/// How things are.
pub(super) const SITUATIONS: &[&str] = &[
    "平地は一人で歩けるが、段差では支えが要る。",
    "膝の痛み(右)で外出が減っている。",
    "物忘れがあり、\"同じ話\"を繰り返すことがある。",
    "食欲はある。体重は半年で２㎏減った。",
    "長女が週末に訪ねる。\r\n平日は一人で過ごす。",
    "血圧が高め。\r\n・朝 ﾌﾟﾚﾊﾞｲﾀﾙを測る\r\n・薬は№１の袋",
    "家事は休みながら、ほぼ自分でできる。",
    "耳が遠い, 電話では聞き取りにくい。",
];

/// Opinions and policies.
pub(super) const POLICIES: &[&str] = &[
    "無理のない運動を続け、歩く力を保つ。",
    "閉じこもりを防ぎ、人との交わりを増やす。",
    "①転倒の予防　②栄養　③服薬の管理\r\nを、関係者で共有する。",
    "本人の\"できること\"を奪わない支援を行う。",
    "急変時は、主治医・家族の順に連絡する。",
];

/// Services outside the insurance.
pub(super) const INFORMAL: &[&str] =
    &["家族の声かけ", "町内会の見守り", "配食（ﾎﾞﾗﾝﾃｨｱ）", "朝の体操、散歩", "友人の訪問"];

/// What a day is made of.
pub(super) const ACTIVITIES: &[(&str, &str, &str)] = &[
    ("起床", "0600", "0630"),
    ("朝食、服薬", "0730", "0800"),
    ("散歩", "1000", "1030"),
    ("昼食", "1200", "1230"),
    ("\"朝ドラ\"の再放送", "1245", "1300"),
    ("夕食", "1800", "1830"),
    ("就寝", "2130", "2130"),
];

/// Illnesses.
pub(super) const ILLNESSES: &[&str] =
    &["高血圧症", "変形性膝関節症（右）", "２型糖尿病", "骨粗鬆症", "慢性心不全, NYHAⅡ"];

/// Doctors.
pub(super) const DOCTORS: &[&str] =
    &["架空内科　見本医師", "例示整形外科　想定医師", "㈲模擬病院　髙例医師"];

/// Relations.
pub(super) const RELATIONS: &[&str] = &["長女", "長男", "妻", "夫", "姪", "弟"];

/// Pieces of equipment: the end of the service code, the name, and the units of a month.
pub(super) const EQUIPMENT: &[(&str, &str, u32)] = &[
    ("1001", "車いす　ＡＢ－１", 450),
    ("1003", "特殊寝台 \"ﾗｸﾗｸ\" 3ﾓｰﾀｰ", 800),
    ("1004", "特殊寝台付属品（ｻｲﾄﾞﾚｰﾙ）", 60),
    ("1009", "手すり　置き型№２", 300),
    ("1010", "スロープ, 2m", 400),
    ("1011", "歩行器　例示Ⅲ型", 250),
    ("1012", "多点つえ", 100),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ms932;

    #[test]
    fn every_word_is_in_ms932_and_the_hard_characters_are_there() {
        let mut all = String::new();
        for list in [
            STAFF, PLACES, BUILDINGS, FACILITIES, WISHES, AIMS, HELP, SITUATIONS, POLICIES,
            INFORMAL, ILLNESSES, DOCTORS, RELATIONS,
        ] {
            all.extend(list.iter().copied());
        }
        let names = GIVEN_NAMES.iter().copied().flatten().chain(FAMILY_NAMES);
        names.for_each(|(name, kana)| all.extend([*name, *kana]));
        all.extend(ACTIVITIES.iter().map(|(name, _, _)| *name));
        all.extend(EQUIPMENT.iter().map(|(_, name, _)| *name));
        let bytes = ms932::encode(&all).unwrap_or_else(|character| panic!("{character}"));
        assert_eq!(ms932::examine(&bytes).worst, None);
        for needle in ["\"", ",", "\r\n", "ﾞ", "①", "№", "髙", "﨑", "～", "－", "ソ", "ポ"]
        {
            assert!(all.contains(needle), "{needle}");
        }
        let second_bytes = [&[0x83, 0x5C][..], &[0x83, 0x7C]];
        for pair in second_bytes {
            assert!(bytes.windows(2).any(|two| two == pair), "{pair:02X?}");
        }
    }
}
