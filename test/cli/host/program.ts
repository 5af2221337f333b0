/**
 * The program that runs commands one after the other, as the launcher runs one: the command line with its own streams,
 * environment and folder. Only what a process has for itself is put in place anew before each: see `Host.ts`.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as module from "node:module"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { type Asked, endOf } from "./Asked.ts"

module.enableCompileCache()

const { command, settle } = await import("../../../cli/main.ts")
const { Declared } = await import("../../../engine/limit/Overrides.ts")

const repository = pathToFileURL(path.join(import.meta.dirname, "..", "..", "..")).href + "/"
let count = 0

// What is the project's own is loaded anew for each command; what it imports of Sluice stays.
module.registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const isOwn = found.url.startsWith("file:") && (!found.url.startsWith(repository) || found.url.includes("/test/.docs-"))
    return isOwn ? { ...found, url: `${found.url}?command=${count}` } : found
  }
})

/** The environment as it is when something is looked up: as in a process that is new, `.env` may still come. */
const environment = ConfigProvider.make((at) => Effect.suspend(() => ConfigProvider.fromEnv().load(at)))

const run = async ({ args, env, folder }: Asked): Promise<void> => {
  count++
  process.chdir(folder)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  const exit = await Effect.runPromiseExit(command(args).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, environment),
    Effect.provideService(Declared, new Set())
  ))
  const end = endOf(settle(args, exit))
  process.stdout.write(end)
  process.stderr.write(end)
  // A folder that is removed while a process is in it has no name any more.
  process.chdir(tmpdir())
}

process.on("message", (asked: Asked) => void run(asked))
process.on("disconnect", () => process.exit())
