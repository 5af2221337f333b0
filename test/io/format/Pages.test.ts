/** How Parquet's bytes are fetched, the maps that are made of them, and the runs, packed bits and differences that its pages are made of. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { type FileMetaData, parquetSchema, type SchemaElement } from "hyparquet"
import { ByteWriter } from "hyparquet-writer"
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js"
import { snappyCompress } from "hyparquet-writer/src/snappy.js"
import { Format } from "../../../index.ts"
import * as Kind from "../../../io/format/Kind.ts"
import { slotReader } from "../../../io/format/parquet/Column.ts"
import * as Delta from "../../../io/format/parquet/Delta.ts"
import * as Fetch from "../../../io/format/parquet/Fetch.ts"
import { free } from "../../../io/format/parquet/Free.ts"
import * as Hybrid from "../../../io/format/parquet/Hybrid.ts"
import { snappy } from "../../../io/format/parquet/Snappy.ts"
import * as Values from "../../../io/format/parquet/Values.ts"
import { seeded } from "../../conformance/Random.ts"

const mebibyte = 2 ** 20

describe("the bytes of a row group's columns", () => {
  it.effect("are fetched a window at a time, each byte once; small columns several in one read", () =>
    Effect.gen(function*() {
      const random = seeded(1)
      const bytes = Buffer.alloc(24 * mebibyte)
      for (let i = 0; i < bytes.length; i += 64) bytes[i] = random.int(0, 255)
      const reads: Array<number> = []
      const inner = Format.ofBytes(bytes)
      const file: Format.Ranged = {
        ...inner,
        read: (start, end) => {
          reads.push(end - start)
          return inner.read(start, end)
        }
      }
      const ranges = [{ start: 4, end: 20 * mebibyte }, { start: 20 * mebibyte, end: 20 * mebibyte + 500 }, { start: 21 * mebibyte, end: 22 * mebibyte }]
      const buffers = Fetch.buffers()
      // The next row group has the buffers of this one.
      for (const group of [ranges, ranges.toReversed()]) {
        reads.length = 0
        const columns = yield* Fetch.make(file, group, buffers)
        assert.strictEqual(reads.length, 3)
        for (const [c, { end, start }] of group.entries()) {
          for (let at = start; at < end;) {
            const length = Math.min(end - at, random.int(1, 3 * mebibyte))
            const piece = yield* columns[c]!.at(at, length)
            assert.isAtLeast(piece.length, length)
            assert.isTrue(bytes.subarray(at, at + piece.length).equals(piece))
            at += length
          }
        }
        assert.isBelow(reads.reduce((sum, length) => sum + length, 0), 22 * mebibyte)
        assert.isAtMost(Math.max(...reads), 4 * mebibyte)
      }
    }))
})

describe("the memory of a page", () => {
  it("is given back where it is the page's alone", () => {
    const [page, pooled, part] = [Buffer.allocUnsafeSlow(mebibyte), Buffer.from("a few bytes"), Buffer.alloc(mebibyte).subarray(0, mebibyte / 2)]
    for (const bytes of [page, pooled, part]) free(bytes)
    assert.deepStrictEqual([page.length, pooled.toString(), part.length], [0, "a few bytes", mebibyte / 2])
  })
})

describe("maps", () => {
  it("have every key by its text, and refuse those that have none", () => {
    const mapOf = (key: SchemaElement) =>
      parquetSchema({
        schema: [
          { name: "root", num_children: 1 },
          { name: "m", repetition_type: "OPTIONAL", num_children: 1, converted_type: "MAP" },
          { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
          { repetition_type: "REQUIRED", ...key },
          { name: "value", repetition_type: "OPTIONAL", type: "INT32" }
        ]
      } as FileMetaData).children[0]!
    const read = (key: SchemaElement, ...keys: ReadonlyArray<unknown>) =>
      slotReader(mapOf(key), Kind.slotOf(Schema.Unknown.ast), false)({ key_value: keys.map((key, value) => ({ key, value })) })
    const text: SchemaElement = { name: "key", type: "BYTE_ARRAY", converted_type: "UTF8" }
    assert.deepStrictEqual(Object.entries(Object(read(text, "a", "__proto__", "b", "a"))), [["a", 3], ["__proto__", 1], ["b", 2]])
    assert.deepStrictEqual(read({ name: "key", type: "INT32", converted_type: "DATE" }, 0, 19_782), { "1970-01-01": 0, "2024-02-29": 1 })
    assert.deepStrictEqual(read(text), {})
    assert.throws(() => read({ name: "key", type: "INT32", num_children: 0 }, { x: 1 }), "the map has the key")
  })
})

describe("runs and packed bits", () => {
  /** One run, or groups of eight values that are packed, by turns. */
  const encoded = (values: ReadonlyArray<number>, width: number): Buffer => {
    const bytes: Array<number> = []
    const varint = (value: number): void => {
      for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
      bytes.push(value)
    }
    for (let i = 0; i < values.length;) {
      const run = values.slice(i).findIndex((value) => value !== values[i])
      const length = run < 0 ? values.length - i : run
      if (length >= 8) {
        varint(length * 2)
        for (let byte = 0; byte < Math.ceil(width / 8); byte++) bytes.push(Math.floor(values[i]! / 256 ** byte) % 256)
        i += length
      } else {
        varint(3)
        const bits = values.slice(i, i + 8).flatMap((value) => Array.from({ length: width }, (_, bit) => Math.floor(value / 2 ** bit) % 2))
        for (let byte = 0; byte < width; byte++) {
          bytes.push(Array.from({ length: 8 }, (_, bit) => (bits[byte * 8 + bit] ?? 0) * 2 ** bit).reduce((sum, bit) => sum + bit, 0))
        }
        i += 8
      }
    }
    return Buffer.from(bytes)
  }

  it("of every width come back as they were, and none goes beyond what is wanted", () => {
    const random = seeded(2)
    for (let width = 1; width <= 32; width++) {
      const values: Array<number> = []
      while (values.length < 200) {
        const value = random.int(0, 2 ** Math.min(width, 31) - 1)
        for (let i = random.int(0, 3) === 0 ? random.int(1, 40) : 1; i > 0; i--) values.push(value)
      }
      const into = new Uint32Array(values.length)
      Hybrid.decode(encoded(values, width), 0, width, into)
      assert.deepStrictEqual(Array.from(into), values, `${width} bits`)
    }
    const one = new Uint8Array(3)
    assert.strictEqual(Hybrid.decode(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 7]), 0, 3, one), 6)
    assert.deepStrictEqual([...one], [7, 7, 7])
    assert.throws(() => void Hybrid.decode(Buffer.from([0x03, 0xff]), 0, 3, new Uint8Array(8)), "ends before its values")
    assert.throws(() => void Hybrid.decode(Buffer.from([]), 0, 3, new Uint8Array(1)), "ends before its values")
  })

  it("of old writers are packed from the highest bit on", () => {
    const into = new Uint8Array(8)
    assert.strictEqual(Hybrid.decodePacked(Buffer.from([0b00000101, 0b00111001, 0b01110111]), 0, 3, into), 3)
    assert.deepStrictEqual([...into], [0, 1, 2, 3, 4, 5, 6, 7])
  })
})

