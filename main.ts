/** The deployment: which pipelines there are, and what they run with. */
import { Layer } from "effect"
import { Deployment, Documents, Warehouse } from "sluice"
import { nhl } from "./pipelines/nhl.ts"
import { nhlCommand } from "./pipelines/nhl/NhlCommand.ts"
import { NhlApi } from "./resources/nhl/NhlApi.ts"
import * as NhlSimulators from "./simulators/nhl/Source.ts"

export default Deployment.make({
  pipelines: [nhl],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer)),
  commands: [nhlCommand]
})
