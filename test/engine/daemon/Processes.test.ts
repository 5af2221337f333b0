/** Daemons under harm: killed and started again at random, with clocks that are wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import * as Observed from "./observed.ts"
import * as Processes from "./processes.ts"
import { numberOf, query, until } from "./processes.ts"

const schedules = 25
/** Of each; 200 of all. */
const ticksOfEach = 8
/** Of daemons, before the rest is let be. */
const kills = 3
/** Of the machines' clocks, in milliseconds. */
const shifts = [0, 2000, -2000]
/** Rows and files come over so long a time, with the kills in it. */
const arriveMillis = 4000

/** The process that observes a sensor, or any. */
const observerOf = Effect.fnUntraced(function*(up: ReadonlyArray<Processes.Child>, sensor: string) {
  const pid = yield* numberOf(`
    select pid from sluice.sensors join sluice.workers on number = observer where name = '${sensor}' and stopped_at is null
  `)
  const place = up.findIndex((child) => child.process.pid === pid)
  return place >= 0 ? place : Math.floor(Math.random() * up.length)
})

const oneRunATick = Effect.gen(function*() {
  const ticks = yield* query(`
    select count(*)::integer as ticks, count(distinct run)::integer as runs from sluice.ticks where state = 'started' group by schedule
  `)
  assert.deepStrictEqual(ticks, Array.from({ length: schedules }, () => ({ ticks: ticksOfEach, runs: ticksOfEach })))
  const tables = Array.from({ length: schedules }, (_, i) => `select id from test.s${i}`)
  const rows = yield* numberOf(`select count(*) from (${tables.join(" union all ")}) as row`)
  assert.strictEqual(rows, ticksOfEach * schedules, "each is executed once")
  return rows
})

const oneRunAKey = Effect.gen(function*() {
  let all = 0
  for (const sensor of Observed.sensors) {
    const keys = Observed.keysOf(sensor)
    const [found] = yield* query(`
      select count(*)::integer as keys, count(distinct run)::integer as runs from sluice.sensor_requests where sensor = '${sensor}'
    `)
    assert.deepStrictEqual(found, { keys: keys.length, runs: keys.length }, sensor)
    const cells = yield* query(`select count(*)::integer as rows from test.${sensor} group by _partition`)
    assert.deepStrictEqual(cells, keys.map(() => ({ rows: 1 })), `${sensor}: each is executed once`)
    all += keys.length
  }
  return all
})

describe("three daemons, killed and started again, with clocks two seconds off", () => {
  it.live("start exactly one run a tick and a key, each of which is executed once, and lose no observation", () =>
    Effect.gen(function*() {
      yield* Observed.prepare
      const { folder, start } = yield* Processes.make(schedules, ticksOfEach)
      const up = shifts.map(start)
      const all = [...up]
      yield* until(Effect.sync(() => up.every(({ told }) => told("Up") > 0)))
      const arriving = yield* Effect.forkChild(Observed.arrive(folder, arriveMillis))
      for (let killed = 0; killed < kills; killed++) {
        yield* Effect.sleep(Math.random() * 800)
        const place = yield* observerOf(up, Observed.sensors[killed % Observed.sensors.length]!)
        const victim = up[place]!
        // While it has runs: they take 200 ms.
        const before = victim.told("Started")
        yield* Effect.timeoutOption(until(Effect.sync(() => victim.told("Started") > before)), "2 seconds")
        yield* Effect.sleep(Math.random() * 200)
        victim.process.kill("SIGKILL")
        yield* Effect.promise(() => victim.ended)
        up[place] = start(shifts[place]!)
        all.push(up[place])
      }
      yield* Fiber.join(arriving)
      const keys = Observed.sensors.reduce((sum, sensor) => sum + Observed.keysOf(sensor).length, 0)
      const asked = numberOf("(select count(*) from sluice.sensor_requests) + (select count(*) from sluice.ticks)")
      yield* until(Effect.map(asked, (found) => found >= keys + ticksOfEach * schedules))
      yield* until(Effect.sync(() => up.every(({ told }) => told("Up") > 0)))
      // What the killed ones left is taken over.
      yield* until(Effect.map(numberOf("select count(*) from sluice.runs where state = 'running'"), (open) => open === 0))
      for (const child of up) {
        child.process.kill("SIGTERM")
        assert.strictEqual(yield* Effect.promise(() => child.ended), 0)
      }
      const runs = (yield* oneRunATick) + (yield* oneRunAKey)
      assert.deepStrictEqual(
        [yield* numberOf("select count(*) from sluice.runs"), yield* numberOf("select count(*) from sluice.runs where state = 'succeeded'")],
        [runs, runs]
      )
      assert.isTrue(all.some(({ told }) => told("Adopted") > 0))
    }).pipe(Effect.provide(Layer.provideMerge(PostgresRunStore.layer, TestDatabase.layerMigrated))), 180_000)
})
