/** A command in a process of its own: how long it takes, its processor time, and the most memory that it ever has. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

export interface Measured {
  readonly seconds: number
  /** Processor time; 0 where the system does not tell. */
  readonly busy: number
  /** The most memory resident at once, in megabytes; 0 where the system does not tell. */
  readonly memory: number
  /** The last line that it printed, as JSON. */
  readonly printed: unknown
}

const ticksPerSecond = 100

const look = (pid: number | undefined): { readonly busy: number; readonly memory: number } | undefined => {
  try {
    const times = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    return peak === undefined ? undefined : { busy: (Number(times[11]) + Number(times[12])) / ticksPerSecond, memory: Number(peak) / 1024 }
  } catch {
    return undefined
  }
}

export interface Options {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs Node with these arguments; fails where the command does. */
export const run = (args: ReadonlyArray<string>, options: Options = {}): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, { ...options, env: { ...process.env, ...options.env }, stdio: ["ignore", "pipe", "pipe"] })
    let [out, err] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (out += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (err += text))
    let seen = { busy: 0, memory: 0 }
    const timer = setInterval(() => {
      seen = look(child.pid) ?? seen
    }, 20)
    child.on("error", reject)
    child.on("close", (code) => {
      clearInterval(timer)
      const seconds = (performance.now() - started) / 1000
      if (code !== 0) return reject(new Error(`${args.join(" ")} ended with ${code}: ${out.slice(-500)}${err.slice(-500)}`))
      resolve({ ...seen, seconds, printed: JSON.parse(out.trim().split("\n").at(-1) ?? "null") })
    })
  })

/** A figure that the command printed. */
export const figure = (measured: Measured, name: string): number => {
  const value = typeof measured.printed === "object" && measured.printed !== null ? Reflect.get(measured.printed, name) : undefined
  if (typeof value !== "number") throw new Error(`The command printed no ${name}.`)
  return value
}
