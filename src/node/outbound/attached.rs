//! Looks after the attachments in the drop folder of one office, beside its sets: each file that stands
//! still becomes a package of its own, or goes to the hold folder with the reason.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::super::context::{Context, blocking, stopped};
use super::super::folders::DropFolders;
use super::super::judge::{self, Judgement};
use super::super::scanner::{Scanned, longest, scan};
use super::super::supervise::Beat;
use super::Timing;
use super::attach::{Attachment, attach};
use super::ends::{CopiedToHold, end_claim, folder_name, release};
use super::fault::OutboundFault;
use super::machine::FAULT_PAUSE;
use crate::attachment::{Refused, Title, judge};
use crate::folder::{
    Claim, DropFolder, Fault, FolderError, Lot, Lots, OddReason, ScanLimits, Seen, Settler,
};
use crate::package::{AttachedDocument, Manifest};
use crate::store::{HeldRow, UnitSummary};
use crate::types::{Clock, FileSerial, Instant, Lang, MessageId, code};
use crate::work::{self, watch};

/// Files of one folder that one look takes in.
const MOST: usize = 1_000;

/// How long a look into all folders may well take, and what is done with one file beside its scan.
const LONGEST_STEP: Duration = Duration::from_mins(10);

/// How long a file waits that was given back because the scanner or the disk failed with it, so that
/// those behind it have their turn.
const GIVEN_BACK_PAUSE: Duration = Duration::from_mins(10);

/// Files that the scanner fails with before a look gives up: it is not one file then.
const SCANNER_FAULTS: usize = 3;

struct Sender {
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    beat: Beat,
    settle: Duration,
    settlers: BTreeMap<Lot, Settler>,
    /// When a file that was given back for a fault may be taken again, since the start.
    given_back: BTreeMap<(Lot, String), Duration>,
    started: Instant,
}

