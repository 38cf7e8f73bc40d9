"""The scenario with the Python client of OpenAPI Generator: scenario.py <base URL> <email> <password>."""

import json
import sys
import uuid

from oms_client import ApiClient, Configuration, OrdersApi, ProductsApi, UsersApi
from oms_client.exceptions import ConflictException
from oms_client.models import Login, NewOrder, NewProduct, PriceInput, Problem


def main(base_url, email, password):
    tokens = UsersApi(ApiClient(Configuration(host=base_url))).log_in(Login(username=email, password=password))
    client = ApiClient(Configuration(host=base_url, access_token=tokens.access_token))
    products_api, orders_api = ProductsApi(client), OrdersApi(client)

    products = [products_api.create_product(NewProduct(name=name, price=PriceInput("129.90"), stock=3))
                for name in ("Teapot", "Cup", "Saucer")]
    assert all(each.price == "129.90" for each in products), products
    teapot = products[0]

    def place(quantity, key):
        return orders_api.place_order(NewOrder(product_id=teapot.id, quantity=quantity), idempotency_key=key)

    key = str(uuid.uuid4())
    order, again = place(1, key), place(1, key)
    assert order.total == "129.90", order
    assert again.id == order.id, again

    seen, cursor = [], None
    while True:
        page = products_api.list_products(limit=1, cursor=cursor)
        seen += [each.id for each in page.data]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [each.id for each in reversed(products)], seen

    # Orders what there is, after an order for more.
    try:
        place(5, str(uuid.uuid4()))
        sys.exit("an order for more than the stock was accepted")
    except ConflictException as error:
        problem = error.data
    assert isinstance(problem, Problem) and problem.status == 409, problem
    assert problem.code == "insufficient_stock" and problem.available == 2, problem
    rest = place(problem.available, str(uuid.uuid4()))
    assert rest.quantity == 2, rest

    later = Problem.from_json(json.dumps({**problem.to_dict(), "code": "added_later", "member_added_later": True}))
    assert later.code == "added_later", later


if __name__ == "__main__":
    main(*sys.argv[1:])
