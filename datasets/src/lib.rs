//! Data sets: catalogue, fetching by package name, checksums, readers.
