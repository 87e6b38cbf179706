//! Pairs of images from data sets.

use harness_core::{
    DataNeed, InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness,
};
use harness_datasets::readers::{csv, idx};
use harness_datasets::{Catalogue, DataDir};
use serde::{Deserialize, Serialize};

use super::grid::{self, GridCost, GridScale, PixelSupport};
use crate::instance::{DEFAULT_ETA, OtInstance};

/// A data set of grey images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSet {
    /// Handwritten digits, training set, 28 × 28.
    #[default]
    Mnist,
    /// Articles of clothing, training set, 28 × 28.
    FashionMnist,
    /// Handwritten digits, 8 × 8.
    Digits,
}

impl ImageSet {
    /// Name and file in the catalogue.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            ImageSet::Mnist => ("mnist", "train-images-idx3-ubyte"),
            ImageSet::FashionMnist => ("fashion_mnist", "train-images-idx3-ubyte"),
            ImageSet::Digits => ("digits", "digits.csv"),
        }
    }

    /// Pixels along each side.
    fn side(self) -> usize {
        if self == ImageSet::Digits { 8 } else { 28 }
    }

    fn count(self) -> usize {
        if self == ImageSet::Digits { 1797 } else { 60_000 }
    }

    /// The images at these indices, intensities in 0..1.
    fn read(self, pair: [usize; 2], data_dir: &DataDir) -> Result<[Vec<f64>; 2], String> {
        let (name, file) = self.place();
        let catalogue = Catalogue::embedded();
        let set = catalogue.find(name).map_err(|e| e.to_string())?;
        let path = data_dir.locate(set, file).map_err(|e| e.to_string())?;
        let missing =
            |i: usize| format!("{}: there is no image {i} of {} pixels", path.display(), self.side().pow(2));
        let scaled = |image: &[f64], white: f64| image.iter().map(|v| v / white).collect();
        let [a, b] = if self == ImageSet::Digits {
            let table = csv::read(&path, csv::Format::default()).map_err(|e| e.to_string())?;
            // The last column is the label.
            pair.map(|i| {
                table.row(i).and_then(|row| row.get(..64)).map(|v| scaled(v, 16.0)).ok_or_else(|| missing(i))
            })
        } else {
            let images = idx::read_images(&path).map_err(|e| e.to_string())?;
            pair.map(|i| {
                let image = images.image(i).filter(|v| v.len() == 784).ok_or_else(|| missing(i))?;
                Ok(image.iter().map(|&v| f64::from(v) / 255.0).collect())
            })
        };
        Ok([a?, b?])
    }
}

/// Image `pair[0]` to image `pair[1]`, by their places in the file, from 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Where the images come from.
    pub dataset: ImageSet,
    /// The two images.
    pub pair: [usize; 2],
    /// The cost between pixels.
    pub cost: GridCost,
    /// The unit of length.
    pub scale: GridScale,
    /// What becomes of black pixels.
    pub support: PixelSupport,
    /// Inverse regularisation.
    pub eta: f64,
}

impl Default for Images {
    fn default() -> Self {
        Self {
            dataset: ImageSet::Mnist,
            pair: [0, 1],
            cost: GridCost::Sql2,
            scale: GridScale::Grid,
            support: PixelSupport::Drop,
            eta: DEFAULT_ETA,
        }
    }
}

impl Params for Images {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "dataset", doc: "mnist, fashion_mnist (training sets) or digits (8 × 8)" },
        ParamDoc { name: "pair", doc: "indices of the two images in the file, from 0" },
        ParamDoc { name: "cost", doc: "l1, l2 or sql2 (squared Euclidean) between pixels" },
        ParamDoc {
            name: "scale",
            doc: "grid: pixels are 1/side apart; unit_square: 1/(side − 1); max: the largest cost of the grid is 1",
        },
        ParamDoc {
            name: "support",
            doc: "drop: black pixels are left out; {smooth: e}: (1 − e) v + e/pixels; {offset: e}: added to intensities in 0..1",
        },
        super::ETA_DOC,
    ];

    fn check(&self) -> Result<(), ParamError> {
        let count = self.dataset.count();
        for index in self.pair {
            ParamError::require(index < count, "pair", &format!("two indices below {count}"), index)?;
        }
        self.support.check()?;
        super::check_eta(self.eta)
    }
}

impl Problem for Images {
    const ID: &'static str = "images";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Two images of a data set, as masses on a grid of pixels.";
    const SOURCE: &'static str = "Tang et al., ICLR 2024, section 6; Tang and Qiu, NeurIPS 2024; Wang and Qiu, ICML 2025; Brauer et al. 2017";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Fixed
    }

    fn data(&self) -> Vec<DataNeed> {
        let (name, file) = self.dataset.place();
        vec![DataNeed::DataSet { name: name.to_owned(), file: file.to_owned() }]
    }

    fn instance(&self, context: &InstanceContext) -> Result<OtInstance, InstanceError> {
        let side = self.dataset.side();
        let [a, b] = self.dataset.read(self.pair, &DataDir::new(&context.data_dir)).map_err(InstanceError)?;
        let cost = grid::pixel_cost(self.cost, self.scale, side);
        grid::instance(side, [&a, &b], self.support, cost, self.eta)
    }
}
