//! Problems as pages.

use std::{fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use maud::html;

use super::layout::Page;
use crate::problem::Problem;

/// A problem that is shown as a page, with the status and the `Retry-After` of the API.
#[derive(Debug)]
pub(crate) struct PageProblem(Problem);

/// The problem that a response was made of, as JSON or as a page; `None` for other errors.
pub fn problem_of(error: &actix_web::Error) -> Option<&Problem> {
    error.as_error().or_else(|| Some(&error.as_error::<PageProblem>()?.0))
}

impl<E: Into<Problem>> From<E> for PageProblem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for PageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for PageProblem {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let content = html! {
            p role="alert" { (self.0.to_string()) "." }
            @if let Some(wait) = self.0.retry_after() { p { "Try again in " (in_words(wait)) "." } }
        };
        let page = Page::new(self.0.code().title(), content).with_status(self.status_code());
        let mut response = page.respond();
        // The metrics middleware counts problems by code.
        response.extensions_mut().insert(self.0.code());
        let problem = self.0.error_response();
        for name in [header::RETRY_AFTER, header::ACCEPT_ENCODING] {
            if let Some(value) = problem.headers().get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// A duration for people, rounded up to seconds or minutes.
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        let words = |seconds: f64| in_words(Duration::from_secs_f64(seconds));
        assert_eq!(words(0.2), "a second");
        assert_eq!(words(11.5), "12 seconds");
        assert_eq!(words(90.1), "2 minutes");
        assert_eq!(words(3_600.0), "60 minutes");
    }

    #[test]
    fn a_problem_page_has_the_status_and_the_wait_of_the_problem() {
        let limited = Problem::rate_limited(Duration::from_secs(12));
        let response = PageProblem::from(limited).error_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "12");
        assert_eq!(response.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
    }
}
