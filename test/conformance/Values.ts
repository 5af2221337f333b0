/** Rows with every type of column, full of edges, for the round trip through an IO manager. */
import { BigDecimal, DateTime, Option, Schema } from "effect"
import * as Column from "../../io/warehouse/Column.ts"
import type { Random } from "./Random.ts"

const Nested = Schema.Struct({ name: Schema.String, sizes: Schema.Array(Schema.Finite), inner: Schema.NullOr(Schema.Json) })
class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite, at: Schema.Date }) {}

export const Everything = Schema.Struct({
  id: Schema.Int,
  text: Schema.String,
  textOrNull: Schema.NullOr(Schema.String),
  int: Schema.Int,
  safe: Column.BigInteger,
  number: Schema.Number,
  finite: Schema.NullOr(Schema.Finite),
  bigint: Schema.BigInt,
  bigintOrNull: Schema.NullOr(Schema.BigInt),
  decimal: Schema.BigDecimal,
  numeric: Column.Numeric,
  flag: Schema.Boolean,
  flagMaybe: Schema.optionalKey(Schema.Boolean),
  at: Schema.Date,
  utc: Schema.NullOr(Schema.DateTimeUtcFromString),
  day: Column.Date,
  kind: Schema.Literals(["it's", "a\\b", "ünï"]),
  grade: Schema.Literals([1, 2, 3]),
  maybe: Schema.optionalKey(Schema.String),
  undefinedOr: Schema.UndefinedOr(Schema.Int),
  texts: Schema.Array(Schema.String),
  numbers: Schema.Array(Schema.Number),
  bigints: Schema.NullOr(Schema.Array(Schema.BigInt)),
  dates: Schema.Array(Schema.NullOr(Schema.Date)),
  days: Schema.Array(Column.Date),
  nested: Nested,
  nestedOrNull: Schema.NullOr(Schema.Array(Nested)),
  json: Schema.Json,
  jsonMaybe: Schema.optionalKey(Schema.Json),
  mixed: Schema.Union([Schema.String, Schema.Finite]),
  record: Schema.Record(Schema.String, Schema.Finite),
  point: Point,
  option: Schema.Option(Schema.String),
  "odd \"name'; drop table x --": Schema.Int
})

