//! What needs a person now, in words: what is held, what does not get to a partner, standing
//! conditions, certificates that end.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{dates, expiry, held, outbox, waiting, words};
use crate::config::Config;
use crate::node::{Handle, Notice};
use crate::store::{HeldFilter, HeldItem, ListRow, OutboxRow, StoreError, Waiting};
use crate::types::code::{self, Actor, Area};
use crate::types::{HandChannel, HeldId, Lang, MessageId, OfficeNumber, ServiceMonth};
use crate::work;

/// Held sets that are told.
const HELD: u32 = 50;

/// Received 実績 that are told.
const LOOKED_AT: u32 = 20;

/// A package that is given up sooner than this is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(48);

/// Everything that needs a person.
#[derive(Debug, Default)]
pub struct Needs {
    /// One by one.
    pub all: Vec<Need>,
    /// Whether more is held than is told here.
    pub more_held: bool,
}

/// Something that needs a person.
#[derive(Debug, Clone)]
pub struct Need {
    /// By which it is known again as long as it lasts. Holds no personal data.
    pub key: String,
    /// `bad`, `warn` or `busy`.
    pub tone: &'static str,
    /// What it is.
    pub title: String,
    /// More of it: why, and what is to be done. May name files.
    pub lines: Vec<String>,
    /// What it is, for those who are not on this computer: names no file.
    pub outside: String,
    /// What helps.
    pub remedy: Option<Remedy>,
    /// 被保険者番号 of those whom its lines name.
    pub people: Vec<String>,
}

impl Need {
    /// Whether it is work of the day that nobody has to be reminded of yet.
    pub fn is_of_the_day(&self) -> bool {
        self.tone == "busy"
    }
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// To look at what is held, and to settle it.
    Settle(HeldId),
    /// To try again for a partner.
    Retry(OfficeNumber),
    /// To look at certificates and lists.
    Certificates,
    /// To go on although the care software has not taken the last set.
    Taken(OfficeNumber),
    /// To look at a package, and to say so.
    LookAt(MessageId),
    /// To look at the backups.
    Backups,
    /// To look at what is to be handed over.
    Outbox,
    /// To look how the node does.
    Diagnosis,
}

/// What needs a person now.
pub async fn find(node: &Handle, lang: Lang) -> Result<Needs, StoreError> {
    let (store, config, now) = (node.store(), node.config(), node.now());
    let status = store.status().await?;
    let held = held::open(store, &config, HeldFilter::newest(HELD)).await?;
    let mut all: Vec<Need> = held.items.iter().map(|item| of_held(item, &config, lang)).collect();
    all.extend(status.waiting.iter().filter_map(|pair| of_waiting(pair, &config, now, lang)));
    let to_hand = store.outbox(outbox::MOST).await?;
    all.extend(of_outbox(&to_hand, now, lang).filter(|need| !need.is_of_the_day()));
    let notices = node.notices().0;
    let notices = notices.iter().filter(|notice| !is_told(notice, &status.waiting));
    let notices = notices.filter(|notice| needs_somebody(notice));
    // Package by package it is told whom it is about, and of very many together.
    let to_look_at = store.to_look_at(LOOKED_AT).await?;
    let are_all = u32::try_from(to_look_at.len()).unwrap_or(u32::MAX) < LOOKED_AT;
    let notices = notices.filter(|notice| !are_all || notice.code != code::LOSING_ACTUALS_CAME);
    all.extend(to_look_at.iter().filter_map(|row| of_flagged(row, &config, lang)));
    all.extend(notices.map(|notice| of_notice(notice, &config, lang)));
    let config = Arc::clone(&config);
    let found = work::blocking(move || of_expiry(&dates::read(&config, lang), now, lang)).await;
    all.extend(found.unwrap_or_default());
    all.extend(of_outbox(&to_hand, now, lang).filter(Need::is_of_the_day));
    Ok(Needs { all, more_held: held.more })
}

/// What stands between parts of a line.
const fn apart(lang: Lang) -> &'static str {
    lang.pick("　", ", ")
}

