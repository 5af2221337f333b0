/** The project's own Postgres server: started by the first process that needs it, shared by all, left running. */
import { Effect, Redacted } from "effect"
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import * as net from "node:net"
import * as path from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import * as Account from "./Account.ts"
import * as Binaries from "./Binaries.ts"
import * as Cluster from "./Cluster.ts"
import { EmbeddedPostgresFailed } from "./Cluster.ts"
import * as Postmaster from "./Postmaster.ts"
import * as StartLock from "./StartLock.ts"
import { attempt, faultIn, makeFolder, StateFolderUnusable } from "./StateFolder.ts"

/** A server that answers. `started` tells whether this call started it or found it running. */
export interface Server {
  readonly folder: string
  readonly pid: number
  readonly host: "127.0.0.1"
  readonly port: number
  readonly database: string
  readonly username: string
  readonly url: Redacted.Redacted<string>
  readonly started: boolean
}

/** What is known about the server of a folder without touching it. `absent`: there never was one. */
export type Status =
  | { readonly state: "running"; readonly folder: string; readonly pid: number; readonly port: number }
  | { readonly state: "busy"; readonly folder: string; readonly pid: number }
  | { readonly state: "elsewhere"; readonly folder: string; readonly space: string }
  | { readonly state: "stopped" | "absent"; readonly folder: string }

export type EmbeddedPostgresError = StateFolderUnusable | EmbeddedPostgresFailed | Binaries.NoEmbeddedPostgres

/** `folder` is the project's state folder (default `.sluice` in the working folder); the server is in `postgres`. */
export interface Options {
  readonly folder?: string | undefined
  /** Settings of postgresql.conf over the defaults; they count only for the call that creates the data folder. */
  readonly settings?: Cluster.Settings | undefined
}

// A recovery after a crash replays at most max_wal_size; minutes mean that something else is wrong.
const startMillis = 180_000
const stopMillis = 60_000
const logBytes = 8_000_000

// Waiting for another process follows the machine's clock even where a test has replaced Effect's.
const pause = (millis: number): Effect.Effect<void> => Effect.promise((signal) => wait(millis, undefined, { signal }))

const homeOf = (options: Options): string => path.resolve(options.folder ?? ".sluice", "postgres")

