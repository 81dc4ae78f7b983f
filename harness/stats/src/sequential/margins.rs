//! The margins of a gate where nobody states any, by the noise that is to be expected.
//!
//! The rules of a gate and the replay of recorded noise take them from here.

/// What kind of number is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// CPU time of iterations in a warm process.
    CpuTime,
    /// Wall time of such iterations.
    WallTime,
    /// CPU time of whole processes.
    ProcessCpuTime,
    /// Wall time of whole processes.
    ProcessWallTime,
    /// Anything else: peak memory comes in pages and arenas.
    Other,
}

impl Noise {
    /// What is tolerated and what must be caught, as changes: 0.01 is 1 % more. Wall time is
    /// noisier than CPU time, and a whole process than an iteration in a warm one.
    pub const fn usual_margins(self) -> [f64; 2] {
        match self {
            Self::CpuTime => [0.01, 0.03],
            Self::WallTime => [0.02, 0.06],
            Self::ProcessCpuTime => [0.02, 0.06],
            Self::ProcessWallTime => [0.03, 0.10],
            Self::Other => [0.05, 0.15],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Thresholds;
    use super::*;

    #[test]
    fn the_usual_margins_are_margins() {
        for noise in [
            Noise::CpuTime,
            Noise::WallTime,
            Noise::ProcessCpuTime,
            Noise::ProcessWallTime,
            Noise::Other,
        ] {
            let [tolerated, must_catch] = noise.usual_margins();
            assert!(Thresholds::of_changes(tolerated, must_catch).is_some(), "{noise:?}");
        }
    }
}
