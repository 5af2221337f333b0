/** What the run store in memory holds, and the questions that several of its methods ask. */
import { Context, Layer, type Schema } from "effect"
import type { Later, Lot, ProgressChange } from "../../engine/record/BackfillStore.ts"
import type { State as AutomationState } from "../../engine/record/AutomationState.ts"
import type { Calls } from "../../engine/record/Calls.ts"
import type { AssetSet, CellChange } from "../../engine/record/CellSets.ts"
import type { Checkpoint } from "../../engine/record/Checkpoint.ts"
import type { Event } from "../../engine/record/Event.ts"
import type { RunSummary } from "../../engine/record/Run.ts"
import type { SourceKeys, StoredCell, Worker } from "../../engine/record/RunStore.ts"
import type { Attempt, Cell, CheckResult, Step } from "../../engine/record/Step.ts"
import type { Happening } from "../../engine/record/Happening.ts"
import type { Delivery, Occurrence } from "../../engine/record/HookStore.ts"
import type { RequestState } from "../../engine/record/SensorStore.ts"
import type { TickState } from "../../engine/record/TickStore.ts"
import type { EndState } from "../BackfillRetry.ts"

/** A worker with the end of its lease, in milliseconds since the epoch. */
export interface Holder extends Worker {
  expiresAt: number
  stopped: boolean
  /** It evaluates automation. */
  evaluates?: boolean
}

/** A cell as it stands. One that was only ever claimed has neither a version nor a failure. */
export interface HeldCell {
  stored: StoredCell | undefined
  hash: string | undefined
  claimedBy: Holder | undefined
  claimedFor: number
  /** A commit is under way: like a row that a transaction has locked, it cannot be taken over. */
  locked: boolean
}

/** A worker that executes a run, or did. */
export interface Member {
  readonly worker: Holder
  joinedAt: Date
  /** Null while it takes part. */
  leftAt: Date | null
  /** Steps under way, as it last reported. */
  running: number
}

/** What a run that is a backfill has beside. */
export interface BackfillRecord {
  readonly name: string | null
  paused: boolean
  round: number
  later: ReadonlyArray<Later>
  stopReason: string | null
  /** Only retried cells are to be done: the state that it had before, with the reason to stop; null: all are. */
  retryOf: EndState | null
  stoppedBefore: string | null
  /** In the order recorded: `commit` and `endSteps` add to it. */
  changes: Array<ProgressChange>
  lots: Array<Lot>
}

type Counts = Readonly<Record<Step["state"], number>>

export interface RunRecord extends Pick<RunSummary, "id" | "request" | "startedAt"> {
  state: RunSummary["state"]
  cancelRequested: boolean
  /** The one that joined last is the last. */
  readonly members: Array<Member>
  backfill: BackfillRecord | undefined
  finishedAt: Date | null
  /** How its steps ended, where not all are remembered. */
  ended: Counts | undefined
  readonly steps: Map<string, Step>
  readonly attempts: Array<Attempt>
  readonly checks: Array<CheckResult>
  readonly events: Array<Event>
  /** Worker and route → its calls. */
  readonly calls: Map<string, Calls>
}

/** What became of the cells of an asset, counted by one numbering; of several, when the last change is of another one. */
export interface CellLog {
  readonly numbering: string
  /** A change was recorded by another numbering: the log is of no use. */
  isMixed: boolean
  changes: Array<CellChange>
}

/** The keys of a dynamic set, in the order first added. Those with no source and not by hand are not live. */
export interface KeySet {
  readonly keys: Map<string, { byHand: boolean; readonly sources: Set<string> }>
  /** Source → the keys that it gives. */
  readonly given: Map<string, ReadonlyArray<string>>
}

/** A schedule, with its ticks by their due moments. */
export interface HeldSchedule {
  running: boolean
  since: number
  definition: string
  /** Its last tick that was not skipped has failed without a run. */
  failing: boolean
  readonly ticks: Map<number, HeldTick>
}

export interface HeldTick {
  state: TickState
  at: number
  run: number | undefined
  reason: string | undefined
}

/** How an automation stands, and what it has asked for. */
export interface HeldAutomation {
  version: number
  running: boolean
  state: AutomationState | undefined
  readonly asks: Array<HeldAsk>
}

export interface HeldAsk {
  readonly run: number
  readonly at: number
  readonly cells: AssetSet
}

/** A sensor, with its requests by their keys in the order in which they were made. */
export interface HeldSensor {
  running: boolean
  since: number
  cursor: Schema.Json
  observer: Holder | undefined
  epoch: number
  failures: number
  error: string | undefined
  failedAt: number | undefined
  /** Several times in a row, and not observed since. */
  failing: boolean
  readonly requests: Map<string, HeldRequest>
}

export interface HeldRequest {
  state: RequestState
  readonly at: number
  readonly run: number | undefined
  reason: string | undefined
}

/** How an asset that says how old it may be stood when that was noted. */
export interface HeldAge {
  readonly since: number
  isTooOld: boolean
  deadline: number | null
  asOf: number
}

/** A hook, with what it was told in the order recorded. */
export interface HeldHook {
  running: boolean
  since: number
  /** It has seen what happened before this one. */
  seen: number
  readonly deliveries: Array<HeldDelivery>
}

export interface HeldDelivery extends Occurrence {
  readonly id: number
  readonly recordedAt: number
  tries: number
  reason: string | null
  toldIn: number | null
  readonly subject: string
  state: Delivery["state"]
  worker: Holder | undefined
  due: number
  begunAt: number | undefined
  sentAt: number | undefined
  held: boolean
}

