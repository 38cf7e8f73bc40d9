//! The security schemes.

use utoipa::openapi::{
    OpenApi,
    security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
};

/// The token endpoint that the Swagger UI uses.
const TOKEN_URL: &str = "/api/v1/users/login";

/// Adds the two security schemes: log in with a password, or paste an access token. Both yield the
/// same bearer token.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let password = OAuth2::with_description(
        [Flow::Password(Password::new(TOKEN_URL, Scopes::new()))],
        "Log in with an email address (as the username) and a password.",
    );
    components.add_security_scheme("password", SecurityScheme::OAuth2(password));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of a login, on either surface."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
}
