//! Laws that hold whatever comes into a drop folder, and whatever fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::tests::{STILL, TERMS, Toy, at, found, look, trouble, unit};
use super::*;

/// What there is about a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    Large,
    Bad,
    /// Files are missing until they come.
    Lacking,
    /// Its files move until they are complete.
    Moving,
    /// It cannot be read so many times.
    Unreadable(u8),
    /// It cannot be packed so many times.
    Unpackable(u8),
}

/// What happens between looks, and how lucky the steps are.
#[derive(Debug, Clone)]
enum Op {
    Comes(u32, u32, Kind),
    Completed(u32, u32),
    Wait(u64),
    Look(Vec<u8>),
    /// The store fails at the first step that needs it.
    LookWithoutStore,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Good),
        1 => Just(Kind::Large),
        1 => Just(Kind::Bad),
        2 => Just(Kind::Lacking),
        1 => Just(Kind::Moving),
        1 => (1..4_u8).prop_map(Kind::Unreadable),
        1 => (1..4_u8).prop_map(Kind::Unpackable),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let way = || 2..4_u32;
    let serial = || 0..8_u32;
    prop_oneof![
        6 => (way(), serial(), kind()).prop_map(|(way, serial, kind)| Op::Comes(way, serial, kind)),
        2 => (way(), serial()).prop_map(|(way, serial)| Op::Completed(way, serial)),
        3 => (1..70_u64).prop_map(Op::Wait),
        5 => prop::collection::vec(any::<u8>(), 1..8).prop_map(Op::Look),
        1 => Just(Op::LookWithoutStore),
    ]
}

struct Thing {
    kind: Kind,
    /// Grows with each file that comes.
    files: u8,
    /// When a look saw it first.
    seen: Option<Duration>,
    /// When it was first found to lack files.
    lacks: Option<Duration>,
}

/// A drop folder, and what has become of its units.
struct Model {
    machine: Machine<Toy>,
    now: Duration,
    folder: BTreeMap<UnitKey, Thing>,
    /// Units that the last look saw.
    known: BTreeSet<UnitKey>,
    claimed: BTreeSet<UnitKey>,
    /// Since when units of a way have been failing.
    failing: BTreeMap<Way, Duration>,
    packed: Vec<UnitKey>,
    held: Vec<UnitKey>,
}

impl Model {
    fn new() -> Self {
        Self {
            machine: Machine::new(TERMS),
            now: at(1),
            folder: BTreeMap::new(),
            known: BTreeSet::new(),
            claimed: BTreeSet::new(),
            failing: BTreeMap::new(),
            packed: Vec::new(),
            held: Vec::new(),
        }
    }

    fn happens(&mut self, op: &Op) {
        match op {
            Op::Comes(way, serial, kind) => {
                let key = unit(*way, *serial);
                let gone = self.packed.contains(&key) || self.held.contains(&key);
                if !gone {
                    self.folder.entry(key).or_insert(Thing {
                        kind: *kind,
                        files: 1,
                        seen: None,
                        lacks: None,
                    });
                }
            }
            Op::Completed(way, serial) => {
                if let Some(thing) = self.folder.get_mut(&unit(*way, *serial))
                    && matches!(thing.kind, Kind::Lacking | Kind::Moving)
                {
                    thing.kind = Kind::Good;
                    thing.files += 1;
                }
            }
            Op::Wait(seconds) => self.now += at(*seconds),
            Op::Look(luck) => self.look(luck, true),
            Op::LookWithoutStore => self.look(&[0], false),
        }
    }

