//! What goes on beside the requests: looking what other instances took, telling them what this one
//! took, and clearing away.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::RelayError;
use super::offices::Offices;
use super::service::{Mailboxes, surely_over};
use super::settings::Settings;
use super::store::{Hint, Positions, RelayStore, RelayStoreError, Retention};
use crate::link::{Grants, Tls};
use crate::types::OfficeNumber;
use crate::work::{self, systemd, watch};

/// The truth is looked at so often: what a hint did not tell is found then.
const LOOK: Duration = Duration::from_secs(2);

/// Hints of so long are told together.
const GATHER: Duration = Duration::from_millis(20);

/// So often something is cleared away.
const CLEAN_UP: Duration = Duration::from_mins(1);

/// So often the log is told of certificates of the relay that end or have ended.
const REMIND: Duration = Duration::from_hours(12);

/// A receipt that nobody ever collected is kept so long.
const ABANDON: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Other settings, and who waits for what became of them.
pub(super) type Change = (Settings, oneshot::Sender<Result<(), RelayError>>);

/// The keeper of a relay.
pub(super) struct Keeper<S> {
    pub(super) mailboxes: Arc<Mailboxes<S>>,
    pub(super) tls: Arc<Tls>,
    pub(super) grants: Arc<Grants>,
    pub(super) settings: Settings,
    pub(super) stopping: watch::Receiver<bool>,
    /// Told once what the store has is elsewhere.
    pub(super) moved: watch::Sender<bool>,
}

impl<S: RelayStore> Keeper<S> {
    /// Goes on until it is told to stop. `told` is what this instance has to tell.
    pub(super) async fn run(mut self, told: mpsc::Receiver<Hint>, changes: mpsc::Receiver<Change>) {
        let mut stopping = self.stopping.clone();
        let (heard, hears) = mpsc::channel(1024);
        let store = Arc::clone(&self.mailboxes.store);
        let listening = work::spawn({
            let store = Arc::clone(&store);
            async move { store.listen(heard).await }
        });
        let telling = work::spawn(tell(Arc::clone(&store), told));
        let (remember, remembers) = watch::channel(self.settings.remember);
        let cleaning = work::spawn(clean(Arc::clone(&self.mailboxes), remembers));
        let reminding = work::spawn(remind_of_own(Arc::clone(&self.mailboxes)));
        tokio::select! {
            biased;
            () = work::stopped(&mut stopping) => {}
            () = self.look(hears, changes, remember) => {}
        }
        for task in [listening, telling, cleaning, reminding] {
            task.abort();
        }
    }

