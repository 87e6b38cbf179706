//! A history for a terminal of 100 columns.

use std::fmt::Write as _;

use harness_report::number;

use super::{Change, Drift, History, Point, Series};

/// The widest sparkline.
const WIDEST: usize = 60;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar a value; of more values than fit, the last ones.
fn sparkline(values: &[f64]) -> String {
    let shown = &values[values.len().saturating_sub(WIDEST)..];
    let (lo, hi) =
        shown.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
    let bar = |value: &f64| {
        // A series that does not move is a low line, not a high one.
        let share = if hi > lo { (value - lo) / (hi - lo) } else { 0.0 };
        BARS[((share * 7.0).round() as usize).min(7)]
    };
    shown.iter().map(bar).collect()
}

impl Point {
    /// `2026-03-01-ci-0a1b2c3d4e, commit 0123456789`.
    fn who(&self) -> String {
        let commit =
            self.commit.as_ref().map(|commit| format!(", commit {}", &commit[..commit.len().min(10)]));
        format!("{}{}", self.campaign, commit.unwrap_or_default())
    }
}

impl Series {
    fn show(&self, value: f64) -> String {
        number::with_unit(value, self.metric.unit())
    }

    fn sign(&self) -> &'static str {
        let newest = self.newest_change().map(|change| change.worse);
        match (newest, self.drift) {
            (Some(Some(true)), _) | (_, Some(_)) => "✗",
            (Some(Some(false)), None) => "✓",
            (Some(None), None) => "·",
            (None, None) => " ",
        }
    }

    /// `1.3× 1 s → 1.3 s (both procedures) at 2026-03-01-ci-0a1b2c3d4e, commit 0123456789`.
    pub(crate) fn change_text(&self, change: &Change) -> String {
        let (before, after) = (self.show(change.before), self.show(change.after));
        let factor = change.after / change.before;
        let ratio = if factor > 0.0 && factor.is_finite() {
            format!("{}× ", number::significant(factor, 4))
        } else {
            String::new()
        };
        let how = if change.suspected {
            format!("suspected by {} alone", change.found)
        } else {
            change.found.to_owned()
        };
        format!("{ratio}{before} → {after} ({how}) at {}", self.points[change.at].who())
    }

    fn drift_text(&self, drift: &Drift) -> String {
        format!(
            "small changes add up: {}× the best level, {}, which began at {}",
            number::significant(drift.ratio, 4),
            self.show(drift.best),
            self.points[drift.best_at].campaign
        )
    }

    fn write(&self, out: &mut String) {
        let values: Vec<f64> = self.points.iter().map(|point| point.value).collect();
        let (first, last) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        let _ = writeln!(out, "{} {}, machine {}", self.sign(), self.name, self.machine.short());
        let n =
            if values.len() == 1 { "1 campaign".to_owned() } else { format!("{} campaigns", values.len()) };
        let _ = writeln!(out, "    {}  {} → {}, {n}", sparkline(&values), self.show(first), self.show(last));
        for change in &self.changes {
            let _ = writeln!(out, "    {}", self.change_text(change));
        }
        if let Some(drift) = &self.drift {
            let _ = writeln!(out, "    {}", self.drift_text(drift));
        }
        for accepted in &self.accepted {
            let _ = writeln!(out, "    accepted at {}: {}", self.points[accepted.at].who(), accepted.reason);
        }
    }
}

impl History {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let news = self.series.iter().filter(|series| series.has_news()).count();
        let all = self.series.len();
        let _ = writeln!(out, "{}: {news} of {all} series changed", self.metric);
        for (title, with_news) in [("CHANGED", true), ("UNCHANGED", false)] {
            let mut of = self.series.iter().filter(|series| series.has_news() == with_news).peekable();
            if of.peek().is_some() {
                let _ = writeln!(out, "\n{title}");
            }
            for series in of {
                series.write(&mut out);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_value_is_the_lowest_bar_and_a_level_is_a_low_line() {
        assert_eq!(sparkline(&[1.0, 2.0, 1.5]), "▁█▅");
        assert_eq!(sparkline(&[3.0, 3.0]), "▁▁");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&vec![1.0; 100]).chars().count(), WIDEST);
    }
}
