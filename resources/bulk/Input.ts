/** Which files the records are in: `BULK_INPUT`, or else `S3_BUCKET` and `S3_KEY`. */
import { Effect } from "effect"
import { resolve } from "node:path"
import { all, count, required, type SettingsError, text } from "./Setting.ts"

const s3 = Effect.map(
  all({
    bucket: required("S3_BUCKET", "the bucket that the records are in, or a file, a folder or a URI as BULK_INPUT,"),
    key: required("S3_KEY", "the key of the file in the bucket (one that ends with / means all files below it)")
  }),
  ({ bucket, key }) => `s3://${bucket}/${key.replace(/^\/+/, "")}`
)

const isUri = (text: string): boolean => /^[a-z0-9]+:\/\//i.test(text)

/** `resolve` takes the end of a path away that says that it is a folder. */
const absolute = (given: string): string => `${resolve(given)}${given.endsWith("/") && given !== "/" ? "/" : ""}`

/** A URI (`s3://bucket/key`), or an absolute path: of a file, of a folder with all its files, or a glob. */
export const uri: Effect.Effect<string, SettingsError> = Effect.flatMap(text("BULK_INPUT"), (given) =>
  given === undefined ? s3 : Effect.succeed(isUri(given) ? given : absolute(given)))

/** `CHUNK_SIZE`: larger files are cut into pieces of so many KiB. */
export const chunkKib: Effect.Effect<number, SettingsError> = count("CHUNK_SIZE", 8192, 1, 4_194_304)
