//! A model of two workers that both believe they hold the account, while
//! answers are lost or late. It checks what is stored.

use cluster::{
    batch::Mark,
    fence::{Verdict, judge},
};
use fastrand::Rng;
use proptest::prelude::*;

use crate::cases::cases;

/// A batch on its way. It stores the numbers from `from` up to and without
/// `to`.
#[derive(Clone, Copy, Debug)]
struct Batch {
    mark: Mark,
    expected: u64,
    from: u64,
    to: u64,
}

/// The stream. It has one batch at each sequence, from 1.
#[derive(Default)]
struct Stream(Vec<Batch>);

impl Stream {
    fn head(&self) -> Option<(Batch, u64)> {
        self.0.last().map(|batch| (*batch, self.0.len() as u64))
    }

    fn receive(&mut self, batch: Batch) -> bool {
        let is_stored = batch.expected == self.0.len() as u64;
        if is_stored {
            self.0.push(batch);
        }
        is_stored
    }
}

/// A worker under one lease, with what it last saw stored and the batch in its
/// hand.
struct Worker {
    mark: Mark,
    sequence: u64,
    next: u64,
    in_hand: Option<Batch>,
    is_fenced: bool,
}

impl Worker {
    fn new(epoch: u64) -> Self {
        Self { mark: Mark { epoch, poll: 0, part: 1 }, sequence: 0, next: 0, in_hand: None, is_fenced: false }
    }

    fn settle(&mut self, batch: Batch, stream: &Stream) {
        match judge(batch.mark, stream.head().map(|(head, sequence)| (head.mark, sequence))) {
            Verdict::Stored { sequence } => self.stored(batch, sequence),
            Verdict::SendAgain { expected } => {
                let mut again = Batch { expected, ..batch };
                if batch.mark.poll == 0 {
                    let next = stream.head().map_or(0, |(head, _)| head.to);
                    (again.from, again.to) = (next, next);
                }
                self.in_hand = Some(again);
            }
            Verdict::Fenced => self.is_fenced = true,
        }
    }

    fn stored(&mut self, batch: Batch, sequence: u64) {
        self.in_hand = None;
        self.sequence = sequence;
        self.next = batch.to;
        self.mark.poll += 1;
    }

    /// The batch to send: the one in hand, or the next poll, with everything
    /// that has happened since the last one.
    fn batch(&mut self, happened: u64) -> Batch {
        let (mark, expected, from) = (self.mark, self.sequence, self.next);
        *self.in_hand.get_or_insert(Batch { mark, expected, from, to: if mark.poll == 0 { from } else { happened } })
    }
}

/// Returns how many batches the fence refused.
fn run(seed: u64) -> Result<u64, TestCaseError> {
    let mut rng = Rng::with_seed(seed);
    let (mut stream, mut late, mut fenced) = (Stream::default(), Vec::new(), 0);
    let mut epochs = 2;
    let mut workers = [Worker::new(1), Worker::new(2)];
    for step in 0..400 {
        for index in (0..late.len()).rev() {
            if rng.u8(0..6) == 0 {
                stream.receive(late.swap_remove(index));
            }
        }
        let worker = &mut workers[rng.usize(0..2)];
        if worker.is_fenced || rng.u8(0..30) == 0 {
            fenced += u64::from(worker.is_fenced);
            epochs += 1;
            *worker = Worker::new(epochs);
        }
        let batch = worker.batch(step);
        match rng.u8(0..10) {
            // The batch is lost or late. The worker reads what is there, perhaps before the batch arrives.
            0 => worker.settle(batch, &stream),
            1 | 2 => {
                late.push(batch);
                worker.settle(batch, &stream);
            }
            // The batch is stored or refused, and the answer is lost.
            3 => {
                stream.receive(batch);
                worker.settle(batch, &stream);
            }
            _ if stream.receive(batch) => worker.stored(batch, stream.0.len() as u64),
            _ => worker.settle(batch, &stream),
        }
    }
    let mut next = 0;
    for pair in stream.0.windows(2) {
        prop_assert!(pair[0].mark < pair[1].mark, "{:?} lies behind {:?}", pair[1], pair[0]);
    }
    for batch in &stream.0 {
        prop_assert_eq!(batch.from, next, "something is missing or stored twice at {:?}", batch);
        next = batch.to;
    }
    prop_assert!(stream.0.len() > 20 && next > 200, "hardly anything was stored: {} batches up to {}", stream.0.len(), next);
    Ok(fenced)
}

proptest! {
    #![proptest_config(cases(2_000))]
    #[test]
    fn everything_is_stored_once_and_in_order_whatever_is_lost_or_late(seed: u64) {
        run(seed)?;
    }
}

#[test]
fn the_model_shows_workers_that_are_fenced() {
    let fenced = (0..100).map(|seed| run(seed).unwrap()).sum::<u64>();
    assert!(fenced > 100, "{fenced}");
}

#[test]
fn first_batch_of_a_lease_follows_older_leases_and_no_newer_one() {
    let mine = Mark { epoch: 5, poll: 0, part: 1 };
    assert_eq!(judge(mine, None), Verdict::SendAgain { expected: 0 });
    assert_eq!(judge(mine, Some((Mark { epoch: 4, poll: 90, part: 2 }, 12))), Verdict::SendAgain { expected: 12 });
    assert_eq!(judge(mine, Some((Mark { epoch: 6, poll: 0, part: 1 }, 12))), Verdict::Fenced);
}

#[test]
fn later_batch_of_a_lease_is_fenced_by_any_other_lease_and_by_a_stream_that_has_lost_it() {
    let mine = Mark { epoch: 5, poll: 2, part: 1 };
    assert_eq!(judge(mine, Some((mine, 12))), Verdict::Stored { sequence: 12 });
    assert_eq!(judge(mine, Some((Mark { poll: 1, ..mine }, 11))), Verdict::SendAgain { expected: 11 });
    let second = Mark { part: 2, ..mine };
    assert_eq!(judge(second, Some((mine, 12))), Verdict::SendAgain { expected: 12 }, "the second batch of a poll follows the first");
    assert_eq!(judge(mine, Some((second, 13))), Verdict::Fenced);
    for epoch in [4, 6] {
        assert_eq!(judge(mine, Some((Mark { epoch, ..mine }, 12))), Verdict::Fenced);
    }
    assert_eq!(judge(mine, None), Verdict::Fenced);
}
