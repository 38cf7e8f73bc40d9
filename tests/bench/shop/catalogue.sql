-- Accounts and products. history.sql writes the movements that lead to the stock.

-- Half of the accounts have a rare surname.
INSERT INTO users (id, name, email, password_hash, role, created_at)
    SELECT id,
           pg_temp.word('{Anna,Ben,Clara,David,Emma,Felix,Grace,Henry,Ida,Jonas,Karla,Leon,Maria,Noah,Olga,Paul,
                          Rosa,Simon,Tilda,Victor,Wanda,Xaver,Yara,Zoe}', id, 10) || ' ' ||
           CASE WHEN pg_temp.chance(id, 11) < 0.5
                THEN pg_temp.word('{Smith,Miller,Jones,Weber,Brown,Fischer,Taylor,Wagner,Wilson,Becker,Davies,Hoffmann,
                                    Evans,Schulz,Thomas,Koch,Roberts,Richter,Walker,Klein,Wright,Wolf,Hughes,Neumann,
                                    Green,Schwarz,Hall,Braun,Wood,Zimmermann,Clarke,Hartmann}', id, 12)
                ELSE pg_temp.rare_word(id, 20) END,
           CASE id WHEN 1 THEN 'admin' WHEN 2 THEN 'customer' ELSE 'user' || id END || '@shop.example',
           :'password_hash',
           CASE id WHEN 1 THEN 'admin' ELSE 'user' END,
           timestamptz '2024-01-01 00:00:00Z'
    FROM generate_series(1, :users) AS id;

-- A third of the products have a rare word in their name; one in a hundred is deleted. Damage and
-- the deletion are versions, sales only revisions.
INSERT INTO products (id, name, name_folded, description, price, stock, version, revision, created_at,
                      updated_at, deleted_at)
    SELECT id, name, lower(name), 'The ' || name || ', made to last.', 100 + floor(pg_temp.chance(id, 30) ^ 3 * 50000)::bigint,
           floor(pg_temp.chance(id, 31) * 1000)::bigint, 1 + (coalesce(damaged_units, 0) > 0)::int + deleted::int,
           1 + coalesce(movement_count, 0) + deleted::int,
           timestamptz '2024-01-01 00:00:00Z' + id * interval '1 second' / 100,
           timestamptz '2024-01-01 00:00:00Z' + id * interval '1 second' / 100,
           CASE WHEN deleted THEN timestamptz '2026-01-01 00:00:00Z' END
    FROM (
        SELECT id, pg_temp.chance(id, 32) < 0.01 AS deleted,
               pg_temp.word('{White,Black,Large,Small,Round,Classic,Folding,Garden,Kitchen,Travel,Outdoor,Modern,Vintage,
                              Light,Heavy,Soft,Striped,Nordic,Rustic,Golden,Silver,Painted,Woven,Quiet}', id, 33) || ' ' ||
               pg_temp.word('{Oak,Steel,Cotton,Glass,Pine,Leather,Linen,Copper,Wool,Marble,Bamboo,Ceramic,Walnut,Cork,
                              Paper,Granite,Velvet,Birch,Rattan,Concrete}', id, 34) || ' ' ||
               pg_temp.word('{Chair,Table,Lamp,Shelf,Blanket,Mug,Plate,Desk,Mirror,Basket,Cushion,Clock,Vase,Bowl,Rug,
                              Bench,Stool,Tray,Candle,Frame,Kettle,Hook,Curtain,Jug,Ladder,Planter,Tea set,Cabinet,
                              Hammock,Birdhouse}', id, 35) ||
               CASE WHEN pg_temp.chance(id, 36) < 0.33 THEN ' ' || pg_temp.rare_word(id, 40) ELSE '' END AS name
        FROM generate_series(1, :products) AS id) AS named
    LEFT JOIN sales ON sales.product_id = id;
