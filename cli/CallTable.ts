/** The calls of outside things that a run made: by API and route, and how much of their rate limits was used. */
import * as Calls from "../engine/record/Calls.ts"
import { out } from "./terminal/Style.ts"
import * as Table from "./terminal/Table.ts"
import * as Text from "./terminal/Text.ts"

/** `3 TimedOut, 1 Limited` */
const errorsOf = ({ errors }: Calls.Calls): string =>
  Object.entries(errors).sort(([, a], [, b]) => b - a).map(([kind, count]) => `${Text.count(count)} ${kind}`).join(", ")

const took = (millis: number | undefined): string => millis === undefined ? "" : Text.duration(millis)

export const lines = (calls: ReadonlyArray<Calls.Calls>): ReadonlyArray<string> =>
  calls.length === 0 ? [] : [
    ...Table.lines(
      [
        { title: "api" },
        { title: "route" },
        { title: "calls", align: "right" },
        { title: "p50", align: "right" },
        { title: "p90", align: "right" },
        { title: "p99", align: "right" },
        { title: "waited", align: "right" },
        { title: "errors", flexible: true }
      ],
      calls.map((one) => [
        Text.printable(one.resource),
        Text.printable(one.route),
        Text.count(one.calls),
        took(Calls.quantile(one.latencies, 0.5)),
        took(Calls.quantile(one.latencies, 0.9)),
        took(Calls.quantile(one.latencies, 0.99)),
        // The middle of what each call waited: their sum over many at a time would say nothing.
        took(one.waitMillis / one.calls),
        Calls.failures(one) === 0 ? out.dim("·") : out.red(errorsOf(one))
      ]),
      { indent: 2 }
    ),
    ...Calls.utilisation(calls).map(({ name, perSecond, used }) =>
      out.dim(`  ${(100 * used).toFixed(1)} % of the limit ${Text.printable(name)} used (${rate(perSecond)})`)
    )
  ]

const rate = (perSecond: number): string =>
  perSecond >= 1 ? `${Number(perSecond.toFixed(2))}/s` : `${Number((perSecond * 60).toFixed(2))}/min`

const rounded = (millis: number | undefined): number | null => millis === undefined ? null : Math.round(millis * 10) / 10

/** For `--json`: numbers in milliseconds. */
export const toJson = (calls: ReadonlyArray<Calls.Calls>) => ({
  calls: calls.map((one) => ({
    resource: one.resource,
    route: one.route,
    calls: one.calls,
    failed: Calls.failures(one),
    errors: one.errors,
    p50Millis: rounded(Calls.quantile(one.latencies, 0.5)),
    p90Millis: rounded(Calls.quantile(one.latencies, 0.9)),
    p99Millis: rounded(Calls.quantile(one.latencies, 0.99)),
    meanWaitMillis: rounded(one.waitMillis / one.calls),
    firstAt: one.firstAt,
    lastAt: one.lastAt
  })),
  limits: Calls.utilisation(calls).map(({ name, perSecond, used }) => ({ limit: name, perSecond, used: Math.round(used * 1000) / 1000 }))
})
