import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as PartitionKey from "../../../engine/partition/PartitionKey.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"
import * as Generator from "./generator.ts"

const { daily, dynamic, fixed, hourly, product } = Partitions

const odd = ["plain", "ends ", " begins", " ", "a,b", "a|b", "a\\", "\\", "a..b", "a.", ".b", "..", "x=y", "x =y", "two words", "two  words ", "a\tb\n"]

const keysOf = (name: string) => {
  switch (name) {
    case "odd":
      return odd
    case "words":
      return ["*", "all", "latest", "x"]
    case "holes":
      return [{ removed: "a" }, "b", { removed: "c" }, "d", "e", { removed: "f" }]
    default:
      return []
  }
}

const space = (partitions: Partitions.Any) =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe("2024-01-11T12:00:00Z"), dynamicKeys: keysOf })

const selected = (partitions: Partitions.Any, text: string): ReadonlyArray<string> | string => {
  const resolved = space(partitions)
  return Result.match(resolved.parse(text, "sales"), {
    onSuccess: (set) => Array.from(PartitionSet.points(set), resolved.keyAt),
    onFailure: (error) => error.reason
  })
}

type Rows = ReadonlyArray<readonly [text: string, expected: ReadonlyArray<string> | string]>

const table = (title: string, partitions: Partitions.Any, rows: Rows) =>
  describe(title, () => {
    for (const [text, expected] of rows) {
      it(JSON.stringify(text), () => assert.deepStrictEqual(selected(partitions, text), expected))
    }
  })

table("keys with blanks, marks and separators", dynamic("odd"), [
  ["plain", ["plain"]],
  ["  plain ", ["plain"]],
  ["ends ", ["ends "]],
  ["ends\\ ", ["ends "]],
  ["  ends\\   ", ["ends "]],
  ["plain,ends\\ ", ["plain", "ends "]],
  ["plain,ends ", ["plain", "ends "]],
  ["ends\\ ,plain", ["plain", "ends "]],
  ["ends\\  , plain", ["plain", "ends "]],
  ["\\ begins,plain", ["plain", " begins"]],
  ["plain, begins", ["plain", " begins"]],
  [" ", [" "]],
  ["\\ ", [" "]],
  ["\\ ,plain", ["plain", " "]],
  ["plain,\\ ", ["plain", " "]],
  ["plain, ", ["plain", " "]],
  ["a\\,b,plain", ["plain", "a,b"]],
  ["a|b,plain", ["plain", "a|b"]],
  ["a\\|b,plain", ["plain", "a|b"]],
  ["a\\\\,plain", ["plain", "a\\"]],
  ["\\\\,plain", ["plain", "\\"]],
  ["\\\\", ["\\"]],
  ["a..b,plain", ["plain", "a..b"]],
  ["a\\..b,plain", ["plain", "a..b"]],
  ["..", [".."]],
  ["\\.\\.,plain", ["plain", ".."]],
  ["x=y,plain", ["plain", "x=y"]],
  ["two words,x =y", ["x =y", "two words"]],
  ["two  words\\ ,a\tb\\\n", ["two  words ", "a\tb\n"]],
  ["a\tb\n", ["a\tb\n"]]
])

table("ranges of such keys", dynamic("odd"), [
  ["plain.. begins", ["plain", "ends ", " begins"]],
  ["plain..\\ begins", ["plain", "ends ", " begins"]],
  ["ends\\ .. begins", ["ends ", " begins"]],
  ["ends ..a,\\ ..a\\,b", "at \"ends ..a\" at \"a\" did you mean \" \", \"a\\\\\" or \"\\\\\"?"],
  [" plain .. ends\\  ", ["plain", "ends "]],
  ["a\\,b..a|b", ["a,b", "a|b"]],
  ["a\\\\..\\\\", ["a\\", "\\"]],
  ["a....b", ["a.", ".b"]],
  ["a\\...\\.b", ["a.", ".b"]],
  ["\\\\..a..b", ["\\", "a..b"]],
  ["a..b..a.", ["a..b", "a."]],
  ["two words..", ["two words", "two  words ", "a\tb\n"]],
  ["..ends\\ ", ["plain", "ends "]]
])