fn of_held(item: &HeldItem, config: &Config, lang: Lang) -> Need {
    let partner = item.partner.map(|partner| words::office(partner, config));
    let partner = partner.unwrap_or_else(|| lang.pick("（相手不明）", "(unknown)").to_owned());
    let title = [partner, words::unit(&item.unit.kind, lang)].join(apart(lang));
    let what = held::what(item, lang);
    let mut lines = vec![what.to_owned()];
    lines.extend(item.came_by.and_then(|way| way.sentence(lang)).map(str::to_owned));
    lines.extend(words::reasons(&item.reason, lang).into_iter().take(2));
    Need {
        key: format!("held {}", item.id),
        tone: "bad",
        outside: format!("{title}: {what}"),
        title,
        lines,
        remedy: Some(Remedy::Settle(item.id)),
        people: Vec::new(),
    }
}

/// Received 実績 that lack what earlier ones had.
fn of_flagged(row: &ListRow, config: &Config, lang: Lang) -> Option<Need> {
    let of = &row.line;
    let (id, partner) = (of.message_id?, words::office(of.partner?, config));
    let months = ServiceMonth::all_in_words(&of.unit.months, lang);
    let numbers = row.people.iter().map(|person| person.key.insured().to_owned()).collect();
    let people: Vec<_> = row
        .people
        .iter()
        .map(|person| match person.name.reveal() {
            name if name.is_empty() => person.key.insured().to_owned(),
            name => name.clone(),
        })
        .collect();
    let more = row.people_count.saturating_sub(u64::try_from(people.len()).unwrap_or(u64::MAX));
    let people = people.join(lang.pick("、", ", "));
    let people = match (more, lang) {
        (0, Lang::Ja) => format!("利用者: {people}"),
        (0, Lang::En) => format!("users: {people}"),
        (more, Lang::Ja) => format!("利用者: {people}、ほか {more} 人"),
        (more, Lang::En) => format!("users: {people}, and {more} more"),
    };
    let what = words::in_words(code::LOSING_ACTUALS_CAME, lang).unwrap_or_default();
    let title = [partner, words::unit(&of.unit.kind, lang), months].join(apart(lang));
    Some(Need {
        key: format!("{} {id}", code::LOSING_ACTUALS_CAME),
        tone: "warn",
        outside: format!("{title}: {what}"),
        title,
        lines: vec![
            what,
            people,
            lang.pick(
                "介護ソフトに取り込む前に、前の実績と見比べてください。誤りなら相手に送り直してもらい、確かめたら「確認しました」を押します。",
                "Compare it with the actuals before, before you import it. If it is a mistake, have the partner send it again; then say that you have looked at it.",
            )
            .to_owned(),
        ],
        remedy: Some(Remedy::LookAt(id)),
        people: numbers,
    })
}

/// What waits to be handed over by a person, by how that is done.
fn of_outbox(rows: &[OutboxRow], now: Timestamp, lang: Lang) -> impl Iterator<Item = Need> {
    HandChannel::ALL.into_iter().filter_map(move |channel| {
        let of_channel = || rows.iter().filter(|row| row.channel == channel);
        let oldest = of_channel().map(|row| row.since).min()?;
        let count = of_channel().count();
        let title = match (channel, lang) {
            (HandChannel::Web, Lang::Ja) => {
                format!("WEBサービスへのアップロードを待っているものがあります（{count} 件）")
            }
            (HandChannel::Web, Lang::En) => format!("to be uploaded to the WEB service: {count}"),
            (HandChannel::Paper, Lang::Ja) => {
                format!("紙での送付を待っているものがあります（{count} 件）")
            }
            (HandChannel::Paper, Lang::En) => format!("to be sent on paper: {count}"),
        };
        let is_old = outbox::is_old(oldest, now);
        let age = outbox::age(oldest, now, lang);
        let to_do = match channel {
            HandChannel::Web => lang.pick(
                "まだ送られていません。WEBサービスに登録してから、登録済みと記録してください。",
                "Nothing of it is sent yet. Upload it, then note that it was uploaded.",
            ),
            HandChannel::Paper => lang.pick(
                "まだ送られていません。印刷して送ってから、送付済みと記録してください。",
                "Nothing of it is sent yet. Print and send it, then note that it was sent.",
            ),
        };
        let mut lines = vec![to_do.to_owned()];
        if is_old {
            lines.push(match lang {
                Lang::Ja => format!("いちばん古いものは {age}待っています。"),
                Lang::En => format!("The oldest waits {age}."),
            });
        }
        Some(Need {
            // That it becomes old is news.
            key: format!("{} {channel}", if is_old { "outbox" } else { "to-hand" }),
            tone: if is_old { "warn" } else { "busy" },
            outside: title.clone(),
            title,
            lines,
            remedy: Some(Remedy::Outbox),
            people: Vec::new(),
        })
    })
}

