/** URIs of files ↔ paths below the root, out of which nothing leads: no "..", no absolute path, no link. */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"
import { codeOf } from "./Failure.ts"

/** A URI below the root. */
export interface Below {
  /** The path from the root, split with "/"; of a folder too without one at the end. */
  readonly key: string
  /** The URI of a key, in the form of this one. */
  readonly uriOf: (key: string) => string
}

const outside = (uri: string, root: string): ObjectStoreError =>
  failure("invalid", uri, `${uri} leads out of ${root}, the folder of this object store; name a file below it, or give the store another root.`)

const encoded = (absolute: string): string => `file://${absolute.split("/").map(encodeURIComponent).join("/")}`

/** The path that a URI names, as it stands there; of `file:` decoded. */
const pathIn = (uri: string): string => {
  if (uri.includes("\0")) throw failure("invalid", uri.replaceAll("\0", "\\0"), `${JSON.stringify(uri)} has a NUL character, which no path has.`)
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== "file") {
    throw failure("invalid", uri, `${uri} has the scheme ${scheme}; objects are named by s3://bucket/key, file:///path, or a path.`)
  }
  if (!/^file:/i.test(uri)) return uri
  const rest = /^file:(?:\/\/(?:localhost)?)?(\/.*)$/is.exec(uri)?.[1]
  if (rest === undefined) throw failure("invalid", uri, `${uri} names no file of this machine; write file:///path, with three slashes.`)
  try {
    const decoded = decodeURIComponent(rest)
    if (decoded.includes("\0")) throw new Error()
    return decoded
  } catch {
    throw failure("invalid", uri, `${uri} cannot be decoded; write "%" as "%25" in a file: URI.`)
  }
}

const formOf = (root: string, uri: string): Below["uriOf"] =>
  /^file:/i.test(uri) ? (key) => encoded(path.join(root, key)) : path.isAbsolute(uri) ? (key) => path.join(root, key) : (key) => key

/** Throws `ObjectStoreError`. */
export const below = (root: string, uri: string): Below => {
  const text = pathIn(uri)
  const key = path.relative(root, path.resolve(root, text))
  if (key === ".." || key.startsWith("../")) throw outside(uri, root)
  if (text.endsWith("/") || key === "") {
    throw failure("missing", uri, `${uri === "" ? "The empty path" : uri} is a folder and no file; name a file in it.`)
  }
  return { key, uriOf: formOf(root, uri) }
}

/** The text that keys are matched with: a prefix or a glob, from the root. Throws `ObjectStoreError`. */
export const patternBelow = (root: string, uri: string): Below => {
  const text = pathIn(uri)
  if (text.split("/").includes("..")) throw outside(uri, root)
  const plain = text.replace(/\/{2,}/g, "/").replace(/^(?:\.\/)+/, "").replace(/\/(?:\.\/)+/g, "/").replace(/^\.$/, "")
  const uriOf = formOf(root, uri)
  if (!path.isAbsolute(plain)) return { key: plain, uriOf }
  const folder = root === "/" ? "/" : `${root}/`
  if (plain !== root && !plain.startsWith(folder)) throw outside(uri, root)
  return { key: plain.slice(folder.length), uriOf }
}

/** A path without links; of what is not there yet, that of the folder which will hold it. */
const real = async (file: string): Promise<string> => {
  try {
    return await fs.realpath(file)
  } catch (error) {
    const parent = path.dirname(file)
    if (codeOf(error) !== "ENOENT" || parent === file) throw error
    return path.join(await real(parent), path.basename(file))
  }
}

export const isWithin = (folder: string, file: string): boolean => file === folder || file.startsWith(folder === "/" ? "/" : `${folder}/`)

/**
 * Where the file really is, which is within the real root. Somebody who can make links in the root at this very moment
 * can still lead a later open elsewhere; who may write there is to be trusted.
 */
export const confined = async (root: string, uri: string, key: string): Promise<string> => {
  const [within, file] = await Promise.all([real(root), real(path.join(root, key))])
  if (!isWithin(within, file)) throw outside(uri, root)
  return file
}
