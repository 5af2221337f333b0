/** Values of no known type: JSON comes back exactly as it was, and what is no JSON is refused. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { formats, load, write } from "./cells.ts"
import { within } from "./place.ts"

const json: ReadonlyArray<unknown> = [
  null, "", "null", "5", "\"5\"", 0, -0, 2 ** 60, -(2 ** 53) - 2, 1e21, 1e300, 0.1, true, [], {}, [[], [null, -0]],
  { a: { b: [1, 2 ** 60, -0] }, "odd \"name": null, constructor: 1 }, JSON.parse(`{"__proto__":{"a":1}}`)
]

const others: ReadonlyArray<readonly [unknown, string]> = [
  [NaN, "NaN"], [-Infinity, "-Infinity"], [new Date(0), "1970-01-01T00:00:00.000Z"], [5n, "5n"], [undefined, "undefined"],
  [new Uint8Array(2), "{"], [new Map(), "{}"], [{ a: [NaN] }, "{\"a\":[null]}"], [{ a: new Date(0) }, "{\"a\":"], [[undefined], "[null]"]
]

/** Where such a value may be. */
const places: ReadonlyArray<readonly [string, Schema.Codec<unknown, unknown>, (value: unknown) => unknown]> = [
  ["a column", Schema.Unknown, (value) => value],
  ["Schema.Any", Schema.Any, (value) => value],
  ["an optional column", Schema.NullOr(Schema.Struct({ x: Schema.Unknown, at: Schema.Date })), (x) => ({ x, at: new Date(7) })],
  ["a list", Schema.Array(Schema.Unknown), (value) => [1, value]],
  ["a list of structs", Schema.Array(Schema.Struct({ x: Schema.Unknown, maybe: Schema.optionalKey(Schema.Struct({ y: Schema.Unknown })) })), (x) => [{ x }, { x, maybe: { y: x } }]]
]

describe("values of no known type in a lake", () => {
  for (const [name, schema, of] of places) {
    it.effect(`${name} holds JSON exactly, and nothing else`, () =>
      within({}, () =>
        Effect.forEach(formats, Effect.fnUntraced(function*(format) {
          const Row = Schema.Struct({ n: Schema.Int, body: schema })
          const rows = json.map((value, n) => ({ n, body: of(value) }))
          yield* write(format, Row, rows)
          assert.deepStrictEqual(yield* load(format, Row), rows, format)
          for (const [value, shown] of others) {
            const refused = yield* Effect.flip(write(format, Row, [{ n: 0, body: of(1) }, { n: 1, body: of(value) }]))
            assert.include(refused.message, `Row 2 of files/cells cannot be stored: column "body": expected JSON value, found ${shown}`, format)
          }
        }))))
  }

  it.effect("refuses them in a record, and where there is none at all", () =>
    within({}, () =>
      Effect.forEach(formats, Effect.fnUntraced(function*(format) {
        const told = (schema: Schema.Codec<unknown, unknown>, row: object) =>
          Effect.map(Effect.flip(write(format, Schema.Struct({ n: Schema.Int, body: schema }), [row])), ({ message }) =>
            assert.match(message, /^Row 1 of files\/cells cannot be stored: column "body": expected JSON value/, format))
        for (const [value] of others) yield* told(Schema.Record(Schema.String, Schema.Unknown), { n: 0, body: { x: value } })
        yield* told(Schema.Unknown, { n: 0 })
        yield* told(Schema.Struct({ x: Schema.Unknown }), { n: 0, body: {} })
      }))))
})
