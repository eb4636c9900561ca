//! Every state of a unit and every event, and what the machine says of itself.

use std::time::Duration;

use super::*;

/// Nothing that the machine looks into.
pub(super) struct Toy;

impl World for Toy {
    type File = u8;
    type Claim = ();
    type Set = ();
    type Report = ();
}

pub(super) const TERMS: Terms =
    Terms { set_wait: Duration::from_mins(1), longest_wait: Duration::from_secs(90) };

pub(super) const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The unit of this 連番 from one office to the one of this number.
pub(super) fn unit(recipient: u32, serial: u32) -> UnitKey {
    UnitKey::Unit {
        serial: format!("202606010000{serial:02}").parse().expect("a serial"),
        sender: "1370000018".parse().expect("an office"),
        recipient: format!("13{recipient:08}").parse().expect("an office"),
    }
}

pub(super) fn trouble(is_of_the_unit: bool) -> Trouble {
    Trouble { code: "folder-denied", ja: String::new(), en: String::new(), is_of_the_unit }
}

pub(super) fn found(stance: Stance) -> Found<u8> {
    Found { files: vec![1], stance, is_large: false, has_empty_file: false }
}

pub(super) const STILL: Stance = Stance::Still { is_certain: true };

/// A look that finds these, without those that are set aside.
pub(super) fn look(
    machine: &Machine<Toy>,
    units: impl IntoIterator<Item = (UnitKey, Found<u8>)>,
    now: Duration,
) -> Event<Toy> {
    let set_aside = machine.set_aside(now);
    let units = units.into_iter().filter(|(key, _)| !set_aside.contains(key)).collect();
    Event::Looked(Look { units, set_aside, more: false, settles_at: None })
}

const NOW: Duration = at(1);

fn subject() -> UnitKey {
    unit(2, 5)
}

/// Before the subject, for the same partner or for another one.
fn other(recipient: u32) -> UnitKey {
    unit(recipient, 1)
}

/// A machine that goes on from here, without what it asks for.
struct Run(Machine<Toy>);

impl Run {
    fn new() -> Self {
        Self(Machine::new(TERMS))
    }

    fn then(self, event: Event<Toy>) -> Self {
        Self(self.0.on(event, NOW).0)
    }

    fn looks(self, units: impl IntoIterator<Item = (UnitKey, Found<u8>)>) -> Self {
        let event = look(&self.0, units, NOW);
        self.then(event)
    }

    fn judged(self, verdict: Verdict<Toy>) -> Self {
        self.then(Event::Judged(subject(), verdict))
    }
}

const STATES: [&str; 13] = [
    "absent",
    "seen",
    "in use",
    "waiting",
    "later",
    "aside",
    "held up",
    "ready",
    "claimed",
    "judged",
    "packing",
    "holding",
    "returning",
];

/// The subject in a state.
fn in_state(state: &str) -> Machine<Toy> {
    let claimed = || Run::new().looks([(subject(), found(STILL))]);
    let run = match state {
        "absent" => Run::new(),
        "seen" => Run::new().looks([(subject(), found(Stance::Moving))]),
        "in use" => Run::new().looks([(subject(), found(Stance::InHand))]),
        "waiting" => {
            claimed().judged(Verdict::Incomplete((), ())).then(Event::GivenBack(subject(), Ok(())))
        }
        "later" => claimed().judged(Verdict::InUse),
        "aside" => claimed().judged(Verdict::NotClaimed(trouble(true))),
        "held up" => {
            Run::new().looks([(other(2), found(Stance::Moving)), (subject(), found(STILL))])
        }
        "ready" => {
            let large = Found { is_large: true, ..found(STILL) };
            Run::new().looks([(other(3), found(STILL)), (subject(), large)])
        }
        "claimed" => claimed(),
        "judged" => Run::new()
            .looks([(other(3), found(STILL)), (subject(), found(STILL))])
            .judged(Verdict::Send((), ())),
        "packing" => claimed().judged(Verdict::Send((), ())),
        "holding" => claimed().judged(Verdict::Hold((), ())),
        "returning" => claimed().judged(Verdict::Later(())),
        other => panic!("{other}"),
    };
    assert_eq!(state_of(&run.0), state);
    run.0
}

fn state_of(machine: &Machine<Toy>) -> &'static str {
    let Some(state) = machine.state(&subject()) else { return "absent" };
    match state {
        State::Seen { in_hand: false } => "seen",
        State::Seen { in_hand: true } => "in use",
        State::Waiting => "waiting",
        State::Later => "later",
        State::Aside => "aside",
        State::HeldUp => "held up",
        State::Ready(_) => "ready",
        State::Claimed(_) => "claimed",
        State::Judged(..) => "judged",
        State::Packing(_) => "packing",
        State::Holding(_) => "holding",
        State::Returning(..) => "returning",
    }
}

