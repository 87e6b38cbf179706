//! What a suite implements, and the words that every other crate shares: problems, solvers, cells, keys, records.
