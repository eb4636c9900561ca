//! By what people are found: names and kana as somebody types them, whatever their width and form.

use std::fmt;

/// A text in the form in which texts are compared.
///
/// Width, spaces, ひらがな or カタカナ, small or large kana, capital or small letters, and the forms of
/// characters that differ from register to register (髙 and 高) do not count. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchKey(String);

impl SearchKey {
    /// No more characters of a text count.
    pub const MOST: usize = 256;

    /// The key of a text; empty where nothing of it counts.
    pub fn of(text: &str) -> Self {
        let mut key = String::with_capacity(text.len());
        for character in text.chars().take(Self::MOST) {
            match character {
                'ﾞ' | '゛' | '\u{3099}' => mark(&mut key, with_dakuten),
                'ﾟ' | '゜' | '\u{309A}' => mark(&mut key, with_handakuten),
                _ => key.extend(folded(character)),
            }
        }
        Self(key)
    }

    /// The key itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing of the text counts.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// Puts a mark of sound to the kana before it.
fn mark(key: &mut String, marked: impl Fn(char) -> Option<char>) {
    if let Some(sounded) = key.chars().next_back().and_then(marked) {
        key.pop();
        key.push(sounded);
    }
}

fn with_dakuten(kana: char) -> Option<char> {
    match kana {
        'ウ' => Some('ヴ'),
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' | 'サ' | 'シ' | 'ス' | 'セ' | 'ソ' | 'タ' | 'チ'
        | 'ツ' | 'テ' | 'ト' | 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => next(kana, 1),
        _ => None,
    }
}

fn with_handakuten(kana: char) -> Option<char> {
    matches!(kana, 'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ').then(|| next(kana, 2)).flatten()
}

fn next(character: char, by: u32) -> Option<char> {
    char::from_u32(u32::from(character) + by)
}

/// The half-width kana from U+FF66 on, as full-width ones, small ones large.
const HALF_WIDTH: &str = "ヲアイウエオヤユヨツーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Characters of names that registers and software write differently, with the usual form.
const FORMS: &str = "髙高﨑崎嵜崎碕崎邊辺邉辺齋斉齊斉斎斉澤沢濱浜濵浜眞真德徳惠恵廣広嶋島嶌島櫻桜國国龍竜榮栄瀨瀬槇槙曾曽條条圓円關関";

/// What of a character counts.
fn folded(character: char) -> Option<char> {
    let folded = match character {
        _ if character.is_whitespace() || character.is_control() => return None,
        '・' | '･' | '\u{FEFF}' => return None,
        // Full-width ASCII.
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0)?.to_ascii_lowercase(),
        'ｦ'..='ﾝ' => {
            let place = usize::try_from(u32::from(character) - 0xFF66).ok()?;
            HALF_WIDTH.chars().nth(place)?
        }
        // ひらがな stand 0x60 below カタカナ.
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => large(next(character, 0x60)?),
        'ァ'..='ヶ' => large(character),
        _ if character.is_ascii() => character.to_ascii_lowercase(),
        _ => {
            let mut pairs = FORMS.chars();
            loop {
                let (Some(form), Some(usual)) = (pairs.next(), pairs.next()) else {
                    break character;
                };
                if form == character {
                    break usual;
                }
            }
        }
    };
    Some(folded)
}

/// Registers of kana know no small ones.
fn large(kana: char) -> char {
    match kana {
        'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' => {
            next(kana, 1).unwrap_or(kana)
        }
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_alike() {
        let key = |text: &str| SearchKey::of(text).0;
        let wanted = key("ガクジヨウパピー");
        assert_eq!(wanted, "ガクジヨウパピー");
        for same in [
            "ｶﾞｸｼﾞｮｳﾊﾟﾋﾟｰ",
            "がくじょうぱぴー",
            "ガク　ジョウ パピー",
            "か\u{3099}くし\u{3099}ようは\u{309A}ひ\u{309A}ー",
        ] {
            assert_eq!(key(same), wanted, "{same}");
        }
        assert_eq!(key("ヴヷ"), key("ｳﾞヷ"));
        assert_eq!(key("髙橋　渡邉"), "高橋渡辺");
        assert_eq!(key("Ｈ００ａＢ-1"), "h00ab-1");
        assert_eq!(key(" \t\u{3000}・"), "");
        assert_eq!(key("ﾞﾟ゛ガ゛ア゜"), "ガア", "a mark with nothing to sound");
        assert_eq!(format!("{:?}", SearchKey::of("架空")), "[personal]");
    }

    #[test]
    fn every_half_width_kana_has_a_full_width_one() {
        assert_eq!(HALF_WIDTH.chars().count(), 0xFF9D - 0xFF66 + 1);
        for (half, full) in [('ｦ', 'ヲ'), ('ｰ', 'ー'), ('ｱ', 'ア'), ('ﾅ', 'ナ'), ('ﾝ', 'ン')]
        {
            assert_eq!(folded(half), Some(full));
        }
        assert_eq!(FORMS.chars().count() % 2, 0);
        let usual: Vec<char> = FORMS.chars().skip(1).step_by(2).collect();
        for form in FORMS.chars().step_by(2) {
            assert!(!usual.contains(&form), "{form} would be folded twice");
        }
    }

    #[test]
    fn a_key_is_its_own_key_and_bounded() {
        for text in ["ｶﾞｸｼﾞｮｳ", "髙橋 﨑子", "ＡＢＣ", &"ア".repeat(100_000), "\u{1F600}\0"]
        {
            let key = SearchKey::of(text);
            assert_eq!(SearchKey::of(key.reveal()), key);
            assert!(key.reveal().chars().count() <= SearchKey::MOST);
        }
    }
}
