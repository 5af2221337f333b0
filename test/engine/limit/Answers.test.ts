import { assert, describe, it } from "@effect/vitest"
import * as Answers from "../../../engine/limit/Answers.ts"
import { seeded } from "../../conformance/Random.ts"

/** The moments that the lines stand for, in order. */
const momentsOf = (lines: ReturnType<typeof Answers.lines>, now: number) =>
  lines.flatMap(({ agoMillis, count, spacingMillis }) => Array.from({ length: count }, (_, i) => now - agoMillis + i * spacingMillis))

describe("answers", () => {
  it("are told as lines that are nowhere before them, and hardly later", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed)
      const moments: Array<number> = []
      // Crowds, even streams, and what comes late.
      for (let at = 0; moments.length < 200;) {
        const size = random.int(1, 60)
        const spacing = random.pick([0, 0.2, 1, 9])
        for (let i = 0; i < size; i++) moments.push(at += spacing * random.next() * 2)
        at += random.pick([0, 5, 1000])
      }
      const now = 5000
      const told = Answers.lines(moments.toSorted(() => random.next() - 0.5), now, 2)
      const later = momentsOf(told, now).map((moment, i) => moment - moments.toSorted((a, b) => a - b)[i]!)
      assert.isAtLeast(Math.min(...later), -1e-6, `seed ${seed}`)
      assert.isAtMost(Math.max(...later), 2 + 1e-6, `seed ${seed}`)
    }
  })

  it("are one line where they came evenly", () => {
    const told = Answers.lines(Array.from({ length: 250 }, (_, i) => i * 0.2 + (i % 3) * 0.1), 50, 2)
    assert.lengthOf(told, 1)
    assert.deepStrictEqual(Answers.lines([], 0, 2), [])
  })
})
