/** Orders of an NDJSON file, and apart from them what stands there and is none; shared by the test and the process that it kills. */
import { Effect, Schema, Stream } from "effect"
import { Asset, AssetGraph, Column, Format, Pipeline, Rows, Warehouse } from "../../../index.ts"

const Order = Schema.Struct({ id: Schema.Int, note: Schema.String })
const Rejected = Schema.Struct({ line: Column.BigInteger, byte: Column.BigInteger, reason: Schema.String, raw: Schema.String })
const Position = Schema.Struct({ byte: Schema.Int, line: Schema.Int, record: Schema.Int })

const format = Format.ndjson(Order)

export const isBad = (line: number): boolean => line % 3 === 0

/** Lines have many lengths, the longest is longer than a read; some bad ones follow each other. */
export const lineOf = (line: number): string => {
  const note = "å".repeat(line % 500 === 250 ? 100_000 : line * 7919 % 90)
  const good = JSON.stringify({ id: line, note })
  return !isBad(line) ? good : line % 2 === 0 ? good.slice(0, -3) : JSON.stringify({ id: `no. ${line}`, note })
}

/** `pause` is made for each record. The tables have no keys: what came twice were there twice. */
export const graphOf = (file: string, pause: Effect.Effect<unknown>) => {
  const { imported, rejected } = Asset.makeMany("orders", {
    outputs: {
      imported: { output: Rows.of(Order, { mode: "append" }), io: Warehouse },
      rejected: { output: Rows.of(Rejected, { mode: "append" }), io: Warehouse }
    },
    checkpoint: { position: Position, every: 70, within: "200 millis" },
    run: (_, _partition, from) =>
      Effect.succeed(
        Format.ofFile(file).pipe(
          Effect.map((input) =>
            format.readAll(Format.bytesOf(input, from?.byte), { file: input.name, ...(from === undefined ? {} : { start: from }) })),
          Stream.unwrap,
          Stream.tap(() => pause),
          Stream.map((element) => {
            const { end = 0, nextLine = 1, record } = element.place
            const position = { byte: end, line: nextLine, record: record + 1 }
            if (!("bad" in element)) return { rows: { imported: [element.value] }, position }
            const { byte = 0, line = 0, raw, reason } = element.bad
            return { rows: { rejected: [{ line, byte, reason, raw: raw.slice(0, 20) }] }, position }
          })
        )
      )
  })
  return AssetGraph.make([Pipeline.make("orders", { assets: [imported, rejected] })])
}
