"""The scenario with the client of openapi-python-client: scenario.py <base URL> <email> <password>."""

import sys
import uuid

from oms_client import AuthenticatedClient, Client
from oms_client.api.orders import place_order
from oms_client.api.products import create_product, list_products
from oms_client.api.users import log_in
from oms_client.models import Login, NewOrder, NewProduct, Order, Problem, Product, ProductPage, Tokens
from oms_client.types import UNSET


def main(base_url, email, password):
    tokens = log_in.sync(client=Client(base_url=base_url), body=Login(username=email, password=password))
    assert isinstance(tokens, Tokens), tokens
    client = AuthenticatedClient(base_url=base_url, token=tokens.access_token)

    products = [create_product.sync(client=client, body=NewProduct(name=name, price="129.90", stock=3))
                for name in ("Teapot", "Cup", "Saucer")]
    assert all(isinstance(each, Product) and each.price == "129.90" for each in products), products
    teapot = products[0]

    def place(quantity, key):
        body = NewOrder(product_id=teapot.id, quantity=quantity)
        return place_order.sync(client=client, body=body, idempotency_key=key)

    key = str(uuid.uuid4())
    order, again = place(1, key), place(1, key)
    assert isinstance(order, Order) and order.total == "129.90", order
    assert isinstance(again, Order) and again.id == order.id, again

    seen, cursor = [], UNSET
    while cursor is not None:
        page = list_products.sync(client=client, limit=1, cursor=cursor)
        assert isinstance(page, ProductPage), page
        seen += [each.id for each in page.data]
        cursor = page.next_cursor
    assert seen == [each.id for each in reversed(products)], seen

    # Orders what there is, after an order for more.
    problem = place(5, str(uuid.uuid4()))
    assert isinstance(problem, Problem) and problem.status == 409, problem
    assert problem.code == "insufficient_stock" and problem.available == 2, problem
    rest = place(problem.available, str(uuid.uuid4()))
    assert isinstance(rest, Order) and rest.quantity == 2, rest

    later = Problem.from_dict({**problem.to_dict(), "code": "added_later", "member_added_later": True})
    assert later.code == "added_later", later


if __name__ == "__main__":
    main(*sys.argv[1:])
