//! The slim program that runs one cell.
