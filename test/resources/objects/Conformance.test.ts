/** What every store of objects does alike, in a folder and in S3. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import { bytesOf, list, places, put, read, refusals } from "./stores.ts"

const mebibyte = 1024 * 1024

for (const { name, run } of places) {
  describe(`objects in ${name}`, () => {
    it.live("are read as they were written, whole and in part", () =>
      run((base) =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const uri = `${base}a/b/numbers.bin`
          const bytes = bytesOf(700_001)
          const written = yield* store.write(uri, Stream.make(bytes.subarray(0, 3), bytes.subarray(3, 3), bytes.subarray(3)))
          assert.deepStrictEqual([written.uri, written.size], [uri, 700_001])
          const seen = yield* store.stat(uri)
          assert.deepStrictEqual([seen.size, seen.etag], [written.size, written.etag])
          assert.isTrue(bytes.equals(yield* read(uri)))
          for (const [start, end] of [[5, 17], [700_000, 800_000], [0, 1], [17, 17], [700_001, 700_009], [900_000, 900_001]] as const) {
            assert.isTrue(bytes.subarray(start, end).equals(yield* read(uri, { start, end })), `${start} to ${end}`)
          }
          assert.isTrue(bytes.subarray(300_000).equals(yield* read(uri, { start: 300_000 })))
          const ranged = yield* store.ranged(uri)
          assert.deepStrictEqual([ranged.name, ranged.size], [uri, 700_001])
          assert.isTrue(bytes.subarray(10, 20).equals(yield* ranged.read(10, 20)))
          assert.isTrue(bytes.subarray(700_000).equals(yield* ranged.read(700_000, 999_999)))
        })
      ))

    it.live("may be empty, and have names of every kind", () =>
      run((base) =>
        Effect.gen(function*() {
          const names = ["empty", "with space", "100%", "a+b&c", "ü/😀", "q?x=1#y", "back\\slash", "[1]", "line\nbreak"]
          const uris = names.map((each) => `${base}n/${base.startsWith("file:") ? each.split("/").map(encodeURIComponent).join("/") : each}`)
          for (const [index, uri] of uris.entries()) yield* put(uri, index === 0 ? "" : names[index]!)
          const listed = yield* list(`${base}n/`)
          assert.deepStrictEqual(listed.toSorted(), uris.toSorted())
          for (const uri of listed) assert.strictEqual((yield* read(uri)).toString(), uri === uris[0] ? "" : names[uris.indexOf(uri)])
        })
      ))

    it.live("are listed in the order of their bytes, by prefix and by pattern", () =>
      run((base) =>
        Effect.gen(function*() {
          const keys = ["a-x/1.csv", "a.csv", "a/1.csv", "a/2.json", "a/b/3.csv", "a/b/c/4.csv", "b/1.csv", "\uffee.csv", "😀.csv"]
          for (const key of keys.toReversed()) yield* put(`${base}${key}`, key)
          const listed = (pattern: string) => Effect.map(list(`${base}${pattern}`), (uris) => uris.map((uri) => decodeURIComponent(uri.slice(base.length))))
          assert.deepStrictEqual(yield* listed(""), keys)
          assert.deepStrictEqual(yield* listed("a"), keys.slice(0, 6))
          assert.deepStrictEqual(yield* listed("a/"), keys.slice(2, 6))
          assert.deepStrictEqual(yield* listed("a/*.csv"), ["a/1.csv"])
          assert.deepStrictEqual(yield* listed("*.csv"), ["a.csv", "\uffee.csv", "😀.csv"])
          assert.deepStrictEqual(yield* listed("a/**/*.csv"), ["a/1.csv", "a/b/3.csv", "a/b/c/4.csv"])
          assert.deepStrictEqual(yield* listed("{a,b}/[0-9].{csv,json}"), ["a/1.csv", "a/2.json", "b/1.csv"])
          assert.deepStrictEqual(yield* listed("?.csv"), ["a.csv", "\uffee.csv", "😀.csv"])
          assert.deepStrictEqual(yield* listed("nothing/"), [])
          const wrong = yield* Effect.flip(listed("a/[b.csv"))
          assert.strictEqual(wrong.reason, "invalid")
          assert.include(wrong.message, "\"[\" has no \"]\"")
        })
      ))

    it.live("that are replaced are another version, which a reader of the first does not get", () =>
      run((base) =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const uri = `${base}report.csv`
          const first = yield* put(uri, "one,1\n")
          const ranged = yield* store.ranged(uri, { ifMatch: first.etag })
          const second = yield* put(uri, "two,2\n")
          assert.notStrictEqual(second.etag, first.etag)
          const failures = yield* refusals(read(uri, { ifMatch: first.etag }), ranged.read(0, 3), store.ranged(uri, { ifMatch: first.etag }))
          for (const { message, reason, transient } of failures) {
            assert.deepStrictEqual([reason, transient], ["changed", false])
            assert.strictEqual(message.startsWith(`${uri} is not the version any more that was asked for`), true)
          }
          assert.strictEqual((yield* read(uri, { ifMatch: second.etag })).toString(), "two,2\n")
        })
      ))

    it.live("are not seen before they are whole, and a writer that fails or is interrupted leaves nothing", () =>
      run((base) =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const uri = `${base}out/large.bin`
          yield* put(uri, "before")
          const begun = yield* Deferred.make<void>()
          // More than one part of an upload, so that parts are stored already.
          const parts = Stream.make(...[0, 1, 2].map(() => Buffer.alloc(8 * mebibyte)))
          const failing = Stream.concat(parts, Stream.fail("the source broke"))
          assert.strictEqual(yield* Effect.flip(store.write(uri, failing)), "the source broke")
          // Before there is a part: what came would be a whole object.
          const early = Stream.concat(Stream.make(Buffer.from("half of it")), Stream.fail("the source broke"))
          for (const written of [uri, `${base}out/new.bin`]) {
            assert.strictEqual(yield* Effect.flip(store.write(written, early)), "the source broke")
          }
          assert.strictEqual((yield* read(uri)).toString(), "before")
          const hanging = Stream.concat(parts, Stream.fromEffect(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)))
          const writing = yield* Effect.forkChild(store.write(uri, hanging))
          yield* Deferred.await(begun)
          assert.deepStrictEqual(yield* list(`${base}out/`), [uri])
          assert.strictEqual((yield* read(uri)).toString(), "before")
          yield* Fiber.interrupt(writing)
          assert.deepStrictEqual(yield* list(base), [uri])
          assert.strictEqual((yield* read(uri)).toString(), "before")
        })
      ))

    it.live("can be deleted, also when they are not there", () =>
      run((base) =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          yield* put(`${base}x/1`, "1")
          yield* store.delete(`${base}x/1`)
          yield* store.delete(`${base}x/1`)
          yield* store.delete(`${base}never/there`)
          assert.deepStrictEqual(yield* list(base), [])
          for (const { message, reason } of yield* refusals(store.stat(`${base}x/1`), read(`${base}x/1`), store.ranged(`${base}x/1`))) {
            assert.strictEqual(reason, "missing")
            assert.include(message, `${base}x/1`)
          }
        })
      ))
  })
}
