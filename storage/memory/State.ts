/** What the run store in memory holds, and the questions that several of its methods ask. */
import type { Event } from "../../engine/record/Event.ts"
import type { RunSummary } from "../../engine/record/Run.ts"
import type { SourceKeys, StoredCell, Worker } from "../../engine/record/RunStore.ts"
import type { Attempt, Cell, CheckResult, Step } from "../../engine/record/Step.ts"

/** A worker with the end of its lease, in milliseconds since the epoch. */
export interface Holder extends Worker {
  expiresAt: number
  stopped: boolean
}

/** A cell as it stands. One that was only ever claimed has neither a version nor a failure. */
export interface HeldCell {
  stored: StoredCell | undefined
  hash: string | undefined
  claimedBy: Holder | undefined
  /** A commit is under way: like a row that a transaction has locked, it cannot be taken over. */
  locked: boolean
}

export interface RunRecord extends Pick<RunSummary, "id" | "request" | "startedAt"> {
  state: RunSummary["state"]
  cancelRequested: boolean
  worker: Holder
  finishedAt: Date | null
  readonly steps: Map<string, Step>
  readonly attempts: Array<Attempt>
  readonly checks: Array<CheckResult>
  readonly events: Array<Event>
}

/** The keys of a dynamic set, in the order first added. Those with no source and not by hand are not live. */
export interface KeySet {
  readonly keys: Map<string, { byHand: boolean; readonly sources: Set<string> }>
  /** Source → the keys that it gives. */
  readonly given: Map<string, ReadonlyArray<string>>
}

export interface State {
  lastVersion: number
  readonly workers: Map<string, Holder>
  readonly cells: Map<string, Map<string, HeldCell>>
  readonly runs: Array<RunRecord>
  readonly keySets: Map<string, KeySet>
}

export const make = (): State => ({
  lastVersion: 0,
  workers: new Map(),
  cells: new Map(),
  runs: [],
  keySets: new Map()
})

/** The cell, made if need be. */
export const cellAt = (state: State, { asset, partition }: Cell): HeldCell => {
  const partitions = state.cells.get(asset) ?? new Map<string, HeldCell>()
  state.cells.set(asset, partitions)
  const cell = partitions.get(partition) ??
    { stored: undefined, hash: undefined, claimedBy: undefined, locked: false }
  partitions.set(partition, cell)
  return cell
}

export const isAlive = (holder: Holder, now: number): boolean => !holder.stopped && holder.expiresAt > now

export const isLost = (run: RunRecord, now: number): boolean => run.state === "running" && !isAlive(run.worker, now)

export const keySetOf = (state: State, set: string): KeySet => {
  const found = state.keySets.get(set) ?? { keys: new Map(), given: new Map() }
  state.keySets.set(set, found)
  return found
}

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
