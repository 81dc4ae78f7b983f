//! `-L` and `-P`: parameters and their values, as texts that go into a command exactly as typed.
//!
//! Numbers are counted in decimal, not in binary: 0.1 to 0.3 in steps of 0.1 ends at 0.3.

use crate::args::CmdArgs;

/// Most values of one scan.
const VALUES_MAX: i128 = 1_000;

/// A parameter of the commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// Every parameter of the command line, lists first.
///
/// # Errors
/// What cannot be understood, for a person.
pub(crate) fn all(args: &CmdArgs) -> Result<Vec<Parameter>, String> {
    let mut all: Vec<Parameter> = Vec::new();
    for list in args.parameter_list.chunks(2) {
        let [name, values] = list else { continue };
        all.push(Parameter { name: name.clone(), values: split(values) });
    }
    let scans = args.parameter_scan.len() / 3;
    if args.parameter_step_size.len() > scans {
        return Err(format!("more `--parameter-step-size` than the {scans} `--parameter-scan`"));
    }
    for (index, scan) in args.parameter_scan.chunks(3).enumerate() {
        let [name, min, max] = scan else { continue };
        let step = args.parameter_step_size.get(index).map_or("1", String::as_str);
        all.push(Parameter { name: name.clone(), values: scan_values(min, max, step)? });
    }
    for (index, one) in all.iter().enumerate() {
        if all[..index].iter().any(|other| other.name == one.name) {
            return Err(format!("parameter `{}` is given twice", one.name));
        }
    }
    Ok(all)
}

/// Values between commas; `\,` is a comma that separates nothing.
fn split(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ',' => values.push(String::new()),
            '\\' if chars.peek() == Some(&',') => values.extend_last(chars.next()),
            c => values.extend_last(Some(c)),
        }
    }
    values
}

trait ExtendLast {
    fn extend_last(&mut self, c: Option<char>);
}

impl ExtendLast for Vec<String> {
    fn extend_last(&mut self, c: Option<char>) {
        if let Some(last) = self.last_mut() {
            last.extend(c);
        }
    }
}

fn scan_values(min: &str, max: &str, step: &str) -> Result<Vec<String>, String> {
    let number = |text: &str| {
        Decimal::parse(text).ok_or_else(|| format!("`{text}` is no number such as 4 or 0.25"))
    };
    let (min, max, step) = (number(min)?, number(max)?, number(step)?);
    let digits = min.digits.max(max.digits).max(step.digits);
    let (from, to, by) = (min.scaled(digits), max.scaled(digits), step.scaled(digits));
    if by <= 0 {
        return Err("the step of a `--parameter-scan` is greater than 0".to_owned());
    }
    if from > to {
        return Err("a `--parameter-scan` goes from the smaller number to the larger".to_owned());
    }
    let count = (to - from) / by + 1;
    if count > VALUES_MAX {
        return Err(format!("a `--parameter-scan` of {count} values; at most {VALUES_MAX}"));
    }
    // As many digits as the numbers that are added up have.
    let digits = min.digits.max(step.digits);
    let (from, by) = (min.scaled(digits), step.scaled(digits));
    Ok((0..count).map(|n| Decimal { units: from + n * by, digits }.to_string()).collect())
}

/// A decimal number: `units` over ten to the power of `digits`.
#[derive(Clone, Copy)]
struct Decimal {
    units: i128,
    digits: u32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let (sign, figures) = match whole.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, whole),
        };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if figures.is_empty() || !all_digits(figures) || !all_digits(part) || text.len() > 15 {
            return None;
        }
        let units: i128 = format!("{figures}{part}").parse().ok()?;
        Some(Self { units: sign * units, digits: u32::try_from(part.len()).ok()? })
    }

    fn scaled(self, digits: u32) -> i128 {
        // OK because a number has at most 15 characters.
        self.units * 10_i128.pow(digits.saturating_sub(self.digits))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let one = 10_u128.pow(self.digits);
        let (whole, part) = (self.units.unsigned_abs() / one, self.units.unsigned_abs() % one);
        match self.digits {
            0 => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{part:0width$}", width = digits as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_commas_that_are_not_escaped() {
        assert_eq!(split("1,2,4"), ["1", "2", "4"]);
        assert_eq!(split("a\\,b,c\\d"), ["a,b", "c\\d"]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn a_scan_counts_in_decimal() {
        assert_eq!(scan_values("1", "4", "1").unwrap(), ["1", "2", "3", "4"]);
        assert_eq!(scan_values("0.3", "0.7", "0.2").unwrap(), ["0.3", "0.5", "0.7"]);
        assert_eq!(scan_values("0.1", "0.3", "0.1").unwrap(), ["0.1", "0.2", "0.3"]);
        assert_eq!(scan_values("-1", "1", "0.75").unwrap(), ["-1.00", "-0.25", "0.50"]);
        assert_eq!(scan_values("-0.5", "-0.5", "1").unwrap(), ["-0.5"]);
        assert_eq!(scan_values("0", "10", "4").unwrap(), ["0", "4", "8"]);
    }

    #[test]
    fn a_scan_that_makes_no_sense_says_why() {
        for (scan, why) in [
            (("a", "2", "1"), "no number"),
            (("1", "", "1"), "no number"),
            (("1", "2", "0"), "greater than 0"),
            (("3", "2", "1"), "smaller number"),
            (("0", "9999999", "0.001"), "at most"),
        ] {
            let error = scan_values(scan.0, scan.1, scan.2).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
