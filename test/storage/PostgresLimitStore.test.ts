import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Admission from "../../engine/limit/Admission.ts"
import type { Ask, Reply } from "../../engine/limit/LimitStore.ts"
import { countOf } from "../../engine/limit/Segment.ts"
import * as Limits from "../../storage/postgres/Limits.ts"
import * as PostgresLimitStore from "../../storage/PostgresLimitStore.ts"
import { asking, limitStoreConformance, rate } from "../conformance/LimitStore.ts"
import { seeded } from "../conformance/Random.ts"
import { layer } from "./Server.ts"

limitStoreConformance("PostgresLimitStore", Layer.provide(PostgresLimitStore.layer, layer))

/** A process of which only what it says to the store is of interest. */
interface Talker {
  readonly holder: string
  open: number
  unsaid: Array<number>
}

const rounded = ({ againInMillis, isAlone, lot, pace }: Reply) => {
  const digits = (value: number | undefined) => value === undefined ? undefined : Math.round(value * 100) / 100
  return {
    lot: lot.map(({ at, count, spacing }) => [count, digits(at), digits(spacing)]),
    again: digits(againInMillis),
    isAlone,
    pace: [Math.round(pace.factor * 1e6), digits(pace.pausedMillis), pace.falls]
  }
}

describe("the limit store in Postgres", () => {
  const scenes = [[rate(1, 500)], [rate(20, 1000)], [rate(20, 1000, 20)], [rate(40, 1000, 8), rate(60, 3000, 60)], [rate(500, 1000)]]
  scenes.flatMap((rates) => [3, 1].map((processes) => ({ rates, processes }))).forEach(({ processes, rates }, scene) =>
    it.live(`answers like the pure functions, to ${processes} in turn: ${rates.map(({ burst, calls, perMillis }) => `${calls} per ${perMillis} ms, burst ${burst}`).join(" and ")}`, () =>
      Effect.gen(function*() {
        const sql = yield* PgClient.PgClient
        const random = seeded(scene + 1)
        const talkers: Array<Talker> = ["a", "b", "c"].slice(0, processes).map((holder) => ({ holder, open: 0, unsaid: [] }))
        let budget = Admission.empty
        let now = 1_000_000
        let given = 0
        for (let i = 0; i < 250; i++) {
          now += random.next() < 0.03 ? random.int(0, 4000) : random.int(0, 40) * random.next()
          const talker = random.pick([talkers[0]!, ...talkers])
          for (let calls = random.int(0, talker.open); calls > 0; calls--) {
            talker.open--
            if (random.next() < 0.9) talker.unsaid.push(now - random.next() * 20)
          }
          const want = random.int(0, Math.max(2, rates[0]!.calls / 10))
          const request: Ask = asking({
            holder: talker.holder,
            rates: random.next() < 0.9 ? rates : [...rates, rate(30, 1500)],
            reckons: random.next() < 0.5,
            keepMillis: 3000,
            leaseMillis: random.pick([60_000, 400]),
            want,
            least: random.int(1, Math.max(1, Math.min(want, 2))),
            open: talker.open,
            sentBy: random.pick([undefined, now - random.next() * 5, now + 1]),
            answered: talker.unsaid.map((at) => ({ count: 1, at: at - now, spacing: 0 })),
            tooMany: random.next() < 0.02 ? { sentAgoMillis: random.int(0, 50), retryAfterMillis: random.pick([undefined, 200]) } : undefined
          })
          talker.unsaid = []
          let expected: Reply
          ;[budget, expected] = Admission.ask(budget, request, now)
          const reply = yield* Limits.ask(sql, request, now)
          assert.deepStrictEqual(rounded(reply), rounded(expected), `ask ${i}`)
          talker.open += countOf(reply.lot)
          given += countOf(reply.lot)
        }
        assert.isAbove(given, 1)
      }).pipe(Effect.provide(layer)), 20_000))

  it.live("a clock that is set back holds nobody up, and forgets nothing", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const rates = [rate(2, 2000, 2)]
      yield* Limits.ask(sql, asking({ holder: "a", rates, want: 2, tooMany: { sentAgoMillis: 1, retryAfterMillis: 100 } }))
      yield* Limits.ask(sql, asking({ holder: "a", rates, want: 0, answered: [{ count: 2, at: 0, spacing: 0 }] }))
      // All that is known is of an hour later than the clock.
      yield* sql`
        update sluice.limits set used_at = used_at + interval '1 hour', next = next + 3600000, fell_at = fell_at + 3600000,
          paused_until = paused_until + 3600000
      `
      yield* sql`update sluice.limit_answers set at = at + 3600000`
      const { lot, pace } = yield* Limits.ask(sql, asking({ holder: "b", rates }))
      assert.isAtMost(pace.pausedMillis, 100)
      const again = lot.length > 0 ? lot : (yield* Effect.andThen(Effect.sleep("1200 millis"), Limits.ask(sql, asking({ holder: "b", rates })))).lot
      assert.isAbove(again[0]?.at ?? 0, 100)
      assert.isAtMost(again[0]?.at ?? 3000, 2000)
    }).pipe(Effect.provide(layer)), 20_000)

  it.live("budgets that nobody has used for twice the longest window are forgotten", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const on = (machine: string) => asking({ holder: "a", bucket: { limit: "test", scope: "node", machine } })
      yield* Limits.ask(sql, on("gone"))
      yield* Limits.ask(sql, on("here"))
      yield* sql`update sluice.limits set used_at = now() - interval '63 days' where machine = 'gone'`
      yield* Limits.ask(sql, on("new"))
      const usage = yield* Limits.usage(sql)
      assert.deepStrictEqual(usage.map(({ bucket }) => bucket.machine), ["here", "new"])
      assert.deepStrictEqual(yield* sql`select distinct budget from sluice.limit_holders where budget not in (select number from sluice.limits)`, [])
    }).pipe(Effect.provide(layer)), 20_000)
})
