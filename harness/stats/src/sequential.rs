//! A gate on paired measurements that may be looked at after every pair and stopped at any time.
//!
//! The gate of two builds calls it, one [`PairGate`] for each case and metric. It must not know
//! what was measured, how long that took or when to give up: a budget is the caller's.

mod bet;
mod detectable;
pub mod layouts;
mod limits;
mod margins;

use bet::{Bet, Bettor};
pub use margins::Noise;

use crate::{CONFIDENCE, Interval, hodges_lehmann};

/// What counts as unchanged, and what must not be missed: logarithms of candidate over baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    tolerated: f64,
    must_catch: f64,
}

impl Thresholds {
    /// Thresholds from log ratios. `None` unless 0 <= `tolerated` < `must_catch`, both finite.
    pub fn new(tolerated: f64, must_catch: f64) -> Option<Self> {
        let ordered = 0.0 <= tolerated && tolerated < must_catch && must_catch.is_finite();
        ordered.then_some(Self { tolerated, must_catch })
    }

    /// Thresholds from changes as people write them: 0.01 is 1 % more.
    ///
    /// The mirror of +3 % is then 1/1.03, which is -2.9 %: gates are symmetric in the logarithm.
    pub fn of_changes(tolerated: f64, must_catch: f64) -> Option<Self> {
        Self::new(tolerated.ln_1p(), must_catch.ln_1p())
    }

    /// The largest log ratio that is tolerated.
    pub fn tolerated(self) -> f64 {
        self.tolerated
    }

    /// The smallest log ratio that must be caught.
    pub fn must_catch(self) -> f64 {
        self.must_catch
    }
}

/// How much evidence a decision needs: e-values, so that 20 is as strong as p = 0.05 fixed in
/// advance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    red: f64,
    pass: f64,
}

impl Levels {
    /// The e-value that excludes a change: a change of `must_catch` passes with at most 1 in 20.
    pub const PASS: f64 = 20.0;

    /// Levels for one of `members` gated numbers (cases times metrics) of a build, such that a
    /// build in which nothing got worse than tolerated goes red with probability `alpha` at most.
    ///
    /// Red needs `members / alpha` (Bonferroni on e-values), pass needs [`Levels::PASS`].
    /// `None` unless `members` is at least 1 and 0 < `alpha` < 1.
    pub fn of_family(members: usize, alpha: f64) -> Option<Self> {
        let usable = members > 0 && 0.0 < alpha && alpha < 1.0;
        usable.then(|| Self { red: members as f64 / alpha, pass: Self::PASS })
    }

    /// Levels of a single number for which both answers must be right: one that got worse by
    /// `must_catch` passes, and one that did not by more than tolerated is called regressed, with
    /// probability `alpha` at most each. `None` unless 0 < `alpha` < 1.
    pub fn of_search(alpha: f64) -> Option<Self> {
        let usable = 0.0 < alpha && alpha < 1.0;
        usable.then(|| Self { red: 1.0 / alpha, pass: 1.0 / alpha })
    }

    /// The e-value at which a member is called regressed or improved.
    pub fn red(self) -> f64 {
        self.red
    }

    /// The e-value at which a change of `must_catch` counts as excluded.
    pub fn pass(self) -> f64 {
        self.pass
    }
}

/// What the pairs say so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not enough is known.
    Open,
    /// The candidate costs more, by more than is tolerated.
    Regressed,
    /// The candidate costs less, by more than is tolerated.
    Improved,
    /// A change of `must_catch` is excluded in both directions.
    Equivalent,
}

/// The evidence against four claims, each the natural logarithm of an e-value: whoever believes
/// the claim sees it above ln(k) at any time with probability 1/k at most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Against "at most tolerated": for regressed.
    pub regressed: f64,
    /// Against "at least must_catch more": for no regression.
    pub not_regressed: f64,
    /// Against "at most tolerated less": for improved.
    pub improved: f64,
    /// Against "at least must_catch less": for no improvement.
    pub not_improved: f64,
}

