/** What bench/engine runs: a graph of trivial assets, a chain of them, and one asset of many cells. */
import { Effect, Schema } from "effect"
import { Asset, Document, Documents, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const Number_ = Schema.Struct({ n: Schema.Int })

const document = (key: string, inputs: Readonly<Record<string, Asset.Any>>) =>
  Asset.make(key, { inputs, output: Document.of(Number_), io: Documents, run: () => Effect.succeed({ n: 1 }) })

const row = (key: string, inputs: Readonly<Record<string, Asset.Any>>) =>
  Asset.make(key, { inputs, output: Rows.of(Number_), io: Warehouse, run: () => Effect.succeed([{ n: 1 }]) })

type Make = (key: string, inputs: Readonly<Record<string, Asset.Any>>) => Asset.Any

/** `depth` layers of `width` assets, each reading two of the layer before. */
const layered = (group: string, width: number, depth: number, make: Make): ReadonlyArray<Asset.Any> => {
  const all: Array<Asset.Any> = []
  let last: ReadonlyArray<Asset.Any> = []
  for (let layer = 0; layer < depth; layer++) {
    const above = last
    last = Array.from({ length: width }, (_, i) => {
      const [left, right] = [above[i], above[(i + 1) % width]]
      return make(`${group}/a${layer}_${i}`, left === undefined || right === undefined ? {} : { left, right })
    })
    all.push(...last)
  }
  return all
}

export const graphOfDocuments = Pipeline.make("graph_documents", { assets: layered("bench_documents", 100, 10, document) })
export const graphOfTables = Pipeline.make("graph_tables", { assets: layered("bench_tables", 100, 10, row) })

const chained = (length: number): ReadonlyArray<Asset.Any> => {
  const all: Array<Asset.Any> = []
  for (let i = 0; i < length; i++) {
    const upstream = all[i - 1]
    all.push(document(`bench_chain/a${i}`, upstream === undefined ? {} : { upstream }))
  }
  return all
}
export const chain = Pipeline.make("chain", { assets: chained(40) })

export const cellCount = 100_000
const key = Partitions.fixed(Array.from({ length: cellCount }, (_, i) => `k${String(i).padStart(6, "0")}`))

export const cells = Pipeline.make("cells", {
  assets: [
    Asset.make("bench/cells", {
      partitions: key,
      output: Rows.of(Schema.Struct({ k: Schema.String, n: Schema.Int }), { key: ["k"] }),
      io: Warehouse,
      run: (_, k) => Effect.succeed([{ k, n: 1 }])
    })
  ]
})
