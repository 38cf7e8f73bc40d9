// The scenario with the TypeScript client of OpenAPI Generator: scenario.js <base URL> <email> <password>.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Configuration, OrdersApi, ProductsApi, UsersApi } from "./client/index.js";
import { type Product, ProblemFromJSON, ResponseError } from "./client/index.js";

const [basePath, email, password] = process.argv.slice(2);

const tokens = await new UsersApi(new Configuration({ basePath })).logIn({ login: { username: email, password } });
const configuration = new Configuration({ basePath, accessToken: tokens.accessToken });
const productsApi = new ProductsApi(configuration);
const ordersApi = new OrdersApi(configuration);

const products: Product[] = [];
for (const name of ["Teapot", "Cup", "Saucer"]) {
  products.push(await productsApi.createProduct({ newProduct: { name, price: "129.90", stock: 3 } }));
}
assert(products.every((product) => product.price === "129.90"));
const teapot = products[0];

const place = (quantity: number, idempotencyKey: string) =>
  ordersApi.placeOrder({ newOrder: { productId: teapot.id, quantity }, idempotencyKey });

const key = randomUUID();
const order = await place(1, key);
assert.equal(order.total, "129.90");
assert.equal((await place(1, key)).id, order.id);

const seen: number[] = [];
let cursor: string | null | undefined;
do {
  const page = await productsApi.listProducts(cursor == null ? { limit: 1 } : { limit: 1, cursor });
  seen.push(...page.data.map((product) => product.id));
  cursor = page.nextCursor;
} while (cursor !== null);
assert.deepEqual(seen, products.map((product) => product.id).reverse());

// Orders what there is, after an order for more.
const refusal = await place(5, randomUUID()).then(
  () => assert.fail("an order for more than the stock was accepted"),
  (error: unknown) => error,
);
assert(refusal instanceof ResponseError);
const body = await refusal.response.json();
const problem = ProblemFromJSON(body);
assert.equal(refusal.response.status, 409);
assert.equal(problem.code, "insufficient_stock");
assert.equal(problem.available, 2);
assert.equal((await place(problem.available!, randomUUID())).quantity, 2);

assert.equal(ProblemFromJSON({ ...body, code: "added_later", member_added_later: true }).code, "added_later");
