//! What else went on while a sample was taken, and whether that spoils it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Readings of the machine: either up to an instant, or, as a difference, during a sample. What the system does not tell
/// is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Voluntary context switches of the process.
    pub nvcsw: Option<i64>,
    /// Involuntary context switches of the process.
    pub nivcsw: Option<i64>,
    /// Time in microseconds during which some process of the machine waited for a processor (pressure stall information).
    pub psi_cpu_some_us: Option<i64>,
    /// Clock ticks that the hypervisor gave to others, all processors.
    pub steal_ticks: Option<i64>,
    /// The processor's frequency now; in a difference that at its end.
    pub freq_mhz: Option<f64>,
}

impl Conditions {
    /// What went on from `before` to now.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let difference = |now: Option<i64>, before: Option<i64>| now.zip(before).map(|(a, b)| a - b);
        Self {
            nvcsw: difference(self.nvcsw, before.nvcsw),
            nivcsw: difference(self.nivcsw, before.nivcsw),
            psi_cpu_some_us: difference(self.psi_cpu_some_us, before.psi_cpu_some_us),
            steal_ticks: difference(self.steal_ticks, before.steal_ticks),
            freq_mhz: self.freq_mhz,
        }
    }
}

/// A sample's times, beside its conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// Wall time in nanoseconds.
    pub wall_ns: i64,
    /// CPU time of all threads in nanoseconds.
    pub cpu_ns: i64,
    /// How many threads the solver may use.
    pub threads: usize,
    /// The frequency in MHz at the first sample.
    pub first_freq_mhz: Option<f64>,
}

/// A sign that a sample was disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// More than ten involuntary context switches a second, and more than one.
    Switches,
    /// Processes waited for a processor for more than 5 % of the time.
    Pressure,
    /// More than 1 % of the time was stolen by the hypervisor.
    Steal,
    /// A single thread took more than 1.1 times its CPU time, and 0.2 ms more.
    OffCpu,
    /// The frequency fell by more than 10 % since the first sample.
    Frequency,
}

impl Sign {
    /// Its name: in journals, in the column `contamination`, and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Sign::Switches => "switches",
            Sign::Pressure => "pressure",
            Sign::Steal => "steal",
            Sign::OffCpu => "off-cpu",
            Sign::Frequency => "frequency",
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The signs that a sample was disturbed: any of them spoils it. None if the system tells nothing.
pub fn signs(times: &Times, during: &Conditions) -> Option<Vec<Sign>> {
    /// A clock tick of `/proc/stat` in nanoseconds, on all systems that have it.
    const TICK_NS: f64 = 1e7;
    let wall = times.wall_ns as f64;
    let switched = during.nivcsw.map(|n| n > 1 && n as f64 * 1e9 > 10.0 * wall);
    let waited = during.psi_cpu_some_us.map(|us| us as f64 * 1e3 > 0.05 * wall);
    let stolen = during.steal_ticks.map(|ticks| ticks as f64 * TICK_NS > 0.01 * wall);
    let beside = wall - times.cpu_ns as f64;
    let idle = (times.threads == 1).then_some(beside > 0.1 * times.cpu_ns as f64 && beside > 2e5);
    let slowed = during.freq_mhz.zip(times.first_freq_mhz).map(|(now, first)| now < 0.9 * first);
    let all = [
        (Sign::Switches, switched),
        (Sign::Pressure, waited),
        (Sign::Steal, stolen),
        (Sign::OffCpu, idle),
        (Sign::Frequency, slowed),
    ];
    let known = all.iter().any(|(_, shown)| shown.is_some());
    known.then(|| all.iter().filter(|(_, shown)| *shown == Some(true)).map(|(sign, _)| *sign).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Conditions = Conditions {
        nvcsw: Some(3),
        nivcsw: Some(1),
        psi_cpu_some_us: Some(100),
        steal_ticks: Some(0),
        freq_mhz: Some(3000.0),
    };
    const TIMES: Times =
        Times { wall_ns: 10_000_000, cpu_ns: 9_990_000, threads: 1, first_freq_mhz: Some(3000.0) };

    fn is_contaminated(times: &Times, during: &Conditions) -> Option<bool> {
        signs(times, during).map(|signs| !signs.is_empty())
    }

    #[test]
    fn a_quiet_sample_is_clean_and_every_sign_alone_spoils_it() {
        assert_eq!(is_contaminated(&TIMES, &QUIET), Some(false));
        for disturbed in [
            Conditions { nivcsw: Some(2), ..QUIET },
            Conditions { psi_cpu_some_us: Some(501), ..QUIET },
            Conditions { steal_ticks: Some(1), ..QUIET },
            Conditions { freq_mhz: Some(2600.0), ..QUIET },
        ] {
            assert_eq!(is_contaminated(&TIMES, &disturbed), Some(true), "{disturbed:?}");
        }
        let waiting = Times { cpu_ns: 9_000_000, ..TIMES };
        assert_eq!(is_contaminated(&waiting, &QUIET), Some(true));
        assert_eq!(is_contaminated(&Times { threads: 2, ..waiting }, &QUIET), Some(false));
    }

    #[test]
    fn the_signs_say_what_it_was() {
        assert_eq!(signs(&TIMES, &QUIET), Some(vec![]));
        let stolen = Conditions { steal_ticks: Some(1), freq_mhz: Some(2600.0), ..QUIET };
        assert_eq!(signs(&TIMES, &stolen), Some(vec![Sign::Steal, Sign::Frequency]));
        let pushed = Conditions { nivcsw: Some(2), psi_cpu_some_us: Some(501), ..QUIET };
        let waiting = Times { cpu_ns: 9_000_000, ..TIMES };
        assert_eq!(signs(&waiting, &pushed), Some(vec![Sign::Switches, Sign::Pressure, Sign::OffCpu]));
        let unknown = Times { threads: 2, first_freq_mhz: None, ..TIMES };
        assert_eq!(signs(&unknown, &Conditions::default()), None);
        for sign in [Sign::Switches, Sign::Pressure, Sign::Steal, Sign::OffCpu, Sign::Frequency] {
            assert_eq!(serde_json::to_value(sign).unwrap(), sign.as_str());
        }
    }

    #[test]
    fn switches_count_by_their_rate() {
        let long = Times { wall_ns: 1_000_000_000, cpu_ns: 999_000_000, ..TIMES };
        assert_eq!(is_contaminated(&long, &Conditions { nivcsw: Some(9), ..QUIET }), Some(false));
        assert_eq!(is_contaminated(&long, &Conditions { nivcsw: Some(11), ..QUIET }), Some(true));
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let times = Times { threads: 2, first_freq_mhz: None, ..TIMES };
        assert_eq!(is_contaminated(&times, &Conditions::default()), None);
    }

    #[test]
    fn a_difference_is_known_only_where_both_readings_are() {
        let later = Conditions { nivcsw: Some(5), steal_ticks: None, ..QUIET };
        let during = later.since(QUIET);
        assert_eq!((during.nivcsw, during.steal_ticks, during.freq_mhz), (Some(4), None, Some(3000.0)));
    }
}
