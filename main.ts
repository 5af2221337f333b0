/** The deployment: which pipelines there are, and what they run with. */
import { Layer } from "effect"
import { Deployment, Documents, ObjectStore, Tables, Warehouse } from "sluice"
import { bulk } from "./pipelines/bulk.ts"
import { bulkCommand } from "./pipelines/bulk/BulkCommand.ts"
import { football } from "./pipelines/football.ts"
import { footballCommand } from "./pipelines/football/FootballCommand.ts"
import { nba } from "./pipelines/nba.ts"
import { nbaCommand } from "./pipelines/nba/NbaCommand.ts"
import { liveGames, nhl } from "./pipelines/nhl.ts"
import { nhlCommand } from "./pipelines/nhl/NhlCommand.ts"
import { RecordApi } from "./resources/bulk/RecordApi.ts"
import { FootballApi } from "./resources/football/FootballApi.ts"
import { NbaApi } from "./resources/nba/NbaApi.ts"
import { NhlApi } from "./resources/nhl/NhlApi.ts"
import * as BulkSimulators from "./simulators/bulk/Source.ts"
import * as FootballSimulators from "./simulators/football/Source.ts"
import * as NbaSimulators from "./simulators/nba/Source.ts"
import * as NhlSimulators from "./simulators/nhl/Source.ts"

export default Deployment.make({
  pipelines: [nhl, football, nba, bulk],
  sensors: [liveGames],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer, Tables.layer),
  resources: Layer.mergeAll(
    NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer)),
    FootballApi.layer.pipe(Layer.provide(FootballSimulators.layer)),
    NbaApi.layer.pipe(Layer.provide(NbaSimulators.layer)),
    RecordApi.layer.pipe(Layer.provideMerge(BulkSimulators.layer)),
    // Files of records may be anywhere on this machine.
    ObjectStore.layer({ root: "/" })
  ),
  commands: [nhlCommand, footballCommand, nbaCommand, bulkCommand]
})
