/** The commands that a project brings along: found when they are asked for, run with the project's deployment. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Deployed } from "./Cli.ts"
import type { OwnCommand } from "./Deployment.ts"
import { ProjectFolder } from "./grammar/Options.ts"
import type { Project } from "./Project.ts"
import { Refusal } from "./Refusal.ts"

export interface OwnCommands {
  readonly commands: ReadonlyArray<OwnCommand>
  readonly deployed: Deployed["Service"]
}

/** Built-in commands run without any of it. */
export const none: OwnCommands = {
  commands: [],
  deployed: Deployed.of({
    resources: unused(),
    stored: unused(),
    everything: unused(),
    sluice: () => Effect.die(new Error("A built-in command uses the services of own ones."))
  })
}
