//! The counts that are kept beside the code, in `counts.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Counts by name.
pub(crate) type Kept = BTreeMap<String, f64>;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

/// Reads them, if there are any.
pub(crate) fn read() -> Option<Kept> {
    serde_json::from_str(&std::fs::read_to_string(path()).ok()?).ok()
}

/// Keeps these from now on.
pub(crate) fn write(kept: &Kept) -> Result<(), String> {
    let text = serde_json::to_string_pretty(kept).map_err(|why| why.to_string())?;
    std::fs::write(path(), text + "\n").map_err(|why| why.to_string())
}
