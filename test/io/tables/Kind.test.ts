import { assert, describe, it } from "@effect/vitest"
import * as Kind from "../../../io/tables/Kind.ts"

const kinds: ReadonlyArray<Kind.Kind> = ["none", "boolean", "bigint", "double precision", "text", "jsonb"]

describe("kinds of values", () => {
  it("are those of JSON; whole numbers that a double holds exactly are bigint", () => {
    assert.deepStrictEqual([null, "", "007", true, 1, -0, 2 ** 53, 1.5, [], { a: 1 }].map(Kind.of), [
      "none", "text", "text", "boolean", "bigint", "bigint", "double precision", "double precision", "jsonb", "jsonb"
    ])
    assert.deepStrictEqual([null, "x", 1.5, -0, false, [1, { bb: 2, a: "ä\n", c: [] }]].map(Kind.wire), [
      null, "x", "1.5", "0", "false", "[1, {\"a\": \"ä\\n\", \"c\": [], \"bb\": 2}]"
    ])
  })

  it("join in any order and grouping to the same one: a resumed run leaves the types of an undisturbed one", () => {
    for (const a of kinds) {
      assert.strictEqual(Kind.join(a, a), a)
      for (const b of kinds) {
        assert.strictEqual(Kind.join(a, b), Kind.join(b, a))
        for (const c of kinds) assert.strictEqual(Kind.join(Kind.join(a, b), c), Kind.join(a, Kind.join(b, c)))
      }
    }
  })
})
