//! Rows from hand-written journals.
