//! How criterion prints a count: with a prefix and its name; and throughput as what was processed per
//! count. Times are printed as criterion prints its own.

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use record::Unit;
use record::metrics::Metric;

/// How the values of one counter are printed.
pub(crate) enum Formatter {
    /// As criterion's own times.
    Time,
    /// As a count.
    Count(Box<Counts>),
}

impl Formatter {
    pub(crate) fn of(metric: &Metric) -> Self {
        match metric.unit {
            Unit::Nanoseconds => Self::Time,
            Unit::Bytes => Self::Count(Box::new(Counts::new(BYTES, ""))),
            _ => Self::Count(Box::new(Counts::new(DECIMAL, metric.name))),
        }
    }

    pub(crate) fn as_dyn(&self) -> &dyn ValueFormatter {
        match self {
            Self::Time => WallTime.formatter(),
            Self::Count(counts) => &**counts,
        }
    }
}

/// Factors and what they are called, largest first.
type Scale = [(f64, &'static str); 4];

const DECIMAL: Scale = [(1e9, "G "), (1e6, "M "), (1e3, "k "), (1.0, "")];

const BYTES: Scale = [
    ((1_u64 << 30) as f64, "GiB"),
    ((1_u64 << 20) as f64, "MiB"),
    ((1_u64 << 10) as f64, "KiB"),
    (1.0, "B"),
];

/// The names that one counter's values may take. Criterion wants them to live for ever, so they are
/// made once for a counter and never freed.
pub(crate) struct Counts {
    plain: Scale,
    elements_per: Scale,
    bytes_per: Scale,
    machines: &'static str,
}

impl Counts {
    fn new(scale: Scale, name: &str) -> Self {
        let named = |before: &str| -> Scale {
            scale.map(|(factor, prefix)| {
                let text = format!("{before}{prefix}{name}");
                (factor, &*Box::leak(text.into_boxed_str()))
            })
        };
        let plain = named("");
        Self {
            plain,
            elements_per: named("elements per "),
            bytes_per: named("bytes per "),
            machines: plain[3].1,
        }
    }
}

/// Divides the values by the largest factor that leaves the typical one at 1 or more.
fn scaled(scale: &Scale, typical: f64, values: &mut [f64]) -> &'static str {
    let fits = scale.iter().find(|(factor, _)| typical.abs() >= *factor);
    let (factor, unit) = fits.unwrap_or(&scale[3]);
    values.iter_mut().for_each(|value| *value /= factor);
    unit
}

impl ValueFormatter for Counts {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        scaled(&self.plain, typical, values)
    }

    /// Elements or bytes per count, not the other way round: criterion calls more of it better.
    fn scale_throughputs(
        &self,
        typical: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        let (scale, amount) = match throughput {
            Throughput::Elements(elements) | Throughput::ElementsAndBytes { elements, .. } => {
                (&self.elements_per, *elements as f64)
            }
            Throughput::Bytes(bytes) | Throughput::BytesDecimal(bytes) => {
                (&self.bytes_per, *bytes as f64)
            }
            Throughput::Bits(bits) => (&self.bytes_per, *bits as f64 / 8.0),
        };
        // The smallest number of counts for which at least one was processed.
        let fits = scale.iter().rev().find(|(factor, _)| amount / typical * factor >= 1.0);
        let (factor, unit) = fits.unwrap_or(&scale[0]);
        values.iter_mut().for_each(|value| *value = amount / *value * factor);
        unit
    }

    fn scale_for_machines(&self, _values: &mut [f64]) -> &'static str {
        self.machines
    }
}

#[cfg(test)]
mod tests {
    use record::metrics;

    use super::*;

    #[test]
    fn counts_have_a_prefix_and_a_name_and_throughput_is_what_was_processed_per_count() {
        let formatter = Formatter::of(&metrics::INSTRUCTIONS);
        let formatter = formatter.as_dyn();
        assert_eq!(formatter.format_value(2_500_000.0).trim(), "2.5000 M instructions");
        assert_eq!(formatter.format_value(7.0).trim(), "7.0000 instructions");
        let rows = formatter.format_throughput(&Throughput::Elements(1_000), 2_500_000.0);
        assert_eq!(rows.trim(), "400.00 elements per M instructions");
        let bytes = formatter.format_throughput(&Throughput::Bytes(8), 2.0);
        assert_eq!(bytes.trim(), "4.0000 bytes per instructions");
        let mut values = [3.0];
        assert_eq!((formatter.scale_for_machines(&mut values), values), ("instructions", [3.0]));
    }

    #[test]
    fn bytes_have_binary_prefixes_and_times_are_criterions() {
        let bytes = Formatter::of(&metrics::ALLOCATED_BYTES);
        assert_eq!(bytes.as_dyn().format_value(3.0 * 1_048_576.0).trim(), "3.0000 MiB");
        let time = Formatter::of(&metrics::CPU_TIME);
        assert_eq!(time.as_dyn().format_value(1_500.0).trim(), "1.5000 µs");
    }
}
