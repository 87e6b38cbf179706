//! Instances with their type erased.

use std::any::Any;
use std::path::Path;

use serde_json::{Map, Value};

use crate::drive::{DriveError, Host, Job};
use crate::peer::{self, Channel};
use crate::problem::{Instance, InstanceError};
use crate::protocol::Save;

/// An instance whose type is known to its problem and solvers only.
pub trait AnyInstance: Send + Sync {
    /// The instance as [`Any`].
    fn as_any(&self) -> &dyn Any;
    /// See [`Instance::describe`].
    fn describe(&self) -> Map<String, Value>;
    /// See [`Instance::EXTENSION`].
    fn extension(&self) -> &'static str;
    /// See [`Instance::SOLUTION`].
    fn solution(&self) -> &'static str;
    /// See [`Instance::write`].
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn write(&self, path: &Path) -> Result<(), InstanceError>;
    /// See [`peer::run`].
    ///
    /// # Errors
    ///
    /// As [`peer::run`].
    fn run_peer(
        &self,
        channel: &dyn Channel,
        job: &Job,
        host: &dyn Host,
        save: Option<&Save>,
    ) -> Result<(), DriveError>;
}

impl<I: Instance> AnyInstance for I {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> Map<String, Value> {
        Instance::describe(self)
    }

    fn extension(&self) -> &'static str {
        I::EXTENSION
    }

    fn solution(&self) -> &'static str {
        I::SOLUTION
    }

    fn write(&self, path: &Path) -> Result<(), InstanceError> {
        Instance::write(self, path)
    }

    fn run_peer(
        &self,
        channel: &dyn Channel,
        job: &Job,
        host: &dyn Host,
        save: Option<&Save>,
    ) -> Result<(), DriveError> {
        peer::run(self, channel, job, host, save)
    }
}
