/** Runs small graphs on the run store and the IO manager in memory, and tells what happened. */
import { type Duration, Effect, Layer, Result } from "effect"
import {
  Asset,
  AssetGraph,
  type Automation,
  type Check,
  Executor,
  type Partitions,
  Pipeline,
  type Retry,
  Rows
} from "../../../index.ts"
import type { Inputs } from "../../../engine/definition/Asset.ts"
import type * as Freshness from "../../../engine/definition/Freshness.ts"
import type { Observation } from "../../../engine/run/Observer.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import { cellName } from "../../../engine/record/Step.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import * as MemoryRunStore from "../../../storage/MemoryRunStore.ts"
import { Store, Value } from "../assets.ts"

export const memory = Layer.mergeAll(MemoryRunStore.layer, MemoryIo.layer(Store))

export interface Asked {
  readonly select?: string
  readonly partitions?: string
  readonly force?: boolean
  readonly concurrency?: number
  readonly checks?: ReadonlyArray<Check.AnyCheck>
  readonly observer?: (observation: Observation) => void
}

export const graphWith = <R>(assets: ReadonlyArray<Asset.Any>, checks: ReadonlyArray<Check.AnyCheck> = []) =>
  // The assets of a list have forgotten their services; each test provides them.
  Result.getOrThrow(AssetGraph.make([Pipeline.make("all", { assets, checks })])) as AssetGraph.AssetGraph<R>

export const requestOf = (asked: Asked) =>
  new RunRequest({
    selection: asked.select ?? "*",
    partitions: asked.partitions ?? null,
    force: asked.force ?? false,
    concurrency: asked.concurrency ?? 4
  })

const optionsOf = ({ observer }: Asked) => observer === undefined ? {} : { observer }

export const start = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}) =>
  Executor.start(graphWith<Store>(assets, asked.checks), requestOf(asked), optionsOf(asked))

export const resume = (assets: ReadonlyArray<Asset.Any>, run: number, asked: Asked = {}) =>
  Executor.resume(graphWith<Store>(assets, asked.checks), run, optionsOf(asked))

/** What ended how, in order: `materialized a`, `failed b@x`, … */
export const story = () => {
  const lines: Array<string> = []
  const observer = (observation: Observation) => {
    switch (observation._tag) {
      case "StepStarted":
      case "StepMaterialized":
      case "StepUnchanged":
      case "StepFailed":
      case "StepSkipped":
        lines.push(`${observation._tag.slice(4).toLowerCase()} ${cellName(observation.cell)}`)
    }
  }
  const of = (what: string) =>
    lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1))
  return { lines, observer, of }
}

export interface Definition {
  readonly inputs?: Inputs
  readonly partitions?: Partitions.Partitions<unknown, unknown>
  readonly retry?: Retry.Retry<unknown>
  readonly timeout?: Duration.Input
  readonly concurrency?: number
  readonly codeVersion?: string
  readonly automation?: Automation.Automation
  readonly freshness?: Freshness.Options
}

/** An asset of one text a row; `run` gives the texts. */
export const texts = (
  key: string,
  run: (inputs: Readonly<Record<string, unknown>>, partition: unknown) => Effect.Effect<ReadonlyArray<string>, unknown>,
  definition: Definition = {}
) =>
  Asset.make(key, {
    ...definition,
    output: Rows.of(Value),
    io: Store,
    run: (inputs, partition) => Effect.map(run(inputs, partition), (values) => values.map((value) => ({ value })))
  })

/** The texts stored in a cell. */
export const stored = (asset: Asset.Any, partition = "") =>
  Effect.gen(function*() {
    const io = yield* Store
    const { values } = yield* io.load({
      asset: { key: asset.key, output: asset.output, partitioned: asset.partitions._tag !== "Unpartitioned" },
      partitions: [partition]
    })
    return values.map((row) => (row as { readonly value: string }).value)
  })