const texts: readonly [string, ...Array<string>] = [
  "", " ", "NULL", "null", "{}", "'; drop table games; --", "\"quoted\"", "back\\slash\\", "tab\tline\nreturn\r",
  "\u0001\u001f\u007f", "ünïcödé", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", "𝒳", "\ufeffbom", "\u2028", "{\"a\":1}", "$1", "%s", "x".repeat(5000)
]
const ints: readonly [number, ...Array<number>] = [0, 1, -1, 2147483647, -2147483648, 42]
const safes: readonly [number, ...Array<number>] = [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2147483648, -7]
const finites: readonly [number, ...Array<number>] = [
  0, -0, 1e308, -1e308, 5e-324, 0.1, 1 / 3, Number.MAX_VALUE, Number.MIN_VALUE, 123456789.12345679
]
const bigints: readonly [bigint, ...Array<bigint>] = [0n, 2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n, -1n]
const times: readonly [string, ...Array<string>] = [
  "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "4253-05-31T22:20:37.001Z", "7777-07-07T07:07:07.777Z",
  "1969-12-31T23:59:59.999Z", "2000-01-01T00:00:00.001Z", "1582-10-10T10:10:10.101Z", "2024-02-29T12:00:00.123Z"
]
const days: readonly [string, ...Array<string>] = ["0001-01-01", "9999-12-31", "2024-02-29", "1900-02-28", "1582-10-10"]
const numerics: readonly [string, ...Array<string>] = [
  "0", "0.000", "1.10", "-12.50", "123456789012345678901234567890.123456789012345678901234567890", "-0.00000000000001"
]

const time = (random: Random): Date =>
  random.next() < 0.5 ? new Date(random.pick(times)) : new Date(random.int(-62135596800000, 253402300799999))

const decimal = (random: Random): BigDecimal.BigDecimal => {
  const digits = Array.from({ length: random.int(1, 30) }, () => random.int(0, 9)).join("")
  return BigDecimal.normalize(BigDecimal.make(BigInt(random.pick(["", "-"]) + digits), random.int(-5, 30)))
}

const many = <A>(random: Random, make: () => A): ReadonlyArray<A> => Array.from({ length: random.int(0, 4) }, make)
const orNull = <A>(random: Random, value: A): A | null => (random.next() < 0.3 ? null : value)
// JSON has no negative zero.
const jsonNumber = (random: Random): number => random.pick(finites) + 0

const json = (random: Random, depth: number): Schema.Json => {
  const leaf = random.int(0, depth > 2 ? 3 : 5)
  if (leaf === 0) return null
  if (leaf === 1) return random.pick(texts)
  if (leaf === 2) return jsonNumber(random)
  if (leaf === 3) return random.next() < 0.5
  if (leaf === 4) return many(random, () => json(random, depth + 1))
  return Object.fromEntries(many(random, () => [random.pick(texts), json(random, depth + 1)] as const))
}

const nested = (random: Random): typeof Nested.Type => ({
  name: random.pick(texts),
  sizes: many(random, () => jsonNumber(random)),
  inner: json(random, 0)
})

/** One row; null, absent and undefined about every third time where the schema allows them. */
export const everything = (random: Random, id: number): typeof Everything.Type => ({
  id,
  text: random.pick(texts),
  textOrNull: orNull(random, random.pick(texts)),
  int: random.pick(ints),
  safe: random.pick(safes),
  number: random.pick([...finites, NaN, Infinity, -Infinity]),
  finite: orNull(random, random.pick(finites)),
  bigint: random.pick(bigints),
  bigintOrNull: orNull(random, random.pick(bigints)),
  decimal: decimal(random),
  numeric: random.pick(numerics),
  flag: random.next() < 0.5,
  ...(random.next() < 0.5 ? {} : { flagMaybe: random.next() < 0.5 }),
  at: time(random),
  utc: orNull(random, DateTime.fromDateUnsafe(time(random))),
  day: random.pick(days),
  kind: random.pick(["it's", "a\\b", "ünï"]),
  grade: random.pick([1, 2, 3]),
  ...(random.next() < 0.5 ? {} : { maybe: random.pick(texts) }),
  undefinedOr: random.next() < 0.5 ? undefined : random.pick(ints),
  texts: many(random, () => random.pick(texts)),
  numbers: many(random, () => random.pick([...finites, NaN, Infinity, -Infinity])),
  bigints: orNull(random, many(random, () => random.pick(bigints))),
  dates: many(random, () => orNull(random, time(random))),
  days: many(random, () => random.pick(days)),
  nested: nested(random),
  nestedOrNull: orNull(random, many(random, () => nested(random))),
  json: json(random, 0),
  ...(random.next() < 0.5 ? {} : { jsonMaybe: json(random, 0) }),
  mixed: random.next() < 0.5 ? random.pick(texts) : jsonNumber(random),
  record: Object.fromEntries(many(random, () => [random.pick(texts), jsonNumber(random)] as const)),
  point: new Point({ x: jsonNumber(random), at: time(random) }),
  option: Option.fromNullOr(orNull(random, random.pick(texts))),
  "odd \"name'; drop table x --": random.pick(ints)
})

/** Decimals and instants as text, since two equal ones may differ in what they have cached. */
export const comparable = (value: unknown): unknown => {
  if (BigDecimal.isBigDecimal(value)) return `decimal ${BigDecimal.format(value)}`
  if (DateTime.isDateTime(value)) return `instant ${DateTime.formatIso(value)}`
  if (value instanceof Date) return value
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, comparable(v)]))
  }
  return value
}
