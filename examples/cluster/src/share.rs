//! Decides how many accounts each worker should hold.
//!
//! Each worker decides for itself, from what it sees of the others. It may see
//! them late, so it moves only a few accounts at a time and looks again.

use std::collections::BTreeSet;

use fastrand::Rng;

/// What a worker should do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The worker holds its share.
    Stay,
    /// The worker holds too many accounts and gives back this many.
    GiveBack(usize),
    /// The worker holds too few accounts and takes this many, as far as
    /// accounts are free.
    Take(usize),
}

/// How many of the accounts the worker `me` should hold. The shares of all
/// workers add up to `accounts` and differ by one at most.
///
/// If `workers` does not contain `me` yet, the worker counts itself as well.
#[must_use]
pub fn share(accounts: usize, workers: &BTreeSet<String>, me: &str) -> usize {
    let count = workers.len() + usize::from(!workers.contains(me));
    let rank = workers.iter().take_while(|worker| worker.as_str() < me).count();
    accounts / count + usize::from(rank < accounts % count)
}

/// What a worker that holds `held` of the accounts should do.
#[must_use]
pub fn step(held: usize, accounts: usize, workers: &BTreeSet<String>, me: &str) -> Step {
    let share = share(accounts, workers, me);
    match held.checked_sub(share) {
        Some(0) => Step::Stay,
        // A tenth at a time, so that few accounts move if a worker is out of sight for a moment.
        Some(surplus) => Step::GiveBack(surplus.min((held / 10).max(1))),
        None => Step::Take(share - held),
    }
}

/// Picks up to `count` items at random. Workers with different random numbers
/// pick different items, so they do not all try to take the same accounts.
#[must_use]
pub fn pick<T>(mut from: Vec<T>, count: usize, random: u64) -> Vec<T> {
    Rng::with_seed(random).shuffle(&mut from);
    from.truncate(count);
    from
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::cases::cases;

    fn named(count: usize) -> BTreeSet<String> {
        (0..count).map(|number| format!("worker-{number}")).collect()
    }

    /// A model of a cluster. `holders` has the holder of each account.
    #[derive(Debug)]
    struct Cluster {
        workers: BTreeSet<String>,
        holders: Vec<Option<String>>,
    }

    impl Cluster {
        fn held(&self, worker: &str) -> usize {
            self.holders.iter().flatten().filter(|holder| *holder == worker).count()
        }

        fn numbers(&self, holder: Option<&str>) -> Vec<usize> {
            self.holders.iter().enumerate().filter(|(_, of)| of.as_deref() == holder).map(|(number, _)| number).collect()
        }

        /// Does one step of each worker. Returns how many accounts moved.
        fn round(&mut self, random: u64) -> usize {
            let mut moved = 0;
            for worker in self.workers.clone() {
                let held = self.held(&worker);
                let (from, count, to) = match step(held, self.holders.len(), &self.workers, &worker) {
                    Step::Stay => continue,
                    Step::GiveBack(count) => {
                        assert!(count <= (held / 10).max(1), "{count} of {held}");
                        (Some(worker.as_str()), count, None)
                    }
                    Step::Take(count) => (None, count, Some(worker.clone())),
                };
                for number in pick(self.numbers(from), count, random) {
                    self.holders[number].clone_from(&to);
                    moved += 1;
                }
            }
            moved
        }

        fn settle(&mut self, random: u64) {
            for round in 0.. {
                if self.round(random + round) == 0 {
                    return;
                }
                // In the slowest case one worker gives back all but its share, a tenth of what it still has at a time.
                assert!(round < 200, "it does not settle: {self:?}");
            }
        }

        fn assert_balanced(&self) {
            let held = self.workers.iter().map(|worker| (worker.clone(), self.held(worker))).collect::<BTreeMap<_, _>>();
            let (least, most) = (held.values().min().unwrap(), held.values().max().unwrap());
            assert!(most - least <= 1, "{held:?}");
            assert_eq!(held.values().sum::<usize>(), self.holders.len(), "an account has no holder");
        }
    }

    proptest! {
        #![proptest_config(cases(256))]
        #[test]
        fn shares_add_up_to_all_accounts_and_differ_by_one_at_most(accounts in 0..5000_usize, count in 1..60_usize) {
            let workers = named(count);
            let shares = workers.iter().map(|worker| share(accounts, &workers, worker)).collect::<Vec<_>>();
            prop_assert_eq!(shares.iter().sum::<usize>(), accounts);
            prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
        }

        #[test]
        fn any_start_settles_on_fair_shares(start in vec(proptest::option::of(0..7_usize), 0..300), count in 1..7_usize, random in 0..u64::MAX / 2) {
            let workers = named(count);
            // The other holders are gone.
            let holders = start.into_iter().map(|holder| holder.map(|number| format!("worker-{number}")).filter(|holder| workers.contains(holder)));
            let mut cluster = Cluster { holders: holders.collect(), workers };
            cluster.settle(random);
            cluster.assert_balanced();
        }

        #[test]
        fn workers_that_come_and_go_leave_every_account_held(accounts in 1..200_usize, changes in vec((0..8_usize, any::<bool>()), 1..12), random in 0..u64::MAX / 2) {
            let mut cluster = Cluster { holders: vec![None; accounts], workers: named(1) };
            for (number, comes) in changes {
                let worker = format!("worker-{number}");
                if comes {
                    cluster.workers.insert(worker);
                } else if cluster.workers.len() > 1 && cluster.workers.remove(&worker) {
                    for holder in &mut cluster.holders {
                        holder.take_if(|holder| *holder == worker);
                    }
                }
                cluster.settle(random);
                cluster.assert_balanced();
            }
        }

        #[test]
        fn picked_are_so_many_of_those_that_were_given(from in vec(any::<u16>(), 0..50), count in 0..60_usize, random: u64) {
            let picked = pick(from.clone(), count, random);
            prop_assert_eq!(picked.len(), count.min(from.len()));
            let mut left = from;
            for one in picked {
                let place = left.iter().position(|other| *other == one);
                prop_assert!(place.is_some(), "{} was picked twice or made up", one);
                left.remove(place.unwrap());
            }
        }
    }

    #[test]
    fn worker_that_does_not_see_itself_yet_counts_itself() {
        assert_eq!(share(10, &BTreeSet::new(), "me"), 10);
        assert_eq!(share(10, &BTreeSet::from(["other".to_owned()]), "me"), 5);
    }

    #[test]
    fn surplus_goes_back_a_tenth_at_a_time_and_at_least_one() {
        let workers = named(2);
        assert_eq!(step(1000, 1000, &workers, "worker-0"), Step::GiveBack(100));
        assert_eq!(step(505, 1000, &workers, "worker-0"), Step::GiveBack(5));
        assert_eq!(step(6, 10, &workers, "worker-0"), Step::GiveBack(1));
        assert_eq!(step(5, 10, &workers, "worker-0"), Step::Stay);
        assert_eq!(step(0, 10, &workers, "worker-0"), Step::Take(5));
    }

    #[test]
    fn two_workers_with_other_random_numbers_begin_with_other_accounts() {
        let free = (0..1000).collect::<Vec<_>>();
        let (ada, ben) = (pick(free.clone(), 10, 1), pick(free, 10, 2));
        assert!(ada.iter().filter(|one| ben.contains(one)).count() < 5, "{ada:?} and {ben:?}");
    }
}
