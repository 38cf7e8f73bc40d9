//! `/api/v1/users/verify` and `/api/v1/users/me/verification-mail`: confirming an address.

use actix_web::{HttpResponse, web::Data};
use http_request::{Field, NulFreeText, RawBody, Services, TraceContext, required};
use serde::Deserialize;
use validator::Validate;

use crate::{
    account_requests,
    caller::Authenticated,
    openapi::{problems, value_schemas},
    problem::Problem,
    views::MessageView,
};

/// The token of the mail that asks to confirm an address.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = Verification)]
pub(crate) struct VerifyBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::account_token, required)]
    token: Field<NulFreeText>,
}

#[utoipa::path(
    post, path = "/api/v1/users/verify", tag = "users", operation_id = "verifyEmail",
    summary = "Confirm an address with the token of a mail", security(()),
    description = "A pending new address takes force with it, and all sessions of the account end.",
    request_body = VerifyBody,
    responses(
        (status = 200, description = "The address is confirmed", body = MessageView, example = json!({ "message": VERIFIED })),
        problems::VerifyEmail,
    ),
)]
pub(crate) async fn verify(
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: VerifyBody = body.json()?;
    let token = body.token.required("token")?.0;
    services.accounts.confirm_address(&token, None, trace.0).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: VERIFIED }))
}

const VERIFIED: &str = "Email address confirmed";

#[utoipa::path(
    post, path = "/api/v1/users/me/verification-mail", tag = "users",
    operation_id = "requestVerificationMail",
    summary = "Request another mail to confirm one's own address",
    description = "The mail goes to the pending new address if there is one. If the address is \
        confirmed already, no mail is sent. An address gets a limited number of these mails.",
    responses(
        (status = 202, description = "The request is accepted", body = MessageView, example = json!({ "message": REQUESTED })),
        problems::RequestVerificationMail,
    ),
)]
pub(crate) async fn request_mail(
    caller: Authenticated,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    account_requests::request_confirmation(&services, &caller).await?;
    Ok(HttpResponse::Accepted().json(MessageView { message: REQUESTED }))
}

const REQUESTED: &str = "If the address is not confirmed yet, a mail is on its way";