/// What does not get to a partner, or is about to be given up.
fn of_waiting(pair: &Waiting, config: &Config, now: Timestamp, lang: Lang) -> Option<Need> {
    let is_late = pair.expires_at.duration_since(now) < SOON;
    if pair.reason.is_empty() && !is_late {
        return None;
    }
    let partner = words::office(pair.partner, config);
    let mut lines = waiting::why(pair, lang);
    let end = words::time(pair.expires_at);
    let end = match lang {
        Lang::Ja => format!("取りやめる日時: {end}"),
        Lang::En => format!("given up at {end}"),
    };
    let comes_for_it = waiting::comes_for_it(pair.partner, config);
    let next = waiting::next(pair, comes_for_it, now, lang);
    lines.push([next, end].join(apart(lang)));
    let title = match lang {
        Lang::Ja => format!("{partner} に届いていません（{} 件）", pair.count),
        Lang::En => format!("not at {partner} yet: {}", pair.count),
    };
    Some(Need {
        // That it becomes late is news.
        key: format!(
            "{} {} {}",
            if is_late { "late" } else { "waiting" },
            pair.office,
            pair.partner
        ),
        tone: if is_late { "bad" } else { "warn" },
        outside: title.clone(),
        title,
        lines,
        remedy: (!comes_for_it).then_some(Remedy::Retry(pair.partner)),
        people: Vec::new(),
    })
}

fn of_notice(notice: &Notice, config: &Config, lang: Lang) -> Need {
    let title = code::meaning(&notice.code, lang).unwrap_or_else(|| notice.code.clone());
    Need {
        key: format!("{} {}", notice.code, notice.about),
        tone: "warn",
        outside: format!("{title} [{}]", notice.code),
        title,
        lines: vec![notice.text(lang).to_owned()],
        remedy: remedy(notice, config),
        people: Vec::new(),
    }
}

/// The button for a notice; none where its words say all that there is to do.
fn remedy(notice: &Notice, config: &Config) -> Option<Remedy> {
    let of_downloads = [
        code::DOWNLOAD_NOT_FOR_US,
        code::DOWNLOAD_UNKNOWN_SENDER,
        code::DOWNLOAD_NOT_TAKEN,
        code::DOWNLOADS_TOO_MANY,
        code::DOWNLOAD_NOT_STORED,
    ];
    if of_downloads.contains(&notice.code.as_str()) {
        return None;
    }
    Some(match (waits_for_care_software(notice, config), code::find(&notice.code)) {
        (Some(office), _) => Remedy::Taken(office),
        (None, Some(info)) if info.is_in(Area::Certificates) => Remedy::Certificates,
        (None, Some(info)) if [code::BACKUP_NOT_MADE, code::BACKUP_OLD].contains(&info.code) => {
            Remedy::Backups
        }
        (None, _) => Remedy::Diagnosis,
    })
}

/// The office whose care software has not taken the last set, if that is what a notice says.
fn waits_for_care_software(notice: &Notice, config: &Config) -> Option<OfficeNumber> {
    let mut offices = config.offices.iter().filter(|_| notice.code == code::IMPORT_NOT_TAKEN);
    offices.find(|office| notice.is_about_import(office.number)).map(|office| office.number)
}

