/** What every limit store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { type Ask, LimitStore } from "../../engine/limit/LimitStore.ts"
import type { Rate } from "../../engine/limit/RateLimit.ts"
import { countOf, momentsOf } from "../../engine/limit/Segment.ts"

export const rate = (calls: number, perMillis: number, burst = 1): Rate => ({ calls, perMillis, burst })

/** An ask for one permit of a limit of 10 a second. */
export const asking = (fields: Partial<Ask> & { readonly holder: string }): Ask => {
  const rates = fields.rates ?? [rate(10, 1000)]
  return {
    bucket: { limit: "test", scope: "global", machine: "" },
    leaseMillis: 60_000,
    sentBy: undefined,
    reckons: false,
    rates,
    keepMillis: Math.max(...rates.map(({ perMillis }) => perMillis)),
    want: 1,
    least: 1,
    open: 0,
    answered: [],
    tooMany: undefined,
    ...fields
  }
}

const answeredNow = (count: number, agoMillis = 0) => [{ count, at: -agoMillis, spacing: 0 }]

/** Milliseconds that a slow machine may lose between two statements. */
const slack = 250

export const limitStoreConformance = <E>(name: string, layer: Layer.Layer<LimitStore, E>): void => {
  const test = <A, E2>(title: string, effect: (store: LimitStore["Service"]) => Effect.Effect<A, E2>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(Effect.flatMap(LimitStore, effect), layer)))

  describe(`${name} as a limit store`, () => {
    test("gives slots one after another, evenly spaced, to all who ask", Effect.fnUntraced(function*(store) {
      const rates = [rate(10, 100_000)]
      const a = yield* store.ask(asking({ holder: "a", rates, want: 3 }))
      assert.deepStrictEqual(a.lot, [{ count: 3, at: 0, spacing: 10_000 }])
      assert.strictEqual(a.againInMillis, undefined)
      // The next slot is 30 s away: nothing is given so long before.
      const b = yield* store.ask(asking({ holder: "b", rates, want: 3 }))
      assert.deepStrictEqual(b.lot, [])
      assert.isAbove(b.againInMillis ?? 0, 29_000)
    }))

    test("gives a burst at once where one is declared", Effect.fnUntraced(function*(store) {
      const rates = [rate(10, 100_000, 5)]
      const { lot } = yield* store.ask(asking({ holder: "a", rates, want: 6 }))
      assert.deepStrictEqual(momentsOf(lot).map((slot) => Math.round(slot)), [0, 0, 0, 0, 0, 10_000])
    }))

    test("counts what is open until its answer has been told, and a window longer", Effect.fnUntraced(function*(store) {
      const rates = [rate(2, 1000, 2)]
      yield* store.ask(asking({ holder: "a", rates, want: 2 }))
      const blocked = yield* store.ask(asking({ holder: "b", rates }))
      assert.deepStrictEqual(blocked.lot, [])
      yield* store.ask(asking({ holder: "a", rates, want: 0, open: 0, answered: answeredNow(2, 900) }))
      // b asked a window ago at most; what is given to it meanwhile waits for it.
      yield* Effect.sleep(blocked.againInMillis ?? 0)
      assert.isAtMost((yield* store.ask(asking({ holder: "b", rates }))).lot[0]?.at ?? 1, 0)
    }))

    test("an answered call counts for a window after its answer, not after its slot", Effect.fnUntraced(function*(store) {
      const rates = [rate(2, 800, 2)]
      yield* store.ask(asking({ holder: "a", rates, want: 2 }))
      const next = yield* store.ask(asking({ holder: "a", rates, want: 2, open: 0, answered: answeredNow(2) }))
      assert.isAbove(next.lot[0]?.at ?? 0, 800 - slack)
      assert.isAtMost(next.lot[0]?.at ?? 0, 800.5)
    }))

    test("what a holder does not say any more was not used", Effect.fnUntraced(function*(store) {
      const rates = [rate(4, 4000, 4)]
      yield* store.ask(asking({ holder: "a", rates, want: 4 }))
      assert.strictEqual(countOf((yield* store.ask(asking({ holder: "a", rates, want: 4, open: 1 }))).lot), 3)
    }))

    test("serves the longest waiting first, also who is away until its time", Effect.fnUntraced(function*(store) {
      const rates = [rate(1, 400)]
      yield* store.ask(asking({ holder: "a", rates }))
      const b = yield* store.ask(asking({ holder: "b", rates }))
      // a has its answer, and wants again: b is first.
      const a = yield* store.ask(asking({ holder: "a", rates, open: 0, answered: answeredNow(1, 300) }))
      assert.deepStrictEqual(a.lot, [])
      yield* Effect.sleep(b.againInMillis ?? 0)
      assert.strictEqual(countOf((yield* store.ask(asking({ holder: "b", rates }))).lot), 1)
    }))

    test("gives as many as a call needs, or none", Effect.fnUntraced(function*(store) {
      const rates = [rate(10, 100_000, 10)]
      yield* store.ask(asking({ holder: "a", rates, want: 7 }))
      assert.deepStrictEqual((yield* store.ask(asking({ holder: "b", rates, want: 5, least: 4 }))).lot, [])
      assert.strictEqual(countOf((yield* store.ask(asking({ holder: "b", rates, want: 5, least: 3 }))).lot), 3)
    }))

    test("the permits of a holder that is lost count until a window after its lease", Effect.fnUntraced(function*(store) {
      const rates = [rate(1, 500)]
      yield* store.ask(asking({ holder: "a", rates, leaseMillis: 300 }))
      // A timer may be a fraction of a millisecond early by the clock of the database.
      yield* Effect.sleep(352)
      const b = yield* store.ask(asking({ holder: "b", rates }))
      assert.isAbove(b.lot[0]?.at ?? 0, 450 - slack)
      assert.isAtMost(b.lot[0]?.at ?? 1000, 450)
    }))

    test("of several rates all hold, and the lowest of all holders", Effect.fnUntraced(function*(store) {
      const quick = [rate(100, 1000, 100), rate(5, 100_000, 5)]
      assert.strictEqual(countOf((yield* store.ask(asking({ holder: "a", rates: quick, want: 50 }))).lot), 5)
      assert.deepStrictEqual((yield* store.ask(asking({ holder: "b", rates: [rate(1000, 1000, 1000)] }))).lot, [])
    }))

    test("falls by half when there were too many calls, once in a window, and recovers", Effect.fnUntraced(function*(store) {
      const ask = (fields: Partial<Ask>) => store.ask(asking({ holder: "a", open: 1, want: 0, ...fields }))
      const before = yield* ask({ want: 1, open: 0 })
      assert.deepStrictEqual(before.pace, { factor: 1, pausedMillis: 0, falls: 0 })
      const fallen = yield* ask({ tooMany: { sentAgoMillis: 5, retryAfterMillis: 300 } })
      assert.deepInclude(fallen.pace, { factor: 0.5, falls: 1 })
      assert.isAbove(fallen.pace.pausedMillis, 300 - slack)
      const again = yield* ask({ tooMany: { sentAgoMillis: 10_000, retryAfterMillis: 400 } })
      assert.strictEqual(again.pace.falls, 1)
      const other = yield* store.ask(asking({ holder: "b" }))
      assert.isAbove(other.lot[0]?.at ?? 0, 400 - slack)
      assert.strictEqual(other.lot[0]?.spacing, 200)
      yield* Effect.sleep(again.pace.pausedMillis + 200)
      // The server's window may be full of calls from before the fall.
      assert.deepInclude((yield* ask({ tooMany: { sentAgoMillis: 0, retryAfterMillis: 0 } })).pace, { factor: 0.5, falls: 1 })
      yield* Effect.sleep(1000)
      const later = yield* ask({})
      assert.isAbove(later.pace.factor, 0.5)
      assert.isBelow(later.pace.factor, 0.7)
      const second = yield* ask({ tooMany: { sentAgoMillis: 0, retryAfterMillis: 0 } })
      assert.strictEqual(second.pace.falls, 2)
      assert.isBelow(second.pace.factor, 0.35)
    }))

    test("tells who is alone: no call of another counts any more", Effect.fnUntraced(function*(store) {
      const rates = [rate(10, 500, 10)]
      const ask = (holder: string, fields: Partial<Ask> = {}) =>
        Effect.map(store.ask(asking({ holder, rates, ...fields })), ({ isAlone }) => isAlone)
      // Nothing is known of the time before.
      assert.isFalse(yield* ask("a"))
      yield* Effect.sleep(550)
      assert.isTrue(yield* ask("a", { open: 1 }))
      assert.isFalse(yield* ask("b"))
      assert.isFalse(yield* ask("a", { open: 2 }))
      // It says goodbye; its call counts for a window yet.
      yield* ask("b", { want: 0, answered: answeredNow(1) })
      assert.isFalse(yield* ask("a", { open: 2 }))
      yield* Effect.sleep(300)
      assert.isFalse(yield* ask("a", { open: 2 }))
      yield* Effect.sleep(300)
      assert.isTrue(yield* ask("a", { open: 2 }))
      // One that is lost counts until a window after its lease.
      yield* ask("c", { leaseMillis: 100 })
      yield* Effect.sleep(300)
      assert.isFalse(yield* ask("a", { open: 2 }))
      yield* Effect.sleep(550)
      assert.isTrue(yield* ask("a", { open: 2 }))
    }))

    test("budgets of other machines and names are their own; all are listed", Effect.fnUntraced(function*(store) {
      const rates = [rate(1, 100_000)]
      const on = (limit: string, machine: string) => ({ limit, scope: "node", machine }) as const
      for (const bucket of [on("x", "one"), on("x", "two"), on("y", "one")]) {
        assert.strictEqual(countOf((yield* store.ask(asking({ holder: "a", rates, bucket }))).lot), 1)
      }
      yield* store.ask(asking({ holder: "b", rates, bucket: on("x", "one"), want: 7 }))
      const usage = yield* store.usage
      assert.deepStrictEqual(usage.map(({ bucket, holders, used, waiting }) => [bucket.limit, bucket.machine, used, waiting, holders]), [
        ["x", "one", 1, 7, 2], ["x", "two", 1, 0, 1], ["y", "one", 1, 0, 1]
      ])
      assert.deepStrictEqual(usage[0]?.rates, rates)
    }))
  })
}
