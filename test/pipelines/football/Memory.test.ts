/** Twenty cycles in one process: the real pipeline on the simulator and real Postgres, at a period of nothing. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer, Logger } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Documents, Warehouse } from "../../../index.ts"
import * as Continuous from "../../../pipelines/football/Continuous.ts"
import * as Cycle from "../../../pipelines/football/Cycle.ts"
import * as LogFile from "../../../pipelines/football/LogFile.ts"
import * as Simulator from "../../../simulators/football/Simulator.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { at } from "../../resources/football/api.ts"
import { heap } from "../../heap.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const stored = Layer.mergeAll(Warehouse.layer, Documents.layer, PostgresRunStore.layer).pipe(
  Layer.provideMerge(TestDatabase.layerMigrated)
)

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(tmpdir(), "football-cycles-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

it.live("memory stays where it was, and a cycle that fails stops none after it", () =>
  Effect.gen(function*() {
    const logDir = yield* folder
    let isDown = false
    const simulator = yield* Simulator.make({ matches: 6, teams: 12, competitions: 3, oddsRows: 72, faults: () => isDown ? "not authorized" : undefined })
    const input: Cycle.CycleOptions = {
      demo: false, mode: undefined, connections: undefined, preset: undefined, timeout: undefined, phaseDelay: undefined,
      sequential: false, mockFallback: false, logDir, files: undefined, keep: 1, quiet: true, json: true, continuous: true, period: 1
    }
    const ended = yield* Latch.make()
    const used: Array<number> = []
    const once = Effect.gen(function*() {
      isDown = used.length === 9
      const { report } = yield* Cycle.once(input, Layer.empty)
      assert.strictEqual(report.state, isDown ? "failed" : "succeeded")
      simulator.traffic.reset()
      used.push(heap() / 2 ** 20)
      if (used.length === 20) yield* ended.open
    })
    const file = yield* LogFile.logger(logDir)
    const cycles = Continuous.everySeconds(0.001, once, true).pipe(
      Effect.provide(at(simulator.url, { FOOTBALL_MODE: "seed" })),
      Effect.provide(Logger.layer([file]))
    )
    const fiber = yield* Effect.forkChild(cycles)
    yield* Effect.raceFirst(ended.await, Fiber.join(fiber))
    yield* Fiber.interrupt(fiber)
    const log = fs.readFileSync(path.join(logDir, "step1.log"), "utf8")
    assert.strictEqual(log.match(/ - INFO - TOTAL CYCLE TIME: \d+\.\d\ds$/gm)?.length, 19)
    assert.match(log, / - ERROR - football\/live failed: /)
    // It grows by 1.5 MB, ever more slowly, as V8 gets to know the code; the bodies of these cycles have 8 MB.
    assert.isBelow(used[19]! - used[4]!, 4)
  }).pipe(Effect.provide(stored)))
