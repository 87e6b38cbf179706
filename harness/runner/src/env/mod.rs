//! The machine that runs happen on: its identity and facts about it.
