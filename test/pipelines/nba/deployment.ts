/** A deployment with some of the NBA's assets under their names, whose calls are noted in `ran.log` and fail when told to. */
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Database } from "../../../resources/database/Database.ts"
import * as fixture from "../../cli/fixture.ts"

/** GAMES is how many games there are, FAIL the ids whose calls fail, SLOW how long a call takes in milliseconds. */
export const main = `
import { appendFileSync } from "node:fs"
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Documents, Frames, Partitions, Pipeline, Rows, Tables, Warehouse } from "sluice"
import { nbaCommand } from "${fixture.root}/pipelines/nba/NbaCommand.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {
  transient = false
}

const many = (n: number, id: (i: number) => string) => Array.from({ length: n }, (_, i) => ({ id: id(i + 1) }))
const master = (name: string, rows: () => ReadonlyArray<{ readonly id: string }>) =>
  Asset.make("nba/" + name, {
    output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
    io: Warehouse,
    run: () => Effect.sync(rows)
  })
const games = master("games", () => many(Number(process.env.GAMES ?? "30"), (i) => "00221" + String(i).padStart(5, "0")))
const players = master("players", () => many(5, (i) => String(1000 + i)))
const game = Partitions.dynamic("nba/game", { from: games, key: (row) => row.id })
const player = Partitions.dynamic("nba/player", { from: players, key: (row) => row.id })

const call = (endpoint: string, id: string, frames: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* Effect.sleep(Number(process.env.SLOW ?? "0"))
    appendFileSync("ran.log", endpoint + " " + id + "\\n")
    if ((process.env.FAIL ?? "").split(",").includes(id)) {
      return yield* new Refused({ message: "The NBA API says it was asked too often for " + id + "." })
    }
    yield* Effect.log("asked for " + id)
    return frames.map((name) => ({ name, columns: ["gameId", "points"], rows: [[id, 1], [id, 2]] }))
  })
const of = (endpoint: string, partitions: Partitions.Partitions<string, string>, frames: ReadonlyArray<string>) =>
  Asset.make("nba/" + endpoint.toLowerCase(), {
    partitions,
    output: Frames.of({ schema: "public", prefix: "nba_" + endpoint.toLowerCase() }),
    io: Tables,
    run: (_, id) => call(endpoint, id, frames)
  })
export default Deployment.make({
  pipelines: [Pipeline.make("nba", {
    assets: [
      games, players,
      of("BoxScoreAdvancedV3", game, ["PlayerStats", "TeamStats"]),
      of("PlayByPlayV3", game, ["PlayByPlay"]),
      of("CommonPlayerInfo", player, ["CommonPlayerInfo"]),
      of("TeamGameLogs", Partitions.fixed(["2021-22", "2022-23"]), ["TeamGameLogs"])
    ]
  })],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer, Tables.layer),
  resources: Layer.empty,
  commands: [nbaCommand]
})
`

/** A deployment of the NBA's own assets and commands. */
export const own = `
import { Layer } from "effect"
import { Deployment, Documents, Tables, Warehouse } from "sluice"
import { nba } from "${fixture.root}/pipelines/nba.ts"
import { nbaCommand } from "${fixture.root}/pipelines/nba/NbaCommand.ts"
import { NbaApi } from "${fixture.root}/resources/nba/NbaApi.ts"
import * as NbaSimulators from "${fixture.root}/simulators/nba/Source.ts"

export default Deployment.make({
  pipelines: [nba],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer, Tables.layer),
  resources: NbaApi.layer.pipe(Layer.provide(NbaSimulators.layer)),
  commands: [nbaCommand]
})
`

/** A project with the first of them on an empty database. */
export const project = fixture.project(main)

/** The same with the master tables filled. */
export const filled = Effect.gen(function*() {
  const made = yield* project
  const { code, stderr } = yield* made.run(["materialize", "nba/games", "nba/players"])
  return code === 0 ? made : yield* Effect.die(stderr)
})

export const query = <A extends object>(made: fixture.Project, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(Redacted.make(made.databaseUrl))))
  )

/** `2025-08-22 21:39:07,042 - INFO - [node] message` */
export const lineForm = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (INFO|WARNING|ERROR) - \[([^\s\]]+)\] \S.*$/

/** What lines say, without their times. */
export const messages = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line !== "").map((line) => line.replace(/^\S+ \S+ - /, ""))
