//! Questions on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use super::UsageError;
use crate::cli::output;
use crate::types::Lang;

/// The longest answer in bytes.
const LONGEST: u64 = 4 << 10;

/// Asks the person at the terminal.
pub(super) struct Asker {
    lang: Lang,
}

impl Asker {
    /// Nobody is asked where nobody can answer.
    pub(super) fn on_terminal(lang: Lang) -> Option<Self> {
        (io::stdin().is_terminal() && io::stderr().is_terminal()).then_some(Self { lang })
    }

    /// The language of everything from here on.
    pub(super) fn language(&mut self) -> anyhow::Result<Lang> {
        let usual = self.lang.pick("ja", "en");
        let lang = self.until("言語 / Language (ja, en)", Some(usual), |text| {
            text.parse().map_err(|_| "ja / en".to_owned())
        })?;
        self.lang = lang;
        Ok(lang)
    }

    /// Says something that helps to answer.
    pub(super) fn say(&self, ja: &str, en: &str) {
        output::error(self.lang.pick(ja, en));
    }

    /// Asks until the answer can be read. What is usual is taken for an empty one.
    pub(super) fn until<T>(
        &mut self,
        question: &str,
        usual: Option<&str>,
        mut read: impl FnMut(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        loop {
            let shown = usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
            let answer = self.line(&format!("{question}{shown}: "))?;
            let answer = if answer.is_empty() { usual.unwrap_or_default() } else { &answer };
            match read(answer) {
                Ok(read) => return Ok(read),
                Err(why) => output::error(&format!("  {why}")),
            }
        }
    }

    /// A question to be answered by yes or no; without anything usual one has to be typed.
    pub(super) fn yes(&mut self, question: &str, usual: Option<bool>) -> anyhow::Result<bool> {
        let lang = self.lang;
        let question = format!("{question} ({})", lang.pick("はい y / いいえ n", "y/n"));
        let usual = usual.map(|usual| if usual { "y" } else { "n" });
        self.until(&question, usual, |answer| match answer.to_lowercase().as_str() {
            "y" | "yes" | "はい" => Ok(true),
            "n" | "no" | "いいえ" => Ok(false),
            _ => Err(lang.pick("y か n を入力してください。", "type y or n").to_owned()),
        })
    }

    /// A line as it was typed, without spaces around it.
    fn line(&self, prompt: &str) -> anyhow::Result<String> {
        let mut screen = io::stderr().lock();
        write!(screen, "{prompt}")?;
        screen.flush()?;
        let mut line = Vec::new();
        let read = io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            let text = self.lang.pick(
                "入力が終わったため、何も作りませんでした。",
                "there is no more input; nothing was made",
            );
            return Err(UsageError(text.to_owned()).into());
        }
        // What is no UTF-8 is read as what no answer is.
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }
}
