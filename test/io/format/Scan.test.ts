/** NDJSON that is read in place is read as JSON.parse reads it, and what JSON.parse refuses is refused in the same words: over random lines, broken at random. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Column, Format } from "../../../index.ts"
import type { BadRecord, Place } from "../../../io/format/FormatError.ts"
import { Layouts } from "../../../io/format/json/Layout.ts"
import * as Members from "../../../io/format/json/Members.ts"
import { give, reader } from "../../../io/format/json/Record.ts"
import { Scan } from "../../../io/format/json/Scan.ts"
import * as Shape from "../../../io/format/Shape.ts"
import { type Random, seeded } from "../../conformance/Random.ts"
import { chunks, ended } from "./reading.ts"

const Plain = Schema.Struct({
  id: Schema.Int, name: Schema.NullOr(Schema.String), amount: Schema.Number, score: Schema.UndefinedOr(Schema.Finite), at: Schema.Date, ok: Schema.Boolean
})
const Odd = Schema.Struct({
  id: Schema.optionalKey(Schema.NullOr(Schema.Int)), "größe": Schema.optionalKey(Schema.Finite), name: Schema.Literals(["a", "bus"]), amount: Column.Numeric,
  big: Schema.NullOr(Schema.BigInt), any: Schema.Unknown, inner: Schema.NullOr(Schema.Struct({ id: Schema.BigInt })), list: Schema.optionalKey(Schema.Array(Schema.Int)),
  constructor: Schema.NullOr(Schema.String), at: Schema.NullOr(Schema.DateTimeUtc), day: Schema.NullOr(Column.Date)
}).check(Schema.makeFilter(({ name, id }) => (name === "a" && id === 2 ? "no a is 2" : undefined)))
class Trip extends Schema.Class<Trip>("Trip")({ at: Schema.DateFromString, name: Schema.NullOr(Schema.String) }) {}

const some = (random: Random, least: number, most: number, make: () => string): string =>
  Array.from({ length: random.int(least, most) }, make).join("")

const digits = (random: Random, most: number) => some(random, 1, most, () => String(random.int(0, 9)))

const number = (random: Random): string =>
  random.pick([
    () => String(random.int(-9, 99)),
    () => String(Math.sin(random.int(0, 1e6)) * 10 ** random.int(-3, 5)),
    () => `${random.pick(["", "-"])}${digits(random, 20)}${random.pick(["", `.${digits(random, 20)}`])}${random.pick(["", "", "e5", "E+10", "e-3", "e999", "e"])}`,
    () => random.pick(["0", "-0", "-0.0", "00", "01", "1.", ".5", "+1", "-", "NaN", "9007199254740992", "9007199254740993", "0.1", "12.50", "1e2"])
  ])()

const character = (random: Random): string =>
  random.pick(["a", "b", " ", "é", "山", "🎉", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\x", "\u007f", "\u2028", "{", "}", ",", ":"])

const string = (random: Random): string =>
  random.pick([
    () => `"${some(random, 0, 20, () => character(random))}"`,
    () => random.pick(["\"a\"", "\"bus\"", "\"1\"", "\"NaN\"", "\"x\ty\"", "\"12.50\"", "\"2024-02-29\"", "\"2023-02-29\"", `"${"long ".repeat(9)}"`]),
    () => `"${new Date(random.int(-1e12, 2e12)).toISOString()}"`,
    () => random.pick(["\"2024-02-29T12:00:00.000Z\"", "\"2024-02-30T12:00:00.000Z\"", "\"2024-02-28T24:00:00.000Z\"", "\"2024-02-28T12:00:00Z\"", "\"2024-02-28T12:00:00\""])
  ])()

const anySpace = (random: Random): string => (random.next() < 0.8 ? "" : random.pick([" ", "  ", "\t", "\r", "\u00a0", "\f"]))

const value = (random: Random, depth = 0): string => {
  const inner = () => `${anySpace(random)}${value(random, depth + 1)}${anySpace(random)}`
  return random.pick([
    () => number(random),
    () => number(random),
    () => string(random),
    () => string(random),
    () => random.pick(["true", "false", "null", "null", "nul", "True"]),
    () => depth > 2 ? "[]" : `[${Array.from({ length: random.int(0, 3) }, inner).join(",")}]`,
    () => depth > 2 ? "{}" : `{${Array.from({ length: random.int(0, 2) }, () => `"${random.pick(["id", "x", "é"])}":${inner()}`).join(",")}}`
  ])()
}

const usual: Readonly<Record<string, (random: Random) => string>> = {
  id: (random) => String(random.int(-5, 1e6)),
  name: (random) => random.pick(["null", "\"a\"", "\"bus\"", "\"Grace Hopper of the navy\""]),
  amount: (random) => String(random.int(0, 1e7) / 100),
  score: (random) => random.pick(["null", String(Math.sin(random.int(0, 1e6)))]),
  at: (random) => `"${new Date(random.int(0, 2e12)).toISOString()}"`,
  ok: (random) => random.pick(["true", "false"]),
  big: () => "9007199254740993",
  any: (random) => value(random),
  inner: (random) => random.pick(["null", "{\"x\":1.50,\"id\":9007199254740993}"]),
  list: () => "[1,2]",
  day: () => "\"2024-02-29\""
}

const names = (random: Random): ReadonlyArray<string> => {
  const all = Object.keys(usual)
  if (random.next() < 0.3) return [...all, random.pick(["constructor", "größe", "__proto__", "toString", "i\\u0064", "x", "id", ""])]
  const from = random.int(0, all.length - 1)
  return random.next() < 0.3 ? [...all.slice(from), ...all.slice(0, from)].slice(0, random.int(0, 12)) : all
}

/** Most lines of a file are alike. */
const line = (random: Random, order: ReadonlyArray<string>, gap: string): string => {
  const isLoose = random.next() < 0.1
  const space = () => (isLoose ? anySpace(random) : "")
  const members = order.map((name) => {
    const make = random.next() < 0.99 && Object.hasOwn(usual, name) ? usual[name] : undefined
    return `${space()}"${name}"${space()}:${gap}${(make ?? value)(random)}`
  })
  return `${space()}{${members.join(`,${gap}`)}${space()}}${isLoose ? random.pick(["", "\r", " ", "x", ","]) : ""}`
}

