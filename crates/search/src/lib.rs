//! Search by word, by meaning and by both.
