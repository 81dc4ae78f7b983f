//! Where more of something (threads, writers, batch size) stops paying.
//!
//! Reports call it for the sweep of one setting. It must not fit a curve: see [`crate::scaling`].

use crate::Interval;

/// What one setting of a sweep gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The setting, for instance the number of threads.
    pub setting: f64,
    /// Median of what was measured.
    pub median: f64,
    /// Interval of that median.
    pub interval: Interval,
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Times, bytes.
    Less,
    /// Throughput.
    More,
}

/// What a sweep says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knee {
    /// The setting with this index is nearly as good as the best, and smaller ones are not.
    At(usize),
    /// Only the largest setting is as good as the best: more of it might pay still.
    NotInRange,
}

/// How much worse than the best still counts as as good.
const NEAR: f64 = 0.05;

/// The smallest setting whose median is within 5 % of the best one's and whose interval overlaps
/// the best one's: what is merely close by luck is not taken, and nor is what is surely but hardly
/// worse refused.
///
/// `None` below 2 settings, or if a median is not finite and above 0.
pub fn knee(settings: &[Setting], better: Better) -> Option<Knee> {
    let usable = |one: &Setting| one.setting.is_finite() && one.median.is_finite();
    if settings.len() < 2 || !settings.iter().all(|one| usable(one) && one.median > 0.0) {
        return None;
    }
    let by_median = |a: &&Setting, b: &&Setting| a.median.total_cmp(&b.median);
    let best = match better {
        Better::Less => settings.iter().min_by(by_median)?,
        Better::More => settings.iter().max_by(by_median)?,
    };
    let near = |one: &Setting| match better {
        Better::Less => one.median <= best.median * (1.0 + NEAR),
        Better::More => one.median >= best.median * (1.0 - NEAR),
    };
    let overlaps = |one: &Setting| {
        one.interval.low <= best.interval.high && best.interval.low <= one.interval.high
    };
    let good = settings.iter().enumerate().filter(|(_, one)| near(one) && overlaps(one));
    let (index, smallest) = good.min_by(|(_, a), (_, b)| a.setting.total_cmp(&b.setting))?;
    let largest = settings.iter().map(|one| one.setting).reduce(f64::max)?;
    Some(if smallest.setting < largest { Knee::At(index) } else { Knee::NotInRange })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Settings 1, 2, 4, ... with intervals of so many per cent to each side.
    fn sweep(medians: &[f64], wide: f64) -> Vec<Setting> {
        let powers = (0..).map(|power| 2f64.powi(power));
        let settings = medians.iter().zip(powers).map(|(&median, setting)| Setting {
            setting,
            median,
            interval: Interval {
                low: median * (1.0 - wide / 100.0),
                high: median * (1.0 + wide / 100.0),
                coverage: 0.95,
            },
        });
        settings.collect()
    }

    #[test]
    fn the_knee_is_the_smallest_setting_that_is_as_good_as_the_best() {
        let times = sweep(&[8.0, 4.2, 2.3, 2.05, 2.0], 3.0);
        assert_eq!(knee(&times, Better::Less), Some(Knee::At(3)));
        let throughput = sweep(&[1.0, 1.9, 3.4, 3.9, 4.0], 3.0);
        assert_eq!(knee(&throughput, Better::More), Some(Knee::At(3)));
    }

    #[test]
    fn a_setting_at_77_per_cent_of_the_best_is_no_knee() {
        let throughput = sweep(&[1.0, 2.0, 3.9, 7.7, 10.0], 3.0);
        assert_eq!(knee(&throughput, Better::More), Some(Knee::NotInRange));
    }

    #[test]
    fn a_setting_that_is_surely_worse_is_no_knee_however_close() {
        let times = sweep(&[4.0, 2.08, 2.0, 2.1], 0.5);
        assert_eq!(knee(&times, Better::Less), Some(Knee::At(2)));
        let times = sweep(&[4.0, 2.08, 2.0, 2.1], 3.0);
        assert_eq!(knee(&times, Better::Less), Some(Knee::At(1)));
    }

    #[test]
    fn too_few_and_impossible_settings_have_no_knee() {
        assert_eq!(knee(&sweep(&[1.0], 1.0), Better::Less), None);
        assert_eq!(knee(&sweep(&[1.0, 0.0], 1.0), Better::Less), None);
        assert_eq!(knee(&sweep(&[1.0, f64::NAN], 1.0), Better::Less), None);
    }

    proptest! {
        #[test]
        fn order_and_unit_do_not_matter(
            medians in prop::collection::vec(0.1..100.0f64, 2..8), wide in 0.0..20.0f64,
        ) {
            let plain = sweep(&medians, wide);
            let setting = |settings: &[Setting], found| match found {
                Some(Knee::At(index)) => Some(settings[index].setting),
                _ => None,
            };
            let expect = setting(&plain, knee(&plain, Better::Less));
            let turned: Vec<Setting> = plain.iter().rev().copied().collect();
            prop_assert_eq!(setting(&turned, knee(&turned, Better::Less)), expect);
            let medians: Vec<f64> = medians.iter().map(|median| median * 1024.0).collect();
            let scaled = sweep(&medians, wide);
            prop_assert_eq!(setting(&scaled, knee(&scaled, Better::Less)), expect);
        }
    }
}
