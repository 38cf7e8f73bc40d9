//! `/api/v1/users/me/password` and `/api/v1/users/password-reset`: changing a known password, and
//! resetting a forgotten one.

use actix_web::{HttpResponse, web::Data};
use domain::account::{EmailAddress, PasswordAttempt};
use http_request::{
    ClientAddress, Field, NulFreeText, RawBody, Services, TraceContext, V1Password, required,
};
use serde::Deserialize;
use validator::Validate;

use crate::{
    account_requests,
    caller::Authenticated,
    openapi::{problems, value_schemas},
    problem::Problem,
    views::MessageView,
};

/// A change of one's own password.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = PasswordChange)]
pub(crate) struct ChangePasswordBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::login_password, required)]
    current_password: Field<NulFreeText>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::v1_password, required)]
    new_password: Field<V1Password>,
}

#[utoipa::path(
    post, path = "/api/v1/users/me/password", tag = "users", operation_id = "changeOwnPassword",
    summary = "Change one's own password",
    description = "All other sessions of the account end. A confirmed address gets a mail. \
        Wrong passwords are limited.",
    request_body = ChangePasswordBody,
    responses(
        (status = 200, description = "The password is changed", body = MessageView, example = json!({ "message": CHANGED })),
        problems::ChangePassword,
    ),
)]
pub(crate) async fn change_password(
    caller: Authenticated,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ChangePasswordBody = body.json()?;
    let current = PasswordAttempt::new(body.current_password.required("current_password")?.0);
    let new = body.new_password.required("new_password")?.0;
    account_requests::change_password(&services, &caller, current, new).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: CHANGED }))
}

const CHANGED: &str = "Password changed; all other sessions have ended";

/// The address of the account whose password is to be reset.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = PasswordResetRequest)]
pub(crate) struct RequestResetBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::email, required)]
    email: Field<EmailAddress>,
}

#[utoipa::path(
    post, path = "/api/v1/users/password-reset", tag = "users", operation_id = "requestPasswordReset",
    summary = "Request a mail to reset a password", security(()),
    description = "The response is the same, and takes the same time, whether or not an account \
        has the address. The token in the mail works once, for 30 minutes. An address gets a \
        limited number of these mails.",
    request_body = RequestResetBody,
    responses(
        (status = 202, description = "The request is accepted", body = MessageView, example = json!({ "message": RESET_REQUESTED })),
        problems::RequestPasswordReset,
    ),
)]
pub(crate) async fn request_reset(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RequestResetBody = body.json()?;
    let email = body.email.required("email")?;
    account_requests::request_password_reset(&services, client, email, trace).await?;
    Ok(HttpResponse::Accepted().json(MessageView { message: RESET_REQUESTED }))
}

const RESET_REQUESTED: &str = "If there is an account with this address, a mail is on its way";

/// The new password, and the token of the mail.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = PasswordReset)]
pub(crate) struct ResetPasswordBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::account_token, required)]
    token: Field<NulFreeText>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::v1_password, required)]
    password: Field<V1Password>,
}

#[utoipa::path(
    post, path = "/api/v1/users/password-reset/confirm", tag = "users", operation_id = "resetPassword",
    summary = "Reset a password with the token of a mail", security(()),
    description = "All sessions of the account end, and its address counts as confirmed. The token \
        works once; a change of the password or of the address makes it invalid.",
    request_body = ResetPasswordBody,
    responses(
        (status = 200, description = "The password is reset", body = MessageView, example = json!({ "message": RESET })),
        problems::ResetPassword,
    ),
)]
pub(crate) async fn reset(
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: ResetPasswordBody = body.json()?;
    let token = body.token.required("token")?.0;
    let password = body.password.required("password")?.0;
    services.accounts.reset_password(&token, password, trace.0).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: RESET }))
}

const RESET: &str = "Password reset; all sessions have ended";
