/** A backfill as its options ask for it. */
import { Effect } from "effect"
import * as PartitionKey from "../../engine/partition/PartitionKey.ts"
import { BackfillOptions, type CellState, defaultStates, type MaxFailures, type Order, Target } from "../../engine/record/Backfill.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import { didYouMean } from "../../engine/Suggestion.ts"
import * as KeyFile from "../KeyFile.ts"
import { Refusal } from "../Refusal.ts"

export interface Options {
  readonly selection: ReadonlyArray<string>
  readonly from: string | undefined
  readonly to: string | undefined
  readonly last: string | undefined
  readonly where: ReadonlyArray<string>
  readonly paramList: ReadonlyArray<string>
  readonly paramFile: string | undefined
  readonly paramStart: number | undefined
  readonly paramEnd: number | undefined
  readonly paramLimit: number | undefined
  readonly partitions: string | undefined
  readonly only: string | undefined
  readonly retryFailed: boolean
  readonly concurrency: number
  readonly order: Order
  readonly batch: number | undefined
  readonly name: string | undefined
  readonly maxFailures: string | undefined
}

const refuse = (message: string) => Effect.fail(new Refusal({ message }))

/** What the options mean as a request; whether its keys exist is a question for the plan. */
export const make = (options: Options): Effect.Effect<RunRequest, Refusal> =>
  Effect.gen(function*() {
    if (options.selection.length === 0) {
      return yield* refuse(
        options.paramList.length > 0
          ? "There is no selection: write it before --param-list, which takes all the words up to the next option."
          : "\"sluice backfill\" needs <selection>: an asset, a group or a pipeline, as `sluice list` shows them."
      )
    }
    const only = yield* statesOf(options)
    const target = new Target({
      partitions: options.partitions ?? null,
      from: options.from ?? null,
      to: options.to ?? null,
      last: options.last ?? null,
      where: yield* whereOf(options.where),
      keys: yield* keysOf(options),
      start: options.paramStart ?? null,
      end: options.paramEnd ?? null,
      limit: options.paramLimit ?? null
    })
    return new RunRequest({
      selection: options.selection.join(" "),
      partitions: null,
      force: only.includes("fresh"),
      concurrency: options.concurrency,
      backfill: new BackfillOptions({
        name: options.name ?? null,
        target,
        only,
        order: options.order,
        batch: options.batch ?? null,
        maxFailures: yield* maxFailuresOf(options.maxFailures)
      })
    })
  })

const stateNames = ["missing", "stale", "failed", "all"] as const
const everyState: ReadonlyArray<CellState> = ["missing", "stale", "failed", "fresh"]

const statesOf = ({ only, retryFailed }: Options): Effect.Effect<ReadonlyArray<CellState>, Refusal> =>
  Effect.gen(function*() {
    const chosen = new Set<CellState>(only === undefined ? defaultStates : [])
    for (const word of (only ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "")) {
      const name = stateNames.find((known) => known === word)
      if (name === undefined) {
        return yield* refuse(`"${word}" is not a value of --only: write missing, stale, failed or all.${didYouMean(word, stateNames)}`)
      }
      for (const state of name === "all" ? everyState : [name]) chosen.add(state)
    }
    if (chosen.size === 0) return yield* refuse("--only names no state: write missing, stale, failed or all, as a list with commas.")
    if (retryFailed) chosen.add("failed")
    return everyState.filter((state) => chosen.has(state))
  })

/** The keys of a comma list, with their marks. */
const listed = (text: string): ReadonlyArray<string> =>
  PartitionKey.split(text, ",").map(PartitionKey.trimmed).filter((key) => key !== "")

const whereOf = (conditions: ReadonlyArray<string>): Effect.Effect<Readonly<Record<string, ReadonlyArray<string>>>, Refusal> =>
  Effect.gen(function*() {
    const where = new Map<string, ReadonlyArray<string>>()
    for (const condition of conditions) {
      const equals = condition.indexOf("=")
      const dimension = condition.slice(0, equals).trim()
      const keys = listed(condition.slice(equals + 1))
      if (equals < 0 || dimension === "" || keys.length === 0) {
        return yield* refuse(`"--where ${condition}" is not of the form DIMENSION=KEY or DIMENSION=KEY,KEY.`)
      }
      where.set(dimension, [...where.get(dimension) ?? [], ...keys])
    }
    return Object.fromEntries(where)
  })

const keysOf = ({ paramFile, paramList }: Options): Effect.Effect<ReadonlyArray<string> | null, Refusal> =>
  Effect.gen(function*() {
    const given = paramList.flatMap(listed)
    if (paramList.length > 0 && given.length === 0) return yield* refuse("--param-list names no key: write keys behind it.")
    const read = paramFile === undefined ? [] : yield* KeyFile.read(paramFile, "file of keys")
    const keys = [...given, ...read].map(PartitionKey.unescape)
    return keys.length === 0 ? null : Array.from(new Set(keys))
  })

const maxFailuresOf = (text: string | undefined): Effect.Effect<MaxFailures | null, Refusal> => {
  if (text === undefined) return Effect.succeed(null)
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? []
  const amount = Number(digits)
  const fits = percent === "%" ? amount > 0 && amount <= 100 : Number.isSafeInteger(amount) && amount > 0
  return fits
    ? Effect.succeed({ amount, unit: percent === "%" ? "percent" : "cells" })
    : refuse(`"${text}" is not a value of --max-failures: write a number of cells such as 100, or a share up to 100% such as 5%.`)
}