const bytesOf = (random: Random, text: string): Buffer => {
  const bytes = Buffer.from(text)
  if (random.next() < 0.8 || bytes.length === 0) return bytes
  const at = random.int(0, bytes.length - 1)
  const byte = random.next() < 0.7 ? random.pick([...Buffer.from("\"\\{}[],:0-.e \n\r\t\0")] as [number, ...Array<number>]) : random.int(0, 255)
  return Buffer.concat([bytes.subarray(0, at), ...random.next() < 0.7 ? [Buffer.from([byte])] : [], bytes.subarray(at + random.int(0, 2))])
}

const file = (random: Random, lines: number): Buffer => {
  let order = names(random)
  const gap = random.pick(["", " "])
  return Buffer.concat(Array.from({ length: lines }, () => {
    if (random.next() < 0.04) order = names(random)
    return Buffer.concat([bytesOf(random, random.next() < 0.02 ? "" : line(random, order, gap)), Buffer.from(random.next() < 0.99 ? "\n" : "")])
  }))
}

const layoutsOf = (shape: Shape.Shape): Layouts => {
  const members = Members.make(shape)
  if (members === undefined) throw new Error("it is not read in place")
  return new Layouts(members)
}

type Element = Format.Placed<unknown> | Format.Unread

/** Every line by JSON.parse. */
const plainly = (schema: Format.RecordSchema<unknown>, bytes: Buffer): ReadonlyArray<Element> => {
  const read = reader(Shape.make(schema))
  const elements: Array<Element> = []
  const out = {
    // Seam: what is placed is good.
    good: (placed: unknown) => void elements.push(placed as Format.Placed<unknown>),
    bad: (bad: BadRecord, place: () => Place) => void elements.push({ bad, place: place() })
  }
  let [start, number] = [0, 0]
  while (start < bytes.length) {
    const newline = bytes.indexOf(10, start)
    const end = newline < 0 ? bytes.length : newline
    const next = newline < 0 ? end : end + 1
    number++
    if (!/^[ \t\r]*$/.test(bytes.subarray(start, end).toString("latin1"))) {
      give(bytes.subarray(start, end), { file: "t", record: elements.length, line: number, byte: start, end: next, nextLine: number + 1 }, read, out, true)
    }
    start = next
  }
  return elements
}

const schemas: Readonly<Record<string, Format.RecordSchema<unknown>>> = { "a flat schema": Plain, "one of odd members": Odd, "a class": Trip }

