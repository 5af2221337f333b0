/** The deployment: which pipelines there are, and what they run with. */
import { Layer } from "effect"
import { Deployment, Documents, Warehouse } from "sluice"
import { football } from "./pipelines/football.ts"
import { footballCommand } from "./pipelines/football/FootballCommand.ts"
import { nhl } from "./pipelines/nhl.ts"
import { nhlCommand } from "./pipelines/nhl/NhlCommand.ts"
import { FootballApi } from "./resources/football/FootballApi.ts"
import { NhlApi } from "./resources/nhl/NhlApi.ts"
import * as FootballSimulators from "./simulators/football/Source.ts"
import * as NhlSimulators from "./simulators/nhl/Source.ts"

export default Deployment.make({
  pipelines: [nhl, football],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: Layer.mergeAll(
    NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer)),
    FootballApi.layer.pipe(Layer.provide(FootballSimulators.layer))
  ),
  commands: [nhlCommand, footballCommand]
})
