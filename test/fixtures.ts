/** Where the recorded bodies of the outside APIs are: SLUICE_FIXTURES, or the folder beside the repository. */
import { existsSync } from "node:fs"
import * as path from "node:path"

const beside = path.join(import.meta.dirname, "..", "..", "shared", "fixtures")
const folder = process.env["SLUICE_FIXTURES"] ?? beside

/** Undefined where there are none; the tests that need them are then skipped and say so. */
export const fixtures: string | undefined = existsSync(folder) ? folder : undefined

/** Why tests on recordings are skipped, for their titles. */
export const withoutFixtures = fixtures === undefined
  ? " (skipped: no recordings; set SLUICE_FIXTURES to their folder)"
  : ""

if (fixtures === undefined) {
  console.warn("The tests on recorded bodies are skipped: set SLUICE_FIXTURES to the folder of the recordings.")
}
