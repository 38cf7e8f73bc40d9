//! The security schemes.

use utoipa::openapi::{
    OpenApi,
    path::Operation,
    security::{
        Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityRequirement,
        SecurityScheme,
    },
};

use super::operations::operations_mut;
use crate::links::link;

/// The token endpoint that the Swagger UI uses.
const TOKEN_URL: &str = "/api/v1/users/token";

/// Adds the two security schemes: log in with a password, or paste an access token. Both yield the
/// same bearer token.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let password = OAuth2::with_description(
        [Flow::Password(Password::new(link(TOKEN_URL), Scopes::new()))],
        "Log in with an email address (as the username) and a password.",
    );
    components.add_security_scheme("password", SecurityScheme::OAuth2(password));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of a login, on either surface."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    operations_mut(document).for_each(clear_empty_requirement);
}

/// A public operation has no requirements. The attribute of an operation can only say an empty one,
/// with which some clients send a token. Beside others, an empty one means that they are optional.
fn clear_empty_requirement(operation: &mut Operation) {
    let empty = SecurityRequirement::default();
    if let Some(requirements) = &mut operation.security
        && requirements.iter().all(|requirement| *requirement == empty)
    {
        requirements.clear();
    }
}
