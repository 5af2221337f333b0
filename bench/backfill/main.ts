/** Backfills over a million partitions: plan, status, throughput of one process and of three, and their memory. */
import { Effect, Layer, Result } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { AssetGraph } from "sluice"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { median, print, printMachine } from "../report.ts"
import type { Measured } from "./Child.ts"
import { all, batched, blockCells, feed, half, none, pipeline, reader, score } from "./definitions.ts"
import * as Seed from "./Seed.ts"

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3)
/** Flags for the processes, such as --cpu-prof. */
const flags = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "")
const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"))
const graph = Result.getOrThrow(AssetGraph.make([pipeline]))

/** Runs one case in a process of its own. */
const child = (...given: ReadonlyArray<string | number>) =>
  Effect.callback<Measured>((resume) => {
    const started = spawn(process.execPath, [...flags, join(import.meta.dirname, "Child.ts"), folder, ...given.map(String)], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let text = ""
    started.stdout.on("data", (chunk) => text += chunk)
    started.on("close", (code) => {
      const last = text.trim().split("\n").at(-1)
      // Only Child.ts writes these lines.
      if (code === 0 && last !== undefined) resume(Effect.succeed(JSON.parse(last) as Measured))
      else resume(Effect.die(new Error(`The case ${given.join(" ")} ended with the code ${code}.`)))
    })
  })

const repeat = <A, E, R>(effect: (round: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: rounds }, (_, round) => round), effect)

const memory = (runs: ReadonlyArray<Measured>): string => {
  const of = (figure: (run: Measured) => number) => Math.round(median(runs.map(figure)))
  return `peak ${of((run) => run.rssPeak)} MB RSS (${of((run) => run.rssBefore)} before it began), ${of((run) => run.heapPeak)} MB heap`
}

const printTime = (name: string, runs: ReadonlyArray<Measured>) =>
  print({ name, rounds: runs.map(({ millis }) => millis), unit: "ms", note: memory(runs) })

const perSecond = ({ cells, millis }: Measured): number => cells / (millis / 1000)

const printRate = (name: string, runs: ReadonlyArray<Measured>, peer?: readonly [string, number]) => {
  const rates = runs.map(perSecond)
  const ratio = peer === undefined ? "" : `; ${(median(rates) / peer[1]).toFixed(2)} × ${peer[0]}`
  const cpu = Math.round(median(runs.map((run) => run.cpuMillis * 1000 / run.cells)))
  print({ name, rounds: rates, unit: "cells/s", note: `${cpu} µs of CPU a cell; ${memory(runs)}${ratio}` })
  return median(rates)
}

const printLoad = () => console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)

const states = Effect.gen(function*() {
  yield* Seed.cells(half.key, 0.5)
  yield* Seed.cells(all.key, 1)
  yield* Seed.cells(reader.key, 1, ["all", all.key])
  for (const asset of [half, all, reader]) {
    const began = performance.now()
    yield* Snapshot.load(graph, [asset.key])
    print({ name: `sets of ${asset.key} made anew from its cells`, rounds: [performance.now() - began], unit: "ms" })
  }
  const fresh = [reader, "all, each reads one,"] as const
  for (const [asset, what] of [[none, "nothing"], [half, "a scattered half"], [all, "all"], fresh] as const) {
    printTime(`plan of 1,000,000 cells, ${what} materialized`, yield* repeat(() => child("plan", asset.key)))
  }
  for (const [asset, what] of [[none, "nothing"], [half, "a scattered half"], [all, "all"], fresh] as const) {
    printTime(`status and grid of them, ${what} materialized`, yield* repeat(() => child("status", asset.key)))
  }
})

/** Three processes on one backfill, as one: from when the first began to when the last ended. */
const together = (asset: string, block: number) =>
  Effect.gen(function*() {
    const { cells: id } = yield* child("create", asset, block)
    const parts = yield* Effect.all([child("join", id), child("join", id), child("join", id)], { concurrency: 3 })
    const most = (figure: (part: Measured) => number) => Math.max(...parts.map(figure))
    const sum = (figure: (part: Measured) => number) => parts.reduce((all, part) => all + figure(part), 0)
    const whole: Measured = {
      millis: most((part) => part.ended) - Math.min(...parts.map((part) => part.began)),
      began: 0,
      ended: 0,
      cpuMillis: sum((part) => part.cpuMillis),
      cells: sum((part) => part.cells),
      rssBefore: most((part) => part.rssBefore),
      rssPeak: most((part) => part.rssPeak),
      heapPeak: most((part) => part.heapPeak)
    }
    return whole
  })

const work = Effect.gen(function*() {
  const cells = blockCells.toLocaleString("en")
  // Each on days of its own, and in turn, so that whatever else the machine does is shared fairly.
  const runs = yield* repeat((round) =>
    Effect.gen(function*() {
      const bare = yield* Seed.bareInserts(blockCells)
      const materialized = yield* child("materialize", feed.key, 3 * round)
      const alone = yield* child("backfill", feed.key, 3 * round + 1)
      return { bare, materialized, alone, shared: yield* together(feed.key, 3 * round + 2) }
    }))
  const bare = runs.map((run) => run.bare)
  print({ name: "bare inserts of a row and a record a cell", rounds: bare, unit: "cells/s" })
  const peer = printRate(`materialize ${cells} of them`, runs.map((run) => run.materialized), ["bare inserts", median(bare)])
  printRate(`backfill of ${cells} of them, one process`, runs.map((run) => run.alone), ["materialize", peer])
  printRate(`backfill of ${cells} of them, three processes`, runs.map((run) => run.shared), ["materialize", peer])
  const reading = yield* repeat((round) =>
    Effect.gen(function*() {
      return {
        materialized: yield* child("materialize", score.key, 2 * round),
        alone: yield* child("backfill", score.key, 2 * round + 1),
        batched: yield* child("backfill", batched.key, round)
      }
    }))
  const readingPeer = printRate(`materialize ${cells} that read one cell each`, reading.map((run) => run.materialized))
  printRate("backfill of as many, one process", reading.map((run) => run.alone), ["materialize", readingPeer])
  printRate("backfill of as many with batches of 500, one process", reading.map((run) => run.batched), ["materialize", readingPeer])
  const { cells: id } = yield* child("halfway", feed.key, 9)
  printTime("join of a backfill that is half done, to the first step", [yield* child("first", id)])
})

const program = Effect.gen(function*() {
  printMachine()
  printLoad()
  yield* states
  yield* work
  printLoad()
})

await Effect.runPromise(program.pipe(
  Effect.provide(PostgresRunStore.layer.pipe(Layer.provideMerge(Database.layer({ stateFolder: folder })))),
  Effect.ensuring(Effect.ignore(EmbeddedPostgres.stop({ folder })))
))
rmSync(folder, { recursive: true, force: true })
