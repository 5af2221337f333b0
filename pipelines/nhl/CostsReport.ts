/** `sluice nhl costs`: the estimate of a month as a table. */
import { Console, Effect } from "effect"
import * as Costs from "./Costs.ts"

const number = (value: number) => Math.round(value).toLocaleString("en-US")
const dollars = (value: number) => `$${value.toFixed(2)}`

const bytes = (value: number): string => {
  const [unit, name] = value >= 1e12 ? [1e12, "TB"] : value >= 1e9 ? [1e9, "GB"] : value >= 1e6 ? [1e6, "MB"] : [1e3, "kB"]
  return `${(value / unit).toFixed(value / unit < 100 ? 2 : 1)} ${name}`
}

const rows = (parameters: Costs.Parameters): ReadonlyArray<readonly [what: string, value: string]> => {
  const month = Costs.estimate(parameters)
  const { ingest, monitor } = month
  return [
    ["Ingests of a game", number(month.executionsPerGame)],
    ["Ingests", number(ingest.executions)],
    ["  execution time", `${number(ingest.seconds)} s`],
    ["  cost", dollars(ingest.dollars)],
    ["  inbound traffic, at most", bytes(month.ingestBytes)],
    ["Polls of a day", number(month.pollsPerDay)],
    ["Polls", number(monitor.executions)],
    ["  execution time", `${number(monitor.seconds)} s`],
    ["  cost", dollars(monitor.dollars)],
    ["  inbound traffic of a day", bytes(month.scheduleBytesPerDay)],
    ["  inbound traffic", bytes(month.scheduleBytes)],
    ["Together", dollars(month.dollars)],
    ["  after the free tier", dollars(Costs.afterFreeTier(month, parameters))]
  ]
}

export const report = Effect.fnUntraced(function*({ json, ...parameters }: Costs.Parameters & { readonly json: boolean }) {
  if (json) {
    const month = Costs.estimate(parameters)
    return yield* Console.log(JSON.stringify({ parameters, ...month, dollarsAfterFreeTier: Costs.afterFreeTier(month, parameters) }))
  }
  const all = rows(parameters)
  const [left, right] = [0, 1].map((i) => Math.max(...all.map((row) => row[i]!.length)))
  yield* Console.log(`A month of polling every ${parameters.everySeconds} seconds\n`)
  for (const [what, value] of all) yield* Console.log(`  ${what.padEnd(left!)}  ${value.padStart(right!)}`)
  yield* Console.log("\nPrices of AWS Lambda (x86, us-east-1); the free tier is that of an account that runs nothing else.")
})
