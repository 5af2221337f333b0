/** Where the bodies of calls are told as they came, for whoever wants to keep them. */
import { Context } from "effect"

export interface Body {
  /** The kind of call: `odds`. */
  readonly route: string
  /** The `uuid` that was asked for; "" where there was none. */
  readonly id: string
  readonly body: unknown
}

/** By default nobody keeps them. */
export class Bodies extends Context.Reference<(body: Body) => void>("resources/football/Bodies", {
  defaultValue: () => () => {}
}) {}
