/** Which files the records are in: `BULK_INPUT`, or else `S3_BUCKET` and `S3_KEY`. */
import { Effect } from "effect"
import { all, required, type SettingsError, text } from "./Setting.ts"

const s3 = Effect.map(
  all({
    bucket: required("S3_BUCKET", "the bucket that the records are in (or a file, folder or URI as BULK_INPUT)"),
    key: required("S3_KEY", "the key of the file in the bucket; one that ends with / means all files below it")
  }),
  ({ bucket, key }) => `s3://${bucket}/${key.replace(/^\/+/, "")}`
)

/** A URI (`s3://bucket/key`), or a path from the project's folder on; of a file, or of a folder with all its files. */
export const uri: Effect.Effect<string, SettingsError> = Effect.flatMap(text("BULK_INPUT"), (given) =>
  given === undefined ? s3 : Effect.succeed(given))
