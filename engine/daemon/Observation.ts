/** What a daemon does, told to whoever watches it: its log, or a test. Times are of the store's clock, in milliseconds. */
import type { Told } from "../hook/Telling.ts"
import type { RunState } from "../record/Run.ts"

/** Who asked for a run. */
export type By = { readonly schedule: string } | { readonly sensor: string }

export type Observation =
  | { readonly _tag: "Up"; readonly schedules: number; readonly sensors: number; readonly automations: number; readonly hooks: number }
  /** `lagMillis`: how long after its due moment. */
  | { readonly _tag: "Started"; readonly schedule: string; readonly due: number; readonly run: number; readonly lagMillis: number }
  /** The automation of an asset has asked for cells. */
  | { readonly _tag: "Asked"; readonly asset: string; readonly cells: number; readonly run: number }
  | { readonly _tag: "Waits"; readonly schedule: string; readonly due: number }
  | { readonly _tag: "Skipped" | "Failed"; readonly schedule: string; readonly due: number; readonly reason: string }
  /** The run of a daemon that is gone goes on here, or one whose tick was recorded while the database went away. */
  | By & { readonly _tag: "Adopted"; readonly run: number }
  | By & { readonly _tag: "Ended"; readonly run: number; readonly state: RunState; readonly millis: number }
  /** A run could not be executed at all. */
  | By & { readonly _tag: "Broken"; readonly run: number; readonly message: string }
  /** This daemon observes the sensor from now on. */
  | { readonly _tag: "Observes"; readonly sensor: string }
  /** What became of a key; without a run there is the reason. */
  | { readonly _tag: "Requested"; readonly sensor: string; readonly key: string; readonly run?: number; readonly reason?: string }
  /** A sensor could not observe, and is tried again. */
  | { readonly _tag: "SensorFailed"; readonly sensor: string; readonly message: string; readonly againMillis: number }
  /** A hook was told, could not be told, or is told of something no more. */
  | Told
  /** The database cannot be asked; it is tried again. */
  | { readonly _tag: "Trouble"; readonly message: string }
  /** The automation of an asset cannot be evaluated, because code of the user's throws; it is tried again. */
  | { readonly _tag: "Unevaluated"; readonly asset: string; readonly message: string }
  /** Old records were forgotten; `bytes` without their indexes, about. */
  | { readonly _tag: "Forgot"; readonly rows: number; readonly bytes: number }
  /** Old records could not be forgotten; it is tried again the next day. */
  | { readonly _tag: "NotForgotten"; readonly message: string }
  | { readonly _tag: "Recovered" }
  | { readonly _tag: "Stopping"; readonly runs: number; readonly steps: number }
  | { readonly _tag: "Stopped"; readonly left: ReadonlyArray<number> }

export type Watcher = (observation: Observation) => void

/** The parts of a daemon that look again and again. */
export type Part = "schedules" | "sensors" | "automation" | "hooks"

/** Told after each look of a part: the next one begins at the latest so many milliseconds later, unless it is stuck. */
export type Looked = (part: Part, againMillis: number) => void
