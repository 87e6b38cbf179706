//! Data sets: a catalogue with checksums, fetching by package name, and readers of the field's file formats.
//!
//! ```no_run
//! use harness_datasets::{Catalogue, DataDir, readers::idx};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let catalogue = Catalogue::embedded();
//! let mnist = catalogue.find("mnist")?;
//! let path = DataDir::new("datasets/cache").locate(mnist, "train-images-idx3-ubyte")?;
//! let images = idx::read_images(&path)?;
//! assert_eq!((images.rows, images.cols), (28, 28));
//! # Ok(()) }
//! ```
//!
//! Nothing here touches the network except [`fetch`], and that only through the clients of package registries.

pub mod catalogue;
mod checksum;
mod data_dir;
pub mod fetch;
mod placing;
pub mod readers;
mod stamp;

pub use catalogue::{Catalogue, CatalogueError, DataFile, DataSet, UnknownDataSet};
pub use checksum::{InvalidSha256, Sha256Sum};
pub use data_dir::{DEFAULT_DATA_DIR, DataDir, DataError, FileState, Listing, Located, Provenance, State};
pub use fetch::{FetchCause, FetchError, FetchReport, Progress};
