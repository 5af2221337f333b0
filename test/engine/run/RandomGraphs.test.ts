/** Random graphs with random failures, retries and limits, against a model of what must become of each cell. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { createHash } from "node:crypto"
import { Asset, Executor, Input, Mapping, Partitions, Retry, Rows, RunStore } from "../../../index.ts"
import type { Observation } from "../../../engine/run/Observer.ts"
import { type Cell, cellName } from "../../../engine/record/Step.ts"
import { Store, Value } from "../assets.ts"
import { graphWith, memory, requestOf, stored } from "./harness.ts"

/** A linear congruential generator: the same graphs on every machine. */
const makeRandom = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return (seed >>> 8) % below
}
type Random = ReturnType<typeof makeRandom>

const keys = ["k0", "k1", "k2", "k3"]
const space = Partitions.fixed(keys)

interface Reads {
  readonly asset: Asset.Any
  readonly partial: boolean
  /** The upstream partitions that a partition reads. */
  readonly of: (partition: string) => ReadonlyArray<string>
}

interface Made {
  readonly asset: Asset.Any
  readonly partitions: ReadonlyArray<string>
  readonly reads: ReadonlyArray<Reads>
}

interface Faults {
  /** How often the computation of a cell fails before it succeeds. */
  readonly of: (cell: string) => number
  readonly retries: (asset: string) => number
}

const mappings = (random: Random, down: boolean, up: boolean) => {
  if (!up) return { mapping: undefined, of: () => [""] }
  const options = [
    { mapping: Mapping.all, of: () => keys },
    { mapping: Mapping.last(2), of: () => keys.slice(-2) },
    { mapping: undefined, of: (partition: string) => down ? [partition] : keys },
    ...(down
      ? [{
        // The key after this one, and none for the last.
        mapping: Mapping.from((key: string) => keys.slice(keys.indexOf(key) + 1, keys.indexOf(key) + 2)),
        of: (partition: string) => keys.slice(keys.indexOf(partition) + 1, keys.indexOf(partition) + 2)
      }]
      : [])
  ]
  return options[random(options.length)]!
}

const makeGraph = (random: Random, prefix: string, faults: Faults, attempts: Map<string, number>): ReadonlyArray<Made> => {
  const made: Array<Made> = []
  const size = 3 + random(9)
  for (let i = 0; i < size; i++) {
    const name = `${prefix}${i}`
    const partitioned = random(3) > 0
    const reads: Array<Reads> = []
    const inputs: Record<string, Input.Input<unknown, unknown>> = {}
    for (const upstream of made.filter(() => random(3) === 0).slice(0, 3)) {
      const { mapping, of } = mappings(random, partitioned, upstream.partitions.length > 1)
      const partial = random(4) === 0
      reads.push({ asset: upstream.asset, partial, of })
      inputs[`in${reads.length}`] = Input.rows(upstream.asset, { partial, ...(mapping === undefined ? {} : { mapping }) })
    }
    const pauses = random(4)
    const limit = random(3)
    const asset = Asset.make(name, {
      ...(partitioned ? { partitions: space } : {}),
      ...(limit === 0 ? {} : { concurrency: limit }),
      inputs,
      output: Rows.of(Value),
      io: Store,
      retry: Retry.make(() => true, Schedule.recurs(faults.retries(name))),
      run: (inputs, key) =>
        Effect.gen(function*() {
          for (let pause = 0; pause < pauses; pause++) yield* Effect.yieldNow
          const cell = cellName({ asset: name, partition: typeof key === "string" ? key : "" })
          const attempt = (attempts.get(cell) ?? 0) + 1
          attempts.set(cell, attempt)
          if (attempt <= faults.of(cell)) return yield* Effect.fail(`attempt ${attempt}`)
          const seen = createHash("sha1").update(JSON.stringify(inputs)).digest("hex").slice(0, 8)
          return [{ value: `${cell} of ${seen}` }]
        })
    })
    made.push({ asset, partitions: partitioned ? keys : [""], reads })
  }
  return made
}

type Fate = "materialized" | "failed" | "skipped"

/** What must become of each cell. */
const model = (made: ReadonlyArray<Made>, faults: Faults): ReadonlyMap<string, Fate> => {
  const fates = new Map<string, Fate>()
  for (const { asset, partitions, reads } of made) {
    for (const partition of partitions) {
      const cell = cellName({ asset: asset.key, partition })
      const isBroken = reads.some((read) =>
        !read.partial && read.of(partition).some((key) => fates.get(cellName({ asset: read.asset.key, partition: key })) !== "materialized")
      )
      fates.set(cell, isBroken ? "skipped" : faults.of(cell) > faults.retries(asset.key) ? "failed" : "materialized")
    }
  }
  return fates
}

