/** Folders alone: nothing leads out of the root, writers that die leave nothing that is seen, files that change are noticed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { vi } from "vitest"
import * as Format from "../../../io/format/Format.ts"
import { ObjectStore, type ObjectStoreError } from "../../../resources/objects/ObjectStore.ts"
import { list, put, read, refusals, temporaryFolder } from "./stores.ts"

const inFolder = <A, E>(use: (root: string, outside: string) => Effect.Effect<A, E, ObjectStore>) =>
  Effect.scoped(Effect.flatMap(temporaryFolder, (folder) => {
    const [root, outside] = [path.join(folder, "root"), path.join(folder, "outside")]
    fs.mkdirSync(root)
    fs.mkdirSync(outside)
    fs.writeFileSync(path.join(outside, "secret.csv"), "secret")
    return Effect.provide(use(root, outside), ObjectStore.layer({ root }))
  }))

describe("objects in a folder", () => {
  it.live("lie below the root: no path, URI or link leads out of it", () =>
    inFolder((root, outside) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        fs.symlinkSync(outside, path.join(root, "link"))
        fs.symlinkSync(path.join(outside, "secret.csv"), path.join(root, "linked.csv"))
        const ways = [
          "../outside/secret.csv", "a/../../outside/secret.csv", `${outside}/secret.csv`, `file://${outside}/secret.csv`,
          `file://${root}/%2e%2e/outside/secret.csv`, "link/secret.csv", "linked.csv", "link/new.csv", "..", `${root}x/secret.csv`
        ]
        for (const way of ways) {
          for (const error of yield* refusals(read(way), store.stat(way), put(way, "x"), store.delete(way))) {
            assert.strictEqual(error.reason, "invalid", way)
            assert.include(error.message, "leads out of")
          }
        }
        for (const way of ["../outside/", `${outside}/*`, "link/*", "a/../../outside/*"]) {
          const [error] = yield* refusals(list(way))
          assert.include(error!.message, "leads out of", way)
        }
        for (const bad of ["a\0b", `file://${root}/a%00b`, "http://x/y", "file://host/y", "file:///%zz"]) {
          const [error] = yield* refusals(read(bad))
          assert.strictEqual(error!.reason, "invalid", bad)
        }
        assert.deepStrictEqual(yield* list("**"), [])
        assert.deepStrictEqual(fs.readdirSync(outside), ["secret.csv"])
        assert.strictEqual(fs.readFileSync(path.join(outside, "secret.csv"), "utf8"), "secret")
      })
    ))

  it.live("are files: a pipe or a device is refused, and not waited for", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const pipe = path.join(root, "pipe")
        execFileSync("mkfifo", [pipe])
        for (const error of yield* refusals(read("pipe"), store.stat("pipe"), store.ranged("pipe"))) {
          assert.strictEqual(error.reason, "invalid")
          assert.include(error.message, "pipe is a pipe or a device, which has no size, and no file")
        }
        assert.deepStrictEqual(yield* list(""), [])
        for (const file of [pipe, "/dev/null"]) {
          assert.include((yield* Effect.flip(Effect.scoped(Format.ofFile(file)))).message, "this is a pipe or a device, which has no size")
        }
      })
    ))

  it.live("are found behind links that stay inside, and links in a circle have an end", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        yield* put("data/2024/a.csv", "a")
        fs.symlinkSync("2024", path.join(root, "data", "latest"))
        fs.symlinkSync("..", path.join(root, "data", "2024", "up"))
        fs.symlinkSync("gone", path.join(root, "data", "dangling"))
        assert.deepStrictEqual(yield* list("data/*/a.csv"), ["data/2024/a.csv", "data/latest/a.csv"])
        assert.strictEqual((yield* read("data/latest/a.csv")).toString(), "a")
        fs.symlinkSync("2024/a.csv", path.join(root, "data", "link.csv"))
        yield* Effect.flatMap(ObjectStore, (store) => store.delete("data/link.csv"))
        assert.deepStrictEqual(yield* list("data/**"), ["data/2024/a.csv", "data/latest/a.csv"])
      })
    ))

  it.live("that are written when the process is killed are never seen, and swept by the next writer", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const script = `
          import { Effect, Stream } from "effect"
          import { ObjectStore } from "./resources/objects/ObjectStore.ts"
          // Nothing else keeps a process that waits for ever.
          setInterval(() => {}, 1000)
          const endless = Stream.concat(Stream.make(Buffer.alloc(100000)), Stream.never)
          await Effect.runPromise(Effect.provide(Effect.flatMap(ObjectStore, (store) => store.write("out/a.csv", endless)),
            ObjectStore.layer({ root: ${JSON.stringify(root)} })))`
        const out = path.join(root, "out")
        const left = () => fs.existsSync(out) ? fs.readdirSync(out).filter((name) => fs.statSync(path.join(out, name)).size > 0) : []
        const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "ignore", "inherit"] })
        const closed = new Promise<string | null>((resolve) => child.once("close", (_, signal) => resolve(signal)))
        yield* Effect.promise(async () => {
          while (left().length === 0 && child.exitCode === null) await sleep(10)
          child.kill("SIGKILL")
          assert.strictEqual(await closed, "SIGKILL")
        })
        // Another one, of a writer that lives: this process.
        fs.writeFileSync(path.join(out, left()[0]!.replace(/-\d+-/, `-${process.pid}-`)), "under way")
        assert.deepStrictEqual(yield* list("**"), [])
        assert.strictEqual(left().length, 2)
        yield* put("out/b.csv", "b")
        assert.deepStrictEqual(yield* list("out/"), ["out/b.csv"])
        assert.deepStrictEqual(left().map((name) => name.includes(`-${process.pid}-`) || name === "b.csv"), [true, true])
      })
    ))

  it.live("are on the disk before they are there, and the folders that were made for them too", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const some = yield* Effect.promise(() => open(root))
        const synced = vi.spyOn(Object.getPrototypeOf(some) as FileHandle, "sync")
        yield* Effect.gen(function*() {
          yield* put("a/b/c/file", "x")
          // The file, c, b, a and the root.
          assert.strictEqual(synced.mock.calls.length, 5)
          yield* put("a/b/c/other", "x")
          assert.strictEqual(synced.mock.calls.length, 7)
          synced.mockImplementationOnce(() => Promise.resolve()).mockImplementationOnce(() => Promise.reject(Object.assign(new Error(), { code: "EINVAL" })))
          yield* put("a/b/c/third", "x")
          assert.deepStrictEqual(yield* list("a/"), ["a/b/c/file", "a/b/c/other", "a/b/c/third"])
        }).pipe(Effect.ensuring(Effect.promise(() => (synced.mockRestore(), some.close()))))
      })
    ))

  it.live("that are changed in place while they are read end in an error, before a byte of the new version is given", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        for (const change of ["longer", "shorter"]) {
          yield* put("a.bin", Buffer.alloc(1_000_000, 1))
          const received: Array<Uint8Array> = []
          const reading = Stream.runForEach(store.read("a.bin"), (chunk) =>
            Effect.sync(() => {
              received.push(chunk)
              if (received.length === 1) {
                if (change === "longer") fs.appendFileSync(path.join(root, "a.bin"), "more")
                else fs.truncateSync(path.join(root, "a.bin"), 300_000)
              }
            }))
          const [error] = yield* refusals(reading)
          assert.strictEqual(error!.reason, "changed", change)
          assert.strictEqual(received.length, 1)
        }
        // One that is replaced as a whole is read to its end: the old version is still there for who has it open.
        yield* put("a.bin", Buffer.alloc(1_000_000, 1))
        const old = yield* Stream.runCollect(Stream.tap(store.read("a.bin"), () => put("a.bin", Buffer.alloc(1_000_000, 2))))
        assert.isTrue(Buffer.concat(old).equals(Buffer.alloc(1_000_000, 1)))
      })
    ))

  it.live("hold no file whose name is no UTF-8 back from a listing that would have it", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        yield* put("in/a.csv", "a")
        yield* put("out/�.csv", "a name that is like one")
        const latin1 = (folder: string, name: string) => Buffer.concat([Buffer.from(`${path.join(root, folder)}/`), Buffer.from(name, "latin1")])
        fs.writeFileSync(latin1("in", "märz.csv"), "b")
        const store = yield* ObjectStore
        const listed = (uri: string) => Effect.map(refusals(Stream.runDrain(store.list(uri))), ([error]) => error?.message ?? "")
        assert.match(yield* listed("in/"), /in holds "m\ufffdrz\.csv", whose name is no UTF-8, so that it cannot be read: rename it/)
        assert.deepStrictEqual(yield* list("in/a*"), ["in/a.csv"])
        assert.deepStrictEqual(yield* list("out/"), ["out/�.csv"])
        fs.mkdirSync(latin1("out", "bücher"))
        assert.match(yield* listed("out/"), /out holds "b\ufffdcher", whose name is no UTF-8/)
      })
    ))

  it.live("say what is wrong with a path", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        yield* put("folder/a.csv", "a")
        const said = (act: Effect.Effect<unknown, ObjectStoreError, ObjectStore>) =>
          Effect.map(refusals(act), ([error]) => `${error!.reason}: ${error!.message}`)
        assert.match(yield* said(read("folder")), /^missing: folder is a folder and no file; .* list it as folder\/\.$/)
        assert.match(yield* said(read("folder/")), /^missing: folder\/ is a folder/)
        assert.match(yield* said(put("folder/a.csv/b", "x")), /^invalid: .* a part of its path is a file/)
        assert.match(yield* said(put(`${"n".repeat(300)}`, "x")), /^invalid: n+… cannot be written: a part of its path is longer/)
        yield* store.delete("folder")
        assert.deepStrictEqual(yield* list(""), ["folder/a.csv"])
        fs.rmSync(root, { recursive: true })
        assert.match(yield* said(list("")), /^missing: There is no folder .*create it/)
      })
    ))
})
