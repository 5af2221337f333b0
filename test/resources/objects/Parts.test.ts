/** The parts of an upload: how large they are, and how many. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Parts from "../../../resources/objects/s3/Parts.ts"
import { bytesOf } from "./stores.ts"

const mebibyte = 1024 * 1024

describe("the parts of an upload", () => {
  it("are never larger than memory allows, and enough for 273 GiB", () => {
    const sizes = Array.from({ length: Parts.most }, (_, index) => Parts.sizeOf(index + 1, 8 * mebibyte))
    assert.deepStrictEqual([sizes[0], sizes[999], sizes[1000], sizes.at(-1)], [8, 8, 16, 32].map((size) => size * mebibyte))
    assert.strictEqual(Math.floor(sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 3), 273)
    assert.strictEqual(Parts.sizeOf(Parts.most, 512 * mebibyte), 512 * mebibyte)
  })

  it.effect("are all of the bytes, in order, and too few where there are more", () =>
    Effect.gen(function*() {
      // 1,000 parts of one byte, 1,000 of two, and so on to 512.
      const bytes = bytesOf(1_023_000)
      const chunks = (all: Uint8Array) => Stream.fromIterable([all.subarray(0, 1), all.subarray(1, 1), all.subarray(1, 777_777), all.subarray(777_777)])
      const parts = yield* Stream.runCollect(Parts.of(chunks(bytes), 1, () => "too many"))
      assert.deepStrictEqual(parts.map(({ number }) => number), Array.from({ length: Parts.most }, (_, index) => index + 1))
      assert.deepStrictEqual(parts.filter(({ last }) => last).map(({ number }) => number), [Parts.most])
      assert.isTrue(bytes.equals(Buffer.concat(parts.map((part) => part.bytes))))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(Parts.of(chunks(bytesOf(1_023_001)), 1, () => "too many"))), "too many")
      const given: Array<Parts.Part> = []
      const failing = Stream.concat(Stream.make(bytesOf(5)), Stream.fail("the source broke"))
      const reading = Stream.runForEach(Parts.of(failing, 2, () => "too many"), (part) => Effect.sync(() => void given.push(part)))
      assert.strictEqual(yield* Effect.flip(reading), "the source broke")
      assert.isFalse(given.some(({ last }) => last), "what fails has no last part")
      const [none] = yield* Stream.runCollect(Parts.of(Stream.empty, 1, () => "too many"))
      assert.deepStrictEqual([none?.number, none?.bytes.length, none?.last], [1, 0, true])
    }))
})
