/** A data folder of Postgres: made whole or not at all, with its password inside. */
import { Effect, Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { chmod, chown, cp, mkdtemp, readdir, readFile } from "node:fs/promises"
import { realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises"
import * as path from "node:path"
import * as Account from "./Account.ts"
import * as Binaries from "./Binaries.ts"
import { identityOf } from "./ProcessIdentity.ts"
import { attempt, faultIn, StateFolderUnusable } from "./StateFolder.ts"

/** The embedded server could not be created, started, reached or stopped. */
export class EmbeddedPostgresFailed extends Schema.TaggedError<EmbeddedPostgresFailed>()("EmbeddedPostgresFailed", {
  folder: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The Postgres server in ${this.folder} does not run: ${this.detail}.`
  }
}

/** The one user and the one database that a new data folder has. */
export const username = "sluice"
export const database = "postgres"

/** Settings of postgresql.conf by name, as text. */
export type Settings = Readonly<Record<string, string>>

/**
 * Written to postgresql.conf when the folder is made, so that its owner may change them. What makes a commit durable
 * (fsync, synchronous_commit, full_page_writes) stays on. jit costs more than it saves below some 100 ms a query.
 */
const defaults: Settings = {
  max_connections: "200",
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  work_mem: "16MB",
  maintenance_work_mem: "128MB",
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  random_page_cost: "1.1",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off"
}

/** Where a data folder is and who runs its server with which programs. */
export interface Cluster {
  readonly data: string
  readonly account: Account.Account
  readonly native: string
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(() => true, (cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return false
    throw cause
  })

const passwordFile = (data: string): string => path.join(data, "sluice.password")

/** The password that was generated for the user of this data folder. */
export const passwordOf = (home: string): Effect.Effect<Redacted.Redacted<string>, StateFolderUnusable> =>
  attempt(home, () => readFile(passwordFile(path.join(home, "data")), "utf8")).pipe(
    Effect.map((text) => Redacted.make(text.trim()))
  )

/** Makes a folder for `account` and fills it with initdb; nothing of it is in its final place yet. */
const initialize = Effect.fnUntraced(function*(
  folder: string,
  { account, data, native }: Cluster,
  settings: Settings
): Effect.fn.Return<void, StateFolderUnusable | EmbeddedPostgresFailed> {
  const password = path.join(folder, "password")
  yield* attempt(folder, async () => {
    await writeFile(password, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 })
    if (account.kind === "other") {
      await chown(folder, account.uid, account.gid)
      await chown(password, account.uid, account.gid)
    }
  })
  // The builtin C.UTF-8 sorts by code point: the same order on every system, and no change with a new libc or ICU.
  // Syncing the new files took no measurable time of 0.6 s, so a power cut right after the start is safe as well.
  const { code, output } = yield* Account.run(account, Binaries.program(native, "initdb"), [
    `--pgdata=${data}`,
    `--username=${username}`,
    `--pwfile=${password}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...Object.entries({ ...defaults, ...settings }).map(([name, value]) => `--set=${name}=${value}`)
  ], folder)
  if (code !== 0) {
    const fault = faultIn(output)
    if (fault !== undefined) return yield* new StateFolderUnusable({ folder: path.dirname(folder), code: fault })
    const line = output.split("\n").findLast((text) => /error|fatal|cannot/i.test(text)) ?? output.trim()
    return yield* new EmbeddedPostgresFailed({ folder: path.dirname(folder), detail: `initdb failed with "${line}"` })
  }
  yield* attempt(folder, () => rename(password, passwordFile(data)))
})

const build = (
  folder: string,
  account: Account.Account,
  native: string,
  settings: Settings
): Effect.Effect<void, StateFolderUnusable | EmbeddedPostgresFailed> =>
  Effect.acquireUseRelease(
    attempt(folder, () => mkdtemp(path.join(folder, `new-${process.pid}-`))),
    (fresh) => {
      const data = path.join(fresh, "data")
      return initialize(fresh, { account, data, native }, settings).pipe(
        Effect.andThen(attempt(folder, () =>
          rename(data, path.join(folder, "data")).catch((cause: NodeJS.ErrnoException) => {
            // Another process was first; its folder is as good, and this one is thrown away.
            if (cause.code !== "ENOTEMPTY" && cause.code !== "EEXIST") throw cause
          })))
      )
    },
    (fresh) => Effect.ignore(attempt(folder, () => rm(fresh, { recursive: true, force: true })))
  )

/** Removes what processes left that died while they made a data folder. */
const sweep = async (home: string): Promise<void> => {
  for (const name of await readdir(home)) {
    const pid = /^new-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && await identityOf(Number(pid)) === undefined) {
      await rm(path.join(home, name), { recursive: true, force: true })
    }
  }
}

/**
 * A place outside the project, for the case that no account Postgres would run as may enter the project's folder.
 * The project keeps a link to it; the name is random because others can write to the folder above.
 */
const relocate = Effect.fnUntraced(function*(
  home: string,
  native: string,
  account: Account.Account,
  settings: Settings
): Effect.fn.Return<void, StateFolderUnusable | EmbeddedPostgresFailed> {
  const folder = yield* attempt("/var/tmp", () => mkdtemp("/var/tmp/sluice-"))
  const copy = path.join(folder, "native")
  yield* attempt(folder, async () => {
    await chmod(folder, 0o755)
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  })
  yield* build(folder, account, copy, settings)
  yield* attempt(home, () => symlink(path.join(folder, "data"), path.join(home, "data")))
})

const create = Effect.fnUntraced(function*(
  home: string,
  native: string,
  settings: Settings
): Effect.fn.Return<void, StateFolderUnusable | EmbeddedPostgresFailed> {
  yield* attempt(home, () => sweep(home))
  const accounts = yield* Effect.promise(() => Account.candidates())
  for (const account of accounts) {
    if (account.kind === "self" || (yield* Account.canUse(account, home, Binaries.program(native, "initdb")))) {
      return yield* build(home, account, native, settings)
    }
  }
  for (const account of accounts) {
    if (yield* Account.canUse(account, "/var/tmp", "/bin/sh")) return yield* relocate(home, native, account, settings)
  }
  return yield* new EmbeddedPostgresFailed({
    folder: home,
    detail: "Postgres refuses to run as root, and neither a user namespace nor a plain user is available here; " +
      "run Sluice as another user, or set DATABASE_URL"
  })
})

/** The cluster below `home`, made now if there is none. To be called by the holder of the start lock only. */
export const open = Effect.fnUntraced(function*(
  home: string,
  settings: Settings = {}
): Effect.fn.Return<Cluster, StateFolderUnusable | EmbeddedPostgresFailed | Binaries.NoEmbeddedPostgres> {
  const installed = yield* Binaries.locate()
  yield* Binaries.link(installed)
  if (!(yield* attempt(home, () => exists(path.join(home, "data", "PG_VERSION"))))) {
    yield* create(home, installed, settings)
  }
  return yield* attempt(home, async () => {
    const data = await realpath(path.join(home, "data"))
    const own = path.join(path.dirname(data), "native")
    return { data, account: await Account.ownerOf(data), native: await exists(own) ? own : installed }
  })
})
