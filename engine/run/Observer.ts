/** Who watches a run while it goes on: the progress of the CLI, or a test. */
import type { Notice } from "../definition/Notice.ts"
import type { Plan } from "../plan/Plan.ts"
import type { Failure } from "./Failure.ts"
import type { Cell, CheckResult } from "../record/Step.ts"

export type Observation =
  | { readonly _tag: "RunStarted"; readonly run: number; readonly resumed: boolean }
  /** A run is planned in stages: assets whose partition keys come from this run are planned once these are known. */
  | { readonly _tag: "Planned"; readonly plan: Plan; readonly steps: number }
  | { readonly _tag: "StepStarted"; readonly cell: Cell }
  /** A cell with a checkpoint goes on: elements that are done, since it last said so. */
  | { readonly _tag: "Progressed"; readonly cell: Cell; readonly records: number }
  | { readonly _tag: "AttemptFailed"; readonly cell: Cell; readonly attempt: number; readonly failure: Failure }
  | { readonly _tag: "StepMaterialized"; readonly cell: Cell; readonly rows: number; readonly millis: number }
  /** Nothing to do after all: its upstream gave the same data, or another run, or another process of this one, materialized it meanwhile. */
  | { readonly _tag: "StepUnchanged"; readonly cell: Cell; readonly reason: string }
  | { readonly _tag: "StepFailed"; readonly cell: Cell; readonly failure: Failure }
  | { readonly _tag: "StepSkipped"; readonly cell: Cell; readonly reason: string }
  /** A resource has told of a change: a rate limit that fell, a circuit breaker that opened. */
  | { readonly _tag: "Noticed"; readonly notice: Notice }
  | { readonly _tag: "Checked"; readonly result: CheckResult }

export type Observer = (observation: Observation) => void

export const silent: Observer = () => {}
