//! How a caller proves who they are.

use utoipa::openapi::{
    OpenApi,
    security::{Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
};

/// Where the Swagger UI gets a token.
const TOKEN_URL: &str = "/api/v1/users/login";

/// Describes the two ways to the same token: log in from here, or bring one.
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
