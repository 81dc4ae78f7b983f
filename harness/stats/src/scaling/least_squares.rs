//! Least squares with three unknowns that must not be negative.
//!
//! [`super::Scaling`] calls it. It must not be used for more unknowns: it tries all subsets.

/// The three numbers, none below 0, that bring r0 x0 + r1 x1 + r2 x2 nearest to r3 over all rows.
///
/// The best point either has all unknowns free or lies on a face where some are 0, and on its face
/// it is the plain least squares: with three unknowns there are seven faces to try. `None` where
/// no face has a solution.
pub(super) fn not_negative(rows: &[[f64; 4]]) -> Option<[f64; 3]> {
    // Normal equations, scaled by the size of each column so that their numbers are comparable.
    let size = |c: usize| rows.iter().map(|row| row[c] * row[c]).sum::<f64>().sqrt();
    let sizes = [size(0), size(1), size(2)];
    let product = |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>();
    let faces = (1..8).map(|mask| (0..3).filter(|i| mask >> i & 1 == 1).collect::<Vec<usize>>());
    let solutions = faces.filter_map(|free| {
        if free.iter().any(|i| sizes[*i] == 0.0) {
            return None;
        }
        let mut system: Vec<Vec<f64>> = free
            .iter()
            .map(|&a| {
                let left = free.iter().map(|&b| product(a, b) / (sizes[a] * sizes[b]));
                left.chain([product(a, 3) / sizes[a]]).collect()
            })
            .collect();
        let mut solution = [0.0; 3];
        for (&i, scaled) in free.iter().zip(eliminate(&mut system)?) {
            solution[i] = scaled / sizes[i];
        }
        solution.iter().all(|x| *x >= 0.0).then_some(solution)
    });
    let distance = |x: &[f64; 3]| -> f64 {
        rows.iter().map(|r| (r[0] * x[0] + r[1] * x[1] + r[2] * x[2] - r[3]).powi(2)).sum()
    };
    solutions.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Solves a small system by Gauss's elimination with pivots; `None` where it has no one solution.
fn eliminate(system: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    const SINGULAR: f64 = 1e-12;
    let n = system.len();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|a, b| system[*a][column].abs().total_cmp(&system[*b][column].abs()))?;
        if system[pivot][column].abs() < SINGULAR {
            return None;
        }
        system.swap(column, pivot);
        let pivot = system[column].clone();
        for row in (0..n).filter(|row| *row != column) {
            let factor = system[row][column] / pivot[column];
            for (entry, above) in system[row].iter_mut().zip(&pivot) {
                *entry -= factor * above;
            }
        }
    }
    Some((0..n).map(|i| system[i][n] / system[i][i]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_system_is_solved_exactly() {
        let rows = [[1.0, 0.0, 0.0, 2.0], [1.0, 1.0, 0.0, 5.0], [1.0, 1.0, 1.0, 9.0]];
        let found = not_negative(&rows).unwrap();
        assert!(found.iter().zip([2.0, 3.0, 4.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn what_would_be_negative_is_zero_and_the_rest_makes_the_best_of_it() {
        // A falling line: the best rising one is flat, through the mean.
        let rows = [[1.0, 1.0, 0.0, 3.0], [1.0, 2.0, 0.0, 2.0], [1.0, 3.0, 0.0, 1.0]];
        let found = not_negative(&rows).unwrap();
        assert!((found[0] - 2.0).abs() < 1e-9 && found[1] == 0.0 && found[2] == 0.0, "{found:?}");
        assert_eq!(not_negative(&[[0.0; 4]; 3]), None);
    }
}
