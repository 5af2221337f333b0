/**
 * Where the file of a cell is: `nhl/games/partition=2024-01-01/20240102T030405Z-5f2c….parquet`, from the lake's folder on.
 *
 * No two files ever have one name, so that nobody can write over a file that somebody else has written or reads.
 */
import { createHash, randomBytes } from "node:crypto"
import { Clock, Effect } from "effect"
import type { Stored } from "../../engine/definition/Io.ts"
import type { FileFormat } from "./Layout.ts"

/** Names of files have at most 255 bytes nearly everywhere. */
const longest = 200

/**
 * A partition key as the name of a folder: all but letters, digits, "_", "-" and "." as %XX, which readers of
 * hive partitions turn back. No key can be "." or "..", or lead out of the folder, since "partition=" stands before it.
 */
export const encode = (key: string): string => {
  const name = Array.from(new TextEncoder().encode(key), (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9_.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }).join("")
  if (name.length <= longest) return name
  // Cut before an escape, never within it.
  const cut = name.slice(0, longest - 17).replace(/%[0-9A-F]?$/, "")
  return `${cut}~${createHash("sha256").update(key).digest("hex").slice(0, 16)}`
}

const extensions: Readonly<Record<FileFormat["compression"], string>> = { none: "", snappy: "", gzip: ".gz", zstd: ".zst" }

/** Parquet packs its pages and keeps its name. */
const extension = ({ compression, format }: FileFormat): string =>
  format === "parquet" ? ".parquet" : `.${format}${extensions[compression]}`

/** A path for a new file of the cell, relative to the lake's folder. */
export const make = (asset: Stored, partition: string, format: FileFormat): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const moment = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")
    const folder = asset.partitioned ? `${asset.key}/partition=${encode(partition)}` : asset.key
    return `${folder}/${moment}-${randomBytes(8).toString("hex")}${extension(format)}`
  })
