/** The deployment that a command of the NBA's belongs to, as far as its files and processes go. */
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { Cli } from "../../../index.ts"

/** A folder in which commands are started, for the tests of this file; `sluice` is what `Cli.sluice` does. */
export const make = (sluice: Cli.Deployed["Service"]["sluice"] = () => Effect.die("no process is expected")) => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-nba-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const layer = Layer.unwrap(Effect.sync(() =>
    Layer.mock(Cli.Deployed)({
      startFolder: folder, sluice, resources: Layer.empty, database: Layer.empty, stored: Layer.empty, everything: Layer.empty
    })))
  const write = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content))
    return name
  }
  const within = <A, E>(effect: Effect.Effect<A, E, Cli.Deployed>) => Effect.provide(effect, layer)
  return { write, within, folder: () => folder }
}
