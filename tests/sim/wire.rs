//! The network between the offices, which loses, doubles, delays, reorders and cuts what it carries.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::world::{World, lock};
use crate::link::{
    Answered, Asked, ClientLimits, DepositReply, MailboxItem, MailboxItemName, MailboxPage,
    PackageForm, Party, PutReply, ReceiptPage, SendError, Station, Status,
};
use crate::node::simulated::Wire;
use crate::package::ReceiptKind;
use crate::types::{Hashed, MessageId, OfficeNumber};
use crate::work::life::{self, Life};

/// Where one node is connected.
pub(super) struct End {
    world: Weak<World>,
    me: usize,
}

/// What answers at an end, and for how long.
#[derive(Clone)]
pub(super) struct Reachable {
    station: Station,
    life: Arc<Life>,
}

/// What becomes of one message.
#[derive(Debug)]
struct Fate {
    delay: Duration,
    back: Duration,
    lost: bool,
    unanswered: bool,
    again: Option<Duration>,
    /// Of a hundred parts, so many arrive.
    arriving: usize,
}

/// Makes a request of which so many of a hundred parts arrive.
type Make = Arc<dyn Fn(usize) -> Asked + Send + Sync>;

impl Reachable {
    pub(super) const fn new(station: Station, life: Arc<Life>) -> Self {
        Self { station, life }
    }
}

impl End {
    pub(super) fn new(world: &Arc<World>, me: usize) -> Self {
        Self { world: Arc::downgrade(world), me }
    }

    fn ask(
        &self,
        to: OfficeNumber,
        what: String,
        limit: Duration,
        make: Make,
    ) -> BoxFuture<'static, Result<Answered, SendError>> {
        let to = self.world.upgrade().expect("a world").place_of(to);
        self.ask_at(to, what, limit, make)
    }

    fn ask_relay(
        &self,
        what: String,
        limit: Duration,
        make: Make,
    ) -> BoxFuture<'static, Result<Answered, SendError>> {
        let world = self.world.upgrade().expect("a world");
        let place = world.relay.as_ref().expect("a relay").index;
        self.ask_at(place, what, limit, make)
    }

    fn ask_party(
        &self,
        party: &Party,
        what: String,
        make: Make,
    ) -> BoxFuture<'static, Result<Answered, SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        match party {
            Party::Office(to) => self.ask(*to, what, limit, make),
            Party::Relay(_) => self.ask_relay(what, limit, make),
        }
    }

    fn ask_at(
        &self,
        to: usize,
        what: String,
        limit: Duration,
        make: Make,
    ) -> BoxFuture<'static, Result<Answered, SendError>> {
        let (world, from) = (self.world.upgrade().expect("a world"), self.me);
        Box::pin(async move {
            let exchange = async {
                // As the client does: a connection may have been closed while it was idle.
                match exchange(&world, from, to, &what, &make).await {
                    Err(SendError::Broken(_)) => exchange(&world, from, to, &what, &make).await,
                    other => other,
                }
            };
            timeout(limit, exchange).await.unwrap_or(Err(SendError::Timeout(limit)))
        })
    }
}

async fn exchange(
    world: &Arc<World>,
    from: usize,
    to: usize,
    what: &str,
    make: &Make,
) -> Result<Answered, SendError> {
    let fate = fate(world, from, to);
    let (sender, answer) = oneshot::channel();
    let shown = format!("{} {what}", world.name(to));
    world.note(from, format_args!("asks {shown}"));
    world.count("messages");
    tokio::spawn(carry(
        Arc::clone(world),
        from,
        to,
        make(fate.arriving),
        (fate.delay, fate.lost),
        {
            let (back, unanswered) = (fate.back, fate.unanswered);
            Some((sender, back, unanswered))
        },
    ));
    if let Some(again) = fate.again {
        let copy = make(100);
        tokio::spawn(carry(Arc::clone(world), from, to, copy, (fate.delay + again, false), None));
    }
    let answer = answer.await.unwrap_or_else(|_| Err(SendError::Broken("cut".to_owned())));
    match &answer {
        Ok(answer) => world.note(from, format_args!("{} from {shown}", answer.code())),
        Err(error) => world.note(from, format_args!("{} from {shown}", error.code())),
    }
    answer
}

