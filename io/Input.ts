/** Input views: those of the engine, and `table`, which reads an upstream as an Arquero table with typed columns. */
import { Effect } from "effect"
import type { Any } from "../engine/definition/Asset.ts"
import type { Input, Options } from "../engine/definition/Input.ts"
import { make, type RowOf } from "../engine/definition/Input.ts"
import { columns } from "../engine/definition/Rows.ts"
import type { Frame } from "./frame/Frame.ts"

export * from "../engine/definition/Input.ts"

type ObjectRow<T> = RowOf<T> extends infer Row extends object ? Row : never
type IoOf<T> = T extends { readonly "~IO"?: infer IO } ? IO : never

/** All rows of the upstream partitions as a `Frame`. */
export const table = <const T extends Any>(
  asset: T,
  options?: Options
): Input<Frame<ObjectRow<T>>, IoOf<T>> =>
  make(asset, {
    name: "table",
    read: (io, source) =>
      Effect.gen(function*() {
        const { values } = yield* io.load(source)
        // Arquero takes 0.1 s to import: only runs that compute tables pay for it.
        const { Frame } = yield* Effect.promise(() => import("./frame/Frame.ts"))
        // The rows were decoded with the schema of the asset, which is where T has its row type from.
        const rows = values as ReadonlyArray<ObjectRow<T>>
        return asset.output._tag === "Rows" ? Frame.fromRows(rows, columns(asset.output)) : Frame.fromRows(rows)
      })
  }, options)
