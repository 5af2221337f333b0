import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { AssetGraph, Pipeline, Selection } from "../../../index.ts"
import { plain } from "../assets.ts"

// a → b → d → e, a → c → d; x alone.
const a = plain("g/a", [], { tags: { team: "data", daily: "" }, kinds: ["api"], owners: ["ada"] })
const b = plain("g/b", [a], { kinds: ["postgres"] })
const c = plain("g/c", [a])
const d = plain("h/d", [b, c], { kinds: ["postgres"], tags: { team: "web" } })
const e = plain("h/e", [d])
const x = plain("x")
const graph = Result.getOrThrow(AssetGraph.make([
  Pipeline.make("first", { assets: [a, b, c] }),
  Pipeline.make("second", { assets: [d, e, x] })
]))

const keys = (text: string) =>
  Result.match(Selection.select(graph, text), {
    onSuccess: (found) => found.map((key) => key.slice(key.lastIndexOf("/") + 1)).sort().join(""),
    onFailure: (error) => `error: ${error.message}`
  })

describe("Selection", () => {
  const table: ReadonlyArray<readonly [string, string]> = [
    ["*", "abcdex"],
    ["g/a", "a"],
    ["first", "abc"],
    ["g", "abc"],
    ["h/*", "de"],
    ["*d", "d"],
    ["g/a, x", "ax"],
    ["g/a x", "ax"],
    ["g/a or x", "ax"],
    ["group:h", "de"],
    ["kind:postgres", "bd"],
    ["tag:team", "ad"],
    ["tag:team=web", "d"],
    ["tag:daily", "a"],
    ["owner:ada", "a"],
    ["pipeline:second", "dex"],
    ["key:g/a", "a"],
    ["+h/d", "abcd"],
    ["g/a+", "abcde"],
    ["1+h/d", "bcd"],
    ["2+h/e", "bcde"],
    ["g/a+1", "abc"],
    ["1+h/d+1", "bcde"],
    ["+g/b+", "abde"],
    ["g/a +x", "ax"],
    ["not group:g", "dex"],
    ["g and kind:postgres", "b"],
    ["g and not g/a", "bc"],
    ["x or g and kind:postgres", "bx"],
    ["(x or g) and kind:api", "a"],
    ["(g/b, g/c)+1", "bcd"],
    ["not (g or h)", "x"],
    ["not not x", "x"],
    ["  x  ", "x"]
  ]
  for (const [text, expected] of table) {
    it(text, () => assert.strictEqual(keys(text), expected))
  }

  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["", ["an asset is missing", "at its end"]],
    ["g/a and", ["an asset is missing", "at its end"]],
    ["(g/a", ["\")\" is missing"]],
    ["g/a)", ["should have ended", "character 4"]],
    ["and x", ["an asset is missing", "character 1"]],
    ["colour:red", ["\"colour:\" is not one of", "group:"]],
    ["g/bb", ["\"g/bb\"", "Did you mean", "g/b"]],
    ["pipeline:frist", ["\"first\""]],
    ["group:gg", ["group \"gg\""]],
    ["zzz*", ["No asset matches"]]
  ]
  for (const [text, parts] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const answer = keys(text)
      assert.match(answer, /^error: /)
      for (const part of parts) assert.include(answer, part)
    })
  }

  it("keeps the order of the graph", () => {
    assert.deepStrictEqual(Result.getOrThrow(Selection.select(graph, "h/e g/a h/d")), ["g/a", "h/d", "h/e"])
  })

  it("obeys the laws of sets for random expressions", () => {
    const words = ["g/a", "first", "group:h", "kind:postgres", "tag:team", "+h/d", "g/a+1", "x"]
    for (const p of words) {
      for (const q of words) {
        assert.strictEqual(keys(`not (${p} or ${q})`), keys(`not ${p} and not ${q}`))
        assert.strictEqual(keys(`${p} and (${p} or ${q})`), keys(p))
        assert.strictEqual(keys(`${p} or ${q}`), keys(`${q}, ${p}`))
      }
    }
  })
})
