//! Snapshots of response bodies: they show when a member is renamed, retyped or lost.

use serde_json::Value;

/// Compares a body with the snapshot of this name. What differs from run to run is redacted.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, body: &Value) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_sort_maps(true);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(name, redacted(body)));
}

/// The body with ids, timestamps and tokens redacted. A member that should hold one and holds
/// something else stays, so that the comparison fails.
fn redacted(body: &Value) -> Value {
    match body {
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), redacted_member(name, value)))
            .collect(),
        other => other.clone(),
    }
}

fn redacted_member(name: &str, value: &Value) -> Value {
    let is_id = name == "id" || name.ends_with("_id");
    if is_id && value.as_i64().is_some_and(|id| id > 0) {
        return "[id]".into();
    }
    if name.ends_with("_at") && value.as_str().is_some_and(is_utc_timestamp) {
        return "[timestamp]".into();
    }
    if (name.ends_with("_token") || name == "next_cursor") && value.is_string() {
        return "[opaque]".into();
    }
    redacted(value)
}

/// Whether this is an RFC 3339 timestamp in UTC.
fn is_utc_timestamp(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok_and(|at| at.offset().local_minus_utc() == 0)
}