    /// One look, and all that it leads to.
    fn look(&mut self, luck: &[u8], store_works: bool) {
        let failed: BTreeSet<Way> = self
            .folder
            .keys()
            .filter(|key| self.has_failed(key))
            .filter_map(UnitKey::way)
            .collect();
        self.failing.retain(|way, _| failed.contains(way));
        for thing in self.folder.values_mut() {
            thing.seen.get_or_insert(self.now);
        }
        self.known = self.folder.keys().cloned().collect();
        let units = self.folder.iter().map(|(key, thing)| {
            let stance = if thing.kind == Kind::Moving { Stance::Moving } else { STILL };
            let found = Found {
                files: vec![thing.files],
                is_large: thing.kind == Kind::Large,
                ..found(stance)
            };
            (key.clone(), found)
        });
        let set_aside = self.machine.set_aside(self.now);
        let mut luck = luck.iter().copied().cycle();
        let mut events = VecDeque::from([look(&self.machine, units, self.now)]);
        let mut coming: VecDeque<UnitKey> = VecDeque::new();
        loop {
            let Some(event) = events.pop_front() else {
                let Some(key) = coming.pop_front() else { break };
                let verdict = self.verdict(&key, luck.next() == Some(1));
                events.push_back(Event::Judged(key, verdict));
                continue;
            };
            let machine = std::mem::replace(&mut self.machine, Machine::new(TERMS));
            let (machine, steps) = machine.on(event, self.now);
            self.machine = machine;
            self.note_failures();
            let mut answered = 0;
            for step in steps {
                if let Step::Claim(key, _) = step {
                    assert!(self.folder.contains_key(&key), "claimed what is not there");
                    assert!(self.claimed.insert(key.clone()), "claimed twice");
                    coming.push_back(key);
                    assert!(coming.len() <= AT_A_TIME);
                } else if let Some(event) =
                    self.perform(step, luck.next().unwrap_or(0), store_works)
                {
                    answered += 1;
                    if !store_works {
                        events.push_back(Event::Interrupted);
                    }
                    events.push_back(event);
                }
            }
            assert!(answered <= 1, "one after the other");
        }
        assert!(self.claimed.is_empty(), "left in hand: {:?}", self.claimed);
        if store_works {
            self.nobody_waits_for_nothing(&set_aside);
        }
    }

    fn verdict(&mut self, key: &UnitKey, is_in_use: bool) -> Verdict<Toy> {
        let thing = self.folder.get_mut(key).expect("claimed from the folder");
        match &mut thing.kind {
            Kind::Bad => Verdict::Hold((), ()),
            Kind::Lacking => Verdict::Incomplete((), ()),
            Kind::Unreadable(times) if *times > 0 => {
                *times -= 1;
                if *times % 2 == 1 {
                    return Verdict::Failed((), trouble(true));
                }
                self.claimed.remove(key);
                Verdict::NotClaimed(trouble(true))
            }
            _ if is_in_use => Verdict::Later(()),
            _ => Verdict::Send((), ()),
        }
    }

    /// Whether it could not be taken the last time.
    fn has_failed(&self, key: &UnitKey) -> bool {
        self.machine.units.get(key).is_some_and(|unit| unit.failure.is_some())
    }

    fn note_failures(&mut self) {
        for (key, thing) in &self.folder {
            if let (true, Some(way), Some(seen)) = (self.has_failed(key), key.way(), thing.seen) {
                let since = self.failing.entry(way).or_insert(seen);
                *since = seen.min(*since);
            }
        }
    }

    fn perform(&mut self, step: Step<Toy>, luck: u8, store_works: bool) -> Option<Event<Toy>> {
        match step {
            Step::Claim(..) => None,
            Step::TellWaiting(key) => {
                let thing = self.folder.get_mut(&key).expect("it is there");
                assert_eq!(thing.lacks.replace(self.now), None, "told twice");
                None
            }
            Step::Pack(units) => Some(self.pack(units, luck, store_works)),
            Step::Hold(key, (), ()) if !store_works => Some(Event::Judged(key, Verdict::Later(()))),
            Step::Hold(key, (), ()) => {
                assert!(self.claimed.remove(&key));
                let thing = self.folder.remove(&key).expect("it is there");
                match thing.kind {
                    Kind::Bad => {}
                    Kind::Lacking => {
                        let since = thing.lacks.expect("it was found to lack files");
                        assert!(self.now >= since + TERMS.set_wait, "held too early");
                    }
                    kind => panic!("{kind:?} is held"),
                }
                self.held.push(key.clone());
                Some(Event::Held(key))
            }
            Step::GiveBack(key, ()) => {
                assert!(self.claimed.remove(&key));
                Some(Event::GivenBack(key, Ok(())))
            }
        }
    }

