-- Products. Money: whole minor units (hundredths) of the shop's currency.

-- Products and how many of each can be sold. A deleted one keeps its row, for the orders that name it.
CREATE TABLE products (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL CHECK (name <> ''),
    -- The name, folded by the program: what searches compare.
    name_folded TEXT    NOT NULL,
    description TEXT,
    price       INTEGER NOT NULL CHECK (price BETWEEN 1 AND 9999999999),
    stock       INTEGER NOT NULL CHECK (stock >= 0),
    -- `version` counts what people decide, `revision` every change of what is shown.
    version     INTEGER NOT NULL CHECK (version >= 1),
    revision    INTEGER NOT NULL CHECK (revision >= version),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) STRICT;

-- Lists of live products, newest first. It holds the folded names too, so that a count of what a search
-- finds reads only this; and `deleted_at`, always NULL here, because SQLite looks at it again.
CREATE INDEX products_live ON products (id, name_folded, deleted_at) WHERE deleted_at IS NULL;
