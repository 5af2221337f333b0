/** Servers and callers as processes of their own, and what a server has seen in any window. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { createInterface } from "node:readline"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

/** The most moments in any window of that length; `moments` ascend. */
export const mostInWindow = (moments: ReadonlyArray<number>, millis: number): number => {
  let most = 0
  let from = 0
  for (let to = 0; to < moments.length; to++) {
    while (moments[to]! - moments[from]! >= millis) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

export interface Program {
  readonly process: ChildProcess
  /** The next line that it prints; undefined when it has ended. */
  readonly line: () => Promise<string | undefined>
}

const start = (file: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): Program => {
  const child = spawn(node, [path.join(import.meta.dirname, file), ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"]
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { process: child, line: async () => (await lines.next()).value }
}

export interface Server {
  readonly port: number
  /** When requests arrived since it was last asked, in milliseconds. */
  readonly arrivals: () => Promise<ReadonlyArray<number>>
  readonly process: ChildProcess
}

export const startServer = async (latency = 0, jitter = 0): Promise<Server> => {
  const { line, process } = start("server.ts", [String(latency), String(jitter)])
  const port = Number(await line())
  return {
    port,
    process,
    arrivals: async () => {
      process.stdin?.write("?\n")
      // It prints an array of numbers.
      return JSON.parse(await line() ?? "[]") as ReadonlyArray<number>
    }
  }
}

export interface Calling {
  readonly port: number | null
  readonly calls: number
  readonly perMillis: number
  readonly burst?: boolean
  readonly connections?: number
  readonly millis: number
  readonly leaseMillis?: number
  /** Undefined: in memory. */
  readonly databaseUrl?: string | undefined
}

export interface Told {
  readonly made: number
  readonly asks: number
  readonly cpuMillis: number
  /** In which the event loop was not idle. */
  readonly activeMillis: number
}

/** Starts a caller, and waits until it calls. */
export const startCaller = async (calling: Calling): Promise<Program & { readonly told: () => Promise<Told> }> => {
  const { burst = false, calls, connections = 64, databaseUrl, leaseMillis = 6000, millis, perMillis, port } = calling
  const store = databaseUrl === undefined ? "memory" : "postgres"
  const options = JSON.stringify({ port, calls, perMillis, burst, connections, millis, leaseMillis, store })
  const program = start("caller.ts", [options], databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl })
  await program.line()
  // It prints what Told says.
  return { ...program, told: async () => JSON.parse(await program.line() ?? "{}") as Told }
}
