-- The least that a shop can write an order into: accounts, products, orders with one line and one
-- entry of the history each, an outbox, foreign keys, and six indexes besides the primary keys. It
-- has none of the program's columns, counters, search texts and triggers. sql/lean-order.sql places
-- orders.
--
-- The empty tables are not analyzed: PostgreSQL would plan the checks of the foreign keys to read
-- all of a table that it believes to be empty, and keep that plan while the table grows.

CREATE TABLE users (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text   UNIQUE
);

CREATE TABLE products (
    id      bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text           NOT NULL,
    price   numeric(12, 2) NOT NULL,
    stock   bigint         NOT NULL CHECK (stock >= 0),
    version int            NOT NULL DEFAULT 1
);

CREATE TABLE orders (
    id         bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint         NOT NULL REFERENCES users,
    status     text           NOT NULL DEFAULT 'pending',
    total      numeric(14, 2) NOT NULL,
    idem       text,
    created_at timestamptz    NOT NULL DEFAULT now(),
    version    int            NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ON orders (user_id, idem) WHERE idem IS NOT NULL;
CREATE INDEX ON orders (user_id, id DESC);
CREATE INDEX ON orders (status);

CREATE TABLE order_lines (
    order_id   bigint         NOT NULL REFERENCES orders,
    line_no    int            NOT NULL,
    product_id bigint         REFERENCES products,
    name       text           NOT NULL,
    unit_price numeric(12, 2) NOT NULL,
    quantity   int            NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE INDEX ON order_lines (product_id);

CREATE TABLE order_events (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint      NOT NULL REFERENCES orders,
    actor      bigint,
    old_status text,
    new_status text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON order_events (order_id);

CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    payload    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO users (email) SELECT 'u' || number FROM generate_series(1, 1000) AS number;
INSERT INTO products (name, price, stock)
    SELECT 'p' || number, 9.99, 1000000000 FROM generate_series(1, 1000) AS number;
ANALYZE users, products;
