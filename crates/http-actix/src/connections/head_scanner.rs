//! Where the head of a request ends (RFC 9112, sections 2.1 and 2.2).

/// Looks for the empty line that ends the head of a request, over any number of reads. It takes
/// what the parser of actix-http takes: empty lines before the request line do not count, and a
/// line may end with a line feed alone.
#[derive(Debug)]
pub(super) struct HeadScanner {
    /// Whether a line that is not empty has begun.
    begun: bool,
    /// Whether the current line has no character, apart from carriage returns.
    line_is_blank: bool,
}

impl Default for HeadScanner {
    fn default() -> Self {
        Self { begun: false, line_is_blank: true }
    }
}

impl HeadScanner {
    /// Reads the next bytes of a connection. If they contain the end of the head, returns how many
    /// of them belong to it; the scanner is then ready for the next head.
    pub(super) fn end_of_head(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut line_start = 0_usize;
        for newline in memchr::memchr_iter(b'\n', bytes) {
            self.read_in_line(bytes.get(line_start..newline).unwrap_or_default());
            if self.line_is_blank && self.begun {
                *self = Self::default();
                return newline.checked_add(1);
            }
            self.line_is_blank = true;
            line_start = newline.saturating_add(1);
        }
        self.read_in_line(bytes.get(line_start..).unwrap_or_default());
        None
    }

    fn read_in_line(&mut self, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte != b'\r') {
            self.line_is_blank = false;
            self.begun = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_empty_line_after_the_request_line_ends_the_head() {
        for (text, end) in [
            ("GET / HTTP/1.1\r\nHost: shop\r\n\r\nGET", 30),
            ("GET / HTTP/1.1\nHost: shop\n\nGET", 27),
            ("\r\n\nGET / HTTP/1.1\r\n\r\n\r\n", 21),
        ] {
            assert_eq!(HeadScanner::default().end_of_head(text.as_bytes()), Some(end), "{text:?}");
        }
    }

    #[test]
    fn a_head_may_arrive_in_any_pieces() {
        let text = b"\r\nGET / HTTP/1.1\r\nHost: shop\r\n\r\n";
        for size in 1..=text.len() {
            let mut scanner = HeadScanner::default();
            let ends: Vec<_> = text.chunks(size).map(|piece| scanner.end_of_head(piece)).collect();
            let (last, before) = ends.split_last().unwrap();
            assert!(before.iter().all(Option::is_none), "{size}: {ends:?}");
            assert_eq!(*last, text.chunks(size).last().map(<[u8]>::len), "{size}");
        }
    }

    #[test]
    fn after_a_head_the_next_one_is_found() {
        let mut scanner = HeadScanner::default();
        assert_eq!(scanner.end_of_head(b"GET / HTTP/1.1\r\n\r\n"), Some(18));
        assert_eq!(scanner.end_of_head(b"\r\n"), None);
        assert_eq!(scanner.end_of_head(b"GET / HTTP/1.1\r\n\r\n"), Some(18));
    }
}