describe("NDJSON, read in place", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it.effect(`of ${name} is what JSON.parse makes of it`, () =>
      Effect.gen(function*() {
        const random = seeded(23)
        const shape = Shape.make(schema)
        const layouts = layoutsOf(shape)
        const scan = new Scan(layouts, shape.finish)
        const counts = { good: 0, bad: 0, inPlace: 0 }
        for (let round = 0; round < 40; round++) {
          const bytes = file(random, 80)
          const expected = plainly(schema, bytes)
          const read = yield* Stream.runCollect(Format.ndjson(schema).readAll(chunks(bytes, random.pick([1, 7, 100, 10_000])), { file: "t" }))
          assert.deepStrictEqual<unknown>(read, expected)
          scan.begin(bytes)
          for (const element of expected) {
            counts["bad" in element ? "bad" : "good"]++
            if (!("bad" in element) && scan.read(element.place.byte ?? 0) !== undefined) counts.inPlace++
          }
        }
        assert.isDefined(layouts.latest)
        assert.isAbove(counts.inPlace, counts.good * 0.7)
        assert.isAbove(counts.good, 100)
        assert.isAbove(counts.bad, 100)
      }))
  }

  it.effect("in an array, too, where elements are cut as little as where every byte comes alone", () =>
    Effect.gen(function*() {
      const random = seeded(6)
      let good = 0
      for (let round = 0; round < 30; round++) {
        const comma = random.pick([",", ",\n", " ,\r\n "])
        const elements = file(random, 30).toString("latin1").split("\n").filter((text) => text.startsWith("{") && text.endsWith("}"))
        const bytes = Buffer.from(`[${elements.map((text) => text + (random.next() < 0.9 ? comma : random.pick(["", " ", ",,"]))).join("")}{}]`, "latin1")
        const read = yield* ended(Format.jsonArray(Plain).readAll(chunks(bytes, random.pick([100, 1000, 1 << 16])), { file: "t" }))
        const expected = yield* ended(Format.jsonArray(Plain).readAll(chunks(bytes, 1), { file: "t" }))
        assert.deepStrictEqual<unknown>(read, expected)
        good += expected.rows.filter((element) => !("bad" in element)).length
      }
      assert.isAbove(good, 100)
    }))

  it.effect("line by line, where one is almost another", () =>
    Effect.gen(function*() {
      const Loose = Schema.Struct({ id: Schema.optionalKey(Schema.Number), s: Schema.optionalKey(Schema.String), x: Schema.optionalKey(Schema.Unknown) })
      const nasty = [
        "{}", "}", "{,}", "{ }", "{\"id\":1,}", "{\"id\":1 \"s\":\"a\"}", "{\"id\"}", "{\"id\":}", "{\"id\":1}}", "{\"id\":1},", "[{\"id\":1}]", "{\"id\":1", "{\"id\"",
        "{\"id\":1,,\"s\":\"a\"}", "{id:1}", "{'id':1}", "{\"id\":1,\"s\":\"a}", "{\"id\":1,\"s\":\"a\\\"}", "{\"id\":1,\"s\":\"a\",\"s\":null}", "{\"id\":0,\"id\":2,\"s\":\"a\"}",
        "{\"id\":1,\"s\":\"a\"} ", "{\"id\":1,\"s\":\"a\"}\r", "{\"id\":1,\"s\":\"a\"} x", "{\"id\":1.,\"s\":\"a\"}", "{\"id\":1e,\"s\":\"a\"}", "{\"id\":- 1,\"s\":\"a\"}", "{\"id\":1e999,\"s\":\"a\"}",
        "{\"x\":[1,{\"id\":\"]}\"}],\"id\":1}", "{\"x\":[1,{]},\"id\":1}", "{\"x\":[\"\t\"],\"id\":1}", "{\"x\":[1,\"a],\"id\":1}", "{\"x\":nulL}", "{\"x\":\"\\ud800\"}", "{\"x\":truefalse}", "{\"id\":1}{\"id\":2}",
        "{\"id\":1,\"other\":\"\\q\"}", "{\"id\":1,\"other\":[1,]}", "{\"id\":1,\"other\":01}", "{\"id\":1,\"\\u0073\":\"b\"}", "\ufeff{\"id\":1}"
      ]
      const usual = "{\"id\":1,\"s\":\"a\"}\n".repeat(25)
      for (const text of nasty) {
        const bytes = Buffer.from(`${usual}${text}\n${usual}${text}`)
        const read = yield* Stream.runCollect(Format.ndjson(Loose).readAll(Stream.make(bytes), { file: "t" }))
        assert.deepStrictEqual<unknown>(read, plainly(Loose, bytes), text)
      }
    }))

  it.effect("wherever its bytes are cut", () =>
    Effect.gen(function*() {
      const bytes = file(seeded(4), 6)
      const expected = plainly(Plain, bytes)
      for (let at = 0; at <= bytes.length; at++) {
        const read = yield* Stream.runCollect(Format.ndjson(Plain).readAll(Stream.make(bytes.subarray(0, at), bytes.subarray(at)), { file: "t" }))
        assert.deepStrictEqual<unknown>(read, expected, `cut at ${at}`)
      }
    }))
})
