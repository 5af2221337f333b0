/** `sluice limits`: the rate limits that the database knows, and how much of them is used now. */
import { Effect } from "effect"
import { LimitStore, type Usage } from "../../engine/limit/LimitStore.ts"
import { rateText } from "../../engine/limit/RateLimit.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** The rates that hold, the lowest first; several where processes have rates of their own, or at the hours of a change. */
const rates = ({ rates }: Usage): ReadonlyArray<string> =>
  rates.toSorted((a, b) => b.perMillis / b.calls - a.perMillis / a.calls).map(rateText)

const toJson = (usage: Usage) => ({
  limit: usage.bucket.limit,
  scope: usage.bucket.scope,
  machine: usage.bucket.machine === "" ? null : usage.bucket.machine,
  rates: usage.rates.map(({ burst, calls, perMillis }) => ({ calls, perMillis, burst })),
  factor: usage.pace.factor,
  used: usage.used,
  waiting: usage.waiting,
  processes: usage.holders,
  pausedMillis: Math.ceil(usage.pace.pausedMillis)
})

export const limits = Effect.fn("cli.limits")(function*(input: { readonly json: boolean }) {
  const project = yield* Project.load
  const found = yield* Effect.flatMap(LimitStore, (store) => store.usage).pipe(Effect.provide(Live.store(project)))
  if (input.json) return Screen.prettyJson(found.map(toJson))
  if (found.length === 0) return Screen.line("No rate limit has been used on this database yet.")
  Screen.lines(Table.lines(
    [
      { title: "limit" },
      { title: "scope" },
      { title: "rate now", flexible: true },
      { title: "used", align: "right" },
      { title: "waiting", align: "right" },
      { title: "processes", align: "right" },
      { title: "paused" }
    ],
    found.map((usage) => {
      const { factor, pausedMillis } = usage.pace
      const least = Math.min(...usage.rates.map(({ calls }) => calls))
      return [
        usage.bucket.limit,
        usage.bucket.machine === "" ? usage.bucket.scope : `${usage.bucket.scope} ${usage.bucket.machine}`,
        // Nobody uses it now, so nobody says what its rate is.
        usage.rates.length === 0 ? out.dim("idle") : `${rates(usage).join(", ")}${factor < 1 ? out.yellow(` at ${Math.round(factor * 100)} %`) : ""}`,
        Number.isFinite(least) ? `${Text.count(usage.used)} of ${Text.count(least)}` : Text.count(usage.used),
        usage.waiting === 0 ? out.dim("·") : Text.count(usage.waiting),
        usage.holders === 0 ? out.dim("·") : Text.count(usage.holders),
        pausedMillis > 0 ? out.yellow(`for ${Text.duration(pausedMillis)}`) : ""
      ]
    })
  ))
})
