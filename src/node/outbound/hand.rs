//! Performs the steps that the machine asks for.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::super::context::{Context, blocking};
use super::super::folders::DropFolders;
use super::super::judge::{self, Judgement};
use super::super::past;
use super::super::supervise::Beat;
use super::claims::Claims;
use super::ends::folder_name;
use super::fault::OutboundFault;
use super::key::UnitKey;
use super::machine::{self, Good, Look, Ready};
use super::pack::{self, PackOutcome};
use super::take::{JudgedSet, OnDisk, Taken, Taker, Verdict, borrowed};
use crate::folder::{Claim, Seen};
use crate::store::{HeldRow, UnitSummary};
use crate::types::{Clock, Instant, Lang};
use crate::work::{self, watch};

/// How long units that are packed together may well take on a slow share.
const LONGEST_PACKING: Duration = Duration::from_mins(10);

type Machine = machine::Machine<OnDisk>;
type Event = machine::Event<OnDisk>;
type Step = machine::Step<OnDisk>;

/// What works on the drop folder of one office.
pub(super) struct Hand {
    pub(super) context: Arc<Context>,
    pub(super) folders: Arc<DropFolders>,
    pub(super) claims: Claims,
    started: Instant,
}

/// Units that are being claimed and judged, in their order.
#[derive(Default)]
struct Coming(VecDeque<JoinHandle<(UnitKey, Verdict)>>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Coming {
    /// Waits for the first of them.
    async fn next(&mut self) -> Option<(UnitKey, Verdict)> {
        match self.0.pop_front()?.await {
            Ok(judged) => Some(judged),
            // Its claim is found in the work folder when the task begins anew.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_cut_off) => None,
        }
    }
}

/// What came of a step, and what keeps the work from going on.
struct Answer {
    event: Event,
    interrupted: Option<OutboundFault>,
}

impl Answer {
    const fn of(event: Event) -> Self {
        Self { event, interrupted: None }
    }
}

impl Hand {
    pub(super) fn new(context: Arc<Context>, folders: Arc<DropFolders>) -> Self {
        let claims = Claims::new(Arc::clone(&context), Arc::clone(&folders));
        Self { context, folders, claims, started: Clock::running() }
    }

    /// How long the hand has been at work: the one clock that the machine goes by.
    pub(super) fn now(&self) -> Duration {
        Clock::running() - self.started
    }

    /// Does what a look leads to; while some units are packed, the next are claimed and judged. What
    /// keeps the work from going on is returned, and what was in hand is then in the drop folder again.
    pub(super) async fn work(
        &mut self,
        machine: Machine,
        look: Look<OnDisk>,
        beat: &Beat,
        stopping: &watch::Receiver<bool>,
    ) -> (Machine, Result<(), OutboundFault>) {
        let mut machine = machine;
        let mut coming = Coming::default();
        let mut events = VecDeque::from([Event::Looked(look)]);
        let mut done = Ok(());
        loop {
            beat.works_for("checking and packing", LONGEST_PACKING);
            if events.is_empty() {
                let Some((key, verdict)) = coming.next().await else { break };
                if matches!(verdict, Verdict::NotClaimed(_)) {
                    self.claims.are_unclear();
                }
                events.push_back(Event::Judged(key, verdict));
            }
            if *stopping.borrow() {
                events.push_front(Event::Stopping);
            }
            for event in std::mem::take(&mut events) {
                let (next, steps) = machine.on(event, self.now());
                machine = next;
                for step in steps {
                    let Some(Answer { event, interrupted }) = self.perform(step, &mut coming).await
                    else {
                        continue;
                    };
                    if let Some(fault) = interrupted {
                        events.push_back(Event::Interrupted);
                        done = done.and(Err(fault));
                    }
                    events.push_back(event);
                }
            }
        }
        let gone = self.claims.have_gone().await;
        (machine, gone.and(done))
    }

    /// Performs a step; what comes of claiming shows with [`Coming::next`].
    async fn perform(&mut self, step: Step, coming: &mut Coming) -> Option<Answer> {
        let now = self.context.now();
        match step {
            Step::Claim(key, ready) => {
                self.claim(key, ready, now, coming);
                None
            }
            Step::TellWaiting(key) => {
                if let UnitKey::Unit { serial, .. } = key {
                    tracing::info!(office = %self.folders.office, %serial,
                        "a set waits for its other files");
                }
                None
            }
            Step::Pack(units) => Some(self.pack(units, now).await),
            Step::Hold(key, taken, set) => {
                let claim = Arc::clone(&taken.claim);
                let held = self.hold(key.clone(), claim, set, now).await;
                Some(match held {
                    Ok(()) => Answer::of(Event::Held(key)),
                    Err(fault) => self.failed(key, taken, fault),
                })
            }
            Step::GiveBack(key, taken) => Some(match self.claims.give_back(taken.claim).await {
                Err(fault @ OutboundFault::Store(_)) => {
                    Answer { event: Event::GivenBack(key, Ok(())), interrupted: Some(fault) }
                }
                given_back => {
                    let office = self.folders.office;
                    let given_back = given_back.map_err(|fault| fault.trouble(office));
                    Answer::of(Event::GivenBack(key, given_back))
                }
            }),
        }
    }

    fn claim(&self, key: UnitKey, ready: Ready<Seen>, now: Timestamp, coming: &mut Coming) {
        let (context, folders) = (Arc::clone(&self.context), Arc::clone(&self.folders));
        let taker = Taker { context, folders };
        coming.0.push_back(work::spawn(taker.take(key, ready, now)));
    }

    /// Makes units durable packages and lets their files go.
    async fn pack(&mut self, units: Vec<Good<OnDisk>>, now: Timestamp) -> Answer {
        let units = match self.still_good(units).await {
            Ok(units) => units,
            Err(answer) => return *answer,
        };
        let limit = self.context.config().limits.package_size;
        let packed = pack::pack(&self.context, self.folders.office, &units, now).await;
        let packed = match packed {
            Ok(PackOutcome::Packed) => {
                let (keys, claims) = units.into_iter().map(|unit| (unit.key, unit.claim)).unzip();
                let let_go = self.claims.let_go(claims, self.now()).await;
                return Answer { event: Event::Packed(keys), interrupted: let_go.err() };
            }
            not_packed => not_packed,
        };
        let mut units = units;
        let alone = if units.len() == 1 { units.pop() } else { None };
        match (alone, packed) {
            (Some(Good { key, claim, .. }), Err(fault)) => self.failed(key, claim, fault),
            (Some(Good { key, claim, set }), Ok(_)) => {
                let judgement = Judgement::too_large(limit);
                let set = JudgedSet { judgement, files: set.files };
                Answer::of(Event::Judged(key, Verdict::Hold(claim, set)))
            }
            (None, packed) => {
                if let Err(fault) = packed {
                    tracing::debug!(code = fault.code(), %fault, "not packed together");
                }
                Answer::of(Event::NotTogether(units))
            }
        }
    }

    /// The units, if what was packed since they were judged changes nothing about them: 実績 may take the
    /// place of others that only just went. Those are judged anew, each alone.
    async fn still_good(
        &self,
        mut units: Vec<Good<OnDisk>>,
    ) -> Result<Vec<Good<OnDisk>>, Box<Answer>> {
        let office = self.folders.office;
        let mut ways = BTreeSet::new();
        let mut is_stale = false;
        for unit in &units {
            let Some((_, partner)) = unit.key.way() else { continue };
            let is_first = ways.insert(partner);
            if !unit.set.set.judgement.has_actuals() {
                continue;
            }
            let next = self.context.store.next_sequence(office, partner).await;
            // Where the store fails, packing will say so.
            let Ok(next) = next else { return Ok(units) };
            is_stale |= !is_first || next != unit.set.judged_after;
        }
        if !is_stale {
            return Ok(units);
        }
        if units.len() > 1 {
            return Err(Box::new(Answer::of(Event::NotTogether(units))));
        }
        let Some(Good { key, claim, set }) = units.pop() else { return Ok(units) };
        let judgement = async {
            let judged = past::judged(&self.context, &set.files).await?;
            let judgement = judged.ok_or(OutboundFault::Internal)?;
            Ok(past::worded(&self.context, office, &set.files, judgement).await?)
        };
        match judgement.await {
            Ok(judgement) if judgement.has_errors() => {
                let set = JudgedSet { judgement, files: set.files };
                Err(Box::new(Answer::of(Event::Judged(key, Verdict::Hold(claim, set)))))
            }
            Ok(_) => Ok(vec![Good { key, claim, set }]),
            Err(fault) => Err(Box::new(self.failed(key, claim, fault))),
        }
    }

    /// What it means that a unit could not be packed or held. A fault of the store is no fault of the
    /// unit.
    fn failed(&self, key: UnitKey, taken: Taken, fault: OutboundFault) -> Answer {
        if matches!(fault, OutboundFault::Store(_)) {
            let event = Event::Judged(key, Verdict::Later(taken));
            return Answer { event, interrupted: Some(fault) };
        }
        let trouble = fault.trouble(self.folders.office);
        Answer::of(Event::Judged(key, Verdict::Failed(taken, trouble)))
    }

    /// Puts the unit into the hold folder with its report. The row comes when the folder is there,
    /// and the files go when the row is there: what fails in between is done again without a trace.
    async fn hold(
        &self,
        key: UnitKey,
        claim: Arc<Claim>,
        set: JudgedSet,
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        let office = self.folders.office;
        let JudgedSet { judgement, files } = set;
        let (unit, partner, serial) = match key {
            UnitKey::Unit { serial, sender, recipient } => {
                (judge::unit_name(serial, sender, recipient), Some(recipient), Some(serial))
            }
            UnitKey::Stranger { .. } => (judge::stranger_name(now), None, None),
        };
        let to = partner.map(|partner| {
            let config = self.context.config();
            let name = config.name(partner).map(|name| format!(" {name}")).unwrap_or_default();
            let serial = serial.map(|serial| serial.to_string()).unwrap_or_default();
            match self.context.lang() {
                Lang::Ja => format!("{partner}{name}（連番 {serial}）"),
                Lang::En => format!("{partner}{name} (file serial {serial})"),
            }
        });
        let notes = judgement.reports(to.as_deref(), self.context.lang());
        let (folders, held) = (Arc::clone(&self.folders), Arc::clone(&claim));
        let kept = blocking(move || {
            let notes: Vec<(&str, &[u8])> =
                notes.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            held.copy_to(&folders.hold, &unit, &notes)
        });
        let kept = kept.await.ok_or(OutboundFault::Internal)??;
        let folder = folder_name(&kept);
        let reason = judgement.codes();
        tracing::warn!(%office, folder, reason, "held");
        let row = HeldRow {
            at: now,
            office,
            partner,
            serial,
            unit: UnitSummary {
                kind: judgement.kind(),
                edition: judgement.edition(),
                converted_from: None,
                quoted: None,
                months: judgement.months(),
                // The name of a stranger may be that of a person.
                files: if serial.is_some() {
                    judge::unit_files(&borrowed(&files))
                } else {
                    Vec::new()
                },
                records: judgement.records(),
                findings: judgement.findings(),
            },
            reason,
            folder,
        };
        self.context.store.hold(row).await?;
        blocking(move || claim.finish()).await.ok_or(OutboundFault::Internal)??;
        Ok(())
    }
}