/// Whether a notice says what is told of a package that waits, with its button.
fn is_told(notice: &Notice, waiting: &[Waiting]) -> bool {
    [code::PARTNER_UNREACHABLE, code::PARTNER_REFUSES].contains(&&*notice.code)
        && waiting
            .iter()
            .any(|pair| !pair.reason.is_empty() && notice.is_about(pair.office, pair.partner))
}

/// Whether there is anything to do about it.
fn needs_somebody(notice: &Notice) -> bool {
    code::find(&notice.code).is_none_or(|info| info.actor != Actor::Nobody)
}

/// Certificates and lists that end soon, have ended, or cannot be used.
fn of_expiry(dates: &dates::Dates, now: Timestamp, lang: Lang) -> Vec<Need> {
    let (certificates, lists) = expiry::rows(dates, now, lang);
    let kinds = [
        (
            certificates,
            lang.pick("証明書", "certificate"),
            lang.pick("新しい証明書を用意してください。", "Have a new certificate made."),
        ),
        (
            lists,
            lang.pick("失効リスト", "revocation list"),
            lang.pick("新しい失効リストに置き換えてください。", "Put a new revocation list there."),
        ),
    ];
    let needs = kinds.into_iter().flat_map(|(rows, what, to_do)| {
        rows.into_iter().filter(|row| row.tone != "good").map(move |row| {
            let key = format!("{} {} {}", row.tone, row.file, row.name);
            let outside = if row.name.is_empty() {
                let cannot = lang.pick("読めないものがあります", "one cannot be read");
                format!("{what}: {cannot}")
            } else if row.span.is_empty() {
                let unfit = lang.pick("使えません", "cannot be used");
                format!("{what}: {}{}{unfit}", row.name, apart(lang))
            } else {
                format!("{what}: {}{}{}", row.name, apart(lang), row.state)
            };
            let name = if row.name.is_empty() { row.file } else { row.name };
            let mut lines = vec![row.state];
            // What cannot be read says by itself what to do.
            if !row.span.is_empty() {
                lines.push(format!("{}: {}", lang.pick("有効期間", "valid"), row.span));
                lines.push(to_do.to_owned());
            }
            let title = format!("{what}: {name}");
            let (tone, remedy) = (row.tone, Some(Remedy::Certificates));
            Need { key, tone, title, lines, outside, remedy, people: Vec::new() }
        })
    });
    needs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::dates::{
        CertificateDates, CertificateFacts, Dates, Found, ListDates, ListFacts,
    };
    use crate::types::Digest;

    #[test]
    fn what_has_ended_is_not_said_to_end_soon() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let day = SignedDuration::from_hours(24);
        let certificate = |usage: &str, left: i32| CertificateDates {
            usage: usage.to_owned(),
            file: "a.pem".to_owned(),
            found: Found::Read(CertificateFacts {
                sha256: Digest::of(b"a"),
                not_before: now - day * 90,
                not_after: now + day * left,
            }),
            next: None,
        };
        let list = |left: i32| ListDates {
            file: "a.crl".to_owned(),
            found: Found::Read(ListFacts {
                issuer: "CN=CA".to_owned(),
                this_update: now - day * 90,
                next_update: now + day * left,
            }),
        };
        let dates = Dates {
            certificates: vec![
                certificate("tls", -1),
                certificate("office 1370000018 signing", 10),
                certificate("page", 90),
            ],
            revocation_lists: vec![list(-1), list(1)],
        };
        let needs = of_expiry(&dates, now, Lang::Ja);
        let told: Vec<_> =
            needs.iter().map(|need| (need.tone, &*need.title, &*need.lines[0])).collect();
        assert_eq!(
            told,
            [
                ("bad", "証明書: 通信用（TLS）", "期限切れ"),
                ("warn", "証明書: 署名用（1370000018）", "あと 10 日"),
                ("bad", "失効リスト: CN=CA", "古くなっています"),
            ]
        );
    }
}
