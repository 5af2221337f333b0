/**
 * Commands in a process that is there already. A start of `sluice` costs half a second of processor time, nearly all of it
 * for loading; a host loads once and runs one command after the other, each with its own environment, folder and main.ts,
 * on the streams of a real process. Signals, standard input and terminals need a process of their own: `start`.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { type Asked, writtenUntilEnd } from "./Asked.ts"

export interface Ended {
  /** Null: ended by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Host {
  readonly process: ChildProcess
  readonly run: (asked: Asked) => Promise<Ended>
}

const program = path.join(import.meta.dirname, "program.ts")

/** Neither the process nor its streams keep a test run from ending. */
const unref = (child: ChildProcess): void => {
  child.unref()
  for (const one of [child.channel, child.stdout, child.stderr]) if (one !== null && one !== undefined && "unref" in one) one.unref()
}

const ref = (child: ChildProcess): void => {
  child.ref()
  child.channel?.ref()
}

const open = (): Host => {
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "pipe", "ipc"], serialization: "json" })
  const text = { stdout: "", stderr: "" }
  let look = (): void => undefined
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]!.setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk
      look()
    })
  }
  let code: number | null | undefined
  child.on("close", (ended) => {
    code = ended
    look()
  })
  unref(child)
  const run = (asked: Asked): Promise<Ended> =>
    new Promise((resolve) => {
      const end = (ended: Ended) => {
        look = () => undefined
        text.stdout = text.stderr = ""
        unref(child)
        resolve(ended)
      }
      look = () => {
        const stdout = writtenUntilEnd(text.stdout)
        const stderr = writtenUntilEnd(text.stderr)
        if (stdout !== undefined && stderr !== undefined) return end({ code: stdout.code, stdout: stdout.text, stderr: stderr.text })
        // The command took its process along, which is how it ends alone too.
        if (code !== undefined) end({ code, ...text })
      }
      ref(child)
      child.send(asked)
    })
  return { process: child, run }
}

/** Hosts that have nothing to do. Commands at a time are as many processes, as they would be. */
const idle: Array<Host> = []

/** The names that a host gives to modules to load them anew. */
const editions = /\?command=\d+/g

/** Runs a command to its end. */
export const run = async (asked: Asked): Promise<Ended> => {
  const host = idle.pop() ?? open()
  const { code, stderr, stdout } = await host.run(asked)
  if (host.process.exitCode === null && host.process.signalCode === null) idle.push(host)
  return { code, stdout: stdout.replace(editions, ""), stderr: stderr.replace(editions, "") }
}
