//! Copies that are never stale: who a token stands for, pages of public feeds.
//!
//! Every topic has a generation, and a copy carries the generation that was current *before* it was loaded. A change moves the
//! generation on, and a copy of another generation is none. So a load that overlaps a change cannot leave a stale copy
//! behind, and forgetting costs one addition. What copies of other instances have to hear, the bus sees to.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bus::{Bus, Copies};
use models::{Result, Timestamp, Topic};
use moka::sync::Cache as Store;

/// Topics share this many generations; two topics that share one forget together, which is harmless.
const GENERATIONS: usize = 4_096;
/// How long a copy is kept at most: only a bound on what an unforeseen loss could do.
const LIFETIME: Duration = Duration::from_secs(60);

/// A bounded store of copies.
pub struct Cache<K, V> {
    copies: Store<K, (u64, V)>,
    generations: Arc<Generations>,
    bus: Bus,
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cache")
    }
}

#[derive(Debug)]
struct Generations {
    counters: Vec<AtomicU64>,
    hasher: RandomState,
}

impl Generations {
    fn of(&self, topic: &Topic) -> Option<&AtomicU64> {
        let place = usize::try_from(self.hasher.hash_one(topic) & 0xffff).ok()? % GENERATIONS;
        self.counters.get(place)
    }
}

impl Copies for Generations {
    fn forget(&self, topic: &Topic) {
        if let Some(counter) = self.of(topic) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn forget_all(&self) {
        self.counters.iter().for_each(|counter| {
            counter.fetch_add(1, Ordering::AcqRel);
        });
    }
}

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A store whose copies weigh `capacity` together at most, by what `weigh` says of each.
    pub fn new(bus: &Bus, capacity: u64, weigh: fn(&K, &V) -> u32) -> Self {
        let counters = std::iter::repeat_with(AtomicU64::default).take(GENERATIONS).collect();
        let generations = Arc::new(Generations { counters, hasher: RandomState::new() });
        bus.keep_fresh(generations.clone());
        let copies = Store::builder()
            .max_capacity(capacity)
            .weigher(move |key, (_, value)| weigh(key, value))
            .time_to_live(LIFETIME)
            .build();
        Self { copies, generations, bus: bus.clone() }
    }

    /// The copy of `key`, which depends on `topic`; loaded by `load` where there is none that may be used. What `load` reads must
    /// be as new as the last commit. Its `None` is not kept.
    ///
    /// # Errors
    /// As `load` says.
    pub async fn get_or_load<F>(&self, topic: &Topic, key: K, load: F) -> Result<Option<V>>
    where
        F: Future<Output = Result<Option<V>>>,
    {
        let Some(generation) = self.generations.of(topic) else { return load.await };
        let trusted = self.bus.is_trusted(topic);
        let before = generation.load(Ordering::Acquire);
        if trusted
            && let Some((of, value)) = self.copies.get(&key)
            && of == before
        {
            return Ok(Some(value));
        }
        let loaded = load.await?;
        if let Some(value) = &loaded {
            self.copies.insert(key, (before, value.clone()));
        }
        Ok(loaded)
    }
}

/// A store of copies that may be as old as they are allowed to be: for rankings that nobody expects to be of this very moment. Each
/// instance has its own, so that two may differ for as long.
pub struct Timed<K, V> {
    copies: Store<K, (Timestamp, V)>,
    lifetime: i64,
}

impl<K, V> fmt::Debug for Timed<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Timed")
    }
}

impl<K, V> Timed<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A store of `capacity` copies at most, each used for `lifetime` seconds.
    pub fn new(capacity: u64, lifetime: i64) -> Self {
        Self { copies: Store::new(capacity), lifetime }
    }

    /// The copy of `key` that may be used at `now`, and `true`; or what `load` makes, and `false`.
    ///
    /// # Errors
    /// As `load` says.
    pub async fn get_or_load<F>(&self, now: Timestamp, key: K, load: F) -> Result<(V, bool)>
    where
        F: Future<Output = Result<V>>,
    {
        if let Some((made_at, value)) = self.copies.get(&key)
            && made_at.plus_seconds(self.lifetime) > now
        {
            return Ok((value, true));
        }
        let value = load.await?;
        self.copies.insert(key, (now, value.clone()));
        Ok((value, false))
    }
}

#[cfg(test)]
mod tests {
    use models::Network;

    use super::*;

    const TOPIC: Topic = Topic::Feed(Network::ClawNet);

    async fn get(cache: &Cache<u8, u32>, value: u32) -> u32 {
        cache.get_or_load(&TOPIC, 1, async move { Ok(Some(value)) }).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_copy_is_used_until_its_topic_changes() {
        let bus = Bus::in_process();
        let cache = Cache::new(&bus, 100, |_, _| 1);
        assert_eq!(get(&cache, 1).await, 1);
        assert_eq!(get(&cache, 2).await, 1);
        bus.change(&[TOPIC]).await;
        assert_eq!(get(&cache, 3).await, 3);
    }

    #[tokio::test]
    async fn a_load_that_overlaps_a_change_leaves_no_copy() {
        let bus = Bus::in_process();
        let cache = Cache::new(&bus, 100, |_, _| 1);
        let loaded = cache.get_or_load(&TOPIC, 1, async {
            bus.change(&[TOPIC]).await;
            Ok(Some(1))
        });
        assert_eq!(loaded.await.unwrap(), Some(1));
        assert_eq!(get(&cache, 2).await, 2);
    }
}
