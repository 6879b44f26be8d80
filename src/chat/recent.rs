//! A bounded map that keeps the most recently seen keys.

use std::{collections::HashMap, hash::Hash, mem};

/// Holds the last `N` keys that were seen, and at most twice as many.
///
/// It has two generations instead of an order. When the young one is full, it
/// becomes the old one, and the previous old one is dropped with every key that
/// was not seen since. Seeing a key moves it to the young generation. So each
/// call costs a few look-ups in a map, no list has to be kept in order, and
/// keys that are not seen again go by themselves.
#[derive(Clone, Debug)]
pub(crate) struct Recent<K, V, const N: usize> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash + Clone, V, const N: usize> Recent<K, V, N> {
    pub(crate) fn new() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }

    /// What is held under this key. The key counts as seen.
    pub(crate) fn see(&mut self, key: &K) -> Option<&V> {
        if !self.old.is_empty()
            && let Some((key, value)) = self.old.remove_entry(key)
        {
            self.put(key, value);
        }
        self.young.get(key)
    }

    /// Holds `value` under this key and replaces what was there. The key counts
    /// as seen.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= N && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        if !self.old.is_empty() {
            self.old.remove(&key);
        }
        self.young.insert(key, value);
    }

    /// Removes this key, and returns what was held under it.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        if self.young.is_empty() && self.old.is_empty() {
            return None;
        }
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_recently_seen_goes_first() {
        let mut recent: Recent<u32, u32, 10> = Recent::new();
        for key in 0..10 {
            recent.put(key, key * 2);
        }
        for key in 10..1000 {
            assert_eq!(recent.see(&3), Some(&6), "seen all the time");
            recent.put(key, key);
            assert!(recent.len() <= 20);
        }
        assert_eq!(recent.see(&4), None);
        for key in 992..1000 {
            assert_eq!(recent.see(&key), Some(&key));
        }
    }

    #[test]
    fn newer_value_takes_the_place_of_the_older_in_either_generation() {
        let mut recent: Recent<u32, &str, 2> = Recent::new();
        for (key, value) in [(1, "a"), (2, "b"), (3, "c"), (1, "d"), (3, "e")] {
            recent.put(key, value);
        }
        assert_eq!(recent.see(&1), Some(&"d"));
        assert_eq!(recent.see(&3), Some(&"e"));
        recent.remove(&1);
        assert_eq!(recent.see(&1), None);
    }
}
