//! The body of the next answer, from whichever server has its turn.
//!
//! Only good answers count for the turns, not faults. The page of a second must
//! be turned before anything happens in it, so whoever locks the world turns
//! it, and so does each second that is made up.

use std::collections::VecDeque;

use super::{
    Sim,
    servers::{Past, Second, SecondServer},
    wire,
    world::World,
};

impl Sim {
    /// From now on a second server gives some of the answers, like one of
    /// several behind a load balancer. A later call replaces the earlier one.
    /// With `every: 0` only the first server is left.
    ///
    /// To simulate a replica that lags, let only the lists be behind. To
    /// simulate a slow machine, or a cache with old answers, let both the clock
    /// and the lists be behind. Timestamps come from the first server, which
    /// takes in what happens. Lists go back no further than to this call.
    /// Answers by a fault do not count. The live chat and
    /// [`snapshot_json`](Self::snapshot_json) are always the first server's.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::sim::{SecondServer, Sim};
    /// use rumble_live::{Client, Error};
    ///
    /// #[tokio::test]
    /// async fn every_second_answer_is_a_minute_old() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let minute = Duration::from_secs(60);
    ///     sim.second_server(SecondServer {
    ///         every: 2,
    ///         clock_behind: minute,
    ///         lists_behind: minute,
    ///     });
    ///     sim.advance(minute);
    ///     sim.follow("ada");
    ///
    ///     let url = "http://127.0.0.1/?key=any";
    ///     let client = Client::builder(url).transport(sim.clone()).build()?;
    ///     let first = client.snapshot().await?;
    ///     assert_eq!(
    ///         (first.now(), first.followers().count),
    ///         (sim.now(), Some(1))
    ///     );
    ///     let second = client.snapshot().await?;
    ///     assert_eq!(
    ///         (second.now(), second.followers().count),
    ///         (sim.now() - minute, Some(0))
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn second_server(&self, server: SecondServer) {
        let mut world = self.world();
        let page = world.clock.elapsed();
        // What the lists were before is not known, so they count as what they are now.
        let pages = VecDeque::from([(0, wire::lists(&world))]);
        let past = Past { behind: server.lists_behind.as_secs(), page, pages };
        world.second = (server.every > 0).then_some(Second { server, answers: 0, past });
    }
}

impl World {
    /// Called before anything happens in `second`. Keeps the lists as they were
    /// until then, for the second server.
    pub(super) fn turn_page(&mut self, second: u64) {
        self.second_now = second;
        if self.second.as_ref().is_none_or(|of| second <= of.past.page) {
            return;
        }
        let present = self.clock.elapsed();
        let lists = wire::lists(self);
        let Some(Second { past, .. }) = &mut self.second else { return };
        let is_needed = |until: u64| until.saturating_add(past.behind) > present;
        if is_needed(second) {
            past.pages.push_back((past.page, lists));
        }
        past.page = second;
        while past.pages.get(1).is_some_and(|(from, _)| from.saturating_add(past.behind) <= present) {
            past.pages.pop_front();
        }
    }

