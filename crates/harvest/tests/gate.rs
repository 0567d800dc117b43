//! Promise H2: politeness holds, also over restarts and with a clock that jumps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harvest::clock::{Clock, ManualClock, Slept};
use harvest::gate::{
    Asked, COOL_DOWN_MAX, Cause, Error, Gate, GateStore, MemoryStore, Outcome, Rules, State,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::cell::Cell;
use std::sync::Mutex;
use std::time::Duration;

const RULES: Rules = Rules::ARXIV;
const REQUEST: Duration = Duration::from_secs(300);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn go(state: &State, now: i64) -> State {
    match state.ask(at(now), "one", REQUEST, &RULES) {
        Asked::Go(state) => state,
        Asked::Wait(wait, _) => panic!("at {now}: {wait:?}"),
    }
}

/// How many seconds a gate stays shut after a request that starts at 0, lasts 10 s and ends like this.
fn shut_after(state: &State, outcome: Outcome) -> u64 {
    let state = go(state, 0).finish(at(10), "one", outcome, &RULES);
    state.wait(at(10)).map_or(0, |wait| wait.left(at(10)).as_secs())
}

#[test]
fn a_gate_that_nobody_passed_is_open() {
    go(&State::default(), 0);
}

#[test]
fn three_seconds_lie_between_the_end_of_a_request_and_the_next() {
    let state = go(&State::default(), 0).finish(at(10), "one", Outcome::Answered, &RULES);
    assert!(matches!(state.ask(at(12), "one", REQUEST, &RULES), Asked::Wait(..)));
    go(&state, 13);
}

#[test]
fn a_request_under_way_shuts_the_gate_for_everybody() {
    let state = go(&State::default(), 0);
    for who in ["one", "two"] {
        let Asked::Wait(wait, _) = state.ask(at(300), who, REQUEST, &RULES) else { panic!("{who} passed") };
        let until = if who == "one" { at(303) } else { at(304) };
        assert_eq!((wait.cause, wait.until), (Cause::Busy, until), "{who}");
    }
}

#[test]
fn one_that_died_keeps_the_gate_shut_until_its_request_must_have_ended() {
    let state = go(&State::default(), 0);
    // Its gap is part of that, and so is what two clocks may lie apart.
    assert!(matches!(state.ask(at(303), "two", REQUEST, &RULES), Asked::Wait(..)));
    assert!(matches!(state.ask(at(304), "two", REQUEST, &RULES), Asked::Go(_)));
}

#[test]
fn waits_follow_what_the_server_said() {
    let fresh = State::default();
    assert_eq!(shut_after(&fresh, Outcome::Answered), 3);
    assert_eq!(shut_after(&fresh, Outcome::TooMany(None)), 600);
    assert_eq!(shut_after(&fresh, Outcome::TooMany(Some(seconds(30)))), 600, "never less than ten minutes");
    assert_eq!(shut_after(&fresh, Outcome::TooMany(Some(seconds(7200)))), 7200);
    assert_eq!(shut_after(&fresh, Outcome::Unavailable(Some(seconds(300)))), 300);
    assert_eq!(shut_after(&fresh, Outcome::Unavailable(Some(seconds(0)))), 3, "never less than the gap");
    assert_eq!(shut_after(&fresh, Outcome::Unavailable(Some(Duration::MAX))), COOL_DOWN_MAX.as_secs());
    assert_eq!(shut_after(&fresh, Outcome::Unavailable(None)), 60);
    assert_eq!(shut_after(&fresh, Outcome::Failed), 60);
    assert_eq!(shut_after(&fresh, Outcome::Forbidden), 3600);
    assert_eq!(shut_after(&fresh, Outcome::Unsent), 0);
}

#[test]
fn waits_double_up_to_a_limit_and_one_good_answer_ends_it() {
    for (outcome, expected) in [
        (Outcome::Unavailable(None), [60, 120, 240, 480, 960, 1800, 1800]),
        (Outcome::TooMany(None), [600, 1200, 2400, 3600, 3600, 3600, 3600]),
    ] {
        let mut state = State::default();
        let mut now = 0;
        for expected in expected {
            state = go(&state, now).finish(at(now), "one", outcome, &RULES);
            assert_eq!(state.wait(at(now)).unwrap().left(at(now)), seconds(expected), "{outcome:?}");
            now += expected as i64;
        }
        state = go(&state, now).finish(at(now), "one", Outcome::Answered, &RULES);
        assert_eq!((state.strikes, state.wait(at(now)).unwrap().left(at(now))), (0, seconds(3)));
    }
}

#[test]
fn what_is_learned_by_one_that_was_replaced_is_not_forgotten() {
    let state = go(&State::default(), 0);
    let Asked::Go(taken) = state.ask(at(400), "two", REQUEST, &RULES) else { panic!("the lease has ended") };
    let state = taken.finish(at(401), "one", Outcome::TooMany(None), &RULES);
    assert_eq!(state.holder, taken.holder, "it is not its gate to open");
    let state = state.finish(at(402), "two", Outcome::Answered, &RULES);
    assert_eq!(state.wait(at(402)).unwrap().until, at(1001));
}

#[test]
fn a_clock_that_jumps_back_a_year_neither_shortens_a_wait_nor_makes_it_endless() {
    let state = go(&State::default(), 0).finish(at(10), "one", Outcome::TooMany(None), &RULES);
    let year = -365 * 86_400;
    let Asked::Wait(wait, seen) = state.ask(at(year), "one", REQUEST, &RULES) else { panic!("passed") };
    assert_eq!(wait.left(at(year)), seconds(600));
    assert!(matches!(seen.ask(at(year + 599), "one", REQUEST, &RULES), Asked::Wait(..)));
    go(&seen, year + 600);
}

#[test]
fn a_time_written_by_a_clock_of_the_far_future_does_not_shut_the_gate_for_ever() {
    let state = State { not_before: Timestamp::MAX, ..go(&State::default(), 0) };
    let state = state.finish(at(1), "one", Outcome::Answered, &RULES);
    assert!(state.wait(at(1)).unwrap().left(at(1)) <= COOL_DOWN_MAX);
}

#[test]
fn a_state_survives_being_written_down() {
    let state = go(&State::default(), 0).finish(at(10), "one", Outcome::Forbidden, &RULES);
    let state = go(&state, 10 + 3600);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
}

#[test]
fn an_answer_of_any_status_means_something() {
    assert_eq!(Outcome::of_status(429, None), Outcome::TooMany(None));
    assert_eq!(Outcome::of_status(503, Some(seconds(9))), Outcome::Unavailable(Some(seconds(9))));
    assert_eq!(Outcome::of_status(403, None), Outcome::Forbidden);
    assert_eq!(Outcome::of_status(502, None), Outcome::Failed);
    for status in [200, 304, 400, 404] {
        assert_eq!(Outcome::of_status(status, None), Outcome::Answered);
    }
}

#[test]
fn a_gate_waits_for_itself() {
    let (store, clock) = (MemoryStore::default(), ManualClock::new(at(0)));
    let gate = Gate::new("arxiv", "one", RULES, &store, &clock);
    let started: Vec<i64> = (0..4)
        .map(|_| {
            gate.pass(REQUEST, seconds(60), || {
                let started = clock.now();
                let _ = clock.sleep(seconds(5));
                (Outcome::Answered, started.as_second() - at(0).as_second())
            })
            .unwrap()
        })
        .collect();
    assert_eq!(started, [0, 8, 16, 24]);
}

#[test]
fn a_gate_that_stays_shut_for_longer_than_one_waits_says_so() {
    let (store, clock) = (MemoryStore::default(), ManualClock::new(at(0)));
    let gate = Gate::new("arxiv", "one", RULES, &store, &clock);
    gate.pass(REQUEST, seconds(60), || (Outcome::TooMany(None), ())).unwrap();
    let error = gate.pass(REQUEST, seconds(60), || (Outcome::Answered, ())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "arxiv may not be asked before 2027-01-15T08:10:00Z (it answered that there were too many requests): it is \
         tried again then"
    );
    assert_eq!(clock.now(), at(0), "and does not wait for nothing");
}

#[test]
fn a_store_that_fails_keeps_the_gate_shut() {
    struct Failing;
    impl GateStore for Failing {
        fn load(&self, _: &str) -> Result<harvest::gate::Stored, harvest::gate::StoreError> {
            Ok(harvest::gate::Stored::default())
        }
        fn swap(&self, _: &str, _: u64, _: &State) -> Result<bool, harvest::gate::StoreError> {
            Err("disk full".into())
        }
    }
    let clock = ManualClock::new(at(0));
    let asked = Cell::new(false);
    let result = Gate::new("arxiv", "one", RULES, &Failing, &clock).pass(REQUEST, seconds(60), || {
        asked.set(true);
        (Outcome::Answered, ())
    });
    assert!(matches!(result, Err(Error::Store { .. })) && !asked.get());
}

#[test]
fn threads_that_pass_one_gate_at_once_ask_one_after_the_other() {
    let clock = ManualClock::new(at(0));
    let store = MemoryStore::default();
    let requests = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for who in ["a", "b", "c", "d"] {
            let (clock, store, requests) = (&clock, &store, &requests);
            scope.spawn(move || {
                let gate = Gate::new("arxiv", who, RULES, store, clock);
                for _ in 0..25 {
                    gate.pass(REQUEST, Duration::MAX, || {
                        let start = clock.now();
                        let _ = clock.sleep(seconds(2));
                        requests.lock().unwrap().push((start, clock.now()));
                        (Outcome::Answered, ())
                    })
                    .unwrap();
                }
            });
        }
    });
    let requests = requests.into_inner().unwrap();
    assert_eq!(requests.len(), 100);
    for pair in requests.windows(2) {
        assert!(pair[1].0.duration_since(pair[0].1) >= SignedDuration::from_secs(3), "{pair:?}");
    }
}

