//! The exact optimum of the problem without regularisation.

use harness_core::{
    Determinism, Iterations, ParamDoc, Params, Randomness, Solve, SolveError, Solver, SolverStatus,
    StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::exact::{Assignment, NetworkSimplex, is_assignment};
use crate::instance::OtInstance;
use crate::solution::{OtSolution, SparsePlan};

/// Which method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExactMethod {
    /// Linear assignment where it applies, else the network simplex method.
    #[default]
    Auto,
    /// The network simplex method.
    NetworkSimplex,
    /// Shortest augmenting paths; for square problems with equal masses only.
    Assignment,
}

/// An optimal vertex of the linear programme, with dual variables that certify it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exact {
    /// Which method.
    pub method: ExactMethod,
}

impl Params for Exact {
    const DOCS: &'static [ParamDoc] = &[ParamDoc {
        name: "method",
        doc: "auto, network_simplex or assignment; auto takes assignment where the problem is square with equal masses",
    }];
}

impl Solver for Exact {
    const ID: &'static str = "exact";
    const SUMMARY: &'static str =
        "Exact optimal transport: linear assignment or transportation network simplex.";
    const SOURCE: &'static str =
        "Jonker and Volgenant 1987 (assignment); Dantzig 1951, Orden 1956, Kovács 2015 (network simplex)";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let (cost, r, c) = (instance.cost(), instance.r(), instance.c());
        let applies = is_assignment(cost, r, c);
        let method = match self.method {
            ExactMethod::Assignment if !applies => {
                return Err(SolveError(
                    "`assignment` needs a square problem with equal masses; use `method: network_simplex`"
                        .to_owned(),
                ));
            }
            ExactMethod::Assignment => Method::Assignment(Assignment::new(cost)),
            ExactMethod::Auto if applies => Method::Assignment(Assignment::new(cost)),
            ExactMethod::Auto | ExactMethod::NetworkSimplex => {
                Method::Simplex(NetworkSimplex::new(cost, r, c))
            }
        };
        Ok(Box::new(State {
            instance,
            method,
            solution: OtSolution::Exact(SparsePlan::default()),
            is_optimal: false,
        }))
    }
}

enum Method {
    Assignment(Assignment),
    Simplex(NetworkSimplex),
}

struct State<'a> {
    instance: &'a OtInstance,
    method: Method,
    solution: OtSolution,
    is_optimal: bool,
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One step is a batch: `n` augmentations' worth of O(n²) work would hide the budget, so a 64th part of it, or 1024
    /// pivots.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        let cost = self.instance.cost();
        let goes_on = match &mut self.method {
            Method::Assignment(assignment) => {
                let rows = self.instance.n().div_ceil(64);
                context.work.count("augmentations", rows as u64);
                assignment.advance(cost, rows)
            }
            Method::Simplex(simplex) => {
                let before = simplex.pivots();
                let goes_on = simplex.advance(cost, 1024);
                context.work.count("pivots", simplex.pivots() - before);
                goes_on
            }
        };
        if goes_on {
            return Ok(Step::Continue);
        }
        self.is_optimal = true;
        self.solution = OtSolution::Exact(match &self.method {
            Method::Assignment(assignment) => assignment.plan(cost, self.instance.r()[0]),
            Method::Simplex(simplex) => simplex.plan(),
        });
        Ok(Step::Done(SolverStatus::Solved))
    }

    /// Only the optimum: a plan on the way costs too much.
    fn has_solution(&self) -> bool {
        self.is_optimal
    }

    fn solution(&mut self) -> &OtSolution {
        &self.solution
    }
}
