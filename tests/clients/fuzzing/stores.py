#!/usr/bin/env python3
"""A database on the PostgreSQL of OMS_TEST_POSTGRES_URL, and a prefix of keys in the Redis of OMS_TEST_REDIS_URL.

    stores.py create <name>    prints the settings that let a server use them
    stores.py remove <name>    drops the database and deletes the keys
"""

import os
import sys
from urllib.parse import urlsplit

import pg8000.native
import redis

POSTGRES = os.environ["OMS_TEST_POSTGRES_URL"]
REDIS = os.environ["OMS_TEST_REDIS_URL"]


def execute(statement):
    url = urlsplit(POSTGRES)
    connection = pg8000.native.Connection(
        url.username or "postgres", host=url.hostname, port=url.port or 5432, password=url.password,
        database=url.path.strip("/") or "postgres")
    connection.run(statement)
    connection.close()


def main(command, name):
    if command == "create":
        execute(f"CREATE DATABASE {name} TEMPLATE template0")
        print(f"DATABASE_URL={urlsplit(POSTGRES)._replace(path='/' + name).geturl()}")
        print(f"REDIS_URL={REDIS}")
        print(f"REDIS_PREFIX={name}")
    elif command == "remove":
        execute(f"DROP DATABASE {name} WITH (FORCE)")
        client = redis.Redis.from_url(REDIS)
        for key in client.scan_iter(match=f"{name}*", count=1000):
            client.delete(key)
    else:
        sys.exit(f"stores: unknown command {command}")


if __name__ == "__main__":
    main(*sys.argv[1:])
