-- Products. Prices are whole minor units (hundredths) of the shop's currency.

-- Products and the quantity of each that can be sold. A deleted product keeps its row, as orders
-- refer to it.
CREATE TABLE products (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL CHECK (name <> ''),
    -- The case-folded name, written by the program and used by searches.
    name_folded TEXT    NOT NULL,
    description TEXT,
    price       INTEGER NOT NULL CHECK (price BETWEEN 1 AND 9999999999),
    stock       INTEGER NOT NULL CHECK (stock >= 0),
    -- `version` is what `If-Match` compares; `revision` counts every change of what is shown.
    version     INTEGER NOT NULL CHECK (version >= 1),
    revision    INTEGER NOT NULL CHECK (revision >= version),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) STRICT;

-- Lists of live products, newest first. A covering index for the count of a search: it has the
-- folded names, and `deleted_at`, which is always NULL here but which SQLite reads all the same.
CREATE INDEX products_live ON products (id, name_folded, deleted_at) WHERE deleted_at IS NULL;
