-- The shop as a whole, in one row, which the first start of a server writes. The amounts of prices
-- are stored without their currency, so it must not change.
CREATE TABLE shop (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- 32 hexadecimal digits, random: the same in every copy of the shop, and in no other shop.
    shop_id  TEXT    NOT NULL CHECK (length(shop_id) = 32),
    currency TEXT    NOT NULL CHECK (length(currency) = 3)
) STRICT;
