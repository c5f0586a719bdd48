//! How long things take, in buckets.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper bounds of the buckets, in microseconds; what takes longer than the last has one more.
pub const BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// Durations, counted.
#[derive(Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    /// One more took this long.
    pub fn record(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| nanoseconds <= bound * 1000);
        self.buckets[bucket.unwrap_or(BOUNDS.len())].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

/// Several histograms as one.
#[derive(Default)]
pub struct Sum {
    /// Not cumulative.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All durations together.
    pub seconds: f64,
}

impl Sum {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.buckets.iter().all(|bucket| *bucket == 0)
    }
}

/// Adds up what each core recorded.
pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Histogram>) -> Sum {
    let mut sum = Sum::default();
    for part in parts {
        for (total, bucket) in sum.buckets.iter_mut().zip(&part.buckets) {
            *total += bucket.load(Ordering::Relaxed);
        }
        sum.seconds += part.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 10_000_000, 10_000_001] {
            histogram.record(Duration::from_micros(micros));
        }
        let sum = sum([&histogram]);
        assert_eq!((sum.buckets[0], sum.buckets[1]), (2, 1));
        assert_eq!((sum.buckets[15], sum.buckets[16]), (1, 1));
        assert!((sum.seconds - 20.000_202).abs() < 1e-9);
    }
}
