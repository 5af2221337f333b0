/** The commands that a project brings along, each given the deployment it belongs to. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Command from "effect/cli/Command"
import * as Own from "./backfill/Own.ts"
import { Backfiller, Deployed, Materializer } from "./Cli.ts"
import { backfilling } from "./commands/backfill.ts"
import { whereDatabase } from "./commands/database.ts"
import { materializing } from "./commands/materialize.ts"
import * as Live from "./Live.ts"
import * as OwnProcess from "./OwnProcess.ts"
import * as Project from "./Project.ts"
import { Refusal } from "./Refusal.ts"
import { StartFolder } from "./StartFolder.ts"

const deployedOf = (project: Project.Project, startFolder: string): Deployed["Service"] => {
  const store = Live.store(project, Live.runConnections)
  const computing = Layer.mergeAll(
    Live.everything(project),
    Layer.succeed(Materializer, materializing(project)),
    Layer.succeed(Backfiller, backfilling(project))
  )
  return {
    resources: Live.resourcesAlone(project),
    database: Live.client(project),
    stored: Layer.provideMerge(Live.io(project), store),
    everything: Layer.provideMerge(computing, store),
    sluice: (args, output) => OwnProcess.run(project.folder, args, output),
    startFolder,
    whereDatabase: whereDatabase(project.stateFolder),
    plan: Own.planning(project.graph)
  }
}

/** Loads the project; gives its own commands. `taken` are the names of the built-in ones. */
export const load = Effect.fnUntraced(function*(taken: ReadonlySet<string>) {
  const project = yield* Project.load
  const { commands } = project.deployment
  const names = new Set(taken)
  for (const name of commands.flatMap((command) => command.alias === undefined ? [command.name] : [command.name, command.alias])) {
    if (names.has(name)) {
      const message = `The deployment of main.ts brings a command "${name}", which there is already: give it another name.`
      return yield* new Refusal({ message })
    }
    names.add(name)
  }
  const deployed = deployedOf(project, yield* StartFolder)
  return commands.map((command) => Command.provideSync(command, Deployed, deployed))
})
