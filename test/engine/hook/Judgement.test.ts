import { assert, describe, it } from "@effect/vitest"
import { judge } from "../../../engine/hook/Judgement.ts"
import type { HookEvent, Kind } from "../../../engine/record/HookEvent.ts"
import type { Occurrence, Past } from "../../../engine/record/HookStore.ts"

const at = new Date(0)
const hour = 3_600_000
const now = 100 * hour
const none: Past = { now, told: new Map(), last: new Map() }

const occurrence = (end: number, kind: Kind, fingerprint: string | null = null, selection = "nhl"): Occurrence => {
  const event: HookEvent = {
    id: String(end), hook: "h", kind, at, title: "", text: "", failures: [], checks: [], resume: null, repeats: 0, others: 0, subject: null,
    run: { id: end, selection, partitions: null, startedAt: at, finishedAt: at, worker: "w:1", materialized: 0, failed: 1, skipped: 0 }
  }
  return { happening: end, fingerprint, event }
}

const told = (past: Past, ...occurrences: ReadonlyArray<Occurrence>) =>
  judge(hour)(past, occurrences).map(({ occurrence: { event, happening }, state }) => `${happening} ${state}${event.repeats > 0 ? ` ${event.repeats}` : ""}`)

const toldBefore = (millisAgo: number, repeats = 0): Past => ({ ...none, told: new Map([["f", { at: now - millisAgo, repeats, subject: "nhl" }]]) })

describe("what a hook is told", () => {
  it("the same once in an hour, other failures at once", () => {
    assert.deepStrictEqual(told(none, occurrence(1, "failed", "f"), occurrence(2, "failed", "f"), occurrence(3, "failed", "g")), ["1 waiting", "2 same", "3 waiting"])
    assert.deepStrictEqual(told(toldBefore(hour - 1), occurrence(1, "failed", "f")), ["1 same"])
  })

  it("after an hour again, with how often it came meanwhile", () => {
    assert.deepStrictEqual(told(toldBefore(hour, 359), occurrence(1, "failed", "f")), ["1 waiting 359"])
    const [judged] = judge(hour)(toldBefore(hour, 359), [occurrence(1, "failed", "f")])
    assert.match(judged!.occurrence.event.text, /the same came 359 more times since it was told last/)
  })

  it("each time where `once` is 0, and where there is no fingerprint", () => {
    assert.lengthOf(judge(0)(none, [occurrence(1, "failed", "f"), occurrence(2, "failed", "f")]).filter(({ state }) => state === "waiting"), 2)
    assert.deepStrictEqual(told(none, occurrence(1, "succeeded"), occurrence(2, "succeeded")), ["1 waiting", "2 waiting"])
  })

  it("a recovery only after something bad of the same selection", () => {
    const last = (kind: Kind, end = 5): Past => ({ ...none, last: new Map([["nhl", { happening: end, kind }]]) })
    assert.deepStrictEqual(told(none, occurrence(6, "recovered")), [])
    for (const kind of ["failed", "lost", "checks failed"] as const) assert.deepStrictEqual(told(last(kind), occurrence(6, "recovered")), ["6 waiting"])
    for (const kind of ["recovered", "succeeded", "cancelled"] as const) assert.deepStrictEqual(told(last(kind), occurrence(6, "recovered")), [])
    assert.deepStrictEqual(told(last("failed"), occurrence(6, "recovered", null, "nba")), [])
    assert.deepStrictEqual(told(last("failed", 7), occurrence(6, "recovered")), [], "it was seen again, and is older")
    assert.deepStrictEqual(told(none, occurrence(1, "failed", "f"), occurrence(2, "recovered"), occurrence(3, "recovered")), ["1 waiting", "2 waiting"])
  })

  it("after a success the same failure is news", () => {
    const story = [occurrence(1, "failed", "f"), occurrence(2, "recovered"), occurrence(3, "failed", "f"), occurrence(4, "failed", "f")]
    assert.deepStrictEqual(told(none, ...story), ["1 waiting", "2 waiting", "3 waiting", "4 same"])
    assert.deepStrictEqual(told(none, occurrence(1, "failed", "f"), occurrence(2, "succeeded", null, "nba"), occurrence(3, "failed", "f")), ["1 waiting", "2 waiting", "3 same"])
  })
})
