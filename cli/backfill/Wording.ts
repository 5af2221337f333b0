/** Backfills in words: what was asked for, how one stands, how to go on. */
import type { BackfillOptions, Target } from "../../engine/record/Backfill.ts"
import type { BackfillSummary } from "../../engine/record/BackfillStore.ts"
import type { RunRequest } from "../../engine/record/Run.ts"
import * as Text from "../terminal/Text.ts"

/** A few keys, or how many there are. */
const keys = (all: ReadonlyArray<string>): string => all.length <= 3 ? all.join(",") : Text.plural(all.length, "key")

const ofTarget = (target: Target): ReadonlyArray<string> => {
  const { end, from, last, limit, partitions, start, to, where } = target
  return [
    partitions === null ? "" : `@ ${partitions}`,
    from !== null && to !== null ? `${from}..${to}` : from !== null ? `from ${from}` : to !== null ? `up to ${to}` : "",
    last === null ? "" : `last ${last}`,
    ...Object.entries(where).map(([dimension, values]) => `${dimension}=${keys(values)}`),
    target.keys === null ? "" : keys(target.keys),
    start === null && end === null ? "" : `places ${start ?? 0}..${end === null ? "" : end - 1}`,
    limit === null ? "" : `at most ${Text.plural(limit, "key")}`
  ]
}

const ofStates = ({ only }: BackfillOptions): string => {
  if (only.includes("fresh")) return "all states"
  return only.length === 2 && only.includes("missing") && only.includes("stale") ? "" : `only ${only.join(", ")}`
}

/** `nhl 2023-10-01..2024-06-30, endpoint=a,b (only failed)`, in one line. */
export const asked = ({ backfill, selection }: RunRequest): string => {
  if (backfill === undefined) return Text.oneLine(selection)
  const target = Text.listing(ofTarget(backfill.target))
  const states = ofStates(backfill)
  const text = Text.oneLine([selection, target, states === "" ? "" : `(${states})`].filter((part) => part !== "").join(" "))
  return Text.printable(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

export type State = BackfillSummary["state"] | "lost" | "cancelling"

/** `lost` where no process is left that could go on; `cancelling` until all of them have stopped. */
export const stateOf = (backfill: Pick<BackfillSummary, "cancelRequested" | "lost" | "state">): State => {
  const isOpen = backfill.state === "running" || backfill.state === "paused"
  return isOpen && backfill.lost ? "lost" : isOpen && backfill.cancelRequested ? "cancelling" : backfill.state
}

export interface Counts {
  readonly planned: number
  readonly materialized: number
  readonly unchanged: number
  readonly failed: number
  readonly skipped: number
}

/** Planned cells of which something became. */
export const done = ({ failed, materialized, skipped, unchanged }: Counts): number => materialized + unchanged + failed + skipped

/** It has ended as it was before only its failed cells were tried again; what else was open still is. */
export const isRetried = ({ retrying, state }: Pick<BackfillSummary, "retrying" | "state">): boolean =>
  retrying === 0 && (state === "cancelled" || state === "failed")

/** The settings given for this command are not recorded, since they may be secrets. */
const withSettings = (settings: ReadonlyArray<string>): string => settings.map((name) => ` --set ${name}=…`).join("")

export const command = (words: string, id: number, settings: ReadonlyArray<string> = []): string =>
  `npx sluice backfill ${words} ${id}${withSettings(settings)}`
