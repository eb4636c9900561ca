//! `renkei partner add`

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::secret::answer;
use crate::cli::setup::ConfigArg;
use crate::cli::{EXIT_NO, UsageError, card as own_card, copies, output};
use crate::desk::partner::{self, PartnerError, Standing};
use crate::package::card::{CardFault, CheckDigits, SignedCard, check_digits};
use crate::types::{Clock, Lang, OfficeNumber, io_text};

pub(super) fn run(
    config: &ConfigArg,
    file: &Path,
    expect: Option<CheckDigits>,
    office: Option<OfficeNumber>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let book = super::book(config, lang)?;
    let told = |error: PartnerError| super::told(&error, lang);
    let candidate = book.judge(read(file, lang)?, Clock::system().now()).map_err(told)?;
    let (card, partner) = (&candidate.card, candidate.peer.office);
    if candidate.standing == Standing::Same {
        output::line(&CardFault::Same.text(lang))?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = lang.pick("相手の事業所カード", "card of the partner");
    output::line(&output::table(&[head, ""], &own_card::rows(card, lang)))?;
    if candidate.held.is_none() {
        output::line(lang.pick("新しい相手です。", "a new partner"))?;
    }
    for (name, old, new) in candidate.changes(lang) {
        output::line(&format!("{name}: {old} → {new}"))?;
    }
    match candidate.standing {
        Standing::Trusted => {
            book.register(&candidate).map_err(told)?;
            output::line(lang.pick(
                "登録済みの鍵で署名された新しいカードなので、読み合わせは不要です。入れ替えました。",
                "signed with the registered key, so nothing has to be compared: the card is replaced",
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        Standing::OtherHand => output::error(lang.pick(
            "登録済みの鍵で署名されていません。相手が鍵を作り直したときだけ、読み合わせてから登録してください。",
            "it is not signed with the registered key; go on only if the partner has made new keys, and compare the digits",
        )),
        Standing::Same | Standing::ToCompare => {}
    }
    let own = own_card::own(book.config(), office, lang)?;
    let digits = check_digits(own.sha256(), card.sha256());
    output::line(&match lang {
        Lang::Ja => format!("\n確認用の数字（自事業所 {}）:\n\n    {digits}\n", own.card().office),
        Lang::En => format!("\ncheck digits (own office {}):\n\n    {digits}\n", own.card().office),
    })?;
    if !are_compared(digits, expect, lang)? {
        return Ok(ExitCode::from(EXIT_NO));
    }
    book.register(&candidate).map_err(told)?;
    output::line(&match lang {
        Lang::Ja => format!(
            "相手 {partner} を登録しました。動いている renkei は自動で読み込みます。renkei partner test {partner} でつながるか確かめられます。"
        ),
        Lang::En => format!(
            "the partner {partner} is registered; a node that runs takes it up by itself. renkei partner test {partner} shows whether it can be reached"
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path, lang: Lang) -> Result<SignedCard, UsageError> {
    let bytes = copies::read_file(file).map_err(|error| {
        let (file, why) = (file.display(), io_text(&error, lang));
        UsageError(match lang {
            Lang::Ja => format!("{file} を読めません: {why}。"),
            Lang::En => format!("cannot read {file}: {why}"),
        })
    })?;
    partner::read_card(&bytes).map_err(|fault| UsageError(fault.text(lang)))
}

/// Whether both sides read the same: as a person says, or as the digits say that were handed over.
fn are_compared(
    digits: CheckDigits,
    expect: Option<CheckDigits>,
    lang: Lang,
) -> anyhow::Result<bool> {
    if let Some(expect) = expect {
        if expect == digits {
            return Ok(true);
        }
        output::error(lang.pick(
            "数字が一致しません。登録していません。双方が最新のカードを使っているか確かめてください。それでも違うときは、途中ですり替えられた疑いがあります。",
            "the digits differ; nothing was registered. See whether both sides use the newest cards; if they still differ, a card was exchanged on its way",
        ));
        return Ok(false);
    }
    if !io::stdin().is_terminal() {
        let text = lang.pick(
            "画面から入力できないため、登録していません。読み合わせた数字を --expect で指定してください。",
            "nobody can answer here, so nothing was registered; give the digits that were compared with --expect",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let word = lang.pick("一致", "same");
    output::line(&match lang {
        Lang::Ja => format!(
            "相手に電話し（番号はカード以外で知ったもの）、相手の画面の数字とすべて同じか読み合わせてください。同じなら「{word}」と入力します。"
        ),
        Lang::En => format!(
            "ring the partner up (by a number that you did not get with the card) and compare all digits; if they are the same, type: {word}"
        ),
    })?;
    let typed = answer()?;
    if typed.trim() == word || typed.trim() == "same" {
        return Ok(true);
    }
    output::error(lang.pick("登録していません。", "nothing was registered"));
    Ok(false)
}
