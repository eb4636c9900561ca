//! What was exchanged before, for files that are judged now.

use std::sync::Arc;

use super::context::{Context, blocking};
use super::index;
use super::judge::{self, Judgement};
use crate::folder::ClaimedFile;
use crate::package::Package;
use crate::rules::history::{History, Questions};
use crate::rules::{Options, Rule, SetCheck};
use crate::store::StoreError;
use crate::types::{OfficeNumber, code};

/// Packages of a pair that are looked into before 実績 are judged; the rest is looked into later.
const MOST_UNREAD: u32 = 64;

/// What is known of the exchange that files are held against. For 実績 it is complete up to what was
/// packed or came just now: they may have to wait for a person.
pub(super) async fn of(
    context: &Arc<Context>,
    questions: Questions,
) -> Result<History, StoreError> {
    if questions.has_actuals {
        for (one, other) in &questions.ways {
            for pair in [(*one, *other), (*other, *one)] {
                if context.config().office(pair.0).is_some() {
                    catch_up(context, pair, &questions).await?;
                }
            }
        }
    }
    context.store.exchanged(questions).await
}

/// Looks into the packages of a pair that nobody has looked into yet.
async fn catch_up(
    context: &Arc<Context>,
    pair: (OfficeNumber, OfficeNumber),
    questions: &Questions,
) -> Result<(), StoreError> {
    while context.store.follow_journal().await?.has_more {}
    for month in &questions.months {
        let mut found = Vec::new();
        for unread in context.store.unread_of(pair, *month, MOST_UNREAD).await? {
            found.push((unread.entry, index::look_into(context, unread).await?));
        }
        if !found.is_empty() {
            context.store.note_contents(found).await?;
        }
    }
    Ok(())
}

/// Judges files that are to be sent, with what was exchanged before. `None`: a fault of the program.
pub(super) async fn judged(
    context: &Arc<Context>,
    files: &Arc<Vec<ClaimedFile>>,
) -> Result<Option<Judgement>, StoreError> {
    let (spec, shared) = (context.spec, Arc::clone(files));
    let checked = blocking(move || {
        let borrowed: Vec<(&str, &[u8])> =
            shared.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
        judge::checked(spec, &borrowed)
    });
    let Some(checked) = checked.await else { return Ok(None) };
    let questions = checked.questions();
    let history = of(context, questions).await?;
    Ok(blocking(move || judge::against_history(checked, Some(&history))).await)
}

/// The same, kept back where a person has to say that it is meant and nobody has.
pub(super) async fn worded(
    context: &Arc<Context>,
    office: OfficeNumber,
    files: &[ClaimedFile],
    judgement: Judgement,
) -> Result<Judgement, StoreError> {
    if judgement.has_errors() || !judgement.loses_services() {
        return Ok(judgement);
    }
    let borrowed: Vec<(&str, &[u8])> =
        files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    let word = code::ACTUALS_LOSE_SERVICES;
    let files = judge::unit_files(&borrowed);
    let has_word = context.store.has_word(office, files, word).await?;
    Ok(if has_word { judgement } else { judgement.needs_word() })
}

/// Why somebody should look at a package that came in: the codes of the rules that say that its 実績 lack
/// what earlier ones had.
pub(super) async fn to_look_at(
    context: &Arc<Context>,
    package: Package,
) -> Result<Vec<String>, StoreError> {
    let spec = context.spec;
    let checked = blocking(move || {
        let options = Options { received: true, ..Options::default() };
        let mut check = SetCheck::new(spec, options);
        for (file, bytes) in package.files() {
            check.begin_known_file(&file.name, file.sha256);
            check.feed(bytes);
        }
        check.end()
    });
    let Some(checked) = checked.await else { return Ok(Vec::new()) };
    let history = of(context, checked.questions()).await?;
    let report = blocking(move || checked.finish(Some(&history))).await;
    let mut findings = report.iter().flat_map(|report| &report.findings);
    let rule = Rule::ActualsLoseServices;
    let is_there = findings.any(|finding| finding.rule == rule);
    Ok(is_there.then(|| rule.code().to_owned()).into_iter().collect())
}