/** The port, if nothing listens there; 0: any that is free. */
const freePort = (wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer()
    server.on("error", reject)
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** The file with the port of the last start: a run that is alive finds a restarted server where it was. */
const portFile = (home: string): string => path.join(home, "port")

const nextPort = async (home: string): Promise<number> => {
  const last = Number(await readFile(portFile(home), "utf8").catch(() => ""))
  const wanted = Number.isInteger(last) && last > 0 && last < 65_536 ? last : 0
  return freePort(wanted).catch(() => freePort(0))
}

const elsewhere = (home: string, space: string): EmbeddedPostgresFailed =>
  new EmbeddedPostgresFailed({
    folder: home,
    detail: `it was started in ${space}, whose processes cannot be seen from here, and two servers would destroy the ` +
      `data; stop it there with \`sluice db stop\`, or delete data/postmaster.pid if it is gone for good`
  })

/** Opens the log for appending, moved aside once it is large; answers how long it is. */
const openLog = async (file: string) => {
  const size = await stat(file).then((found) => found.size, () => 0)
  if (size > logBytes) await rename(file, `${file}.1`)
  const handle = await open(file, "a", 0o600)
  return { handle, from: size > logBytes ? 0 : size }
}

const launch = (cluster: Cluster.Cluster, home: string, port: number) =>
  attempt(home, async () => {
    const file = path.join(home, "server.log")
    await Postmaster.claim(cluster.data)
    const { from, handle } = await openLog(file)
    const options = ["-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    const ended = { value: false }
    // pg_ctl hands its command to a shell, which a folder's name with a quote or a dollar breaks. Windows needs it:
    // there it takes an administrator's rights away, without which the server refuses to run.
    const viaControl = process.platform === "win32"
    const child = Account.spawnAs(
      cluster.account,
      Binaries.program(cluster.native, viaControl ? "pg_ctl" : "postgres"),
      viaControl
        ? ["start", "-D", cluster.data, "-w", "-o", options.slice(0, 4).join(" ")]
        : ["-D", cluster.data, ...options],
      { cwd: home, detached: true, stdio: ["ignore", handle.fd, handle.fd] }
    )
    child.on("error", () => ended.value = true)
    child.on("exit", () => ended.value = true)
    child.unref()
    await handle.close()
    const said = async (): Promise<string> => (await readFile(file)).subarray(from).toString()
    return { ended: () => ended.value, said }
  })

// These pass: the old server's last backends let go of its memory, or another program took the free port.
const passing = /lock file .* already exists|shared memory block/
const takenPort = /could not bind|could not create any TCP/

/** Starts the server and waits until it answers. Undefined: it did not come up for a reason that passes. */
const start = Effect.fnUntraced(function*(
  home: string,
  cluster: Cluster.Cluster
): Effect.fn.Return<{ readonly pid: number; readonly port: number } | undefined, EmbeddedPostgresError> {
  const port = yield* attempt(home, () => nextPort(home))
  const child = yield* launch(cluster, home, port)
  const deadline = Date.now() + startMillis
  while (Date.now() < deadline) {
    const ended = child.ended()
    const found = yield* attempt(home, () => Postmaster.inspect(cluster.data))
    if (found.state === "ready") {
      // A convenience: a server that runs is not given up for it.
      yield* Effect.ignore(attempt(home, () => writeFile(portFile(home), String(found.port), { mode: 0o600 })))
      return found
    }
    if (ended && found.state !== "busy") {
      const said = yield* attempt(home, child.said)
      if (takenPort.test(said)) yield* attempt(home, () => rm(portFile(home), { force: true }))
      if (takenPort.test(said) || passing.test(said)) return undefined
      const fault = faultIn(said)
      if (fault !== undefined) return yield* new StateFolderUnusable({ folder: home, code: fault })
      const line = said.split("\n").findLast((text) => /FATAL|error|HINT/.test(text)) ?? "it ended without a word"
      return yield* new EmbeddedPostgresFailed({ folder: home, detail: `${line.trim()} (see server.log there)` })
    }
    yield* pause(5)
  }
  return undefined
})

const startOnce = Effect.fnUntraced(function*(home: string, settings: Cluster.Settings | undefined) {
  const data = path.join(home, "data")
  const found = yield* attempt(home, () => Postmaster.inspect(data))
  if (found.state !== "absent" && found.state !== "dead") return undefined
  const cluster = yield* Cluster.open(home, settings)
  if (found.state === "dead") yield* attempt(home, () => Postmaster.disown(cluster.data))
  return yield* start(home, cluster)
})

const describe = (
  home: string,
  found: { readonly pid: number; readonly port: number },
  started: boolean
): Effect.Effect<Server, StateFolderUnusable> =>
  Effect.map(Cluster.passwordOf(home), (password) => ({
    folder: home,
    pid: found.pid,
    host: "127.0.0.1",
    port: found.port,
    database: Cluster.database,
    username: Cluster.username,
    url: Redacted.make(
      `postgres://${Cluster.username}:${Redacted.value(password)}@127.0.0.1:${found.port}/${Cluster.database}`
    ),
    started
  }))

/**
 * The running server of a state folder: found if it runs, else started, and created before that if need be. Any
 * number of processes may ask at once; one of them does the work. The server outlives all of them.
 *
 * Measured on 4 cores, medians of 7: 1.0 s from nothing to the first query, 75 ms from a stopped server, 190 ms to
 * recover one that was killed, 5 ms to find a running one.
 */
export const ensure = Effect.fn("EmbeddedPostgres.ensure")(
  function*(options: Options = {}): Effect.fn.Return<Server, EmbeddedPostgresError> {
    const home = homeOf(options)
    const data = path.join(home, "data")
    const deadline = Date.now() + startMillis
    while (Date.now() < deadline) {
      const found = yield* attempt(home, () => Postmaster.inspect(data))
      if (found.state === "ready") return yield* describe(home, found, false)
      if (found.state === "foreign") return yield* elsewhere(home, found.space)
      if (found.state !== "busy") {
        yield* attempt(home, () => makeFolder(home))
        const started = yield* StartLock.tryWith(home, startOnce(home, options.settings))
        if (started !== undefined) return yield* describe(home, started, true)
      }
      yield* pause(20)
    }
    return yield* new EmbeddedPostgresFailed({
      folder: home,
      detail: `it did not answer within ${startMillis / 1000} seconds; server.log there says more`
    })
  }
)

/** What is known about the server of a state folder. Starts and changes nothing. */
export const status = Effect.fn("EmbeddedPostgres.status")(
  function*(options: Options = {}): Effect.fn.Return<Status, StateFolderUnusable> {
    const folder = homeOf(options)
    const data = path.join(folder, "data")
    const found = yield* attempt(folder, () => Postmaster.inspect(data))
    switch (found.state) {
      case "ready":
        return { state: "running", folder, pid: found.pid, port: found.port }
      case "busy":
        return { state: "busy", folder, pid: found.pid }
      case "foreign":
        return { state: "elsewhere", folder, space: found.space }
      case "dead":
        return { state: "stopped", folder }
      case "absent": {
        const made = yield* Effect.promise(() => stat(path.join(data, "PG_VERSION")).then(() => true, () => false))
        return { state: made ? "stopped" : "absent", folder }
      }
    }
  }
)

const signalStop = Effect.fnUntraced(function*(home: string, pid: number) {
  if (process.platform !== "win32") {
    try {
      process.kill(pid, "SIGINT")
    } catch (cause) {
      // Between the look and the signal it may have ended by itself (ESRCH).
      if (!(cause instanceof Error && "code" in cause && cause.code === "EPERM")) return
      return yield* new EmbeddedPostgresFailed({ folder: home, detail: "another user started it and must stop it" })
    }
    return
  }
  const native = yield* Binaries.locate()
  const data = path.join(home, "data")
  yield* Account.run({ kind: "self" }, Binaries.program(native, "pg_ctl"), ["stop", "-D", data, "-m", "fast"], home)
})

/**
 * Stops the server of a state folder and waits until it has gone: open transactions are rolled back, everything
 * committed is on disk. Answers whether there was one to stop.
 */
export const stop = Effect.fn("EmbeddedPostgres.stop")(
  function*(options: Options = {}): Effect.fn.Return<boolean, EmbeddedPostgresError> {
    const home = homeOf(options)
    const data = path.join(home, "data")
    const deadline = Date.now() + stopMillis
    const first = yield* attempt(home, () => Postmaster.inspect(data))
    if (first.state === "foreign") return yield* elsewhere(home, first.space)
    if (first.state !== "ready" && first.state !== "busy") return false
    yield* signalStop(home, first.pid)
    while (Date.now() < deadline) {
      const found = yield* attempt(home, () => Postmaster.inspect(data))
      if ((found.state !== "ready" && found.state !== "busy") || found.pid !== first.pid) return true
      yield* pause(10)
    }
    return yield* new EmbeddedPostgresFailed({
      folder: home,
      detail: `it did not stop within ${stopMillis / 1000} seconds (pid ${first.pid}); server.log there says more`
    })
  }
)