table("words that are keys, too", dynamic("words"), [
  ["*", ["*"]],
  ["all", ["all"]],
  ["latest", ["latest"]],
  ["latest,x", ["latest", "x"]],
  ["*,x", ["*", "x"]],
  [" all ", ["all"]],
  ["\\*", ["*"]],
  ["all..latest", ["all", "latest"]]
])

table("words", fixed(["a", "b", "c"]), [
  ["*", ["a", "b", "c"]],
  [" all ", ["a", "b", "c"]],
  ["latest", ["c"]],
  ["a,latest", ["a", "c"]],
  ["c,a,b,a", ["a", "b", "c"]],
  ["..", ["a", "b", "c"]],
  ["b..", ["b", "c"]],
  ["..b", ["a", "b"]],
  ["a..a", ["a"]],
  ["a..b,c", ["a", "b", "c"]],
  ["\\*", "did you mean \"a\", \"b\" or \"c\"?"],
  ["\\latest", "write one of a, b, c"],
  ["c..a", "the range ends before it begins, write a..c"],
  ["a,", "at \"\" write one of a, b, c"],
  ["", "the text is empty, write a key, a range A..B or *"],
  ["a,c..a", "at \"c..a\" the range ends before it begins, write a..c"],
  ["a..z", "at \"z\" did you mean \"a\", \"b\" or \"c\"?"]
])

table("a dynamic set with holes", dynamic("holes"), [
  ["*", ["b", "d", "e"]],
  ["latest", ["e"]],
  ["b..e", ["b", "d", "e"]],
  ["..d", ["b", "d"]],
  ["d..", ["d", "e"]],
  ["e,b", ["b", "e"]],
  ["c", "did you mean \"b\", \"d\" or \"e\"?"],
  ["b,f", "at \"f\" did you mean \"b\", \"d\" or \"e\"?"],
  ["zero", "it is not one of the 3 keys that exist"]
])

table("a dynamic set without keys", dynamic("nobody"), [
  ["*", []],
  ["..", []],
  ["latest", "none exists yet, so there is no latest"],
  ["x", "none exists yet, add keys first"]
])

const day = daily({ start: "2024-01-08" })
const table2 = product({ date: day, key: fixed(["eu", "us ", "a=b", "x|y"]) })

table("products", table2, [
  ["2024-01-08|eu", ["2024-01-08|eu"]],
  ["2024-01-08|us ", ["2024-01-08|us "]],
  ["2024-01-08|us\\ ", ["2024-01-08|us "]],
  ["2024-01-08|us\\ ,2024-01-09|eu", ["2024-01-08|us ", "2024-01-09|eu"]],
  ["2024-01-09|eu,2024-01-08|us\\ ", ["2024-01-08|us ", "2024-01-09|eu"]],
  ["2024-01-09|eu,2024-01-08|us ", ["2024-01-08|us ", "2024-01-09|eu"]],
  ["2024-01-08|x\\|y", ["2024-01-08|x\\|y"]],
  ["2024-01-08..2024-01-09|x\\|y,latest|eu", ["2024-01-08|x\\|y", "2024-01-09|x\\|y", "2024-01-10|eu"]],
  ["*|a=b", ["2024-01-08|a=b", "2024-01-09|a=b", "2024-01-10|a=b"]],
  ["2024-01-09..|latest", ["2024-01-09|x\\|y", "2024-01-10|x\\|y"]],
  [" 2024-01-08 | eu ", ["2024-01-08|eu"]],
  ["key=us\\ ,date=2024-01-08", ["2024-01-08|us "]],
  ["key=us\\ ,eu,date=2024-01-08", ["2024-01-08|eu", "2024-01-08|us "]],
  ["date=2024-01-08,key=eu,us\\ ", ["2024-01-08|eu", "2024-01-08|us "]],
  ["key = eu , date = ..2024-01-08", ["2024-01-08|eu"]],
  ["key=x|y,date=latest", ["2024-01-10|x\\|y"]],
  ["key=a=b,date=latest", ["2024-01-10|a=b"]],
  ["key=eu..a=b,date=latest", ["2024-01-10|eu", "2024-01-10|us ", "2024-01-10|a=b"]],
  ["key=nobody", "key: write one of eu, us , a=b, x|y"],
  ["2024-01-08|eu|us", "a key is written <date>|<key> or date=<key>,key=<key>"]
])

