//! Registered solvers: methods of ours, and peers.

use std::any::{TypeId, type_name};
use std::borrow::Cow;

use super::{AnyInstance, PEER_PREFIX, ParamMap, PeerSolver, ProblemEntry};
use crate::cell::{Device, Dtype, ProblemSpec};
use crate::drive::{self, DriveError, Host, Job};
use crate::params::{self, ParamDoc, ParamError, Params, Resolved};
use crate::problem::Randomness;
use crate::protocol::Save;
use crate::solver::{Determinism, SolveError, Solver};

/// A registered solver.
pub struct SolverEntry {
    /// Its id; that of a peer begins with [`PEER_PREFIX`].
    pub id: Cow<'static, str>,
    /// One sentence.
    pub summary: Cow<'static, str>,
    /// Where it is defined.
    pub source: Cow<'static, str>,
    /// Its parameters' documentation.
    pub docs: &'static [ParamDoc],
    /// How far two runs may differ.
    pub determinism: Determinism,
    /// Whether it draws random numbers.
    pub randomness: Randomness,
    /// Devices it can compute on.
    pub devices: &'static [Device],
    /// Element types it can compute in.
    pub dtypes: Cow<'static, [Dtype]>,
    method: Method,
}

/// What carries a solver out.
enum Method {
    /// Code of the suite.
    Own {
        instance_type: TypeId,
        defaults: fn() -> ParamMap,
        resolve: fn(&ParamMap) -> Result<Resolved, Vec<ParamError>>,
        accepts: fn(&ParamMap, &ProblemSpec) -> Result<(), String>,
        run: fn(&ParamMap, &dyn AnyInstance, &Job, &dyn Host, Option<&Save>) -> Result<(), DriveError>,
    },
    /// A program.
    Peer(Box<PeerSolver>),
}

impl SolverEntry {
    pub(super) fn of<S: Solver>() -> Self {
        Self {
            id: S::ID.into(),
            summary: S::SUMMARY.into(),
            source: S::SOURCE.into(),
            docs: S::DOCS,
            determinism: S::DETERMINISM,
            randomness: S::RANDOMNESS,
            devices: S::DEVICES,
            dtypes: S::DTYPES.into(),
            method: Method::Own {
                instance_type: TypeId::of::<S::Instance>(),
                defaults: params::defaults::<S>,
                resolve: params::resolve::<S>,
                accepts: |map, problem| params::typed::<S>(map).map_err(|e| e.to_string())?.accepts(problem),
                run: run_solver::<S>,
            },
        }
    }

    pub(super) fn of_peer(peer: PeerSolver) -> Self {
        let randomness =
            if peer.determinism == Determinism::Statistical { Randomness::Seeded } else { Randomness::Fixed };
        Self {
            id: format!("{PEER_PREFIX}{}", peer.name).into(),
            summary: peer.summary.clone().into(),
            source: peer.source.clone().into(),
            docs: &[],
            determinism: peer.determinism,
            randomness,
            devices: &[Device::Cpu],
            dtypes: peer.dtypes.clone().into(),
            method: Method::Peer(Box::new(peer)),
        }
    }

    /// The peer, if it is one.
    pub fn peer(&self) -> Option<&PeerSolver> {
        match &self.method {
            Method::Peer(peer) => Some(peer),
            Method::Own { .. } => None,
        }
    }

    /// Every parameter with its default.
    pub fn defaults(&self) -> ParamMap {
        match &self.method {
            Method::Own { defaults, .. } => defaults(),
            Method::Peer(peer) => peer.params.clone(),
        }
    }

    /// Checks parameters and fills them up with defaults.
    ///
    /// # Errors
    ///
    /// One error a wrong parameter.
    pub fn resolve(&self, given: &ParamMap) -> Result<Resolved, Vec<ParamError>> {
        match &self.method {
            Method::Own { resolve, .. } => resolve(given),
            Method::Peer(peer) => peer.resolve(given),
        }
    }

    /// Whether the solver, with these parameters, can solve a problem.
    ///
    /// # Errors
    ///
    /// The reason why not.
    pub fn accepts(
        &self,
        params: &ParamMap,
        problem: &ProblemEntry,
        spec: &ProblemSpec,
    ) -> Result<(), String> {
        match &self.method {
            Method::Own { instance_type, .. } if *instance_type != problem.instance_type => {
                Err(format!("`{}` does not solve instances of `{}`", self.id, problem.id))
            }
            Method::Own { accepts, .. } => accepts(params, spec),
            Method::Peer(peer) => peer.accepts(problem.id),
        }
    }

    pub(super) fn run(
        &self,
        params: &ParamMap,
        instance: &dyn AnyInstance,
        job: &Job,
        host: &dyn Host,
        save: Option<&Save>,
    ) -> Result<(), DriveError> {
        match &self.method {
            Method::Own { run, .. } => run(params, instance, job, host, save),
            Method::Peer(peer) => Err(SolveError(format!(
                "the peer `{}` is a program of its own: it needs a channel",
                peer.name
            ))
            .into()),
        }
    }
}

fn run_solver<S: Solver>(
    params: &ParamMap,
    instance: &dyn AnyInstance,
    job: &Job,
    host: &dyn Host,
    save: Option<&Save>,
) -> Result<(), DriveError> {
    let solver: S = typed(params)?;
    let instance = instance.as_any().downcast_ref::<S::Instance>().ok_or_else(|| {
        SolveError(format!("`{}` solves instances of type {}", S::ID, type_name::<S::Instance>()))
    })?;
    let mut finish = |solution: &_| save.map_or(Ok(()), |save| save.write(instance, solution));
    drive::drive(&solver, instance, job, host, &mut finish)
}

fn typed<P: Params>(map: &ParamMap) -> Result<P, SolveError> {
    params::typed(map).map_err(|e| SolveError(e.to_string()))
}