/// True time, and a clock that shows it with an error that jumps.
struct Jumping {
    truth: Cell<i64>,
    error: Cell<i64>,
}

#[derive(Clone, Debug)]
enum Step {
    /// A process makes a request that lasts so long and ends like this.
    Request { who: usize, lasts: u64, outcome: Outcome },
    /// A process dies in the middle of a request, after so long.
    Dies { who: usize, after: u64 },
    /// Time passes.
    Pass(u64),
    /// The clock jumps backwards.
    Jump(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Answered),
        1 => (0u64..2000).prop_map(|wait| Outcome::TooMany(Some(seconds(wait)))),
        1 => Just(Outcome::TooMany(None)),
        1 => (0u64..4000).prop_map(|wait| Outcome::Unavailable(Some(seconds(wait)))),
        1 => Just(Outcome::Unavailable(None)),
        1 => Just(Outcome::Failed),
    ];
    prop_oneof![
        6 => (0usize..3, 0u64..300, outcome).prop_map(|(who, lasts, outcome)| Step::Request { who, lasts, outcome }),
        2 => (0usize..3, 0u64..300).prop_map(|(who, after)| Step::Dies { who, after }),
        2 => (0u64..100).prop_map(Step::Pass),
        1 => prop_oneof![0u64..10, 0u64..100_000_000].prop_map(Step::Jump),
    ]
}

