//! Whether a row of figures grows, told so that single peaks do not matter.

/// The median. 0 if there are no figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (length, half) if length.is_multiple_of(2) => (sorted[half - 1] + sorted[half]) / 2.0,
        (_, half) => sorted[half],
    }
}

/// How much the figures grow over their whole time: the median of the slopes between all pairs of points (the
/// estimator of Theil and Sen, which bears up to 29 % of outliers), times the time.
pub fn growth(points: &[(f64, f64)]) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return 0.0;
    };
    let slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(index, (x, y))| {
            let later = points[index + 1..].iter();
            later.map(move |(later_x, later_y)| (later_y - y) / (later_x - x))
        })
        .filter(|slope| slope.is_finite())
        .collect();
    median(&slopes) * (last.0 - first.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(seed: u64, slope: f64) -> Vec<(f64, f64)> {
        let mut random = fastrand::Rng::with_seed(seed);
        (0..200)
            .map(|at| {
                let at = f64::from(at);
                let peak = if random.u8(..10) == 0 { 500.0 } else { 0.0 };
                (at, 1000.0 + slope * at + random.f64() * 20.0 + peak)
            })
            .collect()
    }

    #[test]
    fn peaks_are_no_growth() {
        for seed in 0..20 {
            let growth = growth(&noisy(seed, 0.0));
            assert!(growth.abs() < 8.0, "{growth}");
        }
    }

    #[test]
    fn growth_is_seen_through_noise_and_peaks() {
        for seed in 0..20 {
            let growth = growth(&noisy(seed, 1.0));
            assert!((growth - 199.0).abs() < 10.0, "{growth}");
        }
    }

    #[test]
    fn a_plateau_that_was_reached_is_no_growth() {
        let points: Vec<_> = (0..100)
            .map(|at| (f64::from(at), f64::from(at.min(20))))
            .collect();
        assert!(growth(&points[20..]).abs() < f64::EPSILON);
        assert!(growth(&points[..20]) > 18.0);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(growth(&[]), 0.0);
        assert_eq!(growth(&[(1.0, 5.0)]), 0.0);
    }
}
