/** What a node shall collect, as its options and its configuration file say together. An option stands above the file. */
import { Config, DateTime, Effect, Option } from "effect"
import { hostname } from "node:os"
import { Cli } from "sluice"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Season from "../../resources/nba/Season.ts"
import * as NodeFile from "./NodeFile.ts"

export interface Options {
  readonly endpoint: ReadonlyArray<string>
  readonly endpoints: ReadonlyArray<string>
  readonly category: string | undefined
  readonly priority: string | undefined
  readonly paramStart: number | undefined
  readonly paramEnd: number | undefined
  readonly paramLimit: number | undefined
  readonly paramList: ReadonlyArray<string>
  /** Seconds between two calls. */
  readonly rateLimit: number | undefined
  readonly nodeId: string | undefined
  readonly config: string | undefined
  readonly retryFailed: boolean
  readonly refresh: boolean
}

/** Which ids of an endpoint: places in the order of the master table, the end excluded, or ids by name. */
export interface Range {
  readonly start: number | undefined
  readonly end: number | undefined
  /** Stands above `end`. */
  readonly limit: number | undefined
  readonly ids: ReadonlyArray<string> | undefined
}

export interface Assignment {
  readonly node: string
  readonly description: string | undefined
  /** In the order in which they were given. */
  readonly endpoints: ReadonlyArray<Catalogue.Endpoint>
  readonly range: Range
  /** What endpoints of the league are asked about. */
  readonly seasons: ReadonlyArray<string>
  /** Undefined: what the NBA's limit is set to. */
  readonly rateLimit: number | undefined
  readonly retryFailed: boolean
  readonly refresh: boolean
}

const refuse = (message: string) => Effect.fail(new Cli.Refusal({ message }))

/** The node's name, in every line of its log: the option, else the file's, else SLUICE_NODE_ID, else the host name. */
const nodeOf = (options: Options, file: NodeFile.Node | undefined): Effect.Effect<string, Cli.Refusal> => {
  const variable = process.env["SLUICE_NODE_ID"] ?? ""
  const name = options.nodeId ?? file?.nodeId ?? (variable === "" ? hostname() : variable)
  return name.length <= 100 && /^[^\s\p{Cc}\]]+$/u.test(name)
    ? Effect.succeed(name)
    : refuse(`${JSON.stringify(name)} is no name of a node: write up to 100 characters without blanks and "]".`)
}

/** An endpoint by its name; `by` says who named it. */
const endpoint = (name: string, by: string): Effect.Effect<Catalogue.Endpoint, Cli.Refusal> => {
  const found = Catalogue.find(name)
  if (found !== undefined) return Effect.succeed(found)
  const near = Catalogue.suggestion(name)
  return refuse(`There is no endpoint "${name}", which ${by} names.${near === "" ? " `sluice nba --list` lists all." : near}`)
}

const oneOf = <const A extends string>(
  option: string,
  given: string | undefined,
  all: ReadonlyArray<A>
): Effect.Effect<A | undefined, Cli.Refusal> => {
  if (given === undefined) return Effect.succeed(undefined)
  const found = all.find((one) => one === given.toLowerCase())
  return found !== undefined
    ? Effect.succeed(found)
    : refuse(`"${given}" is not a value of ${option}: write ${all.slice(0, -1).join(", ")} or ${all.at(-1)}.${Cli.didYouMean(given, all)}`)
}

const endpointsOf = Effect.fnUntraced(function*(options: Options, file: NodeFile.Node | undefined) {
  const category = yield* oneOf("--category", options.category, Catalogue.categories)
  const priority = yield* oneOf("--priority", options.priority, Catalogue.priorities)
  const named = yield* Effect.forEach([...options.endpoint, ...options.endpoints], (name) => endpoint(name, "an option"))
  const filed = yield* Effect.forEach(file?.endpoints ?? [], (name) => endpoint(name, `the node configuration ${options.config}`))
  const isFiltered = category !== undefined || priority !== undefined
  const pool = named.length > 0 ? named : filed.length > 0 && !isFiltered ? filed : isFiltered ? Catalogue.endpoints : []
  const chosen = pool.filter((one) =>
    (category === undefined || one.category === category) && (priority === undefined || one.priority === priority))
  if (pool.length > 0 && chosen.length === 0) {
    const which = [category, priority === undefined ? undefined : `priority ${priority}`].filter((word) => word !== undefined).join(" and ")
    return yield* refuse(
      named.length > 0 ? `None of the endpoints that are named is ${which}.` : `No endpoint is ${which}: \`sluice nba --list\` lists all.`
    )
  }
  return Array.from(new Set(chosen))
})

