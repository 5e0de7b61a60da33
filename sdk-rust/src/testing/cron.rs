//! Cron expressions as nodes read them: five fields, or six with the second before them. Times are in UTC, for a
//! test world knows no other zone.

use crate::{Code, Error};

const MACROS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

struct Field {
    label: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: [Field; 6] = [
    Field { label: "second", min: 0, max: 59, names: &[] },
    Field { label: "minute", min: 0, max: 59, names: &[] },
    Field { label: "hour", min: 0, max: 23, names: &[] },
    Field { label: "day of month", min: 1, max: 31, names: &[] },
    Field { label: "month", min: 1, max: 12, names: MONTHS },
    Field { label: "day of week", min: 0, max: 7, names: DAYS },
];
const DAY_OF_MONTH: usize = 3;
const DAY_OF_WEEK: usize = 5;
const DAY: i64 = 86_400;

/// The 29th of February is away at most 8 years.
const MAX_DAYS: i64 = 12 * 366;

/// An expression.
#[derive(Clone)]
pub struct Cron {
    text: String,
    sets: [u64; 6],
    last_day: bool,
}

impl Cron {
    pub fn parse(text: &str) -> Result<Cron, Error> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lower = text.to_lowercase();
        let fields = MACROS.iter().find(|(name, _)| *name == lower).map_or(text.as_str(), |(_, of)| *of);
        let mut parts: Vec<&str> = fields.split_whitespace().collect();
        let count = parts.len();
        if count == 5 {
            parts.insert(0, "0");
        }
        let mut cron = Cron { text: text.clone(), sets: [0; 6], last_day: false };
        if parts.len() != 6 {
            return Err(cron.bad(&format!(
                "it has {} fields instead of five (minute, hour, day of month, month, day of week) or six (second before \
                 them)",
                count
            )));
        }
        for (i, part) in parts.iter().enumerate() {
            for item in part.split(',') {
                cron.sets[i] |= cron.item(i, item)?;
            }
        }
        cron.sets[DAY_OF_WEEK] = (cron.sets[DAY_OF_WEEK] | cron.sets[DAY_OF_WEEK] >> 7) & 0x7f;
        cron.last_day = parts[DAY_OF_MONTH].split(',').any(|item| item.eq_ignore_ascii_case("L"));
        if cron.next_second(10_957 * DAY).is_none() {
            return Err(cron.bad("it names a day that never comes"));
        }
        Ok(cron)
    }

    fn bad(&self, why: &str) -> Error {
        Error::system(Code::InvalidArgument, format!("cron expression \"{}\" is not valid: {}", self.text, why))
    }

    fn item(&self, i: usize, item: &str) -> Result<u64, Error> {
        let field = &FIELDS[i];
        let bad = |why: String| self.bad(&format!("\"{}\" as its {}: {}", item, field.label, why));
        let number = |s: &str| -> Result<u32, Error> {
            let digits = !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
            let why = "a field is *, numbers, ranges, steps such as */5, and lists of them";
            s.parse().ok().filter(|_| digits).ok_or_else(|| bad(why.to_string()))
        };
        let value = |s: &str| -> Result<u32, Error> {
            if let Some(named) = field.names.iter().position(|n| s.eq_ignore_ascii_case(n)) {
                return Ok(named as u32 + field.min);
            }
            let n = number(s)?;
            if n < field.min || n > field.max {
                return Err(bad(format!("it must be from {} to {}", field.min, field.max)));
            }
            Ok(n)
        };
        if i == DAY_OF_MONTH && item.eq_ignore_ascii_case("L") {
            return Ok(0);
        }
        let (span, step) = match item.find('/') {
            Some(at) => (&item[..at], Some(number(&item[at + 1..])?)),
            None => (item, None),
        };
        if step.map_or(false, |n| n < 1 || n > field.max) {
            return Err(bad(format!("its step must be from 1 to {}", field.max)));
        }
        let day = i == DAY_OF_MONTH || i == DAY_OF_WEEK;
        let (from, to) = if span == "*" || (span == "?" && day) {
            (field.min, field.max)
        } else if let Some(dash) = span.find('-') {
            (value(&span[..dash])?, value(&span[dash + 1..])?)
        } else {
            let from = value(span)?;
            (from, if step.is_some() { field.max } else { from })
        };
        if from > to {
            return Err(bad("its range runs backwards".to_string()));
        }
        Ok((from..=to).step_by(step.unwrap_or(1) as usize).fold(0, |bits, n| bits | 1 << n))
    }

