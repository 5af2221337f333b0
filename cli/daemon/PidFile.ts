/** A file with the number of this process, there as long as it runs. */
import { Effect, type Scope } from "effect"
import { readFile, rm, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { messageOf, Refusal } from "../Refusal.ts"

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined

/** One that may not be signalled is alive too. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

/** The process that a file names, where it is alive and another one: a killed container leaves the number of its next one. */
const holderOf = async (file: string): Promise<number | undefined> => {
  const text = await readFile(file, "utf8").catch(() => "")
  const pid = /^[1-9]\d{0,9}$/.test(text.trim()) ? Number(text) : undefined
  return pid !== undefined && pid !== process.pid && isAlive(pid) ? pid : undefined
}

const write = async (file: string): Promise<void> => {
  const text = `${process.pid}\n`
  try {
    await writeFile(file, text, { flag: "wx" })
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
    const holder = await holderOf(file)
    if (holder !== undefined) throw new Error(`process ${holder} has it and is alive`)
    await writeFile(file, text)
  }
}

/** Writes the file, in place of one that a killed process left, and removes it at the end of the scope. */
export const hold = (file: string): Effect.Effect<void, Refusal, Scope.Scope> => {
  // The working folder may be another one at the end.
  const absolute = path.resolve(file)
  const remove = async () => {
    const text = await readFile(absolute, "utf8").catch(() => "")
    if (Number(text) === process.pid) await rm(absolute, { force: true })
  }
  return Effect.acquireRelease(
    Effect.tryPromise({
      try: () => write(absolute),
      catch: (cause) => new Refusal({ message: `The pid file ${file} cannot be written: ${messageOf(cause)}.`, cause })
    }),
    () => Effect.promise(() => remove().catch(() => undefined))
  )
}
