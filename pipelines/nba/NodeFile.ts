/** A node's configuration file: which endpoints it collects, of which ids, and how fast. */
import { Effect, Schema } from "effect"
import { Cli } from "sluice"
import * as Pace from "./Pace.ts"
import * as JsonFile from "./JsonFile.ts"

const Place = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0, { expected: "a whole number from 0 on" }))

const EndpointEntry = Schema.Union([
  Schema.String,
  Schema.Struct({ endpoint: Schema.String, description: Schema.optionalKey(Schema.String) })
])

const NodeFile = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  node_id: Schema.optionalKey(Schema.String),
  endpoints: Schema.optionalKey(Schema.Array(EndpointEntry)),
  /** Seconds between two calls. */
  rate_limit: Schema.optionalKey(Schema.Finite.check(
    Schema.isBetween({ minimum: Pace.shortest, maximum: 86_400 }, { expected: "a number of seconds from 0.001 on" })
  )),
  parameter_config: Schema.optionalKey(Schema.Struct({
    start_index: Schema.optionalKey(Schema.NullOr(Place)),
    end_index: Schema.optionalKey(Schema.NullOr(Place)),
    limit: Schema.optionalKey(Schema.NullOr(Place))
  }))
})

export interface Node {
  readonly description: string | undefined
  readonly nodeId: string | undefined
  /** In the order of the file. */
  readonly endpoints: ReadonlyArray<string>
  readonly rateLimit: number | undefined
  readonly start: number | undefined
  readonly end: number | undefined
  readonly limit: number | undefined
}

const known: JsonFile.Known = {
  "": Object.keys(NodeFile.fields),
  parameter_config: ["start_index", "end_index", "limit"],
  "endpoints[]": ["endpoint", "description"]
}

export const read = Effect.fn("nba.readNode")(function*(file: string): Effect.fn.Return<Node, Cli.Refusal, Cli.Deployed> {
  const found = yield* JsonFile.read(file, "node configuration", NodeFile, known)
  const { parameter_config: range } = found
  return {
    description: found.description,
    nodeId: found.node_id,
    endpoints: (found.endpoints ?? []).map((entry) => typeof entry === "string" ? entry : entry.endpoint),
    rateLimit: found.rate_limit,
    start: range?.start_index ?? undefined,
    end: range?.end_index ?? undefined,
    limit: range?.limit ?? undefined
  }
})
