-- Random values and names. They are hashes of a row and a purpose, so that the same shop is
-- generated every time.

-- A pseudo-random number from 0 to 1 for a row and a purpose.
CREATE FUNCTION pg_temp.chance(id bigint, purpose int) RETURNS double precision IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
    'SELECT (hashint8extended(id, purpose) & 9007199254740991) / 9007199254740992.0::double precision';

-- One of these words, the first far more often than the last: the first of 64 in one case of eight.
CREATE FUNCTION pg_temp.word(words text[], id bigint, purpose int) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
    'SELECT words[1 + floor(pg_temp.chance(id, purpose) ^ 2 * cardinality(words))::int]';

-- A word of three of forty syllables: each word in one case of 64,000.
CREATE FUNCTION pg_temp.rare_word(id bigint, purpose int) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT initcap(string_agg(syllables[1 + floor(pg_temp.chance(id, purpose + nth) * cardinality(syllables))::int], ''))
    FROM generate_series(1, 3) AS nth,
         (SELECT '{ba,bel,bor,cha,dan,den,do,fal,fer,gan,gri,hol,ka,kel,kro,la,len,lo,mar,mi,mon,na,nel,no,pe,
                   pol,ra,ren,ro,sa,sil,so,ta,ter,to,val,ven,vi,wo,zu}'::text[] AS syllables) AS list
$$;
