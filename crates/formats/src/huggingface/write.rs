//! Papers in the shape of Hugging Face's API.

use paper::Paper;
use serde_json::{Value, json};

/// An item of `/api/daily_papers`.
pub fn item(_paper: &Paper) -> Value {
    json!({})
}

/// A paper of `/api/papers/{id}`.
pub fn paper(_paper: &Paper) -> Value {
    json!({})
}