pub(in super::super) async fn run(
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let timing = Timing::of(&context.config());
    let mut sender = Sender {
        context,
        folders,
        beat,
        // Nobody tells of the writers of files in these folders.
        settle: timing.settle_unknown,
        settlers: BTreeMap::new(),
        given_back: BTreeMap::new(),
        started: Clock::running(),
    };
    while !*stopping.borrow() {
        sender.beat.works_for("looking for attachments", LONGEST_STEP);
        let looked = sender.look(&stopping).await;
        sender.tell(looked.as_ref().err());
        let sleep = match looked {
            // A file that the scanner failed with waits by itself.
            Ok(()) | Err(OutboundFault::Scanner) => work::pause(timing.scan_interval),
            Err(_) => FAULT_PAUSE,
        };
        sender.beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Ends claims of attachments that were left in the work folder, as the store says.
async fn end_left(context: &Arc<Context>, folders: &Arc<DropFolders>) -> Result<(), OutboundFault> {
    let drop = Arc::clone(&folders.drop);
    let claims = blocking(move || drop.unfinished_attachments());
    for (_, claim) in claims.await.ok_or(OutboundFault::Internal)?? {
        let claim = Arc::new(claim);
        let packed = context.store.packed_set(claim.id()).await?;
        let at = (context.lang(), context.now());
        let (folders, ending) = (Arc::clone(folders), Arc::clone(&claim));
        let ended = blocking(move || end_claim(&folders, &ending, packed.as_ref(), at)).await;
        note_held(context, &claim, ended.ok_or(OutboundFault::Internal)??).await?;
    }
    Ok(())
}

/// Stores the row of a file that was copied into the hold folder, and then deletes it.
async fn note_held(
    context: &Context,
    claim: &Arc<Claim>,
    held: Option<CopiedToHold>,
) -> Result<(), OutboundFault> {
    let Some(CopiedToHold { row, files }) = held else { return Ok(()) };
    context.store.hold(row).await?;
    let claim = Arc::clone(claim);
    Ok(blocking(move || claim.discard(&files)).await.ok_or(OutboundFault::Internal)??)
}

/// What is known of a file after it was read.
enum Verdict {
    Send(Box<Attachment>),
    Hold(Judgement),
    /// It changed, or nobody can say whether it may be sent.
    GiveBack(Option<OutboundFault>),
}

/// What went wrong with single files and folders of one look.
#[derive(Default)]
struct Faults {
    first: Option<OutboundFault>,
    of_scanner: usize,
}

impl Faults {
    /// Remembers a fault; gives it back where nothing else can go on.
    fn add(&mut self, fault: OutboundFault) -> Result<(), OutboundFault> {
        match fault {
            OutboundFault::Store(_) => return Err(fault),
            OutboundFault::Scanner => self.of_scanner += 1,
            _ => {}
        }
        self.first.get_or_insert(fault);
        Ok(())
    }
}

impl Sender {
    /// One look into the folders, and what it leads to. What is wrong with one folder or file keeps no
    /// other back.
    async fn look(&mut self, stopping: &watch::Receiver<bool>) -> Result<(), OutboundFault> {
        self.context.store.check()?;
        end_left(&self.context, &self.folders).await?;
        let now = self.context.now();
        let is_able = self.context.proof().usable_signer(self.folders.office, now).is_ok();
        if !is_able || !self.context.time.believes(now) {
            // Told where sets are looked after.
            return Ok(());
        }
        let drop = Arc::clone(&self.folders.drop);
        let Lots { lots, mut odd, left } =
            blocking(move || drop.lots()).await.ok_or(OutboundFault::Internal)??;
        self.settlers.retain(|lot, _| lots.contains(lot));
        let now = self.since_start();
        self.given_back.retain(|_, until| now < *until);
        let mut faults = Faults::default();
        for lot in lots {
            match self.look_into(&lot, &mut faults, stopping).await {
                Ok(strange) => odd += strange,
                Err(fault) => faults.add(fault)?,
            }
        }
        self.tell_odd(odd, left);
        faults.first.map_or(Ok(()), Err)
    }

    /// Takes the files of a folder that stand still; says how many are none to take.
    async fn look_into(
        &mut self,
        lot: &Lot,
        faults: &mut Faults,
        stopping: &watch::Receiver<bool>,
    ) -> Result<usize, OutboundFault> {
        let (drop, of) = (Arc::clone(&self.folders.drop), lot.clone());
        let scanned = blocking(move || {
            let folder = drop.of_lot(&of)?;
            let scan = folder.scan(&ScanLimits { files: MOST })?;
            Ok::<_, FolderError>((folder, scan))
        });
        let (folder, scan) = match scanned.await.ok_or(OutboundFault::Internal)? {
            // Somebody has removed it.
            Err(error) if error.fault() == Fault::Missing => return Ok(0),
            scanned => scanned?,
        };
        let odd = scan.odd.iter().filter(|odd| odd.reason() != OddReason::Folder).count();
        let now = self.since_start();
        let settle = self.settle;
        let settler = self.settlers.entry(lot.clone()).or_insert_with(|| Settler::new(settle));
        for file in settler.on_scan(scan, now).files {
            if *stopping.borrow() || faults.of_scanner >= SCANNER_FAULTS {
                break;
            }
            let of = (lot.clone(), file.name().to_owned());
            if self.given_back.contains_key(&of) {
                continue;
            }
            let longest = LONGEST_STEP + longest(&self.context);
            self.beat.works_for("sending an attachment", longest);
            if let Err(fault) = self.take(lot, &folder, file).await {
                faults.add(fault)?;
                self.given_back.insert(of, self.since_start() + GIVEN_BACK_PAUSE);
            }
        }
        Ok(odd)
    }

    fn since_start(&self) -> Duration {
        Clock::running() - self.started
    }

    /// Claims a file and sends it, holds it or gives it back.
    async fn take(&self, lot: &Lot, folder: &DropFolder, file: Seen) -> Result<(), OutboundFault> {
        let (folder, id) = (folder.clone(), MessageId::new(self.context.now()));
        let claimed = blocking(move || folder.claim(id, &[file]));
        let claim = match claimed.await.ok_or(OutboundFault::Internal)? {
            Ok(claim) => Arc::new(claim),
            // What could not even be given back is ended with the next look.
            Err(unclaimed) => {
                return match unclaimed.error.fault() {
                    Fault::Locked | Fault::Changed | Fault::Missing => Ok(()),
                    _ => Err(unclaimed.error.into()),
                };
            }
        };
        match self.judged(lot, &claim).await? {
            Verdict::Send(attachment) => {
                let now = self.context.now();
                let office = self.folders.office;
                // Where that fails only the store can say whether it was packed after all: the claim is
                // ended with the next look.
                attach(&self.context, office, *attachment, now).await?;
                let finished = blocking(move || claim.finish()).await;
                match finished.ok_or(OutboundFault::Internal)? {
                    // The next look puts what it is now into the hold folder.
                    Err(error) if error.fault() == Fault::Changed => Ok(()),
                    finished => Ok(finished?),
                }
            }
            Verdict::Hold(judgement) => self.hold(lot, claim, judgement).await,
            Verdict::GiveBack(fault) => {
                let (folders, given) = (Arc::clone(&self.folders), Arc::clone(&claim));
                let at = (self.context.lang(), self.context.now());
                let held = blocking(move || release(&folders, &given, at)).await;
                note_held(&self.context, &claim, held.ok_or(OutboundFault::Internal)??).await?;
                fault.map_or(Ok(()), Err)
            }
        }
    }

    async fn judged(&self, lot: &Lot, claim: &Arc<Claim>) -> Result<Verdict, OutboundFault> {
        let partner = lot.partner;
        if self.context.config().peer(partner).is_none() {
            return Ok(Verdict::Hold(Judgement::attachment_to_nobody(partner)));
        }
        let limit = self.context.config().attachments.file_size;
        let reading = Arc::clone(claim);
        let read = blocking(move || reading.read_all(limit));
        let file = match read.await.ok_or(OutboundFault::Internal)? {
            Ok(mut files) => files.pop().ok_or(OutboundFault::Internal)?,
            Err(error) => {
                return match error.fault() {
                    Fault::TooLarge { .. } => {
                        Ok(Verdict::Hold(Judgement::attachment(Refused::TooLarge { limit })))
                    }
                    Fault::Changed | Fault::Locked => Ok(Verdict::GiveBack(None)),
                    _ => Ok(Verdict::GiveBack(Some(error.into()))),
                };
            }
        };
        let config = self.context.config();
        let types = config.attachments.types.as_slice();
        let judged = Title::new(&file.name).and_then(|title| {
            let file_type = judge(&title, &file.bytes, types, limit)?;
            Ok((title, file_type))
        });
        let (title, file_type) = match judged {
            Ok(judged) => judged,
            Err(refused) => return Ok(Verdict::Hold(Judgement::attachment(refused))),
        };
        let bytes = Bytes::from(file.bytes);
        match scan(&self.context, bytes.clone()).await {
            Scanned::Clean => {}
            Scanned::Found => return Ok(Verdict::Hold(Judgement::infected())),
            Scanned::Failed => return Ok(Verdict::GiveBack(Some(OutboundFault::Scanner))),
        }
        let (month, kind) = (lot.month, lot.kind.clone());
        let document = AttachedDocument { title, kind, month, person: None };
        let (id, set) = (claim.id(), None);
        let attachment = Attachment { id, partner, document, file_type, bytes, set };
        Ok(Verdict::Send(Box::new(attachment)))
    }

    /// Puts a file into the hold folder with its report. The row comes when the folder is there, and
    /// the file goes when the row is there.
    async fn hold(
        &self,
        lot: &Lot,
        claim: Arc<Claim>,
        judgement: Judgement,
    ) -> Result<(), OutboundFault> {
        let (context, office, now) = (&self.context, self.folders.office, self.context.now());
        let serial = FileSerial::at(now).ok_or(OutboundFault::Internal)?;
        let unit = judge::unit_name(serial, office, lot.partner);
        let config = context.config();
        let name = config.name(lot.partner);
        let to = name.map_or_else(|| lot.partner.to_string(), |it| format!("{} {it}", lot.partner));
        let notes = judgement.reports(Some(&to), context.lang());
        let (folders, held) = (Arc::clone(&self.folders), Arc::clone(&claim));
        let kept = blocking(move || {
            let notes: Vec<(&str, &[u8])> =
                notes.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            held.copy_to(&folders.hold, &unit, &notes)
        });
        let kept = match kept.await.ok_or(OutboundFault::Internal)? {
            // It is given back with the next look.
            Err(error) if error.fault() == Fault::Changed => return Ok(()),
            kept => kept?,
        };
        let (folder, reason) = (folder_name(&kept), judgement.codes());
        tracing::warn!(%office, folder, reason, "an attachment is held");
        let row = HeldRow {
            at: now,
            office,
            partner: Some(lot.partner),
            serial: Some(serial),
            unit: UnitSummary {
                kind: Manifest::ATTACHMENTS.to_owned(),
                months: lot.month.into_iter().collect(),
                findings: judgement.findings(),
                // Its name may be that of a person.
                ..UnitSummary::default()
            },
            reason,
            folder,
        };
        context.store.hold(row).await?;
        Ok(blocking(move || claim.finish()).await.ok_or(OutboundFault::Internal)??)
    }

    /// Tells of what does not follow the rule, and of folders that there are too many of.
    fn tell_odd(&self, odd: usize, left: usize) {
        let about = format!("office {} drop", self.folders.office);
        let (mut ja, mut en) = (Vec::new(), Vec::new());
        if odd > 0 {
            ja.push(format!(
                "送信用フォルダーの添付ファイルの場所に、決まりに合わないフォルダーやファイルが {odd} 件あります。「事業所番号／年-月（例 2026-05）／種類」の順にしてください（年-月と種類は省けます）。"
            ));
            en.push(format!(
                "{odd} folders or files among the attachments in the drop folder do not follow the rule: office number, YYYY-MM, kind of document; the last two may be left out"
            ));
        }
        if left > 0 {
            ja.push(format!(
                "送信用フォルダーに添付ファイル用のフォルダーが多すぎるため、古い月の {left} 個は見ていません。空になった古い月のフォルダーを消してください。"
            ));
            en.push(format!(
                "the drop folder has too many folders for attachments: {left} of the oldest months are not looked into; remove those of old months that are empty"
            ));
        }
        if ja.is_empty() {
            self.context.notices.clear(code::ATTACHMENT_FOLDER, &about);
            return;
        }
        let texts = (ja.concat(), en.join("; "));
        self.context.notices.raise(code::ATTACHMENT_FOLDER, about, texts, self.context.now());
    }

    /// Tells what keeps us from the attachments, until it is over. A folder or store that is gone is
    /// told by the guard.
    fn tell(&self, fault: Option<&OutboundFault>) {
        let notices = &self.context.notices;
        let about = format!("office {} attachments", self.folders.office);
        let waiting = self.given_back.len();
        let fault = fault.filter(|fault| match fault {
            OutboundFault::Store(_) => false,
            OutboundFault::Folder(error) => {
                !matches!(error.fault(), Fault::Missing | Fault::Replaced)
            }
            _ => true,
        });
        let Some(fault) = fault else {
            // What was given back is tried again later: that is not over.
            if waiting == 0 {
                notices.clear(code::ATTACHMENTS_STOPPED, &about);
            }
            return;
        };
        let (ja, en) = if waiting == 0 {
            (
                "添付ファイルの送信の準備が止まっています。".to_owned(),
                "attachments cannot be taken".to_owned(),
            )
        } else {
            (
                format!("添付ファイル {waiting} 件をまだ送れません。10 分ごとにやり直します。"),
                format!(
                    "{waiting} attachments cannot be sent yet; it is tried again every 10 minutes"
                ),
            )
        };
        let ja = format!("{ja}{}", fault.text(Lang::Ja));
        let en = format!("{en}: {}", fault.text(Lang::En));
        notices.raise(code::ATTACHMENTS_STOPPED, about, (ja, en), self.context.now());
    }
}
