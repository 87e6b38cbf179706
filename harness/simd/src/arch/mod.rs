//! The instruction sets. Each is a type whose values are made only where the processor reported the instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod memory;
mod portable;

#[cfg(target_arch = "x86_64")]
use self::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use self::avx512::Avx512;
pub(crate) use self::memory::{flatten, flatten_mut};
use self::portable::Portable;
use crate::element::Element;
use crate::lanes::{Lanes, Op};

/// A set, with the proof that its instructions exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Level {
    pub(crate) const PORTABLE: Self = Self::Portable(Portable);

    /// What this processor has, the fastest last.
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let sets =
            [Some(Self::PORTABLE), Avx2::detected().map(Self::Avx2), Avx512::detected().map(Self::Avx512)];
        #[cfg(not(target_arch = "x86_64"))]
        let sets = [Some(Self::PORTABLE)];
        sets.into_iter().flatten()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }
}

/// Runs an operation with a set.
#[cfg(target_arch = "x86_64")]
pub(crate) fn run<T: Element, O: Op<T>>(level: Level, op: O) -> O::Output
where
    Portable: Lanes<T>,
    Avx2: Lanes<T>,
    Avx512: Lanes<T>,
{
    match level {
        Level::Portable(set) => op.run(set),
        Level::Avx2(set) => set.run(op),
        Level::Avx512(set) => set.run(op),
    }
}

/// Runs an operation with a set.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run<T: Element, O: Op<T>>(Level::Portable(set): Level, op: O) -> O::Output
where
    Portable: Lanes<T>,
{
    op.run(set)
}