/// Where the log ratio lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Hodges and Lehmann's estimate of all pairs.
    pub centre: f64,
    /// The confidence sequence at this moment: it covers the truth with 95 % at all times together,
    /// and so also at the time at which somebody chose to stop. `None` while there are too few
    /// pairs for any.
    pub interval: Option<Interval>,
}

/// One case-metric of a gate: takes log ratios of pairs, one at a time, and says when it is
/// decided.
///
/// # What goes in
///
/// A pair is two fresh processes, baseline and candidate; its number x is the median over their
/// couples of ln(candidate / baseline), a fair coin having thrown which of them begins. The coin
/// makes x symmetric around the true log ratio whatever the noise is, and that symmetry is
/// all that the error rates rest on: no normality, no known variance, no equal spread.
///
/// # What comes out
///
/// Two betting e-processes and their mirror images. In one a gambler who believes in a regression
/// bets at fair odds against "at most `tolerated`"; in the other one who believes that there is
/// none bets against "at least `must_catch`". With psi(z) = z clipped to -1..1:
///
/// ```text
/// R = product of (1 + l psi((x - tolerated) / (c s)))      regressed at R >= red
/// P = product of (1 + l psi((must_catch - x) / (c s)))     excluded at P >= pass
/// ```
///
/// The scale s is the median absolute deviation of the past pairs; c and l are those that would
/// have won most on the past. The first four pairs have none: there psi is the sign and l is 1/2.
/// Nothing depends on the pair that is bet on, so both stay below k
/// forever with probability 1 - 1/k under their claim (Ville, 1939), no matter when somebody looks
/// or stops. No pair is thrown away; one that is far off moves the products by a bounded factor.
/// Sources: Waudby-Smith and Ramdas, Estimating Means of Bounded Random Variables by Betting, JRSS
/// B 86, 2024; Ramdas, Grünwald, Vovk and Shafer, Game-Theoretic Statistics and Safe Anytime-Valid
/// Inference, Statistical Science 38, 2023; Huber, Robust Estimation of a Location Parameter, 1964
/// (psi).
///
/// # Families
///
/// A build with m gated numbers makes one gate for each with [`Levels::of_family`] of m: by the
/// union bound the whole build goes red by chance with at most alpha, however the numbers depend
/// on each other. For a dashboard that may show a known share of false alarms, hand
/// [`PairGate::evidence`] of all members to [`crate::e_benjamini_hochberg`] instead.
///
/// ```
/// use stats::sequential::{Decision, Levels, PairGate, Thresholds};
///
/// let thresholds = Thresholds::of_changes(0.01, 0.03).ok_or("1 % and 3 %")?;
/// let levels = Levels::of_family(12, 0.01).ok_or("12 numbers, 1 %")?;
/// let mut gate = PairGate::new(thresholds, levels);
/// let mut noise = [0.004, -0.003, 0.001, -0.004, 0.002].into_iter().cycle();
/// while gate.decision() == Decision::Open && gate.pairs() < 100 {
///     gate.observe(f64::ln_1p(0.05) + noise.next().ok_or("endless")?);
/// }
/// assert_eq!(gate.decision(), Decision::Regressed);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct PairGate {
    thresholds: Thresholds,
    levels: Levels,
    bettor: Bettor,
    pairs: Vec<f64>,
    bets: Vec<Bet>,
    evidence: Evidence,
    passes: bool,
    mirror_passes: bool,
    decision: Decision,
}

impl PairGate {
    /// A gate that has seen nothing.
    pub fn new(thresholds: Thresholds, levels: Levels) -> Self {
        Self {
            thresholds,
            levels,
            bettor: Bettor::new(thresholds.must_catch - thresholds.tolerated),
            pairs: Vec::new(),
            bets: Vec::new(),
            evidence: Evidence::default(),
            passes: false,
            mirror_passes: false,
            decision: Decision::Open,
        }
    }

