/** The project at hand: its folder, its `main.ts`, and the deployment that this exports. */
import { Effect, Option, Result } from "effect"
import { existsSync, statSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import * as AssetGraph from "../engine/graph/AssetGraph.ts"
import { type Deployment, isDeployment } from "./Deployment.ts"
import { ProjectFolder } from "./grammar/Options.ts"
import { messageOf, Refusal } from "./Refusal.ts"

export interface Project {
  readonly folder: string
  readonly stateFolder: string
  readonly deployment: Deployment
  readonly graph: AssetGraph.AssetGraph<never>
}

const entry = "main.ts"

/** The folder the command was started in; the process moves into the project's folder. */
export const startFolder = process.cwd()

const upwards = (from: string): string | undefined => {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, entry))) return folder
    if (path.dirname(folder) === folder) return undefined
  }
}

/** `--project`, else SLUICE_PROJECT, else the nearest folder upwards that has a `main.ts`. */
export const find = Effect.gen(function*() {
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

const decoded = (line: string): string => {
  try {
    return decodeURI(line)
  } catch {
    return line
  }
}

/** Where in the project an exception came from: `main.ts:12`, from the first line of its stack that is there. */
const placeIn = (folder: string, error: unknown): string | undefined => {
  const stack = typeof error === "object" && error !== null && "stack" in error ? String(error.stack) : ""
  for (const line of stack.split("\n").map(decoded)) {
    // Paths may hold blanks and brackets, so the folder is looked for and not the shape of a path.
    const at = line.indexOf(`${folder}${path.sep}`)
    const found = at < 0 ? undefined : /^(.+?):(\d+)/.exec(line.slice(at + folder.length + 1))
    if (found !== undefined && found !== null && !found[1]!.includes("node_modules")) return `${found[1]}:${found[2]}`
  }
  return undefined
}

const whyNotLoaded = (folder: string, error: unknown): Refusal => {
  const place = placeIn(folder, error)
  const text = messageOf(error).replaceAll(`${folder}${path.sep}`, "").replace(/\.$/, "")
  const where = place === undefined ? "" : ` (${place})`
  return new Refusal({ message: `${path.join(folder, entry)} cannot be loaded: ${text}${where}.`, cause: error })
}

/**
 * Loads the project and moves the process into its folder, so that relative paths in settings and pipelines mean the
 * same wherever the command is started.
 */
export const load = Effect.gen(function*() {
  const folder = yield* find
  process.chdir(folder)
  const loaded: { readonly default?: unknown } = yield* Effect.tryPromise({
    try: () => import(pathToFileURL(path.join(folder, entry)).href),
    catch: (error) => whyNotLoaded(folder, error)
  })
  const deployment = loaded.default
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
