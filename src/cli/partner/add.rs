//! `renkei partner add`

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::secret::answer;
use crate::cli::setup::{self, ConfigArg};
use crate::cli::{EXIT_NO, UsageError, card as own_card, copies, output};
use crate::config::{Config, Peer};
use crate::node::cards::{self, Partner};
use crate::package::card::{CardFault, CheckDigits, MAX_CARD, SignedCard, check_digits};
use crate::package::{Trust, TrustSources};
use crate::types::{Clock, Lang, OfficeNumber, io_text};

pub(super) fn run(
    config: &ConfigArg,
    file: &Path,
    expect: Option<CheckDigits>,
    office: Option<OfficeNumber>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let sources = setup::sources(&config.config, lang)?;
    let config = super::whole(&sources, lang)?;
    let card = read(file, lang)?;
    let told = |fault: CardFault| UsageError(fault.text(lang));
    card.check_time(now).map_err(told)?;
    let partner = card.card().office;
    if config.office(partner).is_some() && config.offices.len() == 1 {
        let text = lang.pick(
            "自事業所のカードです。相手から受け取ったカードを指定してください。",
            "this is the card of your own office; name the one that you got from the partner",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let held = match cards::partner(&config.home, partner) {
        Some(held) => Some(held),
        None if config.peer(partner).is_some() => {
            super::held(&config, partner, lang)?;
            None
        }
        None => None,
    };
    if let Some(old) = held.as_ref().and_then(|held| held.card.as_ref())
        && old.sha256() == card.sha256()
    {
        output::line(&CardFault::Same.text(lang))?;
        return Ok(ExitCode::SUCCESS);
    }
    let peer = cards::peer_of(&card, held.as_ref()).map_err(|_no_way| {
        let text = lang.pick(
            "この事業所カードには接続先がありません。相手に、設定の [node] url を書いてからカードを作り直してもらってください。",
            "the card does not say where the office is reached; ask the partner to set [node] url and to make the card again",
        );
        UsageError(text.to_owned())
    })?;
    let head = lang.pick("相手の事業所カード", "card of the partner");
    output::line(&output::table(&[head, ""], &own_card::rows(&card, lang)))?;
    for change in changes(&peer, held.as_ref(), lang) {
        output::line(&change)?;
    }
    if let Some(trusted) = replaces(&config, held.as_ref(), &card, now) {
        match trusted {
            Ok(()) => {
                super::put(&sources, &config, &peer, Some(&card), lang)?;
                output::line(lang.pick(
                    "登録済みの鍵で署名された新しいカードなので、読み合わせは不要です。入れ替えました。",
                    "signed with the registered key, so nothing has to be compared: the card is replaced",
                ))?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(fault @ CardFault::Older { .. }) => return Err(told(fault).into()),
            // A new hand: two people have to compare the digits again.
            Err(_) => output::error(lang.pick(
                "登録済みの鍵で署名されていません。相手が鍵を作り直したときだけ、読み合わせてから登録してください。",
                "it is not signed with the registered key; go on only if the partner has made new keys, and compare the digits",
            )),
        }
    }
    let own = own_card::own(&config, office, lang)?;
    let digits = check_digits(own.sha256(), card.sha256());
    output::line(&match lang {
        Lang::Ja => format!("\n確認用の数字（自事業所 {}）:\n\n    {digits}\n", own.card().office),
        Lang::En => format!("\ncheck digits (own office {}):\n\n    {digits}\n", own.card().office),
    })?;
    if !are_compared(digits, expect, lang)? {
        return Ok(ExitCode::from(EXIT_NO));
    }
    super::put(&sources, &config, &peer, Some(&card), lang)?;
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
    if bytes.len() > MAX_CARD {
        return Err(UsageError(CardFault::TooLarge { limit: MAX_CARD }.text(lang)));
    }
    SignedCard::open(&bytes).map_err(|fault| UsageError(fault.text(lang)))
}

/// Whether the card takes the place of the one that is registered; nothing where none is. Only the
/// certificates that are registered for the partner are asked.
fn replaces(
    config: &Config,
    held: Option<&Partner>,
    card: &SignedCard,
    now: jiff::Timestamp,
) -> Option<Result<(), CardFault>> {
    let Partner { peer, card: old } = held?;
    let old = old.as_ref()?;
    let pins = [(peer.office, peer.signing_certificates.iter().copied().collect())].into();
    // Where a list cannot be read nobody knows what was revoked: people compare the digits.
    let files = crate::certs::fetched::list_files(config);
    let lists = files.iter().map(|path| crate::certs::load_revocation_lists(path));
    let lists = lists.collect::<Result<Vec<_>, _>>().ok()?;
    let sources = TrustSources {
        pins,
        revocation_lists: lists.into_iter().flatten().collect(),
        revocation_grace: config.tls.revocation_grace,
        ..TrustSources::default()
    };
    let trust = Trust::new(sources).ok()?;
    Some(card.replaces(old, &trust, now))
}

/// What becomes different, one line each.
fn changes(peer: &Peer, held: Option<&Partner>, lang: Lang) -> Vec<String> {
    let Some(Partner { peer: old, .. }) = held else {
        return vec![lang.pick("新しい相手です。", "a new partner").to_owned()];
    };
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    let pins = |digests: &[crate::types::Digest]| {
        digests.iter().map(crate::types::Digest::short).collect::<Vec<_>>().join(", ")
    };
    let types = |peer: &Peer| {
        let types = peer.service_types.iter().map(ToString::to_string);
        types.collect::<Vec<_>>().join(", ")
    };
    let edition = |peer: &Peer| peer.edition.map(|edition| edition.to_string()).unwrap_or_default();
    let facts = [
        (lang.pick("名称", "name"), text(&old.name), text(&peer.name)),
        (lang.pick("接続先", "reached at"), old.url.to_string(), peer.url.to_string()),
        (lang.pick("サービス種類", "service types"), types(old), types(peer)),
        (lang.pick("取り込める版", "edition"), edition(old), edition(peer)),
        (lang.pick("送信単位", "send units"), old.takes.join(", "), peer.takes.join(", ")),
        (
            lang.pick("TLS 証明書", "TLS certificates"),
            pins(&old.tls_certificates),
            pins(&peer.tls_certificates),
        ),
        (
            lang.pick("署名証明書", "signing certificates"),
            pins(&old.signing_certificates),
            pins(&peer.signing_certificates),
        ),
    ];
    let changed = facts.into_iter().filter(|(_, old, new)| old != new);
    changed.map(|(name, old, new)| format!("{name}: {old} → {new}")).collect()
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