/// Every event that can happen to the subject.
fn events(machine: &Machine<Toy>) -> [Event<Toy>; 19] {
    let key = subject();
    let large = matches!(machine.state(&key), Some(State::Ready(_)));
    let looks =
        |stance| look(machine, [(key.clone(), Found { is_large: large, ..found(stance) })], NOW);
    let judged = |verdict| Event::Judged(key.clone(), verdict);
    [
        looks(Stance::Moving),
        looks(Stance::InHand),
        looks(Stance::Unsure { until: at(9) }),
        looks(STILL),
        look(machine, [], NOW),
        judged(Verdict::Send((), ())),
        judged(Verdict::Hold((), ())),
        judged(Verdict::Incomplete((), ())),
        judged(Verdict::Later(())),
        judged(Verdict::Failed((), trouble(true))),
        judged(Verdict::InUse),
        judged(Verdict::NotClaimed(trouble(true))),
        Event::Packed(vec![key.clone()]),
        Event::NotTogether(vec![Good { key: key.clone(), claim: (), set: () }]),
        Event::Held(key.clone()),
        Event::GivenBack(key.clone(), Ok(())),
        Event::GivenBack(key.clone(), Err(trouble(false))),
        Event::Stopping,
        Event::Interrupted,
    ]
}

/// Every pair of state and event.
#[test]
fn table_of_all_transitions() {
    // Looks that find it moving, in use, unsure, still, gone; the same for whatever stands in the
    // drop folder.
    const FREE: [&str; 5] = ["seen", "in use", "seen", "claimed", "absent"];
    let table: [([&str; 5], [&str; 14]); 13] = [
        (FREE, ["absent"; 14]),
        (FREE, ["seen"; 14]),
        (FREE, ["in use"; 14]),
        (["seen", "in use", "seen", "waiting", "absent"], ["waiting"; 14]),
        (FREE, ["later"; 14]),
        (["aside"; 5], ["aside"; 14]),
        (FREE, ["held up"; 14]),
        (["seen", "in use", "seen", "ready", "absent"], {
            let mut stays = ["ready"; 14];
            [stays[12], stays[13]] = ["seen"; 2];
            stays
        }),
        (
            ["claimed"; 5],
            [
                "packing",
                "holding",
                "returning",
                "returning",
                "returning",
                "later",
                "aside",
                "claimed",
                "claimed",
                "claimed",
                "claimed",
                "claimed",
                "claimed",
                "claimed",
            ],
        ),
        (["judged"; 5], ["judged"; 14]),
        (
            ["packing"; 5],
            [
                "packing",
                "holding",
                "packing",
                "returning",
                "returning",
                "packing",
                "packing",
                "absent",
                "packing",
                "packing",
                "packing",
                "packing",
                "packing",
                "packing",
            ],
        ),
        (
            ["holding"; 5],
            [
                "holding",
                "holding",
                "holding",
                "returning",
                "returning",
                "holding",
                "holding",
                "holding",
                "holding",
                "absent",
                "holding",
                "holding",
                "holding",
                "holding",
            ],
        ),
        (
            ["returning"; 5],
            [
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "returning",
                "later",
                "aside",
                "returning",
                "returning",
            ],
        ),
    ];
    for (state, (looks, others)) in STATES.into_iter().zip(table) {
        let expected: Vec<_> = looks.into_iter().chain(others).collect();
        for (place, expected) in expected.into_iter().enumerate() {
            let machine = in_state(state);
            let event = events(&machine).into_iter().nth(place).expect("so many events");
            let (machine, steps) = machine.on(event, NOW);
            assert_eq!(state_of(&machine), expected, "{state} on event {place}");
            let answered = steps
                .iter()
                .filter(|step| matches!(step, Step::Pack(_) | Step::Hold(..) | Step::GiveBack(..)));
            assert!(answered.count() <= 1, "{state} on event {place}");
        }
    }
}

#[test]
fn a_unit_that_is_claimed_and_behind_one_that_stays_goes_back() {
    let run = Run::new().looks([(other(2), found(STILL)), (subject(), found(STILL))]);
    let run = run.judged(Verdict::Send((), ())).then(Event::Judged(other(2), Verdict::InUse));
    assert_eq!(state_of(&run.0), "returning");
    let run = run.then(Event::GivenBack(subject(), Ok(())));
    assert_eq!(state_of(&run.0), "held up");
    assert!(!run.0.heeds_hints(), "its way back is nothing to look for");
}

