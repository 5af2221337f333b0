import { assert, describe, it } from "@effect/vitest"
import * as Repeats from "../../cli/Repeats.ts"

const make = () => {
  const said: Array<string> = []
  return { said, repeats: Repeats.make((sentence) => said.push(sentence)) }
}

describe("what comes again and again", () => {
  it("is said three times, then at powers of ten, and at the end how often it came", () => {
    const { repeats, said } = make()
    for (let i = 1; i <= 5000; i++) repeats.tell("a", `no. ${i}`)
    repeats.tell("b", "other")
    repeats.close()
    repeats.close()
    assert.deepStrictEqual(said, [
      "no. 1", "no. 2", "no. 3", "no. 10 (10 times by now)", "no. 100 (100 times by now)", "no. 1000 (1,000 times by now)",
      "other", "no. 5000 (5,000 times in all)"
    ])
  })

  it("counts as one where it is of too many kinds", () => {
    const { repeats, said } = make()
    for (let i = 1; i <= 5000; i++) repeats.tell(`key ${i}`, `no. ${i}`)
    repeats.close()
    assert.deepStrictEqual(said.slice(100), [
      "no. 101", "no. 102", "no. 103", "no. 110 (10 times by now)", "no. 200 (100 times by now)", "no. 1100 (1,000 times by now)",
      "no. 5000 (4,900 times in all)"
    ])
  })
})