    fn is_day(&self, days: i64) -> bool {
        let (_, month, day) = date(days);
        let last = self.last_day && date(days + 1).2 == 1;
        let of_month = has(self.sets[DAY_OF_MONTH], day) || last;
        let of_week = has(self.sets[DAY_OF_WEEK], (days + 4).rem_euclid(7) as u32);
        let either = self.sets[DAY_OF_MONTH] != (1 << 32) - 2 && self.sets[DAY_OF_WEEK] != 0x7f;
        has(self.sets[4], month) && if either { of_month || of_week } else { of_month && of_week }
    }

    /// The first second from that one on.
    fn next_second(&self, from: i64) -> Option<i64> {
        let first = from.div_euclid(DAY);
        for day in first..first + MAX_DAYS {
            if self.is_day(day) {
                let start = if day == first { from.rem_euclid(DAY) } else { 0 };
                if let Some(at) = self.in_day(start) {
                    return Some(day * DAY + at);
                }
            }
        }
        None
    }

    fn in_day(&self, start: i64) -> Option<i64> {
        let mut at = start;
        while at < DAY {
            let (hour, minute, second) = ((at / 3600) as u32, (at / 60 % 60) as u32, (at % 60) as u32);
            if !has(self.sets[2], hour) {
                at = i64::from(hour + 1) * 3600;
            } else if !has(self.sets[1], minute) {
                at = at / 60 * 60 + 60;
            } else if !has(self.sets[0], second) {
                at += 1;
            } else {
                return Some(at);
            }
        }
        None
    }

    /// The first time after that one, both in milliseconds since 1970.
    pub fn next(&self, after_ms: i64) -> i64 {
        self.next_second(after_ms.div_euclid(1000) + 1).expect("it was looked at when it was read") * 1000
    }
}

fn has(bits: u64, n: u32) -> bool {
    bits >> n & 1 == 1
}

/// Year, month and day of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * m + 2) / 5 + 1) as u32;
    let month = if m < 10 { m + 3 } else { m - 9 } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn cases() -> Value {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../host-api/src/test/resources/io/plexspaces/api/op/cron.json"
        );
        Value::parse(&std::fs::read(path).expect("the cases are beside this crate")).unwrap()
    }

    /// A time as the cases write it, in milliseconds.
    fn millis(text: &str) -> i64 {
        let part = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
        let day = (0..80_000).find(|d| {
            let (y, m, day) = date(*d);
            (y, i64::from(m), i64::from(day)) == (part(0, 4), part(5, 7), part(8, 10))
        });
        let fraction = if text.contains('.') { part(20, 23) } else { 0 };
        ((day.unwrap() * 24 + part(11, 13)) * 3600 + part(14, 16) * 60 + part(17, 19)) * 1000 + fraction
    }

    #[test]
    fn times_are_those_of_a_node() {
        let cases = cases();
        let mut tried = 0;
        for case in cases["times"].as_array().unwrap().iter().filter(|c| c["tz"].as_str().is_none()) {
            let cron = Cron::parse(case["expr"].as_str().unwrap()).unwrap();
            let mut at = millis(case["after"].as_str().unwrap());
            for next in case["next"].as_array().unwrap() {
                at = cron.next(at);
                assert_eq!(at, millis(next.as_str().unwrap()), "{:?}", case);
            }
            tried += 1;
        }
        assert!(tried > 20);
    }

    #[test]
    fn what_is_no_expression_is_refused_by_name() {
        for case in cases()["refused"].as_array().unwrap() {
            let error = Cron::parse(case["expr"].as_str().unwrap()).err().expect("it is refused");
            assert_eq!(error.code, Code::InvalidArgument);
            assert!(error.message.contains(case["naming"].as_str().unwrap()), "{}", error.message);
        }
    }
}
