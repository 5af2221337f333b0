/** As whom the server runs: Postgres refuses to run as root, so root needs somebody else. */
import { Effect } from "effect"
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process"
import { readFile, stat } from "node:fs/promises"

/**
 * - `self`: this user.
 * - `namespace`: this user, seen by the server as user 1000 in a user namespace. Files stay root's, nothing is
 *   created, and folders that only root may enter (everything below /root) work.
 * - `other`: a plain user, where user namespaces are forbidden (many containers) or the data folder is that user's.
 */
export type Account =
  | { readonly kind: "self" }
  | { readonly kind: "namespace" }
  | { readonly kind: "other"; readonly uid: number; readonly gid: number }

// Postgres reads PG* variables and the locale; a server must not depend on who happened to start it.
const environment = (): NodeJS.ProcessEnv => {
  const { PATH, SystemRoot, TMPDIR, TEMP, TMP } = process.env
  const kept = Object.entries({ PATH, SystemRoot, TMPDIR, TEMP, TMP }).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(kept), LC_ALL: "C" }
}

/** Spawns a program as this account, with none of this process' Postgres settings or locale. */
export const spawnAs = (
  account: Account,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): ChildProcess => {
  const settings: SpawnOptions = { ...options, env: environment(), windowsHide: true }
  if (account.kind === "namespace") {
    return spawn("unshare", ["--user", "--map-user=1000", "--map-group=1000", command, ...args], settings)
  }
  return account.kind === "other"
    ? spawn(command, args, { ...settings, uid: account.uid, gid: account.gid })
    : spawn(command, args, settings)
}

/** What a program did that has ended: its exit code (-1 if it could not be started) and all it wrote. */
export interface Outcome {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end as this account. Interruption kills it. */
export const run = (
  account: Account,
  command: string,
  args: ReadonlyArray<string>,
  folder: string
): Effect.Effect<Outcome> =>
  Effect.callback((resume) => {
    const child = spawnAs(account, command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    child.stdout?.on("data", (chunk) => output += String(chunk))
    child.stderr?.on("data", (chunk) => output += String(chunk))
    child.on("error", (error) => resume(Effect.succeed({ code: -1, output: error.message })))
    child.on("close", (code) => resume(Effect.succeed({ code: code ?? -1, output })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const isRoot = (): boolean => process.getuid?.() === 0

/** The account that can run the server of an existing data folder: its owner. */
export const ownerOf = async (data: string): Promise<Account> => {
  if (!isRoot()) return { kind: "self" }
  const { gid, uid } = await stat(data)
  return uid === 0 ? { kind: "namespace" } : { kind: "other", uid, gid }
}

// initdb insists on a name for its user, so the number must be one of the machine's accounts.
const plainUser = async (): Promise<Account | undefined> => {
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"))
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody")
  return user === undefined ? undefined : { kind: "other", uid: Number(user[2]), gid: Number(user[3]) }
}

/** Whether this account may enter `folder` and run `command`. */
export const canUse = (account: Account, folder: string, command: string): Effect.Effect<boolean> =>
  Effect.map(
    run(account, "/bin/sh", ["-c", "test -x \"$0\" && test -x \"$1\"", folder, command], "/"),
    ({ code }) => code === 0
  )

/** The accounts that could own a new data folder, the best first. */
export const candidates = async (): Promise<ReadonlyArray<Account>> => {
  if (!isRoot()) return [{ kind: "self" }]
  const plain = await plainUser()
  return plain === undefined ? [{ kind: "namespace" }] : [{ kind: "namespace" }, plain]
}
