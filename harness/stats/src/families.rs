//! Which of many pieces of evidence to believe, when they are looked at together.
//!
//! Gates call the first function to fail a build, dashboards the second to pick what to show. Both
//! take logarithms of e-values (see [`crate::sequential::Evidence`]) and hold however these depend
//! on each other. Neither must be given p-values.

/// The members that are believed so that believing anything wrong has probability `alpha` at most:
/// those with an e-value of m / `alpha` or more, m the size of the family (Bonferroni; by Markov's
/// inequality and the union bound). One flag for each member, in their order.
pub fn bonferroni(log_e_values: &[f64], alpha: f64) -> Vec<bool> {
    let level = (log_e_values.len() as f64 / alpha).ln();
    log_e_values.iter().map(|log_e| *log_e >= level).collect()
}

/// The members that are believed so that on average no more than the share `rate` of them is
/// wrong: the k largest e-values, with the largest k for which the k-th is m / (k `rate`) or more.
/// It believes all that [`bonferroni`] does, and more where much has changed. Source: Wang and
/// Ramdas, False Discovery Rate Control with E-values, JRSS B 84, 2022.
pub fn e_benjamini_hochberg(log_e_values: &[f64], rate: f64) -> Vec<bool> {
    let m = log_e_values.len() as f64;
    let mut descending: Vec<f64> = log_e_values.iter().copied().filter(|e| !e.is_nan()).collect();
    descending.sort_by(|a, b| b.total_cmp(a));
    let ranked = descending.iter().zip(1u32..);
    let enough = ranked.filter(|(log_e, k)| **log_e >= (m / (f64::from(*k) * rate)).ln());
    // The last of those that are enough is the smallest that is believed.
    let Some((least, _)) = enough.last() else { return vec![false; log_e_values.len()] };
    log_e_values.iter().map(|log_e| log_e >= least).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::Seeded;

    fn logs(e_values: &[f64]) -> Vec<f64> {
        e_values.iter().map(|e| e.ln()).collect()
    }

    #[test]
    fn a_build_needs_more_evidence_than_a_dashboard() {
        // Levels of a family of 4 at 5 %: 80 for Bonferroni; 80, 40, 26.7, 20 for the k-th.
        let e_values = logs(&[100.0, 1.0, 45.0, 30.0]);
        assert_eq!(bonferroni(&e_values, 0.05), [true, false, false, false]);
        assert_eq!(e_benjamini_hochberg(&e_values, 0.05), [true, false, true, true]);
        // The second falls short of its own level, but the third is enough for three.
        let e_values = logs(&[90.0, 39.0, 27.0, 1.0]);
        assert_eq!(e_benjamini_hochberg(&e_values, 0.05), [true, true, true, false]);
    }

    #[test]
    fn nothing_is_believed_without_evidence() {
        assert!(bonferroni(&[], 0.05).is_empty());
        assert!(e_benjamini_hochberg(&[], 0.05).is_empty());
        assert_eq!(e_benjamini_hochberg(&logs(&[19.0, 1.0]), 0.05), [false, false]);
        assert_eq!(bonferroni(&[f64::NAN, 9.0], 0.05), [false, true]);
        assert_eq!(e_benjamini_hochberg(&[f64::NAN, 9.0], 0.05), [false, true]);
    }

    #[test]
    fn believed_members_are_wrong_no_more_often_than_promised() {
        let mut seeded = Seeded::new(7);
        let (rounds, rate, m) = (4000, 0.2, 10);
        let (mut wrong_share, mut wrong_builds) = (0.0, 0u32);
        for _ in 0..rounds {
            // Likelihood ratios of N(1.5, 1) against N(0, 1): e-values, for the first half true.
            let e_values: Vec<f64> = (0..m)
                .map(|i| seeded.normal() + if i < m / 2 { 3.0 } else { 0.0 })
                .map(|x| 1.5 * x - 1.125)
                .collect();
            let believed = e_benjamini_hochberg(&e_values, rate);
            let wrong = believed[m / 2..].iter().filter(|yes| **yes).count();
            let all = believed.iter().filter(|yes| **yes).count();
            wrong_share += wrong as f64 / all.max(1) as f64;
            wrong_builds += u32::from(bonferroni(&e_values, rate)[m / 2..].contains(&true));
        }
        let (wrong_share, wrong_builds) =
            (wrong_share / f64::from(rounds), f64::from(wrong_builds) / f64::from(rounds));
        assert!(wrong_share < rate / 2.0 + 0.01, "{wrong_share}");
        assert!(wrong_builds < rate, "{wrong_builds}");
    }

    proptest! {
        #[test]
        fn a_dashboard_believes_all_that_a_build_does_in_any_order(
            log_e in prop::collection::vec(-3.0..12.0f64, 0..30), alpha in 0.001..0.5f64,
        ) {
            let (build, board) = (bonferroni(&log_e, alpha), e_benjamini_hochberg(&log_e, alpha));
            prop_assert!(build.iter().zip(&board).all(|(build, board)| board >= build));
            let turned: Vec<f64> = log_e.iter().rev().copied().collect();
            let mut back = e_benjamini_hochberg(&turned, alpha);
            back.reverse();
            prop_assert_eq!(back, board);
        }
    }
}
