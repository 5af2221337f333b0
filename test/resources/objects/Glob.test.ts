/** Patterns of keys, held against Node's own. */
import { assert, describe, it } from "@effect/vitest"
import { matchesGlob } from "node:path"
import * as Glob from "../../../resources/objects/Glob.ts"

const letters = ["a", "b", "/", "."]
const pieces = ["a", "b", "/", "*", "?", "**/", "/**", "{a,b}", "[ab]", "[!a]", "{a,*b}", "a*"]

/** A generator that gives the same on every run. */
const draws = (seed: number) => {
  let state = seed
  return <A>(from: ReadonlyArray<A>): A => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return from[(state >> 8) % from.length]!
  }
}

/** What differs by intent: no name is hidden, and "**" is for whole keys, which have no empty or dotted parts here. */
const isOrdinary = (text: string): boolean => !/(^|\/)(\.|\/|$)/.test(text) && !text.includes("//") && !text.startsWith("/")

describe("patterns", () => {
  it("match what Node's match", () => {
    const draw = draws(7)
    const text = (from: ReadonlyArray<string>, length: number) => Array.from({ length }, () => draw(from)).join("")
    let matched = 0
    for (let round = 0; round < 20_000; round++) {
      const glob = text(pieces, 1 + (round % 4))
      const key = text(letters, 1 + (round % 6))
      if (!isOrdinary(key) || !isOrdinary(glob) || !Glob.isGlob(glob) || /\*\*\*|\*\*[^/]|[^/]\*\*/.test(glob)) continue
      const expected = matchesGlob(key, glob)
      if (expected) matched++
      const pattern = Glob.parse(glob)
      assert.strictEqual(pattern.matches(key), expected, `${glob} on ${key}`)
      if (!expected) continue
      assert.isTrue(key.startsWith(pattern.prefix), `${glob} on ${key}`)
      assert.isFalse(pattern.flat && key.slice(pattern.prefix.length).includes("/"), `${glob} on ${key}`)
    }
    assert.isAbove(matched, 500)
  })

  it("are read as they are meant, or refused", () => {
    const matches = (glob: string, ...keys: ReadonlyArray<string>) => keys.filter((key) => Glob.parse(glob).matches(key))
    assert.deepStrictEqual(matches("d/*.csv", "d/a.csv", "d/.csv", "d/.a.csv", "d/e/a.csv", "d/a.csvx"), ["d/a.csv", "d/.csv", "d/.a.csv"])
    assert.deepStrictEqual(matches("d/**", "d/a", "d/e/f", "d", "da"), ["d/a", "d/e/f"])
    assert.deepStrictEqual(matches("**/a", "a", "b/a", "b/c/a", "ba"), ["a", "b/a", "b/c/a"])
    assert.deepStrictEqual(matches("day=[0-9][0-9]/p-{1,2}.{csv,json}", "day=01/p-1.csv", "day=0x/p-1.csv", "day=01/p-3.csv"), ["day=01/p-1.csv"])
    assert.deepStrictEqual(matches("[[]a]", "[a]", "a"), ["[a]"])
    assert.deepStrictEqual(matches("[]-]", "]", "-", "a"), ["]", "-"])
    assert.deepStrictEqual(matches("😀?", "😀😀", "😀"), ["😀😀"])
    assert.deepStrictEqual(matches("a+(b).csv?", "a+(b).csvx", "aab.csvx"), ["a+(b).csvx"])
    assert.deepStrictEqual(matches("data/", "data/a", "data"), ["data/a"])
    for (const bad of ["a[b", "a{b", "[b-a]"]) assert.throws(() => Glob.parse(bad), Glob.BadPattern)
  })
})
