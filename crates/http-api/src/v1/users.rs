//! `/api/v1/users`: registration, sessions and account management.

mod password;
mod session;
mod verification;
mod view;

use actix_web::{HttpResponse, web::Data};
use domain::{
    PersonName, UserId,
    account::{
        AccountCommand, Actor, EmailAddress, OpenOrders, PasswordAttempt, Role, RoleChange,
        port::{AccountFilter, AccountQuery},
        service::{ProfileUpdate, Registration},
    },
};
use http_request::{
    ClientAddress, CursorScope, Field, InputError, NOT_AN_OBJECT, NulFreeText, PathId, QueryString,
    RawBody, RequestError, Services, TraceContext, V1Password, optional, refused, required,
};
use serde::Deserialize;
use validator::{Validate, ValidationError};

#[cfg(test)]
pub(crate) use self::session::{RefreshBody, TokenRequestBody};
use self::view::UserView;
use super::page::{PageSchema, PageView};
use crate::{
    account_requests,
    caller::{Admin, Authenticated},
    openapi::{params, problems, request_schemas, value_schemas},
    problem::{Problem, ProblemCode},
    routing::{self, Operation},
    views::{MessageView, created},
};

/// The schema of a page of accounts.
type UserPage = PageSchema<UserView>;

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(
        list,
        register,
        session::log_in,
        session::token,
        session::refresh,
        session::log_out,
        me,
        password::change_password,
        password::request_reset,
        password::reset,
        verification::verify,
        verification::request_mail,
        get,
        update,
        delete,
        change_role,
    )
}

/// A registration.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = Registration)]
pub(crate) struct RegisterBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::person_name, required)]
    name: Field<PersonName>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::email, required)]
    email: Field<EmailAddress>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::v1_password, required)]
    password: Field<V1Password>,
}

#[utoipa::path(
    post, path = "/api/v1/users/register", tag = "users", operation_id = "registerUser",
    summary = "Register", security(()),
    description = "Creates an account with the role `user`. Registrations are limited per client.",
    request_body = RegisterBody,
    responses(
        (status = 201, description = "The new account", body = UserView, headers(("Location"))),
        problems::Register,
    ),
)]
async fn register(
    client: ClientAddress,
    trace: TraceContext,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RegisterBody = body.json()?;
    let registration = Registration {
        name: Some(body.name.required("name")?),
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
        trace: trace.0,
    };
    let account = account_requests::register(&services, client, registration).await?;
    Ok(created::account(account.id).json(UserView::from(&account)))
}

#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", operation_id = "listUsers",
    summary = "List accounts", description = "Staff only. Oldest first.",
    params(params::PageParams, params::AccountFilterParams),
    responses((status = 200, description = "A page of accounts", body = UserPage), problems::ListUsers),
)]
async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let filter = AccountFilter {
        email: params.filter("email", EmailAddress::parse),
        search: params.search(),
        role: params.filter("role", str::parse::<Role>),
    };
    let page = params.page(CursorScope::new("users", &filter));
    params.finish()?;
    let query = AccountQuery { filter, page };
    let found = services.accounts.list(&query, caller.actor()).await?;
    let scope = CursorScope::new("users", &query.filter);
    Ok(HttpResponse::Ok().json(PageView::<UserView>::new(&found, page, scope)))
}

#[utoipa::path(
    get, path = "/api/v1/users/me", tag = "users", operation_id = "getOwnUser",
    summary = "Get one's own account", description = "The account of the access token.",
    responses((status = 200, description = "The caller's account", body = UserView), problems::Authenticated),
)]
async fn me(caller: Authenticated) -> HttpResponse {
    HttpResponse::Ok().json(UserView::from(caller.account()))
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", operation_id = "getUser",
    summary = "Get an account", description = "For its owner and staff.",
    params(params::IdParam),
    responses((status = 200, description = "The account", body = UserView), problems::ViewUser),
)]
async fn get(
    caller: Authenticated,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.view(UserId::new(id.get()?), caller.actor()).await?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// The members of an account to change. Absent members stay unchanged.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = UserUpdate)]
pub(crate) struct UpdateUserBody {
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::person_name)]
    name: Field<PersonName>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::email)]
    email: Field<EmailAddress>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::current_password)]
    current_password: Field<NulFreeText>,
    #[validate(custom(function = "not_changed_here"))]
    #[schema(ignore)]
    password: Field<NulFreeText>,
}