describe("differences", () => {
  const packed = (values: ReadonlyArray<bigint>, type: "INT32" | "INT64" = "INT64"): Buffer => {
    const writer = new ByteWriter()
    deltaBinaryPack(writer, [...values], type)
    return Buffer.from(writer.getBytes())
  }
  const back = (page: Uint8Array, count: number): ReadonlyArray<bigint> => {
    const halves = new Int32Array(count * 2)
    Delta.decode(page, 0, count, halves, 64)
    return Array.from(new BigInt64Array(halves.buffer))
  }

  it("of every width come back as they were", () => {
    const random = seeded(4)
    for (let width = 0; width <= 63; width++) {
      const value = () => BigInt.asIntN(64, (BigInt(random.int(0, 2 ** 31)) << 32n | BigInt(random.int(0, 2 ** 31))) & ((1n << BigInt(width)) - 1n))
      const values = Array.from({ length: random.int(1, 300) }, () => random.int(0, 1) === 0 ? value() : -value())
      assert.deepStrictEqual(back(packed(values), values.length), values, `${width} bits`)
      const narrow = values.map((value) => Number(BigInt.asIntN(32, value)))
      const into = new Int32Array(narrow.length)
      for (const type of ["INT32", "INT64"] as const) {
        Delta.decode(packed(narrow.map(BigInt), type), 0, narrow.length, into, 32)
        assert.deepStrictEqual(Array.from(into), narrow)
      }
    }
    const most = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n - 1n, 0n]
    assert.deepStrictEqual(back(packed(most), 4), most)
  })

  it("that are damaged end in an error", () => {
    const page = packed(Array.from({ length: 40 }, (_, i) => BigInt(i * i)))
    for (let length = 0; length < page.length - 24; length++) assert.throws(() => void back(page.subarray(0, length), 40), "damaged")
    assert.throws(() => void back(page, 41), "40 differences for 41 values")
    // Sizes of blocks that are none: of no values, of no miniblocks, of miniblocks of 12.
    for (const sizes of [[0, 4], [128, 0], [48, 4], [128, 255]]) assert.throws(() => void back(Uint8Array.of(...sizes, 40, 0, 0, 0), 40), "damaged")
  })
})

