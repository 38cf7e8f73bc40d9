-- The amounts of prices are stored without their currency, so it must not change. The first start of
-- a server writes the row.
CREATE TABLE shop (
    id       bigint           PRIMARY KEY CHECK (id = 1),
    -- 32 hexadecimal digits, random: the same in every copy of the shop, and in no other shop.
    shop_id  text COLLATE "C" NOT NULL CHECK (length(shop_id) = 32),
    currency text COLLATE "C" NOT NULL CHECK (length(currency) = 3)
);
COMMENT ON TABLE shop IS 'The shop as a whole, in one row.';