const listed = ({ paramList }: Options): ReadonlyArray<string> =>
  paramList.flatMap((word) => word.split(",")).map((word) => word.trim()).filter((word) => word !== "")

/** The seasons among the words of --param-list, else NBA_SEASON, else the one that is on. */
const seasonsOf = Effect.fnUntraced(function*(options: Options) {
  const named = listed(options).filter(Season.isSeason)
  if (named.length > 0) return Array.from(new Set(named))
  const setting = yield* Config.String("NBA_SEASON").pipe(Config.withDefault(""), Effect.orElseSucceed(() => ""))
  return [setting === "" ? Season.current(yield* DateTime.now) : setting]
})

const rangeOf = (options: Options, file: NodeFile.Node | undefined): Effect.Effect<Range, Cli.Refusal> => {
  const ids = listed(options).filter((word) => !Season.isSeason(word))
  if (options.paramList.length > 0 && listed(options).length === 0) return refuse("--param-list names no id: write ids behind it.")
  // The ids that are named stand above the places of the file.
  const filed = ids.length > 0 ? undefined : file
  const start = options.paramStart ?? filed?.start
  // An end that is given takes the place of the file's limit, which would stand above it.
  const limit = options.paramLimit ?? (options.paramEnd === undefined ? filed?.limit : undefined)
  const end = options.paramEnd ?? filed?.end
  if (limit === 0) return refuse("A limit of 0 takes no id: write 1 or more.")
  if (limit === undefined && end !== undefined && (start ?? 0) >= end) {
    return refuse(
      `The range from ${start ?? 0} to ${end} is empty, since its end is not taken: ` +
        "write an end (--param-end, end_index) after the start (--param-start, start_index)."
    )
  }
  return Effect.succeed({ start, end, limit, ids: ids.length === 0 ? undefined : Array.from(new Set(ids)) })
}

/** None: no endpoints are chosen. Asks nobody but the file. */
export const make = Effect.fn("nba.assignment")(function*(options: Options) {
  const file = options.config === undefined ? undefined : yield* NodeFile.read(options.config)
  const node = yield* nodeOf(options, file)
  const range = yield* rangeOf(options, file)
  const endpoints = yield* endpointsOf(options, file)
  if (endpoints.length === 0 && file !== undefined) {
    return yield* refuse(`The node configuration ${options.config} names no endpoint: list some under "endpoints".`)
  }
  if (endpoints.length > 0 && range.ids !== undefined && endpoints.every((one) => Catalogue.keyOf(one) === undefined)) {
    return yield* refuse(
      `"${range.ids[0]}" is no season: ${endpoints.map(({ name }) => name).join(", ")} ${endpoints.length === 1 ? "is" : "are"} asked ` +
        "about the league's seasons, like 2024-25, and each answer has all its players and teams."
    )
  }
  const assignment: Assignment = {
    node,
    description: file?.description,
    endpoints,
    range,
    seasons: yield* seasonsOf(options),
    rateLimit: options.rateLimit ?? file?.rateLimit,
    retryFailed: options.retryFailed,
    refresh: options.refresh
  }
  return endpoints.length === 0 ? Option.none<Assignment>() : Option.some(assignment)
})

/** How many of `known` ids the range takes. */
export const size = ({ end, ids, limit, start }: Range, known: number): number => {
  const all = ids?.length ?? known
  const first = Math.min(start ?? 0, all)
  return Math.max(0, Math.min(all, limit !== undefined ? first + limit : end ?? all) - first)
}

/** `places 0 to 499`, `the first 100`, `3 ids by name`; empty where all are taken. */
export const spell = ({ end, ids, limit, start }: Range): string => {
  const until = limit !== undefined ? (start ?? 0) + limit : end
  const places = start === undefined && until === undefined
    ? ""
    : until === undefined
    ? `from place ${start} on`
    : `places ${start ?? 0} to ${until - 1}`
  const named = ids === undefined ? "" : `${ids.length} by name`
  return [named, places].filter((part) => part !== "").join(", ")
}