table("products whose keys look like names", product({ a: fixed(["x=1", "y"]), b: fixed(["p", "q"]) }), [
  ["x=1|p", ["x=1|p"]],
  ["x=1|p,y|q", ["x=1|p", "y|q"]],
  ["x\\=1|p,y|q", ["x=1|p", "y|q"]],
  ["y|q,x=1|p", ["x=1|p", "y|q"]],
  ["x=1,b=p", "it has no dimension \"x\", only a, b. Did you mean \"a\" or \"b\"?"]
])

table("hours that are there twice", hourly({ start: "2023-11-05", end: "2023-11-06", timezone: "America/New_York" }), [
  ["2023-11-05T00:00..2023-11-05T02:00", [
    "2023-11-05T00:00", "2023-11-05T01:00-04:00", "2023-11-05T01:00-05:00", "2023-11-05T02:00"
  ]],
  ["2023-11-05T01:00-05:00..2023-11-05T02:00", ["2023-11-05T01:00-05:00", "2023-11-05T02:00"]],
  ["2023-11-05T06:00Z..2023-11-05T07:00Z", "at \"2023-11-05T06:00Z\" America/New_York is then at -05:00"],
  ["2023-11-05T01:00..", "at \"2023-11-05T01:00\" that hour repeats: write \"2023-11-05T01:00-04:00\" or \"2023-11-05T01:00-05:00\""],
  ["2023-11-05T00:00-04:00,2023-11-05 02:00", ["2023-11-05T00:00", "2023-11-05T02:00"]]
])

describe("everPositionOf", () => {
  const cronDays = Partitions.cron({ start: "2024-01-08", cron: "0 0 * * *" })
  const rows: ReadonlyArray<readonly [string, Partitions.Any, string, boolean]> = [
    ["a window", day, "2024-01-09", true], ["a window before the start", day, "2020-01-01", true],
    ["a window to come", day, "2030-01-01", true], ["no window", day, "2024-02-30", false],
    ["a tick", cronDays, "2024-01-09T00:00", true], ["a tick before the start", cronDays, "2020-01-01T00:00", false],
    ["a tick far ahead", cronDays, "2030-01-01T00:00", false], ["no tick", cronDays, "2024-01-09T01:00", false],
    ["a key", dynamic("holes"), "b", true], ["a removed key", dynamic("holes"), "c", true], ["an unknown key", dynamic("holes"), "z", false],
    ["a cell of a removed key", product({ holes: dynamic("holes"), day }), "c|2020-01-01", true],
    ["a cell of an unknown key", product({ holes: dynamic("holes"), day }), "z|2020-01-01", false]
  ]
  for (const [what, partitions, key, known] of rows) {
    it(what, () => {
      const resolved = space(partitions)
      const point = resolved.everPositionOf(key)
      assert.strictEqual(point && resolved.keyAt(point), known ? key : undefined)
    })
  }
})

