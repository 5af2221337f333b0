/** Segments stand for their moments: never before one, and hardly later. */
import { assert, describe, it } from "@effect/vitest"
import * as Segment from "../../../engine/limit/Segment.ts"
import { seeded } from "../../conformance/Random.ts"

/** Crowds, even streams, and what comes late; none closer to the one before it than `apart`. */
const moments = (seed: number, apart: number): ReadonlyArray<number> => {
  const random = seeded(seed)
  const all: Array<number> = []
  for (let at = 0; all.length < 200;) {
    const size = random.int(1, 60)
    const spacing = random.pick([0, 0.2, 1, 9])
    for (let i = 0; i < size; i++) all.push(at += apart + spacing * random.next() * 2)
    at += random.pick([0, 5, 1000])
  }
  return all
}

describe("segments", () => {
  for (const apart of [0, 0.3]) {
    it(`are nowhere before their moments, and hardly later, and ${apart} ms apart as they are`, () => {
      for (let seed = 1; seed <= 200; seed++) {
        const all = moments(seed, apart)
        const covered = Segment.momentsOf(Segment.cover(all, 2, apart))
        const later = covered.map((moment, i) => moment - all[i]!)
        assert.lengthOf(covered, all.length)
        assert.isAtLeast(Math.min(...later), -1e-6, `seed ${seed}`)
        assert.isAtMost(Math.max(...later), 2 + 1e-6, `seed ${seed}`)
        if (apart > 0) assert.isAtLeast(Math.min(...covered.slice(1).map((moment, i) => moment - covered[i]!)), apart - 1e-6, `seed ${seed}`)
      }
    })
  }

  it("are one where the moments are even, and none where there are none", () => {
    assert.lengthOf(Segment.cover(Array.from({ length: 250 }, (_, i) => i * 0.2 + (i % 3) * 0.1), 2), 1)
    assert.deepStrictEqual(Segment.cover([], 2), [])
  })
})
