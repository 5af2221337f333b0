/**
 * The platform services that effect/cli asks for and this command line does not use: it has no prompts and no options
 * that are files. They stand in place of NodeServices, whose loading took 25 ms of each start.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"

const unused = (what: string) => Effect.die(new Error(`The command line has no ${what}.`))

const terminal = Terminal.make({
  columns: Effect.sync(() => process.stdout.columns || 80),
  rows: Effect.sync(() => process.stdout.rows || 24),
  size: unused("size of its terminal"),
  readInput: unused("prompts"),
  readLine: unused("prompts"),
  display: (text) => Effect.sync(() => void process.stdout.write(text))
})

export const layer = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(Terminal.Terminal, terminal),
  Layer.succeed(ChildProcessSpawner.ChildProcessSpawner, ChildProcessSpawner.make(() => unused("child processes")))
)