describe("expressions", () => {
  /** As somebody marks every sign that means something: nothing but the marks is left out. */
  const marked = (key: string) => key.replace(/[\\,|.=*\s]/g, "\\$&")

  it("of marked keys select those keys, of one set and of products, in lists of any length", () => {
    const random = Generator.make(5)
    for (const partitions of [dynamic("odd"), dynamic("words"), product({ one: dynamic("odd"), two: dynamic("words") })]) {
      const resolved = space(partitions)
      const all = Array.from(PartitionSet.points(resolved.all))
      for (let round = 0; round < 200; round++) {
        const some = Array.from({ length: random.whole(1, 5) }, () => random.pick(all))
        const blank = () => random.pick(["", " ", "  ", "\t"])
        const text = some.map((point) =>
          blank() + resolved.dimensions.map((dimension, i) => marked(dimension.keyAt(point[i]!))).join("|") + blank()
        ).join(",")
        const found = resolved.parse(text, "x")
        // A word with a mark is a key; where the words are keys they are found in any case.
        assert.deepStrictEqual(found, Result.succeed(PartitionSet.fromPoints(resolved.dimensions.length, some)), text)
      }
    }
  })

  it("of two days are the days between", () => {
    const random = Generator.make(6)
    const resolved = space(daily({ start: "2023-01-01", timezone: "Europe/Berlin" }))
    const [from, to] = [PartitionSet.firstPoint(resolved.all)![0]!, PartitionSet.lastPoint(resolved.all)![0]!]
    for (let round = 0; round < 200; round++) {
      const [a, b] = [random.whole(from, to), random.whole(from, to)].sort((x, y) => x - y) as [number, number]
      const [first, last] = [resolved.keyAt([a]), resolved.keyAt([b])]
      assert.deepStrictEqual(resolved.parse(`${first}..${last}`, "x"), Result.succeed(PartitionSet.range(a, b)))
      assert.deepStrictEqual(resolved.parse(`${first}..`, "x"), Result.succeed(PartitionSet.range(a, to)))
      assert.deepStrictEqual(resolved.parse(`..${last}`, "x"), Result.succeed(PartitionSet.range(from, b)))
      assert.strictEqual(Result.isFailure(resolved.parse(`${last}..${first}`, "x")), a !== b)
      assert.deepStrictEqual(
        resolved.parse(`${last}, ${first}`, "x"),
        Result.succeed(PartitionSet.fromPositions([a, b]))
      )
    }
  })

  it("have blanks around them taken away, but not a last one that is marked", () => {
    const rows: ReadonlyArray<readonly [string, string]> = [
      ["", ""], ["  ", ""], [" a ", "a"], ["a\\ ", "a\\ "], ["a\\   ", "a\\ "], ["a\\\\ ", "a\\\\"], ["a\\\\\\  ", "a\\\\\\ "],
      [" \\ ", "\\ "], ["a\\", "a\\"], ["\ta b\n", "a b"], ["\\\t", "\\\t"]
    ]
    for (const [text, expected] of rows) assert.strictEqual(PartitionKey.trimmed(text), expected, JSON.stringify(text))
  })
})

describe("a literal key", () => {
  const words = ["*", "all", "latest", "x"]

  it("means itself, whatever its signs, alone and in a list", () => {
    for (const [name, keys] of [["odd", odd], ["words", words]] as const) {
      for (const key of keys) assert.deepStrictEqual(selected(dynamic(name), PartitionKey.literal(key)), [key], JSON.stringify(key))
      assert.deepStrictEqual(selected(dynamic(name), keys.map(PartitionKey.literal).join(",")), keys)
    }
  })

  it("of which there is none is no word and no range", () => {
    for (const key of ["*", "all", "latest", "a..e", "b,d", "..", "b | d"]) {
      assert.isString(selected(dynamic("holes"), PartitionKey.literal(key)), key)
    }
    assert.deepStrictEqual(selected(daily({ start: "2024-01-01" }), PartitionKey.literal("2024-01-05")), ["2024-01-05"])
    assert.isString(selected(daily({ start: "2024-01-01" }), PartitionKey.literal("2024-01-05..2024-01-07")))
  })

  it("of a product is one for each dimension", () => {
    const both = product({ name: dynamic("odd"), word: dynamic("words") })
    for (const name of odd) {
      for (const word of words) {
        const text = [name, word].map(PartitionKey.literal).join("|")
        assert.deepStrictEqual(selected(both, text), [PartitionKey.join(both, [name, word])], JSON.stringify([name, word]))
      }
    }
  })
})
