/** Settings of a project in its file `.env`: what the environment does not set. */
import { Effect } from "effect"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { loadEnvFile } from "node:process"
import { messageOf, Refusal } from "./Refusal.ts"

/** Puts the lines `NAME=value` of the folder's `.env` into the environment, where a name is not set there. */
export const load = (folder: string): Effect.Effect<void, Refusal> =>
  Effect.suspend(() => {
    const file = path.join(folder, ".env")
    if (!existsSync(file)) return Effect.void
    return Effect.try({
      try: () => loadEnvFile(file),
      catch: (cause) => new Refusal({ message: `${file} cannot be read: ${messageOf(cause)}.`, cause })
    })
  })