    /// Takes the log ratio of the next pair and says where things stand.
    ///
    /// A number that is not finite is not a measurement: it is left out, and nothing changes.
    /// A decision once made stays; later pairs still sharpen the estimate.
    pub fn observe(&mut self, log_ratio: f64) -> Decision {
        if !log_ratio.is_finite() {
            return self.decision;
        }
        let Thresholds { tolerated, must_catch } = self.thresholds;
        let bet = self.bettor.place(&self.pairs);
        self.evidence.regressed += bet.log_factor(log_ratio - tolerated);
        self.evidence.not_regressed += bet.log_factor(must_catch - log_ratio);
        self.evidence.improved += bet.log_factor(-log_ratio - tolerated);
        self.evidence.not_improved += bet.log_factor(must_catch + log_ratio);
        self.pairs.push(log_ratio);
        self.bets.push(bet);
        self.judge();
        self.decision
    }

    fn judge(&mut self) {
        let (red, pass) = (self.levels.red.ln(), self.levels.pass.ln());
        self.passes |= self.evidence.not_regressed >= pass;
        self.mirror_passes |= self.evidence.not_improved >= pass;
        if self.decision != Decision::Open {
            return;
        }
        self.decision = if self.evidence.regressed >= red {
            Decision::Regressed
        } else if self.evidence.improved >= red {
            Decision::Improved
        } else if self.passes && self.mirror_passes {
            Decision::Equivalent
        } else {
            Decision::Open
        };
    }

    /// The decision so far.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Whether a regression of `must_catch` has been excluded, at this or at an earlier pair. That
    /// may hold while the decision is open, because an improvement is not excluded: a gate that
    /// only has to keep regressions out can stop here.
    pub fn passes(&self) -> bool {
        self.passes
    }

    /// Pairs observed.
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// The log ratios observed, in their order.
    pub fn log_ratios(&self) -> &[f64] {
        &self.pairs
    }

    /// The evidence so far.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Where the log ratio lies. `None` before the first pair.
    ///
    /// The interval is all log ratios that neither gambler could have bet against with success:
    /// the same bets as the decision's, with another threshold, each end at 1/40. It is widened to
    /// the estimate in the rare case that it misses it.
    pub fn estimate(&self) -> Option<Estimate> {
        let centre = hodges_lehmann(&self.pairs)?;
        let level = 2.0 / (1.0 - CONFIDENCE);
        let low = limits::lower(&self.pairs, &self.bets, level);
        let high = limits::upper(&self.pairs, &self.bets, level);
        let interval = low.zip(high).map(|(low, high)| Interval {
            low: low.min(centre),
            high: high.max(centre),
            coverage: CONFIDENCE,
        });
        Some(Estimate { centre, interval })
    }

    /// The smallest log ratio that the pairs exclude, and with it all that are larger: "a
    /// regression of this much or more would have shown", with the certainty of
    /// [`Levels::pass`]. Below 0 where even "unchanged" is excluded. `None` while nothing is.
    pub fn excluded_from(&self) -> Option<f64> {
        limits::upper(&self.pairs, &self.bets, self.levels.pass)
    }

    /// As [`PairGate::excluded_from`] for improvements: this log ratio is excluded, and with it
    /// all that are smaller.
    pub fn excluded_to(&self) -> Option<f64> {
        limits::lower(&self.pairs, &self.bets, self.levels.pass)
    }

    /// The log ratio that a gate like this one would call regressed within `pairs` pairs in at
    /// least nine of ten runs, if the noise goes on as it was: what an undecided case was worth.
    /// `None` where that many pairs are too few for any change, or too few were seen to tell.
    pub fn detectable(&self, pairs: usize) -> Option<f64> {
        let bet = self.bettor.choose(&self.pairs)?;
        let floor = self.thresholds.tolerated;
        Some(floor + detectable::distance(&self.pairs, bet, pairs, self.levels.red.ln())?)
    }
}

#[cfg(test)]
mod tests;
