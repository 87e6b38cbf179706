//! The instruction sets of this processor, and which of them to use.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::sync::OnceLock;

use crate::arch::Level;
use crate::element::Element;
use crate::lanes::Op;

/// The environment variable that overrides the choice of [`Isa::best`].
pub const SIMD_VARIABLE: &str = "HARNESS_SIMD";

/// An instruction set that this processor has. There is no way to hold one that it lacks.
///
/// ```
/// use harness_simd::Isa;
/// assert!(Isa::available().any(|isa| isa == Isa::PORTABLE));
/// assert_eq!(Isa::from_name("portable"), Ok(Isa::PORTABLE));
/// assert!(Isa::from_name("pentium").unwrap_err().to_string().contains("portable"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isa(Level);

impl Isa {
    /// Plain Rust, for whatever processor the crate is compiled for.
    pub const PORTABLE: Self = Self(Level::PORTABLE);

    /// All sets that this processor has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        Level::available().map(Self)
    }

    /// The fastest available set, whatever the environment says.
    pub fn fastest() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// The set to solve with: the one that `HARNESS_SIMD` names, or else the fastest. The variable is read once in a process.
    ///
    /// # Errors
    ///
    /// When this processor has no set of that name. To fall back on another would time something else than was asked for.
    pub fn best() -> Result<Self, UnknownIsa> {
        static BEST: OnceLock<Result<Isa, UnknownIsa>> = OnceLock::new();
        BEST.get_or_init(|| Self::named_or_fastest(env::var_os(SIMD_VARIABLE).as_deref())).clone()
    }

    fn named_or_fastest(name: Option<&OsStr>) -> Result<Self, UnknownIsa> {
        match name {
            None => Ok(Self::fastest()),
            Some(name) if name.is_empty() => Ok(Self::fastest()),
            Some(name) => Self::from_name(&name.to_string_lossy()),
        }
    }

    /// The available set called `name`: `portable`, `avx2` or `avx512`.
    ///
    /// # Errors
    ///
    /// When this processor has none of that name.
    pub fn from_name(name: &str) -> Result<Self, UnknownIsa> {
        Self::available().find(|isa| isa.name() == name).ok_or_else(|| UnknownIsa { name: name.to_owned() })
    }

    /// `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Runs a kernel's inner part with this instruction set.
    pub fn run<T: Element, O: Op<T>>(self, op: O) -> O::Output {
        T::run(self.0, op)
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// This processor has no instruction set of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownIsa {
    name: String,
}

impl fmt::Display for UnknownIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Isa::available().map(Isa::name).collect();
        write!(
            f,
            "no instruction set `{}` on this processor; it has {}: let {SIMD_VARIABLE} name one of them, or unset it \
             for the fastest",
            self.name,
            names.join(", ")
        )
    }
}

impl Error for UnknownIsa {}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn names_are_read_back_and_unset_or_empty_means_the_fastest() {
        for isa in Isa::available() {
            assert_eq!(Isa::named_or_fastest(Some(isa.name().as_ref())), Ok(isa));
        }
        for nothing in [None, Some(OsStr::new(""))] {
            assert_eq!(Isa::named_or_fastest(nothing), Ok(Isa::fastest()));
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_says_what_there_is_and_what_to_do() {
        let error = Isa::named_or_fastest(Some(OsStr::new("AVX2"))).unwrap_err().to_string();
        assert!(error.starts_with("no instruction set `AVX2` on this processor; it has portable"), "{error}");
        assert!(error.contains("let HARNESS_SIMD name one"), "{error}");
    }

    /// Calls itself: the variable is read once in a process.
    #[test]
    fn the_environment_decides_what_is_best() {
        const EXPECTED: &str = "HARNESS_SIMD_EXPECTED";
        if let Ok(expected) = env::var(EXPECTED) {
            let best = Isa::best().map_or("an error", Isa::name);
            return assert_eq!(best, expected);
        }
        for (variable, expected) in [("portable", "portable"), ("mmx", "an error")] {
            let status = Command::new(env::current_exe().expect("a test has a program"))
                .args(["--exact", "isa::tests::the_environment_decides_what_is_best"])
                .env(SIMD_VARIABLE, variable)
                .env(EXPECTED, expected)
                .output()
                .expect("a program can be started");
            assert!(status.status.success(), "{variable}: {}", String::from_utf8_lossy(&status.stdout));
        }
    }
}
