//! `PUBLIC_URL`: the address at which clients reach the server, the base of links.

use url::Url;

use super::{ConfigError, Env, env::invalid_value};

const NAME: &str = "PUBLIC_URL";
const EXPECTED: &str = "must be an http or https URL without user, query and fragment, such as https://shop.example.com";

/// Reads the variable. The URL has no slash at its end. The `Host` header of a request never
/// replaces it, since its sender chooses it.
///
/// # Errors
/// [`ConfigError`] if it is no such URL; a URL with a user or a password is not quoted.
pub(crate) fn from_env(env: &Env) -> Result<Option<String>, ConfigError> {
    let Some(raw) = env.text(NAME)? else { return Ok(None) };
    match parse(raw) {
        Some(url) => Ok(Some(url)),
        None if raw.contains('@') => Err(ConfigError::new(NAME, EXPECTED)),
        None => Err(invalid_value(NAME, &EXPECTED, raw)),
    }
}

/// The URL in its normal form. The URL standard repairs slips such as `https:/shop` and drops line
/// feeds; here they are refused.
fn parse(raw: &str) -> Option<String> {
    let (scheme, rest) = raw.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        || rest.starts_with('/')
        || raw.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\')
    {
        return None;
    }
    let url = Url::parse(raw).ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && !rest.contains('@')
        && url.query().is_none()
        && url.fragment().is_none();
    (is_plain && url.has_host()).then(|| url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_kept_in_its_normal_form_without_a_slash_at_its_end() {
        for (raw, kept) in [
            ("https://shop.example.com", "https://shop.example.com"),
            ("https://shop.example.com/", "https://shop.example.com"),
            ("HTTPS://Shop.Example.com:443/oms//", "https://shop.example.com/oms"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::1]:8000/shop", "http://[::1]:8000/shop"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(parse(raw).as_deref(), Some(kept), "{raw}");
        }
    }

    #[test]
    fn other_texts_are_no_public_url() {
        for raw in [
            "shop.example.com",
            "//shop.example.com",
            "/shop",
            "ftp://shop.example.com",
            "javascript:alert(1)",
            "https:shop.example.com",
            "https:/shop.example.com",
            "https:///shop.example.com",
            "https://",
            "https://ann@shop.example.com",
            "https://ann:hunter2@shop.example.com",
            "https://@shop.example.com",
            "https://shop.example.com?",
            "https://shop.example.com/?a=b",
            "https://shop.example.com#top",
            "https://shop.example.com\\oms",
            "https://shop.exam\nple.com",
            "https://shop example.com",
            "https://shop.example.com:99999",
        ] {
            assert_eq!(parse(raw), None, "{raw}");
        }
    }
}