    /// Looks at the truth, and listens to hints between.
    async fn look(
        &mut self,
        mut hears: mpsc::Receiver<Hint>,
        mut changes: mpsc::Receiver<Change>,
        remember: watch::Sender<SignedDuration>,
    ) {
        let mut ticks = interval(work::pause(LOOK));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known: HashMap<OfficeNumber, (u64, u64)> = HashMap::new();
        let mut failing = false;
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => {}
                Some((settings, answer)) = changes.recv() => {
                    let changed = self.change(settings).await;
                    remember.send_replace(self.settings.remember);
                    let _ = answer.send(changed);
                    continue;
                }
                hint = hears.recv() => match hint {
                    Some(Hint::Something(office)) => {
                        self.mailboxes.wakes.wake(office);
                        continue;
                    }
                    Some(Hint::Offices) => {}
                    None => sleep(LOOK).await,
                },
            }
            let looked = self.look_once(&mut known).await;
            if looked.is_err() {
                self.mailboxes.wakes.forget_ends();
            }
            match looked {
                Ok(()) if std::mem::take(&mut failing) => {
                    tracing::info!("the store answers again");
                }
                Err(error @ RelayStoreError::Moved(_)) => {
                    tracing::info!(%error, "nothing is kept here any more");
                    self.moved.send_replace(true);
                    return;
                }
                Err(error) if !std::mem::replace(&mut failing, true) => {
                    tracing::error!(%error, "the store does not answer");
                }
                Ok(()) | Err(_) => {}
            }
            systemd::watchdog();
        }
    }

    async fn look_once(
        &self,
        known: &mut HashMap<OfficeNumber, (u64, u64)>,
    ) -> Result<(), RelayStoreError> {
        let rows = self.mailboxes.store.positions().await?;
        for row in &rows {
            let now = (row.mailbox, row.receipts);
            // At the first look nobody knows since when it is so.
            if known.insert(row.office, now) != Some(now) {
                self.mailboxes.wakes.wake(row.office);
            }
        }
        self.take_up(&rows).await
    }

    /// Goes by other settings, or by all of the former ones.
    async fn change(&mut self, settings: Settings) -> Result<(), RelayError> {
        let store = &*self.mailboxes.store;
        let rows = store.positions().await?;
        let former = self.mailboxes.offices();
        let offices = Offices::load(&settings.sources, store, &rows, Some(&former)).await?;
        self.tls.reload(settings.tls(&offices))?;
        self.know(offices, &former);
        self.grants.set(settings.limits);
        self.mailboxes.rates.set(settings.office_rate);
        let mut granted = self.mailboxes.granted.write().unwrap_or_else(PoisonError::into_inner);
        *granted = Arc::clone(&settings.granted);
        drop(granted);
        let mut own = self.mailboxes.own.write().unwrap_or_else(PoisonError::into_inner);
        *own = Arc::clone(&settings.own);
        drop(own);
        tell_of_own(&self.mailboxes);
        self.settings = settings;
        Ok(())
    }

    /// These are the offices now, and those that came meanwhile.
    fn know(&self, offices: Offices, former: &Offices) {
        let mut current = self.mailboxes.offices.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(offices.and_new_of(&current, former));
    }

    /// Takes up offices that are new, or have another card.
    async fn take_up(&self, rows: &[Positions]) -> Result<(), RelayStoreError> {
        let former = self.mailboxes.offices();
        if !former.differ_from(rows) {
            return Ok(());
        }
        let store = &*self.mailboxes.store;
        let offices = Offices::load(&self.settings.sources, store, rows, Some(&former)).await?;
        if let Err(error) = self.tls.reload(self.settings.tls(&offices)) {
            tracing::error!(%error, "other offices could not be taken up");
            return Ok(());
        }
        offices.tell_changes(&former);
        self.know(offices, &former);
        Ok(())
    }
}

/// Tells the log what is to be known of the relay's own certificates.
fn tell_of_own<S: RelayStore>(mailboxes: &Mailboxes<S>) {
    for told in mailboxes.told_of_own() {
        if told.is_refused {
            tracing::error!("{}", told.en);
        } else {
            tracing::warn!("{}", told.en);
        }
    }
}

/// Tells it now and then for as long as the relay runs.
async fn remind_of_own<S: RelayStore>(mailboxes: Arc<Mailboxes<S>>) {
    loop {
        tell_of_own(&mailboxes);
        sleep(REMIND).await;
    }
}

/// Tells other instances, those of a moment together.
async fn tell<S: RelayStore>(store: Arc<S>, mut told: mpsc::Receiver<Hint>) {
    while let Some(first) = told.recv().await {
        sleep(GATHER).await;
        let mut hints = BTreeSet::from([first]);
        while let Ok(next) = told.try_recv() {
            hints.insert(next);
        }
        let hints: Vec<_> = hints.into_iter().collect();
        // They find it by looking.
        if let Err(error) = store.tell(&hints).await {
            tracing::debug!(%error, "other instances could not be told");
        }
    }
}

/// Clears away what is over.
async fn clean<S: RelayStore>(
    mailboxes: Arc<Mailboxes<S>>,
    remember: watch::Receiver<SignedDuration>,
) {
    let mut ticks = interval(work::pause(CLEAN_UP));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            let now = mailboxes.clock.now();
            let before = |time| now.checked_sub(time).unwrap_or_default();
            let (forget, abandon) = (before(*remember.borrow()), before(ABANDON));
            let retention = Retention { now: surely_over(now), forget, abandon };
            match mailboxes.store.clean_up(retention).await {
                Ok(done) => {
                    mailboxes.counts.cleaned_up(&done);
                    if done.is_nothing() {
                        break;
                    }
                    let (expired, forgotten, receipts) =
                        (done.expired, done.forgotten, done.receipts);
                    tracing::info!(expired, forgotten, receipts, "cleared away");
                }
                Err(error) => {
                    tracing::warn!(%error, "nothing could be cleared away");
                    break;
                }
            }
        }
    }
}
