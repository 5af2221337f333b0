/** What the compiler knows of APIs and must refuse. Checked by tsc; each refusal is an expected error. */
import { Effect, type Redacted, Schema } from "effect"
import { Api, ApiError, RateLimit } from "../../index.ts"

const limit = RateLimit.make("shop", { calls: 1, per: "1 second" })

const declared = Api.make({
  name: "shop",
  baseUrl: "https://shop.example",
  limits: [limit],
  routes: { item: {}, report: { limits: [limit], timeout: "2 minutes" } }
})

const Item = Schema.Struct({ id: Schema.Int, at: Schema.DateFromString })

// The value is what the schema reads, the error is the one of APIs.
export const item: Effect.Effect<{ readonly id: number; readonly at: Date }, ApiError, Effect.Services<typeof declared>> = Effect.flatMap(
  declared,
  (shop) => shop.call({ route: "item", path: "/item", query: { id: 1, none: undefined }, schema: Item })
)

export const calls = (shop: Api.Api<"item" | "report">, secret: Redacted.Redacted) => {
  const plain: Effect.Effect<unknown, ApiError> = shop.call({ route: "report", path: "/report", query: { secret } })
  // @ts-expect-error there is no such route
  const route = shop.call({ route: "items", path: "/item" })
  // @ts-expect-error every call has a route
  const none = shop.call({ path: "/item" })
  // @ts-expect-error without a schema nothing is known of the value
  const value: Effect.Effect<{ readonly id: number }, ApiError> = shop.call({ route: "item", path: "/item" })
  // @ts-expect-error the schema reads another value
  const other: Effect.Effect<string, ApiError> = shop.call({ route: "item", path: "/item", schema: Item })
  // @ts-expect-error a query is flat
  const query = shop.call({ route: "item", path: "/item", query: { id: [1, 2] } })
  return { plain, route, none, value, other, query }
}

// @ts-expect-error an API has routes
export const withoutRoutes = Api.make({ name: "shop", baseUrl: "https://shop.example" })
// @ts-expect-error a limit is a value, not a name
export const namedLimit = Api.make({ name: "shop", baseUrl: "https://shop.example", limits: ["shop"], routes: {} })
// @ts-expect-error a token is no plain text
export const plainToken = Api.bearer("abc")