    /// The body of the next answer, from whichever server has its turn.
    pub(super) fn next_body(&mut self) -> Vec<u8> {
        if let Some(second) = &mut self.second {
            second.answers += 1;
        }
        let turn = self.second.as_ref().filter(|second| second.answers.is_multiple_of(second.server.every));
        let Some(Second { server: SecondServer { clock_behind, lists_behind, .. }, past, .. }) = turn else {
            return wire::render(self);
        };
        let then = self.clock.elapsed().saturating_sub(lists_behind.as_secs());
        let lists = past.at(then).map_or_else(|| wire::lists(self), <[u8]>::to_vec);
        let behind = time::Duration::seconds(i64::try_from(clock_behind.as_secs()).unwrap_or(i64::MAX));
        wire::body(self, self.clock.now().saturating_sub(behind), &lists)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;
    use crate::sim::Activity;

    fn ask(sim: &Sim) -> (i64, Vec<String>) {
        let body: Value = serde_json::from_slice(sim.answer().unwrap().body.as_bytes().unwrap()).unwrap();
        let followers = body["followers"]["recent_followers"].as_array().unwrap();
        (body["now"].as_i64().unwrap(), followers.iter().map(|entry| entry["username"].as_str().unwrap().to_owned()).collect())
    }

    fn lag(seconds: u64) -> SecondServer {
        let behind = Duration::from_secs(seconds);
        SecondServer { every: 1, clock_behind: behind, lists_behind: behind }
    }

    fn follow_each_second(sim: &Sim, seconds: std::ops::Range<u64>) {
        for second in seconds {
            sim.follow(&second.to_string());
            sim.advance(Duration::from_secs(1));
        }
    }

    #[test]
    fn lagging_server_answers_as_the_first_one_did_then() {
        let sim = Sim::new(1);
        let start = sim.now().unix_timestamp();
        sim.second_server(lag(3));
        follow_each_second(&sim, 0..10);
        assert_eq!(ask(&sim), (start + 7, (0..=7).rev().map(|second| second.to_string()).collect()));
        sim.advance(Duration::from_secs(2));
        assert_eq!(ask(&sim).1.len(), 10);
        sim.unfollow("4");
        assert_eq!(ask(&sim).1.len(), 10);
        sim.advance(Duration::from_secs(3));
        assert_eq!((ask(&sim).1.len(), ask(&sim).0), (9, start + 12));
    }

    #[test]
    fn every_nth_answer_is_the_second_server_s_and_faults_do_not_count() {
        let sim = Sim::new(1);
        let start = sim.now().unix_timestamp();
        sim.second_server(SecondServer { every: 3, ..lag(5) });
        sim.advance(Duration::from_secs(60));
        sim.fail_next(502);
        assert!(sim.answer().unwrap().status == 502);
        let clocks: Vec<_> = (0..7).map(|_| ask(&sim).0 - start).collect();
        assert_eq!(clocks, [60, 60, 55, 60, 60, 55, 60]);
        sim.second_server(SecondServer::default());
        assert!((0..3).all(|_| ask(&sim).0 == start + 60));
    }

    #[test]
    fn clock_and_lists_lag_apart() {
        let sim = Sim::new(1);
        let start = sim.now().unix_timestamp();
        sim.second_server(SecondServer { lists_behind: Duration::ZERO, ..lag(5) });
        follow_each_second(&sim, 0..10);
        assert_eq!((ask(&sim).0, ask(&sim).1.len()), (start + 5, 10));
        sim.second_server(SecondServer { clock_behind: Duration::ZERO, ..lag(5) });
        follow_each_second(&sim, 10..14);
        assert_eq!((ask(&sim).0, ask(&sim).1.len()), (start + 14, 10), "lists from before the call are not known");
        follow_each_second(&sim, 14..20);
        assert_eq!((ask(&sim).0, ask(&sim).1.len()), (start + 20, 16));
    }

    #[test]
    fn life_of_its_own_is_seen_with_the_same_lag_however_rarely_it_is_asked() {
        let lived = |asked_each_second: bool| {
            let sim = Sim::new(1);
            sim.live(Activity::default());
            sim.second_server(lag(30));
            for _ in 0..300 {
                sim.advance(Duration::from_secs(1));
                if asked_each_second {
                    drop(sim.snapshot_json());
                }
            }
            sim
        };
        let then = Sim::new(1);
        then.live(Activity::default());
        then.advance(Duration::from_secs(270));
        for sim in [lived(false), lived(true)] {
            assert_eq!(*sim.answer().unwrap().body.as_bytes().unwrap(), then.snapshot_json());
            let second = sim.world();
            assert!(second.second.as_ref().unwrap().past.pages.len() <= 32);
        }
    }
}
