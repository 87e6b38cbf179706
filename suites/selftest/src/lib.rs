//! A suite that misbehaves on purpose, for the tests of the runner; hidden from `list`.
