// The scenario with openapi-fetch and the types of openapi-typescript: scenario.js <base URL> <email> <password>.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [baseUrl, email, password] = process.argv.slice(2);

const client = createClient<paths>({ baseUrl });
const login = await client.POST("/api/v1/users/login", { body: { username: email, password } });
assert(login.data !== undefined, login.error?.detail);
const { access_token } = login.data;
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${access_token}`);
  },
});

const products: components["schemas"]["Product"][] = [];
for (const name of ["Teapot", "Cup", "Saucer"]) {
  const { data, error } = await client.POST("/api/v1/products", { body: { name, price: "129.90", stock: 3 } });
  assert(data !== undefined, error?.detail);
  products.push(data);
}
assert(products.every((product) => product.price === "129.90"));
const teapot = products[0];

const place = (quantity: number, key: string) =>
  client.POST("/api/v1/orders", {
    params: { header: { "Idempotency-Key": key } },
    body: { product_id: teapot.id, quantity },
  });

const key = randomUUID();
const order = await place(1, key);
const again = await place(1, key);
assert.equal(order.data?.total, "129.90");
assert.equal(again.data?.id, order.data.id);

const seen: number[] = [];
let cursor: string | null | undefined;
do {
  const query = cursor == null ? { limit: 1 } : { limit: 1, cursor };
  const { data, error } = await client.GET("/api/v1/products", { params: { query } });
  assert(data !== undefined, error?.detail);
  seen.push(...data.data.map((product) => product.id));
  cursor = data.next_cursor;
} while (cursor !== null);
assert.deepEqual(seen, products.map((product) => product.id).reverse());

// Orders what there is, after an order for more.
const { error: problem, response } = await place(5, randomUUID());
assert.equal(response.status, 409);
assert.equal(problem?.code, "insufficient_stock");
assert.equal(problem.available, 2);
const rest = await place(problem.available, randomUUID());
assert.equal(rest.data?.quantity, 2);

// The type of `code` includes codes that are added later.
const later: components["schemas"]["Problem"] = { ...problem, code: "added_later" };
assert.equal(later.code, "added_later");
