//! Running a cell as the worker does, with a clock that stands still.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use harness_core::drive::{Host, Now};
use harness_core::frame::End;
use harness_core::protocol::Save;
use harness_core::{
    CellSpec, Device, Dtype, Frame, Measure, ProblemSpec, SolverSpec, SolverStatus, Stop, Suite,
};
use serde_json::{Map, Value};

#[derive(Default)]
struct Recorder(RefCell<Vec<Frame>>);

impl Host for Recorder {
    fn now(&self) -> Now {
        Now::default()
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, frame: Frame) -> io::Result<()> {
        self.0.borrow_mut().push(frame);
        Ok(())
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A cell of the suite.
pub(crate) fn cell(suite: &Suite, problem: (&str, &Value), solver: (&str, &Value), dtype: Dtype) -> CellSpec {
    let p = suite.problem(problem.0).expect("the problem is registered");
    let s = suite.solver(solver.0).expect("the solver is registered");
    let params = |resolved: harness_core::params::Resolved| (resolved.values, resolved.omit);
    let (p_params, p_omit) =
        params(p.resolve(&object(problem.1)).expect("the problem's parameters are right"));
    let (s_params, s_omit) = params(s.resolve(&object(solver.1)).expect("the solver's parameters are right"));
    CellSpec {
        suite: suite.id.to_string(),
        problem: ProblemSpec {
            id: problem.0.to_owned(),
            version: p.version,
            params: p_params,
            omit: p_omit,
            data_sha256: Vec::new(),
        },
        solver: SolverSpec { id: solver.0.to_owned(), params: s_params, omit: s_omit, code: None },
        stop: Stop { metric: "error".to_owned(), tol: None, max_iter: 1, budget_s: None, stall: None },
        measure: Measure::Trace {},
        replicate: 0,
        master_seed: 7,
        device: Device::Cpu,
        dtype,
        threads: 1,
        control: false,
    }
}

/// What became of a cell: its end, or why the solver does not take the problem.
pub(crate) fn run(suite: &Suite, cell: &CellSpec) -> Result<End, String> {
    run_and_save(suite, cell, None)
}

/// The same, with the solution saved to a file.
pub(crate) fn run_and_save(suite: &Suite, cell: &CellSpec, save: Option<&Save>) -> Result<End, String> {
    let problem = suite.problem(&cell.problem.id).expect("it is registered");
    let solver = suite.solver(&cell.solver.id).expect("it is registered");
    solver.accepts(&cell.solver.params, problem, &cell.problem)?;
    let instance = suite.instance(cell, Path::new("."), None).expect("the instance can be made");
    let recorder = Recorder::default();
    suite.run(cell, instance.as_ref(), &recorder, save).map_err(|e| e.to_string())?;
    let frames = recorder.0.into_inner();
    let end =
        frames.into_iter().find_map(|frame| if let Frame::End(end) = frame { Some(*end) } else { None });
    let end = end.expect("a run ends");
    assert_eq!(end.status, SolverStatus::MaxIter);
    Ok(end)
}
