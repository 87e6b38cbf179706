//! Registered problems.

use std::any::TypeId;
use std::path::Path;

use super::{AnyInstance, ParamMap};
use crate::metrics::MetricInfo;
use crate::params::{self, ParamDoc, ParamError, Resolved};
use crate::problem::{DataNeed, Instance, InstanceContext, InstanceError, Problem, Randomness};

/// A registered problem.
pub struct ProblemEntry {
    /// Its id.
    pub id: &'static str,
    /// Its generator's version.
    pub version: u32,
    /// One sentence.
    pub summary: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Its parameters' documentation.
    pub docs: &'static [ParamDoc],
    /// The metrics its instances compute.
    pub metrics: &'static [MetricInfo],
    /// The metric a stop rule is about by default.
    pub stop_metric: &'static str,
    /// What can be saved of a solution.
    pub saves: &'static [&'static str],
    pub(super) instance_type: TypeId,
    defaults: fn() -> ParamMap,
    resolve: fn(&ParamMap) -> Result<Resolved, Vec<ParamError>>,
    randomness: fn(&ParamMap) -> Result<Randomness, ParamError>,
    data: fn(&ParamMap) -> Result<Vec<DataNeed>, ParamError>,
    instance: fn(&ParamMap, &InstanceContext) -> Result<Box<dyn AnyInstance>, InstanceError>,
    read: fn(&Path) -> Result<Box<dyn AnyInstance>, InstanceError>,
}

impl ProblemEntry {
    pub(super) fn of<P: Problem>() -> Self {
        Self {
            id: P::ID,
            version: P::VERSION,
            summary: P::SUMMARY,
            source: P::SOURCE,
            docs: P::DOCS,
            metrics: P::Instance::METRICS,
            stop_metric: P::Instance::STOP_METRIC,
            saves: P::Instance::SAVES,
            instance_type: TypeId::of::<P::Instance>(),
            defaults: params::defaults::<P>,
            resolve: params::resolve::<P>,
            randomness: |map| Ok(params::typed::<P>(map)?.randomness()),
            data: |map| Ok(params::typed::<P>(map)?.data()),
            instance: |map, context| {
                let problem = params::typed::<P>(map).map_err(|e| InstanceError(e.to_string()))?;
                Ok(Box::new(problem.instance(context)?))
            },
            read: |path| Ok(Box::new(P::Instance::read(path)?)),
        }
    }

    /// Every parameter with its default.
    pub fn defaults(&self) -> ParamMap {
        (self.defaults)()
    }

    /// Checks parameters and fills them up with defaults.
    ///
    /// # Errors
    ///
    /// One error a wrong parameter.
    pub fn resolve(&self, given: &ParamMap) -> Result<Resolved, Vec<ParamError>> {
        (self.resolve)(given)
    }

    /// Whether the instance depends on the replicate.
    ///
    /// # Errors
    ///
    /// When `params` were not resolved.
    pub fn randomness(&self, params: &ParamMap) -> Result<Randomness, ParamError> {
        (self.randomness)(params)
    }

    pub(super) fn instance(
        &self,
        params: &ParamMap,
        context: &InstanceContext,
    ) -> Result<Box<dyn AnyInstance>, InstanceError> {
        (self.instance)(params, context)
    }

    pub(super) fn read(&self, path: &Path) -> Result<Box<dyn AnyInstance>, InstanceError> {
        (self.read)(path)
    }

    /// The files that the instance is read from.
    ///
    /// # Errors
    ///
    /// When `params` were not resolved.
    pub fn data(&self, params: &ParamMap) -> Result<Vec<DataNeed>, ParamError> {
        (self.data)(params)
    }
}