#[test]
fn what_waits_for_other_files_is_looked_at_when_something_comes() {
    let machine = in_state("waiting");
    assert!(machine.heeds_hints());
    assert_eq!(machine.wakes_at(NOW), Some(NOW + TERMS.set_wait));
    let event = look(&machine, [(subject(), Found { files: vec![1, 2], ..found(STILL) })], at(2));
    let (machine, _) = machine.on(event, at(2));
    assert_eq!(state_of(&machine), "claimed", "a file has come");
    assert!(!in_state("aside").heeds_hints());
    assert!(in_state("later").heeds_hints(), "it was never moved");
}

#[test]
fn an_empty_file_is_waited_for_like_one_that_is_missing() {
    let empty = || [(subject(), Found { has_empty_file: true, ..found(STILL) })];
    let run = Run::new().looks(empty());
    assert_eq!(state_of(&run.0), "waiting");
    let event = look(&run.0, empty(), NOW + TERMS.set_wait);
    let (machine, _) = run.0.on(event, NOW + TERMS.set_wait);
    assert_eq!(state_of(&machine), "claimed");
}

#[test]
fn units_that_fail_together_are_packed_one_by_one() {
    let keys: Vec<_> = (1..=3).map(|serial| unit(2, serial)).collect();
    let run = Run::new().looks(keys.iter().map(|key| (key.clone(), found(STILL))));
    let mut machine = run.0;
    let mut steps = Vec::new();
    for key in &keys {
        (machine, steps) = machine.on(Event::Judged(key.clone(), Verdict::Send((), ())), NOW);
    }
    for serial in 0..=3 {
        let Some(Step::Pack(units)) = steps.pop() else { panic!("packed") };
        let packed: Vec<_> = units.iter().map(|unit| unit.key.clone()).collect();
        if serial == 0 {
            assert_eq!(packed, keys);
            (machine, steps) = machine.on(Event::NotTogether(units), NOW);
        } else {
            assert_eq!(packed, keys[serial - 1..serial]);
            (machine, steps) = machine.on(Event::Packed(packed), NOW);
        }
    }
    assert!(steps.is_empty());
}

#[test]
fn a_large_unit_is_claimed_and_packed_alone() {
    let keys: Vec<_> = (1..=3).map(|serial| unit(2, serial)).collect();
    let all =
        keys.iter().map(|key| (key.clone(), Found { is_large: *key == keys[1], ..found(STILL) }));
    let event = look(&Machine::new(TERMS), all, NOW);
    let (mut machine, mut steps) = Machine::<Toy>::new(TERMS).on(event, NOW);
    for key in &keys {
        assert!(
            matches!(&steps[..], [Step::Claim(claimed, _), ..] if claimed == key)
                || *key == keys[2],
            "one at a time, as long as a large one is among them"
        );
        (machine, steps) = machine.on(Event::Judged(key.clone(), Verdict::Send((), ())), NOW);
        let packs = |step: &Step<Toy>| matches!(step, Step::Pack(units) if units.len() == 1);
        assert!(steps.iter().any(packs), "{key:?}");
        let claims = steps.into_iter().filter(|step| matches!(step, Step::Claim(..))).collect();
        let more;
        (machine, more) = machine.on(Event::Packed(vec![key.clone()]), NOW);
        steps = claims;
        steps.extend(more);
    }
    assert!(steps.is_empty());
}

#[test]
fn pauses_grow_for_what_is_wrong_with_a_unit() {
    for (is_of_the_unit, pauses) in [(true, [5, 10, 20, 40, 60, 60]), (false, [5; 6])] {
        let mut machine = Machine::<Toy>::new(TERMS);
        let mut now = NOW;
        for pause in pauses {
            let event = look(&machine, [(subject(), found(STILL))], now);
            (machine, _) = machine.on(event, now);
            let failed = Verdict::NotClaimed(trouble(is_of_the_unit));
            (machine, _) = machine.on(Event::Judged(subject(), failed), now);
            assert_eq!(machine.wakes_at(now), Some(now + at(pause)));
            assert_eq!(machine.set_aside(now).len(), 1);
            now += at(pause);
            assert!(machine.set_aside(now).is_empty());
        }
    }
}

#[test]
fn what_is_kept_open_for_too_long_is_told() {
    let machine = in_state("in use");
    assert_eq!(machine.kept_open(TERMS.longest_wait).count(), 0);
    let kept_open: Vec<_> = machine.kept_open(NOW + TERMS.longest_wait).collect();
    assert_eq!(kept_open, [&subject()]);
    assert_eq!(in_state("seen").kept_open(at(1_000)).count(), 0);
}
