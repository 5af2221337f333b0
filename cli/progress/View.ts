/** The ways of showing a run while it goes on; which one fits is a question of what standard output is. */
import type { Observer } from "../../engine/run/Observer.ts"
import type { Progress } from "./Progress.ts"

export interface View {
  readonly observer: Observer
  readonly progress: Progress
  /** Ends the showing; what is written afterwards stays. */
  readonly close: () => void
  /** Writes one JSON object where the view is one of JSON. */
  readonly json?: (value: unknown) => void
}