type Back = (oneshot::Sender<Result<Answered, SendError>>, Duration, bool);

/// Carries a request there and its answer back. Nobody's task: what was sent is under way, whatever
/// becomes of the sender.
async fn carry(
    world: Arc<World>,
    from: usize,
    to: usize,
    asked: Asked,
    (delay, lost): (Duration, bool),
    back: Option<Back>,
) {
    sleep(delay).await;
    let (sender, way, unanswered) = match back {
        Some((sender, way, unanswered)) => (Some(sender), way, unanswered),
        None => (None, Duration::ZERO, true),
    };
    let say = |answer| {
        if let Some(sender) = sender {
            let _ = sender.send(answer);
        }
    };
    if lost {
        // Somebody waits until it is too late, or learns that the connection is broken.
        if way.as_millis() % 2 == 0 {
            std::future::pending::<()>().await;
        }
        return;
    }
    let Some(Reachable { station, life }) = world.reachable(from, to) else {
        say(Err(SendError::Unreachable("nobody is there".to_owned())));
        return;
    };
    let chain = world.offices[from].chain();
    let answering = tokio::spawn(life.begin(station.answer(chain, asked)));
    // It is a part of the node, which may end.
    drop(station);
    let answer = tokio::select! {
        biased;
        answer = answering => answer.unwrap_or_else(|error| {
            world.blame_panic(to, &error.to_string());
            Err(SendError::Broken("the other side panicked".to_owned()))
        }),
        () = life.ended() => Err(SendError::Broken("the other side is gone".to_owned())),
    };
    sleep(way).await;
    if unanswered {
        if way.as_millis() % 2 == 0 {
            std::future::pending::<()>().await;
        }
        return;
    }
    say(answer);
}

/// What becomes of a message that is sent now.
fn fate(world: &World, from: usize, to: usize) -> Fate {
    let mut net = world.net();
    let climate = &world.climate;
    let random = &mut net.random;
    let usual = |per_mille: u64| if world.is_calm() { 0 } else { per_mille };
    let mut fate = Fate {
        delay: Duration::from_millis(5 + random.below(95)),
        back: Duration::from_millis(5 + random.below(95)),
        lost: random.chance(usual(climate.lost)),
        unanswered: random.chance(usual(climate.unanswered)),
        again: None,
        arriving: 100,
    };
    let minutes = Duration::from_mins(20);
    if random.chance(usual(climate.delayed)) {
        fate.delay += random.time(minutes);
    }
    if random.chance(usual(climate.delayed)) {
        fate.back += random.time(minutes);
    }
    if random.chance(usual(climate.doubled)) {
        fate.again = Some(random.time(4 * minutes));
    }
    if random.chance(usual(climate.cut)) {
        fate.arriving = random.place(100);
    }
    if random.chance(usual(climate.partition)) {
        let length = random.time(Duration::from_hours(30));
        net.apart(from, to, world.passed() + length);
        world.count("partitions");
    }
    drop(net);
    for (what, has) in [
        ("lost", fate.lost),
        ("unanswered", fate.unanswered),
        ("doubled", fate.again.is_some()),
        ("delayed", fate.delay + fate.back > Duration::from_secs(1)),
        ("cut", fate.arriving < 100),
    ] {
        if has {
            world.count(what);
        }
    }
    fate
}

/// Makes the request that puts a package.
fn put(form: PackageForm, id: MessageId, package: Hashed) -> Make {
    Arc::new(move |parts| {
        let arriving = package.bytes().len() * parts / 100;
        Asked::put(form, id, &package, arriving)
    })
}