describe("values that go on from the one before", () => {
  const stored = { type: "BYTE_ARRAY", length: 0, form: "text" } as const
  const packed = (values: ReadonlyArray<number>): Buffer => {
    const writer = new ByteWriter()
    deltaBinaryPack(writer, [...values], "INT32")
    return Buffer.from(writer.getBytes())
  }
  /** Prefixes, the lengths of what is after them, and this. */
  const pageOf = (...values: ReadonlyArray<readonly [prefix: number, rest: string]>): Buffer =>
    Buffer.concat([packed(values.map(([prefix]) => prefix)), packed(values.map(([, rest]) => rest.length)), Buffer.from(values.map(([, rest]) => rest).join(""))])

  it("are as they were, a few at a time, and bytes stay when the next ones are made", () => {
    const page = pageOf([0, "axis"], [2, "le"], [4, ""], [0, "babble"], [1, "yhood"], [0, ""])
    const all = ["axis", "axle", "axle", "babble", "byhood", ""]
    for (const size of [1, 2, 4, 6]) {
      const [texts, bytes] = [Values.decode(page, 0, 6, "DELTA_BYTE_ARRAY", stored, undefined), Values.decode(page, 0, 6, "DELTA_BYTE_ARRAY", { ...stored, form: "bytes" }, undefined)]
      const found: Array<unknown> = []
      for (let at = 0; at < 6; at += size) {
        for (const values of [texts, bytes]) {
          const some: Array<unknown> = []
          values.fill(at, Math.min(6, at + size), some)
          found.push(...some)
        }
      }
      assert.sameDeepMembers(found, [...all, ...all.map((text) => new Uint8Array(Buffer.from(text)))])
    }
    assert.throws(() => void Values.decode(pageOf([0, "a"], [2, "b"]), 0, 2, "DELTA_BYTE_ARRAY", stored, undefined), "goes on from more")
  })

  it("take no memory before they are asked for", () => {
    const length = 2 ** 20
    const page = pageOf([0, "x".repeat(length)], ...Array.from({ length: 200 }, () => [length, ""] as const))
    const before = process.memoryUsage().arrayBuffers
    const values = Values.decode(page, 0, 201, "DELTA_BYTE_ARRAY", { ...stored, form: "bytes" }, undefined)
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 20 * length)
    const some: Array<unknown> = []
    values.fill(0, 2, some)
    assert.deepStrictEqual(some, [page.subarray(-length), page.subarray(-length)].map((bytes) => new Uint8Array(bytes)))
    const more = pageOf([0, "x".repeat(length)], ...Array.from({ length: 2048 }, () => [length, ""] as const))
    assert.throws(() => void Values.decode(more, 0, 2049, "DELTA_BYTE_ARRAY", stored, undefined), "expected less than 2 GiB")
  })
})

describe("snappy", () => {
  it("comes back as it was, and ends in an error where it is damaged", () => {
    const random = seeded(6)
    for (const size of [0, 1, 59, 60, 61, 300, 70_000, 200_000]) {
      const bytes = Buffer.alloc(size)
      // Parts that come again, from near and from far.
      for (let i = 0; i < size; i++) bytes[i] = i > 10 && random.int(0, 3) > 0 ? bytes[i - random.int(1, Math.min(i, 9))]! : random.int(0, 255)
      const packed = Buffer.from(snappyCompress(bytes))
      assert.isTrue(bytes.equals(snappy(packed, size)), `${size} bytes`)
      if (size > 300) continue
      for (let length = 0; length < packed.length; length++) assert.throws(() => void snappy(packed.subarray(0, length), size), "snappy")
    }
    // A literal of -1 bytes, a copy from before the beginning, of more than there is room for, of no distance.
    for (const damaged of [[4, 252, 255, 255, 255, 255], [4, 0, 97, 1, 2], [4, 0, 97, 17, 1], [4, 0, 97, 1, 0], [255, 255, 255, 255, 255, 1]]) {
      assert.throws(() => void snappy(Uint8Array.from(damaged), 4), "snappy")
    }
  })
})
