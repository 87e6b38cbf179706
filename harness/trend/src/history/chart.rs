//! A series as a picture.

use harness_report::figures::{Chart, FigureError, Note, ScaleKind, Series as Line, chart_svg};

use super::Series;

impl Series {
    /// What is drawn: campaigns from left to right, a star where a level begins, a hollow mark where a change was accepted.
    pub fn chart(&self) -> Chart {
        let at = |at: usize| ((at + 1) as f64, self.points[at].value);
        let line = Line {
            name: self.name.to_string(),
            line: (0..self.points.len()).map(at).collect(),
            every_point: true,
            stars: self.changes.iter().map(|change| at(change.at)).collect(),
            reported: self.accepted.iter().map(|accepted| at(accepted.at)).collect(),
            ..Line::default()
        };
        let mut notes = vec![Note::Plain(format!("machine {}", self.machine.short()))];
        if !line.stars.is_empty() {
            notes.push(Note::Star("another level".to_owned()));
        }
        if !line.reported.is_empty() {
            notes.push(Note::Reported("accepted change".to_owned()));
        }
        let unit = self.metric.unit();
        Chart {
            title: format!("{} of {}", self.metric, self.name),
            x_label: "campaigns, oldest first".to_owned(),
            y_label: if unit.is_empty() {
                self.metric.to_string()
            } else {
                format!("{} ({unit})", self.metric)
            },
            x_scale: ScaleKind::Linear,
            y_scale: ScaleKind::Linear,
            series: vec![line],
            notes,
        }
    }

    /// The picture as an SVG file.
    ///
    /// # Errors
    ///
    /// When the drawing library refuses.
    pub fn svg(&self) -> Result<String, FigureError> {
        chart_svg(&self.chart())
    }
}
