/** Values that are nested so deeply that what calls itself for each level of them comes to the end of the stack. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Format } from "../../../index.ts"
import { ended } from "./reading.ts"

interface Tree {
  readonly kids: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({ kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
const Row = Schema.Struct({ id: Schema.Int, tree: Tree })

const levels = 20_000
const deep = "{\"kids\":[".repeat(levels) + "]}".repeat(levels)
const flat = "{\"id\":2,\"tree\":{\"kids\":[{\"kids\":[]}]}}"

describe("values that are nested too deeply", () => {
  it.effect("for their schema are bad records like others", () =>
    Effect.gen(function*() {
      const files = [
        [Format.ndjson(Row), `{"id":1,"tree":${deep}}\n${flat}\n`],
        [Format.jsonArray(Row), `[{"id":1,"tree":${deep}},${flat}]`],
        [Format.csv(Row), `id,tree\n1,"${deep.replaceAll("\"", "\"\"")}"\n2,"{""kids"":[{""kids"":[]}]}"\n`]
      ] as const
      for (const [format, text] of files) {
        const letters: Array<Format.BadRecord> = []
        const rows = yield* Stream.runCollect(format.read(Stream.succeed(Buffer.from(text)), {
          onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
        }))
        assert.deepStrictEqual(rows.map(({ id }) => id), [2], format.name)
        assert.deepStrictEqual(letters.map(({ column }) => column), ["tree"])
        assert.include(letters[0]?.reason, "it is nested too deeply for its schema")
      }
    }))

  it.effect("for a writer are an error of the stream", () =>
    Effect.gen(function*() {
      const Loose = Schema.Struct({ any: Schema.Unknown })
      const any: unknown = JSON.parse(deep)
      for (const format of [Format.csv(Loose), Format.ndjson(Loose), Format.jsonArray(Loose), Format.parquet(Loose)]) {
        assert.include((yield* ended(format.write(Stream.succeed({ any })))).error, "nested too deeply to be written", format.name)
      }
    }))
})
