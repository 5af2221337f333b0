/** One case in a process of its own, so that its memory is its own: `node Child.ts <folder> <case> <argument…>`. */
import { Deferred, Effect, Fiber, Layer, Result } from "effect"
import { AssetGraph, Executor, RunRequest, Warehouse } from "sluice"
import * as CellStates from "../../cli/CellStates.ts"
import * as Grid from "../../cli/grid/Grid.ts"
import * as Style from "../../cli/terminal/Style.ts"
import * as Backfill from "../../engine/backfill/Backfill.ts"
import * as Lease from "../../engine/run/Lease.ts"
import * as Plan from "../../engine/plan/Plan.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { BackfillOptions, defaultStates, everything, Target } from "../../engine/record/Backfill.ts"
import { Database } from "../../resources/database/Database.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { block, blockCells, pipeline } from "./definitions.ts"

/** What a child prints, as JSON. Memory in MB. */
export interface Measured {
  readonly millis: number
  readonly began: number
  readonly ended: number
  /** User and system time. */
  readonly cpuMillis: number
  readonly cells: number
  readonly rssBefore: number
  readonly rssPeak: number
  readonly heapPeak: number
}

const graph = Result.getOrThrow(AssetGraph.make([pipeline]))
const concurrency = 32

const request = (selection: string, target: Partial<Target> = {}) =>
  new RunRequest({
    selection,
    partitions: null,
    force: false,
    concurrency,
    backfill: new BackfillOptions({
      name: null,
      target: new Target({ ...everything, ...target }),
      only: defaultStates,
      order: "oldest",
      batch: null,
      maxFailures: null
    })
  })

/** The backfill of one block of days. */
const ofBlock = (selection: string, index: string) => request(selection, block(Number(index)))

const plan = Effect.fnUntraced(function*(asset: string) {
  const { plan } = yield* Backfill.plan(graph, request(asset))
  return Plan.size(plan)
})

const status = Effect.fnUntraced(function*(asset: string) {
  const loaded = yield* Snapshot.load(graph, [asset])
  const snapshot = yield* CellStates.detail(loaded, [asset])
  const states = CellStates.of(snapshot, asset)
  const lines = Result.getOrThrow(Grid.draw({ states: states.classes }, snapshot.space(asset), { style: Style.make(false) }))
  return lines.length === 0 ? 0 : states.total
})

const materialize = Effect.fnUntraced(function*(asset: string, index: string) {
  const { from, to } = block(Number(index))
  const partitions = `date=${from}..${to}`
  const report = yield* Executor.start(graph, new RunRequest({ selection: asset, partitions, force: false, concurrency }))
  return report.materialized
})

const backfill = Effect.fnUntraced(function*(asset: string, index: string) {
  const report = yield* Backfill.start(graph, ofBlock(asset, index))
  return report?.materialized ?? 0
})

/** Takes part in a backfill, alone or beside others; gives its own cells. */
const join = Effect.fnUntraced(function*(id: string) {
  let own = 0
  yield* Backfill.join(graph, Number(id), { observer: ({ _tag }) => own += _tag === "StepMaterialized" ? 1 : 0 })
  return own
})

/** A backfill without a participant; its number is in the place of the cells. */
const create = (asset: string, index: string) =>
  Effect.scoped(Effect.gen(function*() {
    const lease = yield* Lease.acquire
    return (yield* Backfill.create(graph, ofBlock(asset, index), lease)) ?? 0
  }))

/** A backfill that is interrupted when half of it is done. */
const halfway = (asset: string, index: string) =>
  Effect.gen(function*() {
    const there = yield* Deferred.make<void>()
    let own = 0
    let id = 0
    const fiber = yield* Effect.forkChild(Backfill.start(graph, ofBlock(asset, index), {
      observer: (observation) => {
        if (observation._tag === "RunStarted") id = observation.run
        if (observation._tag === "StepMaterialized" && ++own === blockCells / 2) Deferred.doneUnsafe(there, Effect.void)
      }
    }))
    yield* Deferred.await(there)
    yield* Fiber.interrupt(fiber)
    return id
  })

/** A process that joins, until it starts its first step. */
const first = (id: string) =>
  Effect.gen(function*() {
    const started = yield* Deferred.make<void>()
    yield* Effect.forkScoped(Backfill.join(graph, Number(id), {
      observer: ({ _tag }) => {
        if (_tag === "StepStarted") Deferred.doneUnsafe(started, Effect.void)
      }
    }))
    yield* Deferred.await(started)
    return 1
  })

const caseOf = (name: string | undefined, [a = "", b = ""]: ReadonlyArray<string>) => {
  switch (name) {
    case "plan":
      return plan(a)
    case "status":
      return status(a)
    case "materialize":
      return materialize(a, b)
    case "backfill":
      return backfill(a, b)
    case "create":
      return create(a, b)
    case "halfway":
      return halfway(a, b)
    case "join":
      return join(a)
    case "first":
      return first(a)
    default:
      return Effect.die(new Error(`There is no case "${name}".`))
  }
}

const megabytes = (bytes: number) => bytes / 1e6

const [folder = "", name, ...given] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const before = process.memoryUsage()
  let heapPeak = before.heapUsed
  // Garbage counts too: it is what the heap grew to.
  const sampling = setInterval(() => {
    heapPeak = Math.max(heapPeak, process.memoryUsage().heapUsed)
  }, 10)
  const cpuBefore = process.cpuUsage()
  const began = Date.now()
  const at = performance.now()
  const cells = yield* caseOf(name, given)
  const millis = performance.now() - at
  const cpu = process.cpuUsage(cpuBefore)
  clearInterval(sampling)
  const measured: Measured = {
    millis,
    began,
    ended: Date.now(),
    cpuMillis: (cpu.user + cpu.system) / 1000,
    cells,
    rssBefore: megabytes(before.rss),
    rssPeak: process.resourceUsage().maxRSS * 1024 / 1e6,
    heapPeak: megabytes(Math.max(heapPeak, process.memoryUsage().heapUsed))
  }
  console.log(JSON.stringify(measured))
})

await Effect.runPromise(program.pipe(
  Effect.scoped,
  Effect.provide(Layer.merge(Warehouse.layer, PostgresRunStore.layer).pipe(Layer.provideMerge(Database.layer({ stateFolder: folder }))))
))
