//! Large bodies of responses, handed over in slices.
//!
//! The dispatcher of actix-http copies a whole item of a body into its buffer, so a body of one item
//! would take its size once more for each client that does not read it.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};

/// The size of a slice in bytes.
const SLICE_BYTES: usize = 8 * 1024;

/// While so many bytes of a response are unsent, the dispatcher takes no further slice. The head of
/// a response is smaller, so it is sent together with the first slice.
pub(super) const MAX_UNSENT_BYTES: usize = 4 * 1024;

/// The same body, in slices if it is large.
pub(super) fn in_slices(body: impl MessageBody + 'static) -> BoxBody {
    let is_large = |bytes: u64| usize::try_from(bytes).map_or(true, |bytes| bytes > SLICE_BYTES);
    match body.size() {
        BodySize::Sized(bytes) if is_large(bytes) => match body.try_into_bytes() {
            Ok(bytes) => BoxBody::new(SlicedBody(bytes)),
            Err(stream) => BoxBody::new(stream),
        },
        _ => BoxBody::new(body),
    }
}

/// What is still to be handed over.
struct SlicedBody(Bytes);

impl MessageBody for SlicedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let rest = &mut self.get_mut().0;
        let slice = rest.split_to(rest.len().min(SLICE_BYTES));
        Poll::Ready((!slice.is_empty()).then_some(Ok(slice)))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use super::*;

    #[tokio::test]
    async fn a_large_body_has_its_bytes_and_its_size_in_slices() {
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(2 * SLICE_BYTES + 7).collect();
        let body = in_slices(Bytes::from(bytes.clone()));
        assert_eq!(body.size(), BodySize::Sized(bytes.len().try_into().unwrap()));
        let mut body = pin!(body);
        let mut slices = Vec::new();
        while let Some(slice) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            slices.push(slice.unwrap());
        }
        assert_eq!(slices.iter().map(Bytes::len).max(), Some(SLICE_BYTES));
        assert_eq!(slices.concat(), bytes);
    }

    #[test]
    fn a_response_without_a_body_keeps_having_none() {
        assert_eq!(in_slices(actix_web::body::None::new()).size(), BodySize::None);
    }
}
