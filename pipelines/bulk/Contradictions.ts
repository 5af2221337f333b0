/** Options of `sluice bulk` that cannot both be meant, and one that means nothing alone. */
import { Effect } from "effect"
import { Cli } from "sluice"
import type { RunInput } from "./Run.ts"

/** The option, whether it is given, and those that it does not go with. */
type Rule = readonly [option: string, given: boolean, why: string, others: Readonly<Record<string, unknown>>]

const rulesOf = ({ bucket, demo, endpoint, engine, input, key, mockApi, numRecords, processes }: RunInput): ReadonlyArray<Rule> => [
  ["--demo", demo, "it brings its own records and its own API", { input, bucket, key, endpoint }],
  ["--num-records", numRecords !== undefined, "it invents the records", { input, bucket, key }],
  ["--input", input !== undefined, "both say where the records are", { bucket, key }],
  ["--mock-api", mockApi, "both say where the records are sent to", { endpoint }],
  ["--engine local", engine === "local", "it is one process", { workers: processes }]
]

/** Fails with the first one. */
export const refuse = (input: RunInput): Effect.Effect<void, Cli.Refusal> => {
  for (const [option, given, why, others] of rulesOf(input)) {
    const other = given ? Object.keys(others).find((name) => others[name] !== undefined) : undefined
    if (other === undefined) continue
    return Effect.fail(new Cli.Refusal({ message: `${option} does not go with --${other}: ${why}. Leave one of them out.` }))
  }
  return input.errorRate !== undefined && input.numRecords === undefined && !input.demo
    ? Effect.fail(new Cli.Refusal({ message: "--error-rate is of invented records: give --num-records or --demo with it." }))
    : Effect.void
}
