/** Keys are unique and in order, by the same measure as in a table of Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, DateTime, Effect, Schema } from "effect"
import * as Column from "../../../io/warehouse/Column.ts"
import { comparable } from "../../conformance/Values.ts"
import { formats, load, write } from "./cells.ts"
import { within } from "./place.ts"

const decimal = BigDecimal.fromStringUnsafe
const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

/** Values in the order of a table, and pairs that are one key. */
const keys: ReadonlyArray<readonly [string, Schema.Codec<unknown, unknown>, ReadonlyArray<unknown>, ReadonlyArray<readonly [unknown, unknown]>]> = [
  ["moments", Schema.DateTimeUtc, [-1, 0, 999, 1000].map((at) => DateTime.makeUnsafe(at)), [[DateTime.makeUnsafe(5), DateTime.makeUnsafe(new Date(5))]]],
  ["dates", Schema.Date, [new Date(-1), new Date(0), new Date(1000)], [[new Date(5), new Date(5)]]],
  [
    "decimals",
    Schema.BigDecimal,
    ["-1e999999", "-10", "-9.5", "-9", "0", "0.001", "0.01", "9", "9.01", "10", "123456789012345678901", "1e999999999"].map(decimal),
    [[decimal("9"), decimal("9.0")], [decimal("0"), BigDecimal.make(0n, 7)], [decimal("1e3"), decimal("1000")]]
  ],
  ["decimals as text", Column.Numeric, ["-10", "-9", "0", "0.50", "9", "10", "10.5"], [["9", "9.0"], ["0", "0.00"]]],
  ["bytes", Schema.Uint8Array, [bytes(), bytes(0), bytes(0, 1), bytes(1), bytes(9, 9), bytes(10), bytes(255)], [[bytes(1, 2), bytes(1, 2)]]],
  ["numbers", Schema.Number, [-Infinity, -1, 0, 0.5, 9, 10, Infinity, NaN], [[NaN, NaN], [0, -0]]],
  ["big integers", Schema.BigInt, [-10n, -9n, 0n, 9n, 10n], [[5n, 5n]]],
  ["booleans", Schema.Boolean, [false, true], [[true, true]]],
  ["structs", Schema.Struct({ a: Schema.Int }), [{ a: 1 }, { a: 2 }], [[{ a: 1 }, { a: 1 }]]]
]

const shuffled = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> =>
  [...values.filter((_, i) => i % 2 === 1), ...values.filter((_, i) => i % 2 === 0).toReversed()]

describe("keys in a lake", () => {
  for (const [name, key, values, same] of keys) {
    it.effect(`${name} are sorted, and two that are equal are refused`, () =>
      within({}, () =>
        Effect.gen(function*() {
          const Row = Schema.Struct({ k: key, n: Schema.Int })
          const rows = values.map((k, n) => ({ k, n }))
          for (const format of formats) {
            // What is beyond numeric of Postgres is for files that keep its digits.
            const some = format === "parquet" ? rows : rows.filter(({ k }) => !(BigDecimal.isBigDecimal(k) && Math.abs(k.scale) > 9999))
            yield* write(format, Row, shuffled(some), ["k"])
            assert.deepStrictEqual(comparable(yield* load(format, Row)), comparable(some))
            for (const [a, b] of same) {
              const refused = yield* Effect.flip(write(format, Row, [{ k: a, n: 0 }, ...some.slice(0, 1), { k: b, n: 1 }], ["k"]))
              assert.match(refused.message, /^files\/cells has two rows with the key \(k\) = \(.+\); drop one of them\.$/)
            }
          }
        })))
  }

  it.effect("compares a key column by column, and shows it", () =>
    within({}, () =>
      Effect.gen(function*() {
        const Row = Schema.Struct({ at: Schema.DateTimeUtc, price: Column.Numeric, sum: Schema.BigDecimal, hash: Schema.Uint8Array })
        const row = (at: number, price: string) => ({ at: DateTime.makeUnsafe(at), price, sum: decimal("1.50"), hash: bytes(1, 171) })
        yield* write("ndjson", Row, [row(2, "1"), row(1, "10"), row(1, "9")], ["at", "price"])
        assert.deepStrictEqual(comparable(yield* load("ndjson", Row)), comparable([row(1, "9"), row(1, "10"), row(2, "1")]))
        const refused = yield* Effect.flip(write("ndjson", Row, [row(1, "9.0"), row(2, "9"), row(1, "9")], ["at", "price", "sum", "hash"]))
        assert.include(refused.message, `two rows with the key (at, price, sum, hash) = ("1970-01-01T00:00:00.001Z", "9", 1.5, \\x01ab); drop one`)
      })))

  it.effect("leaves a value that is missing or no moment to the schema", () =>
    within({}, () =>
      Effect.gen(function*() {
        const Row = Schema.Struct({ k: Schema.Date })
        const refused = yield* Effect.flip(write("ndjson", Row, [{ k: new Date(NaN) }, { k: new Date(NaN) }], ["k"]))
        assert.match(refused.message, /^Row 1 of files\/cells cannot be stored: column "k": /)
        assert.match((yield* Effect.flip(write("ndjson", Row, [{}, {}], ["k"]))).message, /^Row 1 of files\/cells cannot be stored: column "k": /)
      })))
})
