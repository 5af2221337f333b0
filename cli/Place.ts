/** Where in the user's code an error came from, as its stack tells. */
import * as path from "node:path"

const decoded = (line: string): string => {
  try {
    return decodeURI(line)
  } catch {
    return line
  }
}

const linesOf = (error: unknown): ReadonlyArray<string> => {
  const stack = typeof error === "object" && error !== null && "stack" in error ? String(error.stack) : ""
  return stack.split("\n").map(decoded)
}

/** Where in a folder: `main.ts:12`, from the first line of the stack that is there. */
export const within = (folder: string, error: unknown): string | undefined => {
  for (const line of linesOf(error)) {
    // Paths may hold blanks and brackets, so the folder is looked for and not the shape of a path.
    const at = line.indexOf(`${folder}${path.sep}`)
    const found = at < 0 ? undefined : /^(.+?):(\d+)/.exec(line.slice(at + folder.length + 1))
    if (found !== undefined && found !== null && !found[1]!.includes("node_modules")) return `${found[1]}:${found[2]}`
  }
  return undefined
}

/** In the folder of the process, which is the project's; else the first line that is neither Node's nor a package's. */
export const of = (error: unknown): string | undefined => {
  const place = within(process.cwd(), error)
  if (place !== undefined) return place
  for (const line of linesOf(error)) {
    const [, file, at] = /^\s+at .*?(?:file:\/\/|\(|at )(\/.*?):(\d+):\d+\)?$/.exec(line) ?? []
    if (file !== undefined && !file.includes("node_modules")) return `${file}:${at}`
  }
  return undefined
}
