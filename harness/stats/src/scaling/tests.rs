use proptest::prelude::*;

use super::*;

fn measured(points: &[(f64, f64)]) -> Vec<Measured> {
    let points = points.iter();
    points.map(|&(workers, x)| Measured { workers, throughputs: vec![x] }).collect()
}

/// Points on a curve.
fn on_curve(single: f64, contention: f64, coherence: f64, numbers: &[f64]) -> Vec<(f64, f64)> {
    let curve = Curve { single, contention, coherence };
    numbers.iter().map(|&n| (n, curve.throughput(n))).collect()
}

const NUMBERS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

#[test]
fn a_law_is_found_again_from_points_on_it() {
    let fit = |points: &[(f64, f64)], law| Scaling::fit(&measured(points), law).unwrap();
    let found = fit(&on_curve(250.0, 0.05, 0.002, &NUMBERS), Law::Universal);
    for (fitted, expect) in
        [(found.single, 250.0), (found.contention, 0.05), (found.coherence, 0.002)]
    {
        assert!((fitted.value / expect - 1.0).abs() < 1e-9, "{found:?}");
        assert_eq!(fitted.interval, None);
    }
    assert!((found.peak.unwrap().value - (0.95f64 / 0.002).sqrt()).abs() < 1e-6);
    assert!((found.ceiling().unwrap() - 5000.0).abs() < 1e-6);
    assert!(found.explained > 1.0 - 1e-12);
    let amdahl = fit(&on_curve(10.0, 0.1, 0.0, &NUMBERS), Law::Amdahl);
    assert!((amdahl.contention.value - 0.1).abs() < 1e-12, "{amdahl:?}");
    assert_eq!((amdahl.coherence.value, amdahl.peak), (0.0, None));
    // Amdahl's own example: with a tenth serial, 32 workers do 7.8 times the work of one.
    assert!((amdahl.throughput(32.0) / amdahl.throughput(1.0) - 7.805).abs() < 1e-3);
}

#[test]
fn the_published_ray_tracer_has_its_published_contention() {
    // Gunther, Guerrilla Capacity Planning, 2007, chapter 5 (SGI Origin 2000); the fit of the R
    // package usl (Möding) has a contention of 0.050 and a coherence of 0.000005.
    let points = [
        (1.0, 20.0),
        (4.0, 78.0),
        (8.0, 130.0),
        (12.0, 170.0),
        (16.0, 190.0),
        (20.0, 200.0),
        (24.0, 210.0),
        (28.0, 230.0),
        (32.0, 260.0),
        (48.0, 280.0),
        (64.0, 310.0),
    ];
    let found = Scaling::fit(&measured(&points), Law::Universal).unwrap();
    println!("{found:?}");
    assert!((0.04..0.06).contains(&found.contention.value), "{found:?}");
    assert!(found.coherence.value < 1e-4 && found.explained > 0.97, "{found:?}");
}

#[test]
fn the_intervals_cover_the_truth() {
    let mut seeded = Seeded::new(31);
    let (rounds, mut covered) = (60, 0);
    for _ in 0..rounds {
        let sweep: Vec<Measured> = on_curve(100.0, 0.08, 0.003, &NUMBERS)
            .into_iter()
            .map(|(workers, x)| Measured {
                workers,
                throughputs: (0..12).map(|_| x * (0.03 * seeded.normal()).exp()).collect(),
            })
            .collect();
        let found = Scaling::fit(&sweep, Law::Universal).unwrap();
        let interval = found.contention.interval.unwrap();
        covered += u32::from(interval.low <= 0.08 && 0.08 <= interval.high);
        let peak = found.peak.unwrap();
        let range = peak.interval.unwrap();
        assert!(range.low <= peak.value && peak.value <= range.high, "{peak:?}");
    }
    println!("covered: {covered} of {rounds}");
    assert!(covered >= rounds * 85 / 100, "{covered} of {rounds}");
}

#[test]
fn throughput_that_grows_faster_than_its_workers_has_neither_contention_nor_a_peak() {
    let points = [(1.0, 10.0), (2.0, 22.0), (4.0, 46.0), (8.0, 99.0)];
    let found = Scaling::fit(&measured(&points), Law::Universal).unwrap();
    assert_eq!((found.contention.value, found.coherence.value), (0.0, 0.0));
    assert_eq!((found.peak, found.ceiling()), (None, None));
}

#[test]
fn what_gets_slower_with_every_worker_is_all_serial_and_no_more() {
    let falling = measured(&[(1.0, 4.8), (2.0, 4.4), (4.0, 4.0), (8.0, 3.0)]);
    let amdahl = Scaling::fit(&falling, Law::Amdahl).unwrap();
    assert_eq!(amdahl.contention.value, 1.0);
    // With nothing but serial work throughput does not depend on the workers.
    assert_eq!(amdahl.throughput(1.0), amdahl.throughput(8.0));
    let universal = Scaling::fit(&falling, Law::Universal).unwrap();
    assert!(universal.contention.value <= 1.0 && universal.coherence.value > 0.0, "{universal:?}");
    assert_eq!(universal.peak.unwrap().value, 1.0);
}

#[test]
fn too_few_numbers_of_workers_and_impossible_throughputs_are_refused() {
    let fit = |points: &[(f64, f64)]| Scaling::fit(&measured(points), Law::Universal);
    assert_eq!(fit(&[]), None);
    assert_eq!(fit(&[(1.0, 1.0), (2.0, 2.0), (2.0, 2.1)]), None);
    assert_eq!(fit(&[(1.0, 1.0), (2.0, 0.0), (4.0, 3.0)]), None);
    assert_eq!(fit(&[(0.5, 1.0), (2.0, 2.0), (4.0, 3.0)]), None);
    let empty = Measured { workers: 8.0, throughputs: Vec::new() };
    let mut sweep = measured(&[(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]);
    sweep.push(empty);
    assert_eq!(Scaling::fit(&sweep, Law::Amdahl), None);
}

proptest! {
    #[test]
    fn order_does_not_matter_and_a_unit_scales_only_the_single_worker(
        contention in 0.0..0.5f64, coherence in 0.0..0.05f64,
        wobble in prop::collection::vec(0.9..1.1f64, 6), power in -10i32..10,
    ) {
        let curve = on_curve(50.0, contention, coherence, &NUMBERS);
        let points: Vec<(f64, f64)> =
            curve.iter().zip(wobble).map(|(&(n, x), w)| (n, x * w)).collect();
        let factor = 2f64.powi(power);
        let turned: Vec<(f64, f64)> = points.iter().rev().map(|&(n, x)| (n, x * factor)).collect();
        let plain = Scaling::fit(&measured(&points), Law::Universal).unwrap();
        let found = Scaling::fit(&measured(&turned), Law::Universal).unwrap();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-7 * (1.0 + a.abs());
        prop_assert!(close(plain.contention.value, found.contention.value));
        prop_assert!(close(plain.coherence.value, found.coherence.value));
        prop_assert!(close(plain.single.value * factor, found.single.value));
        prop_assert!(plain.contention.value >= 0.0 && plain.coherence.value >= 0.0);
    }
}
