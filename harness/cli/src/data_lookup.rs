//! What the planner asks about data: is it here, and which bytes are it?

use harness_core::DataNeed;
use harness_datasets::{Catalogue, DataDir, Sha256Sum};
use harness_plan::plan::DataLookup;

/// Looks in the data folder and on the disk.
pub(crate) struct Lookup {
    data_dir: DataDir,
}

impl Lookup {
    pub(crate) fn new(data_dir: DataDir) -> Self {
        Self { data_dir }
    }
}

impl DataLookup for Lookup {
    fn sha256(&self, need: &DataNeed) -> Result<String, String> {
        match need {
            DataNeed::DataSet { name, file } => {
                let dataset = Catalogue::embedded().find(name).map_err(|e| e.to_string())?;
                let located = self.data_dir.resolve(dataset, file, None).map_err(|e| e.to_string())?;
                Ok(located.provenance.sha256().to_string())
            }
            DataNeed::File(path) => {
                let mut file = std::fs::File::open(path).map_err(|e| {
                    format!("cannot read {}: {e}; give the path of an existing file", path.display())
                })?;
                let (sum, _) = Sha256Sum::of_reader(&mut file)
                    .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
                Ok(sum.to_string())
            }
        }
    }
}
