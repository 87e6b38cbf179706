//! What is multiplied of functions on the sphere, and the degrees that go in and come out.

use std::ops::Range;

use crate::instance::Task;
use crate::math::index::{offset, size};
use crate::math::paths::Shape;

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factors {
    /// `x` and `y`.
    Pair,
    /// `x` so many times.
    Power(usize),
}

impl Factors {
    /// Those that a task is about.
    pub(crate) fn of(task: &Task) -> Self {
        match task {
            Task::ManyBody { nu } => Self::Power(*nu),
            _ => Self::Pair,
        }
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Pair => 2,
            Self::Power(nu) => nu,
        }
    }

    /// How many of them differ.
    pub(crate) fn distinct(self) -> usize {
        match self {
            Self::Pair => 2,
            Self::Power(_) => 1,
        }
    }
}

/// The degrees of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Degrees {
    /// The smallest degree of the factors.
    pub(crate) lmin: usize,
    /// The largest degree of the factors.
    pub(crate) lmax: usize,
    /// The smallest degree that comes out.
    pub(crate) out_min: usize,
    /// The largest degree that comes out.
    pub(crate) out_max: usize,
    /// The largest degree of the product itself: `2L` for two factors.
    pub(crate) product: usize,
}

impl Degrees {
    /// Those of a product of so many factors.
    pub(crate) fn of(shape: Shape, factors: Factors) -> Self {
        Self {
            lmin: *shape.input_degrees().start(),
            lmax: shape.lmax,
            out_min: *shape.output_degrees().start(),
            out_max: *shape.output_degrees().end(),
            product: factors.count() * shape.lmax,
        }
    }

    /// What a grid must integrate: the product against what comes out.
    pub(crate) fn total(&self) -> usize {
        self.product + self.out_max
    }

    /// The flat indices of the factors.
    pub(crate) fn inputs(&self) -> Range<usize> {
        offset(self.lmin)..size(self.lmax)
    }

    /// The flat indices of the output.
    pub(crate) fn outputs(&self) -> Range<usize> {
        offset(self.out_min)..size(self.out_max)
    }
}
