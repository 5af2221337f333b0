/** What is written is read back as the same records, by every format, for every type of column. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, DateTime, Effect, Equal, Schema, Stream } from "effect"
import { Column, Format } from "../../../index.ts"
import { type Random, seeded } from "../../conformance/Random.ts"
import { chunks } from "./reading.ts"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite, at: Schema.Date }) {}

const Inner = Schema.Struct({ name: Schema.String, sizes: Schema.Array(Schema.NullOr(Schema.Finite)), big: Schema.NullOr(Schema.BigInt) })

const Everything = Schema.Struct({
  id: Schema.Int,
  text: Schema.String,
  textOrNull: Schema.NullOr(Schema.String),
  number: Schema.Number,
  finite: Schema.NullOr(Schema.Finite),
  safe: Column.BigInteger,
  bigint: Schema.BigInt,
  bigintOrNull: Schema.NullOr(Schema.BigInt),
  decimal: Schema.BigDecimal,
  flag: Schema.Boolean,
  flagMaybe: Schema.optionalKey(Schema.Boolean),
  at: Schema.Date,
  utc: Schema.NullOr(Schema.DateTimeUtc),
  day: Column.Date,
  kind: Schema.Literals(["it's", "a\\b", "ünï"]),
  grade: Schema.NullOr(Schema.Literals([1, 2, 3])),
  undefinedOr: Schema.UndefinedOr(Schema.Int),
  bytes: Schema.Uint8Array,
  texts: Schema.Array(Schema.String),
  bigints: Schema.NullOr(Schema.Array(Schema.BigInt)),
  dates: Schema.Array(Schema.NullOr(Schema.Date)),
  lists: Schema.Array(Schema.Array(Schema.Int)),
  inner: Inner,
  inners: Schema.NullOr(Schema.Array(Inner)),
  json: Schema.Json,
  either: Schema.NullOr(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])),
  oneOrText: Schema.Literals(["1", 1]),
  record: Schema.Record(Schema.String, Schema.Finite),
  point: Point,
  "odd \"name, of\na column": Schema.Int
})
type Everything = typeof Everything.Type

const texts: readonly [string, ...Array<string>] = [
  "", " ", "NULL", "null", "\"", "\"quoted\"", "a,b;c\td", "line\nreturn\r\nalone\r", "#", "ünïcödé", "👩‍👩‍👧‍👦", "\ufeffbom", "{\"a\":1}", "\\", "\u2028", "x".repeat(3000)
]
const finites: readonly [number, ...Array<number>] = [0, -0, 1e308, 5e-324, 0.1, 1 / 3, -123456789.12345679, 1e21, 2 ** 60, -1e18]

const many = <A>(random: Random, make: () => A): ReadonlyArray<A> => Array.from({ length: random.int(0, 3) }, make)
const orNull = <A>(random: Random, value: A): A | null => (random.next() < 0.3 ? null : value)
const bigint = (random: Random) => random.pick([0n, 2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n, -1n])
const date = (random: Random) => new Date(random.pick([-62135596800000, 253402300799999, 0, -1, random.int(-1e12, 2e12)]))
// JSON has no negative zero.
const finite = (random: Random) => random.pick(finites) + 0
const inner = (random: Random): typeof Inner.Type => ({
  name: random.pick(texts), sizes: many(random, () => orNull(random, finite(random))), big: orNull(random, bigint(random))
})

const row = (random: Random, id: number): Everything => ({
  id,
  text: random.pick(texts),
  textOrNull: orNull(random, random.pick(texts)),
  number: random.pick([NaN, Infinity, -Infinity, finite(random)]),
  finite: orNull(random, finite(random)),
  safe: random.pick([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 7]),
  bigint: bigint(random),
  bigintOrNull: orNull(random, bigint(random)),
  decimal: BigDecimal.make(BigInt(random.int(-1e12, 1e12)) * 1_000_003n, random.int(0, 9)),
  flag: random.next() < 0.5,
  ...(random.next() < 0.5 ? {} : { flagMaybe: random.next() < 0.5 }),
  at: date(random),
  utc: orNull(random, DateTime.makeUnsafe(date(random))),
  day: random.pick(["0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10", "1969-12-31"]),
  kind: random.pick(["it's", "a\\b", "ünï"]),
  grade: orNull(random, random.pick([1, 2, 3])),
  undefinedOr: random.next() < 0.5 ? undefined : random.int(-5, 5),
  bytes: Uint8Array.from({ length: random.int(0, 5) }, () => random.int(0, 255)),
  texts: many(random, () => random.pick(texts)),
  bigints: orNull(random, many(random, () => bigint(random))),
  dates: many(random, () => orNull(random, date(random))),
  lists: many(random, () => many(random, () => random.int(0, 9))),
  inner: inner(random),
  inners: orNull(random, many(random, () => inner(random))),
  json: random.pick<Schema.Json>([
    null, 1, "x", [1, { a: null }], { b: "," }, "null", "1.50", "true", "{}", "-", " 5", "", 1.5, true, 2 ** 60, { id: -1e18 }, [Number.MAX_SAFE_INTEGER + 1, "\"5\""]
  ]),
  either: random.pick([null, "5", 5, "true", true, 1.5, "null", "", "1,5", "\"", 1e20]),
  oneOrText: random.pick<"1" | 1>(["1", 1]),
  // V8's JSON.parse (Node 24.21) mistakes the key "\"" for "\\" once it has seen that one.
  record: Object.fromEntries(many(random, () => [random.pick(["", " ", "a,b", "ü\n", "\""]), finite(random)] as const)),
  point: new Point({ x: finite(random), at: date(random) }),
  "odd \"name, of\na column": id
})

/** Equal in value: decimals of another scale, and undefined for a key that is not there, are no difference. */
const plain = (value: unknown): unknown => {
  if (BigDecimal.isBigDecimal(value)) return `decimal ${BigDecimal.format(BigDecimal.normalize(value))}`
  if (DateTime.isDateTime(value)) return `utc ${DateTime.formatIso(value)}`
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`
  if (value instanceof Date || typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  return { of: value.constructor?.name, fields: Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, plain(v)])) }
}

const random = seeded(11)
const rows = Array.from({ length: 300 }, (_, id) => row(random, id))

const same = (read: ReadonlyArray<Everything>): void => {
  assert.strictEqual(read.length, rows.length)
  for (const [i, row] of rows.entries()) assert.deepStrictEqual(plain(read[i]), plain(row))
}

const textFormats: ReadonlyArray<readonly [string, Format.TextFormat<Everything>]> = [
  ["CSV", Format.csv(Everything)],
  ["CSV with other characters, UTF-16 and its own nulls", Format.csv(Everything, {
    delimiter: ";", quote: "'", escape: "\\", comment: "#", nulls: ["\\N"], encoding: "utf-16le", decimalMark: ",", booleans: { true: ["yes"], false: ["no"] }
  })],
  ["CSV without a header", Format.csv(Everything, { header: false, newline: "cr", delimiter: "\t" })],
  ["NDJSON", Format.ndjson(Everything, { columns: { id: "Id" } })],
  ["a JSON array", Format.jsonArray(Everything)]
]

describe("a round trip through", () => {
  for (const [name, format] of textFormats) {
    it.effect(name, () =>
      Effect.gen(function*() {
        for (const compression of ["none", "gzip", "zstd"] as const) {
          const bytes = Buffer.concat(yield* Stream.runCollect(format.write(Stream.rechunk(Stream.fromIterable(rows), 40), { compression })))
          const read = yield* Stream.runCollect(format.read(chunks(bytes, 1000)))
          same(read)
        }
      }))
  }

  for (const compression of ["none", "snappy", "gzip", "zstd"] as const) {
    it.effect(`Parquet, ${compression}`, () =>
      Effect.gen(function*() {
        const format = Format.parquet(Everything, { compression, rowGroupRows: 70 })
        const bytes = Buffer.concat(yield* Stream.runCollect(format.write(Stream.fromIterable(rows))))
        const read = yield* Stream.runCollect(format.read(Format.ofBytes(bytes, "t")))
        same(read)
        const none = Buffer.concat(yield* Stream.runCollect(format.write(Stream.empty)))
        assert.deepStrictEqual(yield* Stream.runCollect(format.read(Format.ofBytes(none, "t"))), [])
      }))
  }

  it.effect("schemas that transform, and classes", () =>
    Effect.gen(function*() {
      class Trip extends Schema.Class<Trip>("Trip")({
        id: Schema.NumberFromString, at: Schema.DateFromString, seconds: Schema.DurationFromMillis, note: Schema.NullOr(Schema.String)
      }) {}
      const trips = [
        new Trip({ id: 1, at: new Date("2024-02-29T12:00:00Z"), seconds: yield* Schema.decodeEffect(Schema.DurationFromMillis)(1500), note: null }),
        new Trip({ id: 2, at: new Date(0), seconds: yield* Schema.decodeEffect(Schema.DurationFromMillis)(0), note: "x" })
      ]
      for (const format of [Format.csv(Trip), Format.ndjson(Trip), Format.jsonArray(Trip)]) {
        const bytes = Buffer.concat(yield* Stream.runCollect(format.write(Stream.fromIterable(trips))))
        const read = yield* Stream.runCollect(format.read(Stream.succeed(bytes)))
        assert.isTrue(read[0] instanceof Trip)
        assert.isTrue(Equal.equals(read, trips), format.name)
      }
      const parquet = Format.parquet(Trip)
      const bytes = Buffer.concat(yield* Stream.runCollect(parquet.write(Stream.fromIterable(trips))))
      assert.isTrue(Equal.equals(yield* Stream.runCollect(parquet.read(Format.ofBytes(bytes))), trips))
    }))
})
