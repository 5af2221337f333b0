/** `sluice nba run`: a process for each node's configuration, all at once on this machine. */
import { Console, Effect } from "effect"
import { Cli } from "sluice"
import * as NodeFile from "./NodeFile.ts"

export const launch = Effect.fn("nba.launch")(function*(input: {
  readonly configs: ReadonlyArray<string>
  readonly dbConfig: string | undefined
  readonly dryRun: boolean
  readonly retryFailed: boolean
  readonly logFile: string
}) {
  // A wrong file is told before any node starts.
  const nodes = yield* Effect.forEach(input.configs, (config) => NodeFile.read(config))
  const names = nodes.map(({ nodeId }, i) => nodeId ?? input.configs[i]!)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    return yield* new Cli.Refusal({ message: `Two of the configurations are of the node "${twice}": give each a "node_id" of its own.` })
  }
  // The processes are started in the project's folder.
  const dbConfig = input.dbConfig === undefined ? [] : ["--db-config", yield* Cli.path(input.dbConfig)]
  const common = [
    ...dbConfig,
    "--log-file",
    yield* Cli.path(input.logFile),
    ...(input.dryRun ? ["--dry-run"] : []),
    ...(input.retryFailed ? ["--retry-failed"] : [])
  ]
  const ended = yield* Effect.forEach(input.configs, (config, i) =>
    Effect.gen(function*() {
      const { exitCode } = yield* Cli.sluice(["nba", "--config", yield* Cli.path(config), ...common], "shown")
      return { node: names[i]!, exitCode }
    }), { concurrency: "unbounded" })
  const failed = ended.filter(({ exitCode }) => exitCode !== 0)
  if (failed.length === 0) return
  yield* Console.error(failed.map(({ exitCode, node }) => `Node ${node} ended with exit code ${exitCode}.`).join("\n"))
  return yield* new Cli.Unfinished({ exitCode: Math.max(...failed.map(({ exitCode }) => exitCode)) })
})