impl Wire for End {
    fn put_message(
        &self,
        to: OfficeNumber,
        id: MessageId,
        package: Hashed,
        form: PackageForm,
    ) -> BoxFuture<'static, Result<PutReply, SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        let make = put(form, id, package);
        let asked = self.ask(to, format!("to take {id}"), limit, make);
        Box::pin(async move { asked.await?.put() })
    }

    fn receipts(
        &self,
        from: OfficeNumber,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<ReceiptPage, SendError>> {
        let limit = ClientLimits::default().answer_timeout + wait;
        let make: Make = Arc::new(move |_| Asked::receipts(own, after, wait));
        let asked = self.ask(from, "for receipts".to_owned(), limit, make);
        Box::pin(async move { asked.await?.receipts(after) })
    }

    fn deposit(
        &self,
        id: MessageId,
        sealed: Hashed,
    ) -> BoxFuture<'static, Result<DepositReply, SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        let make = put(PackageForm::Sealed, id, sealed);
        let asked = self.ask_relay(format!("to keep {id}"), limit, make);
        let world = self.world.upgrade().expect("a world");
        Box::pin(async move {
            let reply = asked.await?.deposited()?;
            world.count("deposits");
            lock(&world.accepted).insert(id);
            Ok(reply)
        })
    }

    fn relay_receipts(
        &self,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<ReceiptPage, SendError>> {
        let limit = ClientLimits::default().answer_timeout + wait;
        let make: Make = Arc::new(move |_| Asked::receipts(own, after, wait));
        let asked = self.ask_relay("for receipts".to_owned(), limit, make);
        Box::pin(async move { asked.await?.receipts(after) })
    }

    fn mailbox(
        &self,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<MailboxPage, SendError>> {
        let limit = ClientLimits::default().answer_timeout + wait;
        let make: Make = Arc::new(move |_| Asked::mailbox(own, after, wait));
        let asked = self.ask_relay("what waits".to_owned(), limit, make);
        Box::pin(async move { asked.await?.mailbox(after) })
    }

    fn fetch(
        &self,
        own: OfficeNumber,
        item: MailboxItem,
    ) -> BoxFuture<'static, Result<(Hashed, PackageForm), SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        let (sender, id) = (item.sender, item.message_id);
        let of = MailboxItemName { office: own, sender, id };
        let make: Make = Arc::new(move |_| Asked::fetch(of));
        let asked = self.ask_relay(format!("for {id}"), limit, make);
        Box::pin(async move { asked.await?.fetched(&item) })
    }

    fn put_mailbox_receipt(
        &self,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> BoxFuture<'static, Result<(), SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        let what = format!("to take {} about {}", kind.as_str(), of.id);
        let make: Make = Arc::new(move |_| Asked::mailbox_receipt(of, kind, receipt.clone()));
        let asked = self.ask_relay(what, limit, make);
        Box::pin(async move { asked.await?.receipt_taken() })
    }

    fn put_recall(
        &self,
        at: Party,
        id: MessageId,
        recall: Bytes,
    ) -> BoxFuture<'static, Result<Option<Bytes>, SendError>> {
        let make: Make = Arc::new(move |_| Asked::put_recall(id, recall.clone()));
        let asked = self.ask_party(&at, format!("to give {id} back"), make);
        Box::pin(async move { asked.await?.recall_put() })
    }

    fn recall(&self, of: MailboxItemName) -> BoxFuture<'static, Result<Bytes, SendError>> {
        let limit = ClientLimits::default().answer_timeout;
        let make: Make = Arc::new(move |_| Asked::recall(of));
        let asked = self.ask_relay(format!("why {} is asked back", of.id), limit, make);
        Box::pin(async move { asked.await?.recall() })
    }

    fn status(&self, of: Party) -> BoxFuture<'static, Result<Status, SendError>> {
        let asked = self.ask_party(&of, "for its status".to_owned(), Arc::new(|_| Asked::status()));
        Box::pin(async move { asked.await?.status() })
    }

    fn listen(&self, station: Station) {
        let life = life::current().expect("a life");
        let world = self.world.upgrade().expect("a world");
        world.net().listening[self.me] = Some(Reachable { station, life });
    }

    fn leave(&self) {
        if let Some(world) = self.world.upgrade() {
            world.net().listening[self.me] = None;
        }
    }
}
