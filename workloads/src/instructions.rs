//! Sets of instructions that inner loops are compiled for, and which of them this machine has.
//!
//! The loops of `aggregation` and `taxi` are chosen by it when the program runs; nothing is compiled
//! for one machine.

/// A set of instructions that this machine has; only [`Level::all`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Set);

/// The sets that loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Everywhere,
}

impl Level {
    /// Those that this machine can run, the best one first.
    pub(crate) fn all() -> Vec<Self> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let bits = is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("lzcnt");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vbmi2");
            levels.extend((bits && avx512).then_some(Self(Set::Avx512)));
            let avx2 = is_x86_feature_detected!("avx2");
            levels.extend((bits && avx2).then_some(Self(Set::Avx2)));
        }
        levels.push(Self(Set::Everywhere));
        levels
    }

    /// The best one.
    pub(crate) fn best() -> Self {
        // OK because the last one of all runs everywhere.
        Self::all()[0]
    }

    /// The set, which this machine has.
    pub(crate) fn set(self) -> Set {
        self.0
    }
}
