"""What is in the shop before Schemathesis starts, and who calls it.

Reads the variables OMS_URL, OMS_EMAIL and OMS_PASSWORD (an administrator's), and OMS_CALLER: admin or user.
"""

import os

import requests

URL = os.environ["OMS_URL"]
PASSWORD = os.environ["OMS_PASSWORD"]
ADMIN = os.environ["OMS_EMAIL"]
USER = "ada@example.com"
CALLER = {"admin": ADMIN, "user": USER}[os.environ["OMS_CALLER"]]
# How many accounts, products and orders there are. Their ids begin with 1.
KNOWN = 8


def call(method, path, body=None, headers=None):
    response = requests.request(method, URL + path, json=body, headers=headers, timeout=30)
    response.raise_for_status()
    return response.json()


def log_in(email):
    """The header of a new session."""
    tokens = call("POST", "/api/v1/users/login", {"username": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def fill():
    """Creates accounts, products, and orders of the administrator and of the user in turn."""
    for email in [USER] + [f"customer-{number}@example.com" for number in range(KNOWN - 2)]:
        call("POST", "/api/v1/users/register", {"name": "Ada", "email": email, "password": PASSWORD})
    admin, user = log_in(ADMIN), log_in(USER)
    for number in range(1, KNOWN + 1):
        product = {"name": f"Teapot {number}", "price": "129.90", "stock": 1000}
        created = call("POST", "/api/v1/products", product, admin)
        owner = admin if number % 2 else user
        call("POST", "/api/v1/orders", {"product_id": created["id"], "quantity": 1}, owner)