/** Follows a run, and fails at once when a cell starts too early or ends twice. */
const referee = (made: ReadonlyArray<Made>) => {
  const byKey = new Map(made.map((one) => [one.asset.key, one]))
  const ended = new Map<string, Fate>()
  const faults: Array<string> = []
  const end = (cell: Cell, fate: Fate) => {
    const name = cellName(cell)
    if (ended.has(name)) faults.push(`${name} ended twice`)
    ended.set(name, fate)
  }
  const observer = (observation: Observation) => {
    switch (observation._tag) {
      case "StepStarted": {
        const { asset, partition } = observation.cell
        for (const read of byKey.get(asset)?.reads ?? []) {
          for (const key of read.of(partition)) {
            const upstream = cellName({ asset: read.asset.key, partition: key })
            const fate = ended.get(upstream)
            if (fate === undefined || (fate !== "materialized" && !read.partial)) {
              faults.push(`${cellName(observation.cell)} started though ${upstream} was ${fate ?? "not ended"}`)
            }
          }
        }
        return
      }
      case "StepMaterialized":
        return end(observation.cell, "materialized")
      case "StepFailed":
        return end(observation.cell, "failed")
      case "StepSkipped":
        return end(observation.cell, "skipped")
    }
  }
  return { ended, faults, observer }
}

const sorted = (fates: ReadonlyMap<string, Fate>) => [...fates].toSorted(([a], [b]) => a < b ? -1 : 1)

const contents = (made: ReadonlyArray<Made>) =>
  Effect.forEach(made, ({ asset, partitions }) =>
    Effect.forEach(partitions, (partition) => stored(asset, partition)))

describe("Random graphs", () => {
  for (let seed = 1; seed <= 100; seed++) {
    it.effect(`graph ${seed}: every cell ends once, after what it reads, as the model says; resumed, all is right`, () =>
      Effect.gen(function*() {
        const chance = makeRandom(seed * 7919)
        const table = new Map<string, number>()
        let isBroken = true
        const faults: Faults = {
          of: (cell) => {
            if (!table.has(cell)) table.set(cell, [0, 0, 0, 0, 0, 1, 2, 9][chance(8)]!)
            return isBroken ? table.get(cell)! : 0
          },
          retries: (asset) => asset.length % 2 + Number(asset.slice(1)) % 3
        }
        const attempts = new Map<string, number>()
        const shape = (prefix: string, faults: Faults) => makeGraph(makeRandom(seed), prefix, faults, attempts)
        const made = shape("n", faults)
        const graph = graphWith<Store>(made.map(({ asset }) => asset))
        const { ended, faults: found, observer } = referee(made)
        const concurrency = 1 + makeRandom(seed + 5)(8)
        const report = yield* Executor.start(graph, requestOf({ concurrency }), { observer })
        const expected = model(made, faults)
        assert.deepStrictEqual(found, [])
        assert.deepStrictEqual(sorted(ended), sorted(expected))
        const fates = [...expected.values()]
        const succeeds = fates.every((fate) => fate === "materialized")
        assert.strictEqual(report.state, succeeds ? "succeeded" : "failed")
        assert.strictEqual(report.materialized, fates.filter((fate) => fate === "materialized").length)
        const steps = yield* (yield* RunStore.RunStore).steps(report.run)
        assert.deepStrictEqual(sorted(new Map(steps.map((step) => [cellName(step), step.state]))), sorted(expected))
        for (const step of steps) {
          const tries = faults.of(cellName(step))
          const most = faults.retries(step.asset) + 1
          if (step.state !== "skipped") assert.strictEqual(step.attempts, Math.min(tries + 1, most), cellName(step))
        }
        if (succeeds) return
        isBroken = false
        const second = yield* Executor.resume(graph, report.run)
        assert.strictEqual(second.state, "succeeded")
        const good = shape("n", { of: () => 0, retries: () => 0 })
        const right = yield* Effect.provide(
          Effect.andThen(Executor.start(graphWith<Store>(good.map(({ asset }) => asset)), requestOf({})), contents(good)),
          memory
        )
        assert.deepStrictEqual(yield* contents(made), right)
      }).pipe(Effect.provide(memory)))
  }
})