/// The silence that an outcome asks for at least.
fn silence(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::TooMany(named) => named.unwrap_or_default().as_secs().max(600),
        Outcome::Unavailable(Some(named)) => named.as_secs().max(3),
        Outcome::Unavailable(None) | Outcome::Failed => 60,
        _ => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn h2_gaps_hold_over_outcomes_restarts_and_jumps(steps in prop::collection::vec(step(), 1..60)) {
        let time = Jumping { truth: Cell::new(0), error: Cell::new(0) };
        let shown = || at(time.truth.get() + time.error.get());
        // What a restart leaves is the written state alone, so every step reads it anew.
        let mut written = serde_json::to_string(&State::default()).unwrap();
        let mut quiet_until = 0i64;
        let mut incarnation = 0;
        for step in steps {
            let (who, lasts, outcome) = match step {
                Step::Pass(time_passed) => {
                    time.truth.set(time.truth.get() + time_passed as i64);
                    continue;
                }
                Step::Jump(back) => {
                    time.error.set(time.error.get() - back as i64);
                    continue;
                }
                Step::Request { who, lasts, outcome } => (who, lasts, Some(outcome)),
                Step::Dies { who, after } => (who, after, None),
            };
            let name = format!("process {who}, life {incarnation}");
            let began = time.truth.get();
            let mut state: State = serde_json::from_str(&written).unwrap();
            // At most: a wait as long as one may be, and after it a lease.
            let mut naps = 0;
            loop {
                match state.ask(shown(), &name, REQUEST, &RULES) {
                    Asked::Go(entered) => {
                        state = entered;
                        break;
                    }
                    Asked::Wait(wait, seen) => {
                        naps += 1;
                        prop_assert!(naps < 10, "waits without end: {wait:?}");
                        time.truth.set(time.truth.get() + wait.left(shown()).as_secs() as i64);
                        state = seen;
                    }
                }
            }
            prop_assert!(time.truth.get() - began <= 2 * 86_400, "waited {} s", time.truth.get() - began);
            prop_assert!(time.truth.get() >= quiet_until, "{} before {quiet_until}", time.truth.get());
            written = serde_json::to_string(&state).unwrap();
            time.truth.set(time.truth.get() + lasts as i64);
            match outcome {
                Some(outcome) => {
                    let state: State = serde_json::from_str(&written).unwrap();
                    written = serde_json::to_string(&state.finish(shown(), &name, outcome, &RULES)).unwrap();
                    quiet_until = time.truth.get() + silence(outcome) as i64;
                }
                None => {
                    incarnation += 1;
                    quiet_until = time.truth.get() + 3;
                }
            }
        }
    }

    #[test]
    fn h2_gaps_hold_between_machines_whose_clocks_lie_apart(
        errors in prop::collection::vec(0i64..1000, 3),
        requests in prop::collection::vec((0usize..3, 0i64..2000), 1..40),
    ) {
        let shown = |truth: i64, who: usize| at(0) + SignedDuration::from_millis(truth + errors[who]);
        let (mut truth, mut state, mut ended) = (0i64, State::default(), i64::MIN);
        for (who, lasts) in requests {
            let name = format!("machine {who}");
            loop {
                match state.ask(shown(truth, who), &name, REQUEST, &RULES) {
                    Asked::Go(entered) => {
                        state = entered;
                        break;
                    }
                    Asked::Wait(wait, seen) => {
                        truth += wait.left(shown(truth, who)).as_millis() as i64;
                        state = seen;
                    }
                }
            }
            prop_assert!(ended == i64::MIN || truth - ended >= 3000, "{} ms", truth - ended);
            truth += lasts;
            state = state.finish(shown(truth, who), &name, Outcome::Answered, &RULES);
            ended = truth;
        }
    }

    #[test]
    fn no_state_of_any_clock_shuts_the_gate_for_longer_than_a_day(
        seen in any::<i32>(), not_before in any::<i32>(), until in any::<i32>(), strikes in any::<u32>(), now in any::<i32>()
    ) {
        let time = |second: i32| Timestamp::from_second(i64::from(second) * 100).unwrap();
        let holder = Some(harvest::gate::Holder { who: "one".to_owned(), until: time(until) });
        let state = State { seen: time(seen), not_before: time(not_before), cause: Cause::Failed, strikes, holder, last: String::new() };
        let wait = state.seen_at(time(now)).wait(time(now));
        prop_assert!(wait.is_none_or(|wait| wait.left(time(now)) <= COOL_DOWN_MAX));
        let after = state.finish(time(now), "one", Outcome::Failed, &RULES);
        prop_assert!(after.wait(time(now)).unwrap().left(time(now)) <= COOL_DOWN_MAX);
    }
}

#[test]
fn a_clock_that_is_stopped_ends_the_wait() {
    struct Stopping;
    impl Clock for Stopping {
        fn now(&self) -> Timestamp {
            at(0)
        }
        fn sleep(&self, _: Duration) -> Slept {
            Slept::Stopped
        }
    }
    let store = MemoryStore::default();
    let gate = Gate::new("arxiv", "one", RULES, &store, &Stopping);
    gate.pass(REQUEST, seconds(60), || (Outcome::Answered, ())).unwrap();
    assert!(matches!(
        gate.pass(REQUEST, seconds(60), || (Outcome::Answered, ())),
        Err(Error::Stopped { .. })
    ));
}