export interface State {
  lastVersion: number
  readonly workers: Map<string, Holder>
  readonly cells: Map<string, Map<string, HeldCell>>
  /** The run n is at n - 1; one that was forgotten leaves its place empty. */
  readonly runs: Array<RunRecord | undefined>
  readonly keySets: Map<string, KeySet>
  readonly logs: Map<string, CellLog>
  /** By computation and partition, see `placeKey`. */
  readonly checkpoints: Map<string, Checkpoint>
  readonly schedules: Map<string, HeldSchedule>
  readonly automations: Map<string, HeldAutomation>
  readonly sensors: Map<string, HeldSensor>
  readonly hooks: Map<string, HeldHook>
  readonly ages: Map<string, HeldAge>
  /** Noted while there are hooks; `worker`: the one that was lost. */
  readonly happenings: Array<Happening & { readonly worker: string | undefined }>
  lastDelivery: number
}

/** The state that the stores of one program share. */
export class Shared extends Context.Service<Shared, State>()("storage/memory/State/Shared") {}

/** Each build of the layer is a state of its own. */
export const layer: Layer.Layer<Shared> = Layer.sync(Shared, () => make())

export const make = (): State => ({
  lastVersion: 0,
  workers: new Map(),
  cells: new Map(),
  runs: [],
  keySets: new Map(),
  logs: new Map(),
  checkpoints: new Map(),
  schedules: new Map(),
  automations: new Map(),
  sensors: new Map(),
  hooks: new Map(),
  ages: new Map(),
  happenings: [],
  lastDelivery: 0
})

/** The cell, made if need be. */
export const cellAt = (state: State, { asset, partition }: Cell): HeldCell => {
  const partitions = state.cells.get(asset) ?? new Map<string, HeldCell>()
  state.cells.set(asset, partitions)
  const cell = partitions.get(partition) ??
    { stored: undefined, hash: undefined, claimedBy: undefined, claimedFor: 0, locked: false }
  partitions.set(partition, cell)
  return cell
}

/** Whether the worker has claimed the cell for the run. */
export const holds = (state: State, run: number, worker: string, cell: Cell): boolean => {
  const { claimedBy, claimedFor } = cellAt(state, cell)
  return claimedBy !== undefined && claimedBy.id === worker && !claimedBy.stopped && claimedFor === run
}

export const isAlive = (holder: Holder, now: number): boolean => !holder.stopped && holder.expiresAt > now

/** Running, but no worker that takes part is alive. */
export const isLost = (run: RunRecord, now: number): boolean =>
  run.state === "running" && !run.members.some(({ leftAt, worker }) => leftAt === null && isAlive(worker, now))

/** Whether a worker that has not stopped takes part in a run, running or not. */
export const isMember = (run: RunRecord, worker: string): boolean =>
  run.members.some((member) => member.leftAt === null && member.worker.id === worker && !member.worker.stopped)

export const executes = (run: RunRecord, worker: string): boolean => run.state === "running" && isMember(run, worker)

export const countsOf = ({ ended, steps }: RunRecord): Counts => {
  const counts = { materialized: 0, failed: 0, skipped: 0 }
  for (const step of steps.values()) counts[step.state]++
  return ended ?? counts
}

/** Ends a running run. */
export const end = (state: State, run: RunRecord, ended: Exclude<RunSummary["state"], "running">, now: number): void => {
  if (run.state === "running") note(state, { run: run.id, state: ended, at: new Date(now) })
  Object.assign(run, { state: ended, finishedAt: new Date(now) })
}

type Noted = Pick<Happening, "state" | "at"> & Partial<State["happenings"][number]>

/** Notes what happened, where there are hooks. */
export const note = (state: State, noted: Noted): void => {
  const id = nextHappening(state)
  if (state.hooks.size > 0) state.happenings.push({ run: null, worker: undefined, checks: [], name: null, reason: null, ...noted, id, place: id })
}

export const nextHappening = ({ happenings }: State): number => (happenings.at(-1)?.id ?? 0) + 1

/** Makes the worker a member, and the one that joined last. */
export const join = (run: RunRecord, worker: Holder, joinedAt: Date): void => {
  const before = run.members.findIndex((member) => member.worker === worker)
  if (before >= 0) run.members.splice(before, 1)
  run.members.push({ worker, joinedAt, leftAt: null, running: 0 })
}

export const keySetOf = (state: State, set: string): KeySet => {
  const found = state.keySets.get(set) ?? { keys: new Map(), given: new Map() }
  state.keySets.set(set, found)
  return found
}

/** Keys in the order first added: the order of the map is that of the positions, as no key ever leaves it. */
const keyIn = ({ keys }: KeySet, key: string) => {
  const found = keys.get(key) ?? { byHand: false, sources: new Set<string>() }
  keys.set(key, found)
  return found
}

/** The keys that one cell of the source asset gives, in place of those it gave before or beside them. */
export const giveKeys = (set: KeySet, { keys, replaces, source }: SourceKeys): void => {
  const before = set.given.get(source) ?? []
  if (replaces) for (const key of before) set.keys.get(key)?.sources.delete(source)
  for (const key of keys) keyIn(set, key).sources.add(source)
  set.given.set(source, replaces ? keys : [...new Set([...before, ...keys])])
}

export const addKeys = (set: KeySet, keys: ReadonlyArray<string>): void => {
  for (const key of keys) keyIn(set, key).byHand = true
}

export const removeKeys = (set: KeySet, keys: ReadonlyArray<string>): void => {
  for (const key of keys) {
    const found = set.keys.get(key)
    if (found === undefined) continue
    found.byHand = false
    found.sources.clear()
  }
}