    fn pack(&mut self, units: Vec<Good<Toy>>, luck: u8, store_works: bool) -> Event<Toy> {
        assert!((1..=TOGETHER).contains(&units.len()));
        let keys: Vec<_> = units.iter().map(|unit| unit.key.clone()).collect();
        assert!(keys.is_sorted(), "in ascending 連番");
        let broken = |key: &&UnitKey| matches!(self.folder[*key].kind, Kind::Unpackable(1..));
        let first_broken = keys.iter().find(broken).cloned();
        if keys.len() > 1 && (first_broken.is_some() || luck == 2 || !store_works) {
            return Event::NotTogether(units);
        }
        if !store_works {
            return Event::Judged(keys[0].clone(), Verdict::Later(()));
        }
        if let Some(key) = first_broken {
            let thing = self.folder.get_mut(&key).expect("it is there");
            if let Kind::Unpackable(times) = &mut thing.kind {
                *times -= 1;
            }
            return Event::Judged(key, Verdict::Failed((), trouble(false)));
        }
        for key in &keys {
            assert!(self.claimed.remove(key), "packed what is not claimed");
            self.nothing_is_overtaken(key);
            self.folder.remove(key).expect("it is there");
            self.packed.push(key.clone());
        }
        Event::Packed(keys)
    }

    /// One that stays in the drop folder is passed only when it has held up those behind it for as
    /// long as it may.
    fn nothing_is_overtaken(&self, key: &UnitKey) {
        let before = self.folder.range(..key.clone());
        for (before, thing) in before.filter(|(before, _)| before.way() == key.way()) {
            if !self.known.contains(before) {
                continue;
            }
            let failing = before.way().and_then(|way| self.failing.get(&way));
            let since = match failing {
                Some(failing) if self.has_failed(before) => *failing,
                _ => thing.seen.expect("it was seen"),
            };
            let waited = self.now.saturating_sub(since);
            assert!(waited >= TERMS.longest_wait, "{before:?} is overtaken after {waited:?}");
        }
    }

    /// A good unit stays only behind one that stays.
    fn nobody_waits_for_nothing(&self, set_aside: &BTreeSet<UnitKey>) {
        for (key, thing) in &self.folder {
            let is_good = matches!(thing.kind, Kind::Good | Kind::Large);
            let state = self.machine.state(key);
            if is_good && !set_aside.contains(key) && !matches!(state, Some(State::Later)) {
                let mut before = self.folder.range(..key.clone());
                let is_behind = before.any(|(before, _)| before.way() == key.way());
                assert!(is_behind || self.has_failed(key), "{key:?} waits for nothing");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Order, patience and ends, in whatever order things come and fail.
    #[test]
    fn nothing_is_overtaken_lost_or_starved(ops in prop::collection::vec(op(), 0..60)) {
        let mut model = Model::new();
        for op in &ops {
            model.happens(op);
        }
        // All that is not moving comes to its end when there is time.
        for _ in 0..200 {
            model.happens(&Op::Wait(10));
            model.happens(&Op::Look(vec![0]));
        }
        for (key, thing) in &model.folder {
            prop_assert_eq!(thing.kind, Kind::Moving, "{:?} is starved", key);
        }
        let mut ended: Vec<_> = model.packed.iter().chain(&model.held).collect();
        ended.sort();
        let all = ended.len();
        ended.dedup();
        prop_assert_eq!(ended.len(), all, "something was packed or held twice");
    }
}
