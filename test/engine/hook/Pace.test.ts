import { assert, describe, it } from "@effect/vitest"
import * as Pace from "../../../engine/hook/Pace.ts"
import type { Line, Open } from "../../../engine/record/HookStore.ts"

const choose = Pace.choose({ atMost: { messages: 2, perMillis: 60_000 }, channel: { spacingMillis: 1000 } })
const now = 1_000_000
const open = (id: number, more: Partial<Open> = {}): Open => ({ id, tries: 0, due: now, held: false, taken: false, ...more })
const nothing = { take: undefined, sum: [], hold: [] }
const never = Number.POSITIVE_INFINITY

const cases: ReadonlyArray<readonly [title: string, line: Partial<Line>, turn: Partial<ReturnType<typeof choose>>]> = [
  ["nothing waits", {}, { ...nothing, next: never }],
  ["the oldest first", { open: [open(3), open(4)] }, { ...nothing, take: 3, next: now }],
  ["another process has one", { open: [open(3, { taken: true, tries: 1 }), open(4)] }, { ...nothing, next: never }],
  ["one whose process died is tried again", { open: [open(3, { tries: 1 }), open(4)] }, { ...nothing, take: 3, next: now }],
  ["one that failed, not yet; the others are held", { open: [open(3, { tries: 2, due: now + 9 }), open(4), open(5, { held: true })] }, { ...nothing, hold: [4], next: now + 9 }],
  ["tries again are not counted again", { open: [open(3, { tries: 2 })], begun: [now - 2000, now - 3000] }, { ...nothing, take: 3, next: now }],
  ["not sooner than the channel's spacing", { open: [open(3)], begun: [now - 400] }, { ...nothing, next: now + 600 }],
  ["beyond the limit all wait", { open: [open(3), open(4)], begun: [now - 5000, now - 20_000] }, { ...nothing, hold: [3, 4], next: now + 40_000 }],
  ["what was held is told in one, with the newest first", { open: [open(3, { held: true }), open(4, { held: true }), open(5)], begun: [now - 5000, now - 60_000] }, { take: 5, sum: [3, 4], hold: [], next: now }],
  ["one that was held alone is itself", { open: [open(3, { held: true })] }, { ...nothing, take: 3, next: now }]
]

describe("the pace of a hook", () => {
  for (const [title, line, turn] of cases) {
    it(title, () => assert.deepStrictEqual(choose({ now, open: [], begun: [], ...line }), turn))
  }

  it("never exceeds the limit in any span, and loses nothing", () => {
    let seed = 7
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
    let at = 0
    let ids = 0
    const begun: Array<number> = []
    let line: Array<Open> = []
    const told = new Set<number>()
    while (ids < 2000 || line.length > 0) {
      at += random() * 20_000
      while (ids < 2000 && random() < 0.6) line.push(open(++ids, { due: at }))
      const turn = choose({ now: at, open: line, begun: begun.toReversed().slice(0, 2) })
      line = line.map((one) => turn.hold.includes(one.id) ? { ...one, held: true } : one)
      if (turn.take === undefined) continue
      begun.push(at)
      for (const id of [turn.take, ...turn.sum]) told.add(id)
      line = line.filter(({ id }) => !told.has(id))
    }
    assert.strictEqual(told.size, 2000)
    for (const [i, moment] of begun.entries()) if (i >= 2) assert.isAtLeast(moment - begun[i - 2]!, 60_000)
  })

  it("tries again ever later, as the receiver wants, and gives up", () => {
    assert.deepStrictEqual([1, 2, 3, 4].map((tries) => Pace.retryMillis(tries)), [2000, 6000, 18_000, 54_000])
    assert.strictEqual(Pace.retryMillis(8), 3_600_000)
    assert.isUndefined(Pace.retryMillis(9))
    assert.strictEqual(Pace.retryMillis(1, 30_000), 30_000)
    assert.strictEqual(Pace.retryMillis(1, 1e12), 86_400_000)
  })
})
