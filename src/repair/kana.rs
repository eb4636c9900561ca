//! Kana and the combining marks that some systems write after them (decomposed file names and
//! texts of macOS).

/// U+3099, combining dakuten.
const DAKUTEN: char = '\u{3099}';
/// U+309A, combining handakuten.
const HANDAKUTEN: char = '\u{309A}';

/// Kana without and with dakuten, in turn.
const WITH_DAKUTEN: &str = "かがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼゝゞカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビフブヘベホボウヴヽヾ";

/// Kana without and with handakuten, in turn.
const WITH_HANDAKUTEN: &str = "はぱひぴふぷへぺほぽハパヒピフプヘペホポ";

/// The one character of MS932 for a kana and the combining mark after it.
pub(super) fn compose(kana: char, mark: char) -> Option<char> {
    let pairs = match mark {
        DAKUTEN => WITH_DAKUTEN,
        HANDAKUTEN => WITH_HANDAKUTEN,
        _ => return None,
    };
    let mut characters = pairs.chars();
    while let (Some(plain), Some(marked)) = (characters.next(), characters.next()) {
        if plain == kana {
            return Some(marked);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ms932;

    #[test]
    fn every_pair_is_one_of_ms932() {
        for (pairs, mark, distance) in
            [(WITH_DAKUTEN, DAKUTEN, 1), (WITH_HANDAKUTEN, HANDAKUTEN, 2)]
        {
            let characters: Vec<char> = pairs.chars().collect();
            for pair in characters.chunks(2) {
                let apart = u32::from(pair[1]) - u32::from(pair[0]);
                assert!(apart == distance || pair[0] == 'ウ', "{pair:?}");
                assert!(ms932::encode(&pair[1].to_string()).is_ok());
                assert_eq!(compose(pair[0], mark), Some(pair[1]));
            }
        }
        assert_eq!(compose('ウ', DAKUTEN), Some('ヴ'));
        for (kana, mark) in [('う', DAKUTEN), ('か', HANDAKUTEN), ('が', DAKUTEN), ('か', '゛')]
        {
            assert_eq!(compose(kana, mark), None, "{kana}");
        }
    }
}
