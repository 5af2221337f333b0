/** A process that ends before its command has: something called `process.exit`, and what the command had to do is not done. */
import * as Place from "./Place.ts"
import { exitCodes } from "./Refusal.ts"
import { note } from "./terminal/Screen.ts"
import { err } from "./terminal/Style.ts"

/** Lets such an end be told, and fail where its code is 0; gives the way to end the process at the command's end. */
export const watch = (): (exitCode: number) => never => {
  const { exit } = process
  let place: string | undefined
  let isCalled = false
  const noting = (code?: number | string | null): never => {
    const at: { readonly stack?: string } = {}
    Error.captureStackTrace(at, noting)
    place = Place.of(at)
    isCalled = true
    return exit.call(process, code)
  }
  process.exit = noting
  const onExit = (code: number) => {
    // A second Ctrl-C has said what it does, and so has Node where it gives up.
    if (code === exitCodes.interrupted || code !== 0 && !isCalled) return
    const where = place === undefined ? "" : ` (${place})`
    note(`${err.red("error")}: process.exit was called${where} before the command had ended, so its work is not done: take the call out, or fail with an error in its place.`)
    if (code === 0) process.exitCode = exitCodes.failed
  }
  process.on("exit", onExit)
  return (exitCode) => {
    process.off("exit", onExit)
    return exit.call(process, exitCode)
  }
}
