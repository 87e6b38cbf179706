//! A user's own features.

use std::path::{Path, PathBuf};

use harness_core::{
    DataNeed, InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness,
};
use serde::{Deserialize, Serialize};

use crate::instance::ProductInstance;
use crate::layout::Signal;
use crate::math::paths::{Filter, Setting, Shape};
use crate::npz;

/// An `.npz` file with `x` and `y`, both batch × dim.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The file.
    pub path: String,
    /// Which degrees go in and come out.
    pub setting: Setting,
    /// Which paths count.
    pub filter: Filter,
    /// The largest input degree; none: from the length of the rows.
    pub lmax: Option<usize>,
    /// The largest output degree; none: `2L`.
    pub lout: Option<usize>,
    /// Functions or vector fields.
    pub signal: Signal,
}

impl Default for File {
    fn default() -> Self {
        Self {
            path: String::new(),
            setting: Setting::Mimo,
            filter: Filter::All,
            lmax: None,
            lout: None,
            signal: Signal::Scalar,
        }
    }
}

impl File {
    /// The shape of rows with so many numbers; an error says what the parameters expect.
    pub(crate) fn shape(&self, columns: usize) -> Result<Shape, String> {
        let per_component = columns / self.signal.components();
        let guess = match self.setting {
            Setting::Mimo => per_component.isqrt().saturating_sub(1),
            Setting::Siso | Setting::Simo => per_component.saturating_sub(1) / 2,
        };
        let lmax = self.lmax.unwrap_or(guess);
        let lout = self.lout.unwrap_or(2 * lmax);
        let shape = Shape { setting: self.setting, filter: self.filter, lmax, lout };
        let needed = self.signal.components() * shape.input_size();
        if columns == needed {
            return Ok(shape);
        }
        Err(match self.lmax {
            Some(_) => format!("degrees {} to {lmax} need {needed}", shape.input_degrees().start()),
            None => "expected (L+1)² of them for mimo, 2L+1 for siso and simo; say `setting` and `lmax`"
                .to_owned(),
        })
    }
}

impl Params for File {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "path", doc: "an .npz file with the arrays x and y, batch × dim" },
        super::SETTING_DOC,
        super::FILTER_DOC,
        ParamDoc { name: "lmax", doc: "the largest input degree; null: from the length of the rows" },
        super::LOUT_DOC,
        ParamDoc {
            name: "signal",
            doc: "scalar: functions on the sphere; vector: vector fields, irreps 1 ⊗ l",
        },
    ];

    /// The file's hash is in the key.
    const UNKEYED: &'static [&'static str] = &["path"];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(!self.path.is_empty(), "path", "the path of an .npz file", "nothing")?;
        if let Some(lmax) = self.lmax {
            super::check_lmax(lmax)?;
            super::check_lout(self.lout, lmax)?;
        }
        Ok(())
    }
}

impl Problem for File {
    const ID: &'static str = "file";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Features of your own, from an .npz file.";
    const SOURCE: &'static str = "numpy.savez(path, x=x, y=y)";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn data(&self) -> Vec<DataNeed> {
        vec![DataNeed::File(PathBuf::from(&self.path))]
    }

    fn instance(&self, _: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        npz::read_instance(Path::new(&self.path), self.signal, &|columns| self.shape(columns))
    }
}
