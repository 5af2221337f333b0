/** A lake in a temporary folder on a database of its own, and a look at what lies there. */
import { Effect, Layer, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Lake, type Options } from "../../../io/lake/Lake.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-lake-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

/** The files below a folder, by their paths in it. */
export const filesIn = (root: string): ReadonlyArray<string> =>
  existsSync(root)
    ? readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => statSync(path.join(root, name)).isFile()).sort()
    : []

/** The lake of a folder, on the database that is there. */
export const lakeAt = (root: string, options: Partial<Options> = {}) =>
  Lake.layer({ at: "lake", ...options }).pipe(Layer.provide(ObjectStore.layer({ root })))

/** Runs a test with a lake, its folder and its database. */
export const within = <A, E>(
  options: Partial<Options>,
  test: (root: string) => Effect.Effect<A, E, Lake | Scope.Scope | SqlClient.SqlClient>
) =>
  Effect.gen(function*() {
    const root = yield* folder
    return yield* Effect.provide(test(root), Layer.provideMerge(lakeAt(root, options), TestDatabase.layer))
  }).pipe(Effect.scoped)

/** Lets everything that is loose expire. */
export const expire = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql`update sluice_lake.loose_files set expires_at = now() - interval '1 second'`)
