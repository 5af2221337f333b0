/** A project with the NHL pipeline alone, for its commands; and what they have stored of a game. */
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Database } from "../../../resources/database/Database.ts"
import * as fixture from "../../cli/fixture.ts"

export const main = `
import { Layer } from "effect"
import { Deployment, Documents, Warehouse } from "sluice"
import { nhl } from "${fixture.root}/pipelines/nhl.ts"
import { nhlCommand } from "${fixture.root}/pipelines/nhl/NhlCommand.ts"
import { NhlApi } from "${fixture.root}/resources/nhl/NhlApi.ts"
import * as NhlSimulators from "${fixture.root}/simulators/nhl/Source.ts"

export default Deployment.make({
  pipelines: [nhl],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer)),
  commands: [nhlCommand]
})
`

/** No server is there. */
export const nowhere = "postgres://nobody:nothing@127.0.0.1:1/none"

export const query = <A extends object>(project: fixture.Project, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(Redacted.make(project.databaseUrl))))
  )

export const figures = (project: fixture.Project, id: number) =>
  Effect.map(
    query<{ readonly players: number; readonly goals: number }>(
      project,
      `select count(*)::int as players, coalesce(sum(goals), 0)::int as goals from nhl.game_stats where game_id = ${id}`
    ),
    ([row]) => row!
  )
