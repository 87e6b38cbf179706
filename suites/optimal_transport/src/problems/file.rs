//! A user's own problem.

use std::path::{Path, PathBuf};

use harness_core::{
    DataNeed, InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness,
};
use serde::{Deserialize, Serialize};

use crate::instance::OtInstance;
use crate::npz;

/// An `.npz` file with `C` (n × m), `r` (n), `c` (m) and optionally `eta`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The file.
    pub path: String,
    /// Inverse regularisation; none: the file's, or 1200.
    pub eta: Option<f64>,
}

impl Params for File {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc {
            name: "path",
            doc: "an .npz file with the arrays C (n × m), r (n), c (m) and optionally eta",
        },
        ParamDoc { name: "eta", doc: "inverse regularisation η; null: the file's, or 1200" },
    ];

    /// The file's hash is in the key.
    const UNKEYED: &'static [&'static str] = &["path"];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(!self.path.is_empty(), "path", "the path of an .npz file", "nothing")?;
        self.eta.map_or(Ok(()), super::check_eta)
    }
}

impl Problem for File {
    const ID: &'static str = "file";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "A problem of your own, from an .npz file.";
    const SOURCE: &'static str = "numpy.savez(path, C=C, r=r, c=c, eta=eta)";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn data(&self) -> Vec<DataNeed> {
        vec![DataNeed::File(PathBuf::from(&self.path))]
    }

    fn instance(&self, _: &InstanceContext) -> Result<OtInstance, InstanceError> {
        npz::read_instance(Path::new(&self.path), self.eta)
    }
}