/// An update does not change the password, and must not seem to.
fn not_changed_here(password: &Field<NulFreeText>) -> Result<(), ValidationError> {
    refused(password, "is not changed here; use POST /api/v1/users/me/password")
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}", tag = "users", operation_id = "updateUser",
    summary = "Change a name or an email address",
    description = "For its owner and staff. Absent members stay unchanged. Owners whose address is \
        confirmed need `current_password` to change it; the new address is `pending_email` until \
        the token that is mailed to it confirms it, and the old one gets a notice. Otherwise a new \
        address replaces the old one at once.",
    params(params::IdParam),
    request_body = UpdateUserBody,
    responses((status = 200, description = "The updated account", body = UserView), problems::UpdateUser),
)]
async fn update(
    caller: Authenticated,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    if !caller.actor().may_access(id) {
        return Err(Problem::new(ProblemCode::NotAuthorized));
    }
    let body: UpdateUserBody = body.update::<_, UserView>()?;
    let update = ProfileUpdate {
        name: body.name.optional(),
        email: body.email.optional(),
        current_password: body.current_password.optional().map(|text| PasswordAttempt::new(text.0)),
    };
    let account = if caller.account().id == id {
        account_requests::update_own(&services, &caller, update).await?
    } else {
        services.accounts.update(id, update, caller.actor(), None).await?
    };
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// The requested role of an account.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = RoleChange)]
pub(crate) struct ChangeRoleBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = request_schemas::role, required)]
    role: Field<Role>,
}

/// The requested change of a role. Only a request without a body toggles it: a body that does not
/// name the role, perhaps because it is misspelled, must not make anyone an admin.
fn role_change(body: RawBody) -> Result<RoleChange, RequestError> {
    if body.is_absent() {
        return Ok(RoleChange::Toggle);
    }
    match body.update::<ChangeRoleBody, UserView>() {
        Ok(body) => Ok(RoleChange::Set(body.role.required("role")?)),
        Err(RequestError::Invalid(mut errors)) => {
            // A body that is no object has no role.
            for error in &mut errors {
                if *error == InputError::in_body("", NOT_AN_OBJECT) {
                    *error = InputError::in_body("/role", "is required");
                }
            }
            Err(RequestError::Invalid(errors))
        }
        Err(other) => Err(other),
    }
}

#[utoipa::path(
    put, path = "/api/v1/users/{id}/role", tag = "users", operation_id = "changeUserRole",
    summary = "Change an account's role",
    description = "Staff only. Sets the given role. A request without any body toggles between \
        user and admin: it must not be repeated, since the second request undoes the first. Takes \
        effect with the account's next request.",
    params(params::IdParam),
    request_body = ChangeRoleBody,
    responses((status = 200, description = "The updated account", body = UserView), problems::ChangeRole),
)]
async fn change_role(
    caller: Admin,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    let change = role_change(body)?;
    execute(&services, id, &AccountCommand::ChangeRole(change), caller.actor()).await
}

/// Executes a command on an account and responds with the account.
async fn execute(
    services: &Services,
    id: UserId,
    command: &AccountCommand,
    actor: Actor,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.execute(id, command, actor).await?;
    let account = account.ok_or_else(|| Problem::new(ProblemCode::UserNotFound))?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

#[utoipa::path(
    delete, path = "/api/v1/users/{id}", tag = "users", operation_id = "deleteUser",
    summary = "Delete an account",
    description = "Staff only. The account stops working at once and its personal data is erased. \
        Its orders are kept, for the books. Its open orders with product lines are cancelled with \
        it, in the same transaction, and their stock is restored; `open_orders` can refuse the \
        deletion instead, or keep these orders open.",
    params(params::IdParam, params::OpenOrdersParam),
    responses((status = 200, description = "The account is deleted", body = MessageView), problems::DeleteUser),
)]
async fn delete(
    caller: Admin,
    id: PathId,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    let mut params = query.params();
    let open_orders = params.filter("open_orders", str::parse::<OpenOrders>);
    params.finish()?;
    let delete = AccountCommand::Delete { open_orders: open_orders.unwrap_or_default() };
    services.change_account(id, delete, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: "User deleted successfully" }))
}
