//! A map of names that all producers share: step 09 of the study, which had to be reverted.
//!
//! Sharded behind read-write locks, as the usual concurrent hash maps are. One run makes one and
//! drops it; `names` is its only caller.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use twox_hash::XxHash3_64;

/// Shards; more than the threads of the machines this is run on, so that locks seldom collide.
const SHARDS: usize = 64;

type Shard = RwLock<HashMap<String, Arc<String>>>;

/// Texts that exist once.
pub(crate) struct Interner {
    shards: Vec<Shard>,
}

impl Interner {
    /// An empty map.
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }

    /// The shared text that equals `text`; a new one when there is none.
    ///
    /// As in the study this looks first and inserts later, so two threads that meet the same new
    /// text at once both make one and the later insert stays.
    pub(crate) fn intern(&self, text: &str) -> Arc<String> {
        let shard = &self.shards[XxHash3_64::oneshot(text.as_bytes()) as usize % SHARDS];
        // OK to go on after a poisoned lock: an insert leaves the map whole or untouched.
        let known = shard.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        known.unwrap_or_else(|| {
            let new = Arc::new(text.to_owned());
            let mut map = shard.write().unwrap_or_else(PoisonError::into_inner);
            map.insert(text.to_owned(), Arc::clone(&new));
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_one_allocation_and_others_do_not() {
        let interner = Interner::new();
        let [ada, again, grace] = ["Ada", "Ada", "Grace"].map(|text| interner.intern(text));
        assert!(Arc::ptr_eq(&ada, &again));
        assert_eq!((ada.as_str(), grace.as_str()), ("Ada", "Grace"));
    }
}
