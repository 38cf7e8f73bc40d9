//! The shapes of answers, kept as snapshots: a member that is renamed, retyped or lost shows at once.

use serde_json::Value;

/// Compares an answer with the snapshot of that name, with what differs from run to run blotted out.
#[track_caller]
pub(crate) fn shape(name: &str, body: &Value) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_sort_maps(true);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(name, redacted(body)));
}

/// The same, with ids, moments and tokens blotted out. A member that should hold one and does not stays
/// as it is, so that it shows.
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
    if name.ends_with("_at") && value.as_str().is_some_and(is_utc) {
        return "[timestamp]".into();
    }
    if (name.ends_with("_token") || name == "next_cursor") && value.is_string() {
        return "[opaque]".into();
    }
    redacted(value)
}

/// Whether it is a moment in RFC 3339, in UTC.
fn is_utc(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok_and(|at| at.offset().local_minus_utc() == 0)
}
