//! `/api/v1/users`: register, log in, stay logged in, manage accounts.

pub(crate) mod session;
mod view;

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    PersonName, UserId,
    account::{AccountCommand, EmailAddress, Role, RoleChange, service::Registration},
    rate_limit::LimitedAction,
};
use serde::Deserialize;
use validator::Validate;

pub(crate) use self::{
    session::{log_in, log_out, refresh},
    view::UserView,
};
use super::{Message, page::PageView};
use crate::{
    openapi::{input, params, problems, words::RoleWord},
    problem::{Problem, ProblemCode},
    request::{
        Admin, ClientAddress, Field, PathId, QueryString, RawBody, SignedIn, TraceContext,
        V1Password, optional, required,
    },
    services::Services,
};

/// Where an account is found.
pub(crate) fn location(id: UserId) -> (header::HeaderName, String) {
    (header::LOCATION, format!("/api/v1/users/{id}"))
}

/// What a registration says.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[schema(as = Registration)]
pub(crate) struct RegisterBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::person_name, required)]
    name: Field<PersonName>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::email, required)]
    email: Field<EmailAddress>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    #[schema(schema_with = input::v1_password, required)]
    password: Field<V1Password>,
}

/// `POST /api/v1/users/register`
#[utoipa::path(
    post, path = "/api/v1/users/register", tag = "users", operation_id = "registerUser",
    summary = "Register", security(()),
    request_body = RegisterBody,
    responses(
        (status = 201, description = "The new account", body = UserView, headers(("Location"))),
        problems::Register,
    ),
)]
pub(crate) async fn register(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RegisterBody = body.json()?;
    services.limiter.check(LimitedAction::Register, client.0).await?;
    let registration = Registration {
        name: Some(body.name.required("name")?),
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
        trace: trace.0,
    };
    let account = services.accounts.register(registration).await?;
    Ok(HttpResponse::Created().insert_header(location(account.id)).json(UserView::from(&account)))
}

/// `GET /api/v1/users`
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", operation_id = "listUsers",
    summary = "List all accounts", description = "Staff only. Oldest first.",
    params(params::PageParams),
    responses((status = 200, description = "A page of accounts", body = PageView<UserView>), problems::AdminList),
)]
pub(crate) async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let asked = params.page();
    params.finish()?;
    let page = services.accounts.list(asked, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(PageView::<UserView>::new(&page, asked)))
}

/// `GET /api/v1/users/me`
#[utoipa::path(
    get, path = "/api/v1/users/me", tag = "users", operation_id = "getOwnUser",
    summary = "Look at one's own account",
    responses((status = 200, description = "The caller's account", body = UserView), problems::SignedIn),
)]
pub(crate) async fn me(caller: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(UserView::from(caller.account()))
}

/// `GET /api/v1/users/{id}`
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", operation_id = "getUser",
    summary = "Look at an account", description = "For its owner and staff.",
    params(params::Id),
    responses((status = 200, description = "The account", body = UserView), problems::ViewUser),
)]
pub(crate) async fn get(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.view(UserId::new(id.get()?), caller.actor()).await?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// What is to be different about an account.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[schema(as = UserUpdate)]
pub(crate) struct UpdateUserBody {
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = input::person_name)]
    name: Field<PersonName>,
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = input::email)]
    email: Field<EmailAddress>,
}

/// `PUT /api/v1/users/{id}`
#[utoipa::path(
    put, path = "/api/v1/users/{id}", tag = "users", operation_id = "updateUser",
    summary = "Change a name or an email address",
    description = "For its owner and staff. What is not named stays as it is.",
    params(params::Id),
    request_body = UpdateUserBody,
    responses((status = 200, description = "The account from now on", body = UserView), problems::UpdateUser),
)]
pub(crate) async fn update(
    caller: SignedIn,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    if !caller.actor().may_access(id) {
        return Err(Problem::new(ProblemCode::NotAuthorized));
    }
    let body: UpdateUserBody = body.json()?;
    let update =
        AccountCommand::Update { name: body.name.optional(), email: body.email.optional() };
    changed(&services, id, &update, caller.actor()).await
}

/// Which role an account is to have.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[schema(as = RoleChange)]
pub(crate) struct ChangeRoleBody {
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    #[schema(value_type = RoleWord)]
    role: Field<Role>,
}

/// `PUT /api/v1/users/{id}/role`
#[utoipa::path(
    put, path = "/api/v1/users/{id}/role", tag = "users", operation_id = "changeUserRole",
    summary = "Give or take rights",
    description = "Staff only. Sets the role that is named; without one (or without a body) a user becomes an \
        admin, an admin a user. In force from the account's next request on.",
    params(params::Id),
    request_body = ChangeRoleBody,
    responses((status = 200, description = "The account from now on", body = UserView), problems::ChangeRole),
)]
pub(crate) async fn change_role(
    caller: Admin,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    let body: ChangeRoleBody = body.json_or_nothing()?;
    let change = body.role.optional().map_or(RoleChange::Toggle, RoleChange::Set);
    changed(&services, id, &AccountCommand::ChangeRole(change), caller.actor()).await
}

async fn changed(
    services: &Services,
    id: UserId,
    command: &AccountCommand,
    actor: domain::account::Actor,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.execute(id, command, actor).await?;
    let account = account.ok_or_else(|| Problem::new(ProblemCode::UserNotFound))?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// `DELETE /api/v1/users/{id}`
#[utoipa::path(
    delete, path = "/api/v1/users/{id}", tag = "users", operation_id = "deleteUser",
    summary = "Close an account for good",
    description = "Staff only. It stops working at once and its personal data goes; its orders stay, for the books.",
    params(params::Id),
    responses((status = 200, description = "It is closed", body = Message), problems::DeleteUser),
)]
pub(crate) async fn delete(
    caller: Admin,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    services.accounts.execute(id, &AccountCommand::Delete, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(Message { message: "User deleted successfully" }))
}
