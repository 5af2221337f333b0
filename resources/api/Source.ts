/** Where the answers of an API come from: its own host, another one, or a folder; recorded on the way or not. */
import { Config, Effect } from "effect"

export type Source =
  | { readonly _tag: "Live" }
  /** Another server in its place, such as a simulator. */
  | { readonly _tag: "At"; readonly url: string }
  /** The answers of a folder, without any network. */
  | { readonly _tag: "Replay"; readonly folder: string }
  /** Each exchange is written into a folder. */
  | { readonly _tag: "Record"; readonly folder: string; readonly from: Source }

export const live: Source = { _tag: "Live" }
export const at = (url: string): Source => ({ _tag: "At", url })
export const replay = (folder: string): Source => ({ _tag: "Replay", folder })
export const record = (folder: string, from: Source = live): Source => ({ _tag: "Record", folder, from })

/** What the words of a setting may be, for errors. */
export const words = "live, an http(s) URL, replay:FOLDER or record:FOLDER"

/** The source that `live`, an http(s) URL, `replay:FOLDER` or `record:FOLDER` means; undefined: another word. */
export const parse = (text: string): Source | undefined => {
  if (text === "live") return live
  if (/^https?:\/\//i.test(text)) return at(text)
  const [, word, folder] = /^(replay|record):(.+)$/s.exec(text) ?? []
  return folder === undefined ? undefined : word === "replay" ? replay(folder) : record(folder)
}

/** The setting that says where the answers of an API come from: `FOOTBALL_SOURCE`. */
export const settingOf = (name: string): string => `${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_SOURCE`

/** What the setting of an API says; "" where it is not set. */
export const setting = (name: string): Effect.Effect<string> =>
  Config.String(settingOf(name)).pipe(
    Config.withDefault(""),
    Effect.orElseSucceed(() => ""),
    Effect.map((text) => text.trim())
  )
