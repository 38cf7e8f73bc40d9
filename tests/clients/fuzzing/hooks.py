"""Hooks of Schemathesis: the caller's session, and the ids in requests."""

import schemathesis

import shop

shop.fill()
OWN_ID = shop.call("GET", "/api/v1/users/me", headers=shop.log_in(shop.CALLER))["id"]


# A session for each request: an earlier request may have ended the last one, by logging out for instance.
@schemathesis.auth(refresh_interval=None)
class Session:
    def get(self, case, context):
        return shop.log_in(shop.CALLER)

    def set(self, case, data, context):
        case.headers.update(data)


def known(identity):
    """Of two whole numbers, one becomes an id that exists at first; the other is probably unknown."""
    if isinstance(identity, int) and not isinstance(identity, bool) and identity > shop.KNOWN and identity % 2:
        return identity % shop.KNOWN + 1
    return identity


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if path_parameters and "id" in path_parameters:
        path_parameters["id"] = known(path_parameters["id"])
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict):
        lines = body["lines"] if isinstance(body.get("lines"), list) else []
        for each in [body, *lines]:
            if isinstance(each, dict) and "product_id" in each:
                each["product_id"] = known(each["product_id"])
    return body


# Without its address, its role or itself, the account could not log in for the next request, or would be another caller.
TAKES_THE_ACCOUNT_AWAY = {
    ("PUT", "/api/v1/users/{id}"),
    ("PUT", "/api/v1/users/{id}/role"),
    ("DELETE", "/api/v1/users/{id}"),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    path, identity = case.operation.path, str(case.path_parameters.get("id"))
    if (case.method, path) in TAKES_THE_ACCOUNT_AWAY and identity == str(OWN_ID):
        case.path_parameters["id"] = OWN_ID + 1
    # `/api/v1/users/{id}` with the id `me` is another operation.
    elif "{id}" in path and path.replace("{id}", identity) in case.operation.schema.raw_schema["paths"]:
        case.path_parameters["id"] = f"{identity}-"
