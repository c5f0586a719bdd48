//! Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

use super::histogram::{BOUNDS, Sum};

/// A text that grows family by family.
#[derive(Default)]
pub struct Text {
    text: String,
    family: &'static str,
}

type Labels<'a> = &'a [(&'a str, &'a str)];

impl Text {
    /// Begins a family: the samples that follow are of it.
    pub fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample.
    pub fn sample(&mut self, labels: Labels<'_>, value: f64) {
        self.line("", labels, None, value);
    }

    /// The samples of a histogram.
    pub fn histogram(&mut self, labels: Labels<'_>, sum: &Sum) {
        let mut count = 0;
        let bounds = BOUNDS
            .iter()
            .map(|micros| (*micros as f64 / 1e6).to_string());
        for (bound, bucket) in bounds.chain(["+Inf".to_owned()]).zip(sum.buckets) {
            count += bucket;
            self.line("_bucket", labels, Some(("le", &bound)), count as f64);
        }
        self.line("_sum", labels, None, sum.seconds);
        self.line("_count", labels, None, count as f64);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, last: Option<(&str, &str)>, value: f64) {
        let family = self.family;
        let _ = write!(self.text, "{family}{suffix}");
        let mut separator = '{';
        for (name, value) in labels.iter().copied().chain(last) {
            let _ = write!(self.text, "{separator}{name}=\"");
            for character in value.chars() {
                match character {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    other => self.text.push(other),
                }
            }
            self.text.push('"');
            separator = ',';
        }
        let end = if separator == ',' { "}" } else { "" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut text = Text::default();
        text.family("f", "gauge", "Help.");
        text.sample(&[("route", "a\"b\\c\nd")], 1.5);
        let expected = "# HELP f Help.\n# TYPE f gauge\nf{route=\"a\\\"b\\\\c\\nd\"} 1.5\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn buckets_are_cumulative_and_end_in_the_count() {
        let mut sum = Sum::default();
        (sum.buckets[0], sum.buckets[BOUNDS.len()]) = (2, 1);
        let mut text = Text::default();
        text.family("f", "histogram", "Help.");
        text.histogram(&[], &sum);
        let text = text.finish();
        for line in [
            "f_bucket{le=\"0.0001\"} 2",
            "f_bucket{le=\"10\"} 2",
            "f_bucket{le=\"+Inf\"} 3",
            "f_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
