/** What a hook is told of an asset, a schedule or a sensor itself, where there is no run that could have failed. */
import { Result } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import type { Happening, HappeningState } from "../record/Happening.ts"
import type { HookEvent, Kind } from "../record/HookEvent.ts"
import type { Hook, Occasion } from "./Hook.ts"

type Type = NonNullable<HookEvent["subject"]>["type"]

/** Of what a happening is, and what a hook has to be told of for it to be told of this; `kind`: what it is told then. */
interface Trouble {
  readonly type: Type
  readonly occasion: Occasion["name"]
  readonly kind: Kind
}

const troubles: Partial<Record<HappeningState, Trouble>> = {
  "too old": { type: "asset", occasion: "freshness missed", kind: "too old" },
  "in time": { type: "asset", occasion: "freshness missed", kind: "recovered" },
  "tick failed": { type: "schedule", occasion: "tick failed", kind: "tick failed" },
  "tick started": { type: "schedule", occasion: "tick failed", kind: "recovered" },
  "sensor failed": { type: "sensor", occasion: "sensor failed", kind: "sensor failed" },
  "sensor works": { type: "sensor", occasion: "sensor failed", kind: "recovered" }
}

const wants = ({ on, recovery }: Hook<unknown>, { kind, occasion }: Trouble): boolean =>
  (kind !== "recovered" || recovery) && on.some(({ name }) => name === occasion)

/** The states of happenings that the hook may be told of. */
export const statesOf = (hook: Hook<unknown>): ReadonlyArray<HappeningState> =>
  Object.entries(troubles).flatMap(([state, trouble]) => wants(hook, trouble) ? [state as HappeningState] : [])

/** What the hook is told of it; undefined: nothing, or it is of a run or of checks. */
export const troubleOf = (graph: AssetGraph, hook: Hook<unknown>, about: ReadonlySet<string> | undefined, { name, reason, state }: Happening) => {
  const trouble = troubles[state]
  if (trouble === undefined || name === null || !wants(hook, trouble)) return undefined
  if (about !== undefined && !assetsOf(graph, trouble.type, name).some((key) => about.has(key))) return undefined
  return { kind: trouble.kind, subject: { type: trouble.type, name, reason } }
}

/** A schedule or sensor is taken for that of the pipeline of its name; one of another name concerns everybody. */
const assetsOf = (graph: AssetGraph, type: Type, name: string): ReadonlyArray<string> =>
  type === "asset" ? [name] : Result.getOrElse(Selection.select(graph, name), () => [...graph.assets.keys()])
