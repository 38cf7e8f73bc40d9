//! The parent span of a request in a distributed trace.

use std::{fmt, num::NonZero, str::FromStr};

/// A span in a distributed trace, as a `traceparent` header names it ([W3C Trace Context], section
/// 3.2).
///
/// It is passed along as data, from the request to the delivery of its events, so that both are in
/// one trace. No rule depends on it.
///
/// ```
/// use domain::TraceParent;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent: TraceParent = header.parse()?;
/// assert!(parent.sampled());
/// assert_eq!(parent.to_string(), header);
/// # Ok::<(), domain::NotATraceParent>(())
/// ```
///
/// [W3C Trace Context]: https://www.w3.org/TR/trace-context/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: NonZero<u128>,
    span_id: NonZero<u64>,
    sampled: bool,
}

impl TraceParent {
    /// A span of a trace, and whether the client records the trace.
    pub const fn new(trace_id: NonZero<u128>, span_id: NonZero<u64>, sampled: bool) -> Self {
        Self { trace_id, span_id, sampled }
    }

    /// The identifier of the trace.
    pub const fn trace_id(self) -> NonZero<u128> {
        self.trace_id
    }

    /// The identifier of the trace as logs and other services write it: 32 hexadecimal digits.
    pub fn trace_hex(self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The identifier of the span, which is the parent of the spans made here.
    pub const fn span_id(self) -> NonZero<u64> {
        self.span_id
    }

    /// Whether the client records the trace.
    pub const fn sampled(self) -> bool {
        self.sampled
    }
}

impl fmt::Display for TraceParent {
    /// Writes the value of a header, in version `00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// The text is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct NotATraceParent;

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    /// Parses a header of any version but the forbidden `ff`: of later ones, the fields of version
    /// `00`.
    fn from_str(raw: &str) -> Result<Self, NotATraceParent> {
        let mut parts = raw.splitn(5, '-');
        let mut hex = |digits| parts.next().and_then(|part| lower_hex(part, digits));
        let (version, trace_id, span_id, flags) = (hex(2), hex(32), hex(16), hex(2));
        match (version, parts.next()) {
            (Some(0), None) | (Some(1..0xff), _) => {}
            _ => return Err(NotATraceParent),
        }
        let trace_id = trace_id.and_then(NonZero::new).ok_or(NotATraceParent)?;
        let span_id = span_id.and_then(|id| u64::try_from(id).ok()).and_then(NonZero::new);
        let flags = flags.ok_or(NotATraceParent)?;
        Ok(Self { trace_id, span_id: span_id.ok_or(NotATraceParent)?, sampled: flags & 1 == 1 })
    }
}

/// Parses exactly this many hexadecimal digits, none of them in upper case.
fn lower_hex(part: &str, digits: usize) -> Option<u128> {
    let valid = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (part.len() == digits && part.bytes().all(valid))
        .then(|| u128::from_str_radix(part, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn parse(raw: &str) -> Result<TraceParent, NotATraceParent> {
        raw.parse()
    }

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        for flags in ["00", "01"] {
            let header = format!("00-{TRACE}-{SPAN}-{flags}");
            let parent = parse(&header).unwrap();
            assert_eq!(parent.to_string(), header);
            assert_eq!(parent.sampled(), flags == "01");
            assert_eq!(parent.trace_hex(), TRACE);
            assert_eq!(format!("{:016x}", parent.span_id()), SPAN);
        }
    }

    #[test]
    fn unknown_flags_are_ignored() {
        assert!(parse(&format!("00-{TRACE}-{SPAN}-ff")).unwrap().sampled());
        assert!(!parse(&format!("00-{TRACE}-{SPAN}-02")).unwrap().sampled());
    }

    #[test]
    fn a_later_version_is_parsed_up_to_the_fields_of_version_00() {
        let parent = parse(&format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like")).unwrap();
        assert_eq!(parent.to_string(), format!("00-{TRACE}-{SPAN}-01"));
        assert!(parse(&format!("cc-{TRACE}-{SPAN}-01")).is_ok());
    }

    #[test]
    fn other_texts_are_refused() {
        let zeros = ["0".repeat(32), "0".repeat(16)];
        for raw in [
            String::new(),
            "hello".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", zeros[0]),
            format!("00-{TRACE}-{}-01", zeros[1]),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0ä"),
        ] {
            assert_eq!(parse(&raw), Err(NotATraceParent), "{raw}");
        }
    }
}
