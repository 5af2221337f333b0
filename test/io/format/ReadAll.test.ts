/** Bad records among the good ones: in order, each with the place behind which reading goes on, whichever was the last. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Chunks, Format, ObjectStore } from "../../../index.ts"
import { put, within } from "../chunk/objects.ts"
import { chunks } from "./reading.ts"

const Row = Schema.Struct({ id: Schema.Int, name: Schema.String })
const text: Readonly<Record<"csv" | "ndjson", string>> = {
  csv: "id,name\r\n1,one\n2\nx,\"three\nlines\nin it\"\n4,\"fou\"r\n5,é\n6,\"six\n7\"\nno number,seven\n8,eight",
  ndjson: "{\"id\":1,\"name\":\"one\"}\n{\"id\":2\n\n{\"id\":\"x\",\"name\":\"three\"}\n{\"id\":4,\"name\":null}\n{\"id\":5,\"name\":\"é\"}\n[6]\n{\"id\":8,\"name\":\"eight\"}"
}

type Element = Format.Placed<typeof Row.Type> | Format.Unread

const told = (element: Element) => "bad" in element ? [element.bad.record, element.bad.reason, element.bad.line] : [element.place.record, element.value]

describe("readAll", () => {
  for (const format of [Format.csv(Row), Format.ndjson(Row)]) {
    it.effect(`goes on after every element of ${format.name}`, () =>
      Effect.gen(function*() {
        const bytes = Buffer.from(text[format.name === "csv" ? "csv" : "ndjson"])
        const all = yield* Stream.runCollect(format.readAll(chunks(bytes, 7), { file: "t" }))
        assert.isAbove(all.filter((element) => "bad" in element).length, 2)
        assert.deepStrictEqual(all.map(({ place }) => place.record), all.map((_, i) => i))
        for (const [i, { place }] of all.entries()) {
          const start = { byte: place.end ?? 0, line: place.nextLine ?? 0, record: place.record + 1, header: ["id", "name"] }
          const rest = yield* Stream.runCollect(format.readAll(chunks(bytes.subarray(start.byte), 5), { file: "t", start }))
          assert.deepStrictEqual(rest, all.slice(i + 1), `after ${i}`)
        }
        // The same letters as those that are collected.
        const letters: Array<Format.BadRecord> = []
        const good = yield* Stream.runCollect(format.readPlaced(chunks(bytes, 100), {
          file: "t", onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
        }))
        assert.deepStrictEqual(letters, all.flatMap((element) => "bad" in element ? [element.bad] : []))
        assert.deepStrictEqual<unknown>(good, all.filter((element) => !("bad" in element)))
      }))

    it.effect(`and of chunks of ${format.name}: all elements of all chunks are those of the whole`, () =>
      within((root) =>
        Effect.gen(function*() {
          yield* put(root, "a", text[format.name === "csv" ? "csv" : "ndjson"])
          const whole = yield* Stream.runCollect(format.readAll(Stream.unwrap(Effect.map(ObjectStore, (store) => store.read("a"))), { file: "a" }))
          for (const size of [1, 20, 40]) {
            const cut = yield* Stream.runCollect(Chunks.cut("a", format, { bytes: size }))
            const parts = yield* Effect.forEach(cut, (chunk) => Stream.runCollect(Chunks.readAll(chunk, format)))
            assert.strictEqual(parts.flat().length, whole.length)
            if (format.name === "csv") assert.deepStrictEqual<unknown>(parts.flat().map(told), whole.map(told))
            for (const [c, chunk] of cut.entries()) {
              const [first, ...rest] = parts[c] ?? []
              if (first === undefined) continue
              assert.deepStrictEqual<unknown>(yield* Stream.runCollect(Chunks.readAll(chunk, format, { after: first.place })), rest)
            }
          }
        })))
  }

  it.effect("what is raw can be stored, whatever its bytes are", () =>
    Effect.gen(function*() {
      const bytes = Buffer.from([...Buffer.from("id,name\n1,a"), 0, ...Buffer.from("\n2,"), 0xff, 0xfe, 10])
      const all = yield* Stream.runCollect(Format.csv(Row).readAll(chunks(bytes, 4), { file: "t" }))
      assert.deepStrictEqual(all.map((element) => "bad" in element ? element.bad.raw : ""), ["1,a\ufffd", "2,\ufffd\ufffd"])
    }))

  it.effect("of Parquet, whose rows have numbers", () =>
    Effect.gen(function*() {
      const Loose = Format.parquet(Schema.Struct({ id: Schema.NullOr(Schema.Int) }))
      const rows = Stream.map(Stream.range(0, 9), (id) => ({ id: id % 3 === 1 ? null : id }))
      const bytes = Buffer.concat(yield* Stream.runCollect(Loose.write(rows)))
      const all = yield* Stream.runCollect(Format.parquet(Schema.Struct({ id: Schema.Int })).readAll(Format.ofBytes(bytes)))
      assert.deepStrictEqual(all.map((element) => "bad" in element ? null : element.value.id), [0, null, 2, 3, null, 5, 6, null, 8, 9])
      assert.deepStrictEqual(all.map(({ place }) => place.row), all.map((_, i) => i))
    }))
})
