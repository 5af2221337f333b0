/** Names of tables and columns from names of frames and headers, which may be anything. */
import { createHash } from "node:crypto"

/** Postgres cuts longer names silently, which would join two columns or tables into one. */
const maxBytes = 63

const hashed = (name: string): string => createHash("sha1").update(name).digest("hex").slice(0, 8)

/** The first whole characters of a text that fit into so many bytes. */
const start = (text: string, bytes: number): string => {
  let kept = ""
  let size = 0
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > bytes) break
    kept += character
  }
  return kept
}

/** A name that Postgres keeps whole: a longer one ends in a hash of itself, the same one everywhere. */
export const fitting = (name: string): string =>
  Buffer.byteLength(name) <= maxBytes ? name : `${start(name, maxBytes - 9)}_${hashed(name)}`

/** Letters and digits alone, in lower case: `GAME_ID` and `gameId` become `gameid`. */
export const stripped = (name: string): string => name.normalize("NFC").replaceAll(/[^\p{L}\p{N}]/gu, "").toLowerCase()

/** One name for each, in order: a name that was there before gets a number, one that nothing is left of its place. */
const distinct = (names: ReadonlyArray<string>, nameless: string): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name, place) => {
    const base = name === "" ? `${nameless}${place + 1}` : name
    let found = fitting(base)
    for (let n = 2; taken.has(found); n++) found = fitting(`${base}_${n}`)
    taken.add(found)
    return found
  })
}

/** The columns of a frame: the headers, stripped. */
export const columns = (headers: ReadonlyArray<string>): ReadonlyArray<string> => distinct(headers.map(stripped), "column")

/** The tables of a set: `<prefix>_<frame>`, the frame's name stripped. */
export const tables = (prefix: string, frames: ReadonlyArray<string>): ReadonlyArray<string> =>
  distinct(frames.map((name, place) => `${prefix}_${stripped(name) || `frame${place + 1}`}`), prefix)
