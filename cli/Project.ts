/** The project at hand: its folder, its `main.ts`, and the deployment that this exports. */
import { Duration, Effect, Option, Result } from "effect"
import { existsSync, statSync } from "node:fs"
import * as path from "node:path"
import { setImmediate as immediate } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import * as AssetGraph from "../engine/graph/AssetGraph.ts"
import * as Span from "../engine/Span.ts"
import { type Deployment, isDeployment } from "./Deployment.ts"
import * as EnvFile from "./EnvFile.ts"
import { ProjectFolder } from "./grammar/Options.ts"
import * as Place from "./Place.ts"
import { messageOf, Refusal } from "./Refusal.ts"
import { StartFolder } from "./StartFolder.ts"
import * as Unawaited from "./Unawaited.ts"

export interface Project {
  readonly folder: string
  readonly stateFolder: string
  readonly deployment: Deployment
  readonly graph: AssetGraph.AssetGraph<never>
}

const entry = "main.ts"

const upwards = (from: string): string | undefined => {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, entry))) return folder
    if (path.dirname(folder) === folder) return undefined
  }
}

/** `--project`, else SLUICE_PROJECT, else the nearest folder upwards that has a `main.ts`. */
const located = Effect.gen(function*() {
  const startFolder = yield* StartFolder
  const option = Option.getOrUndefined(yield* ProjectFolder)
  const variable = process.env["SLUICE_PROJECT"]
  const [named, by] = option !== undefined
    ? [option, "--project"]
    : variable !== undefined && variable !== ""
    ? [variable, "SLUICE_PROJECT"]
    : [undefined, ""]
  if (named === undefined) {
    const found = upwards(startFolder)
    if (found !== undefined) return found
    const message = `There is no ${entry} in ${startFolder} or above it: go to a project's folder, or name it with --project.`
    return yield* new Refusal({ message })
  }
  const given = path.resolve(startFolder, named)
  const folder = path.basename(given) === entry ? path.dirname(given) : given
  if (existsSync(path.join(folder, entry))) return folder
  const isFolder = existsSync(folder) && statSync(folder).isDirectory()
  const why = isFolder ? `has no ${entry}` : "is not a folder"
  return yield* new Refusal({ message: `${folder}, named by ${by}, ${why}: name the folder of a project's ${entry}.` })
})

/** The project's folder; the settings of its `.env` are in the environment then. */
export const find = Effect.tap(located, EnvFile.load)

const whyNotLoaded = (folder: string, error: unknown): Refusal => {
  const place = Place.within(folder, error)
  const text = messageOf(error).replaceAll(`${folder}${path.sep}`, "").replace(/\.$/, "")
  const where = place === undefined ? "" : ` (${place})`
  return new Refusal({ message: `${path.join(folder, entry)} cannot be loaded: ${text}${where}.`, cause: error })
}

/** Loading is code of the user's and may wait for something that never comes. */
const loadWithin = "30 seconds"

/**
 * Imports a module, with an error that nobody waits for meanwhile (`export default Promise.reject(…)`, an exception of a
 * timer) as its failure.
 */
const importing = (file: string, refused: (error: unknown) => Refusal): Effect.Effect<unknown, Refusal> =>
  Effect.callback<unknown, Refusal>((resume) => {
    const fail = (error: unknown) => resume(Effect.fail(refused(error)))
    const unhear = Unawaited.takenBy(fail)
    void import(pathToFileURL(file).href).then(async (loaded: { readonly default?: unknown }) => {
      // A promise would not be a deployment; what it rejects with says more than that.
      if (loaded.default instanceof Promise) await loaded.default
      // Node tells of rejections after everything that is ready has run.
      await immediate()
      return loaded.default
    }).then((exported) => resume(Effect.succeed(exported)), fail).finally(unhear)
    return Effect.sync(unhear)
  })

/** What `main.ts` of a folder exports by default; fails when it has not loaded within a time, 30 seconds by default. */
export const exported = (folder: string, within: Duration.Input = loadWithin): Effect.Effect<unknown, Refusal> =>
  Effect.timeoutOrElse(importing(path.join(folder, entry), (error) => whyNotLoaded(folder, error)), {
    duration: within,
    orElse: () => {
      const message = `${path.join(folder, entry)} has not finished loading within ${Span.exact(Duration.toMillis(Duration.fromInputUnsafe(within)))}: ` +
        "look for an `await` outside of a function that waits for something that never comes."
      return Effect.fail(new Refusal({ message }))
    }
  })

/**
 * Loads the project and moves the process into its folder, so that relative paths in settings and pipelines mean the
 * same wherever the command is started.
 */
export const load = Effect.gen(function*() {
  const folder = yield* find
  process.chdir(folder)
  const deployment = yield* exported(folder)
  if (!isDeployment(deployment)) {
    const message = `${path.join(folder, entry)} has no deployment: end it with \`export default Deployment.make({ … })\`.`
    return yield* new Refusal({ message })
  }
  const graph = yield* Effect.fromResult(Result.mapError(
    AssetGraph.make(deployment.pipelines),
    (error) => new Refusal({ message: error.message })
  ))
  const project: Project = {
    folder,
    stateFolder: path.join(folder, ".sluice"),
    deployment,
    // Deployment.make proves that its layers give everything the pipelines need, and forgets what that is; so does the
    // graph here. What runs it provides those layers (Live.ts), so nothing is left to ask for.
    graph: graph as AssetGraph.AssetGraph<never>
  }
  return project
})
